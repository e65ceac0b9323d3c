//! The private Postgres: where no `DATABASE_URL` is given, Souk runs the machine's own PostgreSQL
//! in its data folder, on a unix socket alone.
//!
//! Several Souks may use one data folder: the first starts Postgres, the next adopt it, the last to
//! stop stops it. Everybody holds a shared lock on a file, which the kernel gives back however a
//! process ends; so a kill -9 leaves nothing that must be cleaned up, only a Postgres that the next
//! start adopts. When Postgres dies, each Souk's supervisor tries to start it again.

mod ephemeral;
mod error;
mod folder;
mod postmaster;
mod programs;
mod throwaway;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

pub use ephemeral::Ephemeral;
pub use error::ClusterError;
pub use folder::default_data_dir;
pub(crate) use programs::find_dumpers;
pub use throwaway::Throwaway;

use folder::Folder;
use postmaster::Postmaster;

/// The database user, and the database.
const USER: &str = "souk";
const DATABASE: &str = "souk";

const FIRST_RETRY: Duration = Duration::from_millis(50);
const LAST_RETRY: Duration = Duration::from_secs(5);

/// What a crash of the whole machine may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was acknowledged.
    #[default]
    Full,
    /// Everything: nothing is synced to the disk. For tests. A crash of Postgres alone takes nothing.
    Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterState {
    Up,
    /// Died, and is being started again.
    Away,
}

/// The Postgres of one data folder, started or adopted, and started again when it dies.
#[derive(Debug)]
pub struct PrivateCluster {
    site: Arc<Site>,
    state: watch::Receiver<ClusterState>,
    end: oneshot::Sender<()>,
    supervisor: JoinHandle<Option<Postmaster>>,
    /// Shared with the other users of this folder.
    users: File,
}

/// Where a cluster is and how it runs.
#[derive(Debug)]
struct Site {
    folder: Folder,
    durability: Durability,
}

impl PrivateCluster {
    /// Starts or adopts the Postgres of a data folder, makes the folder where it is new, and
    /// supervises it on the current runtime until [`PrivateCluster::stop`]. `progress` is told in
    /// one sentence each what takes time.
    pub async fn start(
        data_dir: &Path,
        progress: impl Fn(&str),
    ) -> Result<PrivateCluster, ClusterError> {
        PrivateCluster::start_with(data_dir, Durability::Full, progress).await
    }

    pub async fn start_with(
        data_dir: &Path,
        durability: Durability,
        progress: impl Fn(&str),
    ) -> Result<PrivateCluster, ClusterError> {
        let data_dir = std::path::absolute(data_dir)
            .map_err(ClusterError::io("find the data folder", data_dir))?;
        let site = Arc::new(Site { folder: Folder::prepare(&data_dir)?, durability });
        let users = site.folder.users_lock()?;
        let starting = site.lock_start().await?;
        // Whoever stops Postgres holds this one alone, but only under the lock on starting.
        users.lock_shared().map_err(ClusterError::io("lock", &data_dir))?;
        let postmaster = site.bring_up(&progress).await?;
        drop(starting);
        let (sender, state) = watch::channel(ClusterState::Up);
        let (end, ended) = oneshot::channel();
        let supervisor = tokio::spawn(supervise(site.clone(), postmaster, sender, ended));
        Ok(PrivateCluster { site, state, end, supervisor, users })
    }

    /// How to reach Souk's database.
    pub fn options(&self) -> PgConnectOptions {
        postmaster::options(&self.site.folder, DATABASE)
    }

    /// How to reach another database of this cluster.
    pub fn options_of(&self, database: &str) -> PgConnectOptions {
        postmaster::options(&self.site.folder, database)
    }

    /// Changes when Postgres dies and when it is back.
    pub fn state(&self) -> watch::Receiver<ClusterState> {
        self.state.clone()
    }

    /// The postmaster's process id, as its own lock file tells it.
    pub fn postmaster_pid(&self) -> Option<i32> {
        postmaster::recorded(&self.site.folder).map(nix::unistd::Pid::as_raw)
    }

