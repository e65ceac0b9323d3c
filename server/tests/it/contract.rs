//! The API against its own description: Schemathesis makes requests of every operation, good ones and bad ones, and
//! holds each answer against `/api/openapi.json`: no 5xx, and only statuses, media types, headers and shapes that the
//! description has.

use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use rules::Act;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::account::key;
use crate::jobs::{Shop, TINY};
use crate::suites::SCRIPTS;
use crate::training::products;
use crate::world::*;

/// What an answer must be. Not among them: whether the server takes what the description allows, and refuses what it
/// forbids. It is stricter than a schema can say (an offer that is none now, a plan that names nobody) and, where it
/// reads an address, laxer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
    response_headers_conformance,allow_header_conformance,unsupported_method";

/// Requests of each operation that are made up, beside those that go through its parameters one by one.
const EXAMPLES: u32 = 5;

/// Things that there are, by the beginning of the paths that name one as `{parameter}`.
struct Named {
    paths: &'static str,
    parameter: &'static str,
    values: Vec<String>,
}

/// Every kind of thing that the API knows, on a server of its own.
struct Stage {
    shop: Shop,
    /// A browser's cookie, a researcher's key and a training job's token, each as a header.
    visitor: String,
    researcher: String,
    job: String,
    things: Vec<Named>,
}

impl Stage {
    async fn new() -> Stage {
        let shop = Shop::new().await;
        let base = &shop.world.base;
        let mut all = products();
        all.push(atlas());
        shop.world.store.products_replace("souk", &all, &json!({})).await.unwrap();
        let secret = key(&shop.world, &["play", "read", "admin", "models"]).await;
        let researcher = Client::with_key(base, &secret);
        let browser = shop.world.client();
        let response =
            browser.request(reqwest::Method::GET, "/api/v1/whoami").send().await.unwrap();
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();

        let mut episodes = Vec::new();
        let mut over = None;
        for client in [&browser, &researcher] {
            let talk = client.start("me", "boulware").await;
            client.play(talk, offer(30)).await;
            let left = client.start("me", "boulware").await;
            client.play(left, offer(1)).await;
            client.moves(left, 2).await;
            client.play(left, Act::Quit).await;
            let watched = json!({ "pace": { "interval_ms": 0, "paused": true } });
            let pair = client.start_with("linear", "boulware", watched).await;
            let invited = client.start("me", "invite").await;
            episodes.extend([talk, left, pair, invited].map(|id| id.to_string()));
            over = Some(left);
        }
        let made = async |path: &str, body: Value| -> String {
            let made: Value = researcher.send(path, body).await;
            made["id"].as_str().unwrap().to_owned()
        };
        let open = json!({ "key": Uuid::new_v4(), "population": "plaza", "pace_ms": 1_000 });
        let market = made("/api/v1/markets", open).await;
        let join = json!({ "key": Uuid::new_v4(), "role": "buyer" });
        let _: Value = browser.send(&format!("/api/v1/markets/{market}/join"), join).await;
        let ladder = made("/api/v1/ladders", json!({ "title": "All", "conditions": "" })).await;
        let suite = made("/api/v1/suites", json!({ "plan": "custom", "settings": SCRIPTS })).await;
        let path = format!("/api/v1/research/episodes/{}/counterfactuals", over.unwrap());
        let what_if = json!({ "after": 0, "seats": { "buyer": "linear" }, "rollouts": 1 });
        let counterfactual = made(&path, what_if).await;
        let (run, job) = shop.token(TINY).await;

        let named = |paths, parameter, values| Named { paths, parameter, values };
        let things = vec![
            named("^/api/v1/(research/)?episodes/", "id", episodes),
            named("^/api/v1/products/", "id", vec![PRODUCT.to_owned()]),
            named("^/api/v1/markets/", "id", vec![market]),
            named("^/api/v1/ladders/", "id", vec![ladder]),
            named("^/api/v1/suites/", "id", vec![suite]),
            named("^/api/v1/research/counterfactuals/", "id", vec![counterfactual]),
            named("^/api/v1/training/runs/", "id", vec![run.to_string()]),
            named("^/api/v1/jobs/", "run", vec![run.to_string()]),
        ];
        Stage {
            visitor: format!("Cookie: {cookie}"),
            researcher: format!("Authorization: Bearer {secret}"),
            job: format!("Authorization: Bearer {job}"),
            shop,
            things,
        }
    }

    /// Schemathesis' settings. Most requests name a thing that is there; the others, one that is made up.
    fn settings(&self, hooks: &Path) -> String {
        let mut text =
            format!("hooks = {:?}\nmax-stream-events = 5\n", hooks.display().to_string());
        for (n, Named { values, .. }) in self.things.iter().enumerate() {
            writeln!(text, "[dictionaries.things_{n}]\nvalues = {values:?}").unwrap();
        }
        for (n, Named { paths, parameter, .. }) in self.things.iter().enumerate() {
            writeln!(
                text,
                "[[operations]]\ninclude-path-regex = '{paths}'\n\
                 parameters = {{ \"path.{parameter}\" = {{ dictionary = \"things_{n}\", probability = 0.8 }} }}"
            )
            .unwrap();
        }
        text
    }
}

