//! Two people, by an invitation link.

use rules::{Act, Mills, Role};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::{EpisodePage, EpisodeStatus, Joined, ServerFrame};

use crate::world::*;

async fn invited(world: &World, inviting: &Client) -> (wire::EpisodeId, String) {
    let id = inviting.start("me", "invite").await;
    let page: EpisodePage = inviting.fetch(&format!("/api/v1/episodes/{id}")).await;
    assert_eq!(page.head.status, EpisodeStatus::Waiting);
    let link = page.head.invite.expect("shown to who invites");
    let stranger: EpisodePage = world.client().fetch(&format!("/api/v1/episodes/{id}")).await;
    assert_eq!(stranger.head.invite, None);
    let token = link.rsplit('/').next().unwrap().to_owned();
    assert_eq!(link, format!("/join/{id}/{token}"));
    (id, token)
}

#[tokio::test]
async fn two_people_bargain() {
    let world = World::new().await;
    let (ada, bob) = (world.client(), world.client());
    let (id, token) = invited(&world, &ada).await;
    let moves = format!("/api/v1/episodes/{id}/moves");
    assert_eq!(ada.refused(&moves, mv(Uuid::new_v4(), offer(45))).await.code, "not_begun");

    let mut live = ada.live().await;
    live.follow(id, 0).await;
    assert_eq!(live.next().await, ServerFrame::CaughtUp { episode: id, seq: 0 });
    let join = format!("/api/v1/episodes/{id}/join");
    let joined: Joined = bob.send(&join, json!({ "token": token })).await;
    assert_eq!(joined.role, Role::Seller);
    // Who waits hears of it.
    while live.next().await != (ServerFrame::HeadChanged { episode: id }) {}

    ada.play(id, offer(45)).await;
    let seen = bob.moves(id, 1).await;
    assert_eq!(acts(&seen), [(Role::Buyer, offer(45))]);
    let below = bob.refused(&moves, mv(Uuid::new_v4(), Act::Offer(COST - Mills(1)))).await;
    assert_eq!(below.code, "beyond_own_limit");
    bob.play(id, Act::Accept(Mills::from_dollars(45))).await;
    assert!(is_over(&ada.until(id, is_over).await));
    world.stop().await;
}

#[tokio::test]
async fn a_seat_is_taken_once_and_only_with_the_token() {
    let world = World::new().await;
    let (ada, bob, eve) = (world.client(), world.client(), world.client());
    let (id, token) = invited(&world, &ada).await;
    let join = format!("/api/v1/episodes/{id}/join");
    let wrong = eve.refused(&join, json!({ "token": "0".repeat(32) })).await;
    assert_eq!((wrong.status, wrong.code.as_str()), (409, "seat_taken"));
    let own = ada.refused(&join, json!({ "token": token })).await;
    assert_eq!(own.code, "own_invitation");
    let first: Joined = bob.send(&join, json!({ "token": token })).await;
    let again: Joined = bob.send(&join, json!({ "token": token })).await;
    assert_eq!(first, again);
    assert_eq!(eve.refused(&join, json!({ "token": token })).await.code, "seat_taken");
    world.stop().await;
}

#[tokio::test]
async fn typing_reaches_the_other_side() {
    let world = World::new().await;
    let (ada, bob) = (world.client(), world.client());
    let (id, token) = invited(&world, &ada).await;
    let _: Joined =
        bob.send(&format!("/api/v1/episodes/{id}/join"), json!({ "token": token })).await;
    let mut live = bob.live().await;
    live.follow(id, 0).await;
    while !matches!(live.next().await, ServerFrame::CaughtUp { .. }) {}
    let (status, _) =
        ada.post(&format!("/api/v1/episodes/{id}/typing"), json!({ "typing": true })).await;
    assert_eq!(status.as_u16(), 204);
    let typing = ServerFrame::Typing { episode: id, role: Role::Buyer, typing: true };
    while live.next().await != typing {}
    world.stop().await;
}

#[tokio::test]
async fn who_is_left_alone_may_end_it_after_a_while() {
    let world = World::new().await;
    let (ada, bob) = (world.client(), world.client());
    let (id, token) = invited(&world, &ada).await;
    let _: Joined =
        bob.send(&format!("/api/v1/episodes/{id}/join"), json!({ "token": token })).await;
    ada.play(id, offer(45)).await;
    let early = ada.refused(&format!("/api/v1/episodes/{id}/end-abandoned"), json!({})).await;
    assert_eq!(early.code, "partner_present");
    world.stop().await;
}

#[tokio::test]
async fn the_silent_one_abandoned_it() {
    let world = World::tuned(|config| config.partner_away = std::time::Duration::ZERO).await;
    let (ada, bob) = (world.client(), world.client());
    let (id, token) = invited(&world, &ada).await;
    let join = format!("/api/v1/episodes/{id}/join");
    let _: Joined = bob.send(&join, json!({ "token": token })).await;
    ada.play(id, offer(45)).await;
    let end = format!("/api/v1/episodes/{id}/end-abandoned");
    // It is the seller's turn: he may not call the buyer silent.
    assert_eq!(bob.refused(&end, json!({})).await.code, "partner_present");
    assert_eq!(ada.post(&end, json!({})).await.0.as_u16(), 204);
    let events = bob.until(id, is_over).await;
    let outcome = rules::Outcome::Abandoned { by: Role::Seller };
    assert!(events.iter().any(|e| e.event == rules::Event::Ended { outcome }));
    world.stop().await;
}

#[tokio::test]
async fn the_open_protocol_ends_at_its_deadline() {
    let world = World::new().await;
    let (ada, bob) = (world.client(), world.client());
    let open = json!({ "protocol": { "name": "open", "deadline_ms": 1500, "max_moves": 20 } });
    let id = ada.start_with("me", "invite", open).await;
    let page: EpisodePage = ada.fetch(&format!("/api/v1/episodes/{id}")).await;
    let token = page.head.invite.unwrap().rsplit('/').next().unwrap().to_owned();
    let _: Joined =
        bob.send(&format!("/api/v1/episodes/{id}/join"), json!({ "token": token })).await;
    bob.play(id, offer(90)).await;
    let over = ada.until(id, is_over).await;
    assert_eq!(acts(&over), [(Role::Seller, offer(90))]);
    let late =
        ada.refused(&format!("/api/v1/episodes/{id}/moves"), mv(Uuid::new_v4(), offer(50))).await;
    assert_eq!(late.code, "episode_over");
    let _: Value = ada.fetch(&format!("/api/v1/episodes/{id}/reveal")).await;
    world.stop().await;
}
