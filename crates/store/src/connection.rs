//! The pool, and the schema.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use uuid::Uuid;

use crate::announce::Announcer;
use crate::archive::Archive;
use crate::error::StoreError;
use crate::known::Known;
use crate::transaction::Transaction;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// How long a request waits for a connection before it says that the store is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// For the answer to a statement of a negotiation.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// For a connection that is handed back: until what was under way on it is over.
pub(crate) const HANDED_BACK: Duration = Duration::from_secs(10);
/// Without use, until a connection is closed: PostgreSQL keeps some megabytes for each.
const UNUSED: Duration = Duration::from_secs(60);
/// Since its last use, until a connection is asked whether it still answers before it is used again.
const IDLE: Duration = Duration::from_secs(1);

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
        let unknown = known.clone();
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(UNUSED)
            .after_connect(move |_, _| {
                unknown.begin_era();
                Box::pin(async { Ok(()) })
            })
            // It would ask also one that answered a moment ago, when it was handed back.
            .test_before_acquire(false)
            .before_acquire(|connection, last| {
                Box::pin(async move { Ok(last.idle_for < IDLE || answers(connection).await?) })
            })
            // sqlx asks, too, and waits for ever: that would keep its place in the pool.
            .after_release(|connection, _| Box::pin(answers(connection)))
            .connect_with(options)
            .await?;
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

/// Whether a connection is still of use, asked behind what is under way on it. An error where it says nothing: there is
/// no use in taking leave.
async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(HANDED_BACK, connection.ping()).await {
        Ok(answer) => Ok(answer.is_ok()),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// [`within`] what a statement may take that takes milliseconds.
pub(crate) async fn soon<T>(
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    within(PATIENCE, asked).await
}

/// Waits for the store no longer than this; then it is `Away`. A statement that is never answered, as where PostgreSQL
/// has given up a connection and could not say so, would keep whoever asked for ever.
pub async fn within<T>(
    patience: Duration,
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(patience, asked).await {
        Ok(answer) => answer,
        Err(_) => {
            tracing::warn!("the database has not answered");
            Err(StoreError::Away(sqlx::Error::PoolTimedOut))
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
