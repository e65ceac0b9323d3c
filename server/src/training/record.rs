//! What the trainer hands over, as a run tells it.

use policy::Fault;
use rl::curriculum::Task;
use rl::exam::Exam;
use rl::trace::Stored;
use rules::{PerRole, Role};
use trainer::reinforce::{Group, Iteration, Member};
use trainer::rollout::Played;
use wire::{
    JobAlarm, JobExam, JobFailing, JobIteration, JobPlace, JobPlayed, JobRollout, JobSide,
    ProductId,
};

use super::rows::LEARNER;

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

/// An iteration over products of these ids; `memory` in bytes.
pub fn iteration(
    iteration: Iteration,
    took_ms: u64,
    products: &[ProductId],
    memory: Option<u64>,
) -> JobIteration {
    let Iteration { number, mut figures, alarms, groups } = iteration;
    figures.insert("memory_mb".to_owned(), memory.map(|bytes| bytes as f64 / 1e6));
    let mut rollouts = Vec::new();
    for (group, Group { task, members }) in (0..).zip(groups) {
        let opponent = task.opponent.clone().unwrap_or_else(|| LEARNER.to_owned());
        for (member, Member { played, advantages, entropies }) in (0..).zip(members) {
            rollouts.push(JobRollout {
                group,
                member,
                opponent: opponent.clone(),
                sides: sides(&played, &advantages, &entropies),
                played: whole(&task, played, products),
            });
        }
    }
    let alarms = alarms.into_iter();
    let alarms =
        alarms.map(|alarm| JobAlarm { code: alarm.code.to_owned(), sentence: alarm.sentence });
    let metrics = figures.into_iter().collect();
    JobIteration { number, took_ms, metrics, alarms: alarms.collect(), rollouts }
}

fn sides(
    played: &Played,
    advantages: &PerRole<f64>,
    entropies: &PerRole<Vec<f32>>,
) -> Vec<JobSide> {
    let side = |role: Role| {
        let trace = played.traces.get(role).as_ref()?;
        let Stored { ids, own, logp, entropy } = Stored::of(trace, entropies.get(role));
        Some(JobSide {
            role,
            reward: trace.reward,
            advantage: *advantages.get(role),
            truncated: trace.truncated,
            ids,
            own,
            logp,
            entropy,
        })
    };
    Role::BOTH.into_iter().filter_map(side).collect()
}

fn whole(task: &Task, played: Played, products: &[ProductId]) -> JobPlayed {
    let failing =
        |(role, fault): (Role, Fault)| JobFailing { role, code: fault.boundary.to_string() };
    JobPlayed::There {
        product: products[task.product].clone(),
        scenario: Box::new(task.scenario.clone()),
        events: played.events,
        failing: played.failure.map(failing),
    }
}

/// An exam over products of these ids.
pub fn exam(sat: Sat, products: &[ProductId]) -> JobExam {
    let Sat { exam: Exam { role, against, persona, .. }, baseline, iteration, times, played } = sat;
    let baseline = baseline.map(str::to_owned);
    let played = played.into_iter();
    JobExam {
        place: JobPlace { iteration, role, baseline, against, persona },
        times,
        episodes: played.map(|(task, played)| whole(&task, played, products)).collect(),
    }
}
