//! A small episode for the tests of this crate: list price $100, B $80, C $50.

use rules::{Act, Episode, Event, Millis, Mills, Move, OverLimit, Role, Scenario, View, apply};

fn scenario() -> Scenario {
    let dollars = Mills::from_dollars;
    testkit::scenario()
        .list_price(dollars(100))
        .budget(dollars(80))
        .cost(dollars(50))
        .regulation(None)
        .over_limit(OverLimit::LogOnly)
        .build()
}

/// All events after alternating offers, in dollars, the buyer's first.
pub fn events(offers: &[i64]) -> Vec<Event> {
    let mut events = rules::open(&scenario(), Millis(0));
    for (i, dollars) in offers.iter().enumerate() {
        let episode = Episode::replay(&events).expect("a sample is whole");
        let by = if i % 2 == 0 { Role::Buyer } else { Role::Seller };
        let mv = Move::new("What do you say?", Act::Offer(Mills::from_dollars(*dollars)));
        events.extend(apply(&episode, by, mv, Millis(0)).expect("a sample is legal"));
    }
    events
}

pub fn view(role: Role, offers: &[i64]) -> View {
    View::fold(role, &events(offers)).expect("a sample has its opening")
}
