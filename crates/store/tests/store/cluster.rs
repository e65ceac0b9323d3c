//! The private Postgres, each test with one of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use rules::{Act, Move, PerRole, Protocol, Role};
use store::cluster::{ClusterError, ClusterState, Durability, PrivateCluster};
use store::{Listener, Notice, PlayError, Store};
use testkit::scenario;
use tokio::sync::watch;
use wire::{EpisodeId, IdempotencyKey};

use crate::fixture::{begun, episode_over, person, play, soon, stock, visitor};

/// A data folder that the user `postgres` can get to.
struct Place {
    scratch: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let scratch = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o711)).expect("is ours");
        Place { scratch }
    }

    fn data_dir(&self) -> PathBuf {
        self.scratch.path().join("souk")
    }

    async fn start(&self) -> PrivateCluster {
        self.try_start().await.expect("starts")
    }

    async fn try_start(&self) -> Result<PrivateCluster, ClusterError> {
        PrivateCluster::start_with(&self.data_dir(), Durability::Test, |_| {}).await
    }
}

/// A test that fails leaves no Postgres behind.
impl Drop for Place {
    fn drop(&mut self) {
        let lock = self.data_dir().join("postgres/data/postmaster.pid");
        let text = fs::read_to_string(lock).unwrap_or_default();
        let number = text.lines().next().and_then(|line| line.parse().ok());
        if let (true, Some(number)) = (std::thread::panicking(), number) {
            let _ = kill(Pid::from_raw(number), Signal::SIGQUIT);
        }
    }
}

async fn migrated(cluster: &PrivateCluster) -> Store {
    let store = Store::connect(cluster.options(), 4).await.expect("answers");
    store.migrate().await.expect("is migrated");
    stock(&store).await;
    store
}

fn pid(cluster: &PrivateCluster) -> Pid {
    Pid::from_raw(cluster.postmaster_pid().expect("runs"))
}

fn is_gone(pid: Pid) -> bool {
    kill(pid, None).is_err()
}

async fn becomes(state: &mut watch::Receiver<ClusterState>, wanted: ClusterState) {
    soon(state.wait_for(|state| *state == wanted)).await.expect("is supervised");
}

async fn talkative(store: &Store) -> EpisodeId {
    let protocol = Protocol::Open { deadline_ms: 3_600_000, max_moves: 100_000 };
    let seats = PerRole { buyer: person(visitor()), seller: person(visitor()) };
    begun(store, &episode_over(scenario().protocol(protocol).build(), seats)).await
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_stop_and_a_start() {
    let place = Place::new();
    let said = Mutex::new(Vec::new());
    let note = |sentence: &str| said.lock().expect("is ours").push(sentence.to_owned());
    let began = Instant::now();
    let cluster = PrivateCluster::start(&place.data_dir(), note).await.expect("starts");
    println!("first start: {:?}", began.elapsed());
    assert!(said.lock().expect("is ours")[0].starts_with("making a database"), "{said:?}");
    let store = migrated(&cluster).await;
    let id = talkative(&store).await;
    store.close().await;
    let old = pid(&cluster);
    cluster.stop().await.expect("stops");
    assert!(is_gone(old));

    let began = Instant::now();
    let cluster = place.start().await;
    println!("later start: {:?}", began.elapsed());
    let store = Store::connect(cluster.options(), 1).await.expect("answers");
    assert_eq!(store.events_after(id, 0, 9).await.expect("are there").len(), 4);
    store.close().await;
    cluster.stop().await.expect("stops");
}

#[tokio::test]
async fn nothing_of_it_is_open_to_others() {
    let place = Place::new();
    let cluster = place.start().await;
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(&place.data_dir().join("postgres")), 0o700);
    assert_eq!(mode(&cluster.data()), 0o700);
    let store = Store::connect(cluster.options(), 1).await.expect("answers");
    store.close().await;
    let admin = sqlx::PgPool::connect_with(cluster.options()).await.expect("answers");
    for (setting, expected) in
        [("listen_addresses", ""), ("data_checksums", "on"), ("server_encoding", "UTF8")]
    {
        let query = format!("select current_setting('{setting}')");
        let value: String = sqlx::query_scalar(&query).fetch_one(&admin).await.expect("is set");
        assert_eq!(value, expected, "{setting}");
    }
    admin.close().await;
    cluster.stop().await.expect("stops");
}

