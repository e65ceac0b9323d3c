use rules::{PerRole, Role};
use store::{NewEpisodeRow, StoreError};
use wire::{Pace, PaceCommand};

use crate::fixture::{begun, between_people, must_play, negotiator, new_episode, offer, store};

#[tokio::test]
async fn play_pause_step_and_speed() {
    let store = store().await;
    let seats = PerRole { buyer: negotiator("linear"), seller: negotiator("boulware") };
    let pace = Some(Pace { interval_ms: 500, paused: false });
    let id = begun(&store, &NewEpisodeRow { pace, ..new_episode(seats) }).await;
    let held = async || store.episode_find(id).await.expect("is there").is_held();

    let table = [
        (PaceCommand::Pause, 500, true, true),
        (PaceCommand::Step, 500, true, false),
        (PaceCommand::Speed { interval_ms: 0 }, 0, true, false),
        (PaceCommand::Pause, 0, true, true),
        (PaceCommand::Play, 0, false, false),
        (PaceCommand::Speed { interval_ms: 10_000 }, 10_000, false, false),
    ];
    assert!(!held().await);
    for (command, interval_ms, paused, is_held) in table {
        let pace = store.pace_set(id, command).await.expect("is watched");
        assert_eq!(pace, Pace { interval_ms, paused }, "{command:?}");
        assert_eq!(held().await, is_held, "{command:?}");
    }

    store.pace_set(id, PaceCommand::Step).await.expect("is watched");
    store.pace_set(id, PaceCommand::Step).await.expect("is watched");
    must_play(&store, id, Role::Buyer, offer("30")).await;
    assert!(!held().await, "one of two steps is left");
    must_play(&store, id, Role::Seller, offer("38")).await;
    assert!(held().await);

    let fast = store.pace_set(id, PaceCommand::Speed { interval_ms: 10_001 }).await;
    assert_eq!(fast.expect_err("is too slow").constraint(), Some("episode_pace_in_range"));
    let people = between_people(&store).await;
    let unpaced = store.pace_set(people, PaceCommand::Pause).await;
    assert!(matches!(unpaced, Err(StoreError::NotFound(_))));
}
