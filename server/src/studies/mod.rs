//! Studies: participants' pages, their tables, and what the clock does.
//!
//! A participant is known by a signed cookie of its own and sits at tables as a visitor that no browser has: so nothing
//! of the market's pages or API is open to it, and nothing there names who sits across.

pub mod bots;
pub mod payments;
mod routes;
mod screen;
pub mod signed;
mod tables;
mod tend;

use std::sync::Arc;

use app::backend::Caller;
use rules::{Outcome, Role};
use store::{ParticipantRow, StudyRow, TakeError};
use study::manner::Pace;
use study::progress::How;
use study::{Input, Place};
use wire::{EpisodeId, Problem};

use crate::backend::{Souk, refusal};

pub use routes::routes;
pub use tend::tend;

/// What is needed to serve participants; cheap to clone.
#[derive(Clone)]
pub struct Studies {
    pub(crate) souk: Arc<Souk>,
}

impl Studies {
    pub fn new(souk: Arc<Souk>) -> Studies {
        Studies { souk }
    }

    fn caller(participant: &ParticipantRow) -> Caller {
        Caller { visitor: participant.visitor, researcher: None }
    }

    /// Does what an input says, and all that follows from it without its participant.
    async fn take(
        &self,
        row: &StudyRow,
        participant: &ParticipantRow,
        input: Input,
    ) -> Result<ParticipantRow, TakeError> {
        let taken = self.souk.store.participant_take(participant.id, &row.study, input).await?;
        if matches!(taken.participant.place, Place::Over { .. }) {
            // Not only by the clock: nobody makes a deal with somebody who has left.
            self.end_left_tables().await?;
        }
        self.follow(row, taken.participant).await
    }

    /// Brings a waiting participant to a table, lays the table, and tells of one that is over.
    async fn follow(
        &self,
        row: &StudyRow,
        participant: ParticipantRow,
    ) -> Result<ParticipantRow, TakeError> {
        let mut participant = participant;
        if participant.place == Place::Waiting
            && tables::negotiator(&row.study, &participant.progress).is_some()
        {
            let meet = Input::Meet(EpisodeId::fresh());
            match self.souk.store.participant_take(participant.id, &row.study, meet).await {
                Ok(taken) => participant = taken.participant,
                // Another request was first.
                Err(TakeError::Refused(_)) => {
                    participant =
                        self.souk.store.participant_find(participant.id, &row.study).await?;
                }
                Err(error) => return Err(error),
            }
        }
        if let Place::Negotiating { episode } = participant.place {
            self.lay(row, &participant, episode).await?;
            participant = self.settle(row, participant, episode).await?;
        }
        Ok(participant)
    }

    /// Pairs all who wait for each other.
    async fn pair(&self, row: &StudyRow) -> Result<(), store::StoreError> {
        while let Some(pair) = self.souk.store.participants_pair(row.id, &row.study).await? {
            self.lay(row, &pair.participants[0], pair.episode).await?;
        }
        Ok(())
    }

    /// Tells a participant of a table that is over.
    async fn settle(
        &self,
        row: &StudyRow,
        participant: ParticipantRow,
        episode: EpisodeId,
    ) -> Result<ParticipantRow, TakeError> {
        let table = self.souk.store.episode_find(episode).await?;
        let Some(outcome) = table.outcome else { return Ok(participant) };
        let Some(role) = table.role_of(participant.visitor) else { return Ok(participant) };
        let played = Input::Played(episode, how(outcome, role));
        match self.souk.store.participant_take(participant.id, &row.study, played).await {
            Ok(taken) => {
                self.look_for_telling_words(&taken.participant, episode, role).await?;
                Ok(taken.participant)
            }
            Err(TakeError::Refused(_)) => {
                Ok(self.souk.store.participant_find(participant.id, &row.study).await?)
            }
            Err(error) => Err(error),
        }
    }

    /// Flags talk of the other side that says what it is.
    async fn look_for_telling_words(
        &self,
        participant: &ParticipantRow,
        episode: EpisodeId,
        role: Role,
    ) -> Result<(), store::StoreError> {
        let events = self.souk.store.events_after(episode, 0, 10_000).await?;
        let mut turn = 0;
        for envelope in events {
            let rules::Event::Moved { by, talk, .. } = envelope.event else { continue };
            if let Some(word) = study::manner::tells_what_it_is(&talk).filter(|_| by != role) {
                let found = store::Evidence {
                    participant: participant.id,
                    episode: Some(episode),
                    turn: Some(turn),
                    flag: "telling".to_owned(),
                    detail: serde_json::json!({ "word": word }),
                    at_ms: 0,
                };
                self.souk.store.evidence_add(&found).await?;
            }
            turn += 1;
        }
        Ok(())
    }
}

/// How long negotiators seem to think and write; `think_ms` is the median of the thinking.
pub fn people(think_ms: u32) -> Pace {
    match think_ms {
        0 => Pace { think_ms, least_ms: 0, most_ms: 0, ..Pace::default() },
        _ => Pace { think_ms, ..Pace::default() },
    }
}

fn how(outcome: Outcome, role: Role) -> How {
    match outcome {
        Outcome::Abandoned { by } if by == role => How::Left,
        Outcome::Abandoned { .. } => How::PartnerLeft,
        Outcome::EngineFailure => How::Broken,
        _ => How::Counts,
    }
}

/// As a problem for the edge, where it is no affair of the participant's.
fn told(error: TakeError) -> Problem {
    match error {
        TakeError::Store(error) => refusal(error),
        TakeError::Refused(why) => Problem::new(wire::Code::Conflict, why.to_string()),
    }
}
