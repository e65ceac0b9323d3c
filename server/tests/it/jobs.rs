//! What a training job asks and tells, by the token of its run.

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::config::{Config, RaySettings};
use server::roster::Roster;
use server::training::ground::run_folder;
use server::training::job::program::{self, Order};
use server::training::job::spec::listing;
use server::training::queue;
use server::training::worker::Worker;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wire::{NewRun, RunCommand, RunHead, RunId, RunPlace, RunStatus};

use crate::training::products;
use crate::world::{Client, World};

const LEASE: Duration = Duration::from_secs(60);
pub const TINY: &str = "iterations = 2\n[rollout]\nproducts = 2\ngroup = 3\n[keep]\nevery = 1\n\
    [evaluation]\ntimes = 1\nagainst = [{ name = \"persuadable\" }]\n";

pub struct Shop {
    pub world: World,
    pub roster: Roster,
    pub data: std::path::PathBuf,
}

pub fn models() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/models.toml").display().to_string()
}

/// A cluster that nobody asks.
pub fn nowhere() -> RaySettings {
    RaySettings {
        address: "http://127.0.0.1:9".to_owned(),
        token: None,
        entrypoint: "false".to_owned(),
        trl_entrypoint: "false".to_owned(),
        gpus: 0,
        souk: "http://127.0.0.1:9".to_owned(),
        patience: Duration::from_secs(5),
    }
}

impl Shop {
    pub async fn new() -> Shop {
        let mut data = None;
        let models = models();
        let vars = [("SOUK_MODELS", models.as_str())];
        let world = World::tuned_with(&vars, |config: &mut Config| {
            data = Some(config.data.clone());
            (config.rate_per_second, config.rate_burst) = (10_000, 10_000);
        })
        .await;
        world.store.products_replace("souk", &products(), &json!({})).await.unwrap();
        let config = Config::from_vars([("SOUK_MODELS".to_owned(), models)]).unwrap();
        Shop { world, roster: Roster::open(&config).unwrap(), data: data.unwrap() }
    }

    pub async fn start(&self, settings: &str, place: RunPlace) -> RunId {
        let new = NewRun {
            preset: "laptop".into(),
            label: "of a test".into(),
            settings: settings.into(),
            place,
        };
        let ray = nowhere();
        queue::start(&self.world.store, &self.roster, Some(&ray), None, new).await.unwrap()
    }

    /// A run that is a job.
    async fn job(&self, settings: &str) -> (RunId, Client) {
        let (id, token) = self.token(settings).await;
        (id, Client::with_key(&self.world.base, &token))
    }

    pub async fn token(&self, settings: &str) -> (RunId, String) {
        self.token_at(settings, RunPlace::Ray).await
    }

    /// A worker beside the server does what there is to do.
    pub async fn work(&self) {
        let data = self.data.display().to_string();
        let vars = [("SOUK_DATA".to_owned(), data), ("SOUK_MODELS".to_owned(), models())];
        let config = Config::from_vars(vars).unwrap();
        Worker::new(self.world.store.clone(), self.roster.clone(), &config)
            .work(true, &CancellationToken::new())
            .await
            .unwrap();
    }

    async fn token_at(&self, settings: &str, place: RunPlace) -> (RunId, String) {
        let id = self.start(settings, place).await;
        let owner = Uuid::new_v4();
        assert!(self.world.store.run_claim(owner, LEASE, false).await.unwrap().is_none());
        let claimed = self.world.store.run_claim(owner, LEASE, true).await.unwrap().unwrap();
        assert_eq!((claimed.id, claimed.place), (id, place));
        let (_, token) = self.world.store.job_create(id, owner).await.unwrap().unwrap();
        (id, token.reveal().to_owned())
    }

    pub async fn head(&self, id: RunId) -> RunHead {
        queue::head(&self.world.store, id).await.unwrap()
    }
}

async fn tell(client: &Client, run: RunId, lines: &[Value]) -> (StatusCode, Value) {
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let path = format!("/api/v1/jobs/{run}/lines");
    let (status, text) = client.ask(client.request(Method::POST, &path).body(body)).await;
    (status, serde_json::from_str(&text).unwrap())
}

