//! The database of a command: the one that was named, or the private one.

use std::future::Future;

use anyhow::{Context, Result};
use store::cluster::PrivateCluster;
use store::{Archive, Store};

use crate::config::Config;
use crate::running::Database;

/// An open database, and the private Postgres under it where there is one.
pub struct Opened {
    pub database: Database,
    cluster: Option<PrivateCluster>,
}

impl Opened {
    /// Starts the private Postgres where no database is named, connects and brings the schema up to date. Says what
    /// takes time.
    pub async fn open(config: &Config) -> Result<Opened> {
        let opened = Opened::open_as_it_is(config).await?;
        let store = &opened.database.store;
        store.migrate().await.context("the database cannot be brought up to date")?;
        store.partitions_make().await.context("the database gets no room for new months")?;
        Ok(opened)
    }

    /// [`Opened::open`] of whatever schema, also of none.
    pub async fn open_as_it_is(config: &Config) -> Result<Opened> {
        let connections = config.db_connections;
        let (database, cluster) = match &config.database_url {
            Some(url) => (by_url(url, connections).await?, None),
            None => {
                let say = |sentence: &str| eprintln!("souk: {sentence}");
                let cluster = PrivateCluster::start(&config.data, say).await?;
                let store = Store::connect(cluster.options(), connections).await?;
                let probe = Store::connect(cluster.options(), 1).await?;
                (Database { store, probe }, Some(cluster))
            }
        };
        let Database { store, probe } = database;
        let store = store.with_archive(Archive::at(&config.archive));
        Ok(Opened { database: Database { store, probe }, cluster })
    }

    /// Stops the private Postgres, unless another Souk uses it.
    pub async fn close(self) -> Result<()> {
        self.database.store.close().await;
        self.database.probe.close().await;
        stop(self.cluster).await
    }

    /// The two parts, for a server that closes its connections itself.
    pub fn into_parts(self) -> (Database, Option<PrivateCluster>) {
        (self.database, self.cluster)
    }
}

pub async fn stop(cluster: Option<PrivateCluster>) -> Result<()> {
    match cluster {
        Some(cluster) => cluster.stop().await.context("PostgreSQL does not stop"),
        None => Ok(()),
    }
}

async fn by_url(url: &str, connections: u32) -> Result<Database> {
    let sentence = "the database of DATABASE_URL cannot be reached: check that it runs and that the \
                    address, user and password are right";
    let store = Store::connect_url(url, connections).await.context(sentence)?;
    let probe = Store::connect_url(url, 1).await.context(sentence)?;
    Ok(Database { store, probe })
}

/// Does something with the migrated store, and closes what it opened whatever comes of it.
pub async fn with_store<T, F>(config: &Config, work: impl FnOnce(Store) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    with_opened(Opened::open(config).await?, work).await
}

/// The same with what is open already.
pub async fn with_opened<T, F>(opened: Opened, work: impl FnOnce(Store) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let result = work(opened.database.store.clone()).await;
    let closed = opened.close().await;
    let value = result?;
    closed.map(|()| value)
}
