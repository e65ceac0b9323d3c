//! Markets with growing shares of other buyers.

use serde_json::Value;
use uuid::Uuid;
use wire::UserId;

use crate::connection::Store;
use crate::error::StoreError;

/// A sweep as it was worked out.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepRow {
    pub id: Uuid,
    /// As the server wrote it.
    pub sweep: Value,
    pub command: String,
    pub code_version: String,
    pub created_ms: i64,
}

impl Store {
    pub async fn market_sweep_add(
        &self,
        id: Uuid,
        sweep: &Value,
        command: &str,
        code_version: &str,
        by: Option<UserId>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into market_sweeps (id, sweep, command, code_version, created_by)
             values ($1, $2, $3, $4, $5)",
            id,
            sweep,
            command,
            code_version,
            by.map(|by| by.0)
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The newest first.
    pub async fn market_sweeps(&self, limit: i64) -> Result<Vec<SweepRow>, StoreError> {
        let rows = sqlx::query!(
            "select id, sweep, command, code_version, created_at from market_sweeps
             order by id desc limit $1",
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let told = rows.into_iter().map(|row| SweepRow {
            id: row.id,
            sweep: row.sweep,
            command: row.command,
            code_version: row.code_version,
            created_ms: row.created_at.timestamp_millis(),
        });
        Ok(told.collect())
    }
}