async fn put(client: &Client, run: RunId, name: &str, bytes: Vec<u8>) -> StatusCode {
    let path = format!("/api/v1/jobs/{run}/files/1/{name}");
    client.ask(client.request(Method::PUT, &path).body(bytes)).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn souks_own_trainer_is_a_job_and_comes_to_what_it_comes_to_here() {
    let shop = Shop::new().await;
    let (id, token) = shop.token(TINY).await;
    let folder = tempfile::tempdir().unwrap();
    let order = |token: &str| Order {
        run: id.to_string(),
        souk: shop.world.base.clone(),
        token: token.to_owned(),
        folder: folder.path().to_owned(),
    };
    let alone = Config::from_vars([("SOUK_MODELS".to_owned(), "none".to_owned())]).unwrap();
    let roster = Roster::open(&alone).unwrap();
    program::work(order(&token), roster.clone(), &CancellationToken::new()).await.unwrap();
    let head = shop.head(id).await;
    assert_eq!((head.status, head.iteration), (RunStatus::Done, 2), "{:?}", head.failure);
    let refused = program::work(order(&token), roster, &CancellationToken::new()).await;
    assert!(refused.unwrap_err().to_string().contains("401"), "its token is nobody's now");

    // The same run by a worker of this machine.
    let here = shop.start(TINY, RunPlace::Here).await;
    shop.work().await;
    let weights = |id: RunId| {
        std::fs::read(run_folder(&shop.data, id).join("model-2/model.safetensors")).unwrap()
    };
    assert!(weights(id) == weights(here), "the weights differ");
    let store = &shop.world.store;
    let (a, b) = (
        store.training_series(id, 0).await.unwrap(),
        store.training_series(here, 0).await.unwrap(),
    );
    for (a, b) in a.iter().zip(&b) {
        for name in ["reward", "entropy", "kl", "deal_rate"] {
            assert_eq!(a.metrics[name], b.metrics[name], "{name}");
        }
        let keys =
            |metrics: &Value| metrics.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&a.metrics), keys(&b.metrics));
    }
    let (a, b) = (
        store.training_evaluations(id, true).await.unwrap(),
        store.training_evaluations(here, true).await.unwrap(),
    );
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(&b).all(|(a, b)| a.figures == b.figures && a.baseline == b.baseline));
    let (a, b) = (
        store.rollout_group(id, 2, 0).await.unwrap(),
        store.rollout_group(here, 2, 0).await.unwrap(),
    );
    assert!(a.iter().zip(&b).all(|(a, b)| a.trace == b.trace && a.reward == b.reward));
    assert_eq!(store.checkpoint_list(Some(id)).await.unwrap().len(), 2);
    assert!(
        store.run_log(id).await.unwrap().iter().any(|line| line.line == "All iterations are done.")
    );
    shop.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jobs_token_opens_its_run_and_nothing_else() {
    let shop = Shop::new().await;
    let (id, job) = shop.job(TINY).await;
    let (other, stranger) = shop.job(TINY).await;
    let spec: Value = job.fetch(&format!("/api/v1/jobs/{id}")).await;
    assert_eq!((&spec["engine"], &spec["iteration"]), (&json!("souk"), &json!(0)));
    assert_eq!(
        (spec["train"].as_array().unwrap().len(), spec["test"].as_array().unwrap().len()),
        (6, 2)
    );
    let names: Vec<&str> =
        spec["base"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"config.json") && names.contains(&"model.safetensors"), "{names:?}");
    let (status, _) = job.get(&format!("/api/v1/jobs/{id}/base/config.json")).await;
    assert_eq!(status, StatusCode::OK);
    for path in [
        format!("/api/v1/jobs/{id}/base/..%2Fmodels.toml"),
        format!("/api/v1/jobs/{id}/base/check.json.bak"),
    ] {
        assert_eq!(job.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let visitor = shop.world.client();
    for client in [&stranger, &visitor] {
        assert_eq!(client.get(&format!("/api/v1/jobs/{id}")).await.0, StatusCode::FORBIDDEN);
        assert_eq!(
            client.get(&format!("/api/v1/jobs/{id}/base/config.json")).await.0,
            StatusCode::FORBIDDEN
        );
        assert_eq!(put(client, id, "config.json", b"{}".to_vec()).await, StatusCode::FORBIDDEN);
        assert_eq!(
            tell(client, id, &[json!({"kind": "end", "code": null, "sentence": null})]).await.0,
            StatusCode::FORBIDDEN
        );
    }
    for path in ["/api/v1/training/runs", "/api/v1/keys", "/v1/models"] {
        let (status, _) = job.get(path).await;
        assert!(
            matches!(status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED),
            "{path} {status}"
        );
    }
    for name in ["..%2Fx.json", "model.bin", ".json", "x.py"] {
        assert_eq!(
            put(&job, id, name, b"x".to_vec()).await,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name}"
        );
    }
    let (status, said) = tell(&job, id, &[json!({"kind": "dance"})]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
    let (status, word) =
        tell(&job, id, &[json!({"kind": "at", "stage": "update", "left_ms": 5000})]).await;
    assert_eq!((status, word), (StatusCode::OK, json!({"word": "on"})));
    let head = shop.head(id).await;
    assert_eq!((head.stage.as_deref(), head.left_ms), (Some("update"), Some(5000)));
    // What was asked for on the run's page, the job is told.
    shop.world.store.run_ask(id, RunCommand::Pause).await.unwrap();
    let (_, word) = tell(&job, id, &[json!({"kind": "log", "line": "hello"})]).await;
    assert_eq!(word, json!({"word": "pause"}));
    let end = json!({"kind": "end", "code": null, "sentence": null});
    tell(&job, id, &[end]).await;
    assert_eq!(shop.head(id).await.status, RunStatus::Paused);
    assert_eq!(job.get(&format!("/api/v1/jobs/{id}")).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(shop.head(other).await.status, RunStatus::Running);
    shop.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_so_ends_the_run_with_its_cause() {
    let shop = Shop::new().await;
    // A checkpoint that came broken.
    let (id, job) = shop.job(TINY).await;
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/demo");
    let files = listing(&demo).unwrap();
    for file in &files {
        let mut bytes = std::fs::read(demo.join(&file.name)).unwrap();
        if file.name == "model.safetensors" {
            bytes[100_000] ^= 1;
        }
        assert_eq!(put(&job, id, &file.name, bytes).await, StatusCode::NO_CONTENT);
    }
    let line = json!({"kind": "checkpoint", "iteration": 1, "reward": 0.1, "files": files});
    let (status, said) = tell(&job, id, &[line]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
    let failure = shop.head(id).await.failure.unwrap();
    assert_eq!(failure.code, "corrupt");
    assert!(failure.sentence.contains("model.safetensors is another file"), "{failure:?}");
    assert!(shop.world.store.checkpoint_list(Some(id)).await.unwrap().is_empty());

    // Whole files that are no weights of this model.
    let (id, job) = shop.job(TINY).await;
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("config.json"), "{}").unwrap();
    std::fs::write(folder.path().join("model.safetensors"), [0; 64]).unwrap();
    let files = listing(folder.path()).unwrap();
    for file in &files {
        put(&job, id, &file.name, std::fs::read(folder.path().join(&file.name)).unwrap()).await;
    }
    let line = json!({"kind": "checkpoint", "iteration": 1, "reward": null, "files": files});
    assert_eq!(tell(&job, id, &[line]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(shop.head(id).await.failure.unwrap().code, "corrupt");

    // A reward that its events do not come to.
    let (id, job) = shop.job(TINY).await;
    let scenario = testkit::scenario().build();
    let mut events = rules::open(&scenario, rules::Millis(5));
    let mut episode = rules::Episode::start(&scenario, rules::Millis(5));
    let quit = rules::Move::new("No.", rules::Act::Offer(testkit::usd("30")));
    let deal = rules::Move::new("Yes.", rules::Act::Accept(testkit::usd("30")));
    for (by, mv) in [(rules::Role::Buyer, quit), (rules::Role::Seller, deal)] {
        let more = rules::apply(&episode, by, mv, rules::Millis(6)).unwrap();
        episode.absorb_all(&more);
        events.extend(more);
    }
    let due = rules::reward::score(&episode, rules::Role::Buyer, &rules::reward::RewardSpec::PAPER);
    let product = products()[0].product.codename.clone();
    let line = |reward: f64, number: u32| {
        json!({"kind": "iteration", "number": number, "took_ms": 1000, "metrics": {"reward": reward},
            "rollouts": [{"group": 0, "member": 0, "opponent": "persuadable",
                "product": format!("souk.{product}"), "scenario": scenario, "events": events,
                "sides": [{"role": "buyer", "reward": reward, "advantage": 0.0, "truncated": false,
                    "ids": [1, 2], "own": [false, true], "logp": [-0.5], "entropy": []}]}]})
    };
    let (status, said) = tell(&job, id, &[line(due.unwrap(), 1)]).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    assert_eq!(shop.head(id).await.iteration, 1);
    let (status, said) = tell(&job, id, &[line(due.unwrap() + 0.25, 2)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said["detail"].as_str().unwrap().contains("its events do not come to"), "{said}");
    let head = shop.head(id).await;
    assert_eq!((head.status, head.iteration), (RunStatus::Failed, 1));
    shop.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_job_plays_at_the_environment_is_its_runs() {
    let shop = Shop::new().await;
    let (id, job) = shop.job(TINY).await;
    let reset = json!({"seed": 3, "role": "buyer", "opponent": "persuadable", "split": "train"});
    let (status, text) = job.post("/env/reset", reset).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let told: Value = serde_json::from_str(&text).unwrap();
    let episode: wire::EpisodeId =
        told["observation"]["episode"].as_str().unwrap().parse().unwrap();
    let line = |episode: wire::EpisodeId| {
        json!({"kind": "iteration", "number": 1, "took_ms": 1, "metrics": {},
            "rollouts": [{"group": 0, "member": 0, "opponent": "persuadable", "episode": episode,
                "sides": [{"role": "buyer", "reward": -1.0, "advantage": 0.5, "truncated": false,
                    "ids": [1], "own": [true], "logp": [-0.5]}]}]})
    };
    let step = json!({"action": {"text": "I have no idea."}});
    let (status, text) = job.post("/env/step", step).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let (status, said) = tell(&job, id, &[line(episode)]).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let group = shop.world.store.rollout_group(id, 1, 0).await.unwrap();
    assert_eq!((group.len(), group[0].episode), (1, episode));
    // It is in no list of the market's.
    let hits: Value = shop.world.client().fetch("/api/v1/episodes").await;
    assert!(!hits.to_string().contains(&episode.to_string()));
    shop.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exams_that_a_job_does_not_play_are_played_here() {
    let shop = Shop::new().await;
    let (id, token) = shop.token_at(TINY, RunPlace::RayTrl).await;
    let job = Client::with_key(&shop.world.base, &token);
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/demo");
    let files: Vec<_> =
        listing(&demo).unwrap().into_iter().filter(|f| f.name != "check.json").collect();
    for file in &files {
        let bytes = std::fs::read(demo.join(&file.name)).unwrap();
        assert_eq!(put(&job, id, &file.name, bytes).await, StatusCode::NO_CONTENT);
    }
    let line = json!({"kind": "checkpoint", "iteration": 1, "reward": 0.1, "files": files});
    let (status, said) = tell(&job, id, &[line]).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    shop.work().await;
    let all = shop.world.store.training_evaluations(id, true).await.unwrap();
    let own: Vec<_> = all.iter().filter(|row| row.baseline.is_none()).collect();
    assert_eq!(
        own.iter().map(|row| (row.iteration, row.episodes)).collect::<Vec<_>>(),
        [(0, 2), (1, 2)]
    );
    assert!(own[0].figures == own[1].figures, "the same weights and seeds");
    assert!(all.iter().any(|row| row.baseline.as_deref() == Some("og-narrator")));
    // Once.
    shop.work().await;
    assert_eq!(shop.world.store.training_evaluations(id, true).await.unwrap().len(), all.len());
    shop.world.stop().await;
}
