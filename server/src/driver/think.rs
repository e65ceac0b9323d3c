//! Moves of negotiators that take their time: decided outside the store, with no connection held.
//!
//! The talk is told while it is made; all else waits for the stored event. Against a person a model
//! composes only while somebody is there: an episode that all have left waits, parked, until it is
//! attended again, in whichever process that is.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::FutureExt;
use metrics::{counter, histogram};
use policy::guard::redact;
use policy::{Boundary, Fault};
use rules::{Episode, Event, Move, Role};
use store::{EpisodeRow, NewCall, PlayError, Played, StoreError};
use tokio::time::Instant;
use wire::EpisodeId;

use super::decide::{self, Halt};
use super::{AWAY, Driver, LEASE, Next, Watch};
use crate::live::Utterance;
use crate::roster::{Answer, Breakdown, Question, Said, Thinker};
use crate::telemetry::{self, MODEL_LEFT, MODEL_MOVE_SECONDS, MOVES};

/// How long a parked episode is kept from the sweep, which looks for what an ended process left.
const PARKED: Duration = Duration::from_secs(3600);
/// Between two looks whether anybody is left, at most.
const LOOK: Duration = Duration::from_secs(1);
/// Between two looks whether another process has done with an episode.
const ELSEWHERE: Duration = Duration::from_secs(1);
/// More events than the longest episode has.
const ALL: i64 = 10_000;

/// Why a decision was not waited for.
enum Cut {
    /// The board is another one now.
    Moved,
    /// Nobody is there.
    Left,
    /// The server stops.
    Stopped,
}

impl Driver {
    pub(super) async fn think(
        &self,
        row: &EpisodeRow,
        role: Role,
        thinker: &dyn Thinker,
        watch: &Watch,
    ) -> Result<Next, StoreError> {
        let id = row.id;
        if row.pace.is_none() {
            if !self.is_attended(id, watch) {
                self.park(id).await?;
                return Ok(Next::Rest);
            }
            if !self.0.store.episode_claim(id, self.0.owner, LEASE).await? {
                return Ok(self.wait_for_another_process(watch).await);
            }
            watch.leased.store(true, Ordering::Relaxed);
        }
        let Some(episode) = self.board(row).await? else { return Ok(Next::LookAgain) };
        let draw = match decide::draw(role, row.moves, &episode) {
            Ok(draw) => draw as u64,
            Err(Halt::Stale) => return Ok(Next::LookAgain),
            Err(Halt::Fault(broken)) => {
                self.give_up(id, role, &broken).await?;
                return Ok(Next::LookAgain);
            }
        };
        let question = Question { view: episode.view(role), seed: episode.seed, draw };
        let utterance = Arc::new(self.0.hub.begin(id, role));
        let started = Instant::now();
        match self.answer(row, thinker, &question, &utterance, watch).await {
            Ok(answer) => {
                histogram!(MODEL_MOVE_SECONDS).record(started.elapsed().as_secs_f64());
                answer.calls.iter().for_each(telemetry::count_call);
                self.wait_as_people_do(row, &answer, started).await;
                let take = || self.take(row, role, &answer, thinker, &question, &utterance);
                self.persist(take).await
            }
            Err(Cut::Moved) => Ok(Next::LookAgain),
            Err(Cut::Stopped) => Ok(Next::Rest),
            Err(Cut::Left) => {
                tracing::info!(episode = %id, "nobody is left: a model stops composing");
                counter!(MODEL_LEFT).increment(1);
                let call = thinker.unfinished(&question, utterance.heard(), started.elapsed());
                telemetry::count_call(&call);
                self.0.store.llm_calls_add(id, &[call]).await?;
                self.park(id).await?;
                Ok(Next::Rest)
            }
        }
    }

    /// Leaves an episode to whichever process is attended next. That may be another one now: it is told, and goes on
    /// where somebody follows there.
    async fn park(&self, id: EpisodeId) -> Result<(), StoreError> {
        if self.0.store.episode_park(id, self.0.owner, PARKED).await? {
            self.0.store.notify_head(id);
        }
        Ok(())
    }

