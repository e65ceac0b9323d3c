//! Language models at the table: tiny ones with random weights that a grammar holds to legal moves.

use std::collections::BTreeSet;
use std::time::Instant;

use rules::{Act, Event, Outcome, Role};
use serde_json::{Value, json};
use server::config::ModelsSetting;
use wire::{EpisodeId, EpisodePage, ModelCall, ModelCard, ModelState, NegotiatorCard, ServerFrame};

use crate::account::key;
use crate::tiny::{self, Shelf};
use crate::world::*;

/// A models file beside a model `tiny` with a long memory.
fn shelf(more: &str) -> Shelf {
    let shelf = Shelf::new();
    let mut config = tiny::qwen_config();
    config["max_position_embeddings"] = json!(16_384);
    shelf.model("weights", config, 1);
    let text = format!(
        "[[models]]\nname = \"tiny\"\ntitle = \"Tiny\"\nsource = {{ folder = \"weights\" }}\n\
         style = \"compact\"\ndevice = \"cpu\"\n{more}\n"
    );
    std::fs::write(shelf.path("models.toml"), text).unwrap();
    shelf
}

/// Its moves are legal, and long.
const CONSTRAINED: &str = "constrained = true\nsampling = { max_tokens = 900 }";
/// Its moves are none, so that the fallback plays; quick.
const FREE: &str = "sampling = { max_tokens = 4 }";

async fn world(shelf: &Shelf) -> World {
    let file = shelf.path("models.toml");
    World::tuned(|config| config.models = ModelsSetting::File(file)).await
}

async fn reader(world: &World) -> Client {
    Client::with_key(&world.base, &key(world, &["read", "admin"]).await)
}

/// Follows an episode until `enough`, and keeps what was said between the moves.
async fn overhear(
    client: &Client,
    id: EpisodeId,
    enough: impl Fn(&[wire::Envelope]) -> bool,
) -> (Vec<wire::Envelope>, Vec<String>) {
    let mut live = client.live().await;
    live.follow(id, 0).await;
    let (mut events, mut talks, mut talk) = (Vec::new(), Vec::new(), String::new());
    while !enough(&events) {
        match live.next().await {
            ServerFrame::Event { envelope } => {
                if matches!(envelope.event, Event::Moved { by: Role::Seller, .. }) {
                    talks.push(std::mem::take(&mut talk));
                }
                events.push(envelope);
            }
            ServerFrame::Speaking { role, text, .. } => {
                assert_eq!(role, Role::Seller);
                talk.push_str(&text);
            }
            ServerFrame::Unsaid { .. } => talk.clear(),
            _ => {}
        }
    }
    (events, talks)
}

