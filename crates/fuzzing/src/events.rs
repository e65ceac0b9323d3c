//! Lines of JSON as the log of an episode: envelopes as they are sent, or bare events. Whatever can be read can be
//! folded, for every reader, and scored.

use rules::metrics::{Facts, Metric, PersonaMarkers};
use rules::reward::{RewardSpec, explain, score};
use rules::{
    Act, Audience, Ending, Episode, Event, Millis, Mills, Move, Role, View, apply, conclude,
    fold_public, tick,
};
use wire::Envelope;

use crate::wire::written_again;

pub fn events(data: &[u8]) -> bool {
    let mut log = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(envelope) = serde_json::from_slice::<Envelope>(line) {
            assert_eq!(written_again(&envelope), envelope);
            log.push(envelope.event);
        } else if let Ok(event) = serde_json::from_slice::<Event>(line) {
            assert_eq!(written_again(&event), event);
            log.push(event);
        }
    }
    fold(&log)
}

/// A log of unknown origin, as each reader folds it: whether some reader could.
pub fn fold(log: &[Event]) -> bool {
    let mut is_folded = false;
    for audience in [Audience::Seat(Role::Buyer), Audience::Seat(Role::Seller), Audience::Spectator]
    {
        let seen: Vec<Event> = log.iter().cloned().map(|event| event.shown_to(audience)).collect();
        assert_eq!(fold_public(&seen), fold_public(log), "what is public is seen by everybody");
        for role in Role::BOTH {
            if let Some(view) = View::fold(role, &seen) {
                is_folded = true;
                assert!(audience == Audience::Seat(role), "a limit was told to somebody else");
                assert_eq!(Some(&view), View::fold(role, log).as_ref());
                let _ = (view.legal(), view.own_offer(), view.their_offer());
            }
        }
    }
    if let Ok(episode) = Episode::replay(log) {
        judge(&episode);
        go_on(&episode);
    }
    is_folded
}

/// All that is worked out from an episode.
fn judge(episode: &Episode) {
    let markers = PersonaMarkers::new([("neutral", ["please"])]);
    for spec in RewardSpec::REGISTRY {
        for role in Role::BOTH {
            let reward = score(episode, role, &spec);
            let told = explain(episode, role, &spec);
            assert_eq!(told.value, reward);
            let in_range = |reward: f64| (-1.0..=1.0).contains(&reward);
            assert!(reward.is_none_or(in_range), "{reward:?} by {told:?}");
        }
        let facts = Facts::of(episode, &spec, &markers);
        for metric in Metric::ALL {
            for role in Role::BOTH {
                let _ = metric.value(&metric.sums(&facts, role));
            }
        }
    }
}

/// Moves on a table of unknown origin: refused, or they keep to the rules.
fn go_on(episode: &Episode) {
    let table = &episode.table;
    let _ = (table.turn_of(), table.rounds_left(), table.deadline_ms(), table.is_last_message());
    for role in Role::BOTH {
        let _ = (episode.view(role), table.round_of(role), table.offers_of(role).count());
        let standing = table.offers.get(role.other()).unwrap_or(Mills(1));
        for act in [Act::Offer(Mills(1)), Act::Accept(standing), Act::Reject, Act::Quit, Act::Talk]
        {
            let now = Millis(table.started_ms);
            if let Ok(caused) = apply(episode, role, Move::new("", act), now) {
                assert!(table.legal(role).allows(act), "{act:?}");
                let mut after = episode.clone();
                after.absorb_all(&caused);
            }
        }
    }
    for now in [i64::MIN, table.started_ms, i64::MAX] {
        let _ = tick(episode, Millis(now));
    }
    if let Ok(end) = conclude(episode, Ending::EngineFailure) {
        let mut after = episode.clone();
        after.absorb_all(&end);
        assert!(after.table.is_over());
    }
}
