//! Every address of the server by every role: who is let in, and who is told what.
//!
//! The addresses come from the OpenAPI description, from the server functions of `app`, from the pages' routes, and
//! from what the server's sources give to `.route(...)`. One without a row here fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use rules::Mills;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{NewApiKey, NewStudy};
use study::{End, Study};
use uuid::Uuid;
use wire::{StudyId, UserId};

use crate::account::{link, user};
use crate::jobs::{Shop, TINY};
use crate::secrets::assert_untold;
use crate::training::products;
use crate::world::*;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A browser that nobody knows.
    Visitor,
    /// The visitor who sits at the table, opened the market and watches the pair.
    Seat,
    /// Who takes part in a study.
    Participant,
    /// A signed-in researcher, who made the key, the ladder and the study.
    Researcher,
    /// Another one, who made none of them.
    Other,
    /// Keys of a third researcher, by scope.
    Play,
    Read,
    Admin,
    Models,
    /// The job of the run, and another run's.
    Job,
    OtherJob,
}

use Role::{
    Admin, Job, Models, Other, OtherJob, Participant, Play, Read, Researcher, Seat, Visitor,
};

/// Those who are refused most come first: an object is still there when they ask for it.
const ROLES: [Role; 11] =
    [Visitor, Participant, Models, Play, OtherJob, Job, Read, Other, Admin, Seat, Researcher];

impl Role {
    fn is_key(self) -> bool {
        matches!(self, Play | Read | Admin | Models | Job | OtherJob)
    }

    fn is_signed_in(self) -> bool {
        matches!(self, Researcher | Other)
    }
}

/// Who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Everybody,
    /// Browsers, jobs, and keys with the scope `play`.
    Players,
    /// Who sits at the table.
    Sitting,
    /// Who opened it, and researchers in a browser.
    Opener,
    /// Researchers, and keys with the scope `read`.
    Readers,
    /// Researchers, and keys with the scope `admin`.
    Admins,
    /// Whose key it is.
    KeyOwner,
    /// Researchers, and keys that may read as they do; others are told that it is closed.
    BookKeepers,
    /// The same; to others it is not there.
    Hidden,
    /// The job of the run.
    ItsJob,
    /// Keys with the scope `models`.
    ModelsKeys,
    /// All browsers; keys have the API for it.
    Browsers,
    /// Who sits at the table, from a browser.
    SittingBrowser,
    /// Who opened it, and researchers, from a browser.
    OpenerBrowser,
    /// Researchers in a browser.
    Desk,
    /// Researchers in a browser, and keys that may read as they do.
    DeskLook,
    /// Researchers in a browser; a key is nobody there.
    DeskFile,
    /// Whoever takes part in the study; others are sent on, or shown that they do not.
    TakingPart,
}

impl Who {
    /// As the table has it.
    fn named(name: &str) -> Option<Who> {
        Some(match name {
            "everybody" => Who::Everybody,
            "players" => Who::Players,
            "sitting" => Who::Sitting,
            "opener" => Who::Opener,
            "readers" => Who::Readers,
            "admins" => Who::Admins,
            "key-owner" => Who::KeyOwner,
            "book-keepers" => Who::BookKeepers,
            "hidden" => Who::Hidden,
            "its-job" => Who::ItsJob,
            "models-keys" => Who::ModelsKeys,
            "browsers" => Who::Browsers,
            "sitting-browser" => Who::SittingBrowser,
            "opener-browser" => Who::OpenerBrowser,
            "desk" => Who::Desk,
            "desk-look" => Who::DeskLook,
            "desk-file" => Who::DeskFile,
            "taking-part" => Who::TakingPart,
            _ => return None,
        })
    }

    /// The statuses with which a role is refused; `None`: it is let in.
    fn refuses(self, role: Role) -> Option<&'static [u16]> {
        let known = if role.is_key() { &[403][..] } else { &[401][..] };
        let unless = |may: bool, status: &'static [u16]| (!may).then_some(status);
        match self {
            Who::Everybody => None,
            Who::Players => unless(!matches!(role, Read | Admin | Models), &[403]),
            Who::Sitting => unless(role == Seat, &[403]),
            Who::Opener => unless(role == Seat || role.is_signed_in(), &[403]),
            Who::Readers => unless(role.is_signed_in() || role == Read, known),
            Who::Admins => unless(role.is_signed_in() || role == Admin, known),
            Who::KeyOwner if matches!(role, Other | Admin) => Some(&[404]),
            Who::KeyOwner => unless(role == Researcher, known),
            Who::BookKeepers => unless(role.is_signed_in() || matches!(role, Read | Admin), &[403]),
            Who::Hidden => unless(role.is_signed_in() || matches!(role, Read | Admin), &[404]),
            Who::ItsJob => unless(role == Job, &[403]),
            Who::ModelsKeys => unless(role == Models, known),
            Who::Browsers => unless(!role.is_key(), &[403]),
            Who::SittingBrowser => unless(role == Seat, &[403]),
            Who::OpenerBrowser => unless(role == Seat || role.is_signed_in(), &[403]),
            Who::Desk => unless(role.is_signed_in(), known),
            Who::DeskLook => unless(role.is_signed_in() || matches!(role, Read | Admin), &[401]),
            Who::DeskFile => unless(role.is_signed_in(), &[401]),
            Who::TakingPart => unless(role == Participant, &[401]),
        }
    }
}

