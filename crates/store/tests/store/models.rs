//! Calls to language models, failures, and how one goes on.

use std::time::Duration;

use rules::{Act, Event, Move, Outcome, PerRole, Role};
use store::{Branch, CallOutcome, Failing, NewCall, NewEpisodeRow, Spent, Store, StoreError};
use uuid::Uuid;
use wire::{EpisodeId, EpisodeQuery, EpisodeStatus, Fork, PromptMessage, Sampling};

use crate::fixture::*;

async fn against_a_model(store: &Store) -> (EpisodeId, NewEpisodeRow) {
    let new = new_episode(PerRole { buyer: person(visitor()), seller: negotiator("demo") });
    (begun(store, &new).await, new)
}

fn call(outcome: CallOutcome) -> NewCall {
    NewCall {
        id: Uuid::now_v7(),
        role: Role::Seller,
        turn: 1,
        attempt: 0,
        model: "demo".to_owned(),
        checkpoint: None,
        prompt: vec![PromptMessage { speaker: "user".to_owned(), text: "Hi\0".to_owned() }],
        output: "Talk: \"no\" 'x' \\ 💸".to_owned(),
        prompt_tokens: 10,
        completion_tokens: 4,
        tokens: vec![("Talk:\0".to_owned(), -0.5), (" no".to_owned(), -0.125)],
        queue_ms: 1,
        first_token_ms: 2,
        total_ms: 3,
        sampling: Sampling { temperature: 0.5, top_k: Some(9), top_p: None, max_tokens: 64 },
        seed: u64::MAX - 1,
        constrained: true,
        outcome,
        error: (outcome != CallOutcome::Ok).then(|| ("no_action".to_owned(), "why".to_owned())),
        fallback: false,
        cost_microdollars: Some(7),
    }
}

#[tokio::test]
async fn calls_are_kept_once_and_for_good() {
    let store = store().await;
    let (id, _) = against_a_model(&store).await;
    let calls = [
        call(CallOutcome::Format),
        NewCall { attempt: 1, fallback: true, tokens: Vec::new(), ..call(CallOutcome::Illegal) },
    ];
    for _ in 0..2 {
        store.llm_calls_add(id, &calls).await.expect("are kept");
    }
    store.llm_calls_add(id, &[]).await.expect("nothing is to be kept");
    let kept = store.llm_calls_of(id).await.expect("are found");
    assert_eq!(kept.len(), 2);
    let (first, second) = (&kept[0], &kept[1]);
    assert_eq!((first.id, first.seed, first.turn), (calls[0].id, u64::MAX - 1, 1));
    assert_eq!(
        (first.output.as_str(), first.outcome.as_str()),
        (calls[0].output.as_str(), "format")
    );
    assert_eq!(first.prompt[0].text, "Hi\u{fffd}");
    assert_eq!(first.sampling, calls[0].sampling);
    assert_eq!((second.attempt, second.fallback), (1, true));
    let written = store.llm_tokens_of(id).await.expect("are found");
    let told: Vec<_> = written[&first.id].iter().map(|t| (t.text.as_str(), t.logp)).collect();
    assert_eq!(told, [("Talk:\u{fffd}", -0.5), (" no", -0.125)]);
    assert!(!written.contains_key(&second.id), "a model that tells none");
    assert_eq!(second.error_code.as_deref(), Some("no_action"));
    let spent = store.llm_calls_spent("demo").await.expect("is added up");
    let expected =
        Spent { calls: 2, prompt_tokens: 20, completion_tokens: 8, cost_microdollars: 14 };
    assert_eq!(spent, expected);
    assert_eq!(store.llm_calls_spent("other").await.expect("is nothing"), Spent::default());
}

#[tokio::test]
async fn a_call_that_does_not_fit_is_refused_by_name() {
    let store = store().await;
    let (id, _) = against_a_model(&store).await;
    let unexplained = NewCall { error: None, ..call(CallOutcome::Engine) };
    let error = store.llm_calls_add(id, &[unexplained]).await.expect_err("it says no reason");
    assert_eq!(error.constraint(), Some("llm_call_error_when_not_ok"));
    let nowhere = store.llm_calls_add(EpisodeId::fresh(), &[call(CallOutcome::Ok)]).await;
    assert_eq!(
        nowhere.expect_err("there is no such episode").constraint(),
        Some("llm_call_episode_exists")
    );
}

