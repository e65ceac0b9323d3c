//! Episodes found by what is known of them, labels, ratings.

use rules::{Interest, Move, PerRole, Role};
use store::{NewUser, Store};
use testkit::{scenario, usd};
use wire::{
    Ending, EpisodeId, EpisodeOrder, EpisodeSearch, LadderId, ProductId, Rating, RunId, UserId,
};

use crate::fixture::*;
use crate::notices::store_and_admin;

async fn user(store: &Store, name: &str) -> UserId {
    let new = NewUser { name: name.to_owned(), password_hash: None };
    store.user_create(&new).await.expect("is new")
}

/// A deal over the kettle, at a price between the limits $25 and $40.
async fn deal(store: &Store, price: &str, talk: &str) -> EpisodeId {
    let id = begun(
        store,
        &new_episode(PerRole { buyer: person(visitor()), seller: negotiator("linear") }),
    )
    .await;
    let first = Move { talk: talk.to_owned(), ..offer(price) };
    must_play(store, id, Role::Buyer, first).await;
    must_play(store, id, Role::Seller, accept(usd(price))).await;
    id
}

async fn found(store: &Store, search: EpisodeSearch) -> Vec<EpisodeId> {
    let (found, more) = store.episode_search(&search).await.expect("can be asked");
    assert!(!more);
    found.into_iter().map(|found| found.hit.summary.id).collect()
}

fn all() -> EpisodeSearch {
    EpisodeSearch::default()
}

#[tokio::test]
async fn episodes_are_found_by_any_condition() {
    let store = store().await;
    let cheap = deal(&store, "28", "I found cheaper kettles elsewhere.").await;
    let dear = deal(&store, "38", "It is my last price.").await;
    let seats = PerRole { buyer: negotiator("boulware"), seller: person(visitor()) };
    let talking =
        begun(&store, &episode_over(scenario().persona(Role::Seller, "insulting").build(), seats))
            .await;
    let is = async |search: EpisodeSearch, expected: &[EpisodeId]| {
        let found = found(&store, search.clone()).await;
        assert_eq!(found, expected, "{search:?}");
    };
    is(all(), &[talking, dear, cheap]).await;
    let text = |text: &str| Some(text.to_owned());
    // In any form of the words, and in their order where that is asked for.
    is(EpisodeSearch { talk: text("kettle found"), ..all() }, &[cheap]).await;
    is(EpisodeSearch { talk: text("\"last price\""), ..all() }, &[dear]).await;
    is(EpisodeSearch { talk: text("\"price last\""), ..all() }, &[]).await;
    is(EpisodeSearch { talk: text("cheaper or last"), ..all() }, &[dear, cheap]).await;
    is(EpisodeSearch { buyer: text("person"), ..all() }, &[dear, cheap]).await;
    is(EpisodeSearch { buyer: text("boulware"), ..all() }, &[talking]).await;
    is(EpisodeSearch { seller: text("linear"), ..all() }, &[dear, cheap]).await;
    is(EpisodeSearch { persona: text("insulting"), ..all() }, &[talking]).await;
    is(EpisodeSearch { ending: Some(Ending::Deal), ..all() }, &[dear, cheap]).await;
    is(EpisodeSearch { ending: Some(Ending::Quit), ..all() }, &[]).await;
    is(EpisodeSearch { interest: Some(Interest::Conflicting), ..all() }, &[]).await;
    is(EpisodeSearch { min_price: Some(usd("28")), max_price: Some(usd("30")), ..all() }, &[cheap])
        .await;
    is(EpisodeSearch { max_buyer_reward: Some(0.2), ..all() }, &[dear]).await;
    is(EpisodeSearch { min_seller_reward: Some(0.8), ..all() }, &[dear]).await;
    is(EpisodeSearch { max_moves: Some(1), ..all() }, &[talking]).await;
    is(EpisodeSearch { product: Some(ProductId("test.none_1".into())), ..all() }, &[]).await;
    is(
        EpisodeSearch { category: text("home-kitchen"), split: text("train"), ..all() },
        &[talking, dear, cheap],
    )
    .await;
    is(EpisodeSearch { split: text("test"), ..all() }, &[]).await;
    is(EpisodeSearch { run: Some(RunId(uuid::Uuid::nil())), ..all() }, &[]).await;
    let (hits, _) = store.episode_search(&all()).await.expect("can be asked");
    let limits: Vec<_> = hits.iter().map(|found| found.hit.limits.map(|l| l.seller)).collect();
    assert_eq!(limits, [None, Some(usd("25")), Some(usd("25"))], "none of a talk that goes on");
}

