//! Iterations: figures, alarms and rollouts, stored together.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;
use wire::{Alarm, RunId};

use super::rollout::{NewRollout, rollout_add};
use crate::connection::Store;
use crate::error::StoreError;

/// What an iteration came to.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIteration {
    /// From 1.
    pub number: u32,
    /// Time worked on the run until its end.
    pub worked: Duration,
    pub episodes: u32,
    /// An object of numbers and nulls.
    pub metrics: Value,
    pub alarms: Vec<NewAlarm>,
    pub rollouts: Vec<NewRollout>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlarm {
    pub code: String,
    pub sentence: String,
}

/// An iteration's figures.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRow {
    pub iteration: u32,
    pub worked_ms: u64,
    /// Played until its end.
    pub episodes: u64,
    pub metrics: Value,
}

impl Store {
    /// Stores an iteration. One that was stored before, by a worker that died behind it, takes the new
    /// figures and keeps its rollouts: they are the same. `false`: the run is another worker's, and nothing was
    /// stored.
    ///
    /// # Errors
    /// `Corrupt` where events are no episode that is over.
    pub async fn training_iteration_add(
        &self,
        id: RunId,
        owner: Uuid,
        new: &NewIteration,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let number = new.number.cast_signed();
        let worked = i64::try_from(new.worked.as_millis()).unwrap_or(i64::MAX);
        let held = sqlx::query!(
            "update training_runs set iteration = $3, worked_ms = $4, attempts = 1
             where id = $1 and lease_owner = $2",
            id.0,
            owner,
            number,
            worked
        )
        .execute(&mut *transaction)
        .await?;
        if held.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query!(
            "insert into training_steps (run_id, iteration, worked_ms, episodes, metrics)
             values ($1, $2, $3, $4, $5)
             on conflict (run_id, iteration) do update
                 set worked_ms = excluded.worked_ms, metrics = excluded.metrics",
            id.0,
            number,
            worked,
            new.episodes.cast_signed(),
            new.metrics
        )
        .execute(&mut *transaction)
        .await?;
        let (codes, sentences): (Vec<String>, Vec<String>) =
            new.alarms.iter().map(|alarm| (alarm.code.clone(), alarm.sentence.clone())).unzip();
        sqlx::query!(
            "insert into training_alarms (run_id, iteration, code, sentence)
             select $1, $2, * from unnest($3::text[], $4::text[]) on conflict do nothing",
            id.0,
            number,
            &codes,
            &sentences
        )
        .execute(&mut *transaction)
        .await?;
        for rollout in &new.rollouts {
            rollout_add(&mut transaction, id, new.number, rollout).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The iterations after one, in order; 0 gives all.
    pub async fn training_series(&self, id: RunId, after: u32) -> Result<Vec<StepRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select iteration, worked_ms, metrics, before + episodes as "episodes!" from (
                 select iteration, worked_ms, metrics, episodes,
                     sum(episodes) over (order by iteration) - episodes as before
                 from training_steps where run_id = $1
             ) s where iteration > $2 order by iteration"#,
            id.0,
            i32::try_from(after).unwrap_or(i32::MAX)
        )
        .fetch_all(&self.pool)
        .await?;
        let step = |iteration: i32, worked: i64, episodes: i64, metrics| StepRow {
            iteration: iteration.cast_unsigned(),
            worked_ms: worked.cast_unsigned(),
            episodes: episodes.cast_unsigned(),
            metrics,
        };
        let rows = rows.into_iter();
        Ok(rows.map(|r| step(r.iteration, r.worked_ms, r.episodes, r.metrics)).collect())
    }

    /// By iteration.
    pub async fn training_alarms(&self, id: RunId) -> Result<Vec<Alarm>, StoreError> {
        let rows = sqlx::query!(
            "select iteration, code, sentence from training_alarms where run_id = $1
             order by iteration, code",
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        let alarm = |iteration: i32, code, sentence| Alarm {
            iteration: iteration.cast_unsigned(),
            code,
            sentence,
        };
        Ok(rows.into_iter().map(|row| alarm(row.iteration, row.code, row.sentence)).collect())
    }
}