    /// Of a study, an answer is held back until a person could have given it.
    async fn wait_as_people_do(&self, row: &EpisodeRow, answer: &Answer, started: Instant) {
        if row.study.is_none() {
            return;
        }
        let characters = answer.mv.as_ref().map_or(0, |mv| mv.talk.chars().count());
        let wait = self.as_people_do(row, characters).saturating_sub(started.elapsed());
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.0.stop.cancelled() => {}
        }
    }

    /// Another process composes the move, or died over it, or parks the episode any moment.
    async fn wait_for_another_process(&self, watch: &Watch) -> Next {
        tokio::select! {
            () = tokio::time::sleep(ELSEWHERE) => Next::LookAgain,
            () = watch.bell.notified() => Next::LookAgain,
            () = self.0.stop.cancelled() => Next::Rest,
        }
    }

    fn is_attended(&self, id: EpisodeId, watch: &Watch) -> bool {
        if self.0.hub.followers(id) > 0 {
            watch.see();
        }
        watch.seen().is_some_and(|seen| seen.elapsed() < self.0.pauses.left_after)
    }

    /// The episode as the row says that it is; `None` where it went on since.
    async fn board(&self, row: &EpisodeRow) -> Result<Option<Episode>, StoreError> {
        let events = self.0.store.events_after(row.id, 0, ALL).await?;
        if events.last().map(|last| last.seq) != Some(row.seq) {
            return Ok(None);
        }
        let episode = Episode::replay(events.iter().map(|envelope| &envelope.event));
        let corrupt =
            |why: rules::BadHistory| StoreError::Corrupt { what: "episode", why: why.to_string() };
        episode.map(Some).map_err(corrupt)
    }

    /// Waits for a decision as long as it is of use.
    async fn answer(
        &self,
        row: &EpisodeRow,
        thinker: &dyn Thinker,
        question: &Question,
        utterance: &Arc<Utterance>,
        watch: &Watch,
    ) -> Result<Answer, Cut> {
        // What is heard while it is made tells a machine.
        let speaks = !thinker.is_guarded() && row.study.is_none();
        let said = Arc::clone(utterance);
        let hear = Box::new(move |heard| match heard {
            Said::Talk(more) if speaks => said.say(&storable(more)),
            Said::Talk(_) => {}
            Said::Withdrawn => said.withdraw(),
        });
        let thinking = AssertUnwindSafe(thinker.think(question, hear)).catch_unwind();
        tokio::pin!(thinking);
        loop {
            tokio::select! {
                answer = &mut thinking => return Ok(answer.unwrap_or_else(|_| panicked())),
                () = watch.bell.notified() => {
                    let now = self.0.store.episode_find(row.id).await;
                    if now.is_ok_and(|now| now.seq != row.seq) {
                        return Err(Cut::Moved);
                    }
                }
                () = self.left(row.id, watch), if row.pace.is_none() => return Err(Cut::Left),
                () = self.0.stop.cancelled() => return Err(Cut::Stopped),
            }
        }
    }

    /// Waits until nobody has been there for a while.
    async fn left(&self, id: EpisodeId, watch: &Watch) {
        while self.is_attended(id, watch) {
            tokio::time::sleep(LOOK.min(self.0.pauses.left_after)).await;
        }
    }

    /// Repeats what the store was away for: a decision is not made twice for that.
    async fn persist<F>(&self, mut work: impl FnMut() -> F) -> Result<Next, StoreError>
    where
        F: Future<Output = Result<Next, StoreError>>,
    {
        loop {
            match work().await {
                Err(error) if error.is_away() => tokio::select! {
                    () = tokio::time::sleep(AWAY) => {}
                    () = self.0.stop.cancelled() => return Err(error),
                },
                done => return done,
            }
        }
    }

    /// Stores a decision, calls first, so that a move of a model has its calls.
    async fn take(
        &self,
        row: &EpisodeRow,
        role: Role,
        answer: &Answer,
        thinker: &dyn Thinker,
        question: &Question,
        utterance: &Utterance,
    ) -> Result<Next, StoreError> {
        self.0.store.llm_calls_add(row.id, &answer.calls).await?;
        let mv = match &answer.mv {
            Ok(mv) => Move {
                thought: mv.thought.clone().map(storable),
                talk: storable(mv.talk.clone()),
                act: mv.act,
            },
            Err(broken) => {
                utterance.withdraw();
                self.give_up(row.id, role, broken).await?;
                return Ok(Next::LookAgain);
            }
        };
        let (mv, redacted) = match redact(&mv.talk, question.view.limit) {
            Some(talk) if thinker.is_guarded() => {
                let original = mv.talk;
                (Move { talk, ..mv }, Some(Event::Redacted { by: role, talk: original }))
            }
            _ => (mv, None),
        };
        utterance.hush();
        let key = decide::key(row);
        let played = self.0.store.episode_play(row.id, role, Some(key), |episode, now| {
            // Only on the board that it was decided on.
            if decide::draw(role, row.moves, episode)? as u64 != question.draw {
                return Err(Halt::Stale);
            }
            let mut events: Vec<Event> = redacted.iter().cloned().collect();
            events.extend(decide::applied(role, mv.clone(), episode, now)?);
            Ok(events)
        });
        match played.await {
            Ok(played) => {
                if is_move(&played) {
                    counter!(MOVES, "by" => "model").increment(1);
                    utterance.settle();
                }
                self.tell(row.id, played);
            }
            Err(PlayError::Refused(Halt::Stale) | PlayError::NotBegun) => {}
            Err(PlayError::Refused(Halt::Fault(broken))) => {
                utterance.withdraw();
                self.give_up(row.id, role, &broken).await?;
            }
            Err(PlayError::Store(error)) => return Err(error),
        }
        Ok(Next::LookAgain)
    }
}

/// Whether the environment let the move happen.
fn is_move(played: &Played) -> bool {
    played.envelopes.iter().any(|envelope| matches!(envelope.event, Event::Moved { .. }))
}

/// PostgreSQL's text cannot hold the character NUL, which a model can write.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

fn panicked() -> Answer {
    let fault = Fault::new(Boundary::Policy, "it panicked");
    let mv = Err(Breakdown { code: "negotiator_panicked".to_owned(), fault });
    Answer { mv, calls: Vec::<NewCall>::new() }
}
