//! Suites: queued, and worked on pair by pair. What was played stays, whatever ends a suite.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rules::{Interest, Role};
use serde::{Deserialize, Serialize};
use store::{Beat, ClaimedSuite, NewEvaluation, NewSuiteRow, RunEnd, Store, StoreError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wire::{NewSuite, ProductId, RunCommand, RunFailure, SuiteId, UserId};

use super::plan::{Measured, Pair, Plan, PlanError, Splits};
use super::{Evaluation, Settings, Standing, Temperatures, code_version};
use crate::roster::Roster;

const LONGEST_LABEL: usize = 80;
/// Without a sign of life for so long, a worker is taken for dead.
const LEASE: Duration = Duration::from_secs(30);
const BEAT: Duration = Duration::from_secs(2);
/// Episodes at once: more only wait for the same processors.
const AT_ONCE: usize = 8;
/// Times that a suite is taken up without coming to a new episode: its workers die of it.
const DEATHS: u32 = 3;

/// Why a suite is not queued.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("a label has at most {LONGEST_LABEL} characters")]
    Label,
    #[error("there are no such products: import some, or choose another split or interest")]
    NoProducts,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// What a suite goes by. Stored with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    pub plan: Plan,
    pub products: Vec<ProductId>,
}

/// Puts a suite into the queue; `command` would do it again.
pub async fn start(
    store: &Store,
    roster: &Roster,
    user: Option<UserId>,
    new: NewSuite,
    command: &str,
) -> Result<SuiteId, Refused> {
    let plan = Plan::of(&new.plan, &new.settings)?;
    let pairs = plan.pairs(roster)?;
    let label = new.label.trim();
    if label.chars().count() > LONGEST_LABEL {
        return Err(Refused::Label);
    }
    let products = products(store, &plan).await?;
    let id = SuiteId(Uuid::now_v7());
    let short = &id.0.simple().to_string()[24..];
    let names =
        |of: &mut dyn Iterator<Item = &String>| of.cloned().collect::<Vec<String>>().join(", ");
    let evaluations: Vec<NewEvaluation> = pairs
        .iter()
        .map(|pair| evaluation(&plan, pair, &products, command))
        .collect::<Result<_>>()?;
    let row = NewSuiteRow {
        id,
        label: if label.is_empty() { format!("{} {short}", new.plan) } else { label.to_owned() },
        plan: new.plan,
        overlay: new.settings,
        measured: names(&mut plan.measured.iter()),
        against: match plan.round_robin {
            true => "each other".to_owned(),
            false => names(&mut plan.against.iter().map(|one| &one.name)),
        },
        code_version: code_version(),
        created_by: user,
        planned: evaluations.iter().map(|evaluation| evaluation.planned).sum(),
        settings: serde_json::to_value(Stored { plan, products })
            .context("a plan is plain data")?,
        evaluations,
    };
    store.suite_create(&row).await?;
    Ok(id)
}

/// The products of a plan, the same sample each time.
pub async fn products(store: &Store, plan: &Plan) -> Result<Vec<ProductId>, Refused> {
    let split = match plan.split {
        Splits::Train => Some(store::Split::Train),
        Splits::Test => Some(store::Split::Test),
        Splits::All => None,
    };
    let mut products = Vec::new();
    for id in store.evaluation_products(split).await? {
        if products.len() == plan.products as usize {
            break;
        }
        let row = store.product_find(&id).await?;
        if plan.interest.holds(Interest::of(row.budget, row.cost)) {
            products.push(id);
        }
    }
    if products.is_empty() { Err(Refused::NoProducts) } else { Ok(products) }
}

fn evaluation(
    plan: &Plan,
    pair: &Pair,
    products: &[ProductId],
    command: &str,
) -> Result<NewEvaluation> {
    let settings = Settings {
        buyer: pair.buyer.clone(),
        seller: pair.seller.clone(),
        persona: pair.persona.clone(),
        persona_of: match pair.measured {
            Measured::One(role) => role.other(),
            Measured::Both => Role::Seller,
        },
        seed: plan.seed,
        rollouts: plan.rollouts,
        temperature: plan.temperature,
        products: products.to_vec(),
        rounds: plan.rounds,
        regulated: plan.regulated,
        no_gains: plan.no_gains,
    };
    settings.new_evaluation(
        match plan.split {
            Splits::Train => Some(store::Split::Train),
            Splits::Test => Some(store::Split::Test),
            Splits::All => None,
        },
        command.to_owned(),
    )
}

/// Takes a suite from the queue and works on it. `false`: there is none.
///
/// # Errors
/// Where the store fails.
pub async fn work_on_next(
    store: &Store,
    roster: &Roster,
    owner: Uuid,
    stop: &CancellationToken,
) -> Result<bool> {
    let Some(claimed) = store.suite_claim(owner, LEASE).await? else { return Ok(false) };
    let id = claimed.id;
    tracing::info!(suite = %id, "a suite begins or goes on");
    let end = match play(store, roster, owner, &claimed, stop).await {
        Ok(end) => end,
        Err(error) => {
            let sentence = sentence(&format!("{error:#}"));
            tracing::error!(suite = %id, error = sentence, "a suite failed");
            Some(RunEnd::Failed(RunFailure { code: "opponent".to_owned(), sentence }))
        }
    };
    if let Some(end) = end {
        tracing::info!(suite = %id, ?end, "a suite is left");
        store.suite_settle(id, owner, &end).await.context("a suite's end")?;
    }
    Ok(true)
}

