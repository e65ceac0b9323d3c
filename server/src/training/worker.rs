//! The process that trains: takes runs from the queue, one at a time.
//!
//! The training itself is on a thread of its own, which hands each iteration over to be stored before it
//! writes its state: a worker that is killed in between does that iteration again, to the same rows.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use policy::corpus::Deal;
use rl::Plan;
use rl::exam::{baselines, exams};
use rules::Role;
use store::{Beat, ClaimedRun, NewCheckpoint, RunEnd, Split, Store};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use trainer::cpu::Division;
use trainer::folder;
use trainer::reinforce::{Iteration, Run, RunError, Stage, Start};
use uuid::Uuid;
use wire::{CheckpointId, RunCommand, RunFailure, RunId};

use super::ground::{self, Lessons};
use super::outside::Thinkers;
use super::published;
use super::record::{self, Sat, Seats};
use crate::config::Config;
use crate::eval::suite;
use crate::roster::Roster;

/// Without a sign of life for so long, a worker is taken for dead.
const LEASE: Duration = Duration::from_secs(30);
const BEAT: Duration = Duration::from_secs(2);
/// Between two looks at an empty queue.
const IDLE: Duration = Duration::from_secs(1);
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
}

/// What ends a run's thread before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Word {
    On,
    Pause,
    Cancel,
    /// Somebody else holds the run.
    Lost,
    /// This process is to end.
    Leave,
}

/// What the thread and those who watch it share.
#[derive(Default)]
struct Board {
    word: AtomicU8,
    at: Mutex<At>,
}

#[derive(Clone, Copy, Debug, Default)]
struct At {
    stage: Option<Stage>,
    left: Option<Duration>,
}

impl Board {
    fn word(&self) -> Word {
        match self.word.load(Ordering::Relaxed) {
            1 => Word::Pause,
            2 => Word::Cancel,
            3 => Word::Lost,
            4 => Word::Leave,
            _ => Word::On,
        }
    }

    fn say(&self, word: Word) {
        self.word.store(word as u8, Ordering::Relaxed);
    }

    fn at(&self) -> At {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, at: At) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

/// From the thread to those who store.
enum Handed {
    Iteration(Box<Iteration>, Duration),
    Checkpoint { iteration: u32, folder: PathBuf, reward: Option<f64> },
    Sat(Box<Sat>),
}

/// What a run is judged on, and what of it is done.
struct Judging {
    deals: Vec<Deal>,
    done: HashSet<Place>,
}

/// Iteration, side, scripted negotiator in the learner's place, opponent, persona.
type Place = (u32, Role, Option<String>, String, String);

type Ack = oneshot::Sender<bool>;

/// Has the system run this process after those who serve.
pub fn yield_to_others() {
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "the worker keeps its priority");
    }
}

impl Worker {
    pub fn new(store: Store, roster: Roster, config: &Config) -> Worker {
        Worker { store, roster, data: config.data.clone(), owner: Uuid::new_v4() }
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
            match self.store.run_claim(self.owner, LEASE).await {
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
        let end = match self.train(claimed, stop).await {
            Ok(end) => end,
            Err(error) => {
                tracing::error!(run = %id, error = format!("{error:#}"), "a training run failed");
                Some(RunEnd::Failed(failure(&error)))
            }
        };
        if let Some(end) = end {
            tracing::info!(run = %id, ?end, "a training run is left");
            self.store.run_settle(id, self.owner, &end).await.context("a run's end")?;
        }
        Ok(())
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
        let done = self.store.training_evaluations(id, true).await?.into_iter();
        let done = done.map(|e| (e.iteration, e.role, e.baseline, e.against, e.persona)).collect();
        let judging = Judging { deals: judged_on.deals.clone(), done };
        let board = Arc::new(Board::default());
        let (hand, mut handed) = mpsc::channel::<(Handed, Ack)>(1);
        let folder = run_folder(&self.data, id);
        let deals = lessons.deals.clone();
        let thread = {
            let (board, roster, plan) = (board.clone(), self.roster.clone(), plan.clone());
            let runtime = Handle::current();
            tokio::task::spawn_blocking(move || {
                let outside = Thinkers::new(roster, runtime, plan.rollout.at_once as usize);
                let open = move || -> Result<Run> {
                    let tokens = folder::load_tokens(&base)?;
                    let base = folder::load(&base)?;
                    let division = Division::default();
                    Ok(Run::open(Start { plan, deals, base, tokens, division, folder })?)
                };
                through(open, outside, &board, &hand, &judging)
            })
        };
        let (worker, plan, lessons, judged_on) = (self, &plan, &lessons, &judged_on);
        let watcher = Watcher { worker, id, plan, lessons, judged_on, board: &board };
        let worked = watcher.watch(&mut handed, claimed.worked, stop).await;
        drop(handed);
        let ended = thread.await.map_err(|panic| anyhow!("the training panicked: {panic}"))?;
        worked?;
        let end = match (ended?, board.word()) {
            (true, _) => Some(RunEnd::Done),
            (false, Word::Pause) => Some(RunEnd::Paused),
            (false, Word::Cancel) => Some(RunEnd::Cancelled),
            (false, Word::Leave) => Some(RunEnd::Released),
            (false, Word::Lost | Word::On) => None,
        };
        Ok(end)
    }
}

async fn idle(stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(IDLE) => {}
        () = stop.cancelled() => {}
    }
}

