//! The queue of training runs, and what is kept of a run.

use std::time::Duration;

use rules::{Act, Episode, Event, Millis, Move, PerRole, Role};
use serde_json::{Value, json};
use store::{
    EvaluationId, NewAlarm, NewCheckpoint, NewEvaluation, NewIteration, NewRollout,
    NewRunEvaluation, NewRunRow, NewSide, PlayedEpisode, Rolled, RunEnd, RunEvaluationRow, Split,
    Store,
};
use testkit::{scenario, usd};
use uuid::Uuid;
use wire::{
    CheckpointId, EpisodeId, EpisodeQuery, IdempotencyKey, NegotiatorName, ProductQuery,
    RunCommand, RunFailure, RunId, RunPlace, RunStatus,
};

use crate::fixture;

const LEASE: Duration = Duration::from_secs(60);

async fn queued(store: &Store) -> RunId {
    let id = RunId(Uuid::now_v7());
    let new = NewRunRow {
        id,
        label: "a run".into(),
        preset: "laptop".into(),
        overlay: "iterations = 3".into(),
        settings: json!({ "seed": 1 }),
        role: Some(Role::Buyer),
        opponents: "persuadable".into(),
        code_version: "test".into(),
        products: 1,
        products_sha256: "00".into(),
        created_by: None,
        planned: 3,
        place: RunPlace::Here,
    };
    store.run_create(&new).await.expect("it is queued");
    id
}

async fn claimed(store: &Store) -> (RunId, Uuid) {
    let (id, owner) = (queued(store).await, Uuid::new_v4());
    let claim = store.run_claim(owner, LEASE, false).await.expect("the queue");
    assert_eq!(claim.map(|claim| claim.id), Some(id));
    (id, owner)
}

