//! Transactions that leave nothing behind on their connection.
//!
//! sqlx 0.8.6 hands a connection whose `begin` was dropped half-way back to the pool with the transaction open: what is then
//! written on it is acknowledged, and gone with the connection. Here a connection is handed back only once PostgreSQL has said
//! that its transaction is over.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Executor, PgConnection, PgPool, Postgres};

use crate::connection::soon;
use crate::pool::HANDED_BACK;

/// Rolled back where it is dropped.
pub(crate) struct Transaction {
    /// `None` once it is over.
    connection: Option<PoolConnection<Postgres>>,
}

impl Transaction {
    pub async fn begin(pool: &PgPool) -> Result<Transaction, sqlx::Error> {
        let mut transaction = Transaction { connection: Some(pool.acquire().await?) };
        transaction.say("begin").await?;
        Ok(transaction)
    }

    /// After an error it is unknown whether it is stored.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.say("commit").await?;
        self.connection = None;
        Ok(())
    }

    pub async fn rollback(mut self) -> Result<(), sqlx::Error> {
        self.say("rollback").await?;
        self.connection = None;
        Ok(())
    }

    async fn say(&mut self, word: &str) -> Result<(), sqlx::Error> {
        soon(self.execute(word)).await.map(drop)
    }
}

impl Deref for Transaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect("it is used up once it is over")
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("it is used up once it is over")
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        tokio::spawn(async move {
            // Behind what is still under way on it.
            let ended = connection.execute("rollback");
            if !matches!(tokio::time::timeout(HANDED_BACK, ended).await, Ok(Ok(_))) {
                connection.close_on_drop();
            }
        });
    }
}
