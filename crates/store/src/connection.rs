//! The way to the database, and its schema.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgPool};
use uuid::Uuid;

use crate::announce::Announcer;
use crate::archive::Archive;
use crate::error::StoreError;
use crate::known::Known;
use crate::pool;
use crate::transaction::Transaction;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// For the answer to a statement of a negotiation.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a migration waits for a lock. Whoever wants the same table queues behind it meanwhile.
const LOCK_TIMEOUT: &str = "3s";
/// Between two attempts to migrate a database that others write to; each waits a little longer.
const LOCKED: Duration = Duration::from_millis(200);
/// Attempts to migrate: with their pauses and waits, some four minutes.
const MIGRATE_ATTEMPTS: u32 = 40;

/// A handle on the database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: PgPool,
    /// Of what is announced from here.
    pub(crate) origin: Uuid,
    pub(crate) announcer: Announcer,
    pub(crate) known: Known,
    pub(crate) archive: Option<Archive>,
}

impl Store {
    /// Opens a pool of at most `connections`, and one beside it to announce what was stored. Fails where the database cannot be reached now.
    pub async fn connect(options: PgConnectOptions, connections: u32) -> Result<Store, StoreError> {
        // Compiling a plan takes 0.3 s, longer than any of ours runs.
        let options = options.application_name("souk").options([("jit", "off")]);
        let announcer = Announcer::new(options.clone());
        let known = Known::default();
        let pool = pool::open(options, connections, known.clone()).await?;
        Ok(Store { pool, origin: Uuid::new_v4(), announcer, known, archive: None })
    }

    /// [`Store::connect`] with a `postgres://` address, as in `DATABASE_URL`.
    pub async fn connect_url(url: &str, connections: u32) -> Result<Store, StoreError> {
        Store::connect(url.parse::<PgConnectOptions>()?, connections).await
    }

    /// Brings the schema up to what this program knows. Several processes may call it at once, also
    /// while others write: the migrator holds an advisory lock, and what a lock of somebody else kept
    /// from happening is tried again.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        for attempt in 1.. {
            match self.migrate_once().await {
                Err(error) if attempt < MIGRATE_ATTEMPTS && migration_is_locked_out(&error) => {
                    tracing::info!(%error, attempt, "a migration waits for others' locks");
                    tokio::time::sleep(LOCKED * attempt.min(10)).await;
                }
                done => return done.map_err(of_migration),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// On a connection of its own: the migrator keeps its advisory lock where it fails, and with the
    /// connection the lock ends.
    async fn migrate_once(&self) -> Result<(), MigrateError> {
        let options = (*self.pool.connect_options()).clone();
        let mut connection = options.options([("lock_timeout", LOCK_TIMEOUT)]).connect().await?;
        let outcome = MIGRATIONS.run_direct(&mut connection).await;
        // The server ends it where this fails.
        let _ = connection.close().await;
        outcome
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query_scalar!("select 1").fetch_one(&self.pool).await?;
        Ok(())
    }

    pub(crate) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        Transaction::begin(&self.pool).await
    }

    /// How the database is reached.
    pub fn connect_options(&self) -> PgConnectOptions {
        (*self.pool.connect_options()).clone()
    }

    /// Closes all connections, after the queries that are under way and what is left to be announced.
    pub async fn close(&self) {
        self.announcer.finish().await;
        self.pool.close().await;
    }
}

/// [`within`] what a statement may take that takes milliseconds.
pub(crate) async fn soon<T, E: From<sqlx::Error>>(
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    within(PATIENCE, asked).await
}

/// Waits for the store no longer than this; then it is `Away`. A statement that is never answered, as where PostgreSQL
/// has given up a connection and could not say so, would keep whoever asked for ever.
pub async fn within<T, E: From<sqlx::Error>>(
    patience: Duration,
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match tokio::time::timeout(patience, asked).await {
        Ok(answer) => answer,
        Err(_) => {
            tracing::warn!("the database has not answered");
            Err(sqlx::Error::PoolTimedOut.into())
        }
    }
}

fn of_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(database) => {
            StoreError::NewerDatabase { database, program: newest_schema() }
        }
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Migration(other),
    }
}

fn migration_is_locked_out(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    is_locked_out(error)
}

/// A deadlock of which the statement was the victim, or a lock that did not come in time.
pub(crate) fn is_locked_out(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| matches!(code.as_ref(), "40P01" | "55P03"))
}

/// The schema that this program works with: the number of its last migration.
pub fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}
