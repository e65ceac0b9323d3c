//! Whole games by the API.

use rules::{Act, Event, Mills, Outcome, Role};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::{
    EpisodePage, EpisodeStatus, EpisodeSummary, ProductDetail, ProductPage, Reveal, Viewer,
};

use crate::world::*;

#[tokio::test]
async fn a_person_buys_from_a_negotiator_and_sees_the_reveal() {
    let world = World::new().await;
    let ada = world.client();
    let market: ProductPage = ada.fetch("/api/v1/products?search=atlas").await;
    assert_eq!(market.items[0].id.0, PRODUCT);
    let detail: ProductDetail = ada.fetch(&format!("/api/v1/products/{PRODUCT}")).await;
    assert_eq!(detail.card.list_price, LIST_PRICE);

    let id = ada.start("me", "persuadable").await;
    ada.play(id, offer(50)).await;
    let events = ada.moves(id, 2).await;
    let page: EpisodePage = ada.fetch(&format!("/api/v1/episodes/{id}")).await;
    assert_eq!(page.head.viewer, Viewer::Seat { role: Role::Buyer });
    assert_eq!(page.events[..events.len()], events);

    let (role, act) = acts(&events)[1];
    assert_eq!(role, Role::Seller);
    // The list price is above the budget, so raise until the seller's price can be paid.
    let mut last = act;
    let mut offered = 50;
    let price = loop {
        match last {
            Act::Accept(price) => break price,
            Act::Offer(price) if price <= BUDGET => {
                ada.play(id, Act::Accept(price)).await;
                break price;
            }
            _ => {}
        }
        offered += 6;
        let before = acts(&ada.until(id, |_| true).await).len();
        let _ = before;
        ada.play(id, offer(offered)).await;
        let events = ada
            .until(id, |events| {
                is_over(events)
                    || acts(events).last().is_some_and(|(by, _)| *by == Role::Seller)
                        && acts(events).iter().any(|(_, act)| *act == offer(offered))
            })
            .await;
        if let Some((_, act)) = acts(&events).last() {
            last = *act;
        }
        assert!(offered < 83, "the seller never came down");
    };
    let events = ada.until(id, is_over).await;
    let outcome = events.iter().find_map(|e| match e.event {
        Event::Ended { outcome } => Some(outcome),
        _ => None,
    });
    assert!(matches!(outcome, Some(Outcome::Deal { price: p, .. }) if p == price));

    let reveal: Reveal = ada.fetch(&format!("/api/v1/episodes/{id}/reveal")).await;
    assert_eq!((reveal.budget, reveal.cost), (BUDGET, COST));
    assert_eq!(reveal.surplus.buyer, BUDGET - price);
    assert_eq!(reveal.surplus.buyer + reveal.surplus.seller, BUDGET - COST);
    let score = &reveal.scores.buyer;
    assert!(score.filled.contains(&BUDGET.to_string()), "{}", score.filled);
    assert!(reveal.comparison.rows.iter().any(|row| row.label == "People"));

    let replay: Value = world.client().fetch(&format!("/api/v1/episodes/{id}/replay")).await;
    assert_eq!(replay["events"].as_array().unwrap().len(), events.len() + 1);
    let mine: Vec<EpisodeSummary> = ada.fetch("/api/v1/episodes?mine=true").await;
    assert_eq!((mine[0].id, mine[0].status), (id, EpisodeStatus::Over));
    world.stop().await;
}

#[tokio::test]
async fn a_person_sells_and_may_walk_away() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("linear", "me").await;
    let events = ada.moves(id, 1).await;
    assert_eq!(acts(&events)[0].0, Role::Buyer);
    ada.play(id, Act::Quit).await;
    let events = ada.until(id, is_over).await;
    assert!(
        events
            .iter()
            .any(|e| e.event == Event::Ended { outcome: Outcome::Quit { by: Role::Seller } })
    );
    world.stop().await;
}

