//! No payload of any kind tells a private limit to somebody who may not know it.

use futures::StreamExt;
use reqwest::Method;
use rules::{Act, Mills};
use serde_json::json;
use uuid::Uuid;
use wire::{EpisodeId, ServerFrame};

use crate::world::*;

/// Every way in which an amount may be written: in mills, in dollars, rounded to cents.
fn spellings(amount: Mills) -> Vec<String> {
    let mills = amount.0.to_string();
    let dollars = amount.to_string().replace('$', "");
    let float = format!("{}", amount.0 as f64 / 1000.0);
    let cents = amount.round_to_cents().to_string().replace('$', "");
    vec![mills, dollars, float, cents]
}

/// Where an amount stands by itself: the digits of an instant or of an id are none.
fn find_amount(text: &str, spelling: &str) -> Option<usize> {
    text.match_indices(spelling).map(|(at, _)| at).find(|&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + spelling.len()..].chars().next();
        // Ids are written in small hexadecimal digits.
        let goes_on = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        !before.is_some_and(|c| goes_on(c) || c == '.') && !after.is_some_and(goes_on)
    })
}

#[test]
fn amounts_are_found_where_they_stand_by_themselves() {
    for told in [
        "\"limit\":41303,",
        "$41.303",
        "for $41.30.",
        "41303",
        "USD41303",
        "41303mills",
        "cost: 41.303 dollars",
    ] {
        assert!(spellings(COST).iter().any(|amount| find_amount(told, amount).is_some()), "{told}");
    }
    for other in ["07:27:41.305211Z", "07:27:52.413030Z", "9f41303c-", "0.41303"] {
        assert!(
            spellings(COST).iter().all(|amount| find_amount(other, amount).is_none()),
            "{other}"
        );
    }
}

pub fn assert_untold(whose: &str, limit: Mills, client: &Client) {
    let seen = client.seen();
    for spelling in spellings(limit) {
        if let Some(at) = find_amount(&seen, &spelling) {
            let from = seen.floor_char_boundary(at.saturating_sub(200));
            let to = seen.ceil_char_boundary((at + 60).min(seen.len()));
            panic!("the {whose} limit {spelling} was told:\n…{}…", &seen[from..to]);
        }
    }
}

/// Asks for an episode in every way that there is, while live feeds run.
pub async fn look_everywhere(client: &Client, id: EpisodeId) {
    let paths = [
        "/".to_owned(),
        "/api/v1/products".to_owned(),
        format!("/api/v1/products/{PRODUCT}"),
        format!("/api/v1/products/{PRODUCT}/picture"),
        "/api/v1/episodes".to_owned(),
        "/api/v1/episodes?mine=true&live=true".to_owned(),
        format!("/api/v1/episodes/{id}"),
        format!("/api/v1/episodes/{id}/reveal"),
        format!("/api/v1/episodes/{id}/replay"),
        format!("/api/v1/episodes/{id}/calls"),
        "/api/v1/models".to_owned(),
        "/api/v1/negotiators".to_owned(),
        "/api/v1/whoami".to_owned(),
        format!("/stall/{PRODUCT}"),
        format!("/talk/{id}"),
        format!("/watch/{id}"),
        format!("/replay/{id}"),
        "/watch".to_owned(),
        "/me".to_owned(),
        "/research".to_owned(),
        "/research/episodes".to_owned(),
        "/research/ratings".to_owned(),
        format!("/research/episodes/{id}"),
        "/api/v1/research/episodes".to_owned(),
        format!("/api/v1/research/episodes/{id}"),
    ];
    for path in paths {
        client.get(&path).await;
    }
    // Sums of seconds have so many digits that a limit is among them by chance.
    let figures = client.http.execute(client.request(Method::GET, "/metrics").build().unwrap());
    let figures = figures.await.unwrap().text().await.unwrap();
    let counts = figures.lines().filter(|line| !line.contains("_seconds_sum"));
    counts.for_each(|line| client.remember(line));
    let functions = [
        ("products", json!({ "query": {} })),
        ("product", json!({ "id": PRODUCT })),
        ("episode", json!({ "id": id })),
        ("episodes", json!({ "query": {} })),
        ("reveal", json!({ "id": id })),
        ("counts", json!({})),
        ("sheet", json!({ "path": format!("/research/episodes/{id}"), "query": [] })),
        ("models", json!({})),
        ("calls", json!({ "id": id })),
        ("stand-in", json!({ "id": id, "key": Uuid::new_v4() })),
        ("rematch", json!({ "id": id, "role": "buyer", "key": Uuid::new_v4() })),
    ];
    for (name, body) in functions {
        client.post(&format!("/fn/{name}"), body).await;
    }
}

/// Keeps a live socket and an event stream open, which remember what they get.
pub async fn listen(client: &Client, id: EpisodeId) -> Vec<tokio::task::JoinHandle<()>> {
    let mut live = client.live().await;
    live.follow(id, 0).await;
    let path = format!("/api/v1/episodes/{id}/events");
    let response = client.request(reqwest::Method::GET, &path).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let mut stream = response.bytes_stream();
    let reader = client.clone();
    let socket = tokio::spawn(async move {
        loop {
            live.next().await;
        }
    });
    let events = tokio::spawn(async move {
        while let Some(Ok(bytes)) = stream.next().await {
            reader.remember(&String::from_utf8_lossy(&bytes));
        }
    });
    vec![socket, events]
}

