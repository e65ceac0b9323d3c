//! Training runs: each rollout once, rewards as the events give them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rules::Role;
use rules::reward::{RewardSpec, score};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use wire::EpisodeId;

use super::Verdict;
use super::played::{Stored, same};

/// A row of `training_runs`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Run {
    run: Uuid,
    status: String,
    iteration: i64,
    planned: i64,
    /// `rl::Plan`.
    settings: Value,
}

/// A row of `training_steps`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Step {
    run: Uuid,
    iteration: i64,
    episodes: usize,
}

/// A row of `rollouts`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Rollout {
    run: Uuid,
    iteration: i64,
    group: i64,
    member: i64,
    role: Role,
    episode: EpisodeId,
    reward: Option<f64>,
}

pub(super) fn audit(
    runs: &[Run],
    steps: &[Step],
    rollouts: &[Rollout],
    stored: &Stored,
) -> [Verdict; 4] {
    let mut done = Verdict::new("a training run came to its end");
    let mut each = Verdict::new("each iteration of a run is stored once, none is left out");
    let mut whole = Verdict::new("an iteration's rollouts are all there, each once");
    let mut rewards = Verdict::new("a rollout's reward recomputes");
    for run in runs {
        done.hold(match run.status == "done" && run.iteration == run.planned {
            true => Ok(()),
            false => {
                let Run { status, iteration, planned, .. } = run;
                Err(format!("{}: {status} after {iteration} of {planned}", run.run))
            }
        });
        let stored: Vec<i64> =
            steps.iter().filter(|step| step.run == run.run).map(|step| step.iteration).collect();
        let numbered: BTreeSet<i64> = stored.iter().copied().collect();
        each.hold(
            match stored.len() == numbered.len() && numbered.into_iter().eq(1..=run.iteration) {
                true => Ok(()),
                false => Err(format!("{}: it has the iterations {stored:?}", run.run)),
            },
        );
    }
    let mut by_step: BTreeMap<(Uuid, i64), Vec<&Rollout>> = BTreeMap::new();
    for rollout in rollouts {
        by_step.entry((rollout.run, rollout.iteration)).or_default().push(rollout);
    }
    for step in steps {
        let rollouts = by_step.remove(&(step.run, step.iteration)).unwrap_or_default();
        whole.hold(audit_step(step, &rollouts));
    }
    for ((run, iteration), rollouts) in by_step {
        let many = rollouts.len();
        whole.hold(Err(format!("{run}: {many} rollouts of the unknown iteration {iteration}")));
    }
    let specs: HashMap<Uuid, Option<RewardSpec>> =
        runs.iter().map(|run| (run.run, spec(&run.settings))).collect();
    for rollout in rollouts {
        let spec = specs.get(&rollout.run).copied().flatten();
        rewards.hold(audit_reward(rollout, spec, stored));
    }
    [done, each, whole, rewards]
}

fn spec(settings: &Value) -> Option<RewardSpec> {
    serde_json::from_value(settings.get("reward")?.clone()).ok()
}

/// Groups and members are numbered from 0 without gaps, each place once.
fn audit_step(step: &Step, rollouts: &[&Rollout]) -> Result<(), String> {
    let Step { run, iteration, episodes } = step;
    let name = format!("{run}, iteration {iteration}");
    let played: BTreeSet<EpisodeId> = rollouts.iter().map(|rollout| rollout.episode).collect();
    if played.len() != *episodes {
        return Err(format!("{name}: {} episodes are stored, {episodes} told", played.len()));
    }
    let places: BTreeSet<_> = rollouts.iter().map(|r| (r.group, r.member, r.role)).collect();
    if places.len() != rollouts.len() {
        return Err(format!("{name}: a place was played twice"));
    }
    let sides = rollouts.iter().map(|r| r.role).collect::<BTreeSet<_>>().len();
    let width = |of: fn(&Rollout) -> i64| {
        rollouts.iter().map(|r| of(r) + 1).max().unwrap_or(0).unsigned_abs() as usize
    };
    match width(|r| r.group) * width(|r| r.member) * sides == places.len() {
        true => Ok(()),
        false => Err(format!("{name}: places are left out")),
    }
}

fn audit_reward(
    rollout: &Rollout,
    spec: Option<RewardSpec>,
    stored: &Stored,
) -> Result<(), String> {
    let spec = spec.ok_or_else(|| format!("{}: its run has no reward", rollout.episode))?;
    let episode = stored.replay(rollout.episode);
    let episode = episode.map_err(|what| format!("{}: {what}", rollout.episode))?;
    let again = score(&episode, rollout.role, &spec);
    match same(rollout.reward, again) {
        true => Ok(()),
        false => {
            Err(format!("{}: the reward is {:?}, not {again:?}", rollout.episode, rollout.reward))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::played::tests::{honest, wrong};
    use super::*;
    use serde_json::json;

    struct World {
        runs: Vec<Run>,
        steps: Vec<Step>,
        rollouts: Vec<Rollout>,
        stored: Stored,
    }

    /// A run of one iteration with one rollout.
    fn world() -> World {
        let (stored, _) = honest();
        let row = &stored.episodes[0];
        let run = Uuid::from_u128(9);
        let settings = json!({ "reward": { "name": "paper" } });
        let (episode, reward, role) = (row.episode, row.buyer_reward, Role::Buyer);
        World {
            runs: vec![Run { run, status: "done".to_owned(), iteration: 1, planned: 1, settings }],
            steps: vec![Step { run, iteration: 1, episodes: 1 }],
            rollouts: vec![Rollout {
                run,
                iteration: 1,
                group: 0,
                member: 0,
                role,
                episode,
                reward,
            }],
            stored,
        }
    }

    #[track_caller]
    fn finds(change: impl FnOnce(&mut World), expected: &str) {
        let mut world = world();
        change(&mut world);
        let World { runs, steps, rollouts, stored } = world;
        let wrong = wrong(audit(&runs, &steps, &rollouts, &stored).to_vec());
        assert!(wrong.iter().any(|what| what.contains(expected)), "{expected}: {wrong:?}");
    }

    #[test]
    fn an_honest_run_passes() {
        let World { runs, steps, rollouts, stored } = world();
        let verdicts = audit(&runs, &steps, &rollouts, &stored).to_vec();
        assert!(verdicts.iter().all(|verdict| verdict.looked_at == 1), "{verdicts:?}");
        assert_eq!(wrong(verdicts), Vec::<String>::new());
    }

    #[test]
    fn whatever_does_not_hold_is_found() {
        finds(|world| world.runs[0].status = "failed".to_owned(), "failed after 1 of 1");
        finds(|world| world.steps.clear(), "iterations []");
        finds(|world| world.steps.clear(), "unknown iteration 1");
        finds(|world| world.steps.push(world.steps[0].clone()), "iterations [1, 1]");
        finds(|world| world.rollouts.clear(), "0 episodes are stored, 1 told");
        finds(|world| world.rollouts.push(world.rollouts[0].clone()), "played twice");
        finds(|world| world.rollouts[0].member = 1, "left out");
        finds(|world| world.rollouts[0].reward = Some(0.25), "not Some(0.0)");
        finds(|world| world.stored.events.clear(), "cannot be replayed");
        finds(|world| world.runs[0].settings = json!({}), "has no reward");
    }
}
