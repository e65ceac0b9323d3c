//! Where a negotiation stands, in one line for everybody and for screen readers.

use rules::{PerRole, Role};
use wire::EpisodeStatus;

use crate::feed::Seen;
use crate::format;

/// While a seat is open.
pub const WAITING: &str = "Waiting for the other person to take their seat.";

/// After the last message, until the end itself has arrived.
const ENDING: &str = "The talk is ending…";

/// The status line. `typing`: who is composing; `sending`: the reader's own move is on its way.
pub fn line(seen: &Seen, status: EpisodeStatus, typing: PerRole<bool>, sending: bool) -> String {
    let me = seen.role();
    if let Some(outcome) = seen.table.outcome {
        return format!("{}.", format::outcome_to(outcome, me));
    }
    if status == EpisodeStatus::Waiting {
        return WAITING.to_owned();
    }
    if seen.table.is_closed() {
        return ENDING.to_owned();
    }
    if sending {
        return "Sending your message…".to_owned();
    }
    match (seen.table.turn_of(), me) {
        (Some(turn), Some(me)) if turn == me => format!("Your turn.{}", rounds(seen)),
        (Some(turn), _) if *typing.get(turn) => format!("The {} is thinking…", turn.name()),
        (Some(turn), _) => format!("The {}'s turn.{}", turn.name(), rounds(seen)),
        (None, Some(me)) if *typing.get(me.other()) => {
            format!("The {} is typing…", me.other().name())
        }
        (None, Some(_)) => "Both may speak at any time.".to_owned(),
        (None, None) => match Role::BOTH.into_iter().find(|role| *typing.get(*role)) {
            Some(role) => format!("The {} is typing…", role.name()),
            None => "Both may speak at any time.".to_owned(),
        },
    }
}

fn rounds(seen: &Seen) -> String {
    match seen.table.rounds_left() {
        Some(1) => " Last round.".to_owned(),
        Some(left) => format!(" {left} rounds left."),
        None => String::new(),
    }
}

/// What the reader's own limit means.
pub fn limit_meaning(role: Role) -> &'static str {
    match role {
        Role::Buyer => {
            "This is what the thing is worth to you. Pay less and you keep the difference; pay more and you lose. Only you can see it."
        }
        Role::Seller => {
            "This is what the thing cost you. Sell above it and you keep the difference; sell below and you lose. Only you can see it."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use rules::{Act, Event, Mills};
    use wire::Viewer;

    fn seen(viewer: Viewer, offers: &[i64]) -> Seen {
        Seen::fold(viewer, sample::events(offers).iter()).expect("whole")
    }

    #[test]
    fn the_line_is_told_from_the_readers_place() {
        let buyer = Viewer::Seat { role: Role::Buyer };
        let quiet = PerRole::default();
        let busy = PerRole { buyer: false, seller: true };
        let playing = EpisodeStatus::Playing;
        let cases = [
            (line(&seen(buyer, &[]), playing, quiet, false), "Your turn. 6 rounds left."),
            (line(&seen(buyer, &[60]), playing, quiet, false), "The seller's turn. 6 rounds left."),
            (line(&seen(buyer, &[60]), playing, busy, false), "The seller is thinking…"),
            (line(&seen(buyer, &[]), playing, quiet, true), "Sending your message…"),
            (
                line(&seen(Viewer::Spectator, &[]), playing, quiet, false),
                "The buyer's turn. 6 rounds left.",
            ),
        ];
        for (got, expected) in cases {
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn the_last_message_is_nobodys_turn_before_the_end_has_come() {
        let mut events = sample::events(&[60]);
        let (by, talk) = (Role::Seller, "Sold!".to_owned());
        events.push(Event::Moved { by, talk, act: Act::Accept(Mills::from_dollars(60)) });
        let seen = Seen::fold(Viewer::Seat { role: Role::Buyer }, events.iter()).expect("whole");
        let line = line(&seen, EpisodeStatus::Playing, PerRole::default(), false);
        assert_eq!(line, "The talk is ending…");
        assert!(!seen.seat.expect("the buyer's").legal().any());
    }
}
