//! The process that trains: takes runs from the queue, one at a time, and looks after those of the cluster.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result};
use rl::Plan;
use store::{Beat, ClaimedRun, RunEnd, Split, Store, StoreError};
use tokio_util::sync::CancellationToken;
use trainer::reinforce::Stage;
use uuid::Uuid;
use wire::{RunCommand, RunFailure, RunId};

use super::ground::{self, Lessons};
use super::job::exams::Desk;
use super::published;
use super::thread::{At, Ground, Handed, Judging, Keeper, Word, failure, train};
use super::{queue, record, rows};
use crate::config::Config;
use crate::eval::suite;
use crate::roster::Roster;

/// Without a sign of life for so long, a worker is taken for dead.
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// Between two looks at an empty queue.
const IDLE: Duration = Duration::from_secs(1);
/// Between two tries to store what was come to, while the database is away.
const AWAY: Duration = Duration::from_secs(1);
/// How much the worker yields to those who serve.
const NICENESS: i32 = 10;
/// Times that a run is taken up without coming to a new iteration: its workers die of it.
const DEATHS: u32 = 3;

/// A worker.
pub struct Worker {
    pub store: Store,
    pub roster: Roster,
    /// The data folder; runs lie below it.
    pub data: PathBuf,
    pub owner: Uuid,
    exams: Desk,
}

/// Has the system run this process after those who serve.
pub fn yield_to_others() {
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "the worker keeps its priority");
    }
}

impl Worker {
    pub fn new(store: Store, roster: Roster, config: &Config) -> Worker {
        Worker {
            store,
            roster,
            data: config.data.clone(),
            owner: Uuid::new_v4(),
            exams: Desk::default(),
        }
    }

    /// Works until it is told to stop; with `once`, until there is nothing to do.
    ///
    /// # Errors
    /// Where the store fails again and again.
    pub async fn work(&self, once: bool, stop: &CancellationToken) -> Result<()> {
        while !stop.is_cancelled() {
            // Suites first: they take minutes where runs take hours.
            match self.evaluate(stop).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "the queue of suites cannot be read"
                    );
                }
            }
            let ground = (&self.store, &self.roster, self.data.as_path());
            match self.exams.sit(ground, stop).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "exams of jobs cannot be read");
                }
            }
            match self.store.run_claim(self.owner, LEASE, false).await {
                Ok(Some(claimed)) => self.take(claimed, stop).await?,
                Ok(None) if once => break,
                Ok(None) => idle(stop).await,
                Err(error) => {
                    tracing::warn!(%error, "the queue of training runs cannot be read");
                    idle(stop).await;
                }
            }
        }
        Ok(())
    }

    /// Works on a suite. `false`: there is none.
    async fn evaluate(&self, stop: &CancellationToken) -> Result<bool> {
        published::seat(&self.store, &self.roster, &self.data).await?;
        suite::work_on_next(&self.store, &self.roster, self.owner, stop).await
    }

    async fn take(&self, claimed: ClaimedRun, stop: &CancellationToken) -> Result<()> {
        let id = claimed.id;
        tracing::info!(run = %id, "a training run begins or goes on");
        self.log(id, "A worker of this machine takes it up.").await;
        let end = match self.train(claimed, stop).await {
            Ok(end) => end,
            // Nothing is wrong with the run: it goes on from its last iteration.
            Err(error) if is_away(&error) => {
                tracing::warn!(run = %id, error = format!("{error:#}"), "a run waits for the database");
                Some(RunEnd::Released)
            }
            Err(error) => {
                tracing::error!(run = %id, error = format!("{error:#}"), "a training run failed");
                Some(RunEnd::Failed(failure(&error)))
            }
        };
        if let Some(end) = end {
            tracing::info!(run = %id, ?end, "a training run is left");
            self.log(id, &queue::told(&end)).await;
            let settle = || self.store.run_settle(id, self.owner, &end);
            persist(stop, settle).await.context("a run's end")?;
        }
        Ok(())
    }

    async fn log(&self, id: RunId, line: &str) {
        if let Err(error) = self.store.run_log_add(id, &[line.to_owned()]).await {
            tracing::warn!(run = %id, %error, "a line of a run's log was not kept");
        }
    }

    /// Trains to the end, or until somebody says otherwise. `None`: it is left as it is, to be taken up again.
    async fn train(&self, claimed: ClaimedRun, stop: &CancellationToken) -> Result<Option<RunEnd>> {
        let id = claimed.id;
        if claimed.attempts > DEATHS {
            let sentence = "Its worker died several times without finishing an iteration, most likely \
                            for want of memory: choose fewer negotiations at once, fewer micro_tokens \
                            or an adapter, and start it anew.";
            return Ok(Some(RunEnd::Failed(RunFailure {
                code: "out_of_memory".into(),
                sentence: sentence.into(),
            })));
        }
        let plan: Plan = serde_json::from_value(claimed.settings)
            .context("the run was made by another version of Souk")?;
        let lessons = ground::lessons(&self.store).await?;
        if lessons.sha256 != claimed.products_sha256 {
            let sentence = "The products have changed since the run began: start it anew.";
            return Ok(Some(RunEnd::Failed(RunFailure {
                code: "settings".into(),
                sentence: sentence.into(),
            })));
        }
        let outlook = ground::outlook(&self.roster, &plan);
        if let Some(sentence) = outlook.obstacle {
            let failed = RunFailure { code: "settings".into(), sentence };
            return Ok(Some(RunEnd::Failed(failed)));
        }
        let base = outlook.folder.context("a base without an obstacle has a folder")?;
        let judged_on = ground::split(&self.store, Split::Test).await?;
        let judging = Judging {
            deals: judged_on.deals.clone(),
            done: ground::examined(&self.store, id).await?,
        };
        let ground = Ground {
            plan: plan.clone(),
            deals: lessons.deals.clone(),
            base,
            folder: ground::run_folder(&self.data, id),
            judging,
        };
        let keeper = Rows {
            worker: self,
            id,
            plan: &plan,
            lessons: &lessons,
            judged_on: &judged_on,
            worked: Mutex::new(claimed.worked),
            stop,
        };
        let end = match train(ground, self.roster.clone(), &keeper, stop).await? {
            (true, _) => Some(RunEnd::Done),
            (false, Word::Pause) => Some(RunEnd::Paused),
            (false, Word::Cancel) => Some(RunEnd::Cancelled),
            (false, Word::Leave) => Some(RunEnd::Released),
            (false, Word::Lost | Word::On) => None,
        };
        Ok(end)
    }
}

