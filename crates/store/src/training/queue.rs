//! The queue: who may work on a run, and what it is asked to do.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rules::Role;
use serde_json::Value;
use uuid::Uuid;
use wire::{RunCommand, RunFailure, RunId, RunPlace, RunStatus, UserId};

use super::job::place;
use crate::connection::Store;
use crate::error::StoreError;
use crate::lease::interval;
use crate::llm_call::role;

/// A run to be queued.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRunRow {
    pub id: RunId,
    pub label: String,
    pub preset: String,
    /// TOML, as it was given.
    pub overlay: String,
    /// Resolved.
    pub settings: Value,
    /// `None`: both sides learn.
    pub role: Option<Role>,
    pub opponents: String,
    pub code_version: String,
    pub products: u32,
    pub products_sha256: String,
    pub created_by: Option<UserId>,
    /// Iterations.
    pub planned: u32,
    pub place: RunPlace,
}

/// A run as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    pub id: RunId,
    pub label: String,
    pub preset: String,
    pub overlay: String,
    pub settings: Value,
    pub role: Option<Role>,
    pub place: RunPlace,
    pub opponents: String,
    pub code_version: String,
    pub products: u32,
    pub products_sha256: String,
    pub status: RunStatus,
    pub asked: Option<RunCommand>,
    pub iteration: u32,
    pub planned: u32,
    pub stage: Option<String>,
    pub left_ms: Option<u64>,
    pub worked_ms: u64,
    /// A worker was heard from of late, whatever it is at.
    pub attended: bool,
    pub failure: Option<RunFailure>,
    pub created_ms: i64,
    pub ended_ms: Option<i64>,
    /// Mean rewards by iteration, thinned to at most 60.
    pub rewards: Vec<f64>,
}

/// A run that a worker has taken.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedRun {
    pub id: RunId,
    pub settings: Value,
    pub products_sha256: String,
    /// Until its last iteration.
    pub worked: Duration,
    /// Times that it was taken since its last iteration, this one included.
    pub attempts: u32,
    pub place: RunPlace,
}

/// What a worker hears when it gives a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Whether the run is still its own.
    pub held: bool,
    pub asked: Option<RunCommand>,
}

/// How a worker leaves a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    Done,
    Paused,
    Cancelled,
    Failed(RunFailure),
    /// Somebody else is to go on with it.
    Released,
}

impl RunEnd {
    /// Status and failure.
    pub(crate) fn stored(&self) -> (&'static str, Option<&RunFailure>) {
        match self {
            RunEnd::Done => ("done", None),
            RunEnd::Paused => ("paused", None),
            RunEnd::Cancelled => ("cancelled", None),
            RunEnd::Failed(failure) => ("failed", Some(failure)),
            RunEnd::Released => ("queued", None),
        }
    }
}

pub(crate) fn status(name: &str) -> Result<RunStatus, StoreError> {
    use RunStatus::{Cancelled, Done, Failed, Paused, Queued, Running};
    let all = [Queued, Running, Paused, Done, Failed, Cancelled];
    let found = all.into_iter().find(|status| status.name() == name);
    found.ok_or_else(|| StoreError::corrupt("status", name))
}

pub(crate) fn asked(name: Option<&str>) -> Option<RunCommand> {
    match name? {
        "pause" => Some(RunCommand::Pause),
        "cancel" => Some(RunCommand::Cancel),
        _ => None,
    }
}

impl Store {
    /// Puts a run into the queue.
    ///
    /// # Errors
    /// Constraints named `training_run_*`.
    pub async fn run_create(&self, new: &NewRunRow) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into training_runs (id, label, preset, overlay, settings, role, opponents,
                 code_version, products, products_sha256, created_by, planned, place)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            new.id.0,
            new.label,
            new.preset,
            new.overlay,
            new.settings,
            new.role.map(Role::name),
            new.opponents,
            new.code_version,
            new.products.cast_signed(),
            new.products_sha256,
            new.created_by.map(|user| user.0),
            new.planned.cast_signed(),
            new.place.name(),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn run_find(&self, id: RunId) -> Result<RunRow, StoreError> {
        let found = self.runs(Some(id), 1).await?;
        found.into_iter().next().ok_or(StoreError::NotFound("training run"))
    }

    /// The newest runs, newest first.
    pub async fn run_list(&self, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        self.runs(None, limit).await
    }

