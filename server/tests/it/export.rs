//! Exports: what is in them, and that an import gives the same again.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use server::export::{Format, Imported, Order, Sink, export, import};
use store::Store;
use store::cluster::Ephemeral;
use tempfile::TempDir;
use wire::EpisodeSearch;

use crate::suites::{SCRIPTS, played, stocked};
use crate::world::*;

fn order(format: Format) -> Order {
    Order {
        search: EpisodeSearch::default(),
        conditions: String::new(),
        format,
        tables: Vec::new(),
    }
}

async fn write(store: &Store, order: Order) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    export(store, order, Sink::folder(folder.path().to_owned()).unwrap(), |_, _| {}).await.unwrap();
    folder
}

fn lines(folder: &Path, table: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("{table}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_an_export_gives_the_same_again_in_every_format() {
    let store = stocked().await;
    played(&store, SCRIPTS).await;
    let jsonl = write(&store, order(Format::Jsonl)).await;
    let episodes = lines(jsonl.path(), "episodes");
    assert_eq!(episodes.len(), 40);
    for format in [Format::Parquet, Format::Jsonl, Format::Csv] {
        let folder = write(&store, order(format)).await;
        let elsewhere = Ephemeral::shared().await.store(4).await.unwrap();
        let path = folder.path().to_owned();
        let only_checked = import(None, path.clone(), |_| {}).await.unwrap();
        let expected = Imported { checked: 40, stored: 0, products: 0 };
        assert_eq!(only_checked, expected, "{format:?}");
        let taken_in = import(Some(elsewhere.clone()), path.clone(), |_| {}).await.unwrap();
        assert_eq!(taken_in, Imported { stored: 40, products: 5, ..expected }, "{format:?}");
        let again = import(Some(elsewhere.clone()), path, |_| {}).await.unwrap();
        assert_eq!(again, expected, "{format:?}");
        let back = write(&elsewhere, order(Format::Jsonl)).await;
        for table in ["moves", "events", "figures"] {
            assert_eq!(
                lines(back.path(), table),
                lines(jsonl.path(), table),
                "{format:?}, {table}"
            );
        }
        for (was, is) in episodes.iter().zip(lines(back.path(), "episodes")) {
            for column in ["episode_id", "buyer", "budget_mills", "ending", "seed", "created_ms"] {
                assert_eq!(was[column], is[column], "{format:?}, {column}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_is_refused() {
    let store = stocked().await;
    played(&store, SCRIPTS).await;
    let folder = write(&store, order(Format::Jsonl)).await;
    let path = folder.path().to_owned();
    let file = path.join("episodes.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let better = text.replacen("\"buyer_reward\":0.", "\"buyer_reward\":0.9", 1);
    assert_ne!(text, better);
    std::fs::write(&file, &better).unwrap();
    let refused = import(None, path.clone(), |_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("its hash is another"), "{refused}");
    // Who writes the manifest too is caught by the rules.
    let manifest = path.join("manifest.json");
    let mut told: Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    for entry in told["files"].as_array_mut().unwrap() {
        if entry["name"] == "episodes.jsonl" {
            use sha2::{Digest, Sha256};
            entry["sha256"] = hex::encode(Sha256::digest(&better)).into();
        }
    }
    std::fs::write(&manifest, told.to_string()).unwrap();
    let refused = format!("{:#}", import(None, path, |_| {}).await.unwrap_err());
    assert!(refused.contains("the export says"), "{refused}");
    let mut one = order(Format::Csv);
    one.tables = vec!["moves".into(), "thoughts".into()];
    let sink = Sink::folder(tempfile::tempdir().unwrap().path().join("new")).unwrap();
    let refused = export(&store, one, sink, |_, _| {}).await.unwrap_err();
    assert!(refused.to_string().contains("there is no table `thoughts`"), "{refused}");
    assert!(Sink::folder(folder.path().to_owned()).is_err(), "nothing is overwritten");
}

#[tokio::test]
async fn people_are_pseudonyms_that_no_two_exports_share() {
    let world = World::new().await;
    let (ada, bob) = (world.client(), world.client());
    for client in [&ada, &ada, &bob] {
        let id = client.start("me", "boulware").await;
        client.play(id, offer(30)).await;
        client.moves(id, 2).await;
        client.play(id, rules::Act::Quit).await;
    }
    let mut seen = Vec::new();
    for _ in 0..2 {
        let folder = write(&world.store, order(Format::Jsonl)).await;
        let people = lines(folder.path(), "episodes").into_iter().map(|row| {
            assert_eq!(
                (row["buyer"].as_str(), row["ending"].as_str()),
                (Some("person"), Some("quit"))
            );
            row["buyer_participant"].as_str().unwrap().to_owned()
        });
        let people: Vec<String> = people.collect();
        assert_eq!(people.iter().collect::<BTreeSet<_>>().len(), 2, "{people:?}");
        seen.extend(people.into_iter().collect::<BTreeSet<_>>());
        let whole: String = ["episodes", "moves", "events"]
            .map(|table| {
                std::fs::read_to_string(folder.path().join(format!("{table}.jsonl"))).unwrap()
            })
            .concat();
        for client in [&ada, &bob] {
            let me: Value = client.fetch("/api/v1/whoami").await;
            assert!(!whole.contains(me["visitor"].as_str().unwrap()));
        }
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 4, "{seen:?}");
    world.stop().await;
}

/// With the interpreter that `cargo xtask test` sets up; without one there is nothing to check by.
#[tokio::test(flavor = "multi_thread")]
async fn another_program_measures_the_same() {
    let Some(python) = std::env::var_os("EXPORT_PYTHON") else {
        println!("NOT CHECKED: exports, because EXPORT_PYTHON names no interpreter with polars");
        return;
    };
    let store = stocked().await;
    // Six products, one of them with nothing to gain: 6 x 35 x (4 x 6) episodes.
    let settings = "measured = [\"linear\", \"tit-for-tat\", \"zero-intelligence\", \"og-narrator\"]\n\
        products = 6\nrollouts = 35\nagainst = [{ name = \"persuadable\", personas = [\"neutral\", \"insulting\", \
        \"unyielding\"] }, { name = \"regulated\" }, { name = \"linear\" }, { name = \"haggler-heldout\" }]";
    played(&store, settings).await;
    let folder = write(&store, order(Format::Parquet)).await;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut check = std::process::Command::new(python);
    check
        .arg(here.join("tests/export/check.py"))
        .arg(folder.path())
        .arg(here.join("../docs/paper_table.ipynb"));
    let output = tokio::task::spawn_blocking(move || check.output().unwrap()).await.unwrap();
    let (said, wrong) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("figures over 5040 episodes are the same"), "{said}\n{wrong}");
    assert!(output.status.success() && said.ends_with("all is well\n"), "{said}\n{wrong}");
}
