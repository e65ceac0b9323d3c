//! Evaluations: two negotiators over many products, every episode stored, every metric with its interval.
//!
//! What is played follows from the settings alone: each rollout of a product has a seed made from the
//! evaluation's, so neither the concurrency nor an interruption changes it. Episodes are played outside
//! the store and stored whole. One that the machinery fails is stored as such, never scored, and tried
//! again.

pub mod counterfactual;
pub mod estimate;
pub mod plan;
mod report;
mod seat;
pub mod show;
pub mod suite;
mod table;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use policy::Draw;
use rules::{Listing, Mills, OverLimit, PerRole, Protocol, Regulation, Role, Scenario};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{EvaluationId, NewEvaluation, PlayedEpisode, ProductRow, Split, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;
use wire::{EpisodeId, IdempotencyKey, NegotiatorName, ProductId};

use crate::roster::{Member, Roster};

pub use report::{Report, Side, report};
pub use seat::{Temperatures, seat};

/// How often a rollout is tried that the machinery fails.
const ATTEMPTS: u32 = 3;
/// Episodes of scripts that are stored together, at most.
const BUNDLE: usize = 128;
/// Failed rollouts in a row that end an evaluation: nothing will come of the others either.
const HOPELESS: u32 = 8;

/// All that decides an evaluation's episodes. Stored with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Names of negotiators.
    pub buyer: String,
    pub seller: String,
    /// Of the side in `persona_of`; the other one is neutral.
    pub persona: String,
    #[serde(default = "seller")]
    pub persona_of: Role,
    pub seed: u64,
    /// Episodes of each product.
    pub rollouts: u32,
    /// Of the language models, in place of their own.
    pub temperature: Option<f32>,
    pub products: Vec<ProductId>,
    /// Rounds of an episode.
    #[serde(default = "paper_rounds")]
    pub rounds: u32,
    /// Whether the seller is kept from selling below cost.
    #[serde(default = "yes")]
    pub regulated: bool,
    /// Share of the episodes whose cost is drawn above the budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_gains: Option<f64>,
}

fn seller() -> Role {
    Role::Seller
}

fn paper_rounds() -> u32 {
    match Protocol::PAPER {
        Protocol::Alternating { max_rounds } => max_rounds,
        Protocol::Open { .. } => unreachable!("the paper's protocol alternates"),
    }
}

fn yes() -> bool {
    true
}

impl Settings {
    /// Two neutral negotiators by the paper's protocol, once per product.
    pub fn paper(buyer: &str, seller: &str, seed: u64, products: Vec<ProductId>) -> Settings {
        Settings {
            buyer: buyer.to_owned(),
            seller: seller.to_owned(),
            persona: "neutral".to_owned(),
            persona_of: Role::Seller,
            seed,
            rollouts: 1,
            temperature: None,
            products,
            rounds: paper_rounds(),
            regulated: true,
            no_gains: None,
        }
    }

    /// The record of an evaluation that is about to begin.
    pub fn new_evaluation(&self, split: Option<Split>, command: String) -> Result<NewEvaluation> {
        Ok(NewEvaluation {
            id: EvaluationId(Uuid::now_v7()),
            command,
            buyer: self.buyer.clone(),
            seller: self.seller.clone(),
            split,
            settings: serde_json::to_value(self).context("settings are plain data")?,
            seed: self.seed,
            code_version: code_version(),
            planned: self.planned(),
        })
    }

    pub fn planned(&self) -> u32 {
        u32::try_from(self.products.len()).unwrap_or(u32::MAX).saturating_mul(self.rollouts)
    }

    fn name(&self, role: Role) -> &str {
        match role {
            Role::Buyer => &self.buyer,
            Role::Seller => &self.seller,
        }
    }
}

/// An evaluation that was begun.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub id: EvaluationId,
    pub settings: Settings,
}

/// How far an evaluation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Rollouts that count, of how many.
    pub done: u32,
    pub of: u32,
    /// Rollouts given up.
    pub failed: u32,
    pub left: Duration,
}

impl Evaluation {
    /// Keeps a record of what is about to be done; `command` as it was typed.
    pub async fn begin(
        store: &Store,
        settings: Settings,
        split: Option<Split>,
        command: String,
    ) -> Result<Evaluation> {
        let new = settings.new_evaluation(split, command)?;
        store.evaluation_create(&new).await?;
        Ok(Evaluation { id: new.id, settings })
    }

    /// Finds one that was interrupted, or is over.
    pub async fn find(store: &Store, id: EvaluationId) -> Result<Evaluation> {
        let row = store.evaluation_find(id).await?;
        let settings = serde_json::from_value(row.settings)
            .context("the evaluation was made by another version of Souk")?;
        Ok(Evaluation { id, settings })
    }