/// A text as it stands inside JSON.
fn in_json(text: &str) -> String {
    serde_json::to_string(text).unwrap().trim_matches('"').to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_plays_a_model_and_hears_it_speak() {
    let shelf = shelf(CONSTRAINED);
    let world = world(&shelf).await;
    let (ada, eve) = (world.client(), world.client());
    let cards: Vec<NegotiatorCard> = ada.fetch("/api/v1/negotiators").await;
    assert!(cards.iter().any(|card| card.name.0 == "tiny" && card.title == "Tiny"));
    let id = ada.start("me", "tiny").await;
    let mut answered = 0;
    let mut over = false;
    let mut heard = Vec::new();
    while !over && answered < 3 {
        ada.play(id, offer(20 + answered as i64)).await;
        answered += 1;
        let enough = |events: &[wire::Envelope]| {
            let acts = acts(events);
            let ends = matches!(acts.last(), Some((_, Act::Quit | Act::Accept(_))));
            is_over(events) || (acts.len() == 2 * answered && !ends)
        };
        let listening = futures::join!(overhear(&ada, id, enough), overhear(&eve, id, enough));
        let ((mine, my_talks), (theirs, their_talks)) = listening;
        over = is_over(&mine);
        assert_eq!(acts(&mine), acts(&theirs));
        assert_eq!(my_talks, their_talks, "a spectator hears the same");
        heard.push(my_talks.last().cloned().unwrap_or_default());
    }
    // What was heard is what the model said, whatever the environment made of it.
    let events = world.store.events_after(id, 0, 1_000).await.unwrap();
    let mut said = Vec::new();
    let mut original = None;
    let mut thoughts = Vec::new();
    for envelope in &events {
        match &envelope.event {
            Event::Intervened { intervention, .. } => original = Some(&intervention.original.talk),
            Event::Moved { by: Role::Seller, talk, .. } => {
                said.push(original.take().unwrap_or(talk).clone());
            }
            Event::Thought { by: Role::Seller, text } => thoughts.push(text),
            _ => {}
        }
    }
    assert_eq!(heard, said);
    assert!(heard.iter().any(|talk| talk.len() > 1), "{heard:?}");
    assert_eq!(thoughts.len(), said.len());
    for client in [&ada, &eve] {
        let seen = client.seen();
        for thought in &thoughts {
            // A short one may stand anywhere by chance.
            assert!(thought.len() < 8 || !seen.contains(&in_json(thought)), "{thought}");
        }
        let prompts = ["Earn much", "never below your limit"];
        assert!(prompts.iter().all(|words| !seen.contains(words)));
        if !over {
            assert!(!seen.contains(&COST.0.to_string()) && !seen.contains("41.303"));
        }
    }
    let calls: Vec<ModelCall> =
        reader(&world).await.fetch(&format!("/api/v1/episodes/{id}/calls")).await;
    let turns: BTreeSet<u32> = calls.iter().map(|call| call.turn).collect();
    assert_eq!(turns, (0..answered as u32).map(|n| 2 * n + 1).collect());
    for call in &calls {
        assert!(call.prompt_tokens > 0 && call.completion_tokens > 0 && call.constrained);
        assert!(call.prompt.iter().any(|message| message.text.contains("never below")));
    }
    assert!(calls.iter().any(|call| call.outcome == "ok"));
    let (_, figures) = ada.get("/metrics").await;
    for name in ["souk_model_calls_total", "souk_model_tokens_total", "souk_model_wait_seconds"] {
        assert!(figures.contains(name), "{name}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_buys_and_two_models_are_watched() {
    let shelf = shelf(CONSTRAINED);
    let world = world(&shelf).await;
    let ada = world.client();
    let id = ada.start("tiny", "me").await;
    let events = ada.until(id, |events| is_over(events) || !acts(events).is_empty()).await;
    assert_eq!(acts(&events)[0].0, Role::Buyer);
    let pace = json!({ "pace": { "interval_ms": 0, "paused": false } });
    let watched = ada.start_with("tiny", "tiny", pace).await;
    let events = ada.until(watched, is_over).await;
    assert!(!acts(&events).is_empty());
    let calls = world.store.llm_calls_of(watched).await.unwrap();
    let moved: BTreeSet<u32> = (0..acts(&events).len() as u32).collect();
    assert_eq!(calls.iter().map(|call| call.turn).collect::<BTreeSet<_>>(), moved);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_model_writes_no_move_the_fallback_plays_and_is_marked() {
    let shelf = shelf(FREE);
    let world = world(&shelf).await;
    let ada = world.client();
    let id = ada.start("me", "tiny").await;
    ada.play(id, offer(30)).await;
    let events = ada.moves(id, 2).await;
    assert_eq!(acts(&events)[1], (Role::Seller, Act::Reject));
    let calls = world.store.llm_calls_of(id).await.unwrap();
    let fallbacks: Vec<bool> = calls.iter().map(|call| call.fallback).collect();
    assert_eq!(fallbacks, [false, false, true]);
    assert!(calls.iter().all(|call| call.outcome == "format" && call.error_code.is_some()));
    assert_eq!(calls.iter().map(|call| call.attempt).collect::<Vec<_>>(), [0, 1, 2]);
    world.stop().await;
}

/// An episode whose model's engine crashed while it spoke; `None` where the move was quicker.
async fn crashed_in_mid_talk(world: &World, client: &Client, seed: u64) -> Option<EpisodeId> {
    let id = client.start_with("me", "tiny", json!({ "seed": seed })).await;
    let mut live = client.live().await;
    live.follow(id, 0).await;
    client.play(id, offer(30)).await;
    while !matches!(live.next().await, ServerFrame::Speaking { .. }) {}
    world.running().roster().models().registry().unwrap().crash("tiny").await.unwrap();
    let mut is_unsaid = false;
    loop {
        match live.next().await {
            ServerFrame::Unsaid { .. } => is_unsaid = true,
            ServerFrame::Event { envelope } => match envelope.event {
                Event::Moved { by: Role::Seller, .. } => return None,
                Event::Ended { outcome } => {
                    assert_eq!((outcome, is_unsaid), (Outcome::EngineFailure, true));
                    return Some(id);
                }
                _ => {}
            },
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_engine_ends_the_talk_and_a_stand_in_goes_on() {
    let shelf = shelf(CONSTRAINED);
    let world = world(&shelf).await;
    let ada = world.client();
    let mut crashed = None;
    for seed in 0..8 {
        crashed = crashed_in_mid_talk(&world, &ada, seed).await;
        if crashed.is_some() {
            break;
        }
    }
    let id = crashed.expect("one of them had more to say");
    let page: EpisodePage = ada.fetch(&format!("/api/v1/episodes/{id}")).await;
    let failure = page.head.failure.unwrap();
    assert_eq!((failure.code.as_str(), failure.stand_in), ("engine_died", true));
    let calls = world.store.llm_calls_of(id).await.unwrap();
    assert_eq!(calls.last().unwrap().outcome, "engine");
    let body = json!({ "key": uuid::Uuid::new_v4() });
    let on: Value = ada.send(&format!("/api/v1/episodes/{id}/stand-in"), body).await;
    let on = on["id"].as_str().unwrap().parse().unwrap();
    let events = ada.moves(on, 2).await;
    assert_eq!(acts(&events)[0], (Role::Buyer, offer(30)));
    // The server is well: the model is loaded again for the next one.
    let next = ada.start("me", "tiny").await;
    ada.play(next, offer(30)).await;
    ada.moves(next, 2).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_whose_files_are_gone_says_so_without_their_names() {
    let shelf = shelf(FREE);
    let world = world(&shelf).await;
    let (ada, admin) = (world.client(), reader(&world).await);
    let id = ada.start("me", "tiny").await;
    ada.play(id, offer(30)).await;
    ada.moves(id, 2).await;
    let models: Vec<ModelCard> = ada.fetch("/api/v1/models").await;
    assert_eq!((models[0].state, models[0].requests), (ModelState::Ready, 3));
    assert!(models[0].memory_bytes > 0 && models[0].tokens > 0);

    assert_eq!(ada.post("/api/v1/models/tiny/unload", json!({})).await.0.as_u16(), 401);
    assert_eq!(admin.post("/api/v1/models/none/load", json!({})).await.0.as_u16(), 404);
    assert_eq!(admin.post("/api/v1/models/tiny/unload", json!({})).await.0.as_u16(), 204);
    let models: Vec<ModelCard> = ada.fetch("/api/v1/models").await;
    assert_eq!((models[0].state, models[0].memory_bytes), (ModelState::Absent, 0));
    std::fs::remove_dir_all(shelf.path("weights")).unwrap();
    ada.play(id, offer(31)).await;
    ada.until(id, is_over).await;
    let page: EpisodePage = ada.fetch(&format!("/api/v1/episodes/{id}")).await;
    assert_eq!(page.head.failure.unwrap().code, "missing_file");
    let models: Vec<ModelCard> = ada.fetch("/api/v1/models").await;
    assert_eq!(models[0].state, ModelState::Failed);
    let place = shelf.path("").to_str().unwrap().to_owned();
    assert!(!ada.seen().contains(place.trim_end_matches('/')), "a visitor reads no paths");
    let models: Vec<ModelCard> = admin.fetch("/api/v1/models").await;
    assert!(models[0].sentence.as_ref().unwrap().contains(place.trim_end_matches('/')));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_loaded_on_demand() {
    let shelf = shelf(FREE);
    let world = world(&shelf).await;
    let admin = reader(&world).await;
    assert_eq!(admin.post("/api/v1/models/tiny/load", json!({})).await.0.as_u16(), 202);
    let ready = async {
        loop {
            let models: Vec<ModelCard> = admin.fetch("/api/v1/models").await;
            match models[0].state {
                ModelState::Ready => return,
                ModelState::Failed => panic!("{models:?}"),
                _ => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        }
    };
    soon("the model", ready).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_negotiations_at_once_all_end() {
    const GAMES: usize = 32;
    let shelf = shelf(FREE);
    let world = world(&shelf).await;
    let ada = world.client();
    let started = Instant::now();
    let short = json!({
        "pace": { "interval_ms": 0, "paused": false },
        "protocol": { "name": "alternating", "max_rounds": 2 },
    });
    let ids: Vec<EpisodeId> = futures::future::join_all(
        (0..GAMES).map(|_| ada.start_with("tiny", "linear", short.clone())),
    )
    .await;
    for id in ids {
        let all = async {
            while world.store.episode_find(id).await.unwrap().outcome.is_none() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(4 * PATIENCE, all).await.expect("it ends");
        let row = world.store.episode_find(id).await.unwrap();
        assert_ne!(row.outcome, Some(Outcome::EngineFailure));
    }
    let models: Vec<ModelCard> = ada.fetch("/api/v1/models").await;
    let ModelCard { requests, tokens, longest_wait_ms, queued, in_flight, .. } = models[0];
    println!(
        "{GAMES} negotiations, {requests} requests, {tokens} tokens in {:?}; longest wait \
         {longest_wait_ms} ms",
        started.elapsed()
    );
    assert_eq!((queued, in_flight), (0, 0));
    assert!(u128::from(longest_wait_ms) < started.elapsed().as_millis() / 2, "{longest_wait_ms}");
    world.stop().await;
}