/// Where a run keeps its weights.
pub fn run_folder(data: &Path, id: RunId) -> PathBuf {
    data.join("runs").join(id.to_string())
}

/// The training thread. `true`: all iterations are done.
fn through(
    open: impl FnOnce() -> Result<Run>,
    mut outside: Thinkers,
    board: &Board,
    hand: &mpsc::Sender<(Handed, Ack)>,
    judging: &Judging,
) -> Result<bool> {
    let mut run = open()?;
    let (mut mean, began_at) = (None::<f64>, run.iteration());
    loop {
        if !examine(&mut run, &mut outside, board, hand, judging)? {
            return Ok(false);
        }
        if run.is_over() {
            return Ok(true);
        }
        let began = Instant::now();
        let left = run.plan().iterations - run.iteration();
        let told = &mut |stage: Stage, _: usize, _: usize| {
            let gone = began.elapsed().as_secs_f64();
            let left =
                mean.map(|mean| Duration::from_secs_f64((mean * f64::from(left) - gone).max(0.0)));
            board.set(At { stage: Some(stage), left });
            // A pause waits for the end of the iteration.
            matches!(board.word(), Word::On | Word::Pause)
        };
        let Some(iteration) = run.iterate(&mut outside, told)? else { return Ok(false) };
        let took = began.elapsed();
        let done = f64::from(run.iteration() - began_at);
        mean = Some(mean.map_or(took.as_secs_f64(), |mean| {
            mean + (took.as_secs_f64() - mean) / done.min(10.0)
        }));
        board.set(At { stage: Some(Stage::Keep), ..board.at() });
        let reward = iteration.figures.get("reward").copied().flatten();
        if !handed(hand, Handed::Iteration(Box::new(iteration), took)) {
            return Ok(false);
        }
        if run.is_milestone() {
            let (number, folder) = (run.iteration(), run.export_at(run.iteration()));
            run.export(&folder)?;
            let checkpoint = Handed::Checkpoint { iteration: number, folder, reward };
            if !handed(hand, checkpoint) {
                return Ok(false);
            }
        }
        run.keep()?;
        if board.word() != Word::On {
            return Ok(false);
        }
    }
}

/// Plays the exams that are due and not done: who learns, and before the first iteration also fixed rules in its
/// place, which a product each is enough for. `false`: stopped.
fn examine(
    run: &mut Run,
    outside: &mut Thinkers,
    board: &Board,
    hand: &mpsc::Sender<(Handed, Ack)>,
    judging: &Judging,
) -> Result<bool> {
    let (iteration, times) = (run.iteration(), run.times_due());
    if times == 0 || judging.deals.is_empty() {
        return Ok(true);
    }
    for exam in exams(run.plan()) {
        let scripts = if iteration == 0 { baselines(&exam) } else { Vec::new() };
        let sitting =
            std::iter::once((None, times)).chain(scripts.into_iter().map(|s| (Some(s), 1)));
        for (baseline, times) in sitting {
            let (against, persona) = (exam.against.clone(), exam.persona.clone());
            let name = baseline.map(str::to_owned);
            if judging.done.contains(&(iteration, exam.role, name, against, persona)) {
                continue;
            }
            let told = &mut |stage: Stage, _: usize, _: usize| {
                board.set(At { stage: Some(stage), ..board.at() });
                // A pause can wait for this.
                matches!(board.word(), Word::On | Word::Pause)
            };
            let deals = &judging.deals;
            let Some(played) = run.examine(&exam, baseline, deals, times, outside, told)? else {
                return Ok(false);
            };
            let sat = Sat { exam: exam.clone(), baseline, iteration, times, played };
            if !handed(hand, Handed::Sat(Box::new(sat))) {
                return Ok(false);
            }
        }
    }
    Ok(board.word() == Word::On)
}

/// Hands something over and waits until it is stored.
fn handed(hand: &mpsc::Sender<(Handed, Ack)>, what: Handed) -> bool {
    let (ack, stored) = oneshot::channel();
    hand.blocking_send((what, ack)).is_ok() && stored.blocking_recv().unwrap_or(false)
}

