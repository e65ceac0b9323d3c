//! The real program: started, killed, refused.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};

use rules::Role;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;
use wire::ProductPage;

use crate::world::*;

/// A data folder, a page and a port for `souk`.
pub struct Place {
    pub folder: TempDir,
    port: u16,
}

impl Place {
    pub fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        // As root, PostgreSQL runs as another user, who must be able to enter.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        fake_site(&folder);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Place { folder, port }
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_souk"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("SOUK_") || name == "DATABASE_URL" {
                command.env_remove(name);
            }
        }
        command
            .args(args)
            .env("SOUK_ADDR", format!("127.0.0.1:{}", self.port))
            .env("SOUK_DATA", self.folder.path().join("data"))
            .env("SOUK_SITE", self.folder.path().join("site"))
            .stdin(Stdio::null());
        command
    }

    /// Starts to serve, and reads what it prints until it is open.
    pub async fn serve(&self) -> Served {
        self.serve_with(&[]).await
    }

    /// With settings.
    pub async fn serve_with(&self, vars: &[(&str, &str)]) -> Served {
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let mut child = self
            .command(&["serve"])
            .envs(vars.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let folder = self.folder.path().join("log");
        let greeting = tokio::task::spawn_blocking(move || {
            let first = lines.next().and_then(Result::ok).unwrap_or_else(|| {
                panic!("it did not open: {}", std::fs::read_to_string(folder).unwrap())
            });
            assert!(first.starts_with("Souk is open at "), "{first}");
            lines.next().unwrap().unwrap()
        });
        let greeting = soon("souk serve", greeting).await.unwrap();
        let log = Some(self.folder.path().join("log"));
        Served { child, greeting, log }
    }

    fn refused(&self, vars: &[(&str, &str)]) -> String {
        let Output { status, stderr, .. } =
            self.command(&["serve"]).envs(vars.iter().copied()).output().unwrap();
        assert!(!status.success());
        String::from_utf8(stderr).unwrap()
    }
}

pub struct Served {
    child: Child,
    /// The second line that it prints.
    pub greeting: String,
    /// What it writes to standard error, where that is kept.
    log: Option<std::path::PathBuf>,
}