enum Body {
    Nothing,
    Json(Value),
    Form(String),
    Bytes(String),
    /// A live connection: its status counts alone.
    Stream,
    Socket,
}

/// One address: what is asked, who may, and how those who may are answered.
struct Row {
    method: String,
    template: String,
    who: Who,
    answers: Vec<u16>,
    at: String,
    body: Body,
}

impl Row {
    /// `METHOD template | who | statuses | address | body`; `=` is the template itself.
    fn read(line: &str, things: &BTreeMap<&str, String>) -> Option<Row> {
        let mut parts = line.splitn(5, " | ").map(str::trim);
        let (method, template) = parts.next()?.split_once(' ')?;
        let template = template.trim();
        let who = Who::named(parts.next()?)?;
        let answers = parts.next()?.split(',').map(|status| status.parse().ok());
        let answers = answers.collect::<Option<Vec<u16>>>()?;
        let at = match parts.next()? {
            "=" => template.to_owned(),
            at => filled(at, things),
        };
        let body = filled(parts.next().unwrap_or_default(), things);
        let (kind, rest) = body.split_once(' ').unwrap_or((&body, ""));
        let body = match kind {
            "" => Body::Nothing,
            "json" => Body::Json(serde_json::from_str(rest).ok()?),
            "form" => Body::Form(rest.to_owned()),
            "bytes" => Body::Bytes(rest.to_owned()),
            "stream" => Body::Stream,
            "socket" => Body::Socket,
            _ => return None,
        };
        Some(Row {
            method: method.to_owned(),
            template: template.to_owned(),
            who,
            answers,
            at,
            body,
        })
    }
}

/// Puts what stands in the world in the place of `$names`.
fn filled(text: &str, things: &BTreeMap<&str, String>) -> String {
    let mut parts = text.split('$');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        filled.push_str(things.get(name).unwrap_or_else(|| panic!("there is no ${name}")));
        filled.push_str(rest);
    }
    filled
}

/// As the test's runs are called.
const RUN: &str = "of a test";
const SUITE: &str = "a suite of the matrix";
const PLATFORM_ID: &str = "PLATFORM-ID-OF-A-PERSON";
const EMAIL: &str = "researcher@lab.example";
const PASSWORD: &str = "the researcher's own camel";

