use std::time::Duration;

use rules::{PerRole, Role};
use store::{NewEpisodeRow, Store};
use uuid::Uuid;
use wire::EpisodeId;

use crate::fixture::{
    accept, begun, between_people, must_play, negotiator, new_episode, offer, person, store,
    visitor,
};

const MINUTE: Duration = Duration::from_secs(60);

fn agents() -> NewEpisodeRow {
    new_episode(PerRole { buyer: negotiator("linear"), seller: negotiator("boulware") })
}

async fn claimed(store: &Store, owner: Uuid, lease: Duration) -> Vec<EpisodeId> {
    let mut ids = store.episodes_claim_awaiting(owner, lease, 100).await.expect("can be asked");
    ids.sort();
    ids
}

#[tokio::test]
async fn an_episode_awaits_an_agent_when_its_turn_is_an_agents() {
    let store = store().await;
    let id = begun(
        &store,
        &new_episode(PerRole { buyer: person(visitor()), seller: negotiator("boulware") }),
    )
    .await;
    between_people(&store).await;
    let awaiting = async || store.episodes_awaiting_agent().await.expect("can be asked");
    assert!(awaiting().await.is_empty());
    must_play(&store, id, Role::Buyer, offer("30")).await;
    assert_eq!(awaiting().await, [id]);
    let row = store.episode_find(id).await.expect("is there");
    let acting: Vec<_> = row.acting_negotiators().map(|(role, name)| (role, &*name.0)).collect();
    assert_eq!(acting, [(Role::Seller, "boulware")]);
    must_play(&store, id, Role::Seller, accept(testkit::usd("30"))).await;
    assert!(awaiting().await.is_empty(), "it is over");
}

#[tokio::test]
async fn a_lease_is_one_processes_until_it_ends_or_is_given_back() {
    let store = store().await;
    let id = begun(&store, &agents()).await;
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    let claim = async |owner, lease| store.episode_claim(id, owner, lease).await.expect("is asked");
    assert!(claim(one, MINUTE).await);
    assert!(claim(one, MINUTE).await, "renewed");
    assert!(!claim(other, MINUTE).await);
    assert!(claimed(&store, other, MINUTE).await.is_empty());

    store.episode_release(id, other).await.expect("changes nothing");
    assert!(!claim(other, MINUTE).await);
    store.episode_release(id, one).await.expect("gives it back");
    assert!(claim(other, Duration::ZERO).await);
    assert_eq!(claimed(&store, one, MINUTE).await, [id], "the other's has run out");
    assert_eq!(store.leases_renew(one, MINUTE).await.expect("is asked"), 1);
    assert_eq!(store.leases_renew(other, MINUTE).await.expect("is asked"), 0);
    store.leases_release(one).await.expect("gives all back");
    assert!(claim(other, MINUTE).await);

    let over = begun(&store, &agents()).await;
    store.episode_conclude(over, rules::Ending::EngineFailure).await.expect("is ended");
    let late = store.episode_claim(over, one, MINUTE).await.expect("is asked");
    assert!(!late, "nothing is left to drive");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_what_was_left_behind() {
    let store = store().await;
    let mut all = Vec::new();
    for _ in 0..30 {
        all.push(begun(&store, &agents()).await);
    }
    let sweep = |owner| {
        let store = store.clone();
        async move {
            let mut mine = Vec::new();
            loop {
                let more = store.episodes_claim_awaiting(owner, MINUTE, 4).await.expect("is asked");
                if more.is_empty() {
                    return mine;
                }
                mine.extend(more);
            }
        }
    };
    let sweeps = [Uuid::new_v4(), Uuid::new_v4()].map(|owner| tokio::spawn(sweep(owner)));
    let mut found = Vec::new();
    for sweep in sweeps {
        found.extend(sweep.await.expect("does not panic"));
    }
    found.sort();
    assert_eq!(found, all, "each by one of the two");
}
