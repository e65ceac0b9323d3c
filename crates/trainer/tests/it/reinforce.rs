//! Whole runs of reinforcement learning: small ones of the demo model.

use std::path::{Path, PathBuf};

use catalogue::{SEED, Split, own_catalogue};
use policy::corpus::Deal;
use rl::Plan;
use rules::reward::score;
use rules::{Episode, PerRole, Role};
use tempfile::TempDir;
use trainer::cpu::Division;
use trainer::folder;
use trainer::params::Params;
use trainer::reinforce::{Iteration, Run, Start};
use trainer::rollout::{Game, Hall, Model, Nobody, Played, Player};
use trainer::sample::{Sampler, Sampling};
use trainer::tokens::Tokens;

fn demo() -> (Params, Tokens) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo");
    let params = folder::load(&dir).expect("the demo model");
    (params, folder::load_tokens(&dir).expect("its tokenizer"))
}

fn deals() -> Vec<Deal> {
    let train = own_catalogue(SEED).into_iter().filter(|item| item.split == Split::Train);
    train.map(|item| Deal { product: item.product, budget: item.budget, cost: item.cost }).collect()
}

fn plan(over: &str) -> Plan {
    Plan::of("laptop", over).expect("a plan")
}

fn run(plan: &Plan, folder: &Path) -> Run {
    let (base, tokens) = demo();
    let start = Start {
        plan: plan.clone(),
        deals: deals(),
        base,
        tokens,
        division: Division::default(),
        folder: folder.to_owned(),
    };
    Run::open(start).expect("a run")
}

fn iterate(run: &mut Run) -> Iteration {
    let done = run.iterate(&mut Nobody, &mut |_, _, _| true).expect("an iteration");
    done.expect("nobody stopped it")
}

const SMALL: &str = "iterations = 3\n[rollout]\nproducts = 4\ngroup = 4\nat_once = 6\n";

/// A small game of every kind of player.
fn games(seeds: std::ops::Range<u64>) -> Vec<Game> {
    let deals = deals();
    let plan = plan("[rollout]\nproducts = 12\n");
    let tasks = rl::curriculum::tasks(&plan, &deals, 0, 0);
    seeds
        .map(|seed| {
            let scenario = tasks[seed as usize % tasks.len()].scenario.clone();
            let seller = match seed % 3 {
                0 => Player::Model(1),
                1 => Player::Model(0),
                _ => {
                    let family = policy::find("persuadable").expect("a family");
                    Player::Script(family.seat(Role::Seller, seed, None))
                }
            };
            Game { scenario, players: PerRole { buyer: Player::Model(0), seller }, seed }
        })
        .collect()
}

fn play(games: Vec<Game>, at_once: usize) -> Vec<Played> {
    let (params, tokens) = demo();
    let (mut own, mut other) = (Sampler::new(params.clone(), 2), Sampler::new(params, 2));
    let sampling = |temperature| Sampling { temperature, ..Sampling::default() };
    let models = vec![
        Model { sampler: &mut own, sampling: sampling(1.0), learns: true },
        Model { sampler: &mut other, sampling: sampling(0.7), learns: false },
    ];
    let mut nobody = Nobody;
    let hall = &mut Hall { models, tokens: &tokens, outside: &mut nobody, most: 120, at_once };
    hall.play(games, &mut |_| true).expect("they fit").expect("nobody stopped it")
}

#[test]
fn games_are_the_same_however_many_are_open_and_their_events_tell_all() {
    let (few, many) = (play(games(0..14), 3), play(games(0..14), 64));
    for (few, many) in few.iter().zip(&many) {
        assert_eq!(few.events, many.events);
        assert_eq!(few.traces, many.traces);
        assert_eq!(Episode::replay(&few.events).expect("a history"), few.episode);
        assert!(few.episode.table.is_over() && few.failure.is_none());
    }
    let learns = many.iter().filter(|played| played.traces.seller.is_some()).count();
    assert_eq!(learns, 5, "who learns on both sides has two traces");
}

