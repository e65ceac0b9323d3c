//! Runs that are jobs of a cluster: which job, with which token; and every run's log.

use uuid::Uuid;
use wire::{RunCommand, RunId, RunLogLine, RunPlace, RunStatus};

use super::queue::{asked, status};
use crate::connection::Store;
use crate::error::StoreError;
use crate::secret::{Secret, hashed};

/// A run's job, as its token finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    pub run: RunId,
    pub status: RunStatus,
    pub asked: Option<RunCommand>,
    /// Who holds the run's lease.
    pub owner: Option<Uuid>,
}

/// What the token of a job begins with.
pub const JOB_TOKEN: &str = "souk_job_";

/// Lines of a log that are shown, at most.
const SHOWN: i64 = 1_000;

impl Store {
    /// Makes a run's next job, with its name on the cluster and its token; the job before knows the run no more.
    /// `None`: the run is another worker's.
    pub async fn job_create(
        &self,
        run: RunId,
        owner: Uuid,
    ) -> Result<Option<(String, Secret)>, StoreError> {
        let token = Secret::fresh(JOB_TOKEN);
        let row = sqlx::query!(
            r#"update training_runs set job_tries = job_tries + 1,
                 job = 'souk-' || id || '-' || (job_tries + 1), job_token = $3, job_logged = 0
             where id = $1 and lease_owner = $2 returning job as "job!""#,
            run.0,
            owner,
            hashed(token.reveal())
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| (row.job, token)))
    }

    /// The job that a run was last given to, and how many bytes of its output are in the log.
    pub async fn job_of(&self, run: RunId) -> Result<Option<(String, u64)>, StoreError> {
        let row = sqlx::query!("select job, job_logged from training_runs where id = $1", run.0)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.and_then(|row| Some((row.job?, row.job_logged.cast_unsigned()))))
    }

    /// Puts lines of a job's output into the log, which is kept up to so many bytes then.
    pub async fn job_log_add(
        &self,
        run: RunId,
        lines: &[String],
        logged: u64,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "with job as (update training_runs set job_logged = $3 where id = $1)
             insert into training_log (run_id, line) select $1, * from unnest($2::text[])",
            run.0,
            lines,
            logged.cast_signed()
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Forgets a job and its token.
    pub async fn job_drop(&self, run: RunId) -> Result<(), StoreError> {
        sqlx::query!("update training_runs set job = null, job_token = null where id = $1", run.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Whose token this is; `None`: nobody's any more.
    pub async fn job_find(&self, token: &str) -> Result<Option<JobRow>, StoreError> {
        let row = sqlx::query!(
            "select id, status, asked, lease_owner from training_runs where job_token = $1",
            hashed(token)
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(JobRow {
                run: RunId(row.id),
                status: status(&row.status)?,
                asked: asked(row.asked.as_deref()),
                owner: row.lease_owner,
            })
        })
        .transpose()
    }

    /// Where a job is, as it says.
    pub async fn job_told(
        &self,
        run: RunId,
        stage: Option<&str>,
        left_ms: Option<u64>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update training_runs set stage = $2, left_ms = $3 where id = $1 and status = 'running'",
            run.0,
            stage,
            left_ms.map(|left| i64::try_from(left).unwrap_or(i64::MAX))
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Makes an episode one of a run: it is in no list from then on.
    pub async fn job_episode(
        &self,
        run: RunId,
        episode: wire::EpisodeId,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update episodes set training_run_id = $2 where id = $1 and training_run_id is null",
            episode.0,
            run.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn run_log_add(&self, run: RunId, lines: &[String]) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into training_log (run_id, line) select $1, * from unnest($2::text[])",
            run.0,
            lines
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The last lines of a run's log, in their order.
    pub async fn run_log(&self, run: RunId) -> Result<Vec<RunLogLine>, StoreError> {
        let rows = sqlx::query!(
            "select at, line from (
                 select id, at, line from training_log where run_id = $1 order by id desc limit $2
             ) last order by id",
            run.0,
            SHOWN
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| RunLogLine { at: row.at.timestamp_millis(), line: row.line })
            .collect())
    }
}

pub(super) fn place(name: &str) -> Result<RunPlace, StoreError> {
    RunPlace::named(name)
        .ok_or_else(|| StoreError::Corrupt { what: "training run", why: format!("place {name}") })
}
