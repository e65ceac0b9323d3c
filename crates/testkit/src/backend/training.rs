//! Training runs that nobody trains: a run in each state, with figures by plain formulas.

use std::collections::BTreeMap;

use app::backend::Caller;
use rules::{Mills, Outcome, Role};
use uuid::Uuid;
use wire::{
    Alarm, CheckpointCard, CheckpointId, Code, EpisodeId, GroupCard, NegotiatorName, NewRun,
    OwnToken, Phase, PhaseSpan, PresetCard, Problem, ProductId, Rollout, RolloutHit, RunCommand,
    RunFailure, RunHead, RunId, RunPage, RunStatus, Series, TraceToken,
};

use super::{BUDGET, COST, NOW_MS, report};

pub const QUEUED: RunId = RunId(Uuid::from_u128(0x105));
pub const RUNNING: RunId = RunId(Uuid::from_u128(0x104));
pub const PAUSED: RunId = RunId(Uuid::from_u128(0x103));
pub const FAILED: RunId = RunId(Uuid::from_u128(0x102));
pub const DONE: RunId = RunId(Uuid::from_u128(0x101));

/// Iterations of each run.
pub const OF: u32 = 40;
/// Rollouts of an iteration: groups, members of a group.
const GROUPS: u32 = 3;
const MEMBERS: u32 = 4;
pub const WORKED_MS: u64 = 30_000;

pub fn researcher(caller: Caller) -> Result<(), Problem> {
    match caller.researcher {
        Some(_) => Ok(()),
        None => Err(Problem::new(Code::Unauthorized, "Sign in as a researcher first.")),
    }
}

pub fn presets() -> Vec<PresetCard> {
    let card = |name: &str, summary: &str, obstacle: Option<&str>| PresetCard {
        name: name.into(),
        summary: summary.into(),
        has_cluster: false,
        text: format!("# {summary}\n[train]\niterations = {OF}\n"),
        obstacle: obstacle.map(str::to_owned),
    };
    vec![
        card("laptop", "A small model on a processor.", None),
        card("paper", "As in the paper.", Some("Needs an accelerator; this machine has none.")),
    ]
}

pub fn runs() -> Vec<RunHead> {
    let head = |id, label: &str, status, iteration: u32| RunHead {
        id,
        label: label.into(),
        preset: "laptop".into(),
        status,
        asked: None,
        place: wire::RunPlace::Here,
        role: Some(Role::Buyer),
        opponents: "Steady and Late".into(),
        iteration,
        of: OF,
        stage: None,
        left_ms: None,
        worked_ms: u64::from(iteration) * WORKED_MS,
        rewards: (1..=iteration).map(reward).collect(),
        failure: None,
        attended: true,
        created_at: NOW_MS,
        ended_at: (status == RunStatus::Done || status == RunStatus::Failed).then_some(NOW_MS),
    };
    vec![
        RunHead { attended: false, ..head(QUEUED, "Waits for a worker", RunStatus::Queued, 0) },
        RunHead {
            stage: Some("rollout".into()),
            left_ms: Some(u64::from(OF - 25) * WORKED_MS),
            ..head(RUNNING, "Learns to buy", RunStatus::Running, 25)
        },
        head(PAUSED, "Rests", RunStatus::Paused, 12),
        RunHead {
            failure: Some(RunFailure {
                code: "disk_full".into(),
                sentence: "The disk is full. Make room, then try again.".into(),
            }),
            ..head(FAILED, "Broke off", RunStatus::Failed, 7)
        },
        head(DONE, "Learnt to buy", RunStatus::Done, OF),
    ]
}

pub fn head(id: RunId) -> Result<RunHead, Problem> {
    let head = runs().into_iter().find(|head| head.id == id);
    head.ok_or_else(|| Problem::named(Code::NotFound, "run_unknown", "There is no such run."))
}

fn reward(iteration: u32) -> f64 {
    f64::from(iteration) / 50.0 - 0.2
}