/// Stores something, again and again while the database is away: what was come to took minutes or hours. Until this worker
/// is told to stop.
async fn persist<T, F: Future<Output = Result<T, StoreError>>>(
    stop: &CancellationToken,
    act: impl Fn() -> F,
) -> Result<T, StoreError> {
    loop {
        match act().await {
            Err(error) if error.is_away() && !stop.is_cancelled() => {
                tracing::warn!(%error, "what was come to is kept until the database is back");
                tokio::select! {
                    () = tokio::time::sleep(AWAY) => {}
                    () = stop.cancelled() => {}
                }
            }
            done => return done,
        }
    }
}

fn is_away(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref().is_some_and(StoreError::is_away))
}

async fn idle(stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(IDLE) => {}
        () = stop.cancelled() => {}
    }
}

/// Keeps what a run comes to in the store.
struct Rows<'a> {
    worker: &'a Worker,
    id: RunId,
    plan: &'a Plan,
    lessons: &'a Lessons,
    judged_on: &'a Lessons,
    /// Until its last iteration.
    worked: Mutex<Duration>,
    stop: &'a CancellationToken,
}

impl Keeper for Rows<'_> {
    async fn beat(&self, at: At) -> Option<Word> {
        let owner = self.worker.owner;
        let stage = at.stage.map(Stage::name);
        match self.worker.store.run_beat(self.id, owner, LEASE, stage, at.left).await {
            Ok(Beat { held: false, .. }) => Some(Word::Lost),
            Ok(Beat { asked: Some(RunCommand::Pause), .. }) => Some(Word::Pause),
            Ok(Beat { asked: Some(RunCommand::Cancel), .. }) => Some(Word::Cancel),
            Ok(Beat { .. }) => None,
            // The next one may come through; the lease outlives several.
            Err(error) => {
                tracing::warn!(run = %self.id, %error, "no sign of life could be left");
                None
            }
        }
    }

    async fn keep(&self, what: Handed) -> Result<bool> {
        let (store, owner) = (&self.worker.store, self.worker.owner);
        match what {
            Handed::Iteration(iteration, took) => {
                let worked = {
                    let mut worked = self.worked.lock().expect("nobody panics here");
                    *worked += took;
                    *worked
                };
                let line =
                    format!("iteration {} took {:.1} s", iteration.number, took.as_secs_f64());
                let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                let memory = ground::peak_memory();
                self.worker.log(self.id, &line).await;
                let told = record::iteration(*iteration, took, &self.lessons.ids, memory);
                let new = rows::iteration(self.id, self.plan, told, worked)?;
                Ok(persist(self.stop, || store.training_iteration_add(self.id, owner, &new))
                    .await?)
            }
            Handed::Sat(sat) => {
                let worked = *self.worked.lock().expect("nobody panics here");
                let told = record::exam(*sat, &self.judged_on.ids);
                let played = told.episodes.iter().filter_map(rows::Examined::whole).collect();
                let new =
                    rows::evaluation(self.id, self.plan, self.judged_on, &told, played, worked)?;
                Ok(persist(self.stop, || store.training_evaluation_add(self.id, owner, &new))
                    .await?)
            }
            Handed::Checkpoint { iteration, folder, reward } => {
                let bytes = ground::size_of(&folder)?;
                let below = folder.strip_prefix(&self.worker.data).unwrap_or(&folder);
                let new =
                    rows::checkpoint(self.plan, self.lessons, below, iteration, bytes, reward);
                persist(self.stop, || store.checkpoint_add(self.id, &new)).await?;
                Ok(true)
            }
        }
    }
}
