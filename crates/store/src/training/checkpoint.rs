//! Weights that runs kept, and those that play.

use serde_json::Value;
use wire::{CheckpointCard, CheckpointId, NegotiatorName, RunId};

use crate::connection::Store;
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq)]
pub struct NewCheckpoint {
    pub id: CheckpointId,
    pub iteration: u32,
    /// Below the data folder.
    pub folder: String,
    pub bytes: u64,
    pub reward: Option<f64>,
    pub manifest: Value,
}

/// A checkpoint with where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointRow {
    pub run: RunId,
    /// The run's.
    pub label: String,
    pub folder: String,
    pub card: CheckpointCard,
}

impl Store {
    /// Keeps a record of weights. Done again after a worker's death, the first one stays.
    pub async fn checkpoint_add(&self, run: RunId, new: &NewCheckpoint) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into checkpoints (id, run_id, iteration, folder, bytes, reward, manifest)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict (run_id, iteration) do nothing",
            new.id.0,
            run.0,
            new.iteration.cast_signed(),
            new.folder,
            new.bytes.cast_signed(),
            new.reward,
            new.manifest
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Newest first: of a run, or all that play.
    pub async fn checkpoint_list(
        &self,
        run: Option<RunId>,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        self.checkpoints(run, None).await
    }

    pub async fn checkpoint_find(&self, id: CheckpointId) -> Result<CheckpointRow, StoreError> {
        let found = self.checkpoints(None, Some(id)).await?;
        found.into_iter().next().ok_or(StoreError::NotFound("checkpoint"))
    }

    async fn checkpoints(
        &self,
        run: Option<RunId>,
        id: Option<CheckpointId>,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let rows = sqlx::query!(
            "select c.id, c.run_id, r.label, c.folder, c.iteration, c.reward, c.bytes, c.published,
                 c.created_at
             from checkpoints c join training_runs r on r.id = c.run_id
             where case when $2::uuid is not null then c.id = $2
                 when $1::uuid is not null then c.run_id = $1 else c.published is not null end
             order by c.run_id desc, c.iteration desc",
            run.map(|run| run.0),
            id.map(|id| id.0)
        )
        .fetch_all(&self.pool)
        .await?;
        let rows = rows.into_iter().map(|row| CheckpointRow {
            run: RunId(row.run_id),
            label: row.label,
            folder: row.folder,
            card: CheckpointCard {
                id: CheckpointId(row.id),
                iteration: row.iteration.cast_unsigned(),
                reward: row.reward,
                bytes: row.bytes.cast_unsigned(),
                published: row.published.map(NegotiatorName),
                at: row.created_at.timestamp_millis(),
            },
        });
        Ok(rows.collect())
    }

    /// Has a checkpoint play under a name. One that plays already keeps its name.
    ///
    /// # Errors
    /// `checkpoint_published_unique` where the name is another's.
    pub async fn checkpoint_publish(
        &self,
        id: CheckpointId,
        name: &NegotiatorName,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update checkpoints set published = coalesce(published, $2) where id = $1",
            id.0,
            name.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
