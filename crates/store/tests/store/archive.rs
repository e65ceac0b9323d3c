//! Events that leave the database, and come back for who reads them.

use std::io::{BufRead, BufReader};
use std::path::Path;

use chrono::{DateTime, Days, Utc};
use rules::{Illegal, Move, PerRole, Role};
use sqlx::PgPool;
use store::cluster::Ephemeral;
use store::{Archive, Partition, PlayError, Store, StoreError};
use testkit::usd;
use uuid::{NoContext, Timestamp, Uuid};
use wire::{EpisodeId, EpisodeSearch};

use crate::fixture::*;

struct World {
    store: Store,
    pool: PgPool,
    archive: Archive,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().expect("a folder");
        World::with(Archive::at(folder.path().to_string_lossy()), folder).await
    }

    async fn with(archive: Archive, folder: tempfile::TempDir) -> World {
        let options = Ephemeral::shared().await.database().await.expect("a database");
        let pool = PgPool::connect_with(options.clone()).await.expect("is there");
        let store = Store::connect(options, 8).await.expect("is there");
        let store = store.with_archive(archive.clone());
        stock(&store).await;
        World { store, pool, archive, folder }
    }

    /// Events in the database.
    async fn events(&self) -> i64 {
        let count = sqlx::query_scalar("select count(*) from events");
        count.fetch_one(&self.pool).await.expect("can be asked")
    }

    /// All partitions that are over as seen from a day to come.
    async fn partitions(&self) -> Vec<Partition> {
        self.store.partitions_older_than(-100).await.expect("can be asked")
    }

    async fn archive(&self) -> store::Archived {
        let [partition] = &self.partitions().await[..] else { panic!("one has something to move") };
        let moved = self.store.partition_archive(&self.archive, partition, "test", |_| {}).await;
        moved.expect("is moved")
    }

    /// As if a day had passed since somebody read them.
    async fn forget_readers(&self) {
        let past = "update events_recalled set recalled_at = now() - interval '2 days'";
        sqlx::query(past).execute(&self.pool).await.expect("is set");
    }

    fn files(&self) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).expect("can be read");
        entries.map(|entry| entry.expect("is there").path()).collect()
    }

    async fn deal(&self, words: &str) -> EpisodeId {
        let id = between_people(&self.store).await;
        self.end(id, words).await;
        id
    }

    async fn end(&self, id: EpisodeId, words: &str) {
        let first = Move { talk: words.to_owned(), ..offer("30") };
        must_play(&self.store, id, Role::Buyer, first).await;
        must_play(&self.store, id, Role::Seller, accept(usd("30"))).await;
    }
}

fn search(talk: &str) -> EpisodeSearch {
    EpisodeSearch { talk: Some(talk.to_owned()), ..EpisodeSearch::default() }
}

async fn found(store: &Store, talk: &str) -> Vec<EpisodeId> {
    let (found, _) = store.episode_search(&search(talk)).await.expect("can be asked");
    found.into_iter().map(|found| found.hit.summary.id).collect()
}

#[tokio::test]
async fn who_reads_what_was_archived_sees_no_difference() {
    let world = World::new().await;
    let World { store, .. } = &world;
    let over = world.deal("A kettle with a dent?").await;
    let open = between_people(store).await;
    let before = store.events_after(over, 0, 100).await.expect("are there");
    let stored = world.events().await;
    let [partition] = &world.partitions().await[..] else { panic!("one has something to move") };
    assert_eq!((partition.episodes, partition.events), (1, before.len() as i64));
    assert_eq!(partition.kept, 1, "one is still played");

    let moved = world.archive().await;
    assert_eq!((moved.episodes, moved.events, moved.objects), (1, before.len() as i64, 1));
    assert!(moved.freed && moved.bytes > 0);
    assert_eq!(world.events().await, stored - before.len() as i64);
    assert!(world.partitions().await.is_empty(), "what is left stays");

    // Found by its words where it lies, and only its own events come back.
    assert_eq!(found(store, "dented kettles").await, [over]);
    assert_eq!(world.events().await, stored - before.len() as i64);
    assert_eq!(store.events_after(over, 0, 100).await.expect("come back"), before);
    assert_eq!(store.events_after(over, 3, 1).await.expect("come back"), before[3..4]);
    assert_eq!(world.events().await, stored);
    assert_eq!(
        found(store, "dented kettles").await,
        [over],
        "once, though its words are there twice"
    );
    let late = play(store, over, Role::Buyer, None, offer("31")).await;
    assert!(matches!(late, Err(PlayError::Refused(Illegal::Over))), "{late:?}");

    // What goes on went on; it leaves with the next archiving, as does what nobody reads any more.
    world.end(open, "Without a dent?").await;
    world.forget_readers().await;
    let moved = world.archive().await;
    assert_eq!((moved.episodes, world.events().await), (1, 0));
    let sample = store.episode_sample(&EpisodeSearch::default(), 10).await.expect("come back");
    let offers: Vec<usize> = sample.points.iter().map(|point| point.offers.len()).collect();
    assert_eq!(offers, [1, 1]);
    assert_eq!(found(store, "dent").await, [open, over]);

    // What was read stays for a day; a reader within it gives it another one.
    assert!(world.partitions().await.is_empty());
    world.forget_readers().await;
    store.recall(&[over.0]).await.expect("is here");
    let moved = world.archive().await;
    assert_eq!((moved.episodes, moved.objects, moved.freed), (0, 0, true));
    assert_eq!(world.events().await, before.len() as i64);
    assert_eq!(store.events_after(open, 0, 100).await.expect("come back").len(), 8);
}