    /// Where Postgres writes its log.
    pub fn log(&self) -> PathBuf {
        self.site.folder.log()
    }

    /// PGDATA.
    pub fn data(&self) -> PathBuf {
        self.site.folder.data()
    }

    /// Keeps every Souk on this folder from starting Postgres until the file is dropped: one that
    /// dies meanwhile stays away.
    pub async fn hold_starts(&self) -> Result<File, ClusterError> {
        self.site.lock_start().await
    }

    /// Ends the supervision, and stops Postgres unless another Souk uses it. Close the pools first.
    pub async fn stop(self) -> Result<(), ClusterError> {
        let PrivateCluster { site, end, supervisor, users, .. } = self;
        let _ = end.send(());
        let postmaster = supervisor.await.ok().flatten();
        // Nobody starts it here while it stops.
        let lock = site.lock_start().await?;
        let alone = users.try_lock().is_ok();
        if let (true, Some(postmaster)) = (alone, postmaster) {
            postmaster.stop().await;
            site.folder.remove_socket_folder();
        }
        drop(users);
        drop(lock);
        Ok(())
    }
}

impl Site {
    /// To be called with the lock on starting held.
    async fn bring_up(&self, progress: &impl Fn(&str)) -> Result<Postmaster, ClusterError> {
        let data = self.folder.data();
        let programs = programs::find(&data).await?;
        self.folder.make_socket_folder()?;
        if !data.join("PG_VERSION").exists() {
            progress(&format!("making a database with PostgreSQL {}", programs.major));
            postmaster::initialise(&self.folder, &programs, self.durability).await?;
        }
        progress(&format!("starting PostgreSQL {} in {}", programs.major, data.display()));
        let postmaster =
            postmaster::start_or_adopt(&self.folder, &programs, self.durability).await?;
        self.ensure_database().await.map_err(ClusterError::Answer)?;
        Ok(postmaster)
    }

    async fn bring_up_again(&self) -> Result<Postmaster, ClusterError> {
        let _starting = self.lock_start().await?;
        self.bring_up(&|_: &str| {}).await
    }

    /// Waits while another Souk starts or stops Postgres here.
    async fn lock_start(&self) -> Result<File, ClusterError> {
        let lock = self.folder.start_lock()?;
        let data = self.folder.data();
        tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
            .await
            .expect("locking does not panic")
            .map_err(ClusterError::io("lock", data))
    }

    async fn ensure_database(&self) -> Result<(), sqlx::Error> {
        let mut connection = postmaster::options(&self.folder, "postgres").connect().await?;
        let there = sqlx::query_scalar!(
            r#"select exists (select from pg_database where datname = $1) as "there!""#,
            DATABASE
        )
        .fetch_one(&mut connection)
        .await?;
        if !there {
            sqlx::query("create database souk").execute(&mut connection).await?;
        }
        connection.close().await
    }
}

/// Starts Postgres again when it dies, until `end`; hands back what runs then.
async fn supervise(
    site: Arc<Site>,
    mut postmaster: Postmaster,
    state: watch::Sender<ClusterState>,
    mut end: oneshot::Receiver<()>,
) -> Option<Postmaster> {
    loop {
        tokio::select! {
            () = postmaster.ended() => {}
            _ = &mut end => return Some(postmaster),
        }
        state.send_replace(ClusterState::Away);
        tracing::error!("PostgreSQL ended unexpectedly; starting it again");
        tokio::select! {
            again = restart(&site) => postmaster = again,
            _ = &mut end => return None,
        }
        tracing::info!("PostgreSQL is back");
        state.send_replace(ClusterState::Up);
    }
}

/// Tries until it works: a full disk may be cleared, and what a killed Postgres left of itself ends
/// within moments.
async fn restart(site: &Site) -> Postmaster {
    let mut wait = FIRST_RETRY;
    loop {
        match site.bring_up_again().await {
            Ok(postmaster) => return postmaster,
            Err(error) => tracing::warn!(%error, "PostgreSQL does not start yet"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LAST_RETRY);
    }
}
