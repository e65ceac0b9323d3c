//! Training runs as jobs of a real Ray head, and what becomes of them when things break.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rules::reward::{RewardSpec, score};
use rules::{Episode, Role};
use server::config::{RaySettings, Token};
use server::training::job::ray::{Cluster, Submission, Trouble};
use server::training::job::supervise::look_after_all;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wire::{NegotiatorName, RunCommand, RunHead, RunId, RunPlace, RunStatus};

use crate::jobs::{Shop, TINY, nowhere};

/// A head starts some twenty processes, a job some more, on what may be a loaded machine.
const PATIENCE: Duration = Duration::from_secs(240);
const SECRET: &str = "a-token-of-this-test-that-is-long-enough-to-be-one";
/// Longer than any test: to be stopped in the middle.
const LONG: &str = "iterations = 500\n[rollout]\nproducts = 2\ngroup = 2\n\
    [evaluation]\ntimes = 0\ntimes_between = 0\n";

/// A head with token authentication: all its ports but the dashboard's listen on every interface.
struct Head {
    ray: PathBuf,
    folder: TempDir,
    address: String,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Head {
    fn start(python: &OsStr) -> Head {
        let ray = PathBuf::from(python).with_file_name("ray");
        // Sockets below it must have short names.
        let folder = TempDir::with_prefix_in("ray", "/tmp").unwrap();
        let port = free_port();
        let head = Head { ray, folder, address: format!("http://127.0.0.1:{port}") };
        // By default all heads of a machine want the same ones.
        let ports = [
            "port",
            "dashboard-agent-listen-port",
            "dashboard-agent-grpc-port",
            "runtime-env-agent-port",
            "metrics-export-port",
            "ray-client-server-port",
        ];
        let started = head
            .command(&["start", "--head", "--num-cpus=4", "--disable-usage-stats"])
            .args(ports.map(|name| format!("--{name}={}", free_port())))
            .arg(format!("--dashboard-port={port}"))
            .arg(format!("--temp-dir={}", head.folder.path().display()))
            .args(["--dashboard-host=127.0.0.1", "--include-dashboard=true"])
            .args(["--object-store-memory=100000000", "--node-ip-address=127.0.0.1"])
            .output()
            .unwrap();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        head
    }

    /// One that takes jobs: it answers for some time before.
    async fn ready(python: OsString) -> Head {
        let head = tokio::task::spawn_blocking(move || Head::start(&python)).await.unwrap();
        let cluster = Cluster::new(&head.address, Some(SECRET));
        let first = Submission {
            id: "first".to_owned(),
            entrypoint: "true".to_owned(),
            environment: BTreeMap::new(),
            working_dir: None,
            metadata: BTreeMap::new(),
            gpus: 0.0,
        };
        let wait = async {
            while let Err(trouble) = cluster.submit(&first).await {
                assert!(matches!(trouble, Trouble::Away { .. }), "{trouble}");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the head takes jobs");
        head
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.ray);
        command
            .args(words)
            .env("RAY_AUTH_MODE", "token")
            .env("RAY_AUTH_TOKEN", SECRET)
            .env("PATH", with_own_programs(&self.ray))
            .stdin(Stdio::null());
        command
    }

    /// Ends every process of this head and of no other: those that write into its folder, whatever they call
    /// themselves.
    fn stop(&self) {
        loop {
            let own = processes().filter(|pid| self.is_own(*pid)).collect::<Vec<_>>();
            if own.is_empty() {
                return;
            }
            for pid in own {
                // It may have ended by itself.
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn is_own(&self, pid: i32) -> bool {
        let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        let mut files = open.flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
        files.any(|file| file.starts_with(self.folder.path()))
    }
}

impl Drop for Head {
    fn drop(&mut self) {
        self.stop();
    }
}

fn processes() -> impl Iterator<Item = i32> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let own = i32::try_from(std::process::id()).unwrap();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(move |pid| *pid != own)
}

/// Jobs are given to `python` as the path finds it.
fn with_own_programs(ray: &std::path::Path) -> OsString {
    let own = ray.parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path))).unwrap()
}

/// A way to Souk that can be cut.
struct Wire {
    address: String,
    is_cut: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Wire {
    async fn to(souk: &str) -> Wire {
        let to = souk.trim_start_matches("http://").to_owned();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let is_cut = Arc::new(AtomicBool::new(false));
        let cut = is_cut.clone();
        let task = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (to, cut) = (to.clone(), cut.clone());
                tokio::spawn(async move {
                    let Ok(mut far) = tokio::net::TcpStream::connect(to).await else { return };
                    let whole = async {
                        while !cut.load(Ordering::Relaxed) {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        () = whole => {}
                    }
                });
            }
        });
        Wire { address, is_cut, task }
    }
}

