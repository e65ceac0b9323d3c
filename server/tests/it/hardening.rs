//! What a hostile client meets.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::account::{key, link, user};
use crate::bounds::promise;
use crate::process::Place;
use crate::secrets::assert_untold;
use crate::world::*;

#[tokio::test]
async fn a_server_of_one_machine_answers_to_its_names_alone() {
    let world = World::new().await;
    let ada = world.client();
    for (host, own) in [
        ("localhost", true),
        ("127.0.0.1:1", true),
        ("evil.example", false),
        ("evil.example:3030", false),
    ] {
        for path in ["/", "/api/v1/products", "/live"] {
            let request = ada.request(Method::GET, path).header("host", host);
            let (status, text) = ada.ask(request).await;
            assert_eq!(status.as_u16() == 403, !own, "{host} {path}: {text}");
            assert_eq!(text.contains("not_this_host"), !own, "{host} {path}");
        }
    }
    world.stop().await;
    // Whoever gives it a name answers for it.
    let world = World::with(&[("SOUK_ORIGIN", "https://souk.example")]).await;
    let ada = world.client();
    let response =
        ada.request(Method::GET, "/").header("host", "souk.example").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert!(
        response.headers()["strict-transport-security"].to_str().unwrap().starts_with("max-age=")
    );
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("Secure") && cookie.contains("HttpOnly"), "{cookie}");
    world.stop().await;
}

#[tokio::test]
async fn no_page_lets_foreign_or_inline_code_run() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "boulware").await;
    let token = link(&world, user(&world, "ada@example.org").await).await;
    ada.form(&format!("/auth/link/{token}"), "").await;
    let pages = [
        "/".to_owned(),
        format!("/stall/{PRODUCT}"),
        format!("/talk/{id}"),
        "/watch".to_owned(),
        "/me".to_owned(),
        "/sign-in".to_owned(),
        "/research".to_owned(),
        "/research/episodes".to_owned(),
        "/research/figures".to_owned(),
        "/research/studies".to_owned(),
        "/models".to_owned(),
        "/train".to_owned(),
        "/evaluate".to_owned(),
        "/markets".to_owned(),
        "/api/docs".to_owned(),
        "/api/errors".to_owned(),
        "/none".to_owned(),
    ];
    for path in pages {
        let response = ada.request(Method::GET, &path).send().await.unwrap();
        let headers = response.headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{path}: {policy}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        let page = response.text().await.unwrap();
        for (n, script) in page.split("<script").skip(1).enumerate() {
            let tag = script.split('>').next().unwrap();
            assert!(tag.contains("nonce=") || tag.contains("src=\"/"), "{path} script {n}: {tag}");
        }
        for inline in [" style=\"", " onclick=", " onload=", " onerror=", "javascript:"] {
            assert!(!page.contains(inline), "{path} has{inline}");
        }
    }
    world.stop().await;
}

