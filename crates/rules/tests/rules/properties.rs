//! What holds for every play.

use proptest::prelude::*;
use rules::{
    Act, Audience, Episode, Event, Illegal, Mills, Move, Outcome, Protocol, Regulation, Role, View,
    apply, fold_public, reward,
};

use crate::plays::{NOW, Played, any_price, any_scenario, any_step, any_steps, play};

/// The limit as it would stand in a text or a number: mills, or dollars.
fn forms(limit: Mills) -> [String; 2] {
    [limit.0.to_string(), limit.to_string().replace('$', "")]
}

/// The numbers of a text, whole: 97777 is not told by 297777.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').map(|number| number.trim_matches('.'))
}

fn shown(events: &[Event], reader: Audience) -> Vec<Event> {
    events.iter().cloned().map(|event| event.shown_to(reader)).collect()
}

/// Events up to the reveal, and up to where [`Regulation::CounterAtFloor`] offers the cost itself.
fn before_the_reveal(events: &[Event]) -> Vec<Event> {
    let tells = |event: &&Event| match event {
        Event::Revealed { .. } => true,
        Event::Intervened { intervention, .. } => matches!(
            intervention.regulation,
            Regulation::CounterAtFloor | Regulation::RewriteMarkup { permille: 0 }
        ),
        _ => false,
    };
    events.iter().take_while(|event| !tells(event)).cloned().collect()
}

