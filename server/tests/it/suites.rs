//! Suites: queued, played by a worker, gone on with, and told.

use std::path::Path;

use catalogue::{SEED, own_catalogue};
use rules::Role;
use serde_json::json;
use server::config::Config;
use server::eval::suite::{self, Refused};
use server::eval::{estimate, plan::Plan, show};
use server::roster::Roster;
use server::training::worker::Worker;
use store::cluster::Ephemeral;
use store::{NewProduct, Split, Store};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wire::{NewSuite, RunCommand, RunStatus, SuiteId};

pub async fn stocked() -> Store {
    let options = Ephemeral::shared().await.database().await.unwrap();
    let store = Store::connect(options, 8).await.unwrap();
    let items = own_catalogue(SEED).into_iter().take(6);
    let products: Vec<NewProduct> = items
        .map(|item| NewProduct {
            product: item.product,
            persona: item.persona,
            budget: item.budget,
            cost: item.cost,
            split: Split::Test,
            history: Vec::new(),
            picture: "<svg/>".to_owned(),
        })
        .collect();
    store.products_replace("souk", &products, &json!({})).await.unwrap();
    store
}

fn config(data: &Path) -> Config {
    let vars = [("SOUK_DATA".to_owned(), data.to_str().unwrap().to_owned())];
    Config::from_vars(vars).unwrap()
}

async fn start(store: &Store, plan: &str, settings: &str) -> Result<SuiteId, Refused> {
    let new = NewSuite { plan: plan.into(), label: String::new(), settings: settings.into() };
    suite::start(store, &Roster::scripted(), None, new, "a test").await
}

pub const SCRIPTS: &str = "measured = [\"linear\", \"boulware\"]\nproducts = 5\nrollouts = 2\n\
    against = [{ name = \"persuadable\", personas = [\"neutral\", \"insulting\"] }]";

