//! The thread that trains, and those who watch it: what it hands over is kept before it writes its state, so who is
//! killed in between does that iteration again, to the same rows.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use policy::corpus::Deal;
use rl::Plan;
use rl::exam::{baselines, exams};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use trainer::cpu::Division;
use trainer::folder;
use trainer::reinforce::{Iteration, Run, RunError, Stage, Start};
use wire::{JobPlace, RunFailure};

use super::outside::Thinkers;
use super::record::Sat;
use crate::roster::Roster;

const BEAT: Duration = Duration::from_secs(2);

/// What ends a run's thread before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Word {
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
pub struct At {
    pub stage: Option<Stage>,
    pub left: Option<Duration>,
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
pub enum Handed {
    Iteration(Box<Iteration>, Duration),
    Checkpoint { iteration: u32, folder: PathBuf, reward: Option<f64> },
    Sat(Box<Sat>),
}

/// What a run is judged on, and what of it is done.
pub struct Judging {
    pub deals: Vec<Deal>,
    pub done: HashSet<JobPlace>,
}

type Ack = oneshot::Sender<bool>;

/// All that a run is trained with.
pub struct Ground {
    pub plan: Plan,
    pub deals: Vec<Deal>,
    /// The base's folder, and the run's own.
    pub base: PathBuf,
    pub folder: PathBuf,
    pub judging: Judging,
}

/// Where what a run comes to is kept.
pub trait Keeper: Sync {
    /// `false`: the run is somebody else's by now.
    fn keep(&self, what: Handed) -> impl Future<Output = Result<bool>> + Send;

    /// Tells where the run is, and hears what is to become of it.
    fn beat(&self, at: At) -> impl Future<Output = Option<Word>> + Send;
}

/// Trains until the end, or until somebody says otherwise; `true`: all iterations are done.
pub async fn train(
    ground: Ground,
    roster: Roster,
    keeper: &impl Keeper,
    stop: &CancellationToken,
) -> Result<(bool, Word)> {
    work(ground, roster, keeper, stop, through).await
}

/// Plays the exams that are due after an iteration whose weights lie in a folder; `None`: of the base. `true`: all
/// are done.
pub async fn examine_at(
    ground: Ground,
    (iteration, weights): (u32, Option<PathBuf>),
    roster: Roster,
    keeper: &impl Keeper,
    stop: &CancellationToken,
) -> Result<bool> {
    let sit = move |mut run: Run, mut outside: Thinkers, watched: &Watched| {
        if let Some(folder) = &weights {
            run.stand_at(iteration, folder::load(folder)?);
        }
        examine(&mut run, &mut outside, watched)
    };
    Ok(work(ground, roster, keeper, stop, sit).await?.0)
}

/// What a run's thread shares with those who watch it.
struct Watched {
    board: Arc<Board>,
    hand: mpsc::Sender<(Handed, Ack)>,
    judging: Judging,
}

async fn work(
    ground: Ground,
    roster: Roster,
    keeper: &impl Keeper,
    stop: &CancellationToken,
    what: impl FnOnce(Run, Thinkers, &Watched) -> Result<bool> + Send + 'static,
) -> Result<(bool, Word)> {
    let Ground { plan, deals, base, folder, judging } = ground;
    let board = Arc::new(Board::default());
    let (hand, mut handed) = mpsc::channel::<(Handed, Ack)>(1);
    let thread = {
        let runtime = Handle::current();
        let watched = Watched { board: board.clone(), hand, judging };
        tokio::task::spawn_blocking(move || {
            let outside = Thinkers::new(roster, runtime, plan.rollout.at_once as usize);
            let tokens = folder::load_tokens(&base)?;
            let base = folder::load(&base)?;
            let division = Division::default();
            let run = Run::open(Start { plan, deals, base, tokens, division, folder })?;
            what(run, outside, &watched)
        })
    };
    let worked = watch(keeper, &board, &mut handed, stop).await;
    drop(handed);
    let ended = thread.await.map_err(|panic| anyhow!("the training panicked: {panic}"))?;
    worked?;
    Ok((ended?, board.word()))
}

async fn watch(
    keeper: &impl Keeper,
    board: &Board,
    handed: &mut mpsc::Receiver<(Handed, Ack)>,
    stop: &CancellationToken,
) -> Result<()> {
    let mut beat = tokio::time::interval(BEAT);
    let hear = async || {
        if let Some(word) = keeper.beat(board.at()).await {
            board.say(word);
        }
    };
    loop {
        tokio::select! {
            next = handed.recv() => match next {
                None => return Ok(()),
                Some((what, ack)) => {
                    let kept = keeper.keep(what).await;
                    // Dropping the acknowledgement ends the thread.
                    let kept = kept.inspect_err(|_| board.say(Word::Lost))?;
                    // What was asked for meanwhile is heard before the next iteration.
                    hear().await;
                    if !kept {
                        board.say(Word::Lost);
                    }
                    let _ = ack.send(kept);
                }
            },
            _ = beat.tick() => hear().await,
            () = stop.cancelled(), if board.word() == Word::On => board.say(Word::Leave),
        }
    }
}

/// The training thread. `true`: all iterations are done.
fn through(mut run: Run, mut outside: Thinkers, watched: &Watched) -> Result<bool> {
    let Watched { board, hand, .. } = watched;
    let (mut mean, began_at) = (None::<f64>, run.iteration());
    loop {
        if !examine(&mut run, &mut outside, watched)? {
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
fn examine(run: &mut Run, outside: &mut Thinkers, watched: &Watched) -> Result<bool> {
    let Watched { board, hand, judging } = watched;
    let (iteration, times) = (run.iteration(), run.times_due());
    if times == 0 || judging.deals.is_empty() {
        return Ok(true);
    }
    for exam in exams(run.plan()) {
        let scripts = if iteration == 0 { baselines(&exam) } else { Vec::new() };
        let sitting =
            std::iter::once((None, times)).chain(scripts.into_iter().map(|s| (Some(s), 1)));
        for (baseline, times) in sitting {
            let place = JobPlace {
                iteration,
                role: exam.role,
                baseline: baseline.map(str::to_owned),
                against: exam.against.clone(),
                persona: exam.persona.clone(),
            };
            if judging.done.contains(&place) {
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

/// What ended a run, in words for its page.
pub fn failure(error: &anyhow::Error) -> RunFailure {
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
