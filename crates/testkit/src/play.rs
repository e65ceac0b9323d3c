//! Whole games between two scripts, on a clock that moves with the moves.

use policy::Script;
use rules::{
    Ending, Episode, Event, Illegal, Listing, Millis, Mills, Move, Opening, PerRole, Product,
    Protocol, Regulation, Role, Scenario, Table, View, apply, conclude, open, resampled, tick,
};

/// How long a move takes on the driver's clock.
pub const MOVE_MS: i64 = 1_000;

/// Refused moves after which a side is taken not to know the rules.
const REFUSALS: u32 = 3;

/// A bound for a protocol whose own bounds are out of reach.
const MOST_MOVES: usize = 1_000;

/// Plays a scenario from its opening to its end and returns the end with all events. Always ends: a
/// side whose moves are refused three times on end has made a format error.
///
/// In the open protocol the two sides speak by turns, the buyer first.
pub fn play(scenario: &Scenario, buyer: impl Script, seller: impl Script) -> (Episode, Vec<Event>) {
    let mut events = open(scenario, Millis(0));
    let mut episode = Episode::replay(&events).expect("open() returns a complete opening");
    play_from(&mut episode, &mut events, buyer, seller);
    (episode, events)
}

/// Plays an episode on from where it stands, and adds the events to `events`.
pub fn play_from(
    episode: &mut Episode,
    events: &mut Vec<Event>,
    mut buyer: impl Script,
    mut seller: impl Script,
) {
    let mut seats = Seats::of(episode);
    let mut now = Millis(episode.table.started_ms + episode.table.turns.len() as i64 * MOVE_MS);
    while !episode.table.is_over() {
        let by = next_to_speak(&episode.table);
        let news = match by {
            Role::Buyer => message(episode, &mut seats, by, &mut buyer, now),
            Role::Seller => message(episode, &mut seats, by, &mut seller, now),
        };
        episode.absorb_all(&news);
        events.extend(news);
        now.0 += MOVE_MS;
        if episode.table.turns.len() >= MOST_MOVES {
            let news = conclude(episode, Ending::Abandoned { by }).unwrap_or_default();
            episode.absorb_all(&news);
            events.extend(news);
        }
    }
}

fn next_to_speak(table: &Table) -> Role {
    let in_turn = table.turns.last().map_or(Role::Buyer, |turn| turn.by.other());
    table.turn_of().unwrap_or(in_turn)
}

/// The events of one side's next message.
fn message(
    episode: &mut Episode,
    seats: &mut Seats,
    by: Role,
    script: &mut impl Script,
    now: Millis,
) -> Vec<Event> {
    let due = tick(episode, now);
    if !due.is_empty() {
        return due;
    }
    let mut news = Vec::new();
    for _ in 0..REFUSALS {
        let mv = seats.decide(episode, by, script);
        // Only a move that may be asked for again is needed afterwards.
        let kept = (episode.regulation == Some(Regulation::Resample)).then(|| mv.clone());
        match (apply(episode, by, mv, now), kept) {
            (Ok(events), _) if news.is_empty() => return events,
            (Ok(events), _) => {
                news.extend(events);
                return news;
            }
            (Err(Illegal::BelowFloor), Some(mv)) => news.push(resampled(by, mv)),
            (Err(_), _) => {}
        }
    }
    news.extend(conclude(episode, Ending::FormatError { by }).unwrap_or_default());
    news
}

/// Both sides' views of one running episode, without copying its table for every move.
pub struct Seats(PerRole<View>);

impl Seats {
    pub fn of(episode: &Episode) -> Seats {
        Seats(PerRole {
            buyer: empty_view(episode, Role::Buyer),
            seller: empty_view(episode, Role::Seller),
        })
    }