#[tokio::test]
async fn a_failure_is_kept_and_a_branch_goes_on_from_before_it() {
    let store = store().await;
    let (id, new) = against_a_model(&store).await;
    must_play(&store, id, Role::Buyer, offer("20")).await;
    must_play(&store, id, Role::Seller, offer("35")).await;
    let failing = Failing { role: Role::Seller, code: "engine_died".to_owned() };
    let played = store.episode_fail(id, &failing).await.expect("it goes on till now");
    assert_eq!(played.episode.outcome(), Some(Outcome::EngineFailure));
    let row = store.episode_find(id).await.expect("is there");
    assert_eq!((row.status, row.failing), (EpisodeStatus::Over, Some(failing.clone())));
    assert_eq!(row.scores.expect("it is over").value, PerRole { buyer: None, seller: None });
    assert!(store.episode_fail(id, &failing).await.is_err(), "it is over");
    let listed = store.episode_list(&EpisodeQuery::default(), new.creator).await;
    let listed = listed.expect("is listed").remove(0);
    assert_eq!((listed.failing, listed.role), (Some(failing), Some(Role::Buyer)));

    let branch = |moves| NewEpisodeRow {
        id: EpisodeId::fresh(),
        key: wire::IdempotencyKey::fresh(),
        branch: Some(Branch { from: Fork { episode: id, seq: 6 }, moves }),
        ..new.clone()
    };
    let on = branch(vec![
        (Role::Buyer, offer("20")),
        (Role::Seller, offer("35").thinking("hm")),
        (Role::Buyer, Move::new("No.", Act::Reject)),
    ]);
    begun(&store, &on).await;
    let row = store.episode_find(on.id).await.expect("is there");
    assert_eq!(row.forked_from, Some(Fork { episode: id, seq: 6 }));
    assert_eq!((row.moves, row.seq, row.last_act), (3, 8, Some(Act::Reject)));
    assert_eq!(row.next_actors, [Role::Seller]);
    let events = store.events_after(on.id, 4, 9).await.expect("are there");
    assert!(matches!(events[1].event, Event::Thought { .. }));
    must_play(&store, on.id, Role::Seller, offer("34")).await;
    must_play(&store, on.id, Role::Buyer, accept(testkit::usd("34"))).await;
    let compared = store.comparison(&kettle_id()).await.expect("is compared");
    assert!(compared.is_empty(), "a branch is two negotiators' work: {compared:?}");

    let illegal = branch(vec![(Role::Seller, offer("35"))]);
    let error = store.episode_create(&illegal).await.expect_err("the buyer begins");
    assert!(matches!(error, StoreError::Corrupt { what: "history", .. }), "{error}");
    let mut nowhere = branch(Vec::new());
    nowhere.branch.as_mut().expect("it has one").from.seq = 99;
    let error = store.episode_create(&nowhere).await.expect_err("there is no such event");
    assert_eq!(error.constraint(), Some("episode_fork_exists"));
}

#[tokio::test]
async fn a_parked_episode_is_for_who_asks_by_name() {
    let store = store().await;
    let (id, _) = against_a_model(&store).await;
    must_play(&store, id, Role::Buyer, offer("20")).await;
    let (me, other) = (Uuid::new_v4(), Uuid::new_v4());
    let lease = Duration::from_secs(60);
    assert!(store.episode_claim(id, me, lease).await.expect("is free"));
    assert!(!store.episode_park(id, other, lease).await.unwrap(), "it is not theirs");
    assert!(!store.episode_claim(id, other, lease).await.expect("is mine"));
    assert!(store.episode_park(id, me, lease).await.unwrap(), "it is mine");
    assert!(store.episodes_claim_awaiting(other, lease, 9).await.expect("none").is_empty());
    assert!(store.episode_claim(id, other, lease).await.expect("is anybody's"));
}