#[tokio::test]
async fn each_order_is_paged_without_gaps_or_repeats() {
    let store = store().await;
    // Two of each price, so that rewards tie.
    for price in ["26", "39", "30", "39", "26", "30", "35"] {
        deal(&store, price, "").await;
    }
    for order in EpisodeOrder::ALL {
        let whole = EpisodeSearch { order, ..all() };
        let (hits, more) = store.episode_search(&whole).await.expect("can be asked");
        assert!(!more);
        let ids: Vec<EpisodeId> = hits.iter().map(|found| found.hit.summary.id).collect();
        let rewards: Vec<f64> = hits.iter().filter_map(|found| found.hit.rewards.buyer).collect();
        match order {
            EpisodeOrder::Newest => assert!(ids.is_sorted_by(|a, b| a > b)),
            EpisodeOrder::BuyerRewardUp | EpisodeOrder::SellerRewardDown => {
                assert!(rewards.is_sorted())
            }
            _ => assert!(rewards.is_sorted_by(|a, b| a >= b)),
        }
        let (mut paged, mut after, mut more) = (Vec::new(), None, true);
        while more {
            let page = EpisodeSearch { order, after, limit: Some(2), ..all() };
            let (hits, goes_on) = store.episode_search(&page).await.expect("can be asked");
            after = hits.last().map(|found| found.hit.summary.id);
            paged.extend(hits.into_iter().map(|found| found.hit.summary.id));
            more = goes_on;
        }
        assert_eq!(paged, ids, "{order:?}");
    }
}

#[tokio::test]
async fn labels_and_the_last_word_of_each_rater_are_kept() {
    let store = store().await;
    let [ada, bob] = [user(&store, "ada").await, user(&store, "bob").await];
    let [one, two] = [deal(&store, "28", "").await, deal(&store, "30", "").await];
    for (id, tag, by) in
        [(one, "odd", ada), (one, "odd", bob), (two, "odd", bob), (two, "bluff", ada)]
    {
        store.tag_add(id, tag, by).await.expect("is put");
    }
    assert_eq!(store.tag_list().await.expect("are there"), ["odd", "bluff"]);
    assert_eq!(store.tags_of(two).await.expect("are there"), ["bluff", "odd"]);
    let tagged = EpisodeSearch { tag: Some("bluff".into()), ..all() };
    assert_eq!(found(&store, tagged.clone()).await, [two]);
    store.tag_remove(two, "bluff").await.expect("is taken away");
    assert!(found(&store, tagged).await.is_empty());
    let refused = store.tag_add(one, " ", ada).await.expect_err("is empty");
    assert_eq!(refused.constraint(), Some("episode_tag_short"));

    let rating = |scale: &str, score| Rating {
        scale: scale.into(),
        score,
        note: "so".into(),
        rater: String::new(),
        own: false,
    };
    for (id, by, scale, score) in [
        (one, ada, "sense", 1),
        (one, ada, "sense", 4),
        (one, bob, "sense", 5),
        (two, bob, "skill", 2),
    ] {
        store.rating_set(id, by, &rating(scale, score)).await.expect("is set");
    }
    let seen = store.ratings_of(one, ada).await.expect("are there");
    let seen: Vec<_> = seen.iter().map(|r| (r.score, r.rater.as_str(), r.own)).collect();
    assert_eq!(seen, [(4, "ada", true), (5, "bob", false)]);
    let scales = store.rating_scales().await.expect("are there");
    let told: Vec<_> =
        scales.iter().map(|s| (s.scale.as_str(), s.raters, s.scores.len())).collect();
    assert_eq!(told, [("sense", 2, 1), ("skill", 1, 1)]);
    store.rating_remove(one, ada, "sense").await.expect("is taken away");
    assert_eq!(store.ratings_of(one, ada).await.expect("are there").len(), 1);
    let refused = store.rating_set(one, ada, &rating("sense", 9)).await.expect_err("is too much");
    assert_eq!(refused.constraint(), Some("episode_rating_score_in_range"));
}

#[tokio::test]
async fn who_gave_no_sign_of_life_for_a_minute_is_gone() {
    let (store, admin) = store_and_admin().await;
    let ada = user(&store, "ada").await;
    let id = LadderId(uuid::Uuid::now_v7());
    store.ladder_create(id, "All", "", false, ada).await.expect("is kept");
    assert!(store.ladder_begin(id).await.expect("begins"));
    assert!(!store.ladder_begin(id).await.expect("is asked"), "somebody works on it");
    assert!(store.ladder_find(id).await.expect("is there").attended);
    let pass = async |seconds: f64| {
        let later = sqlx::query("update ladders set seen_at = seen_at - make_interval(secs => $1)");
        later.bind(seconds).execute(&admin).await.expect("time passes");
    };
    pass(50.0).await;
    store.ladder_beat(id).await.expect("is heard");
    pass(50.0).await;
    assert!(!store.ladder_begin(id).await.expect("is asked"));
    pass(11.0).await;
    assert!(!store.ladder_find(id).await.expect("is there").attended);
    assert!(store.ladder_begin(id).await.expect("begins again"));
    store.ladder_end(id, Err("no")).await.expect("ends");
    store.ladder_beat(id).await.expect("is ignored");
    assert!(!store.ladder_find(id).await.expect("is there").attended, "what ended stays so");
}