    /// Plays what is not there yet, so many episodes at once. `false`: stopped before the end.
    ///
    /// # Errors
    /// Where the store fails, or the negotiators again and again. What was played is kept.
    pub async fn play(
        &self,
        store: &Store,
        roster: &Roster,
        concurrency: usize,
        stop: &CancellationToken,
        mut told: impl FnMut(Standing),
    ) -> Result<bool> {
        let (buyer, seller) = (
            seat(roster, &self.settings.buyer, Role::Buyer)?,
            seat(roster, &self.settings.seller, Role::Seller)?,
        );
        let hall = Arc::new(Hall {
            evaluation: self.clone(),
            store: store.clone(),
            seats: PerRole { buyer, seller },
        });
        let jobs = self.missing(store).await?;
        // Scripts take no time: what takes it is storing, so that many episodes are stored at once.
        let quick =
            Role::BOTH.iter().all(|role| matches!(hall.seats.get(*role), Member::Script(_)));
        // Few are stored one by one, so that the figures of a small evaluation move.
        let share = jobs.len() / (8 * concurrency.max(1));
        let bundle = if quick { share.clamp(1, BUNDLE) } else { 1 };
        let bundles = bundled(jobs, bundle);
        let jobs: usize = bundles.iter().map(Vec::len).sum();
        let of = self.settings.planned();
        let mut standing = Standing {
            done: of - u32::try_from(jobs).unwrap_or(of),
            of,
            failed: 0,
            left: Duration::ZERO,
        };
        told(standing);
        let (begun, all) = (Instant::now(), jobs);
        let mut rollouts = futures::stream::iter(bundles)
            .map(|jobs| AbortOnDropHandle::new(tokio::spawn(Arc::clone(&hall).rollouts(jobs))))
            .buffer_unordered(concurrency.max(1));
        let (mut ended, mut in_a_row) = (0, 0);
        loop {
            let next = tokio::select! {
                next = rollouts.next() => next,
                () = stop.cancelled() => return Ok(false),
            };
            let Some(rollout) = next else { break };
            for one in rollout.context("an episode panicked")?? {
                match one {
                    Ended::Counts => {
                        standing.done += 1;
                        in_a_row = 0;
                    }
                    Ended::Failed(why) => {
                        standing.failed += 1;
                        in_a_row += 1;
                        if in_a_row == HOPELESS {
                            bail!("{HOPELESS} episodes in a row failed, the last one thus: {why}");
                        }
                    }
                }
                ended += 1;
            }
            standing.left = begun.elapsed().mul_f64((all - ended) as f64 / ended as f64);
            told(standing);
        }
        store.evaluation_end(self.id).await?;
        Ok(true)
    }

    /// The rollouts that are to be played, products in their order.
    async fn missing(&self, store: &Store) -> Result<Vec<Job>> {
        let done: HashSet<(ProductId, u32)> =
            store.evaluation_done(self.id).await?.into_iter().collect();
        let mut jobs = Vec::new();
        for id in &self.settings.products {
            let row = Arc::new(store.product_find(id).await?);
            let missing = (0..self.settings.rollouts).filter(|n| !done.contains(&(id.clone(), *n)));
            jobs.extend(missing.map(|rollout| Job {
                product: id.clone(),
                row: row.clone(),
                rollout,
            }));
        }
        Ok(jobs)
    }
}

/// In their order, so many together at most.
fn bundled(jobs: Vec<Job>, most: usize) -> Vec<Vec<Job>> {
    let mut bundles: Vec<Vec<Job>> = Vec::new();
    for job in jobs {
        match bundles.last_mut().filter(|bundle| bundle.len() < most) {
            Some(bundle) => bundle.push(job),
            None => bundles.push(vec![job]),
        }
    }
    bundles
}

struct Job {
    product: ProductId,
    row: Arc<ProductRow>,
    rollout: u32,
}

enum Ended {
    Counts,
    /// Every attempt; with a sentence about the last.
    Failed(String),
}

/// What all rollouts share.
struct Hall {
    evaluation: Evaluation,
    store: Store,
    seats: PerRole<Member>,
}

impl Hall {
    /// Plays some episodes and stores them. What the machinery failed is played again by itself.
    async fn rollouts(self: Arc<Self>, jobs: Vec<Job>) -> Result<Vec<Ended>> {
        if jobs.len() == 1 {
            let mut ended = Vec::new();
            for job in jobs {
                ended.push(self.rollout(job).await?);
            }
            return Ok(ended);
        }
        let (mut played, mut ended, mut again) =
            (Vec::with_capacity(jobs.len()), Vec::new(), Vec::new());
        for job in jobs {
            let scenario = self.scenario(&job);
            let one = table::play(&scenario, &self.seats).await;
            match one.failed {
                None => played.push(self.episode(&job, scenario, one, self.key(&job))),
                Some(_) => again.push(job),
            }
            // Scripts never wait for anything: others want the thread, too.
            tokio::task::yield_now().await;
        }
        self.store.evaluation_episodes_add(self.evaluation.id, &played).await?;
        ended.extend(played.iter().map(|_| Ended::Counts));
        for job in again {
            ended.push(self.rollout(job).await?);
        }
        Ok(ended)
    }

