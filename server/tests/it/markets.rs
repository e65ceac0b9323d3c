//! Markets of many: opened, joined, watched, and stored so that nothing is sold twice.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::future::join_all;
use policy::market::{Cast, PERSON, Part};
use rules::market::{
    Buyer, Market, MarketEvent, MarketScenario, Mechanism, Stall, TalkEnd, Want, measure,
};
use rules::{Act, Episode, Mills, Product, Role};
use serde_json::{Value, json};
use server::markets::Halls;
use server::roster::Roster;
use store::cluster::Ephemeral;
use store::{MarketRow, NewMarket, Store};
use uuid::Uuid;
use wire::{
    IdempotencyKey, MarketAct, MarketFeed, MarketId, MarketScene, MarketSeatView, MarketStatus,
    MarketThread, VisitorId,
};

use crate::secrets::assert_untold;
use crate::world::*;

fn atlas() -> Product {
    Product {
        codename: "books_1".to_owned(),
        category: "books".to_owned(),
        title: "An atlas".to_owned(),
        description: String::new(),
        features: Vec::new(),
        list_price: LIST_PRICE,
    }
}

fn stall(negotiator: &str, stock: u32) -> (Stall, Part) {
    let opens = (negotiator != PERSON).then_some(1);
    let stall = Stall { good: 0, cost: COST, stock, persona: None, opens, closes: None };
    (stall, Part::new(negotiator, "neutral"))
}

fn buyer(negotiator: &str) -> (Buyer, Part) {
    let arrives = (negotiator != PERSON).then_some(1);
    let wants = vec![Want { good: 0, value: BUDGET }];
    let buyer = Buyer { wants, purse: BUDGET, persona: None, arrives, leaves: None };
    (buyer, Part::new(negotiator, "neutral"))
}

fn scenario(
    mechanism: Mechanism,
    stalls: Vec<(Stall, Part)>,
    buyers: Vec<(Buyer, Part)>,
) -> (MarketScenario, Cast) {
    let (stalls, sellers) = stalls.into_iter().unzip();
    let (buyers, seats) = buyers.into_iter().unzip();
    let scenario = MarketScenario {
        goods: vec![atlas()],
        stalls,
        buyers,
        shocks: Vec::new(),
        mechanism,
        rounds: 6,
        steps: 10_000,
        talks_at_once: 2,
        list_prices: true,
        ratings: false,
        seed: 5,
    };
    (scenario, Cast { sellers, buyers: seats, sees: 3 })
}

async fn opened(
    store: &Store,
    (scenario, cast): (MarketScenario, Cast),
    pace: Option<Duration>,
) -> MarketId {
    let new = NewMarket {
        id: MarketId(Uuid::now_v7()),
        title: "a test".to_owned(),
        population: String::new(),
        scenario,
        parts: serde_json::to_value(cast).unwrap(),
        pace,
        creator: VisitorId(Uuid::new_v4()),
        user: None,
        key: IdempotencyKey(Uuid::new_v4()),
        code_version: "test".to_owned(),
    };
    store.market_create(&new).await.unwrap()
}

/// Stops a market's clock, and waits for the step under way.
async fn at_rest(store: &Store, id: MarketId) -> MarketRow {
    store.market_pace_set(id, None, Some(true), 0).await.unwrap();
    let mut row = store.market_find(id).await.unwrap();
    loop {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let again = store.market_find(id).await.unwrap();
        if again.seq == row.seq {
            return again;
        }
        row = again;
    }
}

