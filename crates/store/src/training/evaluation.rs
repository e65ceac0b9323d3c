//! What came of a run on products that nobody learns from.

use std::time::Duration;

use rules::Role;
use serde_json::Value;
use uuid::Uuid;
use wire::RunId;

use super::rollout::Rolled;
use crate::connection::Store;
use crate::error::StoreError;
use crate::evaluation::{
    EvaluationId, NewEvaluation, episode_add, evaluation_close, evaluation_insert,
};
use crate::llm_call::role;

/// An evaluation of a run, with its episodes.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRunEvaluation {
    pub row: RunEvaluationRow,
    pub evaluation: NewEvaluation,
    /// In the order of products, each as often as it was played.
    pub episodes: Vec<Rolled>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RunEvaluationRow {
    pub id: EvaluationId,
    /// Learnt before it; 0: the base.
    pub iteration: u32,
    /// Time worked on the run until then.
    pub worked: Duration,
    /// The side that is measured.
    pub role: Role,
    /// A scripted negotiator in the place of who learns.
    pub baseline: Option<String>,
    pub against: String,
    pub persona: String,
    /// Episodes that count.
    pub episodes: u32,
    /// An object of intervals.
    pub figures: Value,
}

impl Store {
    /// Stores an evaluation and its episodes, in one transaction. One that is there stays as it is. `false`: the
    /// run is another worker's, and nothing was stored.
    ///
    /// # Errors
    /// `Corrupt` where events are no episode that is over.
    pub async fn training_evaluation_add(
        &self,
        run: RunId,
        owner: Uuid,
        new: &NewRunEvaluation,
    ) -> Result<bool, StoreError> {
        self.evaluation_add(run, Some(owner), new).await
    }

    /// The same of a run that was trained elsewhere, by whoever examined its weights.
    ///
    /// # Errors
    /// `Corrupt` where events are no episode that is over.
    pub async fn job_evaluation_add(
        &self,
        run: RunId,
        new: &NewRunEvaluation,
    ) -> Result<(), StoreError> {
        self.evaluation_add(run, None, new).await.map(drop)
    }

    async fn evaluation_add(
        &self,
        run: RunId,
        owner: Option<Uuid>,
        new: &NewRunEvaluation,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let row = &new.row;
        let baseline = row.baseline.as_deref().unwrap_or_default();
        // The lock keeps the run this worker's until the end.
        let state = sqlx::query!(
            r#"select $2::uuid is null or coalesce(lease_owner = $2, false) as "held!", exists (
                 select from training_evaluations where run_id = $1 and iteration = $3 and role = $4
                     and baseline = $5 and against = $6 and persona = $7) as "known!"
             from training_runs where id = $1 for update"#,
            run.0,
            owner,
            row.iteration.cast_signed(),
            row.role.name(),
            baseline,
            row.against,
            row.persona
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(state) = state.filter(|state| state.held) else { return Ok(false) };
        if state.known {
            return Ok(true);
        }
        evaluation_insert(&mut transaction, &new.evaluation).await?;
        for (n, episode) in (0..).zip(&new.episodes) {
            match episode {
                Rolled::Played(episode) => {
                    episode_add(&mut transaction, row.id.0, Some(row.id), Some(run), episode)
                        .await?;
                }
                Rolled::Stored(id) => {
                    sqlx::query!(
                        "update episodes set evaluation_id = $1, rollout = $4
                         where id = $2 and training_run_id = $3",
                        row.id.0,
                        id.0,
                        run.0,
                        n
                    )
                    .execute(&mut *transaction)
                    .await?;
                }
            }
        }
        evaluation_close(&mut transaction, row.id).await?;
        sqlx::query!(
            "insert into training_evaluations (evaluation_id, run_id, iteration, worked_ms, role,
                 baseline, against, persona, figures)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            row.id.0,
            run.0,
            row.iteration.cast_signed(),
            i64::try_from(row.worked.as_millis()).unwrap_or(i64::MAX),
            row.role.name(),
            baseline,
            row.against,
            row.persona,
            row.figures
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// By iteration; within one in the order in which they were made. Those of scripts in the learner's place
    /// only where asked for.
    pub async fn training_evaluations(
        &self,
        run: RunId,
        baselines: bool,
    ) -> Result<Vec<RunEvaluationRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select t.evaluation_id, t.iteration, t.worked_ms, t.role, t.baseline, t.against,
                 t.persona, t.figures, e.finished as "finished!"
             from training_evaluations t join evaluations e on e.id = t.evaluation_id
             where t.run_id = $1 and (baseline = '' or $2) order by t.iteration, t.evaluation_id"#,
            run.0,
            baselines
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(RunEvaluationRow {
                    id: EvaluationId(row.evaluation_id),
                    iteration: row.iteration.cast_unsigned(),
                    worked: Duration::from_millis(row.worked_ms.cast_unsigned()),
                    role: role(&row.role)?,
                    baseline: Some(row.baseline).filter(|name| !name.is_empty()),
                    against: row.against,
                    persona: row.persona,
                    episodes: row.finished.cast_unsigned(),
                    figures: row.figures,
                })
            })
            .collect()
    }
}
