//! From an iteration to the rows that are kept of it.

use std::collections::BTreeMap;
use std::time::Duration;

use policy::Fault;
use rl::Plan;
use rl::alarm::Alarm;
use rl::curriculum::Task;
use rl::exam::{self, Exam};
use rl::plan::BASE;
use rl::trace::Stored;
use rules::metrics::{Facts, Observation};
use rules::{PerRole, Role};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{
    EvaluationId, Failing, NewAlarm, NewEvaluation, NewIteration, NewRollout, NewRunEvaluation,
    NewSide, PlayedEpisode, RunEvaluationRow, Split,
};
use trainer::reinforce::{Group, Iteration, Member};
use trainer::rollout::Played;
use uuid::Uuid;
use wire::{EpisodeId, IdempotencyKey, Interval, NegotiatorName, RunId};

use super::ground::Lessons;
use super::show;
use crate::clock::now_ms;
use crate::eval::{Settings, code_version};

/// The name under which who learns sits at its table.
pub const LEARNER: &str = "learner";

/// Who sits where in a run's episodes.
pub struct Seats {
    learners: Vec<Role>,
    title: String,
}

impl Seats {
    pub fn of(plan: &Plan) -> Seats {
        Seats { learners: plan.learners(), title: format!("{}, learning", plan.base) }
    }

    fn seated(&self, opponent: Option<&str>) -> PerRole<(NegotiatorName, String)> {
        let seat = |role: Role| match opponent.filter(|_| !self.learners.contains(&role)) {
            None => (NegotiatorName(LEARNER.to_owned()), self.title.clone()),
            Some(name) => {
                let title = policy::find(name).map_or(name, |entry| entry.title);
                (NegotiatorName(name.to_owned()), title.to_owned())
            }
        };
        PerRole { buyer: seat(Role::Buyer), seller: seat(Role::Seller) }
    }
}

/// The rows of an iteration: its figures, its rollouts with a side for each that learns, its alarms.
pub fn rows(
    run: RunId,
    iteration: Iteration,
    seats: &Seats,
    lessons: &Lessons,
    worked: Duration,
    memory: Option<u64>,
) -> NewIteration {
    let Iteration { number, mut figures, alarms, groups } = iteration;
    figures.insert("memory_mb".to_owned(), memory.map(|bytes| bytes as f64 / 1e6));
    let metrics = figures.into_iter().map(|(name, value)| (name, json!(value))).collect();
    let now = now_ms();
    let mut rollouts = Vec::new();
    for (index, Group { task, members }) in (0..).zip(groups) {
        let seated = seats.seated(task.opponent.as_deref());
        for (member, rolled) in (0..).zip(members) {
            let Member { played, advantages, entropies } = rolled;
            let failing = played.failure.as_ref().map(|(role, fault)| failing(*role, fault));
            let episode = PlayedEpisode {
                id: EpisodeId::fresh(),
                key: IdempotencyKey(place_key(run, number, index, member)),
                product: lessons.ids[task.product].clone(),
                rollout: member,
                scenario: task.scenario.clone(),
                seats: seated.clone(),
                events: played.events.into_iter().map(|event| (now, event)).collect(),
                failing,
                calls: Vec::new(),
                code_version: code_version(),
                forked_from: None,
            };
            let side = |role: Role| {
                let trace = played.traces.get(role).as_ref()?;
                Some(NewSide {
                    role,
                    reward: trace.reward,
                    advantage: *advantages.get(role),
                    truncated: trace.truncated,
                    trace: Stored::of(trace, entropies.get(role)).encode(),
                })
            };
            let sides = Role::BOTH.into_iter().filter_map(side).collect();
            let opponent = task.opponent.clone().unwrap_or_else(|| LEARNER.to_owned());
            rollouts.push(NewRollout { episode, group: index, member, opponent, sides });
        }
    }
    let alarm = |alarm: Alarm| NewAlarm { code: alarm.code.to_owned(), sentence: alarm.sentence };
    NewIteration {
        number,
        worked,
        episodes: u32::try_from(rollouts.len()).unwrap_or(u32::MAX),
        metrics: Value::Object(metrics),
        alarms: alarms.into_iter().map(alarm).collect(),
        rollouts,
    }
}

/// An exam that was sat, with who sat it.
pub struct Sat {
    pub exam: Exam,
    /// A scripted negotiator in the place of who learns.
    pub baseline: Option<&'static str>,
    pub iteration: u32,
    /// Negotiations per product.
    pub times: u32,
    pub played: Vec<(Task, Played)>,
}

/// The rows of an exam.
pub fn evaluation(
    run: RunId,
    plan: &Plan,
    products: &Lessons,
    sat: Sat,
    worked: Duration,
) -> NewRunEvaluation {
    let Sat { exam, baseline, iteration, times, played } = sat;
    let Exam { role, against, persona, .. } = exam;
    let id = EvaluationId(Uuid::now_v7());
    let examined = match (baseline, iteration) {
        (Some(name), _) => name.to_owned(),
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
    for (n, (task, played)) in (0u32..).zip(played) {
        let product = products.ids[task.product].clone();
        let Played { events, episode, failure, .. } = played;
        observations.push(Observation {
            facts: Facts::of(&episode, &plan.reward, &markers),
            product: product.0.clone(),
            participant: None,
        });
        let seat = |side: Role| (NegotiatorName(named(side).clone()), title(side));
        episodes.push(PlayedEpisode {
            id: EpisodeId::fresh(),
            key: IdempotencyKey(Uuid::new_v4()),
            product,
            rollout: n % times,
            scenario: task.scenario,
            seats: PerRole { buyer: seat(Role::Buyer), seller: seat(Role::Seller) },
            events: events.into_iter().map(|event| (now, event)).collect(),
            failing: failure.map(|(role, fault)| failing(role, &fault)),
            calls: Vec::new(),
            code_version: code_version(),
            forked_from: None,
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
        rollouts: times,
        temperature: Some(plan.evaluation.temperature),
        rounds: plan.rollout.rounds,
        ..Settings::paper(buyer, seller, plan.seed, products.ids.clone())
    };
    NewRunEvaluation {
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
            baseline: baseline.map(str::to_owned),
            against,
            persona,
            episodes: planned,
            figures: json!(figures),
        },
        episodes,
    }
}

fn failing(role: Role, fault: &Fault) -> Failing {
    Failing { role, code: fault.boundary.to_string() }
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

/// Where a checkpoint's weights come from.
pub fn manifest(plan: &Plan, lessons: &Lessons, iteration: u32) -> Value {
    json!({
        "plan": plan,
        "iteration": iteration,
        "code_version": code_version(),
        "products": lessons.ids.len(),
        "products_sha256": lessons.sha256,
    })
}