struct Watch {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

fn watch(shop: &Shop, settings: &RaySettings) -> Watch {
    let stop = CancellationToken::new();
    let task =
        tokio::spawn(look_after_all(shop.world.store.clone(), settings.clone(), stop.clone()));
    Watch { stop, task }
}

impl Watch {
    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

async fn until(shop: &Shop, id: RunId, what: &str, is: impl Fn(&RunHead) -> bool) -> RunHead {
    let wait = async {
        loop {
            let head = shop.head(id).await;
            if is(&head) {
                return head;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(head) => head,
        Err(_) => {
            let log = shop.world.store.run_log(id).await.unwrap();
            panic!("waited for {what}: {:?}\n{log:#?}", shop.head(id).await)
        }
    }
}

fn failed(head: &RunHead) -> &str {
    head.failure.as_ref().map_or("", |failure| failure.code.as_str())
}

/// With the interpreter that `cargo xtask test` sets up; without one there is nothing to check by.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_head_works_on_runs_and_what_breaks_is_told() {
    let Some(python) = std::env::var_os("RAY_PYTHON") else {
        println!("NOT CHECKED: training jobs on Ray, because RAY_PYTHON names no interpreter");
        return;
    };
    let shop = Shop::new().await;
    let head = Head::ready(python).await;
    let runs = TempDir::new().unwrap();
    let line = Wire::to(&shop.world.base).await;
    let souk = env!("CARGO_BIN_EXE_souk");
    let settings = RaySettings {
        address: head.address.clone(),
        token: Some(Token(SECRET.to_owned())),
        entrypoint: format!("{souk} job --folder {}", runs.path().display()),
        souk: line.address.clone(),
        patience: Duration::from_secs(30),
        ..nowhere()
    };
    let cluster = Cluster::new(&settings.address, Some(SECRET));

    // Two iterations, and the checkpoint plays.
    let first = watch(&shop, &settings);
    let id = shop.start(TINY, RunPlace::Ray).await;
    let done = until(&shop, id, "the run", |head| head.status.is_over()).await;
    assert_eq!((done.status, done.iteration), (RunStatus::Done, 2), "{:?}", done.failure);
    let log = shop.world.store.run_log(id).await.unwrap();
    assert!(log.iter().any(|line| line.line.starts_with("Given to the Ray cluster")), "{log:?}");
    let kept = shop.world.store.checkpoint_list(Some(id)).await.unwrap();
    let name = NegotiatorName("run-ray-2".to_owned());
    shop.world.store.checkpoint_publish(kept[0].card.id, &name).await.unwrap();
    let row = shop.world.store.checkpoint_list(None).await.unwrap().remove(0);
    let roster = shop.world.running().roster();
    roster.publish(&shop.data, &row).unwrap();
    let client = shop.world.client();
    let product = serde_json::json!({"product": first_product(&shop).await});
    let episode = client.start_with("run-ray-2", "persuadable", product).await;
    client.until(episode, crate::world::is_over).await;

    // This process goes, the job goes on, and the next process finds it: no iteration is lost. Then the way to
    // Souk is cut for a while.
    let id = shop.start(LONG, RunPlace::Ray).await;
    until(&shop, id, "an iteration", |head| head.iteration >= 1).await;
    first.end().await;
    let at = shop.head(id).await;
    assert_eq!(at.status, RunStatus::Running);
    let second = watch(&shop, &settings);
    until(&shop, id, "more of it", |head| head.iteration > at.iteration).await;
    line.is_cut.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(2)).await;
    line.is_cut.store(false, Ordering::Relaxed);
    let at = shop.head(id).await.iteration;
    let on = until(&shop, id, "more after the cut", |head| head.iteration >= at + 2).await;
    let steps = shop.world.store.training_series(id, 0).await.unwrap();
    assert!(steps.iter().map(|step| step.iteration).eq(1..=on.iteration.max(steps.len() as u32)));
    // What the job prints is in the log once, whoever looked after it.
    let log = shop.world.store.run_log(id).await.unwrap();
    let mut told: Vec<&str> = log.iter().map(|line| line.line.as_str()).collect();
    told.retain(|line| line.starts_with("run ") && line.contains("goes on after iteration 0"));
    assert_eq!(told.len(), 1, "{log:?}");
    // Paused at the end of an iteration, resumed as another job over the same folder.
    shop.world.store.run_ask(id, RunCommand::Pause).await.unwrap();
    let paused = until(&shop, id, "the pause", |head| head.status != RunStatus::Running).await;
    assert_eq!(paused.status, RunStatus::Paused, "{:?}", paused.failure);
    shop.world.store.run_ask(id, RunCommand::Resume).await.unwrap();
    until(&shop, id, "more after the pause", |head| head.iteration > paused.iteration).await;
    // Cancelled.
    let (job, _) = shop.world.store.job_of(id).await.unwrap().unwrap();
    shop.world.store.run_ask(id, RunCommand::Cancel).await.unwrap();
    until(&shop, id, "its end", |head| head.status == RunStatus::Cancelled).await;
    let over = async {
        while !cluster.find(&job).await.unwrap().unwrap().status.is_over() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, over).await.expect("the cluster's job ends, too");

    // Stopped on the cluster, by somebody there.
    let at = shop.head(id).await.iteration;
    shop.world.store.run_ask(id, RunCommand::Retry).await.unwrap();
    until(&shop, id, "the next try", |head| head.iteration > at).await;
    let (job, _) = shop.world.store.job_of(id).await.unwrap().unwrap();
    cluster.stop(&job).await.unwrap();
    let stopped = until(&shop, id, "its end", |head| head.status.is_over()).await;
    assert_eq!(failed(&stopped), "job_stopped", "{stopped:?}");
    second.end().await;

    // A program that is not there, and a token that is wrong.
    let broken = RaySettings { entrypoint: "/nowhere/souk job".to_owned(), ..settings.clone() };
    let third = watch(&shop, &broken);
    let id = shop.start(TINY, RunPlace::Ray).await;
    let end = until(&shop, id, "its end", |head| head.status.is_over()).await;
    assert_eq!(failed(&end), "job_failed", "{end:?}");
    third.end().await;
    let strange = RaySettings { token: Some(Token("another".to_owned())), ..settings.clone() };
    let fourth = watch(&shop, &strange);
    let id = shop.start(TINY, RunPlace::Ray).await;
    let end = until(&shop, id, "its end", |head| head.status.is_over()).await;
    assert_eq!(failed(&end), "cluster_refused", "{end:?}");
    assert!(!format!("{end:?}").contains("another"), "{end:?}");
    fourth.end().await;

    // The cluster is gone.
    let fifth = watch(&shop, &settings);
    let id = shop.start(LONG, RunPlace::Ray).await;
    until(&shop, id, "an iteration", |head| head.iteration >= 1).await;
    head.stop();
    let lost = until(&shop, id, "its end", |head| head.status.is_over()).await;
    assert_eq!(failed(&lost), "cluster_lost", "{lost:?}");
    assert!(matches!(cluster.find("x").await, Err(Trouble::Away { .. })));
    fifth.end().await;
    line.task.abort();
    shop.world.stop().await;
}

/// Opt-in, for its packages weigh six gigabytes: `cargo xtask test ray-trl`.
#[tokio::test(flavor = "multi_thread")]
async fn trl_is_a_job_whose_adapter_plays() {
    let pythons = [std::env::var_os("RAY_PYTHON"), std::env::var_os("RAY_TRL_PYTHON")];
    let [Some(python), Some(trl)] = pythons else {
        println!("NOT CHECKED: training jobs by TRL, because RAY_TRL_PYTHON names no interpreter");
        return;
    };
    let shop = Shop::new().await;
    let head = Head::ready(python).await;
    let settings = RaySettings {
        address: head.address.clone(),
        token: Some(Token(SECRET.to_owned())),
        trl_entrypoint: format!("{} souk_trl.py", trl.display()),
        souk: shop.world.base.clone(),
        patience: Duration::from_secs(30),
        ..nowhere()
    };
    let watched = watch(&shop, &settings);
    for rank in ["", "[learning]\nrank = 4\n"] {
        let id = shop.start(&format!("{TINY}{rank}"), RunPlace::RayTrl).await;
        let done = until(&shop, id, "the run", |head| head.status.is_over()).await;
        assert_eq!((done.status, done.iteration), (RunStatus::Done, 2), "{:?}", done.failure);
        shop.work().await;
        let exams = shop.world.store.training_evaluations(id, false).await.unwrap();
        assert_eq!(exams.iter().map(|row| row.iteration).collect::<Vec<_>>(), [0, 1, 2]);
        let group = shop.world.store.rollout_group(id, 2, 0).await.unwrap();
        assert_eq!(group.len(), 3);
        for member in group {
            let events = shop.world.store.events_after(member.episode, 0, 1_000).await.unwrap();
            let episode = Episode::replay(events.iter().map(|e| &e.event)).unwrap();
            assert_eq!(member.reward, score(&episode, Role::Buyer, &RewardSpec::PAPER));
        }
        let kept = shop.world.store.checkpoint_list(Some(id)).await.unwrap();
        let name = NegotiatorName(format!("run-trl-{}", rank.len()));
        shop.world.store.checkpoint_publish(kept[0].card.id, &name).await.unwrap();
        let rows = shop.world.store.checkpoint_list(None).await.unwrap();
        let row = rows.iter().find(|row| row.card.published.as_ref() == Some(&name)).unwrap();
        shop.world.running().roster().publish(&shop.data, row).unwrap();
        let product = serde_json::json!({"product": first_product(&shop).await});
        let client = shop.world.client();
        let episode = client.start_with(&name.0, "persuadable", product).await;
        client.until(episode, crate::world::is_over).await;
    }
    watched.end().await;
    shop.world.stop().await;
}

async fn first_product(shop: &Shop) -> String {
    let all = shop.world.store.evaluation_products(Some(store::Split::Test)).await.unwrap();
    all[0].0.clone()
}