/// A server that speaks S3, as long as this lives.
struct Bucket {
    process: std::process::Child,
    variables: Vec<(String, String)>,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        // Nobody is left to hear of it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Bucket {
    /// On a port that it chooses, and tells in its log.
    fn start(python: &std::ffi::OsStr) -> Bucket {
        let mut command = std::process::Command::new(python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
        let mut process = command.spawn().expect("starts");
        let mut log = BufReader::new(process.stderr.take().expect("is piped"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(log.read_line(&mut line).expect("can be read"), 0, "it ended");
            if let Some((_, address)) = line.split_once("Running on ") {
                break address.trim().to_owned();
            }
        };
        // It goes on to write there.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let variables = [
            ("AWS_ENDPOINT", address.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Bucket { process, variables }
    }

    /// By the client that its own makers have.
    fn boto(&self, python: &std::ffi::OsStr, script: &str) {
        let endpoint = &self.variables[0].1;
        let script = format!(
            "import boto3\ns3 = boto3.client('s3', endpoint_url='{endpoint}', region_name='us-east-1', \
             aws_access_key_id='test', aws_secret_access_key='test')\n{script}"
        );
        let status = std::process::Command::new(python).args(["-c", &script]).status();
        assert!(status.expect("starts").success(), "{script}");
    }
}

/// With the interpreter that `cargo xtask test` sets up; without one there is no bucket.
#[tokio::test]
async fn an_archive_may_be_a_bucket() {
    let Some(python) = std::env::var_os("S3_PYTHON") else { return };
    let bucket = Bucket::start(&python);
    bucket.boto(&python, "s3.create_bucket(Bucket='souk')");
    let archive = Archive::with("s3://souk/old/events", bucket.variables.clone());
    let world = World::with(archive, tempfile::tempdir().expect("a folder")).await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(world.deal(&format!("Talk {number}")).await);
    }
    let before = world.store.events_after(ids[7], 0, 100).await.expect("are there");
    let moved = world.archive().await;
    assert_eq!((moved.episodes, world.events().await), (20, 0));
    bucket.boto(
        &python,
        "found = s3.list_objects_v2(Bucket='souk')['Contents']\n\
         assert [o['Key'].startswith('old/events/events-') for o in found] == [True], found",
    );
    assert_eq!(world.store.events_after(ids[7], 0, 100).await.expect("come back"), before);
    assert_eq!(world.events().await, before.len() as i64, "only what was asked for");
    bucket.boto(&python, "s3.delete_object(Bucket='souk', Key=s3.list_objects_v2(Bucket='souk')['Contents'][0]['Key'])");
    let gone = world.store.events_after(ids[8], 0, 100).await;
    assert!(matches!(gone, Err(StoreError::Archive { .. })), "{gone:?}");
}

#[tokio::test]
async fn a_move_is_refused_and_a_resent_one_repeated_long_after() {
    let world = World::new().await;
    let id = between_people(&world.store).await;
    let key = Some(wire::IdempotencyKey::fresh());
    let first = play(&world.store, id, Role::Buyer, key, offer("30")).await.expect("is legal");
    must_play(&world.store, id, Role::Seller, accept(usd("30"))).await;
    world.archive().await;
    let again = play(&world.store, id, Role::Buyer, key, offer("30")).await.expect("is known");
    assert!(again.repeated);
    assert_eq!(again.envelopes, first.envelopes);
}

#[tokio::test]
async fn an_archive_that_is_damaged_or_gone_is_told_and_nothing_is_made_up() {
    let world = World::new().await;
    let id = world.deal("Hello?").await;
    world.archive().await;
    let [file] = &world.files()[..] else { panic!("one object") };
    let whole = std::fs::read(file).expect("can be read");
    let read = async || world.store.events_after(id, 0, 100).await;

    std::fs::write(file, &whole[..whole.len() / 2]).expect("can be written");
    assert!(matches!(read().await, Err(StoreError::Archive { .. })));
    std::fs::remove_file(file).expect("was there");
    let gone = read().await.expect_err("is gone").to_string();
    assert!(gone.contains("events-") && gone.contains(".parquet"), "{gone}");
    std::fs::write(file, &whole).expect("can be written");
    assert_eq!(read().await.expect("is back").len(), whole_log(&world, id).await);

    let elsewhere = Archive::at(Path::new("/dev/null/archive").to_string_lossy());
    let second = world.deal("Hello again?").await;
    let partitions = world.partitions().await;
    let moved = world.store.partition_archive(&elsewhere, &partitions[0], "test", |_| {}).await;
    assert!(matches!(moved, Err(StoreError::Archive { .. })), "{moved:?}");
    assert_eq!(world.store.events_after(second, 0, 100).await.expect("stayed").len(), 8);
}

async fn whole_log(world: &World, id: EpisodeId) -> usize {
    world.store.episode_find(id).await.expect("is there").seq as usize
}

#[tokio::test]
async fn a_reader_meanwhile_and_two_who_archive_lose_nothing() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..30 {
        ids.push(world.deal(&format!("Talk {number}")).await);
    }
    let partitions = world.partitions().await;
    let reader = async {
        for id in ids.iter().cycle().take(300) {
            let events = world.store.events_after(*id, 0, 100).await.expect("are there");
            assert_eq!(events.len(), 8, "{id:?}");
        }
    };
    let archive = async || {
        world.store.partition_archive(&world.archive, &partitions[0], "test", |_| {}).await
    };
    let ((), one, two) = tokio::join!(reader, archive(), archive());
    let done = [one, two].into_iter().filter_map(Result::ok).collect::<Vec<_>>();
    assert!(matches!(done[..], [store::Archived { episodes: 30, .. }]), "one of them: {done:?}");
    for id in ids {
        assert_eq!(world.store.events_after(id, 0, 100).await.expect("are there").len(), 8);
    }
}

#[tokio::test]
async fn each_month_has_its_partition_and_what_came_early_moves_there() {
    let world = World::new().await;
    let parts = async |sql: &'static str| -> Vec<String> {
        let names = sqlx::query_scalar(sql).fetch_all(&world.pool).await;
        names.expect("can be asked")
    };
    let all = "select name from events_partitions order by from_id";
    let made = parts(all).await;
    assert_eq!((made.len(), made[0].as_str()), (4, "events_first"));
    let one = world.store.partitions_make();
    let (one, two) = tokio::join!(one, world.store.partitions_make());
    one.expect("are there");
    two.expect("are there");
    assert_eq!(parts(all).await, made);