impl Served {
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn tell_to_end(&self) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    }

    /// A polite end, which stops PostgreSQL too.
    pub async fn stop(mut self) {
        self.tell_to_end();
        let ended = tokio::task::spawn_blocking(move || self.child.wait().unwrap());
        let status = soon("the end", ended).await.unwrap();
        let log = self.log.map(|log| std::fs::read_to_string(log).unwrap());
        assert!(status.success(), "{status}: {log:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_leaves_says_so_and_answers_until_then() {
    let place = Place::new();
    let served = place.serve_with(&[("SOUK_DRAIN_S", "60")]).await;
    let ada = Client::new(&place.base());
    assert_eq!(ada.get("/readyz").await.0, 200);
    served.tell_to_end();
    let leaves = async {
        while ada.get("/readyz").await.0 != 503 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    soon("the word that it leaves", leaves).await;
    let market: ProductPage = ada.fetch("/api/v1/products").await;
    assert!(market.total >= 300, "it still answers");
    assert_eq!(ada.get("/healthz").await.0, 200);
    // A second word ends it at once.
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_goes_on_where_it_stopped() {
    let place = Place::new();
    let served = place.serve().await;
    let ada = Client::new(&place.base());
    let market: ProductPage = ada.fetch("/api/v1/products").await;
    assert!(market.total >= 300, "the own catalogue is there");
    let id = ada
        .start_with("me", "boulware", serde_json::json!({ "product": market.items[0].id }))
        .await;
    let path = format!("/api/v1/episodes/{id}/moves");
    let (first, last) =
        (mv(Uuid::new_v4(), cheap(&market, 4)), mv(Uuid::new_v4(), cheap(&market, 3)));
    let _: Value = ada.send(&path, first.clone()).await;
    ada.moves(id, 2).await;
    // Killed right after the acknowledgement: the negotiator may not have answered yet.
    let acknowledged: Value = ada.send(&path, last.clone()).await;
    served.kill();

    let served = place.serve().await;
    assert!(served.greeting.contains("/auth/link/"), "no password yet: another link");
    let events = ada.moves(id, 4).await;
    let roles: Vec<Role> = acts(&events).into_iter().map(|(role, _)| role).collect();
    assert_eq!(roles, [Role::Buyer, Role::Seller, Role::Buyer, Role::Seller]);
    let numbers: Vec<i64> = events.iter().map(|e| e.seq).collect();
    assert_eq!(numbers, (1..=events.len() as i64).collect::<Vec<_>>());
    // A resend of either is no move.
    for body in [first, last] {
        let again: Value = ada.send(&path, body).await;
        assert_eq!(again["repeated"], true);
    }
    let again: Value = ada.fetch(&format!("/api/v1/episodes/{id}")).await;
    assert_eq!(acknowledged["events"][0]["seq"], events[events.len() - 2].seq);
    assert_eq!(again["events"].as_array().unwrap().len(), events.len());
    served.stop().await;
}

/// A fraction of the first product's list price, below every budget.
fn cheap(market: &ProductPage, divisor: i64) -> rules::Act {
    rules::Act::Offer(market.items[0].list_price.scale(1, divisor))
}

/// Every file below a folder that has the words.
fn files_with(folder: &std::path::Path, words: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, words));
        } else if std::fs::read(&path)
            .is_ok_and(|bytes| bytes.windows(words.len()).any(|window| window == words.as_bytes()))
        {
            found.push(path);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_participants_address_is_kept_nowhere() {
    const ADDRESS: &str = "127.0.0.77";
    const PLATFORM_ID: &str = "5f0c9d2e7a1b4c3d8e6f7a90";
    let place = Place::new();
    let served = place.serve_with(&[("SOUK_LOG", "debug")]).await;
    let link = served.greeting.split_whitespace().last().unwrap();
    let ada = Client::new(&place.base());
    ada.form(link.strip_prefix(&place.base()).unwrap(), "").await;
    let made = ada.form("/research/studies", "slug=selling").await;
    let home = made.headers()["location"].to_str().unwrap().to_owned();
    let part = "version=1&part=conditions&do=keep";
    let scripts = "conditions%5B0%5D.opponent=linear&conditions%5B1%5D.opponent=conceder";
    ada.form(&format!("{home}/form"), &format!("{part}&{scripts}")).await;
    ada.form(&format!("{home}/do"), "do=launch").await;
    let mut ann = Client::new(&place.base());
    ann.http = reqwest::Client::builder()
        .local_address(std::net::IpAddr::from([127, 0, 0, 77]))
        .cookie_store(true)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let address = format!("/s/selling?PROLIFIC_PID={PLATFORM_ID}&STUDY_ID=s&SESSION_ID=t");
    assert_eq!(ann.get(&address).await.0.as_u16(), 200);
    let entered = ann.form("/s/selling/enter", &format!("PROLIFIC_PID={PLATFORM_ID}")).await;
    assert_eq!(entered.status().as_u16(), 303);
    ann.form("/s/selling/do", "do=consent&step=1").await;
    let (_, page) = ann.get("/s/selling").await;
    assert!(page.contains("About you"), "{page}");
    served.stop().await;
    let log = place.folder.path().join("log");
    let stored = files_with(&place.folder.path().join("data"), PLATFORM_ID);
    assert!(!stored.is_empty(), "this search finds what is stored");
    assert_eq!(files_with(place.folder.path(), ADDRESS), Vec::<std::path::PathBuf>::new());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("/s/{slug}"), "requests are told");
    assert!(!log.contains(PLATFORM_ID), "who came is not");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_link_signs_the_researcher_in_once() {
    let place = Place::new();
    let served = place.serve().await;
    let link = served.greeting.split_whitespace().last().unwrap();
    let path = link.strip_prefix(&place.base()).unwrap().to_owned();
    let ada = Client::new(&place.base());
    let first = ada.form(&path, "").await;
    assert_eq!(first.headers()["location"], "/research");
    let second = Client::new(&place.base()).form(&path, "").await;
    assert_eq!(second.headers()["location"], "/sign-in?problem=link_used");
    let log = std::fs::read_to_string(place.folder.path().join("log")).unwrap();
    let token = path.rsplit('/').next().unwrap();
    assert!(!log.contains(token), "a token is in the log");
    served.stop().await;
}

#[test]
fn what_cannot_work_is_refused_with_what_to_do() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let table = [
        ([("SOUK_ADDR", taken.as_str())], "another program answers"),
        ([("SOUK_ADRR", "127.0.0.1:1")], "`SOUK_ADRR` is not a setting"),
        ([("SOUK_SITE", "/nowhere")], "cargo xtask serve"),
        ([("SOUK_MODELS", "/nowhere.toml")], "the models file /nowhere.toml (SOUK_MODELS)"),
        ([("DATABASE_URL", "postgres://127.0.0.1:1/none")], "cannot be reached"),
    ];
    for (vars, sentence) in table {
        let said = place.refused(&vars);
        assert!(said.contains(sentence), "{vars:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_world_is_let_in_only_with_a_password() {
    let place = Place::new();
    let port = format!("0.0.0.0:{}", place.port);
    let said = place.refused(&[("SOUK_ADDR", &port)]);
    assert!(said.contains("souk admin password"), "{said}");
    let mut admin = place.command(&["admin", "password", "ada@example.org"]);
    let mut admin = admin.stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut admin.stdin.take().unwrap(), b"camel saddle tea\n").unwrap();
    assert!(admin.wait().unwrap().success());
    let mut public = place.command(&["serve"]);
    let mut public = public
        .env("SOUK_ADDR", &port)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(public.stdout.take().unwrap()).lines();
    let open = soon(
        "souk serve",
        tokio::task::spawn_blocking(move || {
            (lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap())
        }),
    );
    let (_, greeting) = open.await.unwrap();
    assert!(greeting.contains("/sign-in") && !greeting.contains("/auth/link/"), "{greeting}");
    Served { child: public, greeting, log: None }.stop().await;
}