#[tokio::test]
async fn a_buyer_and_a_spectator_never_hear_the_sellers_cost() {
    let world = World::new().await;
    let (ada, eve) = (world.client(), world.client());
    let id = ada.start("me", "boulware").await;
    let feeds = [listen(&ada, id).await, listen(&eve, id).await];
    let mut answered = 0;
    for dollars in [20, 30, 40] {
        let path = format!("/api/v1/episodes/{id}/moves");
        let (status, text) = ada.post(&path, mv(Uuid::new_v4(), offer(dollars))).await;
        assert_eq!(status.as_u16(), 200, "{text}");
        answered += 2;
        eve.moves(id, answered).await;
        look_everywhere(&ada, id).await;
        look_everywhere(&eve, id).await;
    }
    // A move that must fail, in both senses.
    ada.post(&format!("/api/v1/episodes/{id}/moves"), mv(Uuid::new_v4(), offer(500))).await;
    ada.moves(id, answered).await;
    assert_untold("seller's", COST, &ada);
    assert_untold("seller's", COST, &eve);
    assert_untold("buyer's", BUDGET, &eve);
    assert!(ada.seen().contains(&BUDGET.0.to_string()), "the own limit is told");

    // Once it is over, both limits are public.
    ada.play(id, Act::Quit).await;
    ada.until(id, |events| events.iter().any(|e| matches!(e.event, rules::Event::Revealed { .. })))
        .await;
    assert!(ada.seen().contains(&COST.0.to_string()));
    feeds.into_iter().flatten().for_each(|feed| feed.abort());
    world.stop().await;
}

#[tokio::test]
async fn a_seller_never_hears_the_buyers_budget() {
    let world = World::new().await;
    let (ada, eve) = (world.client(), world.client());
    let id = ada.start("linear", "me").await;
    let feeds = [listen(&ada, id).await, listen(&eve, id).await];
    for turn in 0..3 {
        ada.moves(id, 1 + 2 * turn).await;
        look_everywhere(&ada, id).await;
        ada.play(id, offer(100 - 2 * turn as i64)).await;
    }
    ada.moves(id, 7).await;
    look_everywhere(&ada, id).await;
    look_everywhere(&eve, id).await;
    assert_untold("buyer's", BUDGET, &ada);
    assert_untold("buyer's", BUDGET, &eve);
    assert_untold("seller's", COST, &eve);
    assert!(ada.seen().contains(&COST.0.to_string()), "the own limit is told");
    feeds.into_iter().flatten().for_each(|feed| feed.abort());
    world.stop().await;
}

#[tokio::test]
async fn between_two_people_neither_hears_the_others_limit_nor_thoughts() {
    let world = World::new().await;
    let (ada, bob) = (world.client(), world.client());
    let id = ada.start("me", "invite").await;
    let page: wire::EpisodePage = ada.fetch(&format!("/api/v1/episodes/{id}")).await;
    let token = page.head.invite.unwrap().rsplit('/').next().unwrap().to_owned();
    let _: serde_json::Value =
        bob.send(&format!("/api/v1/episodes/{id}/join"), json!({ "token": token })).await;
    let feeds = [listen(&ada, id).await, listen(&bob, id).await];
    let mut body = mv(Uuid::new_v4(), offer(45));
    body["thought"] = json!("the atlas is worth a fortune to me");
    let _: serde_json::Value = ada.send(&format!("/api/v1/episodes/{id}/moves"), body).await;
    bob.moves(id, 1).await;
    bob.play(id, offer(99)).await;
    ada.moves(id, 2).await;
    look_everywhere(&ada, id).await;
    look_everywhere(&bob, id).await;
    assert_untold("seller's", COST, &ada);
    assert_untold("buyer's", BUDGET, &bob);
    assert!(!bob.seen().contains("worth a fortune"));
    assert!(ada.seen().contains("worth a fortune"), "the own thought is told");
    feeds.into_iter().flatten().for_each(|feed| feed.abort());
    world.stop().await;
}

#[tokio::test]
async fn a_watched_game_tells_spectators_neither_limit() {
    let world = World::new().await;
    let (ada, eve) = (world.client(), world.client());
    let pace = json!({ "pace": { "interval_ms": 0, "paused": true } });
    let id = ada.start_with("boulware", "boulware", pace).await;
    let feed = listen(&eve, id).await;
    for moves in 1..=4 {
        ada.post(&format!("/api/v1/episodes/{id}/pace"), json!({ "type": "step" })).await;
        eve.moves(id, moves).await;
        look_everywhere(&ada, id).await;
        look_everywhere(&eve, id).await;
    }
    for client in [&ada, &eve] {
        assert_untold("buyer's", BUDGET, client);
        assert_untold("seller's", COST, client);
    }
    // It can be seen at all.
    assert!(eve.seen().contains("\"moved\""));
    feed.into_iter().for_each(|feed| feed.abort());
    world.stop().await;
}

#[tokio::test]
async fn a_researcher_at_the_table_sees_one_hand_only() {
    let world = World::new().await;
    let key = crate::account::key(&world, &["play", "read"]).await;
    let (ada, other) =
        (Client::with_key(&world.base, &key), crate::account::key(&world, &["read"]).await);
    let id = ada.start("me", "boulware").await;
    ada.play(id, offer(20)).await;
    ada.moves(id, 2).await;
    look_everywhere(&ada, id).await;
    assert_untold("seller's", COST, &ada);
    // Who does not sit there reads everything.
    let reader = Client::with_key(&world.base, &other);
    reader.moves(id, 2).await;
    assert!(reader.seen().contains(&COST.0.to_string()));
    let mut live = reader.live().await;
    live.follow(id, 0).await;
    while !matches!(live.next().await, ServerFrame::CaughtUp { .. }) {}
    world.stop().await;
}
