//! From an iteration to the rows that are kept of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rl::Plan;
use rl::alarm::Alarm;
use rl::trace::Stored;
use rules::{PerRole, Role};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Failing, NewAlarm, NewIteration, NewRollout, NewSide, PlayedEpisode};
use trainer::reinforce::{Group, Iteration, Member};
use uuid::Uuid;
use wire::{EpisodeId, IdempotencyKey, NegotiatorName, RunId};

use super::ground::Lessons;
use crate::eval::code_version;

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
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let mut rollouts = Vec::new();
    for (index, Group { task, members }) in (0..).zip(groups) {
        let seated = seats.seated(task.opponent.as_deref());
        for (member, rolled) in (0..).zip(members) {
            let Member { played, advantages, entropies } = rolled;
            let failing = played
                .failure
                .as_ref()
                .map(|(role, fault)| Failing { role: *role, code: fault.boundary.to_string() });
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
