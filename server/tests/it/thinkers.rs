//! Negotiators that take their time, without a model: what the driver makes of them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use policy::{Boundary, Fault};
use rules::{Act, Event, Mills, Move, Outcome, Role};
use serde_json::{Value, json};
use server::roster::{Answer, Breakdown, Hear, Question, Roster, Said, Thinker};
use store::{CallOutcome, NewCall};
use tokio::sync::Semaphore;
use uuid::Uuid;
use wire::{
    EpisodePage, EpisodeSummary, NegotiatorCard, NegotiatorKind, NegotiatorName, ServerFrame,
};

use crate::account::key;
use crate::secrets::{assert_untold, listen, look_everywhere};
use crate::world::*;

const NAME: &str = "parrot";

/// What one question does, in order.
#[derive(Clone)]
enum Step {
    Say(&'static str),
    Withdraw,
    /// Waits until the test lets it go on.
    Wait,
    Move(Move),
    Break(&'static str),
    Panic,
}

/// Says what it was told to, one list of steps per question; then it rejects.
struct Parrot {
    lines: Mutex<VecDeque<Vec<Step>>>,
    gate: Semaphore,
    asked: AtomicUsize,
    dropped: AtomicUsize,
    is_guarded: bool,
}

/// Counts a question that is dropped before its answer.
struct Dropped<'p>(&'p Parrot, bool);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Parrot {
    fn new(lines: impl IntoIterator<Item = Vec<Step>>) -> Parrot {
        Parrot {
            lines: Mutex::new(lines.into_iter().collect()),
            gate: Semaphore::new(0),
            asked: AtomicUsize::new(0),
            dropped: AtomicUsize::new(0),
            is_guarded: false,
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn dropped(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }

    fn call(&self, question: &Question, outcome: CallOutcome) -> NewCall {
        NewCall {
            id: Uuid::now_v7(),
            role: question.view.role,
            turn: question.view.table.turns.len() as u32,
            attempt: question.draw as u32,
            model: NAME.to_owned(),
            checkpoint: None,
            prompt: Vec::new(),
            output: "\0all of it".to_owned(),
            prompt_tokens: 2,
            completion_tokens: 3,
            tokens: Vec::new(),
            queue_ms: 0,
            first_token_ms: 0,
            total_ms: 0,
            sampling: wire::Sampling { temperature: 0.5, top_k: None, top_p: None, max_tokens: 9 },
            seed: u64::MAX,
            constrained: false,
            outcome,
            error: (outcome != CallOutcome::Ok).then(|| ("code".to_owned(), "why".to_owned())),
            fallback: false,
            cost_microdollars: Some(12),
        }
    }
}

#[async_trait]
impl Thinker for Parrot {
    fn card(&self) -> NegotiatorCard {
        NegotiatorCard {
            name: NegotiatorName(NAME.to_owned()),
            title: "Parrot".to_owned(),
            summary: "Says what it was told to.".to_owned(),
            kind: NegotiatorKind::Model,
            roles: Role::BOTH.to_vec(),
        }
    }

    fn is_guarded(&self) -> bool {
        self.is_guarded
    }

    fn warm(&self) {}

    async fn think(&self, question: &Question, mut hear: Hear) -> Answer {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut dropped = Dropped(self, false);
        let steps = self.lines.lock().unwrap().pop_front().unwrap_or_default();
        let mut mv = Ok(Move::new("No.", Act::Reject));
        for step in steps {
            match step {
                Step::Say(text) => hear(Said::Talk(text.to_owned())),
                Step::Withdraw => hear(Said::Withdrawn),
                Step::Wait => self.gate.acquire().await.unwrap().forget(),
                Step::Move(told) => mv = Ok(told),
                Step::Break(code) => {
                    let fault = Fault::new(Boundary::Engine, "/secret/path is missing");
                    mv = Err(Breakdown { code: code.to_owned(), fault });
                }
                Step::Panic => panic!("as the test wants it"),
            }
        }
        dropped.1 = true;
        let outcome = if mv.is_ok() { CallOutcome::Ok } else { CallOutcome::Engine };
        Answer { mv, calls: vec![self.call(question, outcome)] }
    }

    fn unfinished(&self, question: &Question, heard: String, _: Duration) -> NewCall {
        NewCall { output: heard, ..self.call(question, CallOutcome::Cancelled) }
    }
}

async fn world(parrot: &Arc<Parrot>) -> World {
    let parrot = Arc::clone(parrot);
    World::seating(|_| {}, |_| Roster::scripted().with(parrot)).await
}

/// Frames until a move or the end is told, without the typing.
async fn until_told(live: &mut Live) -> Vec<ServerFrame> {
    let mut frames = Vec::new();
    loop {
        let frame = live.next().await;
        let is_last = matches!(
            &frame,
            ServerFrame::Event { envelope } if matches!(
                envelope.event,
                Event::Moved { by: Role::Seller, .. } | Event::Ended { .. }
            )
        );
        if matches!(frame, ServerFrame::Speaking { .. } | ServerFrame::Unsaid { .. }) || is_last {
            frames.push(frame);
        }
        if is_last {
            return frames;
        }
    }
}

/// Frames as one line: what is said, `-` for unsaid, the stored talk in brackets.
fn told(frames: &[ServerFrame]) -> String {
    let tell = |frame: &ServerFrame| match frame {
        ServerFrame::Speaking { role: Role::Seller, text, .. } => format!("{text}|"),
        ServerFrame::Unsaid { role: Role::Seller, .. } => "-|".to_owned(),
        ServerFrame::Event { envelope } => match &envelope.event {
            Event::Moved { talk, .. } => format!("[{talk}]"),
            event => format!("{event:?}"),
        },
        other => format!("{other:?}"),
    };
    frames.iter().map(tell).collect()
}

async fn following(client: &Client, id: wire::EpisodeId) -> Live {
    let mut live = client.live().await;
    live.follow(id, 0).await;
    while !matches!(live.next().await, ServerFrame::CaughtUp { .. }) {}
    live
}

async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    soon(what, wait).await;
}

fn counter(dollars: i64) -> Step {
    let mv = Move::new("I could do that.", Act::Offer(Mills::from_dollars(dollars)));
    Step::Move(mv.thinking("my secret plan"))
}

#[tokio::test]
async fn talk_is_heard_while_it_is_made_and_thought_and_act_are_not() {
    let lines = vec![
        Step::Say("I co"),
        Step::Withdraw,
        Step::Say("I could"),
        Step::Say(" do that."),
        Step::Wait,
        counter(70),
    ];
    let parrot = Arc::new(Parrot::new([lines]));
    let world = world(&parrot).await;
    let (ada, eve, late) = (world.client(), world.client(), world.client());
    let id = ada.start("me", NAME).await;
    let (mut mine, mut watched) = (following(&ada, id).await, following(&eve, id).await);
    ada.play(id, offer(30)).await;
    // The model waits: so far only talk has been told.
    let hears = async |live: &mut Live| {
        let mut text = String::new();
        while text != "I could do that." {
            match live.next().await {
                ServerFrame::Speaking { role: Role::Seller, text: more, .. } => {
                    text.push_str(&more);
                }
                ServerFrame::Unsaid { .. } => text.clear(),
                ServerFrame::Event { envelope } => {
                    assert!(!matches!(envelope.event, Event::Moved { by: Role::Seller, .. }));
                }
                _ => {}
            }
        }
    };
    soon("the talk", hears(&mut mine)).await;
    soon("the talk", hears(&mut watched)).await;
    // Who comes in the middle hears all of it at once.
    let mut third = following(&late, id).await;
    soon("the talk", hears(&mut third)).await;
    for client in [&ada, &eve, &late] {
        assert!(!client.seen().contains("secret plan") && !client.seen().contains("70000"));
    }
    parrot.gate.add_permits(1);
    for live in [&mut mine, &mut watched, &mut third] {
        assert_eq!(told(&until_told(live).await), "[I could do that.]");
    }
    for client in [&ada, &eve, &late] {
        assert!(!client.seen().contains("secret plan"));
    }
    world.stop().await;
}

#[tokio::test]
async fn no_payload_tells_a_models_limit_or_thought_before_the_end() {
    let parrot = Arc::new(Parrot::new([vec![Step::Say("I could"), Step::Wait, counter(70)]]));
    let world = world(&parrot).await;
    let (ada, eve) = (world.client(), world.client());
    let id = ada.start("me", NAME).await;
    let feeds = [listen(&ada, id).await, listen(&eve, id).await];
    ada.play(id, offer(30)).await;
    // Once while it composes, once when it has moved.
    for permits in [0, 1] {
        parrot.gate.add_permits(permits);
        eve.moves(id, 1 + permits).await;
        look_everywhere(&ada, id).await;
        look_everywhere(&eve, id).await;
    }
    for client in [&ada, &eve] {
        assert_untold("seller's", COST, client);
        assert!(!client.seen().contains("secret plan"));
        assert!(client.seen().contains("speaking"), "it was heard at all");
    }
    assert_untold("buyer's", BUDGET, &eve);
    feeds.into_iter().flatten().for_each(|feed| feed.abort());
    world.stop().await;
}

#[tokio::test]
async fn a_failure_in_mid_talk_ends_it_unscored_and_a_stand_in_goes_on() {
    let first = vec![Step::Say("Good day."), counter(90)];
    let second = vec![Step::Say("I was about to"), Step::Break("engine_died")];
    let parrot = Arc::new(Parrot::new([first, second]));
    let world = world(&parrot).await;
    let (ada, eve) = (world.client(), world.client());
    let id = ada.start("me", NAME).await;
    let mut live = following(&ada, id).await;
    ada.play(id, offer(30)).await;
    assert_eq!(told(&until_told(&mut live).await), "Good day.|[I could do that.]");
    ada.play(id, offer(40)).await;
    let told = told(&until_told(&mut live).await);
    assert!(told.starts_with("I was about to|-|Ended"), "{told}");

    let path = format!("/api/v1/episodes/{id}");
    let page: EpisodePage = ada.fetch(&path).await;
    let failure = page.head.failure.expect("it failed");
    assert_eq!((failure.role, failure.code.as_str()), (Role::Seller, "engine_died"));
    assert!(failure.stand_in && failure.sentence.contains("stand-in"), "{failure:?}");
    let theirs: EpisodePage = eve.fetch(&path).await;
    assert!(!theirs.head.failure.expect("they see it, too").stand_in);
    let listed: Vec<EpisodeSummary> = ada.fetch("/api/v1/episodes?mine=true").await;
    assert!(listed[0].failure.as_ref().is_some_and(|failure| failure.stand_in));
    let replay: Value = ada.fetch(&format!("{path}/replay")).await;
    assert_eq!(replay["reveal"], Value::Null, "it may be gone on with");
    assert!(page.events.iter().all(|e| !matches!(e.event, Event::Revealed { .. })));
    assert!(!ada.seen().contains("/secret/path"));

    let stand_in = format!("{path}/stand-in");
    let refusal = eve.refused(&stand_in, json!({ "key": Uuid::new_v4() })).await;
    assert_eq!(refusal.code, "not_your_seat");
    let body = json!({ "key": Uuid::new_v4() });
    let on: Value = ada.send(&stand_in, body.clone()).await;
    let again: Value = ada.send(&stand_in, body).await;
    assert_eq!(on, again, "a double click starts one");
    let on = on["id"].as_str().unwrap().parse().unwrap();
    let events = ada.moves(on, 4).await;
    let before = acts(&page.events);
    assert_eq!(before.len(), 3);
    assert_eq!(acts(&events)[..3], before);
    assert_eq!(acts(&events)[3].0, Role::Seller);
    let fork: EpisodePage = ada.fetch(&format!("/api/v1/episodes/{on}")).await;
    let from = fork.head.forked_from.expect("it goes on from another");
    assert_eq!(from.episode, id);
    assert!(matches!(
        page.events.iter().find(|e| e.seq == from.seq).map(|e| &e.event),
        Some(Event::Moved { by: Role::Buyer, .. })
    ));
    assert!(!ada.seen().contains("secret plan"), "the other side's thoughts stay its own");
    let nothing = ada
        .refused(&format!("/api/v1/episodes/{on}/stand-in"), json!({ "key": Uuid::new_v4() }))
        .await;
    assert_eq!(nothing.code, "nothing_failed");
    world.stop().await;
}

#[tokio::test]
async fn a_panic_is_the_episodes_end_and_nothing_elses() {
    let parrot = Arc::new(Parrot::new([vec![Step::Panic]]));
    let world = world(&parrot).await;
    let ada = world.client();
    let id = ada.start("me", NAME).await;
    ada.play(id, offer(30)).await;
    let events = ada.until(id, is_over).await;
    let outcome = Outcome::EngineFailure;
    assert!(events.iter().any(|e| e.event == Event::Ended { outcome }));
    let other = ada.start("me", NAME).await;
    ada.play(other, offer(30)).await;
    assert_eq!(acts(&ada.moves(other, 2).await)[1], (Role::Seller, Act::Reject));
    world.stop().await;
}

#[tokio::test]
async fn a_model_stops_for_nobody_and_goes_on_for_whoever_comes_back() {
    let waiting = || vec![Step::Say("Well,"), Step::Wait];
    let parrot = Arc::new(Parrot::new([waiting(), waiting()]));
    let seated = Arc::clone(&parrot);
    let world = World::seating(
        |config| config.left_after = Duration::from_millis(200),
        |_| Roster::scripted().with(seated),
    )
    .await;
    let ada = world.client();
    let id = ada.start("me", NAME).await;
    ada.play(id, offer(30)).await;
    eventually("the model to stop", async || parrot.dropped() == 1).await;
    let calls = async || world.store.llm_calls_of(id).await.unwrap();
    eventually("the record", async || calls().await.len() == 1).await;
    let call = calls().await.remove(0);
    assert_eq!((call.outcome.as_str(), call.output.as_str()), ("cancelled", "Well,"));
    assert_eq!((call.seed, call.cost_microdollars), (u64::MAX, Some(12)));
    // It is nobody's failure, and no other process need look at it.
    let row = world.store.episode_find(id).await.unwrap();
    assert_eq!((row.moves, row.outcome), (1, None));
    let other = Uuid::new_v4();
    let found = world.store.episodes_claim_awaiting(other, Duration::from_secs(9), 9).await;
    assert!(found.unwrap().is_empty());

    let mut live = following(&ada, id).await;
    eventually("the second question", async || parrot.asked() == 2).await;
    // Longer than it goes on for nobody.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(parrot.dropped(), 1, "somebody is there");
    parrot.gate.add_permits(1);
    assert_eq!(told(&until_told(&mut live).await), "Well,|[No.]");
    assert_eq!(acts(&ada.moves(id, 2).await).len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn a_move_that_comes_by_another_process_can_be_answered_there() {
    let parrot = Arc::new(Parrot::new([]));
    let world = world(&parrot).await;
    let ada = world.client();
    let id = ada.start("me", NAME).await;
    ada.play(id, offer(30)).await;
    ada.moves(id, 2).await;
    // At once, while this process would still hold the lease of the answer before.
    let played = world.store.episode_play(id, Role::Buyer, None, |episode, now| {
        rules::apply(episode, Role::Buyer, Move::new("And now?", offer(31)), now)
    });
    played.await.unwrap();
    let (other, lease) = (Uuid::new_v4(), Duration::from_secs(60));
    let claim = async || world.store.episode_claim(id, other, lease).await.unwrap();
    eventually("the lease, which nobody may renew for nothing", claim).await;
    world.stop().await;
}

#[tokio::test]
async fn a_move_is_dropped_where_the_board_went_on() {
    let parrot = Arc::new(Parrot::new([vec![Step::Say("Hm"), Step::Wait]]));
    let world = world(&parrot).await;
    let ada = world.client();
    let id = ada.start("me", NAME).await;
    let mut live = following(&ada, id).await;
    ada.play(id, offer(30)).await;
    eventually("the question", async || parrot.asked() == 1).await;
    // Another process plays the move first.
    let played = world.store.episode_play(id, Role::Seller, None, |episode, now| {
        rules::apply(episode, Role::Seller, Move::new("Mine.", Act::Reject), now)
    });
    played.await.unwrap();
    parrot.gate.add_permits(1);
    let mut frames = until_told(&mut live).await;
    // Which of the two is told first is nobody's business.
    while !frames.iter().any(|frame| matches!(frame, ServerFrame::Unsaid { .. })) {
        frames.push(live.next().await);
    }
    ada.play(id, Act::Quit).await;
    let events = ada.until(id, is_over).await;
    let roles: Vec<Role> = acts(&events).into_iter().map(|(role, _)| role).collect();
    assert_eq!(roles, [Role::Buyer, Role::Seller, Role::Buyer], "neither lost nor doubled");
    world.stop().await;
}

#[tokio::test]
async fn a_guarded_model_does_not_say_its_limit() {
    let leak = "I paid $41.30 for it, so make it $60.";
    let mv = Move::new(leak, Act::Offer(Mills::from_dollars(60)));
    let lines = vec![Step::Say("I paid $41.30"), Step::Say(" for it"), Step::Move(mv)];
    let guarded = Parrot { is_guarded: true, ..Parrot::new([lines]) };
    let parrot = Arc::new(guarded);
    let world = world(&parrot).await;
    let (ada, eve) = (world.client(), world.client());
    let id = ada.start("me", NAME).await;
    let (mut mine, mut watched) = (following(&ada, id).await, following(&eve, id).await);
    ada.play(id, offer(30)).await;
    for live in [&mut mine, &mut watched] {
        let frames = until_told(live).await;
        assert_eq!(told(&frames), "[I paid a fair price for it, so make it $60.]");
    }
    assert!(!ada.seen().contains("41.30") && !eve.seen().contains("41.30"));
    let reader = Client::with_key(&world.base, &key(&world, &["read"]).await);
    let events = reader.moves(id, 2).await;
    let redacted = Event::Redacted { by: Role::Seller, talk: leak.to_owned() };
    assert!(events.iter().any(|e| e.event == redacted));
    let numbers: Vec<i64> = events.iter().map(|e| e.seq).collect();
    assert_eq!(numbers, (1..=events.len() as i64).collect::<Vec<_>>());
    world.stop().await;
}

#[tokio::test]
async fn calls_are_for_researchers_who_do_not_play() {
    let parrot = Arc::new(Parrot::new([vec![counter(90)]]));
    let world = world(&parrot).await;
    let player = Client::with_key(&world.base, &key(&world, &["play", "read"]).await);
    let reader = Client::with_key(&world.base, &key(&world, &["read"]).await);
    let id = player.start("me", NAME).await;
    player.play(id, offer(30)).await;
    player.moves(id, 2).await;
    let path = format!("/api/v1/episodes/{id}/calls");
    let calls: Vec<wire::ModelCall> = reader.fetch(&path).await;
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].turn, calls[0].role), (1, Role::Seller));
    assert_eq!(calls[0].output, "\u{fffd}all of it");
    assert_eq!(world.client().get(&path).await.0.as_u16(), 401);
    let keyed = Client::with_key(&world.base, &key(&world, &["play"]).await);
    assert_eq!(keyed.get(&path).await.0.as_u16(), 403);
    assert_eq!(player.get(&path).await.0.as_u16(), 409, "both hands open");
    player.play(id, Act::Quit).await;
    assert_eq!(player.get(&path).await.0.as_u16(), 200);
    world.stop().await;
}

#[tokio::test]
async fn two_thinkers_are_watched_at_their_pace() {
    let world = world(&Arc::new(Parrot::new([]))).await;
    let ada = world.client();
    let pace = json!({ "pace": { "interval_ms": 0, "paused": false } });
    let id = ada.start_with(NAME, NAME, pace).await;
    let events = ada.until(id, is_over).await;
    assert_eq!(acts(&events).len(), 12);
    let outcome = Outcome::Timeout;
    assert!(events.iter().any(|e| e.event == Event::Ended { outcome }));
    assert_eq!(world.store.llm_calls_of(id).await.unwrap().len(), 12);
    world.stop().await;
}
