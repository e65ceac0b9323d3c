//! From what a run tells to the rows that are kept of it: the same for a worker beside the server and a job elsewhere.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rl::Plan;
use rl::exam;
use rl::plan::BASE;
use rl::trace::Stored;
use rules::metrics::{Facts, Observation};
use rules::reward::score;
use rules::{Episode, Event, PerRole, Role, Scenario};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{
    EvaluationId, Failing, NewAlarm, NewCheckpoint, NewEvaluation, NewIteration, NewRollout,
    NewRunEvaluation, NewSide, PlayedEpisode, Rolled, RunEvaluationRow, Split,
};
use uuid::Uuid;
use wire::{
    CheckpointId, EpisodeId, IdempotencyKey, Interval, JobExam, JobFailing, JobIteration, JobPlace,
    JobPlayed, JobRollout, JobSide, NegotiatorName, ProductId, RunId,
};

use super::ground::Lessons;
use super::show;
use crate::clock::now_ms;
use crate::eval::{Settings, code_version};

/// The name under which who learns sits at its table.
pub const LEARNER: &str = "learner";
/// How far a reward may lie from the one that its events come to.
const SAME: f64 = 1e-6;

/// What was told cannot be so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrue {
    #[error("the events of a negotiation are no episode")]
    Events,
    #[error("the {} of rollout {member} of group {group} is told a reward that its events do not come to", role.name())]
    Reward { group: u32, member: u32, role: Role },
    #[error("the tokens of rollout {member} of group {group} do not fit each other")]
    Tokens { group: u32, member: u32 },
}

/// Who sits where in a run's episodes.
pub struct Seats {
    learners: Vec<Role>,
    title: String,
}

impl Seats {
    pub fn of(plan: &Plan) -> Seats {
        Seats { learners: plan.learners(), title: format!("{}, learning", plan.base) }
    }

    fn seated(&self, opponent: &str) -> PerRole<(NegotiatorName, String)> {
        let seat = |role: Role| match self.learners.contains(&role) {
            true => (NegotiatorName(LEARNER.to_owned()), self.title.clone()),
            false => {
                let title = policy::find(opponent).map_or(opponent, |entry| entry.title);
                (NegotiatorName(opponent.to_owned()), title.to_owned())
            }
        };
        PerRole { buyer: seat(Role::Buyer), seller: seat(Role::Seller) }
    }
}

/// The rows of an iteration: its figures, its rollouts with a side for each that learns, its alarms. `worked` is until
/// its end.
///
/// # Errors
/// Where a reward is not that of the events, or tokens do not fit.
pub fn iteration(
    run: RunId,
    plan: &Plan,
    told: JobIteration,
    worked: Duration,
) -> Result<NewIteration, Untrue> {
    let JobIteration { number, took_ms: _, metrics, alarms, rollouts } = told;
    let (seats, now) = (Seats::of(plan), now_ms());
    let mut rows = Vec::with_capacity(rollouts.len());
    for JobRollout { group, member, opponent, played, sides } in rollouts {
        let episode = match played {
            JobPlayed::Here { episode } => Rolled::Stored(episode),
            JobPlayed::There { product, scenario, events, failing } => {
                let folded = Episode::replay(&events).map_err(|_| Untrue::Events)?;
                for side in &sides {
                    let due = score(&folded, side.role, &plan.reward);
                    let fits = match (side.reward, due) {
                        (Some(told), Some(due)) => (told - due).abs() <= SAME,
                        (told, due) => told.is_none() && due.is_none(),
                    };
                    if !fits {
                        return Err(Untrue::Reward { group, member, role: side.role });
                    }
                }
                Rolled::Played(Box::new(PlayedEpisode {
                    id: EpisodeId::fresh(),
                    key: IdempotencyKey(place_key(run, number, group, member)),
                    product,
                    rollout: member,
                    scenario: *scenario,
                    seats: seats.seated(&opponent),
                    events: events.into_iter().map(|event| (now, event)).collect(),
                    failing: failing.map(failed),
                    calls: Vec::new(),
                    code_version: code_version(),
                    forked_from: None,
                }))
            }
        };
        let sides = sides.into_iter().map(|side| {
            let JobSide { role, reward, advantage, truncated, ids, own, logp, entropy } = side;
            let drawn = own.iter().filter(|own| **own).count();
            let fits = ids.len() == own.len()
                && logp.len() == drawn
                && (entropy.is_empty() || entropy.len() == drawn);
            let trace = Stored { ids, own, logp, entropy }.encode();
            fits.then_some(NewSide { role, reward, advantage, truncated, trace })
        });
        let sides: Option<Vec<NewSide>> = sides.collect();
        let sides = sides.ok_or(Untrue::Tokens { group, member })?;
        rows.push(NewRollout { episode, group, member, opponent, sides });
    }
    let metrics = metrics.into_iter().map(|(name, value)| (name, json!(value))).collect();
    Ok(NewIteration {
        number,
        worked,
        episodes: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        metrics: Value::Object(metrics),
        alarms: alarms
            .into_iter()
            .map(|alarm| NewAlarm { code: alarm.code, sentence: alarm.sentence })
            .collect(),
        rollouts: rows,
    })
}

/// A negotiation of an exam with all that its figures need.
pub struct Examined {
    pub played: JobPlayed,
    pub product: ProductId,
    pub scenario: Scenario,
    pub events: Vec<Event>,
}

