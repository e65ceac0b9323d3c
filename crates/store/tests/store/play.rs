use std::time::Instant;

use futures::future::join_all;
use rules::{Act, Ending, Episode, Event, Illegal, Move, Outcome, PerRole, Protocol, Role};
use store::{PlayError, Played, Scores, Store, StoreError};
use testkit::{scenario, usd};
use wire::{EpisodeId, EpisodeStatus, IdempotencyKey};

use crate::fixture::{
    accept, begun, between_people, episode_over, kinds, must_play, offer, person, play, store,
    visitor,
};

async fn open_between_people(store: &Store, deadline_ms: i64, max_moves: u32) -> EpisodeId {
    let scenario = scenario().protocol(Protocol::Open { deadline_ms, max_moves }).build();
    let seats = PerRole { buyer: person(visitor()), seller: person(visitor()) };
    begun(store, &episode_over(scenario, seats)).await
}

#[tokio::test]
async fn a_game_to_its_deal_leaves_events_summary_and_rewards() {
    let store = store().await;
    let id = between_people(&store).await;
    let first = must_play(&store, id, Role::Buyer, offer("30").thinking("I have 40.")).await;
    assert_eq!(kinds(&first), ["thought", "moved"]);
    assert_eq!(first.envelopes.iter().map(|e| e.seq).collect::<Vec<_>>(), [5, 6]);
    let row = store.episode_find(id).await.expect("is there");
    assert_eq!((row.next_actors.as_slice(), row.moves), ([Role::Seller].as_slice(), 1));
    assert_eq!(row.last_act, Some(Act::Offer(usd("30"))));

    let last = must_play(&store, id, Role::Seller, accept(usd("30"))).await;
    assert_eq!(kinds(&last), ["moved", "ended", "revealed"]);
    let row = store.episode_find(id).await.expect("is there");
    assert_eq!((row.status, row.seq, row.moves), (EpisodeStatus::Over, 9, 2));
    assert_eq!(row.outcome, Some(Outcome::Deal { price: usd("30"), round: 1 }));
    assert_eq!((row.ended_ms, row.next_actors.len()), (Some(last.envelopes[0].at), 0));
    let Some(Scores { reward, version: 1, value }) = row.scores else { panic!("is scored") };
    assert_eq!(reward, "paper");
    let close = |value: Option<f64>, to: f64| (value.expect("is scored") - to).abs() < 1e-9;
    assert!(close(value.buyer, 10.0 / 15.0) && close(value.seller, 5.0 / 15.0), "{value:?}");

    let events = store.events_after(id, 0, 100).await.expect("are there");
    assert_eq!(events.iter().map(|e| e.seq).collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    let replayed = Episode::replay(events.iter().map(|e| &e.event)).expect("is whole");
    assert_eq!(replayed, last.episode, "what was answered is what is stored");
    let gap = store.events_after(id, 4, 2).await.expect("are there");
    assert_eq!(gap, first.envelopes, "from a cursor on, up to a limit");
    assert!(store.events_after(id, 9, 100).await.expect("can be asked").is_empty());

    let late = play(&store, id, Role::Buyer, None, offer("31")).await;
    assert!(matches!(late, Err(PlayError::Refused(Illegal::Over))));
}

/// Who knows the row before a move and what was played need not ask for the row behind it.
#[tokio::test]
async fn the_row_behind_a_move_is_known() {
    let store = store().await;
    let bargained = between_people(&store).await;
    let open = open_between_people(&store, 600_000, 10).await;
    let ended = between_people(&store).await;
    let moves = [
        (bargained, Role::Buyer, offer("30").thinking("I have 40.")),
        (bargained, Role::Seller, offer("45")),
        (bargained, Role::Buyer, offer("35")),
        (bargained, Role::Seller, accept(usd("35"))),
        (open, Role::Seller, offer("45")),
        (open, Role::Seller, offer("44")),
        (ended, Role::Buyer, offer("20")),
        (ended, Role::Seller, Move::new("No.", Act::Quit)),
    ];
    for (id, by, mv) in moves {
        let before = store.episode_find(id).await.expect("is there");
        let played = must_play(&store, id, by, mv).await;
        let found = store.episode_find(id).await.expect("is there");
        assert_eq!(before.after(&played), Some(found));
    }
    let before = store.episode_find(open).await.expect("is there");
    must_play(&store, open, Role::Buyer, offer("31")).await;
    let later = must_play(&store, open, Role::Buyer, offer("32")).await;
    assert_eq!(before.after(&later), None, "something came in between");
}

#[tokio::test]
async fn a_refused_move_stores_nothing() {
    let store = store().await;
    let id = between_people(&store).await;
    let key = Some(IdempotencyKey::fresh());
    let refused = play(&store, id, Role::Seller, key, offer("30")).await;
    let turn_of = Role::Buyer;
    assert!(
        matches!(refused, Err(PlayError::Refused(Illegal::NotYourTurn { turn_of: t })) if t == turn_of)
    );
    assert_eq!(store.episode_find(id).await.expect("is there").seq, 4);
    must_play(&store, id, Role::Buyer, offer("30")).await;
    let taken = play(&store, id, Role::Seller, key, offer("36")).await.expect("is legal now");
    assert!(!taken.repeated, "a refused key is not used up");

    let unknown = play(&store, EpisodeId::fresh(), Role::Buyer, None, offer("30")).await;
    assert!(matches!(unknown, Err(PlayError::Store(StoreError::NotFound(_)))));
}

#[tokio::test]
async fn nobody_plays_before_both_seats_are_taken() {
    let store = store().await;
    let seats = PerRole { buyer: person(visitor()), seller: store::Sitter::Open };
    let mut new = crate::fixture::new_episode(seats);
    new.invite_token = Some("token".to_owned());
    let id = begun(&store, &new).await;
    let early = play(&store, id, Role::Buyer, None, offer("30")).await;
    assert!(matches!(early, Err(PlayError::NotBegun)));
}

#[tokio::test]
async fn a_key_played_again_gets_the_first_answer() {
    let store = store().await;
    let id = between_people(&store).await;
    let key = Some(IdempotencyKey::fresh());
    let first = play(&store, id, Role::Buyer, key, offer("30")).await.expect("is legal");
    must_play(&store, id, Role::Seller, offer("38")).await;
    let again = play(&store, id, Role::Buyer, key, offer("35")).await.expect("is known");
    assert!(again.repeated);
    assert_eq!(again.envelopes, first.envelopes, "the first move, not the second");
    assert_eq!(again.episode.table.turns.len(), 2, "and the board as it is now");
    assert_eq!(store.episode_find(id).await.expect("is there").moves, 2);

    let other_seat = play(&store, id, Role::Seller, key, offer("37")).await;
    assert!(matches!(other_seat, Err(PlayError::Refused(_))), "a key is its seat's own");
}

#[tokio::test]
async fn a_known_board_that_another_process_went_on_with_is_read_anew() {
    let here = store().await;
    let there = Store::connect(here.connect_options(), 2).await.expect("is there");
    let id = between_people(&here).await;
    let fresh = || Some(IdempotencyKey::fresh());
    play(&here, id, Role::Buyer, fresh(), offer("30")).await.expect("is legal");
    play(&there, id, Role::Seller, fresh(), offer("38")).await.expect("is legal");
    play(&there, id, Role::Buyer, fresh(), offer("31")).await.expect("is legal");
    // On the board as it was left here it is the seller's turn, too: what is stored is behind the other one.
    let mut boards = Vec::new();
    let decide = |episode: &rules::Episode, now| {
        boards.push(episode.table.turns.len());
        rules::apply(episode, Role::Seller, offer("37"), now)
    };
    let played = here.episode_play(id, Role::Seller, fresh(), decide).await.expect("is legal");
    assert_eq!(boards, [1, 3]);
    assert_eq!(played.episode.table.turns.len(), 4);
    let stored = here.events_after(id, 0, 100).await.expect("are there");
    assert!(stored.iter().map(|event| event.seq).eq(1..=stored.len() as i64));
    assert_eq!(stored.last(), played.envelopes.last());
}

async fn at_once(
    store: &Store,
    id: EpisodeId,
    moves: Vec<(Role, Option<IdempotencyKey>, Move)>,
) -> Vec<Result<Played, PlayError<Illegal>>> {
    let tasks = moves.into_iter().map(|(by, key, mv)| {
        let store = store.clone();
        tokio::spawn(async move { play(&store, id, by, key, mv).await })
    });
    join_all(tasks).await.into_iter().map(|task| task.expect("does not panic")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_moves_for_one_turn_one_is_played() {
    let store = store().await;
    let id = between_people(&store).await;
    let moves = (0..50).map(|_| (Role::Buyer, None, offer("30"))).collect();
    let (won, lost): (Vec<_>, Vec<_>) =
        at_once(&store, id, moves).await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(
        lost.iter()
            .all(|lost| matches!(lost, Err(PlayError::Refused(Illegal::NotYourTurn { .. }))))
    );
    assert_eq!(store.episode_find(id).await.expect("is there").moves, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_sent_fifty_times_is_one_move() {
    let store = store().await;
    let id = between_people(&store).await;
    let key = Some(IdempotencyKey::fresh());
    let moves = (0..50).map(|_| (Role::Buyer, key, offer("30"))).collect();
    let played: Vec<Played> =
        at_once(&store, id, moves).await.into_iter().map(|p| p.expect("is taken")).collect();
    assert_eq!(played.iter().filter(|played| !played.repeated).count(), 1);
    assert!(played.iter().all(|one| one.envelopes == played[0].envelopes));
    assert_eq!(store.episode_find(id).await.expect("is there").moves, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_messages_at_once_are_all_stored_without_gaps() {
    let store = store().await;
    let id = open_between_people(&store, 600_000, 200).await;
    let moves = (0..50)
        .map(|n| {
            let by = if n % 2 == 0 { Role::Buyer } else { Role::Seller };
            (by, Some(IdempotencyKey::fresh()), Move::new(format!("message {n}"), Act::Talk))
        })
        .collect();
    for played in at_once(&store, id, moves).await {
        assert!(!played.expect("is taken").repeated);
    }
    let events = store.events_after(id, 0, 1000).await.expect("are there");
    assert_eq!(events.iter().map(|e| e.seq).collect::<Vec<_>>(), (1..=54).collect::<Vec<_>>());
    assert!(events.is_sorted_by_key(|event| event.at), "time does not run backwards");
    let said: std::collections::BTreeSet<_> = events
        .iter()
        .filter_map(|e| match &e.event {
            Event::Moved { talk, .. } => Some(talk.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(said.len(), 50, "each message once");
}

#[tokio::test]
async fn a_deadline_ends_an_episode_once() {
    let store = store().await;
    let running = open_between_people(&store, 600_000, 200).await;
    let due = open_between_people(&store, 0, 200).await;
    let alternating = between_people(&store).await;
    assert_eq!(store.episodes_past_deadline().await.expect("can be asked"), [due]);
    let ended = store.episode_tick(due).await.expect("is due");
    assert_eq!(kinds(&ended), ["ended", "revealed"]);
    let again = store.episode_tick(due).await.expect("nothing is left to do");
    assert!(again.envelopes.is_empty());
    for early in [running, alternating] {
        let none = store.episode_tick(early).await.expect("is not due");
        assert!(none.envelopes.is_empty());
    }
    assert!(store.episodes_past_deadline().await.expect("can be asked").is_empty());
    let row = store.episode_find(due).await.expect("is there");
    assert_eq!(row.outcome, Some(Outcome::Timeout));
    let row = store.episode_find(running).await.expect("is there");
    assert_eq!(row.next_actors, Role::BOTH);
    assert_eq!(row.deadline_ms, Some(row.created_ms + 600_000));
}

#[tokio::test]
async fn an_episode_that_failed_is_over_and_not_scored() {
    let store = store().await;
    let id = between_people(&store).await;
    store.episode_conclude(id, Ending::EngineFailure).await.expect("is in play");
    let row = store.episode_find(id).await.expect("is there");
    assert_eq!(row.outcome, Some(Outcome::EngineFailure));
    assert_eq!(row.scores.map(|s| s.value), Some(PerRole { buyer: None, seller: None }));
    let again = store.episode_conclude(id, Ending::Abandoned { by: Role::Buyer }).await;
    assert!(matches!(again, Err(PlayError::Refused(Illegal::Over))));
}

#[tokio::test]
async fn events_and_audit_only_grow() {
    let options = store::cluster::Ephemeral::shared().await.database().await.expect("a database");
    let store = Store::connect(options.clone(), 2).await.expect("is there");
    crate::fixture::stock(&store).await;
    between_people(&store).await;
    let pool = sqlx::PgPool::connect_with(options).await.expect("is there");
    for (statement, name) in [
        ("update events set kind = 'moved'", "event_append_only"),
        ("delete from events", "event_append_only"),
        ("truncate events cascade", "event_append_only"),
        ("delete from audit", "audit_append_only"),
    ] {
        let refused = sqlx::query(statement).execute(&pool).await.expect_err("is refused");
        assert_eq!(StoreError::from(refused).constraint(), Some(name), "{statement}");
    }
}

/// The figure is what matters; the bound only finds what is wrong by an order of magnitude, on a
/// machine that builds at the same time.
#[tokio::test]
async fn a_move_takes_a_few_milliseconds() {
    let store = store().await;
    let (episodes, rounds) = (10, 5);
    let mut slowest = std::time::Duration::ZERO;
    let started = Instant::now();
    for _ in 0..episodes {
        let id = between_people(&store).await;
        for round in 0..rounds {
            for (by, price) in [(Role::Buyer, 30 + round), (Role::Seller, 39 - round)] {
                let began = Instant::now();
                let key = Some(IdempotencyKey::fresh());
                let played = play(&store, id, by, key, offer(&price.to_string())).await;
                played.expect("is legal");
                slowest = slowest.max(began.elapsed());
            }
        }
    }
    let each = started.elapsed() / (episodes * 2 * u32::try_from(rounds).expect("is small"));
    println!("a move: {each:?} at the mean, {slowest:?} at most");
    assert!(each < std::time::Duration::from_millis(500), "{each:?}");
}