fn sentence(text: &str) -> String {
    format!("{text}. What was played is kept: mend it, and press Retry.")
}

/// How far a suite is, and what it is told.
#[derive(Default)]
struct Board {
    standing: Mutex<Counted>,
    end: Mutex<Option<RunEnd>>,
}

#[derive(Clone, Copy, Default)]
struct Counted {
    /// Of the pairs before the one that is played.
    before: (u32, u32),
    now: (u32, u32),
}

impl Counted {
    fn done(self) -> u32 {
        self.before.0 + self.now.0
    }

    fn failed(self) -> u32 {
        self.before.1 + self.now.1
    }
}

/// Plays all that is missing. `None`: somebody else holds the suite.
async fn play(
    store: &Store,
    roster: &Roster,
    owner: Uuid,
    claimed: &ClaimedSuite,
    stop: &CancellationToken,
) -> Result<Option<RunEnd>> {
    if claimed.attempts > DEATHS {
        let sentence = "Its worker died several times without finishing an episode, most likely for \
                        want of memory: measure fewer models at once, and press Retry.";
        let failure = RunFailure { code: "out_of_memory".into(), sentence: sentence.into() };
        return Ok(Some(RunEnd::Failed(failure)));
    }
    let Stored { plan, .. } = serde_json::from_value(claimed.settings.clone())
        .context("the suite was made by another version of Souk")?;
    let _temperatures = match plan.temperature {
        Some(temperature) => Some(Temperatures::set(roster, &plan.measured, temperature)?),
        None => None,
    };
    let (board, halt) = (Board::default(), stop.child_token());
    let mut pairs = Vec::new();
    for id in store.suite_evaluations(claimed.id).await? {
        pairs.push(Evaluation::find(store, id).await?);
    }
    let of: u32 = pairs.iter().map(|pair| pair.settings.planned()).sum();
    let playing = async {
        for pair in &pairs {
            let told = |Standing { done, failed, .. }: Standing| {
                lock(&board.standing).now = (done, failed);
            };
            if !pair.play(store, roster, AT_ONCE, &halt, told).await? {
                return Ok(false);
            }
            let mut standing = lock(&board.standing);
            let (done, failed) = (standing.done(), standing.failed());
            *standing = Counted { before: (done, failed), now: (0, 0) };
        }
        anyhow::Ok(true)
    };
    let (begun, at_first) = (Instant::now(), Mutex::new(None));
    let beating = async {
        let mut beat = tokio::time::interval(BEAT);
        loop {
            beat.tick().await;
            let counted = *lock(&board.standing);
            let first = *lock(&at_first).get_or_insert(counted.done());
            let gone = begun.elapsed();
            let fresh = counted.done().saturating_sub(first);
            let left = (fresh > 0)
                .then(|| gone.mul_f64(f64::from(of - counted.done().min(of)) / f64::from(fresh)));
            let (done, failed) = (counted.done(), counted.failed());
            let heard = store.suite_beat(claimed.id, owner, LEASE, done, failed, left).await;
            let end = match heard {
                Ok(Beat { held: false, .. }) => None,
                Ok(Beat { asked: Some(RunCommand::Pause), .. }) => Some(RunEnd::Paused),
                Ok(Beat { asked: Some(RunCommand::Cancel), .. }) => Some(RunEnd::Cancelled),
                Ok(Beat { .. }) => continue,
                // The next one may come through; the lease outlives several.
                Err(error) => {
                    tracing::warn!(%error, "no sign of life could be left");
                    continue;
                }
            };
            *lock(&board.end) = end;
            halt.cancel();
            return;
        }
    };
    let played = {
        tokio::pin!(playing, beating);
        tokio::select! {
            played = &mut playing => played,
            () = &mut beating => playing.await,
        }
    };
    let is_whole = played?;
    let counted = *lock(&board.standing);
    let (done, failed) = (counted.done(), counted.failed());
    store.suite_beat(claimed.id, owner, LEASE, done, failed, None).await?;
    let told = lock(&board.end).take();
    Ok(match told {
        _ if is_whole && done == of => Some(RunEnd::Done),
        _ if is_whole => Some(RunEnd::Failed(RunFailure {
            code: "opponent".to_owned(),
            sentence: format!(
                "{} of {of} episodes failed, each several times; those that count are in the figures. \
                 Retry plays the others again.",
                of - done
            ),
        })),
        None if stop.is_cancelled() => Some(RunEnd::Released),
        told => told,
    })
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing in it can be left half done.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
