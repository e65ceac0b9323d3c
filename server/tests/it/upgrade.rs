//! From the first released schema to this program's: `tests/upgrade/0014.sql.gz` is a database with a little of
//! everything, as the program of that schema wrote it (`make.py` beside it).

use std::collections::BTreeMap;
use std::process::Stdio;

use store::cluster::Ephemeral;
use store::{Recomputed, Store};

use crate::backup::psql;
use crate::process::Place;
use crate::world::*;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/upgrade/0014.sql.gz");
const SCHEMA: i64 = 14;

/// What is in the fixture: rows of tables that no migration may lose one of.
const ROWS: [(&str, i64); 27] = [
    ("api_keys", 1),
    ("audit", 10),
    ("checkpoints", 2),
    ("episode_ratings", 1),
    ("episode_tags", 1),
    ("episodes", 61),
    ("evaluations", 3),
    ("events", 900),
    ("imports", 1),
    ("ladders", 1),
    ("llm_calls", 52),
    ("market_log", 61),
    ("markets", 1),
    ("moves_seen", 192),
    ("participant_events", 133),
    ("participant_identities", 9),
    ("participants", 9),
    ("payments", 14),
    ("products", 381),
    ("rollouts", 8),
    ("studies", 1),
    ("study_assignments", 7),
    ("study_versions", 2),
    ("suites", 1),
    ("training_runs", 1),
    ("training_steps", 2),
    ("users", 1),
];

async fn loaded() -> Store {
    let options = Ephemeral::shared().await.blank().await.unwrap();
    let store = Store::connect(options, 4).await.unwrap();
    let mut load = psql(&store, &[]);
    let loading = tokio::task::spawn_blocking(move || {
        let mut text = std::process::Command::new("gzip")
            .args(["-dc", FIXTURE])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let done = load.stdin(text.stdout.take().unwrap()).output().unwrap();
        assert!(text.wait().unwrap().success());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    });
    loading.await.unwrap();
    store
}

/// The same of a database.
fn kept(counts: &BTreeMap<String, i64>) -> Vec<(&str, i64)> {
    ROWS.iter().map(|(table, _)| (*table, counts.get(*table).copied().unwrap_or(0))).collect()
}

fn assert_all_follows(recomputed: &Recomputed) {
    assert_eq!(recomputed.differences, []);
    let Recomputed { episodes, rollouts, markets, participants, .. } = *recomputed;
    assert_eq!((episodes, rollouts, markets, participants), (61, 8, 1, 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_schema_becomes_todays_with_all_that_is_in_it() {
    let store = loaded().await;
    assert_eq!(store.backup().await.unwrap().schema, SCHEMA);
    assert_eq!(kept(&store.table_counts().await.unwrap()), ROWS);
    // The program itself makes the way, and once.
    let place = Place::new();
    let url = url(&store);
    for _ in 0..2 {
        let mut migrate = place.command(&["migrate"]);
        let migrate = migrate.env("DATABASE_URL", &url).output().unwrap();
        assert!(migrate.status.success(), "{}", String::from_utf8_lossy(&migrate.stderr));
    }
    assert_eq!(store.backup().await.unwrap().schema, store::newest_schema());
    assert_eq!(kept(&store.table_counts().await.unwrap()), ROWS);
    let recomputed = store.recompute(true, |_| {}).await.unwrap();
    assert_all_follows(&recomputed);
    assert_eq!((recomputed.events, recomputed.payments), (900, 14));
    store.close().await;
}

fn url(store: &Store) -> String {
    let options = store.connect_options();
    let (user, database) = (options.get_username(), options.get_database().unwrap());
    let socket = options.get_socket().unwrap().display();
    format!("postgres://{user}@localhost/{database}?host={socket}")
}

/// The id of the first row that a condition holds for.
async fn id_of(store: &Store, table: &str, condition: &str) -> String {
    let sql = format!("select id from {table} where {condition} order by id limit 1");
    let mut ask = psql(store, &["-A", "-t", "-c", &sql]);
    let found = tokio::task::spawn_blocking(move || ask.output().unwrap()).await.unwrap();
    let id = String::from_utf8(found.stdout).unwrap().trim().to_owned();
    assert!(!id.is_empty(), "{table}: {condition}");
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn todays_pages_show_what_the_first_program_wrote() {
    let store = loaded().await;
    let place = Place::new();
    // It brings the schema up to date when it starts.
    let served = place.serve_with(&[("DATABASE_URL", &url(&store)), ("SOUK_WORKER", "none")]).await;
    let ada = Client::new(&place.base());
    let link = served.greeting.split_whitespace().last().unwrap().to_owned();
    ada.form(link.strip_prefix(&place.base()).unwrap(), "").await;
    let between_people = id_of(
        &store,
        "episodes",
        "buyer_kind = 'person' and seller_kind = 'person' and study_id is null",
    )
    .await;
    let of_a_model =
        id_of(&store, "episodes", "seller_negotiator = 'demo' and study_id is null").await;
    let market = id_of(&store, "markets", "true").await;
    let study = id_of(&store, "studies", "true").await;
    let run = id_of(&store, "training_runs", "true").await;
    let ladder = id_of(&store, "ladders", "true").await;
    let suite = id_of(&store, "suites", "true").await;
    let pages: [(String, &str); 16] = [
        (format!("/talk/{between_people}"), "Fine."),
        (format!("/research/episodes/{between_people}"), "Fine."),
        (format!("/research/episodes/{of_a_model}"), "demo"),
        ("/research/episodes".to_owned(), "persuadable"),
        ("/research/episodes?seller=conceder".to_owned(), "conceder"),
        ("/research/episodes?q=%22Too+little%22".to_owned(), &between_people),
        (format!("/research/episodes?market={market}"), "boulware"),
        (format!("/studies/{study}?view=participants"), "bot"),
        (format!("/studies/{study}?view=payments"), "GBP"),
        (format!("/studies/{study}?view=results"), "trained"),
        (format!("/markets/{market}"), "population.toml"),
        (format!("/ladders/{ladder}"), "From 5 episodes over 3 products"),
        ("/evaluate".to_owned(), "small"),
        (format!("/runs/{run}"), "small"),
        (format!("/runs/{run}/rollouts"), "persuadable"),
        ("/models".to_owned(), "demo"),
    ];
    let mut wrong = Vec::new();
    for (path, words) in &pages {
        let (status, page) = ada.get(path).await;
        if status.as_u16() != 200 || !page.contains(words) {
            let start = page.find("<main").unwrap_or(0);
            wrong.push(format!("{path}: {status}, without `{words}`: {:.1500}", &page[start..]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let suite: serde_json::Value = ada.fetch(&format!("/api/v1/suites/{suite}")).await;
    assert_eq!(suite["head"]["label"], "small", "{suite}");
    // What it does by itself, such as to end a participation whose time is over, follows from the logs, too.
    served.stop().await;
    assert_all_follows(&store.recompute(true, |_| {}).await.unwrap());
}
