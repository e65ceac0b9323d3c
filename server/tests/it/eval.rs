//! Evaluations: the same episodes whatever the concurrency or an interruption, and figures that are those of
//! the stored episodes.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use catalogue::{SEED, own_catalogue};
use policy::{Boundary, Fault};
use rules::metrics::{Clustering, Facts, Observation};
use rules::reward::{RewardSpec, score};
use rules::statistics::Bootstrap;
use rules::{Act, Episode, Event, Move, Outcome, Role};
use serde_json::{Value, json};
use server::eval::{Evaluation, Settings, report};
use server::roster::{Answer, Breakdown, Hear, Question, Roster, Thinker};
use store::cluster::Ephemeral;
use store::{CallOutcome, Evaluated, NewCall, NewProduct, Split, Store};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wire::{NegotiatorCard, NegotiatorKind, NegotiatorName, ProductId};

/// A store with eight products of the own catalogue to be tested on, and one to train on.
async fn stocked() -> Store {
    let options = Ephemeral::shared().await.database().await.unwrap();
    let store = Store::connect(options, 8).await.unwrap();
    let items = own_catalogue(SEED).into_iter().take(9).enumerate();
    let products: Vec<NewProduct> = items
        .map(|(n, item)| NewProduct {
            product: item.product,
            persona: item.persona,
            budget: item.budget,
            cost: item.cost,
            split: if n < 8 { Split::Test } else { Split::Train },
            history: Vec::new(),
            picture: "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned(),
        })
        .collect();
    store.products_replace("souk", &products, &json!({})).await.unwrap();
    store
}

async fn settings(store: &Store, buyer: &str, seller: &str) -> Settings {
    let products = store.evaluation_products(Some(Split::Test)).await.unwrap();
    Settings { rollouts: 2, ..Settings::paper(buyer, seller, 5, products) }
}

async fn begin(store: &Store, buyer: &str, seller: &str) -> Evaluation {
    let settings = settings(store, buyer, seller).await;
    let command = "souk eval".to_owned();
    Evaluation::begin(store, settings, Some(Split::Test), command).await.unwrap()
}

async fn played(evaluation: &Evaluation, store: &Store, roster: &Roster, at_once: usize) {
    let stop = CancellationToken::new();
    assert!(evaluation.play(store, roster, at_once, &stop, |_| ()).await.unwrap());
}