proptest! {
    #[test]
    fn the_same_events_give_the_same_state(scenario in any_scenario(), steps in any_steps()) {
        let played = play(&scenario, &steps);
        let replayed = Episode::replay(&played.events).expect("complete");
        prop_assert_eq!(&replayed, &played.episode);
        let json = serde_json::to_string(&played.events).expect("serialises");
        let read: Vec<Event> = serde_json::from_str(&json).expect("reads back");
        prop_assert_eq!(&read, &played.events);
    }

    #[test]
    fn play_ends_within_its_protocol(scenario in any_scenario(), steps in any_steps()) {
        let played = play(&scenario, &steps);
        let most = match scenario.listing.protocol {
            Protocol::Alternating { max_rounds } => max_rounds * 2,
            Protocol::Open { max_moves, .. } => max_moves,
        };
        prop_assert!(played.episode.table.turns.len() <= (most as usize).max(1));
        prop_assert!(Role::BOTH.iter().all(|role| !played.episode.table.legal(*role).any()));
    }

    /// Who follows live has the last message for a moment before the end.
    #[test]
    fn the_last_message_leaves_nobody_a_turn(scenario in any_scenario(), steps in any_steps()) {
        let Played { events, episode } = play(&scenario, &steps);
        let by_rules = matches!(
            episode.outcome(),
            Some(Outcome::Deal { .. } | Outcome::Quit { .. } | Outcome::Timeout)
        );
        let before = events.iter().filter(|event| !matches!(event, Event::Ended { .. }));
        let table = fold_public(before).expect("opened");
        prop_assert!(table.outcome.is_none() && (table.is_closed() || !by_rules));
        let closed = table.is_closed();
        prop_assert!(!closed || Role::BOTH.iter().all(|role| !table.legal(*role).any()));
        prop_assert!(!closed || table.turn_of().is_none());
    }

    #[test]
    fn a_deal_shares_the_whole_surplus(scenario in any_scenario(), steps in any_steps()) {
        let episode = play(&scenario, &steps).episode;
        if let Some(Outcome::Deal { price, .. }) = episode.outcome() {
            let of = |role| reward::surplus(role, episode.limit(role), price);
            prop_assert_eq!(of(Role::Buyer) + of(Role::Seller), scenario.budget - scenario.cost);
        }
    }

    #[test]
    fn a_regulated_seller_stays_at_cost_or_above(
        scenario in any_scenario(),
        regulation in crate::plays::any_regulation(),
        steps in any_steps(),
    ) {
        let scenario = rules::Scenario { regulation: Some(regulation), ..scenario };
        let episode = play(&scenario, &steps).episode;
        let offers: Vec<_> = episode.table.offers_of(Role::Seller).collect();
        prop_assert!(offers.iter().all(|(_, price)| *price >= scenario.cost && price.is_price()));
        if let Some(Outcome::Deal { price, .. }) = episode.outcome() {
            prop_assert!(price >= scenario.cost);
        }
        prop_assert!(episode.overshoots.iter().all(|(by, _)| *by == Role::Buyer));
    }

    #[test]
    fn acceptance_binds_to_the_counterparts_last_offer(
        scenario in any_scenario(),
        steps in any_steps(),
        named in any_price(),
        turns in 0usize..12,
    ) {
        let mut episode = Episode::start(&scenario, NOW);
        for event in play(&scenario, &steps).events.iter().skip(4) {
            if episode.table.turns.len() >= turns || matches!(event, Event::Ended { .. }) {
                break;
            }
            episode.absorb(event);
        }
        for by in Role::BOTH {
            let standing = episode.table.offers_of(by.other()).last().map(|(_, price)| price);
            for price in standing.into_iter().chain([named]) {
                let accepted = apply(&episode, by, Move::new("", Act::Accept(price)), NOW);
                let bound = accepted.iter().flatten().find_map(|event| match event {
                    Event::Ended { outcome: Outcome::Deal { price, .. } } => Some(*price),
                    _ => None,
                });
                prop_assert!(bound.is_none() || (bound == standing && bound == Some(price)));
                let changed = matches!(accepted, Err(Illegal::OfferChanged { .. }));
                prop_assert!(!changed || standing != Some(price));
            }
        }
    }

    #[test]
    fn what_is_called_legal_is_not_refused_and_the_rest_is(
        scenario in any_scenario(),
        steps in any_steps(),
        step in any_step(),
        named in any_price(),
        turns in 0usize..14,
    ) {
        let mut episode = Episode::start(&scenario, NOW);
        for event in play(&scenario, &steps).events.iter().skip(4) {
            if episode.table.turns.len() >= turns {
                break;
            }
            episode.absorb(event);
        }
        let by = step.speaker(&episode);
        let legal = episode.table.legal(by);
        for act in [Act::Offer(named), Act::Reject, Act::Accept(named), Act::Quit, Act::Talk] {
            let allowed = apply(&episode, by, Move::new("", act), NOW);
            let floor = allowed == Err(Illegal::BelowFloor);
            prop_assert_eq!(legal.allows(act), allowed.is_ok() || floor, "{:?}", act);
        }
    }

    #[test]
    fn a_seat_folds_what_it_may_see_into_its_view(
        scenario in any_scenario(),
        steps in any_steps(),
    ) {
        let played = play(&scenario, &steps);
        for end in 4..=played.events.len() {
            let so_far = &played.events[..end];
            let episode = Episode::replay(so_far).expect("complete");
            // The end and the reveal are stored together: a view between them is never taken.
            if episode.reveal && matches!(so_far.last(), Some(Event::Ended { .. })) {
                continue;
            }
            for role in Role::BOTH {
                let seen = shown(so_far, Audience::Seat(role));
                prop_assert_eq!(View::fold(role, &seen), Some(episode.view(role)));
            }
            let public = shown(so_far, Audience::Spectator);
            prop_assert_eq!(fold_public(&public), Some(episode.table));
        }
    }

    #[test]
    fn nobody_sees_the_others_limit(scenario in any_scenario(), steps in any_steps()) {
        let played = play(&scenario, &steps);
        let open = before_the_reveal(&played.events);
        let readers = [
            (Audience::Seat(Role::Buyer), vec![scenario.cost]),
            (Audience::Seat(Role::Seller), vec![scenario.budget]),
            (Audience::Spectator, vec![scenario.cost, scenario.budget]),
        ];
        for (reader, hidden) in readers {
            let seen = shown(&open, reader);
            prop_assert_eq!(seen.len(), open.len(), "numbering agrees");
            // A seat whose own limit is the same number knows that number.
            let own = matches!(reader, Audience::Seat(_)) && scenario.budget == scenario.cost;
            let json = serde_json::to_string(&seen).expect("serialises");
            for form in hidden.into_iter().flat_map(forms) {
                let told = numbers(&json).any(|number| number == form);
                prop_assert!(own || !told, "{reader:?} sees {form} in {json}");
            }
            prop_assert!(!json.contains("rules_set") && !json.contains("intervened"));
        }
        let revealed = played.events.iter().any(|e| matches!(e, Event::Revealed { .. }));
        prop_assert_eq!(revealed, scenario.reveal);
    }
}
