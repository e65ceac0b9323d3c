//! One episode, played outside the store.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::FutureExt;
use policy::guard::redact;
use rules::{Ending, Episode, Event, Millis, Move, PerRole, Role, Scenario};
use store::{Failing, NewCall};

use crate::clock::now_ms;
use crate::roster::{Member, Question};

pub struct Played {
    /// All events, each with its time.
    pub events: Vec<(i64, Event)>,
    pub calls: Vec<NewCall>,
    pub failed: Option<Failure>,
}

/// How the machinery failed it.
pub struct Failure {
    pub failing: Failing,
    /// For researchers; may name files.
    pub detail: String,
}

/// Plays a scenario of the alternating protocol to its end. A failure of the machinery ends it unscored.
pub async fn play(scenario: &Scenario, seats: &PerRole<Member>) -> Played {
    play_on(scenario, &[], seats).await
}

/// The same behind moves that are given, which must be legal.
pub async fn play_on(
    scenario: &Scenario,
    given: &[(Role, Move)],
    seats: &PerRole<Member>,
) -> Played {
    let opened = now();
    let opening = rules::open(scenario, opened);
    let mut episode = Episode::replay(&opening).expect("open() returns a complete opening");
    let mut events: Vec<(i64, Event)> =
        opening.into_iter().map(|event| (opened.0, event)).collect();
    for (by, mv) in given {
        let more = rules::apply(&episode, *by, mv.clone(), opened).unwrap_or_default();
        episode.absorb_all(&more);
        events.extend(more.into_iter().map(|event| (opened.0, event)));
    }
    let mut calls = Vec::new();
    let mut failed = None;
    while let Some(role) = episode.table.turn_of() {
        let decided = decide(&episode, role, seats.get(role), &mut calls).await;
        let more = match decided {
            Ok(more) => more,
            Err((code, detail)) => {
                failed = Some(Failure { failing: Failing { role, code }, detail });
                rules::conclude(&episode, Ending::EngineFailure).expect("it is not over")
            }
        };
        episode.absorb_all(&more);
        // A clock that is set back does not reorder events.
        let at = now().0.max(events.last().map_or(0, |(at, _)| *at));
        events.extend(more.into_iter().map(|event| (at, event)));
    }
    Played { events, calls, failed }
}

/// The events of a move of `role`, or code and detail of why there is none.
async fn decide(
    episode: &Episode,
    role: Role,
    member: &Member,
    calls: &mut Vec<NewCall>,
) -> Result<Vec<Event>, (String, String)> {
    let view = episode.view(role);
    let mut events = Vec::new();
    let mv = match member {
        Member::Script(entry) => {
            let persona = episode.table.listing.personas.get(role).as_deref();
            // A negotiator's panic ends its own episode and nothing else.
            let decide = || entry.seat(role, episode.seed, persona).decide(&view);
            catch_unwind(AssertUnwindSafe(decide)).map_err(|_| panicked())?
        }
        Member::Thinker(thinker) => {
            let limit = view.limit;
            let question = Question { view, seed: episode.seed, draw: 0 };
            let thinking = thinker.think(&question, Box::new(|_| {}));
            let thinking = AssertUnwindSafe(thinking).catch_unwind();
            let answer = thinking.await.map_err(|_| panicked())?;
            calls.extend(answer.calls);
            let mv = storable(answer.mv.map_err(|b| (b.code, b.fault.to_string()))?);
            match redact(&mv.talk, limit).filter(|_| thinker.is_guarded()) {
                Some(talk) => {
                    events.push(Event::Redacted { by: role, talk: mv.talk });
                    Move { talk, ..mv }
                }
                None => mv,
            }
        }
    };
    let moved = rules::apply(episode, role, mv, now());
    events.extend(moved.map_err(|why| (why.code().to_owned(), why.to_string()))?);
    Ok(events)
}

/// PostgreSQL's text cannot hold the character NUL, which a model can write.
fn storable(mv: Move) -> Move {
    let text = |text: String| text.replace('\0', "\u{fffd}");
    Move { thought: mv.thought.map(text), talk: text(mv.talk), act: mv.act }
}

fn panicked() -> (String, String) {
    ("negotiator_panicked".to_owned(), "it panicked".to_owned())
}

fn now() -> Millis {
    Millis(now_ms())
}