async fn sign_in(client: &Client, forwarded: &str) -> String {
    let request = client
        .request(Method::POST, "/auth/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-forwarded-for", forwarded)
        .body("email=ada%40example.org&password=guess");
    let response = request.send().await.unwrap();
    response.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn addresses_are_told_by_trusted_proxies_alone() {
    const WRONG: &str = "/sign-in?problem=wrong_sign_in";
    const OFTEN: &str = "/sign-in?problem=too_many_requests";
    let proxy = [("SOUK_TRUSTED_PROXIES", "127.0.0.0/8"), ("SOUK_SIGN_INS_PER_MINUTE", "1")];
    let world = World::with(&proxy).await;
    assert_eq!(sign_in(&world.client(), "203.0.113.1").await, WRONG);
    assert_eq!(sign_in(&world.client(), "203.0.113.1").await, OFTEN);
    assert_eq!(sign_in(&world.client(), "203.0.113.2").await, WRONG);
    // What a visitor writes before the proxy's own word makes nobody of it.
    assert_eq!(sign_in(&world.client(), "198.51.100.7, 203.0.113.2").await, OFTEN);
    world.stop().await;
    let world = World::with(&[("SOUK_SIGN_INS_PER_MINUTE", "1")]).await;
    assert_eq!(sign_in(&world.client(), "203.0.113.1").await, WRONG);
    assert_eq!(
        sign_in(&world.client(), "203.0.113.2").await,
        OFTEN,
        "nobody is believed by default"
    );
    world.stop().await;
}

/// A lab behind one address: its sessions have each their own measure, and only new ones share one.
#[tokio::test]
async fn many_people_behind_one_address_do_not_take_each_others_measure() {
    let world = World::with(&[
        ("SOUK_NEW_SESSIONS_PER_MINUTE", "5"),
        ("SOUK_RATE_PER_SECOND", "1"),
        ("SOUK_RATE_BURST", "8"),
    ])
    .await;
    let people: Vec<Client> = (0..5).map(|_| world.client()).collect();
    for _ in 0..5 {
        for person in &people {
            assert_eq!(person.get("/api/v1/negotiators").await.0.as_u16(), 200);
        }
    }
    let bot = world.client();
    assert_eq!(
        bot.get("/api/v1/negotiators").await.0.as_u16(),
        429,
        "cookies are not thrown away for free"
    );
    let program = Client::with_key(&world.base, &key(&world, &["play"]).await);
    assert_eq!(program.get("/api/v1/negotiators").await.0.as_u16(), 200, "a key is no new session");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_without_a_name_leave_room_for_who_trains() {
    let world = World::tuned(|config| {
        (config.new_sessions_per_minute, config.rate_burst) = (100_000, 10_000);
    })
    .await;
    let reset = json!({ "opponent": "linear", "role": "seller" });
    let mut full = 0;
    for _ in 0..260 {
        let (status, text) = world.client().post("/env/reset", reset.clone()).await;
        match status.as_u16() {
            200 => assert_eq!(full, 0),
            503 => full += 1,
            _ => panic!("{status} {text}"),
        }
    }
    assert_eq!(full, 4);
    let program = Client::with_key(&world.base, &key(&world, &["play"]).await);
    assert_eq!(program.post("/env/reset", reset).await.0.as_u16(), 200);
    world.stop().await;
}

/// A researcher's settings name models by path only where models lie.
#[cfg(feature = "engine")]
#[tokio::test]
async fn a_run_takes_no_folder_of_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models");
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/demo");
    for at in ["models/own", "elsewhere"] {
        let to = folder.path().join(at);
        std::fs::create_dir_all(&to).unwrap();
        std::fs::copy(demo.join("config.json"), to.join("config.json")).unwrap();
    }
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), models.join("link")).unwrap();
    let world = World::with(&[("SOUK_MODEL_FOLDERS", models.to_str().unwrap())]).await;
    let admin = Client::with_key(&world.base, &key(&world, &["admin"]).await);
    let at = |name: &str| folder.path().join(name).display().to_string();
    for (base, taken) in [
        (at("models/own"), true),
        (at("models/../models/own"), true),
        (at("elsewhere"), false),
        (at("models/../elsewhere"), false),
        (at("models/link"), false),
        ("/etc".to_owned(), false),
        ("../models/demo".to_owned(), false),
    ] {
        let wish =
            json!({ "preset": "laptop", "settings": format!("base = {base:?}\niterations = 1") });
        let (status, text) = admin.post("/api/v1/training/runs", wish).await;
        assert_eq!(status.as_u16(), if taken { 201 } else { 422 }, "{base}: {text}");
        assert!(taken || text.contains("run_obstacle"), "{text}");
    }
    world.stop().await;
}

