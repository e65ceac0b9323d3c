use futures::future::join_all;
use rules::{Outcome, PerRole, Role};
use store::{JoinError, NewEpisodeRow, Sitter, StoreError};
use testkit::{scenario, usd};
use wire::{EpisodeId, EpisodeQuery, EpisodeStatus, Pace, ProductId, Seat, VisitorId};

use crate::fixture::{
    accept, begun, episode_over, kettle_id, must_play, negotiator, new_episode, offer, person,
    store, visitor,
};

fn against_a_negotiator() -> NewEpisodeRow {
    new_episode(PerRole { buyer: person(visitor()), seller: negotiator("boulware") })
}

fn inviting(visitor: VisitorId, token: &str) -> NewEpisodeRow {
    let seats = PerRole { buyer: person(visitor), seller: Sitter::Open };
    NewEpisodeRow { invite_token: Some(token.to_owned()), ..new_episode(seats) }
}

#[tokio::test]
async fn an_episode_opens_with_its_creation() {
    let store = store().await;
    let pace = Some(Pace { interval_ms: 700, paused: true });
    let new = NewEpisodeRow { pace, ..against_a_negotiator() };
    let created = store.episode_create(&new).await.expect("is created");
    assert_eq!((created.id, created.repeated), (new.id, false));

    let row = store.episode_find(new.id).await.expect("is there");
    assert_eq!((row.scenario, row.seats, row.product), (new.scenario, new.seats, new.product));
    assert_eq!((row.status, row.seq, row.moves), (EpisodeStatus::Playing, 4, 0));
    assert_eq!((row.next_actors.as_slice(), row.pace), ([Role::Buyer].as_slice(), pace));
    assert_eq!((row.creator, row.deadline_ms, row.ended_ms), (new.creator, None, None));
    let events = store.events_after(new.id, 0, 100).await.expect("are there");
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(events.iter().all(|event| event.at == row.created_ms));

    let unknown = store.episode_find(EpisodeId::fresh()).await;
    assert!(matches!(unknown, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn a_seed_keeps_all_its_bits() {
    let store = store().await;
    let scenario = scenario().seed(u64::MAX).build();
    let new = episode_over(scenario, against_a_negotiator().seats);
    let id = begun(&store, &new).await;
    assert_eq!(store.episode_find(id).await.expect("is there").scenario.seed, u64::MAX);
}

#[tokio::test]
async fn a_key_starts_one_episode_however_often_it_comes() {
    let store = store().await;
    let new = against_a_negotiator();
    let tries = (0..20).map(|_| {
        let again = NewEpisodeRow { id: EpisodeId::fresh(), ..new.clone() };
        let store = store.clone();
        async move { store.episode_create(&again).await.expect("is created or found") }
    });
    let created = join_all(tries).await;
    assert!(created.iter().all(|one| one.id == created[0].id));
    assert_eq!(created.iter().filter(|one| !one.repeated).count(), 1);
    let found = store.episode_find_by_key(new.creator, new.key).await.expect("can be asked");
    assert_eq!(found, Some(created[0].id));
    let other = store.episode_find_by_key(visitor(), new.key).await.expect("can be asked");
    assert_eq!(other, None, "a key is its creator's own");
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let store = store().await;
    let good = against_a_negotiator();
    let open = PerRole { buyer: Sitter::Open, seller: Sitter::Open };
    let table = [
        (
            "episode_product_exists",
            NewEpisodeRow { product: ProductId("test.gone_1".to_owned()), ..good.clone() },
        ),
        (
            "episode_pace_in_range",
            NewEpisodeRow {
                pace: Some(Pace { interval_ms: 10_001, paused: false }),
                ..good.clone()
            },
        ),
        (
            "episode_limits_positive",
            NewEpisodeRow { scenario: scenario().cost(rules::Mills(0)).build(), ..good.clone() },
        ),
        ("episode_invites_with_an_open_seat", NewEpisodeRow { seats: open, ..good }),
    ];
    for (name, broken) in table {
        let refused = store.episode_create(&broken).await.expect_err("is broken");
        assert_eq!(refused.constraint(), Some(name), "{refused}");
    }
}

#[tokio::test]
async fn an_invited_person_takes_the_open_seat_and_the_clock_starts() {
    let store = store().await;
    let (host, guest) = (visitor(), visitor());
    let new = inviting(host, "token");
    let id = begun(&store, &new).await;
    let row = store.episode_find(id).await.expect("is there");
    assert_eq!((row.status, row.seq), (EpisodeStatus::Waiting, 0));

    let wrong = store.episode_join(id, "guess", guest, None).await;
    assert!(matches!(wrong, Err(JoinError::NoSeat)));
    let own = store.episode_join(id, "token", host, None).await;
    assert!(matches!(own, Err(JoinError::OwnInvitation)));

    let role = store.episode_join(id, "token", guest, None).await.expect("the seat is open");
    assert_eq!(role, Role::Seller);
    let row = store.episode_find(id).await.expect("is there");
    assert_eq!((row.status, row.seq), (EpisodeStatus::Playing, 4));
    assert_eq!((row.role_of(host), row.role_of(guest)), (Some(Role::Buyer), Some(Role::Seller)));
    assert_eq!(row.role_of(visitor()), None);

    let again = store.episode_join(id, "token", guest, None).await.expect("sits there already");
    assert_eq!(again, Role::Seller);
    let late = store.episode_join(id, "token", visitor(), None).await;
    assert!(matches!(late, Err(JoinError::NoSeat)));
    must_play(&store, id, Role::Buyer, offer("30")).await;
}

#[tokio::test]
async fn of_many_who_hold_the_link_one_gets_the_seat() {
    let store = store().await;
    let id = begun(&store, &inviting(visitor(), "token")).await;
    let tries = (0..20).map(|_| {
        let store = store.clone();
        async move { store.episode_join(id, "token", visitor(), None).await }
    });
    let seated = join_all(tries).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(seated, 1);
    assert_eq!(store.events_after(id, 0, 100).await.expect("are there").len(), 4);
}

#[tokio::test]
async fn lists_are_newest_first_paged_and_filtered() {
    let store = store().await;
    let me = visitor();
    let over = begun(&store, &against_a_negotiator()).await;
    must_play(&store, over, Role::Buyer, offer("30")).await;
    must_play(&store, over, Role::Seller, accept(usd("30"))).await;
    let mine = new_episode(PerRole { buyer: negotiator("linear"), seller: person(me) });
    let mine = begun(&store, &mine).await;
    let waiting = begun(&store, &inviting(me, "token")).await;
    let others = begun(&store, &inviting(visitor(), "token")).await;
    let other = begun(&store, &against_a_negotiator()).await;

    let list = async |query: EpisodeQuery| -> Vec<EpisodeId> {
        let found = store.episode_list(&query, me).await.expect("is listed");
        found.into_iter().map(|listed| listed.summary.id).collect()
    };
    let all = EpisodeQuery::default();
    assert_eq!(list(all.clone()).await, [other, waiting, mine, over]);
    assert!(!list(all.clone()).await.contains(&others), "others' invitations are theirs");
    assert_eq!(list(EpisodeQuery { mine: true, ..all.clone() }).await, [waiting, mine]);
    assert_eq!(list(EpisodeQuery { live: true, ..all.clone() }).await, [other, mine]);
    assert_eq!(list(EpisodeQuery { limit: Some(1), ..all.clone() }).await, [other]);
    let before = EpisodeQuery { before: Some(waiting), ..all.clone() };
    assert_eq!(list(before).await, [mine, over]);
    let product = |id: &str| Some(ProductId(id.to_owned()));
    assert!(list(EpisodeQuery { product: product("test.x_1"), ..all.clone() }).await.is_empty());
    assert_eq!(list(EpisodeQuery { product: Some(kettle_id()), ..all.clone() }).await.len(), 4);

    let summary =
        store.episode_list(&all, me).await.expect("is listed").pop().expect("is over").summary;
    assert_eq!(summary.outcome, Some(Outcome::Deal { price: usd("30"), round: 1 }));
    assert_eq!((summary.moves, summary.status), (2, EpisodeStatus::Over));
    assert_eq!(summary.seats.buyer, Seat::Person);
    assert!(matches!(summary.seats.seller, Seat::Negotiator { title, .. } if title == "BOULWARE"));
    let row = store.product_find(&kettle_id()).await.expect("is there");
    assert_eq!(row.detail.card.negotiations, 1, "finished ones");
}

#[tokio::test]
async fn the_comparison_counts_people_and_each_negotiator_per_role() {
    let store = store().await;
    for price in ["30", "34"] {
        let id = begun(&store, &against_a_negotiator()).await;
        must_play(&store, id, Role::Buyer, offer(price)).await;
        must_play(&store, id, Role::Seller, accept(usd(price))).await;
    }
    let unfinished = against_a_negotiator();
    begun(&store, &unfinished).await;
    let failed = begun(&store, &against_a_negotiator()).await;
    store.episode_conclude(failed, rules::Ending::EngineFailure).await.expect("is ended");

    let rows = store.comparison(&kettle_id()).await.expect("can be asked");
    let seen: Vec<_> = rows
        .iter()
        .map(|r| (r.label.as_str(), r.role, r.episodes, r.deals, r.mean_price))
        .collect();
    assert_eq!(
        seen,
        [
            ("People", Role::Buyer, 2, 2, Some(usd("32"))),
            ("BOULWARE", Role::Seller, 2, 2, Some(usd("32"))),
        ]
    );
    // Budget 40, cost 25: rewards 10/15 and 6/15 for the buyer, 5/15 and 9/15 for the seller.
    assert!((rows[0].mean_reward - 8.0 / 15.0).abs() < 1e-9);
    assert!((rows[1].mean_reward - 7.0 / 15.0).abs() < 1e-9);
    let nobody = store.comparison(&ProductId("test.x_1".to_owned())).await.expect("can be asked");
    assert!(nobody.is_empty());
}
