//! Two negotiators, watched.

use serde_json::json;
use wire::{EpisodePage, EpisodeStatus, Pace, Problem, Viewer};

use crate::world::*;

#[tokio::test]
async fn a_fast_game_runs_to_its_end() {
    let world = World::new().await;
    let ada = world.client();
    let pace = json!({ "pace": { "interval_ms": 0, "paused": false } });
    let ids = futures::future::join_all(
        (0..20).map(|_| ada.start_with("linear", "persuadable", pace.clone())),
    )
    .await;
    for id in ids {
        let events = ada.until(id, is_over).await;
        assert!(!acts(&events).is_empty());
    }
    world.stop().await;
}

#[tokio::test]
async fn pause_step_and_play() {
    let world = World::new().await;
    let (ada, eve) = (world.client(), world.client());
    let paused = json!({ "pace": { "interval_ms": 0, "paused": true } });
    let id = ada.start_with("linear", "linear", paused).await;
    let path = format!("/api/v1/episodes/{id}/pace");
    let page: EpisodePage = ada.fetch(&format!("/api/v1/episodes/{id}")).await;
    assert_eq!(page.head.pace, Some(Pace { interval_ms: 0, paused: true }));
    assert!(page.head.may_pace);
    assert_eq!(page.head.viewer, Viewer::Spectator);

    let theirs: EpisodePage = eve.fetch(&format!("/api/v1/episodes/{id}")).await;
    assert!(!theirs.head.may_pace);
    let refusal: Problem = eve.refused(&path, json!({ "type": "play" })).await;
    assert_eq!(refusal.code, "not_your_pace");
    let refusal = ada.refused(&path, json!({ "type": "speed", "interval_ms": 10_001 })).await;
    assert_eq!(refusal.code, "pace_range");

    ada.post(&path, json!({ "type": "step" })).await;
    ada.moves(id, 1).await;
    ada.post(&path, json!({ "type": "step" })).await;
    ada.moves(id, 2).await;
    let page: EpisodePage = ada.fetch(&format!("/api/v1/episodes/{id}")).await;
    assert_eq!((acts(&page.events).len(), page.head.status), (2, EpisodeStatus::Playing));
    ada.post(&path, json!({ "type": "play" })).await;
    assert!(is_over(&ada.until(id, is_over).await));
    world.stop().await;
}

#[tokio::test]
async fn a_change_of_speed_counts_at_once() {
    let world = World::new().await;
    let ada = world.client();
    let slow = json!({ "pace": { "interval_ms": 10_000, "paused": false } });
    let id = ada.start_with("linear", "linear", slow).await;
    let speed = json!({ "type": "speed", "interval_ms": 0 });
    ada.post(&format!("/api/v1/episodes/{id}/pace"), speed).await;
    let started = std::time::Instant::now();
    ada.until(id, is_over).await;
    assert!(started.elapsed().as_secs() < 8, "it waited for the old pace");
    world.stop().await;
}