/// The tokens of a trace are those that were drawn and read: never text that was tokenised again. So the
/// trainer finds the sampler's log-probabilities again.
#[test]
fn a_trace_has_the_samplers_own_tokens() {
    use trainer::batch::Sequence;
    use trainer::cpu::Machine;
    let played = play(games(0..6), 64);
    let (params, tokens) = demo();
    let mut machine = Machine::new(&params.config, Division::default());
    for trace in played.iter().filter_map(|played| played.traces.buyer.as_ref()) {
        let sequence = Sequence { ids: trace.ids.clone(), own: trace.own.clone() };
        let places: Vec<usize> = sequence.predicted().collect();
        let outcome = machine.score(&params, std::slice::from_ref(&sequence)).expect("it fits");
        for (&t, scored) in places.iter().zip(&outcome.scores[0]) {
            assert!((scored.logp - trace.logp[t]).abs() < 1e-3, "token {t}");
        }
        let ends = places.iter().filter(|&&t| trace.ids[t] == tokens.end).count();
        assert_eq!(ends, trace.messages as usize);
    }
}

#[test]
fn a_run_gives_the_same_weights_twice_and_also_where_it_was_cut_off() {
    let plan = plan(SMALL);
    let homes: [TempDir; 2] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let mut whole = run(&plan, homes[0].path());
    let told: Vec<Iteration> = (0..3).map(|_| iterate(&mut whole)).collect();
    assert!(whole.is_over());

    let mut first = run(&plan, homes[1].path());
    iterate(&mut first);
    first.keep().expect("writable");
    iterate(&mut first);
    drop(first); // the second iteration is lost with the process
    let mut resumed = run(&plan, homes[1].path());
    assert_eq!(resumed.iteration(), 1);
    let again = iterate(&mut resumed);
    assert_eq!(
        again.groups[0].members[0].played.events,
        told[1].groups[0].members[0].played.events
    );
    iterate(&mut resumed);
    assert!(resumed.params().flat == whole.params().flat, "the weights differ");
    assert!(resumed.params().flat != demo().0.flat, "something was learnt");
}

/// Exams change nothing of the run, and everybody who sits one meets the same opponents.
#[test]
fn a_run_is_examined_without_a_trace() {
    let small = "iterations = 3\n[rollout]\nproducts = 2\ngroup = 3\n";
    let judged = "[keep]\nevery = 2\n[evaluation]\ntimes = 2\ntimes_between = 1\n";
    let plan = plan(&format!("{small}{judged}"));
    let homes: [TempDir; 2] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let (mut plain, mut examined) = (run(&plan, homes[0].path()), run(&plan, homes[1].path()));
    let exams = rl::exam::exams(&plan);
    let sit = |run: &mut Run, exam: &rl::exam::Exam, script: Option<&str>| {
        let told = &mut |_, _, _| true;
        let sat = run.examine(exam, script, &deals()[..3], 2, &mut Nobody, told);
        sat.expect("it fits").expect("nobody stopped it")
    };
    let scenarios = |sat: &[(rl::curriculum::Task, Played)]| -> Vec<_> {
        sat.iter().map(|(task, _)| task.scenario.clone()).collect()
    };
    let before = sit(&mut examined, &exams[0], None);
    let fixed = sit(&mut examined, &exams[0], Some("og-narrator"));
    assert_eq!((before.len(), scenarios(&before)), (6, scenarios(&fixed)));
    let bound = sit(&mut examined, &exams[0], Some(rl::exam::BEST_RESPONSE));
    let rewards = |sat: &[(rl::curriculum::Task, Played)]| -> f64 {
        sat.iter().filter_map(|(_, p)| score(&p.episode, Role::Buyer, &plan.reward)).sum()
    };
    assert!(rewards(&bound) > rewards(&fixed) && rewards(&bound) > rewards(&before));
    let mut due = vec![examined.times_due()];
    for _ in 0..3 {
        let (one, other) = (iterate(&mut plain), iterate(&mut examined));
        assert_eq!(one.figures["reward"], other.figures["reward"]);
        due.push(examined.times_due());
    }
    assert_eq!(due, [2, 0, 1, 2]);
    let after = sit(&mut examined, &exams[0], None);
    assert_eq!(scenarios(&before), scenarios(&after));
    assert!(before.iter().zip(&after).any(|(b, a)| b.1.events != a.1.events), "it has learnt");
    assert!(plain.params().flat == examined.params().flat, "the weights differ");
}

