use rules::{PerRole, Role};
use store::cluster::Ephemeral;
use store::{Listener, NewEpisodeRow, Notice, Sitter, Store};
use wire::{Pace, PaceCommand};

use crate::fixture::{
    begun, between_people, must_play, negotiator, new_episode, offer, person, soon, stock, visitor,
};

pub async fn store_and_admin() -> (Store, sqlx::PgPool) {
    let options = Ephemeral::shared().await.database().await.expect("a database");
    let store = Store::connect(options.clone(), 4).await.expect("is there");
    stock(&store).await;
    (store, sqlx::PgPool::connect_with(options).await.expect("is there"))
}

async fn break_the_line(admin: &sqlx::PgPool) {
    let broken: i64 = sqlx::query_scalar(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = current_database() and query ilike 'listen%'",
    )
    .fetch_one(admin)
    .await
    .expect("may be done");
    assert_eq!(broken, 1);
}

#[tokio::test]
async fn what_happens_is_announced() {
    let (store, _) = store_and_admin().await;
    let mut listener = Listener::connect(&store).await.expect("listens");
    let id = between_people(&store).await;
    must_play(&store, id, Role::Buyer, offer("30")).await;
    assert_eq!(soon(listener.next()).await, Notice::Events { episode: id, seq: 5, own: true });
    store.notify_typing(id, Role::Seller, true);
    let typing = Notice::Typing { episode: id, role: Role::Seller, typing: true };
    assert_eq!(soon(listener.next()).await, typing);
    store.notify_head(id);
    assert_eq!(soon(listener.next()).await, Notice::Head { episode: id });

    let seats = PerRole { buyer: negotiator("linear"), seller: negotiator("boulware") };
    let pace = Some(Pace { interval_ms: 500, paused: false });
    let watched = begun(&store, &NewEpisodeRow { pace, ..new_episode(seats) }).await;
    store.pace_set(watched, PaceCommand::Pause).await.expect("is watched");
    assert_eq!(soon(listener.next()).await, Notice::Head { episode: watched });

    let seats = PerRole { buyer: person(visitor()), seller: Sitter::Open };
    let invite_token = Some("token".to_owned());
    let waiting = begun(&store, &NewEpisodeRow { invite_token, ..new_episode(seats) }).await;
    store.episode_join(waiting, "token", visitor(), None).await.expect("is open");
    assert_eq!(soon(listener.next()).await, Notice::Head { episode: waiting });
    assert_eq!(
        soon(listener.next()).await,
        Notice::Events { episode: waiting, seq: 4, own: false }
    );
}

#[tokio::test]
async fn what_another_process_stored_is_told_apart() {
    let options = Ephemeral::shared().await.database().await.expect("a database");
    let here = Store::connect(options.clone(), 4).await.expect("is there");
    let there = Store::connect(options, 4).await.expect("is there");
    stock(&here).await;
    let mut listener = Listener::connect(&here).await.expect("listens");
    let id = between_people(&here).await;
    must_play(&there, id, Role::Buyer, offer("30")).await;
    assert_eq!(soon(listener.next()).await, Notice::Events { episode: id, seq: 5, own: false });
    must_play(&here, id, Role::Seller, offer("45")).await;
    assert_eq!(soon(listener.next()).await, Notice::Events { episode: id, seq: 6, own: true });
}

#[tokio::test]
async fn a_refused_move_is_not_announced() {
    let (store, _) = store_and_admin().await;
    let mut listener = Listener::connect(&store).await.expect("listens");
    let id = between_people(&store).await;
    crate::fixture::play(&store, id, Role::Seller, None, offer("30"))
        .await
        .expect_err("not its turn");
    store.notify_head(id);
    assert_eq!(soon(listener.next()).await, Notice::Head { episode: id });
}

#[tokio::test]
async fn a_line_that_breaks_comes_back_and_the_gap_is_read_by_cursor() {
    let (store, admin) = store_and_admin().await;
    let mut listener = Listener::connect(&store).await.expect("listens");
    let id = between_people(&store).await;
    let cursor = 4;
    break_the_line(&admin).await;
    // Perhaps before the line is back, perhaps after: a follower cannot know either.
    let missed = must_play(&store, id, Role::Buyer, offer("30")).await;

    assert_eq!(soon(listener.next()).await, Notice::Lost);
    assert_eq!(soon(listener.next()).await, Notice::Reconnected);
    let gap = store.events_after(id, cursor, 100).await.expect("are there");
    assert_eq!(gap, missed.envelopes);

    must_play(&store, id, Role::Seller, offer("38")).await;
    let heard = soon(async {
        loop {
            // The missed one may still be announced, where the line was back before it.
            if let Notice::Events { seq: 6, .. } = listener.next().await {
                return 6;
            }
        }
    });
    assert_eq!(heard.await, 6);
}
