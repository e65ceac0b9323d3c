//! No family makes an illegal move or goes beyond its own limit, whatever the scenario.

use policy::{Entry, Script};
use proptest::prelude::*;
use rules::{
    Act, Event, Interest, Mills, Move, Outcome, OverLimit, Protocol, Role, Scenario, View, apply,
};
use testkit::play;

use crate::{players, priced};

/// A negotiator whose every move is checked against the rules and its limit.
struct Checked<S>(S);

impl<S: Script> Script for Checked<S> {
    fn decide(&mut self, view: &View) -> Move {
        let mv = self.0.decide(view);
        assert!(view.legal().allows(mv.act), "{:?} with {:?}", mv.act, view.table);
        if let Act::Offer(price) | Act::Accept(price) = mv.act {
            assert!(price.is_price(), "{price}");
            assert!(!view.beyond_limit(price), "{:?} with limit {}", mv.act, view.limit);
        }
        assert!(!mv.talk.is_empty() && mv.talk.len() < 600, "{}", mv.talk);
        mv
    }
}

fn check(scenario: &Scenario, buyer: &Entry, seller: &Entry, persona: Option<&str>) {
    let seat = |entry: &Entry, role| Checked(entry.seat(role, scenario.seed, persona));
    let (episode, events) = play(scenario, seat(buyer, Role::Buyer), seat(seller, Role::Seller));
    let pair = format!("{buyer:?} {seller:?} {events:?}");
    assert!(!events.iter().any(|e| matches!(e, Event::Intervened { .. })), "{pair}");
    let outcome = episode.outcome().expect("a game that was played is over");
    match outcome {
        Outcome::Deal { price, .. } => {
            assert!(scenario.cost <= price && price <= scenario.budget, "{pair}");
        }
        Outcome::Quit { .. } | Outcome::Timeout => {}
        other => panic!("{other:?}: {pair}"),
    }
    if scenario.interest() == Interest::Conflicting {
        assert!(!matches!(outcome, Outcome::Deal { .. }), "{pair}");
    }
}

fn protocols() -> impl Strategy<Value = Protocol> {
    prop_oneof![
        (1u32..12).prop_map(|max_rounds| Protocol::Alternating { max_rounds }),
        Just(Protocol::PAPER),
        (1u32..40, 5_000i64..600_000)
            .prop_map(|(max_moves, deadline_ms)| Protocol::Open { deadline_ms, max_moves }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_pair_plays_by_the_rules(
        list in 5_000i64..4_300_000,
        budget in 300i64..1_300,
        cost in 50i64..1_500,
        seed: u64,
        protocol in protocols(),
        persona in 0..policy::personas().len(),
    ) {
        let scenario = priced(Mills(list), budget, cost)
            .protocol(protocol)
            .over_limit(OverLimit::Violation)
            .regulation(None)
            .seed(seed)
            .build();
        let persona = policy::personas()[persona].name;
        for buyer in players(Role::Buyer) {
            for seller in players(Role::Seller) {
                check(&scenario, buyer, seller, Some(persona));
            }
        }
    }

    /// Against a counterpart that does anything at all, amounts of any size included.
    #[test]
    fn every_family_bears_any_counterpart(
        acts in proptest::collection::vec((0u8..5, 1i64..=rules::MAX_PRICE.0), 1..12),
        limit in 1i64..1_000_000_000,
        list in 1i64..1_000_000_000,
        seed: u64,
        is_open: bool,
    ) {
        for role in Role::BOTH {
            for family in players(role) {
                let mut scenario = priced(Mills(list), 1_000, 1_000).seed(seed).regulation(None);
                scenario = scenario.budget(Mills(limit)).cost(Mills(limit));
                if is_open {
                    scenario = scenario.open(30);
                }
                let family = Checked(family.seat(role, seed, None));
                let wild = Wild(acts.clone());
                let scenario = scenario.over_limit(OverLimit::LogOnly).build();
                match role {
                    Role::Buyer => play(&scenario, family, wild),
                    Role::Seller => play(&scenario, wild, family),
                };
            }
        }
    }
}

/// Plays given acts where they are legal, and rejects or talks where they are not.
struct Wild(Vec<(u8, i64)>);

impl Script for Wild {
    fn decide(&mut self, view: &View) -> Move {
        let legal = view.legal();
        let (kind, price) = self.0.pop().unwrap_or((0, 1));
        let act = match (kind, legal.accept) {
            (0, _) if legal.talk => Act::Talk,
            (1, Some(standing)) => Act::Accept(standing),
            (2, _) if legal.reject => Act::Reject,
            _ => Act::Offer(Mills(price)),
        };
        Move::new("cheaper elsewhere, please, you crook", act)
    }
}

#[test]
fn where_no_price_serves_both_everybody_leaves() {
    for (buyer, seller) in
        players(Role::Buyer).flat_map(|b| players(Role::Seller).map(move |s| (b, s)))
    {
        for seed in 0..20 {
            let scenario = priced(Mills(100_000), 600, 900).seed(seed).build();
            let seat = |entry: &Entry, role| entry.seat(role, seed, None);
            let (episode, _) =
                play(&scenario, seat(buyer, Role::Buyer), seat(seller, Role::Seller));
            let outcome = episode.outcome();
            assert!(
                matches!(outcome, Some(Outcome::Quit { .. })),
                "{buyer:?} {seller:?} {outcome:?}"
            );
        }
    }
}

#[test]
fn a_seller_opens_near_the_list_price_and_a_buyer_well_below() {
    for seed in 0..100 {
        let scenario = crate::usual(Mills(50_000), 500);
        for (role, low, high) in [(Role::Buyer, 300, 801), (Role::Seller, 920, 1_080)] {
            for family in players(role).filter(|family| family.name != "zero-intelligence") {
                let episode = rules::Episode::start(&scenario, rules::Millis(0));
                let episode = match role {
                    Role::Buyer => episode,
                    Role::Seller => after_an_offer(episode, Mills(26_000)),
                };
                let act = family.seat(role, seed, None).decide(&episode.view(role)).act;
                let Act::Offer(price) = act else { panic!("{family:?} opens with {act:?}") };
                let permille = price.0 * 1000 / 50_000;
                assert!((low..=high).contains(&permille), "{family:?} opens at {permille}");
            }
        }
    }
}

fn after_an_offer(mut episode: rules::Episode, price: Mills) -> rules::Episode {
    let offer = Move::new("", Act::Offer(price));
    let events = apply(&episode, Role::Buyer, offer, rules::Millis(1)).expect("a legal first move");
    episode.absorb_all(&events);
    episode
}
