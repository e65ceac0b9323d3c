//! Programs that try a pilot out: they do what pages ask, some leave on the way, and all at once. What they do is
//! stored as people's is, so that balance, pay, results and files can be looked at before anybody is recruited.

use std::time::Duration;

use futures::StreamExt;
use policy::Entry;
use rules::{Audience, Event, Role, View};
use store::{Entering, NotLetIn, ParticipantRow, StoreError, StudyRow, TakeError};
use study::chance::Draw;
use study::desk::Source;
use study::question::{Answers, Kind};
use study::{Input, Place, Question};
use tokio_util::sync::CancellationToken;
use wire::{EpisodeId, IdempotencyKey, MoveRequest, ParticipantId};

use super::Studies;
use crate::backend::Guard;

/// Bots that take part at the same time.
const AT_ONCE: usize = 64;
/// Between two looks of one that waits.
const LOOK: Duration = Duration::from_millis(100);
/// In a thousand: who leaves, at each step before the end.
const LEAVES: u64 = 12;
/// Who bargains for a bot.
const PLAYS: [&str; 3] = ["linear", "conceder", "boulware"];

/// Lets so many take part, and waits for them. Answers with how many were let in.
pub async fn pilot(studies: &Studies, row: &StudyRow, bots: u32, stop: &CancellationToken) -> u32 {
    let one = |n: u32| {
        let (studies, row, stop) = (studies.clone(), row.clone(), stop.clone());
        async move {
            let done = tokio::spawn(async move {
                tokio::select! {
                    done = take_part(&studies, &row, n) => done,
                    () = stop.cancelled() => Ok(false),
                }
            });
            match done.await {
                Ok(Ok(entered)) => u32::from(entered),
                Ok(Err(why)) => {
                    tracing::warn!(%why, "a bot of a pilot ended early");
                    1
                }
                Err(_) => 1,
            }
        }
    };
    futures::stream::iter(0..bots)
        .map(one)
        .buffer_unordered(AT_ONCE)
        .fold(0, async |sum, n| sum + n)
        .await
}

/// `false`: nobody is let in any more.
async fn take_part(studies: &Studies, row: &StudyRow, n: u32) -> Result<bool, TakeError> {
    let who = Entering {
        source: Source::Bot,
        platform_id: format!("bot {n} of {}", uuid::Uuid::new_v4()),
        submission: String::new(),
        task: String::new(),
        language: row.study.languages.first().cloned().unwrap_or_else(|| "en".to_owned()),
    };
    let id = match studies.souk.store.participant_enter(row.id, &row.study, &who).await {
        Ok(id) => id,
        Err(NotLetIn::Store(error)) => return Err(error.into()),
        Err(_) => return Ok(false),
    };
    let mut draw = Draw::new(&[id.0.as_u64_pair().1]);
    loop {
        studies.souk.store.participant_seen(id).await?;
        let here = studies.souk.store.participant_find(id, &row.study).await?;
        let here = studies.follow(row, here).await?;
        if matches!(here.place, Place::Over { .. }) {
            return Ok(true);
        }
        if draw.next_u64() % 1000 < LEAVES {
            studies.take(row, &here, Input::Withdraw).await?;
            return Ok(true);
        }
        step(studies, row, &here, id, &mut draw).await?;
    }
}

async fn step(
    studies: &Studies,
    row: &StudyRow,
    here: &ParticipantRow,
    id: ParticipantId,
    draw: &mut Draw,
) -> Result<(), TakeError> {
    let study = &row.study;
    let input = match here.place {
        Place::Consent => Input::Consent(true),
        Place::Eligibility => Input::Answer(answers(&study.eligibility, draw)),
        Place::Instructions | Place::Ready | Place::Debrief => Input::Next,
        Place::Practice => Input::Practised(None),
        Place::Quiz => Input::Answer(answers(&study.quiz.questions, draw)),
        Place::Choosing => Input::WaitOn,
        Place::Survey => Input::Answer(answers(&study.survey, draw)),
        Place::Negotiating { episode } => {
            play(studies, here, id, episode).await?;
            tokio::time::sleep(LOOK).await;
            return Ok(());
        }
        Place::Waiting | Place::Over { .. } => {
            tokio::time::sleep(LOOK).await;
            return Ok(());
        }
    };
    match studies.take(row, here, input).await {
        // The clock, or a partner, was first: look again.
        Ok(_) | Err(TakeError::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Right where something is, else drawn.
fn answers(questions: &[Question], draw: &mut Draw) -> Answers {
    let mut one = |question: &Question| {
        let value = match &question.answer {
            Kind::Choice { options, right } => match right.first() {
                Some(right) => right.clone(),
                None => draw.pick(options).value.clone(),
            },
            Kind::Likert { points, .. } => (1 + draw.below(usize::from(*points))).to_string(),
            Kind::Number { min, max, right } => {
                let (from, to) = right.unwrap_or((*min, *max));
                let width = usize::try_from(to.saturating_sub(from)).unwrap_or(0);
                (from + i64::try_from(draw.below(width + 1)).unwrap_or(0)).to_string()
            }
            Kind::Words { .. } => "A bot of a pilot.".to_owned(),
        };
        (question.name.clone(), value)
    };
    questions.iter().map(&mut one).collect()
}

/// A script's move, where it is this side's turn.
async fn play(
    studies: &Studies,
    here: &ParticipantRow,
    id: ParticipantId,
    episode: EpisodeId,
) -> Result<(), StoreError> {
    let table = studies.souk.store.episode_find(episode).await?;
    let Some(role) = table.role_of(here.visitor) else { return Ok(()) };
    if !table.next_actors.contains(&role) {
        return Ok(());
    }
    let events = studies.souk.store.events_after(episode, 0, 10_000).await?;
    let shown: Vec<Event> =
        events.into_iter().map(|one| one.event.shown_to(Audience::Seat(role))).collect();
    let Some(view) = View::fold(role, &shown) else { return Ok(()) };
    let Some(entry) = script(id, role) else { return Ok(()) };
    let mv = entry.seat(role, id.0.as_u64_pair().1, None).decide(&view);
    let request = MoveRequest { key: IdempotencyKey::fresh(), mv };
    // What is refused crossed something: the next look decides anew.
    _ = studies.souk.play(Studies::caller(here), Guard::Judged, episode, request).await;
    Ok(())
}

fn script(id: ParticipantId, role: Role) -> Option<&'static Entry> {
    let name = PLAYS[id.0.as_u64_pair().1 as usize % PLAYS.len()];
    policy::registry().iter().find(|entry| entry.name == name && entry.plays(role))
}