#[test]
fn how_an_update_is_divided_changes_nothing_but_rounding() {
    let weights = |over: &str| {
        let home = tempfile::tempdir().expect("a folder");
        let plan = plan(&format!("{SMALL}[learning]\n{over}\n[objective]\nminibatches = 1\n"));
        let mut run = run(&plan, home.path());
        iterate(&mut run);
        run.params().flat.clone()
    };
    let (whole, divided) = (weights("micro_tokens = 65536"), weights("micro_tokens = 700"));
    let base = demo().0.flat;
    let moved = base.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let off: f32 = whole.iter().zip(&divided).map(|(a, b)| (a - b).abs()).sum();
    assert!(moved > 0.0 && off / whole.len() as f32 <= 0.02 * moved, "{moved} {off}");
}

#[test]
fn advantages_are_within_groups_and_rewards_those_of_the_events() {
    let home = tempfile::tempdir().expect("a folder");
    let plan = plan(&format!("{SMALL}[surrogate]\nkl = 0.05\n"));
    let done = iterate(&mut run(&plan, home.path()));
    for group in &done.groups {
        let sum: f64 = group.members.iter().map(|member| member.advantages.buyer).sum();
        assert!(sum.abs() < 1e-9);
        for member in &group.members {
            let trace = member.played.traces.buyer.as_ref().expect("the buyer learns");
            let episode = Episode::replay(&member.played.events).expect("a history");
            assert_eq!(trace.reward, score(&episode, Role::Buyer, &plan.reward));
            assert_eq!(member.entropies.buyer.len(), trace.own_tokens());
        }
    }
    for name in ["reward", "entropy", "kl", "clip_low", "gradient_norm", "zero_variance_groups"] {
        assert!(done.figures[name].is_some_and(f64::is_finite), "{name}");
    }
}

#[test]
fn both_sides_learn_an_adapter_and_earlier_checkpoints_play() {
    let home = tempfile::tempdir().expect("a folder");
    let both = "opponents = []\niterations = 1\n[rollout]\nproducts = 3\ngroup = 3\n[learning]\nrank = 4\n";
    let text = Plan::of("laptop", "").map(|plan| toml::to_string(&plan).expect("plain data"));
    let mut table: toml::Table = toml::from_str(&text.expect("a plan")).expect("TOML");
    table["rollout"].as_table_mut().expect("a table").remove("role");
    table.insert("opponents".into(), toml::Value::Array(Vec::new()));
    for (key, value) in toml::from_str::<toml::Table>(both).expect("TOML") {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(over)) => below.extend(over),
            (_, value) => drop(table.insert(key, value)),
        }
    }
    let plan: Plan = toml::Value::Table(table).try_into().expect("a plan");
    let done = iterate(&mut run(&plan, home.path()));
    assert!(done.figures["reward"].is_some() && done.figures["seller_reward"].is_some());

    let home = tempfile::tempdir().expect("a folder");
    let over = "iterations = 2\nopponents = [{ name = \"earlier\" }, { name = \"base\" }]\n\
                [rollout]\nproducts = 3\ngroup = 2\n[keep]\nevery = 1\n";
    let mut run = run(&self::plan(over), home.path());
    iterate(&mut run);
    let at: PathBuf = run.export_at(1);
    run.export(&at).expect("writable");
    assert_eq!(iterate(&mut run).number, 2);
}

