//! A small market, and episodes on it.

use std::time::Duration;

use rules::{Act, Illegal, Mills, Move, PerRole, Role, Scenario};
use serde_json::json;
use store::cluster::Ephemeral;
use store::{NewEpisodeRow, NewProduct, PlayError, Played, Sitter, Split, Store};
use testkit::{product, scenario, usd};
use uuid::Uuid;
use wire::{Envelope, EpisodeId, IdempotencyKey, NegotiatorName, ProductId, VisitorId};

/// Long enough for a loaded machine; reached only by a test that fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub const SOURCE: &str = "test";

/// An empty, migrated database.
pub async fn empty_store() -> Store {
    Ephemeral::shared().await.store(8).await.expect("a database of its own")
}

/// A database with the kettle in it.
pub async fn store() -> Store {
    let store = empty_store().await;
    stock(&store).await;
    store
}

pub async fn stock(store: &Store) {
    store.products_replace(SOURCE, &[kettle()], &json!({})).await.expect("is imported");
}

pub fn kettle() -> NewProduct {
    NewProduct {
        product: product().build(),
        persona: "neutral".to_owned(),
        budget: usd("40"),
        cost: usd("25"),
        split: Split::Train,
        history: Vec::new(),
        picture: "<svg/>".to_owned(),
    }
}

pub fn kettle_id() -> ProductId {
    ProductId("test.home-kitchen_1".to_owned())
}

pub fn visitor() -> VisitorId {
    VisitorId(Uuid::new_v4())
}

pub fn person(visitor: VisitorId) -> Sitter {
    Sitter::Person { visitor, user: None }
}

pub fn negotiator(name: &str) -> Sitter {
    Sitter::Negotiator { name: NegotiatorName(name.to_owned()), title: name.to_uppercase() }
}

/// Over the kettle, by the buyer; no pace, no invitation.
pub fn new_episode(seats: PerRole<Sitter>) -> NewEpisodeRow {
    episode_over(scenario().build(), seats)
}

pub fn episode_over(scenario: Scenario, seats: PerRole<Sitter>) -> NewEpisodeRow {
    let creator = match (&seats.buyer, &seats.seller) {
        (Sitter::Person { visitor, .. }, _) | (_, Sitter::Person { visitor, .. }) => *visitor,
        _ => visitor(),
    };
    NewEpisodeRow {
        id: EpisodeId::fresh(),
        product: kettle_id(),
        scenario,
        seats,
        creator,
        key: IdempotencyKey::fresh(),
        invite_token: None,
        pace: None,
        code_version: "test".to_owned(),
        branch: None,
        study: None,
    }
}

/// An episode of two people that has begun.
pub async fn between_people(store: &Store) -> EpisodeId {
    begun(store, &new_episode(PerRole { buyer: person(visitor()), seller: person(visitor()) }))
        .await
}

pub async fn begun(store: &Store, new: &NewEpisodeRow) -> EpisodeId {
    store.episode_create(new).await.expect("is created").id
}

pub fn offer(price: &str) -> Move {
    Move::new("How about this?", Act::Offer(usd(price)))
}

pub fn accept(price: Mills) -> Move {
    Move::new("Deal.", Act::Accept(price))
}

/// Plays a move by the rules.
pub async fn play(
    store: &Store,
    id: EpisodeId,
    by: Role,
    key: Option<IdempotencyKey>,
    mv: Move,
) -> Result<Played, PlayError<Illegal>> {
    store.episode_play(id, by, key, |episode, now| rules::apply(episode, by, mv.clone(), now)).await
}

/// Plays a move that must be taken.
pub async fn must_play(store: &Store, id: EpisodeId, by: Role, mv: Move) -> Played {
    play(store, id, by, None, mv).await.expect("is legal")
}

pub fn kinds(played: &Played) -> Vec<String> {
    let kind = |envelope: &Envelope| {
        serde_json::to_value(&envelope.event).expect("is JSON")["kind"].to_string()
    };
    played.envelopes.iter().map(|envelope| kind(envelope).trim_matches('"').to_owned()).collect()
}

/// Waits for something that must happen.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("happens in time")
}