/// A suite that a worker played to its end.
pub async fn played(store: &Store, settings: &str) -> SuiteId {
    let data = tempfile::tempdir().unwrap();
    let id = start(store, "custom", settings).await.unwrap();
    let worker = Worker::new(store.clone(), Roster::scripted(), &config(data.path()));
    worker.work(true, &CancellationToken::new()).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_is_played_by_a_worker_and_tells_who_is_better() {
    let (store, data) = (stocked().await, tempfile::tempdir().unwrap());
    let id = start(&store, "custom", SCRIPTS).await.unwrap();
    let queued = show::head(store.suite_find(id).await.unwrap());
    assert_eq!((queued.status, queued.done, queued.of), (RunStatus::Queued, 0, 40));
    let worker = Worker::new(store.clone(), Roster::scripted(), &config(data.path()));
    worker.work(true, &CancellationToken::new()).await.unwrap();
    let page = show::page(&store, id).await.unwrap();
    assert_eq!((page.head.status, page.head.done), (RunStatus::Done, 40));
    assert_eq!(page.cells.len(), 4);
    for cell in &page.cells {
        assert_eq!((cell.role, cell.done, cell.of), (Role::Buyer, 10, 10));
        assert!(cell.figures["reward"].low.is_some());
    }
    // Measured once, and kept: also where another look comes at the same time.
    let kept = store.suite_find(id).await.unwrap().kept.unwrap();
    assert_eq!(kept.done, 40);
    let [again, once_more] =
        [show::page(&store, id).await.unwrap(), show::page(&store, id).await.unwrap()];
    assert_eq!((again.cells.len(), &again), (page.cells.len(), &once_more));
    let parts: Vec<&str> = page.cells[0].slices.iter().map(|part| part.name.as_str()).collect();
    assert!(parts.contains(&"mutual") && parts.contains(&"price_5"), "{parts:?}");
    let [one] = &page.differences[..] else { panic!("{:?}", page.differences) };
    assert_eq!(one.products, 5);
    assert!((0.0..=1.0).contains(&one.p) && one.p_adjusted == one.p);
    // The difference is that of the two means over all opponents.
    let mean = |name: &str| {
        let own = page.cells.iter().filter(|cell| cell.negotiator.0 == name);
        let all: Vec<f64> = own.map(|cell| cell.figures["reward"].value.unwrap()).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let told = one.reward.value.unwrap();
    assert!((mean(&one.better.0) - mean(&one.worse.0) - told).abs() < 1e-9);
    let text = show::table(&page);
    for words in ["linear", "persuadable (insulting)", "40 of 40", "among 1 comparisons"] {
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_against_everybody_with_and_without_gains() {
    let (store, data) = (stocked().await, tempfile::tempdir().unwrap());
    let over = "measured = [\"linear\", \"conceder\"]\nproducts = 6\nrollouts = 4";
    let id = start(&store, "bilateral-trade", over).await.unwrap();
    let worker = Worker::new(store.clone(), Roster::scripted(), &config(data.path()));
    worker.work(true, &CancellationToken::new()).await.unwrap();
    let page = show::page(&store, id).await.unwrap();
    // Two buyers, two sellers: each pair is seen from both sides.
    assert_eq!((page.head.of, page.cells.len()), (2 * 2 * 24, 8));
    assert!(page.cells.iter().any(|cell| cell.role == Role::Seller));
    let infeasible = page.cells.iter().all(|c| c.figures["infeasible_agreement"].value.is_some());
    assert!(infeasible, "a third of the episodes has no gains from trade");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_done_and_nothing_is_played_twice() {
    let (store, data) = (stocked().await, tempfile::tempdir().unwrap());
    let id = start(&store, "custom", SCRIPTS).await.unwrap();
    store.suite_ask(id, RunCommand::Pause).await.unwrap();
    assert_eq!(store.suite_find(id).await.unwrap().status, RunStatus::Paused);
    let refused = store.suite_ask(id, RunCommand::Pause).await.unwrap_err();
    assert_eq!(refused.constraint(), Some("run_takes_no_such_command"));
    store.suite_ask(id, RunCommand::Resume).await.unwrap();

    // A worker that dies in the middle: its lease runs out, and another one goes on.
    let owner = Uuid::new_v4();
    let lease = std::time::Duration::from_millis(1);
    let claimed = store.suite_claim(owner, lease).await.unwrap().unwrap();
    assert_eq!((claimed.id, claimed.attempts), (id, 1));
    let pairs = store.suite_evaluations(id).await.unwrap();
    let first = server::eval::Evaluation::find(&store, pairs[0]).await.unwrap();
    let stop = CancellationToken::new();
    first.play(&store, &Roster::scripted(), 2, &stop, |_| ()).await.unwrap();
    let before = store.evaluation_episodes(pairs[0]).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;

    let worker = Worker::new(store.clone(), Roster::scripted(), &config(data.path()));
    worker.work(true, &CancellationToken::new()).await.unwrap();
    let row = store.suite_find(id).await.unwrap();
    assert_eq!((row.status, row.done, row.planned), (RunStatus::Done, 40, 40));
    assert_eq!(store.evaluation_episodes(pairs[0]).await.unwrap(), before);
    // Who lost it cannot settle it.
    assert!(!store.suite_settle(id, owner, &store::RunEnd::Cancelled).await.unwrap());
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_what_can_is_weighed() {
    let store = stocked().await;
    for (settings, words) in [
        ("measured = [\"nemo\"]", "no negotiator `nemo`"),
        ("measured = [\"linear\"]\nsplit = \"train\"", "no such products"),
        ("measured = [\"linear\"]\nrounds = 0", "`rounds` is 0"),
    ] {
        let refused = start(&store, "custom", settings).await.unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
    assert!(store.suite_list(10).await.unwrap().is_empty());
    let plan = Plan::of("custom", SCRIPTS).unwrap();
    let told = estimate::estimate(&store, &Roster::scripted(), &plan).await.unwrap();
    assert_eq!((told.cells, told.episodes, told.guessed.len()), (4, 40, 0));
}
