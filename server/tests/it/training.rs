//! Training runs from the queue to a negotiator that plays.

use std::path::{Path, PathBuf};

use catalogue::{SEED, own_catalogue};
use rules::reward::{RewardSpec, score};
use rules::{Episode, Role};
use serde_json::json;
use server::config::Config;
use server::roster::Roster;
use server::training::ground::run_folder;
use server::training::queue::{self, Refused};
use server::training::worker::Worker;
use server::training::{reader, report, show};
use store::cluster::Ephemeral;
use store::{NewProduct, Split, Store};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use wire::{NewRun, Novelty, RunCommand, RunId, RunPlace, RunStatus};

const TINY: &str = "iterations = 2\n[rollout]\nproducts = 2\ngroup = 3\n[keep]\nevery = 1\n";
/// Two opponents to be judged by, or none.
const JUDGED: &str = "[evaluation]\ntimes = 2\n\
    against = [{ name = \"persuadable\" }, { name = \"stubborn-heldout\" }]\n";
const UNJUDGED: &str = "[evaluation]\ntimes = 0\ntimes_between = 0\n";

/// Six to learn from, two to be judged on.
pub fn products() -> Vec<NewProduct> {
    let items = own_catalogue(SEED).into_iter().take(8).enumerate();
    let product = |(n, item): (usize, catalogue::Item)| NewProduct {
        product: item.product,
        persona: item.persona,
        budget: item.budget,
        cost: item.cost,
        split: if n < 6 { Split::Train } else { Split::Test },
        history: Vec::new(),
        picture: "<svg/>".to_owned(),
    };
    items.map(product).collect()
}

struct Lab {
    store: Store,
    roster: Roster,
    config: Config,
    _data: TempDir,
}

impl Lab {
    async fn new() -> Lab {
        let options = Ephemeral::shared().await.database().await.unwrap();
        let store = Store::connect(options, 8).await.unwrap();
        store.products_replace("souk", &products(), &json!({})).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/models.toml");
        let vars = [("SOUK_DATA", data.path()), ("SOUK_MODELS", &models)];
        let vars = vars.map(|(name, path)| (name.to_owned(), path.to_str().unwrap().to_owned()));
        let config = Config::from_vars(vars).unwrap();
        Lab { store, roster: Roster::open(&config).unwrap(), config, _data: data }
    }

    async fn start(&self, settings: &str) -> RunId {
        let new = NewRun {
            preset: "laptop".into(),
            label: "of a test".into(),
            settings: settings.into(),
            place: RunPlace::Here,
        };
        queue::start(&self.store, &self.roster, None, None, new).await.unwrap()
    }

    fn worker(&self) -> Worker {
        Worker::new(self.store.clone(), self.roster.clone(), &self.config)
    }

    async fn work(&self) {
        self.worker().work(true, &CancellationToken::new()).await.unwrap();
    }

    async fn status(&self, id: RunId) -> RunStatus {
        queue::head(&self.store, id).await.unwrap().status
    }