    /// Plays one episode, again where the machinery fails it, and stores each attempt.
    async fn rollout(&self, job: Job) -> Result<Ended> {
        let scenario = self.scenario(&job);
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            let played = table::play(&scenario, &self.seats).await;
            let failed = played.failed.as_ref().map(|failure| failure.detail.clone());
            let key = match &failed {
                None => self.key(&job),
                Some(_) => Uuid::new_v4(),
            };
            let episode = self.episode(&job, scenario.clone(), played, key);
            self.store.evaluation_episode_add(self.evaluation.id, &episode).await?;
            match failed {
                None => return Ok(Ended::Counts),
                Some(detail) => last = detail,
            }
        }
        Ok(Ended::Failed(last))
    }

    fn episode(
        &self,
        job: &Job,
        scenario: Scenario,
        played: table::Played,
        key: Uuid,
    ) -> PlayedEpisode {
        let settings = &self.evaluation.settings;
        let name = |role| NegotiatorName(settings.name(role).to_owned());
        let seats = PerRole { buyer: Role::Buyer, seller: Role::Seller };
        PlayedEpisode {
            id: EpisodeId::fresh(),
            key: IdempotencyKey(key),
            product: job.product.clone(),
            rollout: job.rollout,
            scenario,
            seats: seats.map(|role, _| (name(role), self.seats.get(role).card().title)),
            events: played.events,
            failing: played.failed.map(|failure| failure.failing),
            calls: played.calls,
            code_version: code_version(),
            forked_from: None,
        }
    }

    fn scenario(&self, job: &Job) -> Scenario {
        let settings = &self.evaluation.settings;
        let mut personas = PerRole::default();
        *personas.get_mut(settings.persona_of) = Some(settings.persona.clone());
        let seed = seed_of(settings.seed, &job.product, job.rollout);
        Scenario {
            listing: Listing {
                product: job.row.product(),
                protocol: Protocol::Alternating { max_rounds: settings.rounds },
                personas,
            },
            budget: job.row.budget,
            cost: cost_of(settings.no_gains, job.row.budget, job.row.cost, seed),
            regulation: settings.regulated.then_some(Regulation::CounterAtFloor),
            over_limit: OverLimit::Violation,
            reveal: true,
            seed,
        }
    }

    fn key(&self, job: &Job) -> Uuid {
        let mut hash = Sha256::new();
        hash.update(b"rollout of an evaluation");
        hash.update(job.rollout.to_be_bytes());
        hash.update(job.product.0.as_bytes());
        let digest = hash.finalize();
        let bytes = digest.first_chunk().expect("SHA-256 has 32 bytes");
        uuid::Builder::from_custom_bytes(*bytes).into_uuid()
    }
}

/// The seed of one rollout, small enough for every reader of JSON.
fn seed_of(seed: u64, product: &ProductId, rollout: u32) -> u64 {
    let mut hash = Sha256::new();
    hash.update(b"seed of a rollout");
    hash.update(seed.to_be_bytes());
    hash.update(rollout.to_be_bytes());
    hash.update(product.0.as_bytes());
    let digest = hash.finalize();
    let bytes = digest.first_chunk().expect("SHA-256 has 32 bytes");
    u64::from_be_bytes(*bytes) >> 11
}

/// The product's cost, or in a share of the rollouts one that is 2 to 30% above the budget.
fn cost_of(no_gains: Option<f64>, budget: Mills, cost: Mills, seed: u64) -> Mills {
    let Some(share) = no_gains else { return cost };
    let mut draw = Draw::new(&[seed, NO_GAINS]);
    if draw.chance((share * 1000.0).round() as i64) {
        (budget.scale(draw.between(1020, 1300), 1000))
            .round_to_cents()
            .max(budget + Mills::from_cents(1))
    } else {
        cost
    }
}

/// Sets these draws apart from those of the negotiators.
const NO_GAINS: u64 = 0x6e6f_6761;

/// Of this program, for the record.
pub fn code_version() -> String {
    format!("{}+{}", env!("CARGO_PKG_VERSION"), crate::assets::BUILD_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_rollouts_has_no_gains_from_trade() {
        let (budget, cost) = (Mills::from_dollars(80), Mills::from_dollars(50));
        let costs: Vec<Mills> = (0..1000).map(|n| cost_of(Some(0.3), budget, cost, n)).collect();
        let dear = costs.iter().filter(|cost| **cost > budget).count();
        assert!((260..340).contains(&dear), "{dear}");
        assert!(costs.iter().all(|one| *one == cost || *one > budget));
        assert_eq!(cost_of(None, budget, cost, 1), cost);
    }

    #[test]
    fn every_rollout_has_a_seed_of_its_own() {
        let ids = ["souk.books_1", "souk.books_2"].map(|id| ProductId(id.to_owned()));
        let mut seeds = HashSet::new();
        for seed in 0..3 {
            for id in &ids {
                seeds.extend((0..4).map(|rollout| seed_of(seed, id, rollout)));
            }
        }
        assert_eq!(seeds.len(), 24);
        assert!(seeds.iter().all(|seed| *seed < 1 << 53));
        assert_eq!(seed_of(1, &ids[0], 2), seed_of(1, &ids[0], 2));
    }
}
