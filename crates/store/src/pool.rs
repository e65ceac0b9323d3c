//! The connections that statements run on. One that does not answer is found when it is handed back, or before it is used
//! again, and is closed: nobody waits for it, and its place is free.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::known::Known;

/// How long a request waits for a connection before it says that the store is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// For a connection that is handed back: until what was under way on it is over.
pub(crate) const HANDED_BACK: Duration = Duration::from_secs(10);
/// Since its last use, until a connection is asked whether it still answers before it is used again. PostgreSQL does not
/// restart within that time.
const IDLE: Duration = Duration::from_millis(100);

/// Opens a pool. Fails where the database cannot be reached now.
pub(crate) async fn open(
    options: PgConnectOptions,
    connections: u32,
    known: Known,
) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |_, _| {
            known.begin_era();
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
        .await
}

/// Whether a connection is still of use, asked behind what is under way on it. An error where it says nothing: there is
/// no use in taking leave.
async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(HANDED_BACK, connection.ping()).await {
        Ok(answer) => Ok(answer.is_ok()),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}
