//! Suites: evaluations by one plan, and the queue that workers take them from.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use wire::{RunCommand, RunFailure, RunStatus, SuiteId, UserId};

use crate::connection::Store;
use crate::error::StoreError;
use crate::evaluation::{EvaluationId, NewEvaluation, evaluation_insert};
use crate::lease::interval;
use crate::training::{Beat, RunEnd, asked, status};

/// A suite to be queued.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSuiteRow {
    pub id: SuiteId,
    pub label: String,
    pub plan: String,
    /// TOML, as it was given.
    pub overlay: String,
    /// Resolved; the server gives it its meaning.
    pub settings: Value,
    pub measured: String,
    pub against: String,
    pub code_version: String,
    pub created_by: Option<UserId>,
    /// Episodes.
    pub planned: u32,
    /// Its evaluations, one per pair, in the order of the plan.
    pub evaluations: Vec<NewEvaluation>,
}

/// A suite as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct SuiteRow {
    pub id: SuiteId,
    pub label: String,
    pub plan: String,
    pub overlay: String,
    pub settings: Value,
    pub measured: String,
    pub against: String,
    pub code_version: String,
    pub status: RunStatus,
    pub asked: Option<RunCommand>,
    pub planned: u32,
    pub done: u32,
    pub failed: u32,
    pub left_ms: Option<u64>,
    pub failure: Option<RunFailure>,
    pub attended: bool,
    pub created_ms: i64,
    pub ended_ms: Option<i64>,
    /// What was measured last.
    pub kept: Option<Kept>,
}

/// Figures of a suite.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub figures: Value,
    /// Episodes that were measured.
    pub done: u32,
    pub at_ms: i64,
}

/// A suite that a worker has taken.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedSuite {
    pub id: SuiteId,
    pub settings: Value,
    /// Times that it was taken without coming to a new episode, this one included.
    pub attempts: u32,
}

/// What a negotiator's episodes took of a language model, by its latest calls.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Episodes that this is from.
    pub episodes: i64,
    /// Of its answers in one episode, without waits for a place.
    pub ms: f64,
    pub micro_dollars: f64,
}