/// What the log says, checked by the rules: numbers without gaps, no unit sold twice, no purse overspent, and each talk
/// that is over among the episodes with the same events.
async fn checked(store: &Store, id: MarketId) -> (Market, Vec<MarketEvent>) {
    let row = at_rest(store, id).await;
    let mut market = Market::new(row.scenario.clone());
    let (mut log, mut next) = (Vec::new(), 1);
    for part in store.market_log_after(id, 0, i64::MAX).await.unwrap() {
        assert_eq!(part.first, next, "no gap, and nothing twice");
        next += part.events.len() as i64;
        market.absorb_all(&part.events);
        log.extend(part.events);
    }
    assert_eq!(row.seq, next - 1);
    for (at, stall) in row.scenario.stalls.iter().enumerate() {
        let sold = market.sales.iter().filter(|sale| sale.stall == at).count();
        assert_eq!(sold + market.stalls[at].stock as usize, stall.stock as usize);
    }
    for (at, buyer) in row.scenario.buyers.iter().enumerate() {
        let bought = market.sales.iter().filter(|sale| sale.buyer == at);
        assert!(bought.map(|sale| sale.price).sum::<Mills>() <= buyer.purse);
    }
    for (talk, state) in market.talks.iter().enumerate() {
        let episode = store.market_episode(id, talk).await.unwrap();
        assert_eq!(episode.is_some(), state.over.is_some(), "talk {talk}");
        let Some(episode) = episode else { continue };
        let events = store.events_after(episode, 0, 1_000).await.unwrap();
        let stored = Episode::replay(events.iter().map(|one| &one.event)).unwrap();
        assert_eq!(stored.outcome(), state.episode.outcome());
        assert_eq!(stored.table.turns, state.episode.table.turns);
        let row = store.episode_find(episode).await.unwrap();
        let deal = match state.over {
            Some(TalkEnd::Sold(price)) => Some(price.0),
            _ => None,
        };
        assert_eq!(row.scores.is_some(), stored.outcome().is_some());
        assert_eq!(deal.is_some(), matches!(row.outcome, Some(rules::Outcome::Deal { .. })));
    }
    (market, log)
}

fn key() -> IdempotencyKey {
    IdempotencyKey(Uuid::new_v4())
}