    /// The script's move. It sees the episode's own table, lent to its view for the call, and no
    /// thoughts.
    pub fn decide(&mut self, episode: &mut Episode, by: Role, script: &mut impl Script) -> Move {
        let view = self.0.get_mut(by);
        std::mem::swap(&mut view.table, &mut episode.table);
        let mv = script.decide(view);
        std::mem::swap(&mut view.table, &mut episode.table);
        mv
    }
}

/// A view whose table stands empty until the episode's own takes its place.
fn empty_view(episode: &Episode, role: Role) -> View {
    let product = Product {
        codename: String::new(),
        category: String::new(),
        title: String::new(),
        description: String::new(),
        features: Vec::new(),
        list_price: Mills::ZERO,
    };
    let listing = Listing {
        product,
        protocol: Protocol::Alternating { max_rounds: 0 },
        personas: PerRole::default(),
    };
    View {
        role,
        limit: episode.limit(role),
        table: Table::open(Opening { listing, started_ms: 0 }),
        thoughts: Vec::new(),
        revealed: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::{scenario, usd};
    use rules::{Act, Outcome};

    /// Plays given acts in turn, then says nothing legal any more.
    struct Given(VecDeque<Act>);

    impl Given {
        fn acts(acts: &[Act]) -> Given {
            Given(acts.iter().copied().collect())
        }
    }

    impl Script for Given {
        fn decide(&mut self, _: &View) -> Move {
            Move::new("", self.0.pop_front().unwrap_or(Act::Talk))
        }
    }

    fn check(scenario: &Scenario, buyer: &[Act], seller: &[Act], expected: Outcome) {
        let (episode, events) = play(scenario, Given::acts(buyer), Given::acts(seller));
        assert_eq!(episode.outcome(), Some(expected));
        assert_eq!(Episode::replay(&events), Ok(episode));
    }

    #[test]
    fn games_end_as_their_moves_have_it() {
        use Act::*;
        let price = usd("30");
        let alternating = scenario().build();
        let deal = Outcome::Deal { price, round: 1 };
        check(&alternating, &[Offer(price)], &[Accept(price)], deal);
        check(&alternating, &[Offer(price)], &[Quit], Outcome::Quit { by: Role::Seller });
        check(&alternating, &[], &[], Outcome::FormatError { by: Role::Buyer });
        let resample = scenario().regulation(Some(Regulation::Resample)).build();
        check(
            &resample,
            &[Offer(usd("9"))],
            &[Accept(usd("9")), Offer(price)],
            Outcome::FormatError { by: Role::Buyer },
        );
    }

    #[test]
    fn talk_alone_ends_with_the_moves_or_the_clock_or_the_driver() {
        let talk = |scenario: &Scenario| play(scenario, Given::acts(&[]), Given::acts(&[])).0;
        assert_eq!(talk(&scenario().open(6).build()).table.turns.len(), 6);
        let short = Protocol::Open { deadline_ms: 3 * MOVE_MS, max_moves: 100 };
        assert_eq!(talk(&scenario().protocol(short).build()).table.turns.len(), 3);
        let endless = Protocol::Open { deadline_ms: i64::MAX, max_moves: u32::MAX };
        let episode = talk(&scenario().protocol(endless).build());
        assert!(matches!(episode.outcome(), Some(Outcome::Abandoned { .. })));
    }

    #[test]
    fn scripts_see_the_table_and_no_foreign_limit() {
        struct Looks(Role);
        impl Script for Looks {
            fn decide(&mut self, view: &View) -> Move {
                let limit = if self.0 == Role::Buyer { usd("40") } else { usd("25") };
                assert_eq!((view.role, view.limit), (self.0, limit));
                assert_eq!(view.table.listing.product.list_price, usd("50"));
                assert_eq!(view.revealed, None);
                Move::new("", Act::Reject)
            }
        }
        let (episode, _) = play(&scenario().build(), Looks(Role::Buyer), Looks(Role::Seller));
        assert_eq!(episode.outcome(), Some(Outcome::Timeout));
        assert_eq!(episode.table.turns.len(), 12);
    }
}