struct Scene {
    shop: Shop,
    clients: BTreeMap<usize, Client>,
    things: BTreeMap<&'static str, String>,
    /// Tokens that no answer to anybody may hold.
    tokens: Vec<(&'static str, String)>,
}

async fn key_of(world: &World, user: UserId, scopes: &[&str]) -> (Uuid, String) {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let new = NewApiKey { user, label: "of the matrix".to_owned(), scopes, ttl: None };
    let (id, secret) = world.store.api_key_create(&new).await.unwrap();
    (id.0, secret.reveal().to_owned())
}

async fn signed_in(world: &World, user: UserId) -> (Client, String) {
    let (client, token) = (world.client(), link(world, user).await);
    let response = client.form(&format!("/auth/link/{token}"), "").await;
    assert_eq!(response.status().as_u16(), 303);
    (client, token)
}

fn id_of(made: &Value) -> Uuid {
    made["id"].as_str().unwrap().parse().unwrap()
}

/// A study that runs, and somebody who was let in.
async fn study(world: &World, by: UserId, taking_part: &Client) -> (StudyId, Uuid) {
    let ready = include_str!("../../../crates/study/studies/base-vs-trained.toml");
    let (id, study) = (StudyId(Uuid::now_v7()), Study::read(ready).unwrap());
    let codes = End::ALL.into_iter().map(|end| (end, "CODE".to_owned())).collect();
    let new = NewStudy { id, slug: "matrix".to_owned(), study, codes, by };
    world.store.study_create(&new).await.unwrap();
    assert!(world.store.study_launch(id, 1, "# Promise", true).await.unwrap());
    let entered = taking_part.form("/s/matrix/enter", &format!("bot={PLATFORM_ID}")).await;
    assert_eq!(entered.status().as_u16(), 303);
    let heads = world.store.participant_list(id).await.unwrap();
    (id, heads[0].id.0)
}

impl Scene {
    async fn new() -> Scene {
        let shop = Shop::new().await;
        let world = &shop.world;
        let mut all = products();
        let product = format!("souk.{}", all[0].product.codename);
        all.push(atlas());
        world.store.products_replace("souk", &all, &json!({})).await.unwrap();
        let mut tokens = Vec::new();

        let (by, others, of_keys) = (
            user(world, EMAIL).await,
            user(world, "other@lab.example").await,
            user(world, "keys@lab.example").await,
        );
        let (researcher, used) = signed_in(world, by).await;
        tokens.push(("a sign-in link", used));
        let form = format!("password={0}&again={0}", PASSWORD.replace(' ', "+"));
        assert_eq!(researcher.form("/auth/password", &form).await.status().as_u16(), 303);
        tokens.push(("a sign-in link", link(world, by).await));
        let (other, _) = signed_in(world, others).await;
        let (key, secret) = key_of(world, by, &["play", "read"]).await;
        tokens.push(("somebody's key", secret));

        let (run, job) = shop.token(TINY).await;
        let (_, other_job) = shop.token(TINY).await;
        tokens.push(("a job's token", job.clone()));
        tokens.push(("a job's token", other_job.clone()));

        let mut clients = BTreeMap::new();
        for role in ROLES {
            let scope = match role {
                Play => "play",
                Read => "read",
                Admin => "admin",
                Models => "models",
                _ => "",
            };
            let client = match role {
                Researcher => researcher.clone(),
                Other => other.clone(),
                Job => Client::with_key(&world.base, &job),
                OtherJob => Client::with_key(&world.base, &other_job),
                _ if role.is_key() => {
                    let (_, secret) = key_of(world, of_keys, &[scope]).await;
                    tokens.push(("a key", secret.clone()));
                    Client::with_key(&world.base, &secret)
                }
                _ => world.client(),
            };
            clients.insert(role as usize, client);
        }
        let of = |role: Role| &clients[&(role as usize)];

        let seat = of(Seat);
        let talk = seat.start("me", "boulware").await;
        seat.play(talk, offer(30)).await;
        seat.moves(talk, 2).await;
        let paused =
            json!({ "pace": { "interval_ms": 1_000, "paused": true }, "product": product });
        let pair = seat.start_with("linear", "boulware", paused).await;
        let elsewhere = json!({ "product": product });
        let over = seat.start_with("me", "boulware", elsewhere.clone()).await;
        seat.play(over, offer(1)).await;
        seat.moves(over, 2).await;
        seat.play(over, rules::Act::Quit).await;
        seat.until(over, is_over).await;
        let host = world.client();
        let invited = host.start_with("me", "invite", elsewhere).await;
        let page: wire::EpisodePage = host.fetch(&format!("/api/v1/episodes/{invited}")).await;
        let invitation = page.head.invite.unwrap().rsplit('/').next().unwrap().to_owned();
        let opened = json!({ "key": Uuid::new_v4(), "population": "plaza", "pace_ms": 60_000 });
        let market = id_of(&seat.send("/api/v1/markets", opened).await);

        let join = json!({ "key": Uuid::new_v4(), "role": "buyer" });
        let _: Value = seat.send(&format!("/api/v1/markets/{market}/join"), join).await;

        let ladder = json!({ "title": "Private", "conditions": "" });
        let ladder = id_of(&researcher.send("/api/v1/ladders", ladder).await);
        let suite = json!({ "plan": "custom", "label": SUITE, "settings": crate::suites::SCRIPTS });
        let suite = id_of(&researcher.send("/api/v1/suites", suite).await);
        let (study, participant) = study(world, by, of(Participant)).await;
        let path = format!("/api/v1/research/episodes/{over}/counterfactuals");
        let what_if = json!({ "after": 0, "seats": { "buyer": "linear" }, "rollouts": 1 });
        let counterfactual = id_of(&researcher.send(&path, what_if).await);
        let scripts = serde_json::to_string(crate::suites::SCRIPTS).unwrap();
        let things = BTreeMap::from([
            ("atlas", PRODUCT.to_owned()),
            // Somebody else's limits are those of another product.
            ("product", product),
            // The seat's talk that goes on, on the product whose limits are known.
            ("talk", talk.to_string()),
            // Two negotiators, started by the seat.
            ("pair", pair.to_string()),
            // Of the seat, and over.
            ("over", over.to_string()),
            // Somebody else's, with an open seat.
            ("invited", invited.to_string()),
            ("invitation", invitation.clone()),
            // The seat's, and the seat buys there.
            ("market", market.to_string()),
            // The researcher's.
            ("ladder", ladder.to_string()),
            ("suite", suite.to_string()),
            ("counterfactual", counterfactual.to_string()),
            ("key", key.to_string()),
            ("study", study.to_string()),
            ("participant", participant.to_string()),
            ("run", run.to_string()),
            ("scripts", scripts.trim_matches('"').to_owned()),
            ("nil", Uuid::nil().to_string()),
        ]);
        tokens.push(("an invitation", invitation));
        Scene { shop, clients, things, tokens }
    }