/// 64 processes, each with a connection of its own, each the server of one person, on one market.
#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_connections_sell_no_unit_twice() {
    const PEOPLE: usize = 64;
    const STOCK: u32 = 20;
    let options = Ephemeral::shared().await.database().await.unwrap();
    let store = Store::connect(options.clone(), 4).await.unwrap();
    stock(&store).await;
    let stalls = vec![stall(PERSON, STOCK / 2), stall(PERSON, STOCK / 2)];
    let spec =
        scenario(Mechanism::PostedPrice, stalls, (0..PEOPLE).map(|_| buyer(PERSON)).collect());
    let id = opened(&store, spec, None).await;
    let keeper = Halls::new(store.clone(), Roster::scripted());
    let price = Mills(60_000);
    for _ in 0..2 {
        let keeper_of = VisitorId(Uuid::new_v4());
        keeper.join(id, keeper_of, key(), Role::Seller).await.unwrap();
        let posted = MarketAct::Post { price };
        keeper.person_acts(id, keeper_of, key(), &posted).await.unwrap();
    }
    let people = (0..PEOPLE).map(|n| {
        let options = options.clone();
        tokio::spawn(async move {
            let own = Store::connect(options, 1).await.unwrap();
            let halls = Halls::new(own, Roster::scripted());
            let visitor = VisitorId(Uuid::new_v4());
            halls.join(id, visitor, key(), Role::Buyer).await.unwrap();
            let mut bought = false;
            for stall in [n % 2, 1 - n % 2] {
                let buy = MarketAct::Buy { stall, price };
                // Sent twice, as by somebody who lost the connection: it happens once.
                let own_key = key();
                let first = halls.person_acts(id, visitor, own_key, &buy).await;
                let again = halls.person_acts(id, visitor, own_key, &buy).await;
                assert_eq!(first.is_ok(), again.is_ok(), "{first:?} {again:?}");
                bought |= first.is_ok();
            }
            bought
        })
    });
    let bought = join_all(people).await.into_iter().filter(|one| *one.as_ref().unwrap()).count();
    assert_eq!(bought, STOCK as usize, "who was told so bought, and nobody else");
    let (market, _) = checked(&store, id).await;
    assert_eq!(market.sales.len(), STOCK as usize);
    let buyers: BTreeSet<usize> = market.sales.iter().map(|sale| sale.buyer).collect();
    assert_eq!(buyers.len(), STOCK as usize);
    assert!(market.buyers.iter().all(|state| state.is_here), "each had a seat of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_market_is_played_to_its_end_and_told_to_everybody() {
    let world = World::new().await;
    let stalls = (0..4).map(|_| stall("linear", 2)).collect();
    let buyers = (0..6).map(|_| buyer("conceder")).collect();
    let (mut spec, cast) = scenario(Mechanism::Bargaining, stalls, buyers);
    spec.steps = 40;
    let id = opened(&world.store, (spec, cast), Some(Duration::from_millis(50))).await;
    let client = world.client();
    let path = format!("/api/v1/markets/{id}");
    let scene: MarketScene = client.fetch(&path).await;
    assert_eq!((scene.stalls.len(), scene.buyers.len()), (4, 6));
    let mut after = 0;
    let mut seen = Vec::new();
    soon("the market's end", async {
        loop {
            let feed: MarketFeed = client.fetch(&format!("{path}/feed?after={after}")).await;
            after = feed.seq;
            seen.extend(feed.events);
            if feed.status == MarketStatus::Over && !feed.more {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let (market, log) = checked(&world.store, id).await;
    assert!(market.is_over() && !market.sales.is_empty());
    let public: Vec<MarketEvent> = log.iter().filter_map(MarketEvent::shown).collect();
    assert_eq!(seen.into_iter().map(|one| one.event).collect::<Vec<_>>(), public);
    assert_untold("buyers'", BUDGET, &client);
    let thread: MarketThread = client.fetch(&format!("{path}/talks/0")).await;
    assert!(thread.episode.is_some());
    // Once it is over, everybody is told what was gained.
    let books: wire::MarketBooks = client.fetch(&format!("{path}/books")).await;
    assert_eq!(books.realised, measure(&market).realised);
    world.stop().await;
}

async fn seat_of(client: &Client, id: MarketId, role: &str) -> MarketSeatView {
    let body = json!({ "key": Uuid::new_v4(), "role": role });
    client.send(&format!("/api/v1/markets/{id}/join"), body).await
}

async fn acts(client: &Client, id: MarketId, act: Value) -> MarketSeatView {
    let body = json!({ "key": Uuid::new_v4(), "act": act });
    client.send(&format!("/api/v1/markets/{id}/acts"), body).await
}

async fn refused(client: &Client, id: MarketId, act: Value) -> String {
    let body = json!({ "key": Uuid::new_v4(), "act": act });
    client.refused(&format!("/api/v1/markets/{id}/acts"), body).await.code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_buys_and_another_sells_and_neither_is_told_the_others_limit() {
    let world = World::new().await;
    let spec = scenario(Mechanism::Bargaining, vec![stall(PERSON, 1)], vec![buyer(PERSON)]);
    let id = opened(&world.store, spec, Some(Duration::from_millis(50))).await;
    let (ada, bob, eve) = (world.client(), world.client(), world.client());
    let stranger = json!({ "kind": "visit", "stall": 0 });
    assert_eq!(refused(&eve, id, stranger.clone()).await, "market_not_joined");
    let keeps = seat_of(&bob, id, "seller").await;
    assert_eq!(keeps.stall.unwrap().cost, COST);
    let buys = seat_of(&ada, id, "buyer").await;
    assert_eq!((buys.wants[0].value, buys.purse), (BUDGET, Some(BUDGET)));
    assert_eq!(seat_of(&ada, id, "seller").await.role, Role::Buyer, "one seat for each");
    let full = json!({ "key": Uuid::new_v4(), "role": "buyer" });
    let full = eve.refused(&format!("/api/v1/markets/{id}/join"), full).await;
    assert_eq!(full.code, "market_seats_full");
    let own = acts(&ada, id, stranger.clone()).await;
    assert_eq!(own.talks.len(), 1);
    assert_eq!(refused(&ada, id, stranger).await, "market_talking_already");
    let say = |act: Act| json!({ "kind": "say", "talk": 0, "message": "Well?", "act": act });
    let slip = say(Act::Offer(BUDGET + Mills(10)));
    assert_eq!(refused(&ada, id, slip).await, "beyond_own_limit");
    assert_eq!(refused(&eve, id, say(Act::Quit)).await, "market_not_joined");
    let own = acts(&ada, id, say(Act::Offer(Mills(60_000)))).await;
    assert!(!own.talks[0].is_own_turn && own.talks[0].left == 5);
    assert_eq!(refused(&ada, id, say(Act::Quit)).await, "not_your_turn");
    let sold = acts(&bob, id, say(Act::Accept(Mills(60_000)))).await;
    assert_eq!(sold.sales[0].gain, Mills(60_000) - COST);
    assert_eq!(sold.stall.unwrap().stock, 0);
    let own: MarketSeatView = ada.fetch(&format!("/api/v1/markets/{id}/seat")).await;
    assert_eq!(own.sales[0].gain, BUDGET - Mills(60_000));
    let (status, _) = eve.get(&format!("/api/v1/markets/{id}/books")).await;
    assert_eq!(status.as_u16(), 403, "costs and values are not told before the end");
    let _: MarketFeed = eve.fetch(&format!("/api/v1/markets/{id}/feed")).await;
    let thread: MarketThread = eve.fetch(&format!("/api/v1/markets/{id}/talks/0")).await;
    assert_eq!(thread.turns.len(), 2);
    let leave = json!({ "key": Uuid::new_v4(), "act": { "kind": "leave" } });
    let (status, left) = ada.post(&format!("/api/v1/markets/{id}/acts"), leave).await;
    assert_eq!(
        (status.as_u16(), left.as_str()),
        (200, "null"),
        "who left has no seat to look from"
    );
    assert_untold("seller's", COST, &ada);
    assert_untold("buyer's", BUDGET, &bob);
    assert_untold("buyer's", BUDGET, &eve);
    assert_untold("seller's", COST, &eve);
    let (market, _) = checked(&world.store, id).await;
    assert!(!market.buyers[0].is_here);
    let episode = world.store.market_episode(id, 0).await.unwrap().unwrap();
    let row = world.store.episode_find(episode).await.unwrap();
    assert!(matches!(row.seats.buyer, store::Sitter::Person { .. }));
    // Its limits are nobody's yet: the same buyer may bargain elsewhere.
    for client in [&ada, &eve] {
        let (status, _) = client.get(&format!("/api/v1/episodes/{episode}/reveal")).await;
        assert!(!status.is_success(), "{status}");
        let _: Value = client.fetch(&format!("/api/v1/episodes/{episode}")).await;
    }
    assert_untold("seller's", COST, &ada);
    assert_untold("buyer's", BUDGET, &eve);
    // Of a market: in no list of talks.
    let listed: Value = eve.fetch("/api/v1/episodes").await;
    assert_eq!(listed, json!([]));
    world.stop().await;
}

/// People-bots come, bargain, and leave without a word, on a market that waits for nobody. `SOUK_BOTS` and
/// `SOUK_BOTS_S` say how many and for how long.
#[tokio::test(flavor = "multi_thread")]
async fn people_come_and_go_and_nothing_is_lost() {
    let number = |name: &str, usual| std::env::var(name).map_or(usual, |n| n.parse().unwrap());
    let (bots, seconds) = (number("SOUK_BOTS", 20), number("SOUK_BOTS_S", 6));
    let world = World::tuned(|config| {
        (config.rate_per_second, config.rate_burst) = (10_000, 10_000);
        config.new_sessions_per_minute = 1_000_000;
    })
    .await;
    let stalls = (0..40).map(|n| stall(["linear", PERSON][n % 2], 200)).collect();
    let buyers = (0..200).map(|n| buyer([PERSON, "linear"][usize::from(n % 4 == 0)])).collect();
    let spec = scenario(Mechanism::Bargaining, stalls, buyers);
    let id = opened(&world.store, spec, Some(Duration::from_millis(100))).await;
    let until = Instant::now() + Duration::from_secs(seconds);
    let world = std::sync::Arc::new(world);
    let all = (0..bots).map(|n| tokio::spawn(bot(std::sync::Arc::clone(&world), id, n, until)));
    let mut acknowledged = Vec::new();
    let mut requests = 0;
    for one in join_all(all).await {
        let (keys, asked) = one.unwrap();
        acknowledged.extend(keys);
        requests += asked;
    }
    for key in &acknowledged {
        assert!(world.store.market_key_seen(id, *key).await.unwrap(), "an act was lost");
    }
    let (market, log) = checked(&world.store, id).await;
    let people = log.iter().filter(|event| matches!(event, MarketEvent::Arrived { .. })).count();
    println!(
        "{bots} bots, {seconds} s: {requests} requests, {} acts acknowledged and found, {people} arrivals, {} talks, {} sales, {} events, step {}",
        acknowledged.len(),
        market.talks.len(),
        market.sales.len(),
        log.len(),
        market.step
    );
    // How much is done hangs on the machine; that nothing of it is lost does not.
    assert!(acknowledged.len() >= bots as usize / 2 && !market.talks.is_empty());
    assert!(market.step > 3, "it goes on meanwhile");
    match std::sync::Arc::try_unwrap(world) {
        Ok(world) => world.stop().await,
        Err(_) => panic!("a bot is still there"),
    }
}

/// Keys of what was acknowledged, and how much was asked.
async fn bot(
    world: std::sync::Arc<World>,
    id: MarketId,
    n: u64,
    until: Instant,
) -> (Vec<IdempotencyKey>, usize) {
    let (mut keys, mut asked) = (Vec::new(), 0);
    let mut rounds = 0;
    // A browser for each stay: who has left comes back as somebody else.
    let mut client = world.client();
    while Instant::now() < until {
        let role = if (n + rounds).is_multiple_of(3) { "seller" } else { "buyer" };
        let own = key();
        let body = json!({ "key": own.0, "role": role });
        let (status, text) = client.post(&format!("/api/v1/markets/{id}/join"), body).await;
        rounds += 1;
        asked += 1;
        if !status.is_success() {
            assert_eq!(status.as_u16(), 409, "{text}");
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        }
        keys.push(own);
        let stays = 2 + (n + rounds) % 9;
        for _ in 0..stays {
            let seat: MarketSeatView = client.fetch(&format!("/api/v1/markets/{id}/seat")).await;
            asked += 1;
            let act = match (seat.talks.iter().find(|talk| talk.is_own_turn), seat.role) {
                (Some(talk), role) => {
                    let theirs = *talk.standing.get(role.other());
                    let act = match (theirs, role) {
                        (Some(price), Role::Buyer) if price <= talk.limit => Act::Accept(price),
                        (Some(price), Role::Seller) if price >= talk.limit => Act::Accept(price),
                        (_, Role::Buyer) => Act::Offer(talk.limit.scale(8, 10)),
                        (_, Role::Seller) => Act::Offer(talk.limit.scale(13, 10)),
                    };
                    Some(json!({ "kind": "say", "talk": talk.talk, "message": "", "act": act }))
                }
                (None, Role::Buyer) => {
                    let stalls: Vec<_> =
                        seat.stalls.iter().filter(|stall| !stall.is_talking).collect();
                    let at = (n + rounds) as usize % stalls.len().max(1);
                    stalls.get(at).map(|stall| json!({ "kind": "visit", "stall": stall.stall }))
                }
                (None, Role::Seller) => None,
            };
            if let Some(act) = act {
                let own = key();
                let body = json!({ "key": own.0, "act": act });
                let (status, text) = client.post(&format!("/api/v1/markets/{id}/acts"), body).await;
                asked += 1;
                match status.as_u16() {
                    200 => keys.push(own),
                    // The market went on meanwhile.
                    403 | 409 | 422 => {}
                    other => panic!("{other}: {text}"),
                }
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        // Every other one leaves without a word.
        if (n + rounds).is_multiple_of(2) {
            let own = key();
            let body = json!({ "key": own.0, "act": { "kind": "leave" } });
            let (status, _) = client.post(&format!("/api/v1/markets/{id}/acts"), body).await;
            asked += 1;
            if status.is_success() {
                keys.push(own);
            }
        }
        client = world.client();
    }
    (keys, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_opened_says_why() {
    let world = World::new().await;
    let client = world.client();
    let open = |more: Value| {
        let mut body = json!({ "key": Uuid::new_v4() });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let refused = |body| client.refused("/api/v1/markets", body);
    assert_eq!(refused(open(json!({ "population": "nowhere" }))).await.code, "population_unknown");
    assert_eq!(refused(open(json!({ "population": "thousands" }))).await.code, "market_too_large");
    assert_eq!(refused(open(json!({ "file": "seed = 1" }))).await.status, 403);
    assert_eq!(refused(open(json!({ "pace_ms": 1 }))).await.code, "market_pace_in_range");
    let body = open(json!({ "population": "plaza", "pace_ms": 60_000 }));
    let one: Value = client.send("/api/v1/markets", body.clone()).await;
    let same: Value = client.send("/api/v1/markets", body).await;
    assert_eq!(one, same, "a double click opens one");
    let id = one["id"].as_str().unwrap().to_owned();
    let clock = format!("/api/v1/markets/{id}/clock");
    let (status, _) = world.client().post(&clock, json!({ "paused": true })).await;
    assert_eq!(status.as_u16(), 403, "who opened it sets the clock");
    let (status, _) = client.post(&clock, json!({ "paused": true })).await;
    assert_eq!(status.as_u16(), 204);
    let feed: MarketFeed = client.fetch(&format!("/api/v1/markets/{id}/feed")).await;
    assert_eq!(feed.status, MarketStatus::Paused);
    let _: Value = client.send("/api/v1/markets", open(json!({}))).await;
    assert_eq!(refused(open(json!({}))).await.code, "too_many_markets");
    world.stop().await;
}