#[tokio::test]
async fn a_second_souk_shares_it_and_the_last_one_stops_it() {
    let place = Place::new();
    // Both at once, on a folder that is not there yet.
    let (first, second) = tokio::join!(place.try_start(), place.try_start());
    let (first, second) = (first.expect("starts"), second.expect("adopts"));
    assert_eq!(pid(&first), pid(&second));
    let postmaster = pid(&first);
    first.stop().await.expect("leaves it to the other");
    let store = Store::connect(second.options(), 1).await.expect("answers still");
    store.close().await;
    second.stop().await.expect("stops");
    assert!(is_gone(postmaster));
}

#[tokio::test]
async fn one_that_was_left_running_is_adopted() {
    let place = Place::new();
    let cluster = place.start().await;
    let postmaster = pid(&cluster);
    // What a kill -9 of Souk does: the lock is gone, nobody supervises, Postgres runs on.
    drop(cluster);
    let began = Instant::now();
    let cluster = place.start().await;
    println!("adoption: {:?}", began.elapsed());
    assert_eq!(pid(&cluster), postmaster);
    cluster.stop().await.expect("stops");
    assert!(is_gone(postmaster));
}

#[tokio::test]
async fn a_kill_of_postgres_loses_no_acknowledged_move_and_doubles_none() {
    let place = Place::new();
    let cluster = PrivateCluster::start(&place.data_dir(), |_| {}).await.expect("starts");
    let mut state = cluster.state();
    let store = migrated(&cluster).await;
    let mut listener = Listener::connect(&store).await.expect("listens");
    let id = talkative(&store).await;

    let (acknowledged, mut watched) = watch::channel(0_u32);
    let player = tokio::spawn(talk_without_end(store.clone(), id, acknowledged));
    soon(watched.wait_for(|n| *n >= 20)).await.expect("plays");
    let killed = pid(&cluster);
    let began = Instant::now();
    kill(killed, Signal::SIGKILL).expect("is ours");
    becomes(&mut state, ClusterState::Away).await;
    becomes(&mut state, ClusterState::Up).await;
    println!("back after a kill: {:?}", began.elapsed());
    assert_ne!(pid(&cluster), killed);
    let then = *watched.borrow();
    soon(watched.wait_for(|n| *n >= then + 20)).await.expect("plays on");
    player.abort();
    let _ = player.await;

    let events = soon(store.events_after(id, 4, 100_000)).await.expect("are there");
    let said: Vec<String> = events
        .iter()
        .map(|envelope| match &envelope.event {
            rules::Event::Moved { talk, .. } => talk.clone(),
            other => panic!("nobody did {other:?}"),
        })
        .collect();
    let acknowledged = *watched.borrow();
    assert!(said.len() >= acknowledged as usize, "{} < {acknowledged}", said.len());
    let expected: Vec<String> = (0..said.len()).map(|n| format!("message {n}")).collect();
    assert_eq!(said, expected, "each once, in order");

    let lost = soon(async { while listener.next().await != Notice::Lost {} });
    lost.await;
    soon(async { while listener.next().await != Notice::Reconnected {} }).await;
    drop(listener);
    store.close().await;
    cluster.stop().await.expect("stops");
}

/// A client as it should be: repeats a move with its key until it is acknowledged.
async fn talk_without_end(store: Store, id: EpisodeId, acknowledged: watch::Sender<u32>) {
    for n in 0.. {
        let key = IdempotencyKey::fresh();
        loop {
            let mv = Move::new(format!("message {n}"), Act::Talk);
            match play(&store, id, Role::Buyer, Some(key), mv).await {
                Ok(_) => break,
                Err(PlayError::Store(error)) if error.is_away() => tokio::task::yield_now().await,
                Err(other) => panic!("message {n}: {other:?}"),
            }
        }
        acknowledged.send_replace(n + 1);
    }
}

