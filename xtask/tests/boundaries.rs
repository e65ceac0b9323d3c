//! What each crate must not know, as docs/ARCHITECTURE.md draws it, asked of
//! cargo's own dependency graph.

use std::collections::BTreeSet;
use std::process::Command;

/// Names of all crates that a crate is built with, tests aside.
fn built_with(package: &str, more: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--edges=normal,build", "--prefix=none", "--format={p}"])
        .args(["--package", package])
        .args(more)
        .output()
        .expect("cargo is running this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .expect("crate names are plain text")
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn check(package: &str, knows: &[&str], must_not_know: &[&str]) {
    let found = built_with(package, &[]);
    // A misspelt name would pass as unknown everywhere; these must be there.
    for name in knows {
        assert!(found.contains(*name), "{package} is not built with {name}");
    }
    for name in must_not_know {
        assert!(!found.contains(*name), "{package} must not know {name}");
    }
}

const RUNTIME: [&str; 2] = ["tokio", "any_spawner"];
const DATABASE: [&str; 3] = ["sqlx", "sqlx-core", "store"];
const WEB: [&str; 5] = ["axum", "tower-http", "hyper", "leptos", "app"];

fn all_of(lists: &[&[&'static str]]) -> Vec<&'static str> {
    lists.concat()
}

#[test]
fn rules_are_pure() {
    let clocks_and_chance: &[&str] = &["rand", "rand_core", "getrandom", "chrono", "time"];
    check(
        "rules",
        &["serde"],
        &all_of(&[&RUNTIME, &DATABASE, &WEB, clocks_and_chance, &["wire", "policy"]]),
    );
}

#[test]
fn wire_is_data_alone() {
    check("wire", &["rules", "serde"], &all_of(&[&RUNTIME, &DATABASE, &WEB, &["policy", "rand"]]));
}

#[test]
fn studies_know_neither_database_nor_web_nor_negotiators() {
    check(
        "study",
        &["rules", "wire", "serde"],
        &all_of(&[&RUNTIME, &DATABASE, &WEB, &["policy", "rand", "chrono"]]),
    );
}

#[test]
fn tables_know_neither_database_nor_web() {
    for package in ["tables", "fuzzing"] {
        check(package, &["parquet", "rules"], &all_of(&[&RUNTIME, &DATABASE, &WEB, &["policy"]]));
    }
}

#[test]
fn negotiators_know_neither_database_nor_web() {
    check("policy", &["rules", "serde"], &all_of(&[&RUNTIME, &DATABASE, &WEB, &["wire"]]));
}

#[test]
fn the_engine_knows_neither_database_nor_server() {
    check(
        "engine",
        &["policy", "mistralrs"],
        &all_of(&[&DATABASE, &["axum", "leptos", "app", "trainer", "remote"]]),
    );
}

#[test]
fn learning_without_tensors_knows_no_tensors() {
    check(
        "rl",
        &["policy", "rules"],
        &all_of(&[&RUNTIME, &DATABASE, &WEB, &["candle-core", "trainer", "pulp", "wire"]]),
    );
}

#[test]
fn the_trainer_knows_tensors_and_negotiators_alone() {
    check(
        "trainer",
        &["policy", "rl", "candle-core"],
        &all_of(&[&RUNTIME, &DATABASE, &WEB, &["engine", "mistralrs", "remote", "catalogue"]]),
    );
}

#[test]
fn models_elsewhere_are_reached_without_server_database_or_engine() {
    check(
        "remote",
        &["policy", "reqwest", "rules", "tokio"],
        &all_of(&[
            &DATABASE,
            &["axum", "leptos", "app", "wire", "engine", "mistralrs", "mistralrs-core", "trainer"],
        ]),
    );
}

#[test]
fn the_catalogue_knows_neither_database_nor_web() {
    check("catalogue", &["rules"], &all_of(&[&RUNTIME, &DATABASE, &WEB]));
}

#[test]
fn a_crowd_knows_what_travels_alone() {
    check(
        "crowd",
        &["reqwest", "rules", "tokio", "wire"],
        &all_of(&[&DATABASE, &["axum", "leptos", "app", "server", "policy", "engine", "trainer"]]),
    );
}

#[test]
fn the_store_knows_neither_web_nor_negotiators() {
    check(
        "store",
        &["rules", "wire", "sqlx", "tokio"],
        // hyper comes with the client of the archive's bucket.
        &["axum", "leptos", "app", "policy", "catalogue"],
    );
}

#[test]
fn pages_know_neither_the_store_nor_the_negotiators() {
    check(
        "app",
        &["rules", "wire", "leptos"],
        &all_of(&[&DATABASE, &["policy", "catalogue", "server"]]),
    );
}

#[test]
fn the_browsers_half_carries_no_server() {
    let found = built_with("frontend", &["--target=wasm32-unknown-unknown"]);
    assert!(found.contains("app") && found.contains("wasm-bindgen"));
    for name in ["tokio", "axum", "sqlx", "store", "policy", "leptos_axum"] {
        assert!(!found.contains(name), "the page must not carry {name}");
    }
}

#[test]
fn the_server_joins_all() {
    check(
        "server",
        &["app", "axum", "catalogue", "policy", "rules", "sqlx-core", "store", "tokio", "wire"],
        &["testkit", "xtask", "wasm-bindgen-cli-support"],
    );
}

#[test]
fn only_the_store_names_sqlx() {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["metadata", "--no-deps", "--format-version=1"])
        .output()
        .expect("cargo is running this test");
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo's metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages are a list");
    let names_sqlx: Vec<&str> = packages
        .iter()
        .filter(|package| {
            let dependencies = package["dependencies"].as_array().into_iter().flatten();
            dependencies.into_iter().any(|dependency| dependency["name"] == "sqlx")
        })
        .filter_map(|package| package["name"].as_str())
        .collect();
    assert_eq!(names_sqlx, ["store"]);
}