pub fn run(id: RunId) -> Result<RunPage, Problem> {
    let head = head(id)?;
    let done = head.iteration;
    let span = |phase, first, last: u32, confidence| PhaseSpan {
        phase,
        first,
        last: last.min(done),
        confidence,
    };
    let phases = [
        span(Phase::Naive, 1, 8, None),
        span(Phase::None, 9, 20, Some(0.6)),
        span(Phase::Persuasion, 21, OF, Some(0.875)),
    ];
    let alarm = |iteration| Alarm {
        iteration,
        code: "entropy_collapse".into(),
        sentence: "The entropy fell below a third of its start.".into(),
    };
    let kept = (1..=done / 10).rev().map(|nth| checkpoint(id, nth * 10));
    Ok(RunPage {
        base: "demo".into(),
        stall: Some(ProductId("souk.books_1".into())),
        settings: format!("[train]\niterations = {OF}\nseed = 7\n"),
        command: "souk train --preset laptop --seed 7".into(),
        code_version: "0.1.0".into(),
        seed: 7,
        products: 120,
        products_sha256: "5f".repeat(32),
        checkpoints: kept.collect(),
        phases: phases.into_iter().filter(|span| span.first <= done).collect(),
        alarms: (done > 20).then(|| alarm(21)).into_iter().collect(),
        evaluated: report::iterations(id),
        head,
    })
}

/// The last one of the run that is done plays already.
fn checkpoint(run: RunId, iteration: u32) -> CheckpointCard {
    let published = run == DONE && iteration == OF;
    CheckpointCard {
        id: CheckpointId(Uuid::from_u128((run.0.as_u128() << 32) | u128::from(iteration))),
        iteration,
        reward: Some(reward(iteration)),
        bytes: 18_400_000,
        published: published.then(|| NegotiatorName("learnt-40".into())),
        at: NOW_MS,
    }
}

pub fn publish(id: CheckpointId) -> Result<CheckpointCard, Problem> {
    let (run, iteration) = (RunId(Uuid::from_u128(id.0.as_u128() >> 32)), id.0.as_u128() as u32);
    if !self::run(run)?.checkpoints.iter().any(|card| card.id == id) {
        return Err(Problem::new(Code::NotFound, "There is no such checkpoint."));
    }
    let name = NegotiatorName(format!("learnt-{iteration}"));
    Ok(CheckpointCard { published: Some(name), ..checkpoint(run, iteration) })
}

pub fn start(new: &NewRun) -> Result<RunId, Problem> {
    let preset = presets().into_iter().find(|card| card.name == new.preset);
    match preset {
        None => Err(Problem::named(Code::NotFound, "preset_unknown", "There is no such preset.")),
        Some(PresetCard { obstacle: Some(obstacle), .. }) => {
            Err(Problem::named(Code::Conflict, "preset_obstacle", &obstacle))
        }
        Some(_) => Ok(QUEUED),
    }
}

pub fn command(id: RunId, command: RunCommand) -> Result<RunHead, Problem> {
    let head = head(id)?;
    if !head.status.takes(command) {
        let told = format!("The run is {}.", head.status.name());
        return Err(Problem::named(Code::Conflict, "run_status", &told));
    }
    Ok(RunHead { asked: Some(command), ..head })
}

pub fn series(id: RunId, after: u32) -> Result<Series, Problem> {
    let iterations: Vec<u32> = (after + 1..=head(id)?.iteration).collect();
    let column = |key: &str, value: &dyn Fn(u32) -> Option<f64>| {
        (key.to_owned(), iterations.iter().map(|i| value(*i)).collect::<Vec<_>>())
    };
    let at = |i: u32| f64::from(i);
    let columns = [
        column("reward", &|i| Some(reward(i))),
        column("reward_std", &|_| Some(0.25)),
        column("reward_min", &|_| Some(-1.0)),
        column("reward_max", &|_| Some(1.0)),
        column("deal_rate_mi", &|i| Some(at(i) / 40.0)),
        // No deal, no ratio.
        column("bargained_ratio", &|i| (i > 4).then(|| at(i) / 80.0)),
        column("format_error_rate", &|i| Some(1.0 / at(i))),
        column("rounds", &|i| Some(2.0 + at(i % 4))),
        column("entropy", &|i| Some(2.0 / at(i))),
        column("kl", &|i| Some(at(i) / 1000.0)),
        column("rollout_s", &|_| Some(20.0)),
        column("curriculum", &|i| Some(at(i / 10))),
    ];
    Ok(Series {
        worked_ms: iterations.iter().map(|i| u64::from(*i) * WORKED_MS).collect(),
        episodes: iterations.iter().map(|i| u64::from(i * GROUPS * MEMBERS)).collect(),
        columns: BTreeMap::from(columns),
        iterations,
    })
}