    fn client(&self, role: Role) -> &Client {
        &self.clients[&(role as usize)]
    }

    async fn ask(&self, role: Role, row: &Row) -> (u16, String) {
        let client = self.client(role);
        let method = Method::from_bytes(row.method.as_bytes()).unwrap();
        let request = client.request(method, &row.at);
        let kind = "application/x-www-form-urlencoded";
        let request = match &row.body {
            Body::Nothing | Body::Stream => request,
            Body::Json(value) => request.json(&fresh(value)),
            Body::Form(form) => {
                let form = form.replace("KEY", &Uuid::new_v4().to_string());
                request.header("content-type", kind).body(form)
            }
            Body::Bytes(bytes) => request.body(bytes.clone()),
            Body::Socket => request
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        };
        let response = soon(&row.at, request.send()).await.unwrap();
        if response.status().is_success() && matches!(row.body, Body::Stream)
            || response.status().as_u16() == 101
        {
            return (response.status().as_u16(), String::new());
        }
        let (status, text) = client.read(response).await;
        (status.as_u16(), text)
    }
}

/// A key of its own for each role: what one asked for is not answered to another.
fn fresh(value: &Value) -> Value {
    let mut value = value.clone();
    let key = json!(Uuid::new_v4());
    for at in ["/key", "/new/key", "/request/key"] {
        if let Some(found) = value.pointer_mut(at) {
            *found = key.clone();
        }
    }
    value
}

/// The table, with what stands in the world for its names.
fn rows(things: &BTreeMap<&str, String>) -> Vec<Row> {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/matrix.txt");
    let table = std::fs::read_to_string(table).unwrap();
    let told = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    told.map(|line| Row::read(line, things).unwrap_or_else(|| panic!("no row: {line}"))).collect()
}

/// Method and path of all that the server answers, as far as its sources and its description say.
fn addresses(api: &Value) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            all.insert((method.to_uppercase(), path.clone()));
        }
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    read_sources(&own.join("src"), &mut sources);
    for source in &sources {
        for part in source.split(".route(").skip(1) {
            let Some((path, rest)) = literal(part) else { continue };
            let end = rest.find(".route(").unwrap_or(rest.len()).min(160);
            let handlers =
                rest[..rest.floor_char_boundary(end)].split(".layer").next().unwrap_or("");
            for (call, method) in
                [("get(", "GET"), ("post(", "POST"), ("put(", "PUT"), ("delete(", "DELETE")]
            {
                if handlers.contains(call) {
                    all.insert((method.to_owned(), path.clone()));
                }
            }
            if handlers.contains("any(") {
                let method = if path.starts_with("/fn/") { "POST" } else { "GET" };
                all.insert((method.to_owned(), path.clone()));
            }
        }
    }
    let app = own.join("../app/src");
    let functions = std::fs::read_to_string(app.join("api.rs")).unwrap();
    let functions = functions.split_once("\ncalls! {").unwrap().1;
    for line in functions.lines() {
        if let Some((name, _)) = literal(line.trim_start()) {
            all.insert(("POST".to_owned(), format!("/fn/{name}")));
        }
    }
    let site = std::fs::read_to_string(app.join("site.rs")).unwrap();
    for part in site.split("path!(").skip(1) {
        if let Some((path, _)) = literal(part) {
            all.insert(("GET".to_owned(), path));
        }
    }
    all
}

/// What stands between quotes at the beginning, and what comes after it.
fn literal(text: &str) -> Option<(String, &str)> {
    let (name, rest) = text.trim_start().strip_prefix('"')?.split_once('"')?;
    Some((name.to_owned(), rest))
}