async fn status(store: &Store, id: RunId) -> RunStatus {
    store.run_find(id).await.expect("it is there").status
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_workers_one_gets_a_run() {
    let store = fixture::store().await;
    for _ in 0..3 {
        queued(&store).await;
    }
    let claims = (0..12).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.run_claim(Uuid::new_v4(), LEASE, false).await })
    });
    let claims: Vec<_> = claims.collect();
    let mut got = Vec::new();
    for claim in claims {
        got.extend(claim.await.expect("no panic").expect("the queue").map(|claim| claim.id));
    }
    got.sort_unstable();
    let all: Vec<RunId> = got.clone();
    got.dedup();
    assert_eq!((all.len(), got.len()), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_workers_run_is_taken_up_and_the_dead_one_stores_nothing_more() {
    let store = fixture::store().await;
    let (id, dead) = (queued(&store).await, Uuid::new_v4());
    store.run_claim(dead, Duration::ZERO, false).await.expect("the queue").expect("the run");
    let (other, claim) = (Uuid::new_v4(), store.run_claim(Uuid::new_v4(), LEASE, false).await);
    let claim = claim.expect("the queue").expect("its lease is over");
    assert_eq!((claim.id, claim.attempts), (id, 2));
    assert!(!store.run_beat(id, dead, LEASE, None, None).await.expect("a beat").held);
    assert!(!store.run_settle(id, dead, &RunEnd::Done).await.expect("settled"));
    let stored = store.training_iteration_add(id, dead, &iteration(1, "Hello.")).await;
    assert!(!stored.expect("refused, not failed"));
    assert!(store.training_series(id, 0).await.expect("none").is_empty());
    assert!(store.run_claim(other, LEASE, false).await.expect("the queue").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_obeyed_by_status() {
    use RunCommand::{Cancel, Pause, Resume, Retry};
    use RunStatus::{Cancelled, Failed, Paused, Queued, Running};
    let store = fixture::store().await;
    let failure = RunFailure { code: "internal".into(), sentence: "It broke.".into() };
    // Where a run is, what is asked, where it is then; `None`: refused.
    let table = [
        (Queued, Pause, Some(Paused)),
        (Queued, Cancel, Some(Cancelled)),
        (Queued, Resume, None),
        (Running, Pause, Some(Running)),
        (Running, Cancel, Some(Running)),
        (Running, Retry, None),
        (Paused, Resume, Some(Queued)),
        (Paused, Cancel, Some(Cancelled)),
        (Failed, Retry, Some(Queued)),
        (Failed, Pause, None),
        (Cancelled, Retry, Some(Queued)),
    ];
    for (from, command, to) in table {
        let (id, owner) = claimed(&store).await;
        let end = match from {
            Queued => Some(RunEnd::Released),
            Paused => Some(RunEnd::Paused),
            Failed => Some(RunEnd::Failed(failure.clone())),
            Cancelled => Some(RunEnd::Cancelled),
            _ => None,
        };
        if let Some(end) = end {
            assert!(store.run_settle(id, owner, &end).await.expect("settled"));
        }
        assert_eq!(status(&store, id).await, from);
        assert_eq!(from.takes(command), to.is_some(), "wire says so too");
        let asked = store.run_ask(id, command).await;
        match to {
            Some(to) => {
                asked.expect("obeyed");
                assert_eq!(status(&store, id).await, to, "{from:?} {command:?}");
            }
            None => {
                let refused = asked.expect_err("refused");
                assert_eq!(refused.constraint(), Some("run_takes_no_such_command"));
                assert_eq!(status(&store, id).await, from);
            }
        }
        if from == Running && to.is_some() {
            let beat = store.run_beat(id, owner, LEASE, Some("rollout"), None).await;
            assert_eq!(beat.expect("a beat").asked, Some(command));
        }
        // Out of the next one's way.
        if status(&store, id).await == Running {
            store.run_settle(id, owner, &RunEnd::Done).await.expect("settled");
        } else if status(&store, id).await == Queued {
            store.run_ask(id, Cancel).await.expect("obeyed");
        }
    }
}

fn played(talk: &str, key: Uuid) -> PlayedEpisode {
    let scenario = scenario().build();
    let mut events = rules::open(&scenario, Millis(5));
    let mut episode = Episode::start(&scenario, Millis(5));
    for (by, mv) in [
        (Role::Buyer, Move::new(talk, Act::Offer(usd("30")))),
        (Role::Seller, Move::new("Done.", Act::Accept(usd("30")))),
    ] {
        let more = rules::apply(&episode, by, mv, Millis(5)).expect("a legal move");
        episode.absorb_all(&more);
        events.extend(more);
    }
    let seat = |name: &str| (NegotiatorName(name.to_owned()), name.to_owned());
    PlayedEpisode {
        id: EpisodeId::fresh(),
        key: IdempotencyKey(key),
        product: fixture::kettle_id(),
        rollout: 0,
        scenario,
        seats: PerRole { buyer: seat("learner"), seller: seat("persuadable") },
        events: events.into_iter().map(|event: Event| (5, event)).collect(),
        failing: None,
        calls: Vec::new(),
        code_version: "test".into(),
        forked_from: None,
    }
}

fn iteration(number: u32, talk: &str) -> NewIteration {
    let rollout = |member: u32| NewRollout {
        // The same for the same place, as a worker makes it.
        episode: Rolled::Played(Box::new(played(
            talk,
            Uuid::from_u128(u128::from(number * 10 + member)),
        ))),
        group: 0,
        member,
        opponent: "persuadable".into(),
        sides: vec![NewSide {
            role: Role::Buyer,
            reward: Some(0.5 + f64::from(member) / 4.0),
            advantage: f64::from(member) / 4.0 - 0.125,
            truncated: false,
            trace: vec![1, 2, 3],
        }],
    };
    NewIteration {
        number,
        worked: Duration::from_secs(10) * number,
        episodes: 2,
        metrics: json!({ "reward": 0.1 * f64::from(number), "bargained_ratio": Value::Null }),
        alarms: vec![NewAlarm { code: "echo".into(), sentence: "It repeats itself.".into() }],
        rollouts: (0..2).map(rollout).collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_iteration_that_is_done_again_is_stored_once() {
    let store = fixture::store().await;
    let (id, owner) = claimed(&store).await;
    for number in [1, 2, 2] {
        let new = iteration(number, "I saw it CHEAPER elsewhere.");
        assert!(store.training_iteration_add(id, owner, &new).await.expect("stored"));
    }
    let run = store.run_find(id).await.expect("it is there");
    assert_eq!((run.iteration, run.worked_ms), (2, 20_000));
    assert_eq!(run.rewards, [0.1, 0.2]);
    let steps = store.training_series(id, 0).await.expect("two");
    let told: Vec<_> = steps.iter().map(|s| (s.iteration, s.worked_ms, s.episodes)).collect();
    assert_eq!(told, [(1, 10_000, 2), (2, 20_000, 4)]);
    let later = store.training_series(id, 1).await.expect("one");
    assert_eq!(later, steps[1..]);
    assert_eq!(store.training_alarms(id).await.expect("alarms").len(), 2);

    let groups = store.rollout_groups(id, Some(2), None).await.expect("groups");
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].rewards, [0.5, 0.75]);
    assert_eq!((groups[0].budget, groups[0].cost), (usd("40"), usd("25")));
    let over = store.rollout_groups(id, None, Some(&fixture::kettle_id())).await.expect("groups");
    assert_eq!(over.iter().map(|group| group.iteration).collect::<Vec<_>>(), [1, 2]);
    let members = store.rollout_group(id, 2, 0).await.expect("members");
    assert_eq!(members.len(), 2);
    assert_eq!(members[1].trace, [1, 2, 3]);

    let hits = store.rollout_search(id, "cheaper ELSE").await.expect("hits");
    assert_eq!(hits.len(), 4);
    assert_eq!((hits[0].iteration, hits[0].by), (2, Role::Buyer));
    assert!(store.rollout_search(id, "dearer").await.expect("none").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn rollouts_are_in_no_list_and_no_comparison() {
    let store = fixture::store().await;
    let (id, owner) = claimed(&store).await;
    store.training_iteration_add(id, owner, &iteration(1, "Hello.")).await.expect("stored");
    let query = EpisodeQuery::default();
    let listed = store.episode_list(&query, fixture::visitor()).await.expect("a list");
    assert!(listed.is_empty());
    assert!(store.comparison(&fixture::kettle_id()).await.expect("rows").is_empty());
    assert_eq!(store.episode_counts().await.expect("counts").total, 0);
    let page = store.product_list(&ProductQuery::default()).await.expect("a page");
    let kettle = page.items.iter().find(|card| card.id == fixture::kettle_id());
    assert_eq!(kettle.expect("it is listed").negotiations, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_worker_is_gone_obeys_at_once() {
    let store = fixture::store().await;
    for (command, then) in
        [(RunCommand::Pause, RunStatus::Paused), (RunCommand::Cancel, RunStatus::Cancelled)]
    {
        let id = queued(&store).await;
        store
            .run_claim(Uuid::new_v4(), Duration::ZERO, false)
            .await
            .expect("the queue")
            .expect("the run");
        store.run_ask(id, command).await.expect("obeyed");
        assert_eq!(status(&store, id).await, then);
        assert!(store.run_claim(Uuid::new_v4(), LEASE, false).await.expect("the queue").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_keeps_its_first_name() {
    let store = fixture::store().await;
    let (run, _) = claimed(&store).await;
    let new = |iteration| NewCheckpoint {
        id: CheckpointId(Uuid::now_v7()),
        iteration,
        folder: format!("runs/x/model-{iteration}"),
        bytes: 7,
        reward: Some(0.5),
        manifest: json!({}),
    };
    let (first, second) = (new(1), new(2));
    for checkpoint in [&first, &second, &new(2)] {
        store.checkpoint_add(run, checkpoint).await.expect("kept");
    }
    let all = store.checkpoint_list(Some(run)).await.expect("two");
    let ids: Vec<CheckpointId> = all.iter().map(|row| row.card.id).collect();
    assert_eq!(ids, [second.id, first.id]);
    let name = |name: &str| NegotiatorName(name.to_owned());
    for given in ["run-a", "run-b"] {
        store.checkpoint_publish(first.id, &name(given)).await.expect("published");
    }
    let taken = store.checkpoint_publish(second.id, &name("run-a")).await.expect_err("taken");
    assert_eq!(taken.constraint(), Some("checkpoint_published_unique"));
    let playing = store.checkpoint_list(None).await.expect("one");
    assert_eq!(playing.len(), 1);
    assert_eq!(playing[0].card.published, Some(name("run-a")));
    assert_eq!(playing[0].folder, "runs/x/model-1");
}

fn judged(iteration: u32, baseline: Option<&str>) -> NewRunEvaluation {
    let id = EvaluationId(Uuid::now_v7());
    NewRunEvaluation {
        row: RunEvaluationRow {
            id,
            iteration,
            worked: Duration::from_secs(10) * iteration,
            role: Role::Buyer,
            baseline: baseline.map(str::to_owned),
            against: "persuadable".into(),
            persona: "neutral".into(),
            episodes: 1,
            figures: json!({ "reward": { "value": 0.25 } }),
        },
        evaluation: NewEvaluation {
            id,
            command: "of a test".into(),
            buyer: baseline.unwrap_or("learner").into(),
            seller: "persuadable".into(),
            split: Some(Split::Test),
            settings: json!({}),
            seed: 1,
            code_version: "test".into(),
            planned: 1,
        },
        episodes: vec![Rolled::Played(Box::new(played("Hello.", Uuid::new_v4())))],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_is_stored_once_and_by_who_holds_the_run() {
    let store = fixture::store().await;
    let (run, owner) = claimed(&store).await;
    let (first, script, later) = (judged(0, None), judged(0, Some("linear")), judged(10, None));
    assert!(!store.training_evaluation_add(run, Uuid::new_v4(), &first).await.expect("refused"));
    for new in [&first, &judged(0, None), &later, &script] {
        assert!(store.training_evaluation_add(run, owner, new).await.expect("held"));
    }
    let own = store.training_evaluations(run, false).await.expect("two");
    assert_eq!(own, [first.row.clone(), later.row]);
    let all = store.training_evaluations(run, true).await.expect("three");
    assert!(all.len() == 3 && all.contains(&script.row));

    let samples = store.evaluation_samples(first.row.id, 3).await.expect("one");
    assert_eq!(samples, store.evaluation_episodes(first.row.id).await.expect("one"));
    let Rolled::Played(episode) = &first.episodes[0] else { panic!("it was played") };
    assert_eq!(samples[0].id, episode.id);
    let listed = store.episode_list(&EpisodeQuery::default(), fixture::visitor()).await;
    assert!(listed.expect("a list").is_empty(), "found from the run's pages alone");
}