    // A clock that goes a year wrong, for one episode.
    let next_year: DateTime<Utc> = Utc::now() + Days::new(365);
    let time = Timestamp::from_unix(NoContext, next_year.timestamp().cast_unsigned(), 0);
    let mut new = new_episode(PerRole { buyer: person(visitor()), seller: person(visitor()) });
    new.id = EpisodeId(Uuid::new_v7(time));
    let id = begun(&world.store, &new).await;
    let before = world.store.events_after(id, 0, 100).await.expect("are there");
    let lies = "select distinct tableoid::regclass::text from events";
    assert_eq!(parts(lies).await, ["events_elsewhen"]);
    sqlx::query("select events_month($1)")
        .bind(next_year)
        .execute(&world.pool)
        .await
        .expect("is made");
    assert_eq!(parts(lies).await, [next_year.format("events_%Y_%m").to_string()]);
    assert_eq!(world.store.events_after(id, 0, 100).await.expect("moved"), before);
    // No partition, and nothing of the past, is without its guard.
    for name in parts(
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'events'::regclass",
    )
    .await
    {
        let refused = sqlx::query(&format!("delete from {name}")).execute(&world.pool).await;
        let refused = StoreError::from(refused.expect_err("is refused"));
        assert_eq!(refused.constraint(), Some("event_append_only"), "{name}");
    }
}