/// Stores what the thread hands over, keeps the lease, hears commands.
struct Watcher<'a> {
    worker: &'a Worker,
    id: RunId,
    plan: &'a Plan,
    lessons: &'a Lessons,
    judged_on: &'a Lessons,
    board: &'a Board,
}

impl Watcher<'_> {
    async fn watch(
        &self,
        handed: &mut mpsc::Receiver<(Handed, Ack)>,
        mut worked: Duration,
        stop: &CancellationToken,
    ) -> Result<()> {
        let mut beat = tokio::time::interval(BEAT);
        loop {
            tokio::select! {
                next = handed.recv() => match next {
                    None => return Ok(()),
                    Some((what, ack)) => {
                        let kept = self.store(what, &mut worked).await;
                        // Dropping the acknowledgement ends the thread.
                        let kept = kept.inspect_err(|_| self.board.say(Word::Lost))?;
                        // What was asked for meanwhile is heard before the next iteration.
                        self.beat().await;
                        if !kept {
                            self.board.say(Word::Lost);
                        }
                        let _ = ack.send(kept);
                    }
                },
                _ = beat.tick() => self.beat().await,
                () = stop.cancelled(), if self.board.word() == Word::On => {
                    self.board.say(Word::Leave);
                }
            }
        }
    }

    async fn beat(&self) {
        let At { stage, left } = self.board.at();
        let owner = self.worker.owner;
        let stage = stage.map(Stage::name);
        match self.worker.store.run_beat(self.id, owner, LEASE, stage, left).await {
            Ok(Beat { held: false, .. }) => self.board.say(Word::Lost),
            Ok(Beat { asked: Some(RunCommand::Pause), .. }) => self.board.say(Word::Pause),
            Ok(Beat { asked: Some(RunCommand::Cancel), .. }) => self.board.say(Word::Cancel),
            Ok(Beat { .. }) => {}
            // The next one may come through; the lease outlives several.
            Err(error) => tracing::warn!(run = %self.id, %error, "no sign of life could be left"),
        }
    }

    /// `false`: the run is somebody else's by now.
    async fn store(&self, what: Handed, worked: &mut Duration) -> Result<bool> {
        let store = &self.worker.store;
        match what {
            Handed::Iteration(iteration, took) => {
                *worked += took;
                let seats = Seats::of(self.plan);
                let memory = ground::peak_memory();
                let new = record::rows(self.id, *iteration, &seats, self.lessons, *worked, memory);
                Ok(store.training_iteration_add(self.id, self.worker.owner, &new).await?)
            }
            Handed::Sat(sat) => {
                let new = record::evaluation(self.id, self.plan, self.judged_on, *sat, *worked);
                Ok(store.training_evaluation_add(self.id, self.worker.owner, &new).await?)
            }
            Handed::Checkpoint { iteration, folder, reward } => {
                let manifest = record::manifest(self.plan, self.lessons, iteration);
                let below = folder.strip_prefix(&self.worker.data).unwrap_or(&folder);
                let new = NewCheckpoint {
                    id: CheckpointId(Uuid::now_v7()),
                    iteration,
                    folder: below.to_string_lossy().into_owned(),
                    bytes: size_of(&folder)?,
                    reward,
                    manifest,
                };
                store.checkpoint_add(self.id, &new).await?;
                Ok(true)
            }
        }
    }
}

fn size_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).context("a checkpoint's folder")? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// What ended a run, in words for its page.
fn failure(error: &anyhow::Error) -> RunFailure {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    let is_full = io.is_some_and(|io| {
        matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
    });
    let (code, sentence) = match error.downcast_ref::<RunError>() {
        _ if is_full => (
            "disk_full",
            "The disk is full. The last checkpoint is kept: make room, and press Retry.".to_owned(),
        ),
        Some(RunError::Learn(trainer::learn::LearnError::NotFinite(at))) => (
            "not_finite",
            format!(
                "A number was not finite in iteration {at}. The checkpoint before it is kept: start \
                 again with a lower rate or a shorter clip."
            ),
        ),
        Some(RunError::AllFailed(why)) => (
            "opponent",
            format!(
                "No negotiation of an iteration could be scored ({why}). Check the opponent, and press Retry."
            ),
        ),
        Some(RunError::OtherPlan | RunError::NoProducts) => ("settings", format!("{error}.")),
        _ => (
            "internal",
            "Something went wrong; the worker's log says what. The last checkpoint is kept: press \
             Retry to go on from it."
                .to_owned(),
        ),
    };
    RunFailure { code: code.to_owned(), sentence }
}
