//! Counterfactuals, each with its arms' evaluations.

use serde_json::Value;
use wire::{CounterfactualId, EpisodeId, UserId};

use crate::connection::Store;
use crate::error::StoreError;
use crate::evaluation::{EvaluationId, NewEvaluation, evaluation_insert};

/// A counterfactual as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct CounterfactualRow {
    pub id: CounterfactualId,
    pub episode: EpisodeId,
    pub settings: Value,
    pub changed: EvaluationId,
    pub control: Option<EvaluationId>,
    pub created_ms: i64,
    /// Somebody plays it, and was heard from of late.
    pub attended: bool,
    pub ended_ms: Option<i64>,
    pub failure: Option<String>,
}

impl Store {
    /// Keeps it with its arms.
    pub async fn counterfactual_create(
        &self,
        id: CounterfactualId,
        episode: EpisodeId,
        settings: &Value,
        changed: &NewEvaluation,
        control: Option<&NewEvaluation>,
        by: UserId,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        evaluation_insert(&mut transaction, changed).await?;
        if let Some(control) = control {
            evaluation_insert(&mut transaction, control).await?;
        }
        sqlx::query!(
            "insert into counterfactuals (id, episode_id, settings, changed, control, created_by)
             values ($1, $2, $3, $4, $5, $6)",
            id.0,
            episode.0,
            settings,
            changed.id.0,
            control.map(|control| control.id.0),
            by.0
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    pub async fn counterfactual_find(
        &self,
        id: CounterfactualId,
    ) -> Result<CounterfactualRow, StoreError> {
        let row = sqlx::query!(
            r#"select episode_id, settings, changed, control, created_at, ended_at, failure,
                 coalesce(seen_at > now() - interval '1 minute', false) as "attended!"
             from counterfactuals where id = $1"#,
            id.0
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or(StoreError::NotFound("counterfactual"))?;
        Ok(CounterfactualRow {
            id,
            episode: EpisodeId(row.episode_id),
            settings: row.settings,
            changed: EvaluationId(row.changed),
            control: row.control.map(EvaluationId),
            created_ms: row.created_at.timestamp_millis(),
            attended: row.attended,
            ended_ms: row.ended_at.map(|at| at.timestamp_millis()),
            failure: row.failure,
        })
    }

    /// Those from an episode, newest first, each with the messages that stay.
    pub async fn counterfactuals_of(
        &self,
        id: EpisodeId,
    ) -> Result<Vec<(CounterfactualId, u32)>, StoreError> {
        let rows = sqlx::query!(
            r#"select id, coalesce((settings ->> 'after')::integer, 0) as "after!"
             from counterfactuals where episode_id = $1 order by id desc limit 100"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|r| (CounterfactualId(r.id), r.after.cast_unsigned())).collect())
    }

    /// Marks that somebody plays it. `false`: somebody does already; whoever gave no sign of life for a minute counts
    /// as gone.
    pub async fn counterfactual_begin(&self, id: CounterfactualId) -> Result<bool, StoreError> {
        let begun = sqlx::query!(
            "update counterfactuals set seen_at = now(), failure = null
             where id = $1 and (seen_at is null or seen_at < now() - interval '1 minute')",
            id.0
        )
        .execute(&self.pool)
        .await?;
        Ok(begun.rows_affected() == 1)
    }

    /// A sign of life of who plays it.
    pub async fn counterfactual_beat(&self, id: CounterfactualId) -> Result<(), StoreError> {
        sqlx::query!(
            "update counterfactuals set seen_at = now() where id = $1 and seen_at is not null",
            id.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn counterfactual_end(
        &self,
        id: CounterfactualId,
        failure: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update counterfactuals set seen_at = null, ended_at = now(), failure = $2 where id = $1",
            id.0,
            failure
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Price, where it was a deal, and both rewards of the episodes of an evaluation that count.
    pub async fn evaluation_outcomes(
        &self,
        id: EvaluationId,
    ) -> Result<Vec<(Option<i64>, Option<f64>, Option<f64>)>, StoreError> {
        let rows = sqlx::query!(
            "select price_mills, buyer_reward, seller_reward from episodes
             where evaluation_id = $1 and outcome_kind <> 'engine_failure' order by rollout",
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|r| (r.price_mills, r.buyer_reward, r.seller_reward)).collect())
    }
}