fn read_sources(folder: &Path, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, into);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            into.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_lets_in_who_may_and_nobody_else() {
    let scene = Scene::new().await;
    let rows = rows(&scene.things);
    let description: Value = scene.client(Visitor).fetch("/api/openapi.json").await;
    let there = addresses(&description);
    assert!(there.len() > 150, "the sources were not found: {}", there.len());
    let declared: BTreeSet<(String, String)> =
        rows.iter().map(|row| (row.method.clone(), row.template.clone())).collect();
    let mut wrong = String::new();
    for (method, path) in there.difference(&declared) {
        let _ = writeln!(
            wrong,
            "{method} {path} has no row: say in server/tests/it/matrix.txt who may ask it, and how it answers"
        );
    }
    for (method, path) in declared.difference(&there) {
        let _ =
            writeln!(wrong, "{method} {path} has a row and is no address any more: remove the row");
    }
    assert!(wrong.is_empty(), "\n{wrong}");

    // Signing out is last, for who is signed in asks no more after it.
    let (last, rows): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| row.template == "/auth/sign-out");
    for row in rows.iter().chain(&last) {
        for role in ROLES {
            let (status, text) = scene.ask(role, row).await;
            let text: String = text.chars().take(200).collect();
            let (expected, what) = match row.who.refuses(role) {
                Some(refused) => (refused, "is to be refused"),
                None => (&row.answers[..], "is let in"),
            };
            if !expected.contains(&status) {
                let Row { method, template, .. } = row;
                let _ = writeln!(
                    wrong,
                    "{method} {template}: {role:?} {what} with {expected:?}, and got {status}: {text}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    untold(&scene);
    scene.shop.world.stop().await;
}

/// No limit, token, hash or name stood in any answer to somebody who may not know it.
fn untold(scene: &Scene) {
    let limits: [(&str, Mills, &[Role]); 2] = [
        ("seller's", COST, &[Visitor, Seat, Participant, Play, Models, OtherJob]),
        ("buyer's", BUDGET, &[Visitor, Participant, Play, Models, OtherJob]),
    ];
    for (whose, limit, roles) in limits {
        for role in roles {
            assert_untold(whose, limit, scene.client(*role));
        }
    }
    // They can be seen at all, by who may.
    assert!(scene.client(Read).seen().contains(&COST.0.to_string()));
    assert!(scene.client(Seat).seen().contains(&BUDGET.0.to_string()));
    for name in [EMAIL, RUN, SUITE] {
        assert!(scene.client(Researcher).seen().contains(name), "{name}");
    }
    let secret = scene.tokens.iter().flat_map(|(what, token)| {
        let hash = hex::encode(Sha256::digest(token.as_bytes()));
        [(*what, token.clone()), ("a token's hash", hash)]
    });
    let secret: Vec<(&str, String)> = secret
        .chain([
            ("a password's hash", "$argon2id$".to_owned()),
            ("a password", PASSWORD.to_owned()),
        ])
        .collect();
    for role in ROLES {
        let seen = scene.client(role).seen();
        for (what, text) in &secret {
            assert!(!seen.contains(text), "{role:?} was told {what}: {text}");
        }
        if !role.is_signed_in() && !matches!(role, Read | Admin) {
            for name in [PLATFORM_ID, EMAIL, RUN, SUITE] {
                assert!(!seen.contains(name), "{role:?} was told {name}");
            }
        }
    }
}

/// A key opens what it was made for, and stops when it is revoked, has expired, or its researcher is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_it_is_said_to() {
    let world = World::new().await;
    let owner = user(&world, EMAIL).await;
    let new = NewApiKey {
        user: owner,
        label: "short".to_owned(),
        scopes: vec!["read".to_owned()],
        ttl: Some(Duration::from_millis(1)),
    };
    let (_, secret) = world.store.api_key_create(&new).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let expired = Client::with_key(&world.base, secret.reveal());
    assert_eq!(expired.get("/api/v1/whoami").await.0.as_u16(), 401);

    // Another researcher's keys are neither listed nor revoked.
    let (id, secret) = key_of(&world, owner, &["read"]).await;
    let (other, _) = signed_in(&world, user(&world, "other@lab.example").await).await;
    let listed: Value = other.fetch("/api/v1/keys").await;
    assert_eq!(listed, json!([]));
    let revoke = other.request(Method::DELETE, &format!("/api/v1/keys/{id}"));
    assert_eq!(other.ask(revoke).await.0.as_u16(), 404);
    let theirs = Client::with_key(&world.base, &secret);
    assert_eq!(theirs.get("/api/v1/whoami").await.0.as_u16(), 200);
    world.stop().await;
}
