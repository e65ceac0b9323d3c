//! Events replayed per second: what a server pays to take up an episode again, and a browser to
//! follow one.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rules::{
    Act, Audience, Episode, Event, Listing, Millis, Mills, Move, OverLimit, PerRole, Product,
    Protocol, Role, Scenario, View, apply, open,
};

const NOW: Millis = Millis(0);
const TALK: &str = "I looked at two other stalls this morning, and theirs came with a case. \
    Could you meet me a little lower?";

fn scenario() -> Scenario {
    let product = Product {
        codename: "books_1".into(),
        category: "books".into(),
        title: "An illustrated atlas of rivers".into(),
        description: "Two hundred maps in colour, clothbound, with a ribbon.".into(),
        features: vec!["hardcover".into(), "412 pages".into(), "slipcase".into()],
        list_price: Mills::from_dollars(100),
    };
    Scenario {
        listing: Listing { product, protocol: Protocol::PAPER, personas: PerRole::default() },
        budget: Mills::from_dollars(80),
        cost: Mills::from_dollars(50),
        regulation: None,
        over_limit: OverLimit::Violation,
        reveal: true,
        seed: 0,
    }
}

/// Six whole rounds with talk and thought, ended by the seller's acceptance: 30 events.
fn six_rounds() -> Vec<Event> {
    let scenario = scenario();
    let mut events = open(&scenario, NOW);
    let mut episode = Episode::start(&scenario, NOW);
    for message in 0..12 {
        let (by, act) = match message {
            11 => (Role::Seller, Act::Accept(Mills::from_dollars(70))),
            n if n % 2 == 0 => (Role::Buyer, Act::Offer(Mills::from_dollars(60 + n))),
            n => (Role::Seller, Act::Offer(Mills::from_dollars(90 - n))),
        };
        let mv = Move::new(TALK, act).thinking("They will come down again.");
        let caused = apply(&episode, by, mv, NOW).expect("a legal play");
        episode.absorb_all(&caused);
        events.extend(caused);
    }
    assert!(episode.table.is_over());
    events
}

fn replay(c: &mut Criterion) {
    let events = six_rounds();
    let buyer: Vec<Event> =
        events.iter().cloned().map(|event| event.shown_to(Audience::Seat(Role::Buyer))).collect();
    let mut group = c.benchmark_group("replay");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("episode", |b| b.iter(|| Episode::replay(black_box(&events))));
    group.bench_function("view", |b| b.iter(|| View::fold(Role::Buyer, black_box(&buyer))));
    group.finish();
}

criterion_group!(benches, replay);
criterion_main!(benches);