#[tokio::test]
async fn an_adopted_one_that_is_killed_comes_back_too() {
    let place = Place::new();
    drop(place.start().await);
    let cluster = place.start().await;
    let mut state = cluster.state();
    kill(pid(&cluster), Signal::SIGKILL).expect("is ours");
    becomes(&mut state, ClusterState::Away).await;
    becomes(&mut state, ClusterState::Up).await;
    cluster.stop().await.expect("stops");
}

#[tokio::test]
async fn a_stale_lock_is_recovered_also_where_its_number_is_taken() {
    let place = Place::new();
    let cluster = place.start().await;
    let data = cluster.data();
    let lock = data.join("postmaster.pid");
    let old = pid(&cluster);
    let text = fs::read_to_string(&lock).expect("is there");
    cluster.stop().await.expect("stops");

    // The number is nobody's (it was ours and is gone), then this very process's, which runs.
    for number in [old.to_string(), std::process::id().to_string()] {
        let (_, rest) = text.split_once('\n').expect("has lines");
        fs::write(&lock, format!("{number}\n{rest}")).expect("is ours");
        let cluster = place.start().await;
        assert_ne!(pid(&cluster).to_string(), number);
        cluster.stop().await.expect("stops");
    }
    fs::write(&lock, "").expect("is ours");
    let empty = place.try_start().await;
    assert!(matches!(empty, Err(ClusterError::Refused { .. })), "{empty:?}");
}

#[tokio::test]
async fn data_of_another_version_is_refused_with_a_sentence() {
    let place = Place::new();
    let cluster = place.start().await;
    let version = cluster.data().join("PG_VERSION");
    cluster.stop().await.expect("stops");
    fs::write(&version, "9.6\n").expect("is ours");
    let refused = place.try_start().await.expect_err("is another version");
    let sentence = refused.to_string();
    assert!(sentence.contains("was made by PostgreSQL 9.6"), "{sentence}");
    assert!(sentence.contains("install postgresql-9.6"), "{sentence}");
}

#[tokio::test]
async fn what_postgres_says_when_it_does_not_start_is_passed_on() {
    let place = Place::new();
    let cluster = place.start().await;
    let settings = cluster.data().join("postgresql.auto.conf");
    cluster.stop().await.expect("stops");
    fs::write(&settings, "work_mem = nonsense\n").expect("is ours");
    let sentence = place.try_start().await.expect_err("cannot start").to_string();
    assert!(sentence.contains("work_mem"), "{sentence}");
    fs::write(&settings, "").expect("is ours");
    place.start().await.stop().await.expect("stops");
}

#[tokio::test]
async fn a_half_made_database_is_made_anew() {
    let place = Place::new();
    let cluster = place.start().await;
    let data = cluster.data();
    cluster.stop().await.expect("stops");
    fs::rename(&data, data.with_file_name("data.unfinished")).expect("is ours");
    place.start().await.stop().await.expect("stops");
    assert!(!data.with_file_name("data.unfinished").exists());
}

#[tokio::test]
async fn a_long_path_has_its_socket_elsewhere() {
    let mut place = Place::new();
    let long = place.scratch.path().join("d".repeat(120));
    fs::create_dir(&long).expect("is ours");
    fs::set_permissions(&long, fs::Permissions::from_mode(0o711)).expect("is ours");
    place.scratch = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o711))
        .tempdir_in(long)
        .expect("is ours");
    let cluster = place.start().await;
    let store = Store::connect(cluster.options(), 1).await.expect("answers");
    let socket = cluster.options().get_socket().cloned().expect("is a socket");
    assert!(!socket.starts_with(place.data_dir()), "{}", socket.display());
    store.close().await;
    cluster.stop().await.expect("stops");
    assert!(!socket.exists(), "nothing is left of it");
}

#[tokio::test]
async fn a_folder_that_postgres_cannot_enter_is_named() {
    let place = Place::new();
    fs::set_permissions(place.scratch.path(), fs::Permissions::from_mode(0o700)).expect("is ours");
    let started = place.try_start().await;
    if Uid::effective().is_root() {
        let sentence = started.expect_err("`postgres` may not enter").to_string();
        assert!(sentence.contains("(mode 700)") && sentence.contains("SOUK_DATA"), "{sentence}");
    } else {
        started.expect("it is our own").stop().await.expect("stops");
    }
}
