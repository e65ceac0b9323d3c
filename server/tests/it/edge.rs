//! Problems, limits, headers, the description, figures.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use wire::{EpisodePage, Problem};

use crate::world::*;

/// The problem that a request must meet, with all that belongs to one.
async fn problem(client: &Client, request: reqwest::RequestBuilder) -> Problem {
    let response = client.http.execute(request.build().unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let status = response.status().as_u16();
    let problem: Problem = response.json().await.unwrap();
    assert_eq!((problem.status, problem.request_id.as_deref()), (status, Some(id.as_str())));
    assert_eq!(problem.kind, format!("/api/errors#{}", problem.code));
    problem
}

#[tokio::test]
async fn every_class_of_error_is_a_problem() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "boulware").await;
    let moves = format!("/api/v1/episodes/{id}/moves");
    let json = |method, path: &str, body: &'static str| {
        ada.request(method, path).header("content-type", "application/json").body(body)
    };
    let table = [
        (ada.request(Method::GET, "/api/v1/nothing"), 404, "not_found"),
        (ada.request(Method::GET, "/api/v1/products/souk.none_1"), 404, "not_found"),
        (ada.request(Method::GET, "/api/v1/episodes/not-an-id"), 404, "not_found"),
        (ada.request(Method::GET, &format!("/api/v1/episodes/{}", Uuid::nil())), 404, "not_found"),
        (ada.request(Method::GET, "/pictures/souk.none_1.svg"), 404, "not_found"),
        (ada.request(Method::POST, "/fn/none"), 404, "not_found"),
        (ada.request(Method::DELETE, "/api/v1/products"), 405, "method_not_allowed"),
        (ada.request(Method::GET, "/api/v1/products?page=x"), 400, "bad_request"),
        (ada.request(Method::POST, &moves).body("{}"), 415, "unsupported_media_type"),
        (json(Method::POST, &moves, "{"), 400, "bad_request"),
        (json(Method::POST, &moves, "{}"), 422, "unreadable_body"),
        (json(Method::POST, "/api/v1/keys", r#"{"label":"x"}"#), 401, "unauthorized"),
        (ada.request(Method::GET, "/api/v1/keys").bearer_auth("souk_x"), 401, "unauthorized"),
        (
            ada.request(Method::POST, &moves).header("origin", "http://evil.example"),
            403,
            "cross_site",
        ),
    ];
    for (request, status, code) in table {
        let problem = problem(&ada, request).await;
        assert_eq!((problem.status, problem.code.as_str()), (status, code), "{}", problem.detail);
    }
    let long = ada.request(Method::POST, &moves).json(&json!({ "talk": "x".repeat(100_000) }));
    assert_eq!(problem(&ada, long).await.code, "payload_too_large");
    let wordy = json!({ "key": Uuid::new_v4(), "talk": "x".repeat(5_000), "act": offer(30) });
    assert_eq!(ada.refused(&moves, wordy).await.code, "talk_too_long");
    world.stop().await;
}

#[tokio::test]
async fn every_code_that_is_met_is_listed() {
    let world = World::new().await;
    let (status, list) = world.client().get("/api/errors").await;
    assert_eq!(status.as_u16(), 200);
    for code in
        ["not_found", "method_not_allowed", "offer_changed", "beyond_own_limit", "cross_site"]
    {
        assert!(list.contains(&format!("<tr id=\"{code}\">")), "{code}");
    }
    world.stop().await;
}

#[tokio::test]
async fn who_asks_too_much_is_told_when_to_come_back() {
    let world = World::with(&[("SOUK_RATE_PER_SECOND", "1"), ("SOUK_RATE_BURST", "5")]).await;
    let (ada, bob) = (world.client(), world.client());
    let mut refused = None;
    for _ in 0..8 {
        let (status, text) = ada.get("/api/v1/negotiators").await;
        if status.as_u16() == 429 {
            refused = Some(serde_json::from_str::<Problem>(&text).unwrap());
            break;
        }
    }
    let refused = refused.expect("eight at once are too many");
    assert_eq!(refused.code, "too_many_requests");
    assert!(refused.retry_after_s.is_some());
    let again = ada.request(Method::GET, "/api/v1/negotiators").send().await.unwrap();
    assert!(again.headers().contains_key("retry-after"));
    // Another session at the same address is not held to it.
    assert_eq!(bob.get("/api/v1/negotiators").await.0.as_u16(), 200);
    world.stop().await;
}

#[tokio::test]
async fn the_description_is_valid_and_complete() {
    let world = World::new().await;
    let api: Value = world.client().fetch("/api/openapi.json").await;
    assert_eq!(api["openapi"], "3.1.0");
    let paths = api["paths"].as_object().unwrap();
    let expected = [
        ("/api/v1/products", "get"),
        ("/api/v1/products/{id}", "get"),
        ("/api/v1/products/{id}/picture", "get"),
        ("/api/v1/negotiators", "get"),
        ("/api/v1/personas", "get"),
        ("/api/v1/episodes", "get"),
        ("/api/v1/episodes", "post"),
        ("/api/v1/episodes/{id}", "get"),
        ("/api/v1/episodes/{id}/join", "post"),
        ("/api/v1/episodes/{id}/moves", "post"),
        ("/api/v1/episodes/{id}/typing", "post"),
        ("/api/v1/episodes/{id}/pace", "post"),
        ("/api/v1/episodes/{id}/reveal", "get"),
        ("/api/v1/episodes/{id}/rematch", "post"),
        ("/api/v1/episodes/{id}/stand-in", "post"),
        ("/api/v1/episodes/{id}/calls", "get"),
        ("/api/v1/episodes/{id}/replay", "get"),
        ("/api/v1/episodes/{id}/end-abandoned", "post"),
        ("/api/v1/episodes/{id}/events", "get"),
        ("/api/v1/models", "get"),
        ("/api/v1/models/{name}/load", "post"),
        ("/api/v1/models/{name}/unload", "post"),
        ("/api/v1/research/episodes", "get"),
        ("/api/v1/research/episodes/{id}", "get"),
        ("/api/v1/research/episodes/{id}/tags/{tag}", "put"),
        ("/api/v1/research/episodes/{id}/tags/{tag}", "delete"),
        ("/api/v1/research/episodes/{id}/ratings", "put"),
        ("/api/v1/research/export", "get"),
        ("/api/v1/research/ratings", "get"),
        ("/api/v1/research/compare", "get"),
        ("/api/v1/research/episodes/{id}/counterfactuals", "post"),
        ("/api/v1/research/counterfactuals/{id}", "get"),
        ("/api/v1/research/counterfactuals/{id}/resume", "post"),
        ("/api/v1/suites/plans", "get"),
        ("/api/v1/suites/estimate", "post"),
        ("/api/v1/suites", "get"),
        ("/api/v1/suites", "post"),
        ("/api/v1/suites/{id}", "get"),
        ("/api/v1/suites/{id}/commands/{command}", "post"),
        ("/api/v1/ladders", "get"),
        ("/api/v1/ladders", "post"),
        ("/api/v1/ladders/{id}", "get"),
        ("/api/v1/ladders/{id}", "delete"),
        ("/api/v1/ladders/{id}/refresh", "post"),
        ("/api/v1/ladders/{id}/public", "put"),
        ("/api/v1/markets", "post"),
        ("/api/v1/markets/{id}", "get"),
        ("/api/v1/markets/{id}/feed", "get"),
        ("/api/v1/markets/{id}/talks/{talk}", "get"),
        ("/api/v1/markets/{id}/books", "get"),
        ("/api/v1/markets/{id}/join", "post"),
        ("/api/v1/markets/{id}/seat", "get"),
        ("/api/v1/markets/{id}/acts", "post"),
        ("/api/v1/markets/{id}/clock", "post"),
        ("/api/v1/training/presets", "get"),
        ("/api/v1/training/runs", "get"),
        ("/api/v1/training/runs", "post"),
        ("/api/v1/training/runs/{id}", "get"),
        ("/api/v1/training/runs/{id}/commands/{command}", "post"),
        ("/api/v1/training/runs/{id}/log", "get"),
        ("/api/v1/training/runs/{id}/series", "get"),
        ("/api/v1/training/runs/{id}/report", "get"),
        ("/api/v1/training/runs/{id}/iterations/{iteration}/groups", "get"),
        ("/api/v1/training/runs/{id}/iterations/{iteration}/groups/{group}", "get"),
        ("/api/v1/training/checkpoints/{id}/publish", "post"),
        ("/api/v1/jobs/{run}", "get"),
        ("/api/v1/jobs/{run}/base/{name}", "get"),
        ("/api/v1/jobs/{run}/lines", "post"),
        ("/api/v1/jobs/{run}/files/{iteration}/{name}", "put"),
        ("/api/v1/whoami", "get"),
        ("/api/v1/keys", "get"),
        ("/api/v1/keys", "post"),
        ("/api/v1/keys/{id}", "delete"),
    ];
    for (path, method) in expected {
        assert!(paths.get(path).is_some_and(|p| p.get(method).is_some()), "{method} {path}");
    }
    let operations: usize = paths.values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, expected.len());
    every_reference_leads_somewhere(&api, &api);
    let mut names: Vec<&str> = paths
        .values()
        .flat_map(|path| path.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), operations, "operation ids differ");
    world.stop().await;
}

