//! The pool, and the schema.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::error::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// How long a request waits for a connection before it says that the store is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A handle on the database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: PgPool,
}

impl Store {
    /// Opens a pool of at most `connections`. Fails where the database cannot be reached now.
    pub async fn connect(options: PgConnectOptions, connections: u32) -> Result<Store, StoreError> {
        // Compiling a plan takes 0.3 s, longer than any of ours runs.
        let options = options.application_name("souk").options([("jit", "off")]);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?;
        Ok(Store { pool })
    }

    /// [`Store::connect`] with a `postgres://` address, as in `DATABASE_URL`.
    pub async fn connect_url(url: &str, connections: u32) -> Result<Store, StoreError> {
        Store::connect(url.parse::<PgConnectOptions>()?, connections).await
    }

    /// Brings the schema up to what this program knows. Several processes may call it at once: the
    /// migrator holds an advisory lock.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        MIGRATIONS.run(&self.pool).await.map_err(|error| match error {
            MigrateError::VersionMissing(database) => {
                StoreError::NewerDatabase { database, program: newest_migration() }
            }
            MigrateError::Execute(error) => error.into(),
            other => StoreError::Migration(other),
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query_scalar!("select 1").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Closes all connections, after the queries that are under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn newest_migration() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}