#[tokio::test]
async fn a_double_click_is_one_move() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "boulware").await;
    let (path, body) = (format!("/api/v1/episodes/{id}/moves"), mv(Uuid::new_v4(), offer(45)));
    let twice = futures::join!(
        ada.send::<Value>(&path, body.clone()),
        ada.send::<Value>(&path, body.clone())
    );
    assert_eq!(twice.0["events"], twice.1["events"]);
    assert_ne!(twice.0["repeated"], twice.1["repeated"]);
    let later: Value = ada.send(&path, body).await;
    assert_eq!((&later["events"], &later["repeated"]), (&twice.0["events"], &json!(true)));
    let events = ada.moves(id, 2).await;
    let bought: Vec<_> = acts(&events).into_iter().filter(|(by, _)| *by == Role::Buyer).collect();
    assert_eq!(bought, [(Role::Buyer, offer(45))]);
    world.stop().await;
}

#[tokio::test]
async fn a_double_click_starts_one_episode() {
    let world = World::new().await;
    let ada = world.client();
    // A browser has its cookie by the time that it clicks.
    let _: Value = ada.fetch("/api/v1/whoami").await;
    let key = json!({ "key": Uuid::new_v4() });
    let (a, b) = futures::join!(
        ada.start_with("me", "linear", key.clone()),
        ada.start_with("me", "linear", key)
    );
    assert_eq!(a, b);
    world.stop().await;
}

#[tokio::test]
async fn nobody_plays_anothers_seat() {
    let world = World::new().await;
    let (ada, bob) = (world.client(), world.client());
    let id = ada.start("me", "linear").await;
    let path = format!("/api/v1/episodes/{id}/moves");
    let refusal = bob.refused(&path, mv(Uuid::new_v4(), offer(45))).await;
    assert_eq!((refusal.status, refusal.code.as_str()), (403, "not_your_seat"));
    let refusal =
        bob.refused(&format!("/api/v1/episodes/{id}/typing"), json!({ "typing": true })).await;
    assert_eq!(refusal.code, "not_your_seat");
    let page: EpisodePage = bob.fetch(&format!("/api/v1/episodes/{id}")).await;
    assert_eq!(page.head.viewer, Viewer::Spectator);
    assert!(acts(&page.events).is_empty());
    world.stop().await;
}

#[tokio::test]
async fn a_person_is_kept_from_slips_beyond_the_own_limit() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "linear").await;
    let path = format!("/api/v1/episodes/{id}/moves");
    let refusal = ada.refused(&path, mv(Uuid::new_v4(), Act::Offer(BUDGET + Mills(1)))).await;
    assert_eq!((refusal.status, refusal.code.as_str()), (422, "beyond_own_limit"));
    // The limit itself may be offered.
    ada.play(id, Act::Offer(BUDGET)).await;
    world.stop().await;
}

#[tokio::test]
async fn the_rules_refuse_with_their_own_codes() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "linear").await;
    let path = format!("/api/v1/episodes/{id}/moves");
    let table = [
        (Act::Quit, 422, "first_move_must_be_offer_or_reject"),
        (Act::Accept(Mills(1_000)), 422, "first_move_must_be_offer_or_reject"),
        (Act::Offer(Mills(0)), 422, "price_out_of_range"),
        (Act::Talk, 422, "talk_alone"),
    ];
    for (act, status, code) in table {
        let refusal = ada.refused(&path, mv(Uuid::new_v4(), act)).await;
        assert_eq!((refusal.status, refusal.code.as_str()), (status, code));
    }
    world.stop().await;
}

#[tokio::test]
async fn a_rematch_swaps_sides_with_the_same_limits() {
    let world = World::new().await;
    let ada = world.client();
    let id = ada.start("me", "linear").await;
    let early = ada
        .refused(
            &format!("/api/v1/episodes/{id}/rematch"),
            json!({ "role": "seller", "key": Uuid::new_v4() }),
        )
        .await;
    assert_eq!(early.code, "still_playing");
    ada.play(id, offer(45)).await;
    ada.moves(id, 2).await;
    ada.play(id, Act::Quit).await;
    let body = json!({ "role": "seller", "key": Uuid::new_v4() });
    let again: Value = ada.send(&format!("/api/v1/episodes/{id}/rematch"), body).await;
    let id = again["id"].as_str().unwrap().parse().unwrap();
    let events = ada.moves(id, 1).await;
    let own = events.iter().find_map(|e| match e.event {
        Event::LimitSet { role, limit } => Some((role, limit)),
        _ => None,
    });
    assert_eq!(own, Some((Role::Seller, COST)));
    world.stop().await;
}
