//! A cluster that lives as long as its process, in a temporary folder. For tests.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use tokio::sync::OnceCell;

use super::{ClusterError, Durability, PrivateCluster};
use crate::connection::Store;
use crate::error::StoreError;

/// A migrated database that the tests' databases are copied from.
const TEMPLATE: &str = "souk_template";

/// One cluster per process, shared by all its tests, gone with the process however that ends.
#[derive(Debug)]
pub struct Ephemeral {
    cluster: PrivateCluster,
    template: OnceCell<()>,
    databases: AtomicU32,
}

impl Ephemeral {
    /// The cluster of this process. Its supervisor has a runtime of its own, for each test's ends
    /// with the test.
    ///
    /// # Panics
    /// Where no cluster can be started: then no test can say anything.
    pub async fn shared() -> &'static Ephemeral {
        static SHARED: OnceLock<Ephemeral> = OnceLock::new();
        let start = || SHARED.get_or_init(start_on_own_thread);
        tokio::task::spawn_blocking(start).await.expect("the test cluster starts")
    }

    pub fn cluster(&self) -> &PrivateCluster {
        &self.cluster
    }

    /// An empty database of its own, migrated.
    pub async fn database(&self) -> Result<PgConnectOptions, StoreError> {
        self.template.get_or_try_init(|| self.make_template()).await?;
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        self.create(&name, TEMPLATE).await?;
        Ok(self.cluster.options_of(&name))
    }

    /// A database of its own without a single table.
    pub async fn blank(&self) -> Result<PgConnectOptions, StoreError> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("blank_{number}");
        self.create(&name, "template0").await?;
        Ok(self.cluster.options_of(&name))
    }

    /// [`Ephemeral::database`], connected.
    pub async fn store(&self, connections: u32) -> Result<Store, StoreError> {
        Store::connect(self.database().await?, connections).await
    }

    async fn make_template(&self) -> Result<(), StoreError> {
        self.create(TEMPLATE, "template0").await?;
        let store = Store::connect(self.cluster.options_of(TEMPLATE), 1).await?;
        store.migrate().await?;
        store.close().await;
        Ok(())
    }

    async fn create(&self, name: &str, template: &str) -> Result<(), StoreError> {
        let mut connection = self.cluster.options_of("postgres").connect().await?;
        connection.execute(format!("create database {name} template {template}").as_str()).await?;
        Ok(connection.close().await?)
    }
}

fn start_on_own_thread() -> Ephemeral {
    let folder = std::env::temp_dir().join(format!("souk-test-{}", std::process::id()));
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        runtime.block_on(async {
            let started = PrivateCluster::start_with(&folder, Durability::Test, |_| {}).await;
            if let Ok(cluster) = &started {
                clear_up_after_us(&folder, &cluster.data());
            }
            let _ = sender.send(started);
            std::future::pending::<()>().await;
        });
    });
    let started: Result<PrivateCluster, ClusterError> =
        receiver.recv().expect("the cluster's thread answers");
    let cluster = started.unwrap_or_else(|error| panic!("no PostgreSQL to test with: {error}"));
    Ephemeral { cluster, template: OnceCell::new(), databases: AtomicU32::new(0) }
}

/// A shell that waits for the end of its input, which is the end of this process, and then stops
/// Postgres and removes the folder.
pub(super) fn clear_up_after_us(folder: &Path, data: &Path) {
    let script = r#"
        read -r wait
        read -r pid < "$2/postmaster.pid" && kill -QUIT "$pid"
        while [ -e "$2/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
        rm -rf "$1"
    "#;
    let shell = Command::new("sh")
        .args(["-c", script, "sh"])
        .args([folder, data])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // An interrupt at the terminal is not for it.
        .process_group(0)
        .spawn();
    match shell {
        // Its input is never closed by us: the kernel closes it with the process.
        Ok(shell) => std::mem::forget(shell),
        Err(error) => tracing::warn!(%error, "the test cluster will be left behind"),
    }
}
