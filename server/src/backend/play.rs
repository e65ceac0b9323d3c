//! What the people at a table do.

use std::time::Instant;

use app::backend::Caller;
use metrics::{counter, histogram};
use rules::{Ending, Illegal, Role, beyond_limit};
use store::{EpisodeRow, PlayError, Played};
use wire::{Code, Envelope, EpisodeId, MoveAck, MoveRequest, PaceCommand, Problem};

use super::{Guard, Souk, refusal, seats};
use crate::clock::now_ms;
use crate::live::Beat;
use crate::telemetry::{MOVE_SECONDS, MOVES};

impl Souk {
    /// Plays a move on the caller's own seat. Once it returns, the move is stored.
    pub(crate) async fn play(
        &self,
        caller: Caller,
        guard: Guard,
        id: EpisodeId,
        request: MoveRequest,
    ) -> Result<MoveAck, Problem> {
        let started = Instant::now();
        let row = self.row(caller, id).await?;
        let role = seat_of(&row, caller)?;
        let mv = request.mv;
        let played = self
            .store
            .episode_play(id, role, Some(request.key), |episode, now| {
                let events =
                    rules::apply(episode, role, mv.clone(), now).map_err(Problem::illegal)?;
                let slip = mv.act.price().filter(|p| beyond_limit(role, episode.limit(role), *p));
                match slip {
                    Some(_) if guard == Guard::Protected => Err(beyond_own_limit(role)),
                    _ => Ok(events),
                }
            })
            .await
            .map_err(play_refusal)?;
        if !played.repeated {
            counter!(MOVES, "by" => "person").increment(1);
            histogram!(MOVE_SECONDS).record(started.elapsed().as_secs_f64());
            self.tell(id, &played);
        }
        // Also after a repeat: the first answer may have been lost together with the nudge.
        self.driver.answer_move(&row, &played);
        Ok(MoveAck { events: shown(played.envelopes, role), repeated: played.repeated })
    }

    pub(crate) async fn typing(
        &self,
        caller: Caller,
        id: EpisodeId,
        typing: bool,
    ) -> Result<(), Problem> {
        let row = self.row(caller, id).await?;
        let role = seat_of(&row, caller)?;
        self.store.notify_typing(id, role, typing);
        Ok(())
    }

    /// Only who started a watched negotiation, or a researcher, sets its pace.
    pub(crate) async fn pace(
        &self,
        caller: Caller,
        id: EpisodeId,
        command: PaceCommand,
    ) -> Result<(), Problem> {
        if let PaceCommand::Speed { interval_ms } = command {
            seats::check_interval(interval_ms)?;
        }
        let row = self.row(caller, id).await?;
        if !may_pace(&row, caller) {
            return Err(Problem::named(
                Code::Forbidden,
                "not_your_pace",
                "Only who started this negotiation sets its pace.",
            ));
        }
        self.store.pace_set(id, command).await.map_err(refusal)?;
        self.hub.beat(id, Beat::HeadChanged);
        self.driver.attend(id);
        Ok(())
    }

    /// Ends a negotiation between two people whose other person has been silent for long. Against
    /// a negotiator nobody waits, so there an absent person may come back at any time.
    pub(crate) async fn end_abandoned(&self, caller: Caller, id: EpisodeId) -> Result<(), Problem> {
        let row = self.row(caller, id).await?;
        let role = seat_of(&row, caller)?;
        let last = self.store.events_after(id, row.seq - 1, 1).await.map_err(refusal)?;
        let silent_ms = now_ms() - last.last().map_or(i64::MAX, |envelope| envelope.at);
        let allowed_ms = i64::try_from(self.house.partner_away.as_millis()).unwrap_or(i64::MAX);
        let theirs = row.next_actors == [role.other()];
        if !theirs || row.seats.get(role.other()).is_negotiator() || silent_ms < allowed_ms {
            let minutes = self.house.partner_away.as_secs() / 60;
            return Err(Problem::named(
                Code::Conflict,
                "partner_present",
                format!(
                    "You may end this when it has been the other person's turn for {minutes} minutes."
                ),
            ));
        }
        self.conclude(id, Ending::Abandoned { by: role.other() }).await
    }

    /// Ends an episode because a program's text was no move.
    pub(crate) async fn end_by_format(&self, id: EpisodeId, by: Role) -> Result<(), Problem> {
        self.conclude(id, Ending::FormatError { by }).await
    }

    async fn conclude(&self, id: EpisodeId, ending: Ending) -> Result<(), Problem> {
        let played = self.store.episode_conclude(id, ending).await.map_err(|error| {
            play_refusal(match error {
                PlayError::Refused(why) => PlayError::Refused(Problem::illegal(why)),
                PlayError::NotBegun => PlayError::NotBegun,
                PlayError::Store(error) => PlayError::Store(error),
            })
        })?;
        self.tell(id, &played);
        Ok(())
    }

    fn tell(&self, id: EpisodeId, played: &Played) {
        self.hub.beat(id, Beat::Stored(played.envelopes.clone().into()));
    }
}

/// The caller's own seat.
pub(crate) fn seat_of(row: &EpisodeRow, caller: Caller) -> Result<Role, Problem> {
    row.role_of(caller.visitor).ok_or_else(|| {
        Problem::named(
            Code::Forbidden,
            "not_your_seat",
            "You do not sit at this table. You can watch, or start a negotiation of your own.",
        )
    })
}

pub(crate) fn may_pace(row: &EpisodeRow, caller: Caller) -> bool {
    row.pace.is_some() && (row.creator == caller.visitor || caller.researcher.is_some())
}

fn shown(envelopes: Vec<Envelope>, role: Role) -> Vec<Envelope> {
    let reader = rules::Audience::Seat(role);
    envelopes.into_iter().map(|e| Envelope { event: e.event.shown_to(reader), ..e }).collect()
}

/// It names no figure: the caller knows the own limit.
fn beyond_own_limit(role: Role) -> Problem {
    let detail = match role {
        Role::Buyer => "That is more than your budget. Offer less, or walk away.",
        Role::Seller => "That is below your cost. Ask for more, or walk away.",
    };
    Problem::named(Code::Unprocessable, "beyond_own_limit", detail)
}

fn play_refusal(error: PlayError<Problem>) -> Problem {
    match error {
        PlayError::Refused(problem) => problem,
        PlayError::NotBegun => Problem::named(
            Code::Conflict,
            "not_begun",
            "The other side has not joined yet: send the invitation link first.",
        ),
        PlayError::Store(error) => refusal(error),
    }
}

/// The rules' codes with their sentences, for `/api/errors`.
pub fn rule_codes() -> Vec<Problem> {
    use rules::Mills;
    let (standing, named) = (Mills::from_dollars(20), Mills::from_dollars(15));
    [
        Illegal::Over,
        Illegal::NotYourTurn { turn_of: Role::Buyer },
        Illegal::FirstMove,
        Illegal::NothingToAccept,
        Illegal::OfferChanged { standing, named },
        Illegal::NothingToReject,
        Illegal::BadPrice,
        Illegal::TalkAlone,
        Illegal::TooLong,
        Illegal::DeadlinePassed,
        Illegal::BelowFloor,
    ]
    .map(Problem::illegal)
    .to_vec()
}