/// Weights as large as the disk are not taken in.
#[cfg(all(feature = "engine", feature = "trainer"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_job_sends_no_more_than_its_weights() {
    let shop = crate::jobs::Shop::new().await;
    let (id, token) = shop.token(crate::jobs::TINY).await;
    let head = |iteration: u32, name: &str, length: u64| {
        format!(
            "PUT /api/v1/jobs/{id}/files/{iteration}/{name} HTTP/1.1\r\nauthorization: Bearer {token}\r\ncontent-length: {length}"
        )
    };
    let told = promise(&shop.world, &head(1, "model.safetensors", 1 << 40)).await;
    assert!(told.starts_with("HTTP/1.1 413"), "{told}");
    let told = promise(&shop.world, &head(3, "model.safetensors", 10)).await;
    assert!(told.starts_with("HTTP/1.1 422"), "a run of two iterations: {told}");
    for name in ["model.pt", "model.pkl", "..%2F..%2Fcookie.key", "x%2Fy.json", "run.sh"] {
        let told = promise(&shop.world, &head(1, name, 10)).await;
        assert!(
            told.starts_with("HTTP/1.1 422") || told.starts_with("HTTP/1.1 404"),
            "{name}: {told}"
        );
    }
    shop.world.stop().await;
}

/// The log of a server that was used by every kind of secret, at its most talkative.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log() {
    let place = Place::new();
    let served = place.serve_with(&[("SOUK_LOG", "trace"), ("SOUK_MODELS", "none")]).await;
    let base = place.base();
    let run = |args: &[&str]| {
        let output = place.command(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let name = "researcher@localhost";
    let printed = run(&["admin", "login-link", name]);
    let sign_in = printed.rsplit('/').next().unwrap().trim().to_owned();
    let secret =
        run(&["admin", "key", "create", name, "--label", "t", "--scopes", "play,read,admin"]);
    let mut secrets = vec![("a sign-in link", sign_in.clone()), ("a key", secret.clone())];

    let ada = Client::new(&base);
    let response = ada.form(&format!("/auth/link/{sign_in}"), "").await;
    assert_eq!(response.status().as_u16(), 303);
    let cookies = response.headers().get_all("set-cookie").iter();
    for cookie in cookies.map(|cookie| cookie.to_str().unwrap()) {
        let value = cookie.split(';').next().unwrap().split_once('=').unwrap().1;
        secrets.push(("a cookie", value.to_owned()));
    }
    assert!(secrets.len() > 3, "there were cookies");
    let password = "camel-saddle-tea-71";
    ada.form("/auth/password", &format!("password={password}&again={password}")).await;
    ada.form("/auth/sign-in", &format!("email={name}&password={password}")).await;
    ada.form("/auth/sign-in", &format!("email={name}&password={password}-wrong")).await;
    secrets.push(("a password", password.to_owned()));

    let program = Client::with_key(&base, &secret);
    let made: Value = program.send("/api/v1/keys", json!({ "label": "more" })).await;
    secrets.push(("a fresh key", made["secret"].as_str().unwrap().to_owned()));
    let wrong = format!("{}x", &secret);
    let job = format!("souk_job_{}", Uuid::new_v4().simple());
    for unknown in [&wrong, &job] {
        assert_eq!(Client::with_key(&base, unknown).get("/api/v1/whoami").await.0.as_u16(), 401);
    }
    secrets.push(("a job's token", job));

    let page: wire::ProductPage = ada.fetch("/api/v1/products").await;
    let product = page.items[0].id.clone();
    let invite = json!({ "product": product });
    let id = ada.start_with("me", "invite", invite).await;
    let page: wire::EpisodePage = ada.fetch(&format!("/api/v1/episodes/{id}")).await;
    let token = page.head.invite.unwrap().rsplit('/').next().unwrap().to_owned();
    let bob = Client::new(&base);
    bob.get(&format!("/join/{id}/{token}")).await;
    let _: Value =
        bob.send(&format!("/api/v1/episodes/{id}/join"), json!({ "token": token })).await;
    secrets.push(("an invitation", token));
    let said = "the words of a private talk";
    let mut body = mv(Uuid::new_v4(), offer(1));
    (body["talk"], body["thought"]) = (json!(said), json!("my secret thought"));
    let _: Value = ada.send(&format!("/api/v1/episodes/{id}/moves"), body).await;
    secrets.push(("a talk", said.to_owned()));
    secrets.push(("a thought", "my secret thought".to_owned()));
    served.stop().await;

    let log = std::fs::read_to_string(place.folder.path().join("log")).unwrap();
    assert!(log.len() > 10_000 && log.contains("request"), "it says much: {} bytes", log.len());
    for (what, text) in secrets {
        if let Some(at) = log.find(&text) {
            let (from, to) = (
                log.floor_char_boundary(at.saturating_sub(300)),
                log.ceil_char_boundary((at + 80).min(log.len())),
            );
            panic!("the log has {what}:\n{}", &log[from..to]);
        }
    }
}

/// A talk that broke off may be gone on with, so its limits stay private; the same scenario again tells none.
#[tokio::test]
async fn a_rematch_gives_nobody_the_other_limit() {
    let world = World::new().await;
    let (ada, eve) = (world.client(), world.client());
    let id = ada.start("me", "boulware").await;
    world.store.episode_conclude(id, rules::Ending::EngineFailure).await.unwrap();
    let again = |role: &str| json!({ "role": role, "key": Uuid::new_v4() });
    let path = format!("/api/v1/episodes/{id}/rematch");
    for (client, role) in [(&ada, "seller"), (&eve, "seller"), (&eve, "buyer")] {
        let problem = client.refused(&path, again(role)).await;
        assert_eq!((problem.status, problem.code.as_str()), (409, "still_playing"), "{role}");
    }
    let (status, text) = ada.post(&path, again("buyer")).await;
    assert_eq!(status.as_u16(), 201, "{text}");
    let made: Value = serde_json::from_str(&text).unwrap();
    ada.get(&format!("/api/v1/episodes/{}", made["id"].as_str().unwrap())).await;
    assert_untold("seller's", COST, &ada);
    assert_untold("buyer's", BUDGET, &eve);
    world.stop().await;
}

#[tokio::test]
async fn a_new_password_signs_other_browsers_out() {
    let world = World::new().await;
    let id = user(&world, "ada@example.org").await;
    let (here, there) = (world.client(), world.client());
    for client in [&here, &there] {
        let token = link(&world, id).await;
        client.form(&format!("/auth/link/{token}"), "").await;
    }
    let signed_in = async |client: &Client| {
        let me: Value = client.fetch("/api/v1/whoami").await;
        me.get("researcher").is_some()
    };
    assert!(signed_in(&here).await && signed_in(&there).await);
    here.form("/auth/password", "password=camel+saddle+tea&again=camel+saddle+tea").await;
    assert!(signed_in(&here).await, "this browser stays");
    assert!(!signed_in(&there).await, "the other one does not");
    world.stop().await;
}

/// `file::test`, where `it/` is this folder; and every setting.
#[test]
fn this_document_names_tests_and_settings_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let document = std::fs::read_to_string(root.join("docs/SECURITY.md")).unwrap();
    let mut named = 0;
    for quoted in document.split('`').skip(1).step_by(2) {
        if let Some((file, test)) =
            quoted.split_once("::").filter(|(file, _)| file.ends_with(".rs"))
        {
            let file = file
                .strip_prefix("it/")
                .map_or(file.to_owned(), |file| format!("server/tests/it/{file}"));
            let source = std::fs::read_to_string(root.join(&file))
                .unwrap_or_else(|why| panic!("{file}: {why}"));
            let (_, after) = source
                .split_once(&format!("fn {test}("))
                .unwrap_or_else(|| panic!("{file} has no {test}"));
            let before = &source[..source.len() - after.len()];
            let attributes =
                &before[before.floor_char_boundary(before.len().saturating_sub(200))..];
            assert!(attributes.contains("test"), "{test} is no test");
            named += 1;
        }
        if quoted.starts_with("SOUK_") {
            let known = server::config::VARIABLES.iter().any(|(name, _)| *name == quoted);
            assert!(known, "{quoted} is no setting");
        }
    }
    assert!(named > 40, "{named} tests are named");
}