impl Store {
    /// From its latest 500 calls; nobody's where it made none.
    pub async fn negotiator_pace(&self, name: &str) -> Result<Pace, StoreError> {
        let row = sqlx::query!(
            r#"with calls as (
                 select c.episode_id, c.total_ms - c.queue_ms as ms, c.cost_microdollars
                 from llm_calls c where c.model = $1 order by c.at desc limit 500
             )
             select count(distinct episode_id) as "episodes!", coalesce(sum(ms), 0)::float8 as "ms!",
                 coalesce(sum(cost_microdollars), 0)::float8 as "cost!" from calls"#,
            name
        )
        .fetch_one(&self.pool)
        .await?;
        let each = row.episodes.max(1) as f64;
        Ok(Pace { episodes: row.episodes, ms: row.ms / each, micro_dollars: row.cost / each })
    }

    /// Puts a suite into the queue, with its evaluations.
    ///
    /// # Errors
    /// Constraints named `suite_*` and `evaluation_*`.
    pub async fn suite_create(&self, new: &NewSuiteRow) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "insert into suites (id, label, plan, overlay, settings, measured, against, code_version,
                 created_by, planned)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            new.id.0,
            new.label,
            new.plan,
            new.overlay,
            new.settings,
            new.measured,
            new.against,
            new.code_version,
            new.created_by.map(|user| user.0),
            new.planned.cast_signed(),
        )
        .execute(&mut *transaction)
        .await?;
        for (pair, evaluation) in new.evaluations.iter().enumerate() {
            evaluation_insert(&mut transaction, evaluation).await?;
            sqlx::query!(
                "update evaluations set suite_id = $2, pair = $3 where id = $1",
                evaluation.id.0,
                new.id.0,
                i32::try_from(pair).unwrap_or(i32::MAX)
            )
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    pub async fn suite_find(&self, id: SuiteId) -> Result<SuiteRow, StoreError> {
        let found = self.suites(Some(id), 1).await?;
        found.into_iter().next().ok_or(StoreError::NotFound("suite"))
    }

    /// Keeps what so many of its episodes came to.
    pub async fn suite_keep(
        &self,
        id: SuiteId,
        done: u32,
        figures: &Value,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update suites set figures = $3, figures_done = $2, figures_at = now() where id = $1",
            id.0,
            i32::try_from(done).unwrap_or(i32::MAX),
            figures
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The newest suites, newest first.
    pub async fn suite_list(&self, limit: u32) -> Result<Vec<SuiteRow>, StoreError> {
        self.suites(None, limit).await
    }

    /// The evaluations of a suite, in the order of its plan.
    pub async fn suite_evaluations(&self, id: SuiteId) -> Result<Vec<EvaluationId>, StoreError> {
        let ids = sqlx::query_scalar!(
            "select id from evaluations where suite_id = $1 order by pair",
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(EvaluationId).collect())
    }

    async fn suites(&self, id: Option<SuiteId>, limit: u32) -> Result<Vec<SuiteRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select id, label, plan, overlay, settings, measured, against, code_version, status,
                 asked, planned, done, failed, left_ms, failure_code, failure_sentence, created_at,
                 ended_at, figures, figures_done, figures_at, exists (
                     select 1 from training_workers where seen_at > now() - interval '20 seconds'
                 ) as "attended!"
             from suites where $1::uuid is null or id = $1 order by id desc limit $2"#,
            id.map(|id| id.0),
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let failure = row.failure_code.zip(row.failure_sentence);
                let kept = row.figures.zip(row.figures_done).zip(row.figures_at);
                Ok(SuiteRow {
                    kept: kept.map(|((figures, done), at): ((_, i32), DateTime<Utc>)| Kept {
                        figures,
                        done: done.cast_unsigned(),
                        at_ms: at.timestamp_millis(),
                    }),
                    id: SuiteId(row.id),
                    label: row.label,
                    plan: row.plan,
                    overlay: row.overlay,
                    settings: row.settings,
                    measured: row.measured,
                    against: row.against,
                    code_version: row.code_version,
                    status: status(&row.status)?,
                    asked: asked(row.asked.as_deref()),
                    planned: row.planned.cast_unsigned(),
                    done: row.done.cast_unsigned(),
                    failed: row.failed.cast_unsigned(),
                    left_ms: row.left_ms.map(i64::cast_unsigned),
                    failure: failure.map(|(code, sentence)| RunFailure { code, sentence }),
                    attended: row.attended,
                    created_ms: row.created_at.timestamp_millis(),
                    ended_ms: row.ended_at.map(|at: DateTime<Utc>| at.timestamp_millis()),
                })
            })
            .collect()
    }

    /// Takes the oldest suite that waits, or one whose worker is not heard from any more. Of several
    /// workers one gets it.
    pub async fn suite_claim(
        &self,
        owner: Uuid,
        lease: Duration,
    ) -> Result<Option<ClaimedSuite>, StoreError> {
        let row = sqlx::query!(
            "update suites set status = 'running', lease_owner = $1, lease_until = now() + $2,
                 attempts = attempts + 1
             where id = (
                 select id from suites
                 where status = 'queued' or (status = 'running' and lease_until < now())
                 order by id limit 1 for update skip locked
             )
             returning id, settings, attempts",
            owner,
            interval(lease)
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| ClaimedSuite {
            id: SuiteId(row.id),
            settings: row.settings,
            attempts: row.attempts.cast_unsigned(),
        }))
    }

    /// A worker's sign of life: renews its lease and says how far it is.
    pub async fn suite_beat(
        &self,
        id: SuiteId,
        owner: Uuid,
        lease: Duration,
        done: u32,
        failed: u32,
        left: Option<Duration>,
    ) -> Result<Beat, StoreError> {
        self.worker_seen(owner).await?;
        let row = sqlx::query!(
            "update suites set lease_until = now() + $3, done = $4, failed = $5, left_ms = $6,
                 attempts = case when $4 > done then 0 else attempts end
             where id = $1 and lease_owner = $2 returning asked",
            id.0,
            owner,
            interval(lease),
            done.cast_signed(),
            failed.cast_signed(),
            left.map(|left| i64::try_from(left.as_millis()).unwrap_or(i64::MAX)),
        )
        .fetch_optional(&self.pool)
        .await?;
        let told = row.as_ref().and_then(|row| row.asked.as_deref());
        Ok(Beat { held: row.is_some(), asked: asked(told) })
    }

    /// Asks for something. What waits in the queue, or lost its worker, obeys at once; a running one when
    /// its worker hears of it.
    ///
    /// # Errors
    /// `Constraint` named `run_takes_no_such_command` where the suite's status has no use for it.
    pub async fn suite_ask(&self, id: SuiteId, command: RunCommand) -> Result<(), StoreError> {
        let done = match command {
            RunCommand::Pause | RunCommand::Cancel => {
                let (word, at_once) = match command {
                    RunCommand::Pause => ("pause", "paused"),
                    _ => ("cancel", "cancelled"),
                };
                sqlx::query!(
                    "with suite as (
                         select id, status = 'running' and lease_until > now() as held
                         from suites where id = $1 for update
                     )
                     update suites s set
                         asked = case when held then $2 end,
                         status = case when held then status else $3 end,
                         lease_owner = case when held then lease_owner end,
                         lease_until = case when held then lease_until end,
                         ended_at = case when not held and $2 = 'cancel' then now() end
                     from suite where s.id = suite.id
                         and (status in ('queued', 'running') or (status = 'paused' and $2 = 'cancel'))",
                    id.0,
                    word,
                    at_once
                )
                .execute(&self.pool)
                .await?
            }
            RunCommand::Resume | RunCommand::Retry => {
                let from: &[String] = match command {
                    RunCommand::Resume => &["paused".to_owned()],
                    _ => &["failed".to_owned(), "cancelled".to_owned()],
                };
                sqlx::query!(
                    "update suites set status = 'queued', attempts = 0, failure_code = null,
                         failure_sentence = null, ended_at = null
                     where id = $1 and status = any($2)",
                    id.0,
                    from
                )
                .execute(&self.pool)
                .await?
            }
        };
        if done.rows_affected() == 1 {
            return Ok(());
        }
        let now = self.suite_find(id).await?.status.name();
        Err(StoreError::Constraint {
            name: "run_takes_no_such_command".to_owned(),
            detail: format!("the suite is {now}"),
        })
    }

    /// Leaves a suite. `false`: it was not this worker's.
    pub async fn suite_settle(
        &self,
        id: SuiteId,
        owner: Uuid,
        end: &RunEnd,
    ) -> Result<bool, StoreError> {
        let (status, failure) = end.stored();
        let done = sqlx::query!(
            "update suites set status = $3, failure_code = $4, failure_sentence = $5,
                 ended_at = case when $3 in ('done', 'failed', 'cancelled') then now() end,
                 lease_owner = null, lease_until = null, asked = null, left_ms = null,
                 attempts = case when $3 = 'queued' then greatest(attempts - 1, 0) else attempts end
             where id = $1 and lease_owner = $2",
            id.0,
            owner,
            status,
            failure.map(|failure| failure.code.as_str()),
            failure.map(|failure| failure.sentence.as_str()),
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