impl Examined {
    /// One that was told whole; `None`: it was told by its id.
    pub fn whole(played: &JobPlayed) -> Option<Examined> {
        match played {
            JobPlayed::Here { .. } => None,
            JobPlayed::There { product, scenario, events, .. } => Some(Examined {
                played: played.clone(),
                product: product.clone(),
                scenario: (**scenario).clone(),
                events: events.clone(),
            }),
        }
    }
}

/// The rows of an exam.
///
/// # Errors
/// Where events are no episode.
pub fn evaluation(
    run: RunId,
    plan: &Plan,
    products: &Lessons,
    told: &JobExam,
    played: Vec<Examined>,
    worked: Duration,
) -> Result<NewRunEvaluation, Untrue> {
    let JobExam { place, times, .. } = told;
    let JobPlace { iteration, role, baseline, against, persona } = place.clone();
    let id = EvaluationId(Uuid::now_v7());
    let examined = match (&baseline, iteration) {
        (Some(name), _) => name.clone(),
        (None, 0) => plan.base.clone(),
        (None, iteration) => show::played_as(run, iteration).0,
    };
    let across = if against == BASE { &plan.base } else { &against };
    let named = |side: Role| if side == role { &examined } else { across };
    let title = |side: Role| {
        policy::find(named(side)).map_or(named(side).as_str(), |entry| entry.title).to_owned()
    };
    let markers = policy::markers();
    let now = now_ms();
    let (mut episodes, mut observations) = (Vec::new(), Vec::new());
    for (n, Examined { played, product, scenario, events }) in (0u32..).zip(played) {
        let folded = Episode::replay(&events).map_err(|_| Untrue::Events)?;
        observations.push(Observation {
            facts: Facts::of(&folded, &plan.reward, &markers),
            product: product.0.clone(),
            participant: None,
        });
        let seat = |side: Role| (NegotiatorName(named(side).clone()), title(side));
        episodes.push(match played {
            JobPlayed::Here { episode } => Rolled::Stored(episode),
            JobPlayed::There { failing, .. } => Rolled::Played(Box::new(PlayedEpisode {
                id: EpisodeId::fresh(),
                key: IdempotencyKey(Uuid::new_v4()),
                product,
                rollout: n % (*times).max(1),
                scenario,
                seats: PerRole { buyer: seat(Role::Buyer), seller: seat(Role::Seller) },
                events: events.into_iter().map(|event| (now, event)).collect(),
                failing: failing.map(failed),
                calls: Vec::new(),
                code_version: code_version(),
                forked_from: None,
            })),
        });
    }
    let figures =
        exam::figures(&observations, role, plan.seed).into_iter().map(|(name, estimate)| {
            let (low, high) = estimate.interval.map(|ends| (ends.low, ends.high)).unzip();
            (name, Interval { value: estimate.value, low, high })
        });
    let figures: BTreeMap<String, Interval> = figures.collect();
    let planned = u32::try_from(episodes.len()).unwrap_or(u32::MAX);
    let (buyer, seller) = (named(Role::Buyer), named(Role::Seller));
    let settings = Settings {
        persona: persona.clone(),
        persona_of: role.other(),
        rollouts: *times,
        temperature: Some(plan.evaluation.temperature),
        rounds: plan.rollout.rounds,
        ..Settings::paper(buyer, seller, plan.seed, products.ids.clone())
    };
    Ok(NewRunEvaluation {
        evaluation: NewEvaluation {
            id,
            command: format!("evaluation of the training run {run} after iteration {iteration}"),
            buyer: settings.buyer.clone(),
            seller: settings.seller.clone(),
            split: Some(Split::Test),
            settings: json!(settings),
            seed: plan.seed,
            code_version: code_version(),
            planned,
        },
        row: RunEvaluationRow {
            id,
            iteration,
            worked,
            role,
            baseline,
            against,
            persona,
            episodes: planned,
            figures: json!(figures),
        },
        episodes,
    })
}

fn failed(failing: JobFailing) -> Failing {
    Failing { role: failing.role, code: failing.code }
}

/// The same for the same place of the same iteration, however often it is done.
fn place_key(run: RunId, iteration: u32, group: u32, member: u32) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(b"rollout of a training run");
    hash.update(run.0.as_bytes());
    for number in [iteration, group, member] {
        hash.update(number.to_be_bytes());
    }
    let digest = hash.finalize();
    let bytes = digest.first_chunk().expect("SHA-256 has 32 bytes");
    uuid::Builder::from_custom_bytes(*bytes).into_uuid()
}

/// The row of weights in a folder of `bytes` below the data folder, with where they come from.
pub fn checkpoint(
    plan: &Plan,
    lessons: &Lessons,
    folder: &Path,
    iteration: u32,
    bytes: u64,
    reward: Option<f64>,
) -> NewCheckpoint {
    NewCheckpoint {
        id: CheckpointId(Uuid::now_v7()),
        iteration,
        folder: folder.to_string_lossy().into_owned(),
        bytes,
        reward,
        manifest: json!({
            "plan": plan,
            "iteration": iteration,
            "code_version": code_version(),
            "products": lessons.ids.len(),
            "products_sha256": lessons.sha256,
        }),
    }
}