fn every_reference_leads_somewhere(api: &Value, at: &Value) {
    match at {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                let target = api.pointer(reference.strip_prefix('#').unwrap());
                assert!(target.is_some(), "{reference}");
            }
            map.values().for_each(|value| every_reference_leads_somewhere(api, value));
        }
        Value::Array(list) => {
            list.iter().for_each(|value| every_reference_leads_somewhere(api, value));
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_docs_page_stands_by_itself() {
    let world = World::new().await;
    let (status, page) = world.client().get("/api/docs").await;
    assert_eq!(status.as_u16(), 200);
    assert!(page.contains("<html lang=\"en\">") && !page.contains("<script"));
    assert!(!page.contains("https://"), "it loads nothing from elsewhere");
    world.stop().await;
}

#[tokio::test]
async fn pages_are_served_with_their_policy_and_cookies_are_closed() {
    let world = World::new().await;
    let ada = world.client();
    let response = ada.request(Method::GET, "/").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self' 'nonce-"), "{policy}");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("souk_visitor=") && cookie.contains("HttpOnly"), "{cookie}");
    assert!(cookie.contains("SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    // Known from now on.
    let again = ada.request(Method::GET, "/").send().await.unwrap();
    assert!(!again.headers().contains_key("set-cookie"));
    let (status, page) = ada.get("/no/such/page").await;
    assert_eq!(status.as_u16(), 404);
    assert!(page.contains("<html"));
    world.stop().await;
}

#[tokio::test]
async fn a_forged_cookie_is_another_visitor() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "linear").await;
    let page: EpisodePage = ada.fetch(&format!("/api/v1/episodes/{id}")).await;
    assert!(matches!(page.head.viewer, wire::Viewer::Seat { .. }));
    let me: Value = ada.fetch("/api/v1/whoami").await;
    let forged = format!("souk_visitor={}", me["visitor"].as_str().unwrap());
    let request = world.client().request(Method::GET, &format!("/api/v1/episodes/{id}"));
    let response = request.header("cookie", forged).send().await.unwrap();
    let page: EpisodePage = response.json().await.unwrap();
    assert_eq!(page.head.viewer, wire::Viewer::Spectator);
    world.stop().await;
}

#[tokio::test]
async fn the_pages_files_are_served_forever() {
    let world = World::new().await;
    let response = world.client().request(Method::GET, "/pkg/souk-1.wasm").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/wasm");
    let cached = response.headers()["cache-control"].to_str().unwrap();
    assert!(cached.contains("immutable"), "{cached}");
    assert!(!response.headers().contains_key("set-cookie"));
    assert_eq!(world.client().get("/pkg/none.js").await.0.as_u16(), 404);
    world.stop().await;
}

#[tokio::test]
async fn the_machinery_is_answered() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "linear").await;
    ada.play(id, offer(30)).await;
    ada.moves(id, 2).await;
    assert_eq!(ada.get("/healthz").await.0.as_u16(), 200);
    assert_eq!(ada.get("/readyz").await.0.as_u16(), 200);
    let (_, figures) = ada.get("/metrics").await;
    for name in
        ["souk_moves_total", "souk_move_seconds_bucket", "souk_store_up", "souk_live_sockets"]
    {
        assert!(figures.contains(name), "{name}");
    }
    let server_function = json!({ "id": id });
    let page: EpisodePage = ada.send("/fn/episode", server_function).await;
    assert_eq!(page.head.id, id);
    world.stop().await;
}