fn group(iteration: u32, group: u32) -> GroupCard {
    GroupCard {
        iteration,
        group,
        title: format!("Enamel Kettle no. {group}"),
        product: format!("souk.home-kitchen_{}", group + 1),
        role: Role::Buyer,
        opponent: "Steady".into(),
        budget: BUDGET,
        cost: COST,
        rewards: (0..MEMBERS).map(member_reward).collect(),
    }
}

/// −1, −0.5, 0, 0.5.
fn member_reward(index: u32) -> f64 {
    f64::from(index) / 2.0 - 1.0
}

pub fn groups(id: RunId, iteration: u32) -> Result<Vec<GroupCard>, Problem> {
    let done = head(id)?.iteration;
    let there = (1..=done).contains(&iteration);
    Ok((0..GROUPS).filter(|_| there).map(|n| group(iteration, n)).collect())
}

pub fn of_product(id: RunId, product: &str) -> Result<Vec<GroupCard>, Problem> {
    let all = (1..=head(id)?.iteration).flat_map(|i| (0..GROUPS).map(move |n| group(i, n)));
    Ok(all.filter(|card| card.product == product).collect())
}

pub fn rollouts(id: RunId, iteration: u32, group: u32) -> Result<Vec<Rollout>, Problem> {
    if !groups(id, iteration)?.iter().any(|card| card.group == group) {
        return Err(Problem::new(Code::NotFound, "There is no such group."));
    }
    Ok((0..MEMBERS).map(|index| rollout(iteration, group, index)).collect())
}

fn episode(iteration: u32, group: u32, index: u32) -> EpisodeId {
    let number = (iteration * GROUPS + group) * MEMBERS + index;
    EpisodeId(Uuid::from_u128(0xe << 64 | u128::from(number)))
}

fn rollout(iteration: u32, group: u32, index: u32) -> Rollout {
    let read = |text: &str| TraceToken { text: text.into(), own: None };
    let own = |text: &str, logp, entropy| TraceToken {
        text: text.into(),
        own: Some(OwnToken { logp, entropy }),
    };
    let reward = member_reward(index);
    Rollout {
        episode: episode(iteration, group, index),
        index,
        reward: Some(reward),
        advantage: reward + 0.25,
        outcome: Some(if index == 0 {
            Outcome::Quit { by: Role::Seller }
        } else {
            Outcome::Deal { price: Mills(60_000 + 1_000 * i64::from(index)), round: 3 }
        }),
        truncated: index == 1,
        tokens: vec![
            read("seller: It costs $104.\n"),
            own("I", -0.02, 0.05),
            own(" offer", -0.5, 0.25),
            own(" $60", -3.5, 1.5),
            own(".\n", -0.05, 0.1),
            read("seller: No.\n"),
            own("My last", -6.0, 2.5),
            own(" price <&>", -1.0, 0.75),
        ],
    }
}

pub fn search(id: RunId, text: &str) -> Result<Vec<RolloutHit>, Problem> {
    let talk = "I offer $60.";
    let found = talk.to_lowercase().contains(&text.to_lowercase());
    let newest = (1..=head(id)?.iteration).rev().take(3).filter(|_| found);
    Ok(newest
        .map(|iteration| RolloutHit {
            episode: episode(iteration, 0, 2),
            iteration,
            group: 0,
            index: 2,
            by: Role::Buyer,
            talk: talk.into(),
            reward: Some(member_reward(2)),
        })
        .collect())
}
