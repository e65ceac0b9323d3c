//! The store goes away in the middle of a game, and comes back.

use serde_json::{Value, json};
use server::Database;
use store::Store;
use store::cluster::{Durability, PrivateCluster};
use uuid::Uuid;
use wire::{Envelope, LinkState, Problem, ServerFrame};

use crate::account::{link, user};
use crate::world::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgres_costs_a_pause_and_nothing_else() {
    let folder = std::env::temp_dir().join(format!("souk-outage-{}", std::process::id()));
    let cluster = PrivateCluster::start_with(&folder, Durability::Test, |_| {}).await.unwrap();
    let store = Store::connect(cluster.options(), 8).await.unwrap();
    store.migrate().await.unwrap();
    let probe = Store::connect(cluster.options(), 1).await.unwrap();
    let world = World::on(Database { store, probe }, &[], |_| {}).await;
    let (ada, grace) = (world.client(), world.client());
    let link = link(&world, user(&world, "grace@example.org").await).await;
    grace.form(&format!("/auth/link/{link}"), "").await;
    let id = ada.start("me", "boulware").await;
    let moves = format!("/api/v1/episodes/{id}/moves");
    ada.play(id, offer(20)).await;
    ada.moves(id, 2).await;
    let mut live = ada.live().await;
    live.follow(id, 0).await;
    while !matches!(live.next().await, ServerFrame::CaughtUp { .. }) {}

    let away = cluster.hold_starts().await.unwrap();
    let postgres = nix::unistd::Pid::from_raw(cluster.postmaster_pid().unwrap());
    nix::sys::signal::kill(postgres, nix::sys::signal::Signal::SIGKILL).unwrap();

    // A session of the dying Postgres may still play the move, or it is refused: never half done.
    let key = Uuid::new_v4();
    let attempt = async || {
        let (status, text) = ada.post(&moves, mv(key, offer(30))).await;
        if status.is_success() {
            return Some(serde_json::from_str::<Value>(&text).unwrap());
        }
        let problem: Problem = serde_json::from_str(&text).unwrap();
        assert_eq!((problem.status, problem.code.as_str()), (503, "unavailable"), "{text}");
        assert!(problem.retry_after_s.is_some());
        None
    };
    attempt().await;
    let mut told = Vec::new();
    let state = hear_link(&mut live, &mut told).await;
    assert_eq!(state, LinkState::StoreAway);
    // Nobody is told to sign in who is signed in, as far as can be known now.
    let said = json!({ "label": "x", "scopes": ["read"] });
    let (status, why) = grace.post("/api/v1/keys", said).await;
    assert_eq!(status.as_u16(), 503, "{why}");
    let (status, _) = grace.get("/research").await;
    assert_eq!(status.as_u16(), 200, "who looks is nobody for the moment");
    assert_eq!(attempt().await, None, "a move is acknowledged while the store is away");

    drop(away);
    let state = hear_link(&mut live, &mut told).await;
    assert_eq!(state, LinkState::Up);
    let acknowledged = attempt().await.expect("the store is up");
    while acts(&told).len() < 2 {
        if let ServerFrame::Event { envelope } = live.next().await {
            told.push(envelope);
        }
    }
    let events = ada.moves(id, 4).await;
    assert_eq!(acts(&events).iter().filter(|(_, act)| *act == offer(30)).count(), 1);
    let numbers: Vec<i64> = events.iter().map(|e| e.seq).collect();
    assert_eq!(numbers, (1..=events.len() as i64).collect::<Vec<_>>());
    assert!(acknowledged["events"].is_array());
    world.stop().await;
    cluster.stop().await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The next news of the store; events on the way to it are kept.
async fn hear_link(live: &mut Live, told: &mut Vec<Envelope>) -> LinkState {
    loop {
        match live.next().await {
            ServerFrame::Link { state } => return state,
            ServerFrame::Event { envelope } => told.push(envelope),
            _ => {}
        }
    }
}