    async fn runs(&self, id: Option<RunId>, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select id, label, preset, overlay, settings, role, opponents, code_version, products,
                 products_sha256, status, asked, iteration, planned, place, stage, left_ms, worked_ms,
                 exists (
                     select 1 from training_workers where seen_at > now() - interval '20 seconds'
                 ) as "attended!", failure_code,
                 failure_sentence, created_at, ended_at,
                 array(
                     select (s.metrics ->> 'reward')::double precision from training_steps s
                     where s.run_id = r.id and s.metrics ->> 'reward' is not null
                         and s.iteration % greatest(1, (r.planned + 59) / 60) = 0
                     order by s.iteration
                 ) as "rewards!"
             from training_runs r where $1::uuid is null or id = $1
             order by id desc limit $2"#,
            id.map(|id| id.0),
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let failure = row.failure_code.zip(row.failure_sentence);
                Ok(RunRow {
                    id: RunId(row.id),
                    label: row.label,
                    preset: row.preset,
                    overlay: row.overlay,
                    settings: row.settings,
                    role: row.role.as_deref().map(role).transpose()?,
                    place: place(&row.place)?,
                    opponents: row.opponents,
                    code_version: row.code_version,
                    products: row.products.cast_unsigned(),
                    products_sha256: row.products_sha256,
                    status: status(&row.status)?,
                    asked: asked(row.asked.as_deref()),
                    iteration: row.iteration.cast_unsigned(),
                    planned: row.planned.cast_unsigned(),
                    stage: row.stage,
                    left_ms: row.left_ms.map(i64::cast_unsigned),
                    worked_ms: row.worked_ms.cast_unsigned(),
                    attended: row.attended,
                    failure: failure.map(|(code, sentence)| RunFailure { code, sentence }),
                    created_ms: row.created_at.timestamp_millis(),
                    ended_ms: row.ended_at.map(|at: DateTime<Utc>| at.timestamp_millis()),
                    rewards: row.rewards,
                })
            })
            .collect()
    }

    /// Takes the oldest run that waits, or one whose worker is not heard from any more: of those for a cluster, or of
    /// those for this machine. Of several workers one gets it.
    pub async fn run_claim(
        &self,
        owner: Uuid,
        lease: Duration,
        on_cluster: bool,
    ) -> Result<Option<ClaimedRun>, StoreError> {
        self.worker_seen(owner).await?;
        let row = sqlx::query!(
            "update training_runs set status = 'running', lease_owner = $1,
                 lease_until = now() + $2, attempts = attempts + 1
             where id = (
                 select id from training_runs
                 where (status = 'queued' or (status = 'running' and lease_until < now()))
                     and (place <> 'here') = $3
                 order by id limit 1 for update skip locked
             )
             returning id, settings, products_sha256, worked_ms, attempts, place",
            owner,
            interval(lease),
            on_cluster
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(ClaimedRun {
                id: RunId(row.id),
                settings: row.settings,
                products_sha256: row.products_sha256,
                worked: Duration::from_millis(row.worked_ms.cast_unsigned()),
                attempts: row.attempts.cast_unsigned(),
                place: place(&row.place)?,
            })
        })
        .transpose()
    }

    pub(crate) async fn worker_seen(&self, id: Uuid) -> Result<(), StoreError> {
        sqlx::query!(
            "with gone as (
                 delete from training_workers where seen_at < now() - interval '1 hour' and id <> $1
             )
             insert into training_workers (id) values ($1)
             on conflict (id) do update set seen_at = now()",
            id
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A worker's sign of life: renews its lease and says where it is.
    pub async fn run_beat(
        &self,
        id: RunId,
        owner: Uuid,
        lease: Duration,
        stage: Option<&str>,
        left: Option<Duration>,
    ) -> Result<Beat, StoreError> {
        self.worker_seen(owner).await?;
        let row = sqlx::query!(
            "update training_runs set lease_until = now() + $3,
                 -- A job tells its own server where it is.
                 stage = coalesce($4, stage), left_ms = coalesce($5, left_ms)
             where id = $1 and lease_owner = $2 returning asked",
            id.0,
            owner,
            interval(lease),
            stage,
            left.map(|left| i64::try_from(left.as_millis()).unwrap_or(i64::MAX)),
        )
        .fetch_optional(&self.pool)
        .await?;
        let told = row.as_ref().and_then(|row| row.asked.as_deref());
        Ok(Beat { held: row.is_some(), asked: asked(told) })
    }

    /// Asks for something. What waits in the queue, or lost its worker, obeys at once; a running one when its
    /// worker hears of it.
    ///
    /// # Errors
    /// `Constraint` named `run_takes_no_such_command` where the run's status has no use for it.
    pub async fn run_ask(&self, id: RunId, command: RunCommand) -> Result<(), StoreError> {
        let done = match command {
            RunCommand::Pause | RunCommand::Cancel => {
                let (word, at_once) = match command {
                    RunCommand::Pause => ("pause", "paused"),
                    _ => ("cancel", "cancelled"),
                };
                sqlx::query!(
                    "with run as (
                         select id, status = 'running' and lease_until > now() as held
                         from training_runs where id = $1 for update
                     )
                     update training_runs r set
                         asked = case when held then $2 end,
                         status = case when held then status else $3 end,
                         lease_owner = case when held then lease_owner end,
                         lease_until = case when held then lease_until end,
                         ended_at = case when not held and $2 = 'cancel' then now() end
                     from run where r.id = run.id
                         and (status in ('queued', 'running') or (status = 'paused' and $2 = 'cancel'))",
                    id.0,
                    word,
                    at_once
                )
                .execute(&self.pool)
                .await?
            }
            RunCommand::Resume => {
                sqlx::query!(
                    "update training_runs set status = 'queued', attempts = 0
                     where id = $1 and status = 'paused'",
                    id.0
                )
                .execute(&self.pool)
                .await?
            }
            RunCommand::Retry => {
                sqlx::query!(
                    "update training_runs set status = 'queued', attempts = 0, failure_code = null,
                         failure_sentence = null, ended_at = null
                     where id = $1 and status in ('failed', 'cancelled')",
                    id.0
                )
                .execute(&self.pool)
                .await?
            }
        };
        if done.rows_affected() == 1 {
            return Ok(());
        }
        let now = self.run_find(id).await?.status.name();
        Err(StoreError::Constraint {
            name: "run_takes_no_such_command".to_owned(),
            detail: format!("the run is {now}"),
        })
    }

    /// Leaves a run. `false`: it was not this worker's.
    pub async fn run_settle(
        &self,
        id: RunId,
        owner: Uuid,
        end: &RunEnd,
    ) -> Result<bool, StoreError> {
        let (status, failure) = end.stored();
        let done = sqlx::query!(
            "update training_runs set status = $3, failure_code = $4, failure_sentence = $5,
                 ended_at = case when $3 in ('done', 'failed', 'cancelled') then now() end,
                 lease_owner = null, lease_until = null, asked = null, stage = null, left_ms = null,
                 -- A worker that is told to stop has not died.
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
