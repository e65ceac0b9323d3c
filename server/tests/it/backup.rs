//! Backups: made under load by the real program, restored elsewhere, and refused where something is wrong.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use server::backup::{
    ArchivePlace, Manifest, Order, Tell, Verified, Weights, restore, take, verify,
};
use server::config::Config;
use sha2::{Digest, Sha256};
use store::cluster::Ephemeral;
use store::{Archive, Store};
use tempfile::TempDir;
use uuid::Uuid;
use wire::{EpisodeId, ProductPage};

use crate::process::Place;
use crate::world::*;

fn silent() -> Tell {
    Arc::new(|_| {})
}

pub async fn ran(command: Command) -> (bool, String, String) {
    let mut command = command;
    let run = tokio::task::spawn_blocking(move || command.output().unwrap());
    let Output { status, stdout, stderr } = run.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.success(), text(stdout), text(stderr))
}

/// Flips one bit in the middle of a file.
fn damage(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

fn manifest(backup: &Path) -> Manifest {
    serde_json::from_slice(&std::fs::read(backup.join("manifest.json")).unwrap()).unwrap()
}

/// Writes another manifest, with the hash that it has then: as somebody would who means it.
fn rewrite(backup: &Path, change: impl FnOnce(&mut Manifest)) {
    let mut told = manifest(backup);
    change(&mut told);
    let text = serde_json::to_vec_pretty(&told).unwrap();
    let sums = std::fs::read_to_string(backup.join("SHA256SUMS")).unwrap();
    let (_, others) = sums.split_once('\n').unwrap();
    let own = format!("{}  manifest.json\n{others}", hex::encode(Sha256::digest(&text)));
    std::fs::write(backup.join("manifest.json"), text).unwrap();
    std::fs::write(backup.join("SHA256SUMS"), own).unwrap();
}

/// A move that was acknowledged.
struct Acknowledged {
    client: Client,
    episode: EpisodeId,
    seq: i64,
}

/// Opens a negotiation, makes two offers and leaves, again and again.
async fn bargain(
    base: String,
    product: String,
    stop: Arc<AtomicBool>,
    told: Arc<Mutex<Vec<Acknowledged>>>,
) {
    let client = Client::new(&base);
    while !stop.load(Ordering::Relaxed) {
        let episode = client.start_with("me", "boulware", json!({ "product": product })).await;
        for (answered, act) in [(2, offer(1)), (4, offer(2)), (5, rules::Act::Quit)] {
            let ack = client.play(episode, act).await;
            let seq = ack["events"][0]["seq"].as_i64().unwrap();
            told.lock().unwrap().push(Acknowledged { client: client.clone(), episode, seq });
            if answered < 5 {
                client.moves(episode, answered).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_under_load_has_all_that_was_acknowledged() {
    let place = Place::new();
    let served = place.serve().await;
    let market: ProductPage = Client::new(&place.base()).fetch("/api/v1/products").await;
    let (stop, told) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let players: Vec<_> = (0..4)
        .map(|n| {
            let product = market.items[n].id.0.clone();
            tokio::spawn(bargain(place.base(), product, stop.clone(), told.clone()))
        })
        .collect();
    let some = async {
        while told.lock().unwrap().len() < 40 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    soon("some moves", some).await;
    let before = told.lock().unwrap().len();
    let backup = place.folder.path().join("backup");
    let (made, said, progress) = ran(place.command(&["backup", backup.to_str().unwrap()])).await;
    let after = told.lock().unwrap().len();
    stop.store(true, Ordering::Relaxed);
    for player in players {
        player.await.unwrap();
    }
    served.stop().await;
    assert!(made, "{said}\n{progress}");
    assert!(said.contains("        0 differences"), "{said}");
    assert!(after > before, "moves were made while it was backed up");

    let is_private = |path: &Path, mode| {
        let found = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{}", path.display());
    };
    is_private(&backup, 0o700);
    for file in ["manifest.json", "SHA256SUMS", "database.dump", "files/cookie.key"] {
        is_private(&backup.join(file), 0o600);
    }
    let mut sums = Command::new("sha256sum");
    sums.args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&backup);
    assert!(ran(sums).await.0, "sha256sum reads the list");
    let again = place.command(&["backup", backup.to_str().unwrap()]);
    assert!(ran(again).await.2.contains("is there already: name a new folder"));
    let over = place.command(&["restore", backup.to_str().unwrap()]);
    let (restored, _, said) = ran(over).await;
    assert!(!restored && said.contains("there is data already"), "{said}");

    let elsewhere = Place::new();
    let (restored, said, progress) =
        ran(elsewhere.command(&["restore", backup.to_str().unwrap()])).await;
    assert!(restored, "{said}\n{progress}");
    assert!(said.contains("        0 differences"), "{said}");
    assert!(said.contains("What happened since"), "{said}");
    let served = elsewhere.serve().await;
    let told = std::mem::take(&mut *told.lock().unwrap());
    for Acknowledged { client, episode, seq } in told.iter().take(before) {
        // The cookie of the old server is known to this one.
        let url = format!("{}/api/v1/episodes/{episode}", elsewhere.base());
        let page: Value = client.http.get(url).send().await.unwrap().json().await.unwrap();
        let events = page["events"].as_array().unwrap_or_else(|| panic!("{page}"));
        assert_eq!(page["head"]["viewer"]["role"], "buyer", "{page}");
        let found = events.iter().find(|event| event["seq"] == *seq);
        assert_eq!(found.map(|event| &event["kind"]), Some(&json!("moved")), "{episode} {seq}");
    }
    // And it goes on.
    let client = Client::new(&elsewhere.base());
    let id = client.start_with("me", "boulware", json!({ "product": market.items[0].id })).await;
    client.play(id, offer(1)).await;
    client.moves(id, 2).await;
    served.stop().await;
}

/// A database and a data folder, without a server.
struct Lab {
    store: Store,
    config: Config,
    folder: TempDir,
}

impl Lab {
    /// With one product, two negotiations that are over and one that goes on.
    async fn new() -> Lab {
        let options = Ephemeral::shared().await.database().await.unwrap();
        let connect = |connections| Store::connect(options.clone(), connections);
        let (store, probe) = (connect(8).await.unwrap(), connect(1).await.unwrap());
        let world = World::on(server::Database { store, probe }, &[], |_| {}).await;
        for ends in [true, true, false] {
            let client = world.client();
            let id = client.start("me", "boulware").await;
            client.play(id, offer(30)).await;
            client.moves(id, 2).await;
            if ends {
                client.play(id, rules::Act::Quit).await;
            }
        }
        world.stop().await;
        Lab::on(connect(8).await.unwrap())
    }

    fn on(store: Store) -> Lab {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/models.toml");
        let vars = [("SOUK_DATA", &data), ("SOUK_MODELS", &models)];
        let vars = vars.map(|(name, path)| (name.to_owned(), path.to_str().unwrap().to_owned()));
        let config = Config::from_vars(vars).unwrap();
        Lab { store, config, folder }
    }

    async fn blank() -> Lab {
        let options = Ephemeral::shared().await.blank().await.unwrap();
        Lab::on(Store::connect(options, 4).await.unwrap())
    }

    fn order(&self, name: &str, weights: Weights) -> Order {
        Order { folder: self.folder.path().join(name), weights, verify: true }
    }

    async fn back_up(&self, name: &str, weights: Weights) -> anyhow::Result<(PathBuf, Verified)> {
        let order = self.order(name, weights);
        let taken = take(&self.store, &self.config, &order, silent()).await?;
        Ok((order.folder, taken.verified.expect("it was asked for")))
    }

    async fn refusal(&self, backup: &Path) -> String {
        let refused = restore(&self.store, backup, &self.config, silent()).await;
        format!("{:#}", refused.expect_err("it is refused"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_newer_backup_is_refused_and_an_older_database_stays() {
    let lab = Lab::new().await;
    std::fs::write(lab.config.data.join("cookie.key"), [7; 64]).unwrap();
    let (backup, verified) = lab.back_up("backup", Weights::Published).await.unwrap();
    assert!(verified.is_same(), "{verified}");
    assert_eq!(verified.recomputed.episodes, 3);
    assert_eq!(verified.recomputed.rewards, 4, "two negotiations, two sides");
    let target = Lab::blank().await;
    for name in ["database.dump", "files/cookie.key", "manifest.json"] {
        let file = backup.join(name);
        let was = std::fs::read(&file).unwrap();
        damage(&file);
        let refused = target.refusal(&backup).await;
        assert!(refused.contains(name), "{name}: {refused}");
        assert!(verify(&backup, &silent()).await.is_err(), "{name}");
        std::fs::write(&file, was).unwrap();
    }
    let missing = backup.join("files/cookie.key");
    std::fs::rename(&missing, backup.join("aside")).unwrap();
    assert!(target.refusal(&backup).await.contains("files/cookie.key, which cannot be read"));
    std::fs::rename(backup.join("aside"), &missing).unwrap();
    assert!(target.store.is_blank().await.unwrap());
    assert!(
        std::fs::read_dir(&target.config.data).unwrap().next().is_none(),
        "nothing was written"
    );

    let schema = manifest(&backup).schema;
    rewrite(&backup, |manifest| manifest.schema = 9_999);
    let refused = target.refusal(&backup).await;
    assert!(refused.contains("newer Souk (its schema is at 9999"), "{refused}");
    rewrite(&backup, |manifest| manifest.schema = schema);
    rewrite(&backup, |manifest| *manifest.rows.get_mut("episodes").unwrap() += 1);
    let refused = format!("{:#}", verify(&backup, &silent()).await.unwrap_err());
    assert!(refused.contains("episodes Some(3) instead of Some(4)"), "{refused}");
    rewrite(&backup, |manifest| *manifest.rows.get_mut("episodes").unwrap() -= 1);

    assert!(lab.refusal(&backup).await.contains("there is data already"), "the key is there");
    let other = Lab::on(lab.store.clone());
    assert!(other.refusal(&backup).await.contains("there is a database already"));
    restore(&target.store, &backup, &target.config, silent()).await.unwrap();
    assert_eq!(target.store.table_counts().await.unwrap(), lab.store.table_counts().await.unwrap());
    assert_eq!(std::fs::read(target.config.data.join("cookie.key")).unwrap(), [7; 64]);
}

/// Does something in a lab's database that no server does.
async fn sql(lab: &Lab, text: &str) {
    let (done, _, said) = ran(psql(&lab.store, &["-c", text])).await;
    assert!(done, "{said}");
}

/// PostgreSQL's own client in a store's database, beside the program that made the cluster where that is named.
pub fn psql(store: &Store, args: &[&str]) -> Command {
    let options = store.connect_options();
    let folder = std::env::var_os("SOUK_PG_BIN").map(PathBuf::from).unwrap_or_default();
    let mut command = Command::new(folder.join("psql"));
    command
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1"])
        .args(args)
        .env("PGHOST", options.get_socket().unwrap())
        .env("PGPORT", "5432")
        .env("PGUSER", options.get_username())
        .env("PGDATABASE", options.get_database().unwrap())
        .stdin(Stdio::null());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_follow_from_the_logs_is_told_and_kept() {
    let lab = Lab::new().await;
    let changes = [
        ("update episodes set buyer_reward = 0.25 where outcome_kind = 'quit'", "buyer's reward"),
        ("update episodes set moves = 9 where status = 'playing'", "moves: 9 is stored"),
        (
            "alter table events disable trigger event_append_only;
             delete from events where (episode_id, seq) in
                 (select id, seq from episodes where status = 'playing');
             alter table events enable trigger event_append_only",
            "last event",
        ),
    ];
    for (n, (change, expected)) in changes.into_iter().enumerate() {
        sql(&lab, change).await;
        let (backup, verified) = lab.back_up(&format!("backup-{n}"), Weights::None).await.unwrap();
        assert!(!verified.is_same());
        let told = verified.to_string();
        assert!(told.contains(expected) && told.contains("episode "), "{told}");
        assert!(backup.join("manifest.json").is_file(), "it is a true copy of what there is");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn archived_events_go_along() {
    let lab = Lab::new().await;
    let place = Archive::at(lab.config.archive.clone());
    let store = lab.store.clone().with_archive(place.clone());
    let lab = Lab { store, ..lab };
    for partition in lab.store.partitions_older_than(-100).await.unwrap() {
        lab.store.partition_archive(&place, &partition, "of a test", |_| {}).await.unwrap();
    }
    let (backup, verified) = lab.back_up("backup", Weights::Published).await.unwrap();
    assert!(verified.is_same(), "{verified}");
    assert_eq!((verified.recomputed.episodes, verified.recomputed.archived), (3, 0));
    let told = manifest(&backup);
    assert_eq!(told.archive, ArchivePlace::Here);
    let object = told.files.iter().find(|file| file.name.starts_with("files/archive/")).unwrap();

    let target = Lab::blank().await;
    let restored = restore(&target.store, &backup, &target.config, silent()).await.unwrap();
    let recomputed = &restored.verified.recomputed;
    assert_eq!((recomputed.episodes, recomputed.archived), (1, 2), "what is in the database alone");
    let store = target.store.clone().with_archive(Archive::at(target.config.archive.clone()));
    let all = store.recompute(true, |_| {}).await.unwrap();
    assert_eq!((all.episodes, all.differences), (3, Vec::new()), "and all from the archive");

    // Elsewhere it stays where it is, and is told of.
    let mut elsewhere = lab.config.clone();
    let away = lab.folder.path().join("away");
    std::fs::rename(lab.config.data.join("archive"), &away).unwrap();
    elsewhere.archive = away.to_str().unwrap().to_owned();
    let order = lab.order("other", Weights::Published);
    let taken = take(&lab.store, &elsewhere, &order, silent()).await.unwrap();
    let at = ArchivePlace::At { place: elsewhere.archive.clone(), files: 1 };
    assert_eq!(taken.manifest.archive, at);
    assert!(taken.verified.unwrap().is_same());
    // One that was changed is not taken for what was archived.
    std::fs::rename(&away, lab.config.data.join("archive")).unwrap();
    damage(&lab.config.data.join(object.name.strip_prefix("files/").unwrap()));
    let refused = lab.back_up("third", Weights::Published).await.unwrap_err();
    assert!(format!("{refused:#}").contains("another file than was archived"), "{refused:#}");
    assert!(!lab.folder.path().join("third").exists());
}

/// A folder of the demo model as a run would keep it, and its bytes.
fn keep_weights(lab: &Lab, folder: &str) -> u64 {
    let to = lab.config.data.join(folder);
    std::fs::create_dir_all(&to).unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/demo");
    let mut bytes = 0;
    for entry in std::fs::read_dir(demo).unwrap() {
        let entry = entry.unwrap();
        bytes += std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn published_weights_go_along_whole_or_the_backup_fails() {
    let lab = Lab::new().await;
    let run = Uuid::now_v7();
    let bytes = keep_weights(&lab, &format!("runs/{run}/model-1"));
    keep_weights(&lab, &format!("runs/{run}/model-2"));
    for step in [1, 2, 3] {
        keep_weights(&lab, &format!("runs/{run}/step-{step}"));
    }
    let rows = format!(
        "insert into training_runs (id, label, preset, overlay, settings, opponents, code_version, products,
             products_sha256, planned, iteration)
         values ('{run}', 'a run', 'laptop', '', '{{}}', 'persuadable', 'of a test', 1, '', 4, 2);
         insert into checkpoints (id, run_id, iteration, folder, bytes, manifest, published) values
             (gen_random_uuid(), '{run}', 1, 'runs/{run}/model-1', {bytes}, '{{}}', 'a-run-1'),
             (gen_random_uuid(), '{run}', 2, 'runs/{run}/model-2', {bytes}, '{{}}', null)"
    );
    sql(&lab, &rows).await;
    let has = |backup: &Path, folder: &str| {
        let prefix = format!("files/runs/{run}/{folder}/");
        manifest(backup).files.iter().any(|file| file.name.starts_with(&prefix))
    };
    let table = [
        ("published", Weights::Published, [true, false, false, false, false]),
        // Iteration 3 is not in the database yet: a run that went on behind it would leave a hole.
        ("all", Weights::All, [true, true, false, true, false]),
        ("none", Weights::None, [false; 5]),
    ];
    for (name, weights, expected) in table {
        let (backup, verified) = lab.back_up(name, weights).await.unwrap();
        assert!(verified.is_same(), "{verified}");
        let folders = ["model-1", "model-2", "step-1", "step-2", "step-3"];
        assert_eq!(folders.map(|folder| has(&backup, folder)), expected, "{name}");
    }
    let left_out = manifest(&lab.folder.path().join("published")).left_out;
    assert_eq!(left_out, [format!("runs/{run}/model-2")]);

    let target = Lab::blank().await;
    let backup = lab.folder.path().join("published");
    restore(&target.store, &backup, &target.config, silent()).await.unwrap();
    let weights = format!("runs/{run}/model-1/model.safetensors");
    let of = |lab: &Lab| std::fs::read(lab.config.data.join(&weights)).unwrap();
    assert!(of(&lab) == of(&target));
    #[cfg(feature = "engine")]
    {
        let roster = server::roster::Roster::open(&target.config).unwrap();
        let row = target.store.checkpoint_list(None).await.unwrap().remove(0);
        roster.publish(&target.config.data, &row).unwrap();
        assert!(roster.find("a-run-1").is_some(), "it can be seated");
    }

    std::fs::remove_file(lab.config.data.join(&weights)).unwrap();
    let refused = format!("{:#}", lab.back_up("torn", Weights::Published).await.unwrap_err());
    assert!(refused.contains("the weights of a-run-1 are not whole"), "{refused}");
    let left: Vec<_> = std::fs::read_dir(lab.folder.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 4, "the data folder and three backups: {left:?}");
}
