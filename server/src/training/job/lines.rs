//! What a job tells, kept.

use std::time::Duration;

use anyhow::{Context, Result};
use rl::Plan;
use store::{JobRow, RunEnd, RunRow, Split, StoreError};
use wire::{EpisodeId, JobExam, JobLine, JobPlayed, JobWord, RunCommand, RunFailure, RunStatus};

use super::files;
use crate::backend::Souk;
use crate::training::ground;
use crate::training::queue::told;
use crate::training::rows::{self, Examined, Untrue};

/// More than a negotiation has.
const MOST_EVENTS: i64 = 10_000;

/// Why a line is not kept.
#[derive(Debug, thiserror::Error)]
pub enum Unkept {
    /// It will not be kept however often it is told: a code of the run's failures, and what is wrong.
    #[error("{1}")]
    Wrong(&'static str, String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl From<Untrue> for Unkept {
    fn from(untrue: Untrue) -> Unkept {
        Unkept::Wrong("corrupt", untrue.to_string())
    }
}

/// What a job is to do now.
pub fn word(job: &JobRow) -> JobWord {
    match (job.status, job.asked) {
        (RunStatus::Running, Some(RunCommand::Pause)) => JobWord::Pause,
        (RunStatus::Running, Some(RunCommand::Cancel)) => JobWord::Cancel,
        (RunStatus::Running, _) => JobWord::On,
        _ => JobWord::Lost,
    }
}

/// Keeps one line. `false`: the run is not this job's any more.
///
/// # Errors
/// See [`Unkept`].
pub async fn keep(souk: &Souk, job: &JobRow, line: JobLine) -> Result<bool, Unkept> {
    let store = &souk.store;
    let Some(owner) = job.owner.filter(|_| job.status == RunStatus::Running) else {
        return Ok(false);
    };
    match line {
        JobLine::At { stage, left_ms } => {
            store.job_told(job.run, stage.as_deref(), left_ms).await?;
            Ok(true)
        }
        JobLine::Log { line } => {
            store.run_log_add(job.run, &[line]).await?;
            Ok(true)
        }
        JobLine::Iteration(told) => {
            let (row, plan) = planned(souk, job).await?;
            let before = told_before(souk, job, told.number).await?;
            let worked = before.unwrap_or(Duration::from_millis(row.worked_ms))
                + Duration::from_millis(told.took_ms);
            let new = rows::iteration(job.run, &plan, told, worked)?;
            refused(store.training_iteration_add(job.run, owner, &new).await)
        }
        JobLine::Exam(told) => {
            let (row, plan) = planned(souk, job).await?;
            let products = ground::split(store, Split::Test).await?;
            let played = examined(souk, job, &told).await?;
            let worked = Duration::from_millis(row.worked_ms);
            let new = rows::evaluation(job.run, &plan, &products, &told, played, worked)?;
            refused(store.training_evaluation_add(job.run, owner, &new).await)
        }
        JobLine::Checkpoint { iteration, reward, files } => {
            let (_, plan) = planned(souk, job).await?;
            let lessons = ground::lessons(store).await?;
            let (data, run) = (souk.house.data.clone(), job.run);
            let base = ground::base_folder(&souk.roster, &plan.base);
            let settled = {
                let (data, plan) = (data.clone(), plan.clone());
                tokio::task::spawn_blocking(move || {
                    files::settle(&data, (run, iteration), &files, &plan, base.as_deref())
                })
            };
            let settled = settled.await.context("the weights were not read")?;
            let (folder, bytes) = settled.map_err(|error| {
                let sentence =
                    format!("The weights of iteration {iteration} cannot be used: {error:#}.");
                Unkept::Wrong("corrupt", sentence)
            })?;
            let below = folder.strip_prefix(&data).unwrap_or(&folder);
            let new = rows::checkpoint(&plan, &lessons, below, iteration, bytes, reward);
            store.checkpoint_add(run, &new).await?;
            Ok(true)
        }
        JobLine::End { code, sentence } => {
            let end = match code {
                Some(code) => {
                    let sentence = sentence.unwrap_or_else(|| "The job gave no reason.".to_owned());
                    RunEnd::Failed(RunFailure { code, sentence })
                }
                None => {
                    let row = store.run_find(job.run).await?;
                    match job.asked {
                        _ if row.iteration >= row.planned => RunEnd::Done,
                        Some(RunCommand::Pause) => RunEnd::Paused,
                        Some(RunCommand::Cancel) => RunEnd::Cancelled,
                        _ => RunEnd::Failed(RunFailure {
                            code: "job_stopped".to_owned(),
                            sentence:
                                "The job was stopped on its cluster. What it had learnt up to \
                                       its last iteration is kept: press Retry to go on."
                                    .to_owned(),
                        }),
                    }
                }
            };
            store.run_log_add(job.run, &[told(&end)]).await?;
            let settled = store.run_settle(job.run, owner, &end).await?;
            store.job_drop(job.run).await?;
            Ok(settled)
        }
    }
}

async fn planned(souk: &Souk, job: &JobRow) -> Result<(RunRow, Plan), Unkept> {
    let row = souk.store.run_find(job.run).await?;
    let plan = serde_json::from_value(row.settings.clone())
        .context("the run was made by another version of Souk")?;
    Ok((row, plan))
}

/// Time worked until the iteration before this one, where it is stored.
async fn told_before(souk: &Souk, job: &JobRow, number: u32) -> Result<Option<Duration>, Unkept> {
    if number <= 1 {
        return Ok(Some(Duration::ZERO));
    }
    let steps = souk.store.training_series(job.run, number - 2).await?;
    let before = steps.first().filter(|step| step.iteration == number - 1);
    Ok(before.map(|step| Duration::from_millis(step.worked_ms)))
}

/// What the store will not take however often it is told.
fn refused(kept: Result<bool, StoreError>) -> Result<bool, Unkept> {
    kept.map_err(|error| match error {
        StoreError::Corrupt { .. } | StoreError::Constraint { .. } => {
            Unkept::Wrong("corrupt", error.to_string())
        }
        error => Unkept::Store(error),
    })
}

async fn examined(souk: &Souk, job: &JobRow, told: &JobExam) -> Result<Vec<Examined>, Unkept> {
    let mut all = Vec::with_capacity(told.episodes.len());
    for played in &told.episodes {
        all.push(match (Examined::whole(played), played) {
            (Some(whole), _) => whole,
            (None, JobPlayed::Here { episode }) => stored(souk, job, *episode, played).await?,
            (None, JobPlayed::There { .. }) => return Err(Untrue::Events.into()),
        });
    }
    Ok(all)
}

/// A negotiation that was played here.
async fn stored(
    souk: &Souk,
    job: &JobRow,
    id: EpisodeId,
    played: &JobPlayed,
) -> Result<Examined, Unkept> {
    let origin = souk.store.episode_origin(id).await?;
    if origin.run != Some(job.run) {
        return Err(Unkept::Wrong("corrupt", format!("{id} is no negotiation of this run")));
    }
    let row = souk.store.episode_find(id).await?;
    let envelopes = souk.store.events_after(id, 0, MOST_EVENTS).await?;
    Ok(Examined {
        played: played.clone(),
        product: row.product,
        scenario: row.scenario,
        events: envelopes.into_iter().map(|envelope| envelope.event).collect(),
    })
}