/// What happened, but for the time at which it did.
fn timeless(episodes: Vec<Evaluated>) -> Vec<(ProductId, u32, Vec<Event>)> {
    let timeless = |event| match event {
        Event::Opened(opening) => Event::Opened(rules::Opening { started_ms: 0, ..opening }),
        event => event,
    };
    episodes
        .into_iter()
        .map(|e| (e.product, e.rollout, e.events.into_iter().map(timeless).collect()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrency_changes_nothing_and_the_figures_are_the_stored_episodes() {
    let (store, roster) = (stocked().await, Roster::scripted());
    let mut seen = Vec::new();
    for at_once in [1, 8] {
        let evaluation = begin(&store, "tit-for-tat", "persuadable").await;
        played(&evaluation, &store, &roster, at_once).await;
        seen.push((evaluation.id, store.evaluation_episodes(evaluation.id).await.unwrap()));
    }
    let [(id, one), (other_id, eight)] = &seen[..] else { panic!() };
    assert_eq!(one.len(), 16);
    assert_eq!(timeless(one.clone()), timeless(eight.clone()));
    let seeds = one.iter().map(|e| Episode::replay(&e.events).unwrap().seed);
    assert_eq!(seeds.collect::<std::collections::BTreeSet<_>>().len(), 16);

    // The row is the one that anybody computes from the events.
    let mut observations = Vec::new();
    for stored in one {
        let row = store.episode_find(stored.id).await.unwrap();
        let envelopes = store.events_after(stored.id, 0, 1_000).await.unwrap();
        let episode = Episode::replay(envelopes.iter().map(|e| &e.event)).unwrap();
        assert_eq!(row.outcome, episode.outcome());
        let scores = row.scores.unwrap().value;
        for role in Role::BOTH {
            assert_eq!(*scores.get(role), score(&episode, role, &RewardSpec::PAPER));
        }
        assert_eq!((row.seq, row.ended_ms.is_some()), (envelopes.len() as i64, true));
        assert_eq!(row.scenario.regulation, Some(rules::Regulation::CounterAtFloor));
        let markers = policy::markers();
        observations.push(Observation {
            facts: Facts::of(&episode, &RewardSpec::PAPER, &markers),
            product: row.product.0,
            participant: None,
        });
    }
    let told = report(&store, *id, &Role::BOTH).await.unwrap();
    assert_eq!((told.finished, told.failed, told.planned), (16, 0, 16));
    for side in &told.sides {
        let bootstrap = Bootstrap::seeded(5);
        let rows =
            rules::metrics::report(&observations, side.role, Clustering::Product, &bootstrap);
        assert_eq!(side.rows, rows);
        assert!(rows.iter().any(|row| row.estimate.interval.is_some()));
    }
    let other = report(&store, *other_id, &Role::BOTH).await.unwrap();
    assert_eq!(told.sides, other.sides);
    let row = store.evaluation_find(*id).await.unwrap();
    assert_eq!((row.counts, row.ended_ms.is_some()), (Some((16, 0)), true));
    let text = told.to_string();
    for words in ["tit-for-tat buys from persuadable", "bargained_ratio", "MI: B > C", "16 of 16"] {
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_goes_on_where_it_was() {
    let (store, roster) = (stocked().await, Roster::scripted());
    let whole = begin(&store, "linear", "regulated").await;
    played(&whole, &store, &roster, 4).await;
    let cut = begin(&store, "linear", "regulated").await;
    let stop = CancellationToken::new();
    let halt = |standing: server::eval::Standing| {
        if standing.done == 5 {
            stop.cancel();
        }
    };
    assert!(!cut.play(&store, &roster, 2, &stop, halt).await.unwrap(), "stopped");
    let done = store.evaluation_done(cut.id).await.unwrap().len();
    assert!((5..16).contains(&done), "{done}");
    assert_eq!(store.evaluation_find(cut.id).await.unwrap().ended_ms, None);

    let found = Evaluation::find(&store, cut.id).await.unwrap();
    assert_eq!(found.settings, cut.settings);
    let mut first = None;
    let told = |standing: server::eval::Standing| {
        first.get_or_insert(standing.done);
    };
    assert!(found.play(&store, &roster, 8, &CancellationToken::new(), told).await.unwrap());
    assert!(first.unwrap() as usize >= done, "nothing was played twice");
    let (cut, whole) = (
        store.evaluation_episodes(cut.id).await.unwrap(),
        store.evaluation_episodes(whole.id).await.unwrap(),
    );
    assert_eq!(timeless(cut), timeless(whole));
}

/// A model that breaks down at its first questions.
struct Flaky {
    /// Questions that it does not survive.
    breaks: usize,
    asked: AtomicUsize,
}

const FLAKY: &str = "flaky";

#[async_trait]
impl Thinker for Flaky {
    fn card(&self) -> NegotiatorCard {
        NegotiatorCard {
            name: NegotiatorName(FLAKY.to_owned()),
            title: "Flaky".to_owned(),
            summary: "Breaks down.".to_owned(),
            kind: NegotiatorKind::Model,
            roles: Role::BOTH.to_vec(),
        }
    }

    fn is_guarded(&self) -> bool {
        true
    }

    fn warm(&self) {}

    async fn think(&self, question: &Question, _: Hear) -> Answer {
        let breaks = self.asked.fetch_add(1, Ordering::SeqCst) < self.breaks;
        let outcome = if breaks { CallOutcome::Engine } else { CallOutcome::Ok };
        let call = NewCall {
            id: Uuid::now_v7(),
            role: question.view.role,
            turn: question.view.table.turns.len() as u32,
            attempt: 0,
            model: FLAKY.to_owned(),
            checkpoint: None,
            prompt: Vec::new(),
            output: String::new(),
            prompt_tokens: 1,
            completion_tokens: 2,
            tokens: Vec::new(),
            queue_ms: 0,
            first_token_ms: 1,
            total_ms: 3,
            sampling: wire::Sampling { temperature: 1.0, top_k: None, top_p: None, max_tokens: 9 },
            seed: question.seed,
            constrained: false,
            outcome,
            error: breaks.then(|| ("gone".to_owned(), "the wire is cut".to_owned())),
            fallback: false,
            cost_microdollars: None,
        };
        let fault = Fault::new(Boundary::Engine, "the wire is cut");
        let mv = match breaks {
            true => Err(Breakdown { code: "gone".to_owned(), fault }),
            false => Ok(Move::new(format!("\0 {} is my limit.", question.view.limit), Act::Reject)),
        };
        Answer { mv, calls: vec![call] }
    }

    fn unfinished(&self, _: &Question, _: String, _: Duration) -> NewCall {
        unreachable!("nobody leaves an evaluation")
    }
}

fn flaky(breaks: usize) -> Roster {
    Roster::scripted().with(Arc::new(Flaky { breaks, asked: AtomicUsize::new(0) }))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_machinery_fails_is_tried_again_and_never_scored() {
    let store = stocked().await;
    let evaluation = begin(&store, FLAKY, "regulated").await;
    played(&evaluation, &store, &flaky(2), 1).await;
    let told = report(&store, evaluation.id, &[Role::Buyer]).await.unwrap();
    assert_eq!((told.finished, told.failed), (16, 2));
    let row = store.evaluation_find(evaluation.id).await.unwrap();
    assert_eq!(row.counts, Some((16, 2)));
    let mut failures = 0;
    for stored in store.evaluation_episodes(evaluation.id).await.unwrap() {
        let row = store.episode_find(stored.id).await.unwrap();
        let calls = store.llm_calls_of(stored.id).await.unwrap();
        if row.outcome == Some(Outcome::EngineFailure) {
            failures += 1;
            assert_eq!(row.scores.unwrap().value.buyer, None);
            assert_eq!(row.failing.unwrap().code, "gone");
            assert_eq!((calls.len(), calls[0].outcome.as_str()), (1, "engine"));
        } else {
            assert_eq!(calls.len(), 6, "six rounds of rejections");
            let redacted = |event: &&Event| matches!(event, Event::Redacted { .. });
            assert_eq!(stored.events.iter().filter(redacted).count(), 6);
        }
    }
    assert_eq!(failures, 2);
    let calls = told.calls[0];
    assert_eq!((calls.role, calls.moves, calls.at_first), (Role::Buyer, 96, 96));
    assert_eq!((calls.completion_tokens, calls.fallbacks), (192, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn hopeless_negotiators_end_it_and_better_ones_go_on() {
    let store = stocked().await;
    let evaluation = begin(&store, "linear", FLAKY).await;
    let stop = CancellationToken::new();
    let ended = evaluation.play(&store, &flaky(usize::MAX), 2, &stop, |_| ()).await;
    let why = format!("{:#}", ended.unwrap_err());
    assert!(why.contains("in a row") && why.contains("the wire is cut"), "{why}");
    assert!(store.evaluation_done(evaluation.id).await.unwrap().is_empty());
    let before = report(&store, evaluation.id, &Role::BOTH).await.unwrap();
    assert_eq!(before.finished, 0);
    assert!(before.sides.iter().all(|side| side.rows.iter().all(|row| row.estimate.n == 0)));
    played(&evaluation, &store, &flaky(0), 2).await;
    let after = report(&store, evaluation.id, &[Role::Seller]).await.unwrap();
    assert_eq!((after.finished, after.failed), (16, before.failed));
}

/// The real program on a private PostgreSQL.
#[test]
fn the_command_prints_every_metric_and_refuses_what_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    // As root, PostgreSQL runs as another user, who must be able to enter.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let json = folder.path().join("figures.json");
    let souk = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_souk"));
        for (name, _) in std::env::vars() {
            if name.starts_with("SOUK_") || name == "DATABASE_URL" {
                command.env_remove(name);
            }
        }
        command.args(args).env("SOUK_DATA", folder.path().join("data")).env("SOUK_MODELS", "none");
        command.output().unwrap()
    };
    let eval = ["eval", "--seller", "regulated", "--products", "3", "--rollouts", "2"];
    let unknown = souk(&[&eval[..], &["--buyer", "nobody"]].concat());
    assert!(!unknown.status.success());
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert!(said.contains("no negotiator nobody") && said.contains("boulware"), "{said}");
    assert!(!folder.path().join("data").exists(), "said before a database was started");

    let file = json.to_str().unwrap();
    let out =
        souk(&[&eval[..], &["--buyer", "boulware", "--side", "both", "--json", file]].concat());
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.success(), "{said}");
    let table = String::from_utf8(out.stdout).unwrap();
    for words in ["buyer (boulware)", "seller (regulated)", "6 of 6 episodes", "deal_rate"] {
        assert!(table.contains(words), "{table}");
    }
    let figures: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(figures["sides"][0]["rows"].as_array().unwrap().len(), 22 * 8);
    assert!(figures["command"].as_str().unwrap().contains("--buyer boulware"));
    // Resumed when nothing is left, it tells the same.
    let id = figures["evaluation"].as_str().unwrap();
    let again = souk(&["eval", "--resume", id, "--side", "both"]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), table);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_stored_together_as_one_by_one() {
    let (store, roster) = (stocked().await, Roster::scripted());
    let begin = async |rollouts| {
        let settings = Settings { rollouts, ..settings(&store, "linear", "regulated").await };
        Evaluation::begin(&store, settings, None, "a test".to_owned()).await.unwrap()
    };
    let (few, many) = (begin(2).await, begin(40).await);
    played(&few, &store, &roster, 8).await;
    played(&many, &store, &roster, 1).await;
    let few = store.evaluation_episodes(few.id).await.unwrap();
    let same = |rollout: u32| rollout < 2;
    let mut many = store.evaluation_episodes(many.id).await.unwrap();
    assert_eq!(many.len(), 20 * few.len());
    many.retain(|episode| same(episode.rollout));
    let rows = async |episodes: &[store::Evaluated]| {
        let mut rows = Vec::new();
        for episode in episodes {
            let row = store.episode_find(episode.id).await.unwrap();
            rows.push((row.outcome, row.scores, row.moves, row.last_act, row.scenario, row.seats));
        }
        rows
    };
    assert_eq!(rows(&many).await, rows(&few).await);
    assert_eq!(timeless(many), timeless(few));
}