/// A game whose tokens no longer fit the model ends as a failure of the machinery, and the others go on.
#[test]
fn a_game_that_outgrows_the_model_fails_alone() {
    let whole = play(games(0..14), 64);
    let len = |played: &Played| played.traces.buyer.as_ref().map_or(0, |trace| trace.ids.len());
    let mut lens: Vec<usize> = whole.iter().map(len).collect();
    lens.sort_unstable();
    let (mut params, tokens) = demo();
    params.config.max_position_embeddings = lens[lens.len() / 2] + 20;
    let (mut own, mut other) = (Sampler::new(params.clone(), 2), Sampler::new(params.clone(), 2));
    let sampling = |temperature| Sampling { temperature, ..Sampling::default() };
    let models = vec![
        Model { sampler: &mut own, sampling: sampling(1.0), learns: true },
        Model { sampler: &mut other, sampling: sampling(0.7), learns: false },
    ];
    let mut nobody = Nobody;
    let hall = &mut Hall { models, tokens: &tokens, outside: &mut nobody, most: 120, at_once: 64 };
    let played =
        hall.play(games(0..14), &mut |_| true).expect("others go on").expect("not stopped");
    let failed: Vec<&Played> = played.iter().filter(|played| played.failure.is_some()).collect();
    assert!(!failed.is_empty());
    for played in &failed {
        let (_, fault) = played.failure.as_ref().expect("these failed");
        assert!(fault.detail.contains("outgrown"), "{fault}");
        assert_eq!(
            score(&played.episode, Role::Buyer, &plan("").reward),
            None,
            "nobody is to blame"
        );
    }
    let same = whole.iter().zip(&played).filter(|(w, p)| w.events == p.events).count();
    assert!(same >= 4, "what fits is not touched");
}

/// Five iterations of 256 negotiations against a seller that gives way early, broken off and resumed on the way:
/// on products that it does not learn from, a buyer that takes what is asked learns to wait. It rose from 0.27 to
/// 0.64 when this was written; less than half of that must be there.
#[test]
fn a_buyer_gets_better_within_minutes_also_when_it_is_resumed() {
    const MARGIN: f64 = 0.15;
    let home = tempfile::tempdir().expect("a folder");
    let plan = plan(
        "iterations = 5\nopponents = [{ name = \"conceder\" }]\n\
         [rollout]\nproducts = 16\ngroup = 16\nrounds = 4\n\
         [objective]\nestimator = \"dr_grpo\"\n[learning]\nrate = 4e-4\nwarmup = 1\nfloor = 1.0\n",
    );
    let exam = rl::exam::exams(&plan).remove(0);
    let strange = own_catalogue(SEED).into_iter().filter(|item| item.split == Split::Test);
    let strange: Vec<Deal> = strange
        .map(|item| Deal { product: item.product, budget: item.budget, cost: item.cost })
        .collect();
    let reward = |run: &mut Run| {
        let told = &mut |_, _, _| true;
        let sat = run.examine(&exam, None, &strange, 2, &mut Nobody, told);
        let sat = sat.expect("it fits").expect("nobody stopped it");
        let rewards = sat.iter().filter_map(|(_, p)| score(&p.episode, Role::Buyer, &plan.reward));
        rewards.sum::<f64>() / sat.len() as f64
    };
    let mut run = self::run(&plan, home.path());
    let before = reward(&mut run);
    for _ in 0..3 {
        iterate(&mut run);
    }
    run.keep().expect("writable");
    drop(run);
    let mut run = self::run(&plan, home.path());
    assert_eq!(run.iteration(), 3);
    while !run.is_over() {
        iterate(&mut run);
    }
    let after = reward(&mut run);
    println!("{before:.3} before, {after:.3} after");
    assert!(after > before + MARGIN, "{before} before, {after} after");
}