    fn weights(&self, id: RunId, iteration: u32) -> Vec<u8> {
        let folder: PathBuf = run_folder(&self.config.data, id);
        std::fs::read(folder.join(format!("model-{iteration}/model.safetensors"))).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_worked_on_stored_and_its_checkpoint_plays() {
    let lab = Lab::new().await;
    let id = lab.start(&format!("{TINY}{JUDGED}")).await;
    assert_eq!(lab.status(id).await, RunStatus::Queued);
    lab.work().await;
    let row = lab.store.run_find(id).await.unwrap();
    assert_eq!((row.status, row.iteration), (RunStatus::Done, 2), "{:?}", row.failure);
    let page = show::page(&lab.store, row).await.unwrap();
    assert!(page.settings.contains("iterations = 2"));
    assert!(page.command.starts_with("souk train --preset laptop --set 'iterations = 2"));
    let series = show::series(&lab.store.training_series(id, 0).await.unwrap());
    assert_eq!((series.iterations, series.episodes), (vec![1, 2], vec![6, 12]));
    for name in ["reward", "entropy", "kl", "gradient_norm", "memory_mb", "update_s"] {
        assert!(series.columns[name].iter().all(Option::is_some), "{name}");
    }

    // Every rollout is an episode whose reward anybody computes again, and whose tokens can be read.
    let text = reader::of(&lab.roster, "demo");
    for group in lab.store.rollout_groups(id, Some(2), None).await.unwrap() {
        let members = lab.store.rollout_group(id, 2, group.group).await.unwrap();
        assert_eq!(members.len(), 3);
        for member in members {
            let events = lab.store.events_after(member.episode, 0, 1_000).await.unwrap();
            let episode = Episode::replay(events.iter().map(|e| &e.event)).unwrap();
            assert_eq!(member.reward, score(&episode, Role::Buyer, &RewardSpec::PAPER));
            let talk = &episode.table.turns[0].talk;
            let rollout = show::rollout(member, &*text).unwrap();
            let own: String = rollout
                .tokens
                .iter()
                .filter(|token| token.own.is_some())
                .map(|token| token.text.as_str())
                .collect();
            assert!(own.contains("Action: ") && own.contains(talk.trim()), "{own}");
        }
    }

    // Judged on products that it does not learn from, before, between and after.
    let row = lab.store.run_find(id).await.unwrap();
    let report = report::report(&lab.store, row).await.unwrap();
    assert_eq!((report.products, page.evaluated), (2, vec![0, 1, 2]));
    let own = report.evaluations.iter().filter(|row| row.baseline.is_none());
    let told: Vec<_> =
        own.map(|e| (e.iteration, e.against.0.as_str(), e.novelty, e.episodes)).collect();
    let (own, strange) = (Novelty::Counterpart, Novelty::Family);
    let at = |iteration, episodes| {
        [
            (iteration, "persuadable", own, episodes),
            (iteration, "stubborn-heldout", strange, episodes),
        ]
    };
    assert_eq!(told, [at(0, 4), at(1, 2), at(2, 4)].concat());
    let scripts = report.evaluations.iter().filter_map(|row| row.baseline.as_ref());
    assert!(scripts.clone().any(|name| name.0 == "og-narrator") && scripts.count() > 8);
    assert_eq!(report.dialogues.len(), 3, "two products of one opponent, one of the other");
    let (before, after) = (&report.dialogues[0].before, &report.dialogues[0].after);
    for dialogue in [before, after] {
        let events = lab.store.events_after(dialogue.episode, 0, 1_000).await.unwrap();
        let episode = Episode::replay(events.iter().map(|e| &e.event)).unwrap();
        assert_eq!(dialogue.reward, score(&episode, Role::Buyer, &RewardSpec::PAPER));
        assert_eq!(dialogue.turns, episode.table.turns);
    }
    let base = report.evaluations[0].figures["reward"];
    let (low, value, high) = (base.low.unwrap(), base.value.unwrap(), base.high.unwrap());
    assert!(low <= value && value <= high);

    // Published, it can be seated, also by a server that starts later.
    let checkpoints = lab.store.checkpoint_list(Some(id)).await.unwrap();
    assert_eq!(checkpoints.len(), 2);
    let name = wire::NegotiatorName("run-test-2".to_owned());
    lab.store.checkpoint_publish(checkpoints[0].card.id, &name).await.unwrap();
    let published = lab.store.checkpoint_list(None).await.unwrap();
    assert!(lab.roster.find("run-test-2").is_none());
    lab.roster.publish(&lab.config.data, &published[0]).unwrap();
    assert!(lab.roster.find("run-test-2").unwrap().plays(Role::Seller));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_and_resumed_run_comes_to_the_same_weights() {
    let lab = Lab::new().await;
    let settings = format!("{TINY}{UNJUDGED}");
    let whole = lab.start(&settings).await;
    lab.work().await;
    let id = lab.start(&settings).await;
    let watch = async {
        while lab.status(id).await != RunStatus::Running {
            tokio::task::yield_now().await;
        }
        lab.store.run_ask(id, RunCommand::Pause).await.unwrap();
    };
    tokio::join!(lab.work(), watch);
    let head = queue::head(&lab.store, id).await.unwrap();
    assert_eq!((head.status, head.iteration), (RunStatus::Paused, 1));
    lab.store.run_ask(id, RunCommand::Resume).await.unwrap();
    lab.work().await;
    assert_eq!(lab.status(id).await, RunStatus::Done);
    assert!(lab.weights(id, 2) == lab.weights(whole, 2), "the weights differ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_keeps_what_it_had_and_can_be_tried_again() {
    let lab = Lab::new().await;
    let id = lab.start("iterations = 50\n[rollout]\nproducts = 2\ngroup = 2\n").await;
    let watch = async {
        while queue::head(&lab.store, id).await.unwrap().iteration == 0 {
            tokio::task::yield_now().await;
        }
        lab.store.run_ask(id, RunCommand::Cancel).await.unwrap();
    };
    tokio::join!(lab.work(), watch);
    let head = queue::head(&lab.store, id).await.unwrap();
    assert_eq!(head.status, RunStatus::Cancelled);
    assert!((1..50).contains(&head.iteration));
    lab.store.run_ask(id, RunCommand::Retry).await.unwrap();
    assert_eq!(lab.status(id).await, RunStatus::Queued);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_run_is_refused_in_words_or_fails_with_its_cause() {
    let lab = Lab::new().await;
    let refused = |preset: &str, settings: &str| {
        let (preset, settings) = (preset.to_owned(), settings.to_owned());
        let new = NewRun { preset, label: String::new(), settings, place: RunPlace::Here };
        queue::start(&lab.store, &lab.roster, None, None, new)
    };
    let table = [
        ("laptop", "[rollout]\ngrop = 4", "unknown field"),
        ("laptop", "base = \"nowhere\"", "There is no model `nowhere` here"),
        ("laptop", "opponents = [{ name = \"nobody\" }]", "no negotiator `nobody`"),
        ("paper", "", "mixture of experts"),
    ];
    for (preset, settings, expected) in table {
        let error: Refused = refused(preset, settings).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    // A rate at which the numbers leave the machine's range.
    let id = lab.start(&format!("{TINY}[learning]\nrate = 1e38\nwarmup = 0\n")).await;
    lab.work().await;
    let head = queue::head(&lab.store, id).await.unwrap();
    let failure = head.failure.expect("it fails");
    assert_eq!((head.status, failure.code.as_str()), (RunStatus::Failed, "not_finite"));
}