fn schemathesis(python: &OsStr, folder: &Path, base: &str, header: &str, more: &[&str]) -> Command {
    let examples = std::env::var("SCHEMATHESIS_EXAMPLES").unwrap_or(EXAMPLES.to_string());
    let mut command = Command::new(Path::new(python).with_file_name("st"));
    command
        .current_dir(folder)
        .args(["--no-color", "--config-file", "schemathesis.toml", "run"])
        .arg(format!("{base}/api/openapi.json"))
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"])
        .args(["--max-examples", &examples, "--generation-deterministic", "--no-shrink"])
        // A wrong key counts as an attempt to sign in.
        .args(["--generation-with-security-parameters", "false"])
        .args(["--continue-on-failure", "--request-timeout", "30", "--warnings", "off"])
        .args(["--header", header])
        .args(more);
    command
}

/// With the interpreter that `cargo xtask test` sets up; without one there is nothing to check by.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_the_description_says() {
    let Some(python) = std::env::var_os("SCHEMATHESIS_PYTHON") else {
        println!(
            "NOT CHECKED: the API, because SCHEMATHESIS_PYTHON names no interpreter with schemathesis"
        );
        return;
    };
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis/hooks.py");
    std::fs::write(folder.path().join("schemathesis.toml"), stage.settings(&hooks)).unwrap();
    // A key that is revoked, or a job's token beyond its run's end, would have all that follows refused.
    let for_people = ["--exclude-tag", "jobs", "--exclude-operation-id", "revoke_key"];
    let runs = [
        ("a visitor", &stage.visitor, &for_people[..]),
        ("a researcher", &stage.researcher, &for_people),
        ("a job", &stage.job, &["--include-tag", "jobs"]),
    ];
    for (who, header, more) in runs {
        let base = &stage.shop.world.base;
        let mut command = schemathesis(&python, folder.path(), base, header, more);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let (said, wrong) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "as {who}:\n{said}\n{wrong}");
        let cases = said.lines().map(str::trim).find(|line| line.contains(" generated, "));
        println!("as {who}: {}", cases.expect("it says how many requests it made"));
    }
    stage.shop.world.stop().await;
}

/// U+0000 comes in addresses and bodies, and Postgres holds it in no text.
#[tokio::test]
async fn a_text_that_cannot_be_stored_is_refused() {
    let world = World::new().await;
    let secret = key(&world, &["play", "read", "admin"]).await;
    let client = Client::with_key(&world.base, &secret);
    let talk = client.start("me", "boulware").await;
    let (status, told) = client.get("/api/v1/products?search=%00_").await;
    assert_eq!(status.as_u16(), 422, "{told}");
    assert!(told.contains("nul_character"), "{told}");
    for path in [
        "/api/v1/products?category=%00".to_owned(),
        "/api/v1/products/%00".to_owned(),
        "/api/v1/episodes?product=%00".to_owned(),
        "/api/v1/research/episodes?talk=%00".to_owned(),
        "/api/v1/research/episodes?tag=%00&buyer=%00".to_owned(),
        "/api/v1/research/compare?role=buyer&a=%00&b=linear".to_owned(),
    ] {
        let (status, told) = client.get(&path).await;
        assert!(!status.is_server_error(), "{path}: {status} {told}");
    }
    let said = json!({ "key": Uuid::new_v4(), "talk": "a\0b", "act": offer(30) });
    for (path, body) in [
        (format!("/api/v1/episodes/{talk}/moves"), said),
        ("/api/v1/keys".to_owned(), json!({ "label": "a\0b", "scopes": ["read"] })),
        ("/api/v1/ladders".to_owned(), json!({ "title": "a\0b", "conditions": "" })),
        ("/api/v1/ladders".to_owned(), json!({ "title": "a", "conditions": "talk=%00" })),
        (
            "/api/v1/suites".to_owned(),
            json!({ "plan": "custom", "label": "a\0b", "settings": SCRIPTS }),
        ),
        ("/api/v1/training/runs".to_owned(), json!({ "preset": "laptop", "label": "a\0b" })),
    ] {
        let (status, told) = client.post(&path, body.clone()).await;
        assert!(!status.is_server_error(), "{path} {body}: {status} {told}");
    }
    world.stop().await;
}

/// Its name would have it sent as JSON.
#[tokio::test(flavor = "multi_thread")]
async fn a_bases_file_is_sent_as_bytes() {
    let shop = Shop::new().await;
    let (run, token) = shop.token(TINY).await;
    let job = Client::with_key(&shop.world.base, &token);
    let path = format!("/api/v1/jobs/{run}/base/tokenizer_config.json");
    let response = job.request(reqwest::Method::GET, &path).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
    shop.world.stop().await;
}
