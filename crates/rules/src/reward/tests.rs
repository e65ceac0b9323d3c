use super::*;
use crate::episode::{Ending, apply, conclude};
use crate::event::{Act, Move};
use crate::scenario::{Listing, Millis, PerRole, Product, Protocol, Scenario};

fn dollars(amount: i64) -> Mills {
    Mills::from_dollars(amount)
}

fn scenario(budget: Mills, cost: Mills, over_limit: OverLimit) -> Scenario {
    let product = Product {
        codename: "books_1".into(),
        category: "books".into(),
        title: "A book".into(),
        description: String::new(),
        features: Vec::new(),
        list_price: dollars(100),
    };
    let listing = Listing { product, protocol: Protocol::PAPER, personas: PerRole::default() };
    let (regulation, reveal, seed) = (None, true, 0);
    Scenario { listing, budget, cost, regulation, over_limit, reveal, seed }
}

/// How an episode goes: acts in turn, then an end that is not a move.
struct Script {
    budget: Mills,
    cost: Mills,
    over_limit: OverLimit,
    acts: Vec<Act>,
    ending: Option<Ending>,
}

fn script(budget: i64, cost: i64, acts: impl Into<Vec<Act>>) -> Script {
    let (budget, cost) = (dollars(budget), dollars(cost));
    Script { budget, cost, over_limit: OverLimit::LogOnly, acts: acts.into(), ending: None }
}

/// The buyer offers `price` and the seller accepts.
fn deal(budget: i64, cost: i64, price: i64) -> Script {
    script(budget, cost, [Act::Offer(dollars(price)), Act::Accept(dollars(price))])
}

impl Script {
    fn ended(self, ending: Ending) -> Script {
        Script { ending: Some(ending), ..self }
    }

    fn strict(self) -> Script {
        Script { over_limit: OverLimit::Violation, ..self }
    }

    fn play(&self) -> Episode {
        let scenario = scenario(self.budget, self.cost, self.over_limit);
        let mut episode = Episode::start(&scenario, Millis(0));
        for act in &self.acts {
            let by = episode.table.turn_of().expect("the script stops at the end");
            let events = apply(&episode, by, Move::new("", *act), Millis(0)).expect("legal script");
            episode.absorb_all(&events);
        }
        if let Some(ending) = self.ending {
            episode.absorb_all(&conclude(&episode, ending).expect("not over yet"));
        }
        episode
    }
}

/// The one door: rewards of buyer and seller, worked by hand.
fn check(spec: RewardSpec, script: &Script, expected: (Option<f64>, Option<f64>)) {
    let episode = script.play();
    for (role, expected) in [(Role::Buyer, expected.0), (Role::Seller, expected.1)] {
        let got = score(&episode, role, &spec);
        let close = match (got, expected) {
            (Some(got), Some(expected)) => (got - expected).abs() < 1e-12,
            (got, expected) => got == expected,
        };
        let outcome = episode.outcome();
        assert!(close, "{spec:?} {outcome:?} {role:?}: {got:?}, expected {expected:?}");
    }
}

fn both(value: f64) -> (Option<f64>, Option<f64>) {
    (Some(value), Some(value))
}

/// Limits and prices of a log that was not made by these rules.
#[test]
fn amounts_at_the_ends_are_scored_within_bounds() {
    let ends = [Mills(i64::MIN), Mills(-1), Mills::ZERO, Mills(1), Mills(i64::MAX)];
    for (budget, cost, price) in
        ends.iter().flat_map(|b| ends.iter().flat_map(move |c| ends.map(move |p| (*b, *c, p))))
    {
        let mut episode = Episode::start(&scenario(budget, cost, OverLimit::LogOnly), Millis(0));
        episode.table.outcome = Some(Outcome::Deal { price, round: 1 });
        for spec in RewardSpec::REGISTRY {
            for role in Role::BOTH {
                let reward = explain(&episode, role, &spec).value.expect("a deal is scored");
                assert!((-1.0..=1.0).contains(&reward), "{reward}: {budget} {cost} {price}");
            }
        }
    }
}

#[test]
fn paper() {
    let table = [
        (deal(80, 50, 60), (Some(2.0 / 3.0), Some(1.0 / 3.0))),
        (deal(80, 50, 80), (Some(0.0), Some(1.0))),
        (deal(80, 50, 50), (Some(1.0), Some(0.0))),
        // Dealing beyond the own limit costs -1; the other side's gain is clipped to 1.
        (deal(80, 50, 30), (Some(1.0), Some(-1.0))),
        (deal(80, 50, 90), (Some(-1.0), Some(1.0))),
        // Conflicting interest: every price hurts somebody.
        (deal(50, 80, 60), (Some(-1.0), Some(-1.0))),
        (deal(50, 80, 45), (Some(5.0 / 30.0), Some(-1.0))),
        (deal(50, 80, 95), (Some(-1.0), Some(0.5))),
        // A tie: nothing over nothing is nothing, a gain is 1.
        (deal(50, 50, 50), both(0.0)),
        (deal(50, 50, 49), (Some(1.0), Some(-1.0))),
        (script(80, 50, [Act::Reject, Act::Quit]), both(0.0)),
        (script(80, 50, [Act::Reject; 12]), both(0.0)),
        (script(80, 50, []), (None, None)),
        (script(80, 50, []).ended(Ending::EngineFailure), (None, None)),
        (script(80, 50, []).ended(Ending::Abandoned { by: Role::Buyer }), (None, None)),
        (
            script(80, 50, []).ended(Ending::FormatError { by: Role::Buyer }),
            (Some(-1.0), Some(0.0)),
        ),
        (
            script(80, 50, [Act::Reject]).ended(Ending::FormatError { by: Role::Seller }),
            (Some(0.0), Some(-1.0)),
        ),
        (script(80, 50, [Act::Offer(dollars(81))]).strict(), (Some(-1.0), Some(0.0))),
        (script(80, 50, [Act::Reject, Act::Offer(dollars(49))]).strict(), (Some(0.0), Some(-1.0))),
        (deal(80, 50, 40).strict(), (Some(0.0), Some(-1.0))),
    ];
    for (script, expected) in table {
        check(RewardSpec::PAPER, &script, expected);
    }
}

#[test]
fn an_offer_over_budget_that_was_let_stand() {
    let acts =
        [Act::Offer(dollars(90)), Act::Reject, Act::Offer(dollars(60)), Act::Accept(dollars(60))];
    let log_only =
        RewardSpec::Paper { offer_over_budget: OverLimit::LogOnly, floor_denominator: false };
    let script = script(80, 50, acts);
    check(RewardSpec::PAPER, &script, (Some(-1.0), Some(1.0 / 3.0)));
    check(log_only, &script, (Some(2.0 / 3.0), Some(1.0 / 3.0)));
}

#[test]
fn the_floor_of_the_denominator() {
    let floored =
        RewardSpec::Paper { offer_over_budget: OverLimit::Violation, floor_denominator: true };
    let price = Mills(50_001);
    let near = Script {
        budget: Mills(50_002),
        cost: Mills(50_000),
        ..script(0, 0, [Act::Offer(price), Act::Accept(price)])
    };
    check(RewardSpec::PAPER, &near, both(0.5));
    check(floored, &near, both(0.001));
    check(floored, &deal(80, 50, 60), (Some(2.0 / 3.0), Some(1.0 / 3.0)));
}

#[test]
fn threshold() {
    let spec = RewardSpec::Threshold { tau: 0.5, penalty: 0.2 };
    check(spec, &deal(80, 40, 60), both(0.5));
    check(spec, &deal(80, 40, 50), (Some(0.75), Some(-0.2)));
    check(spec, &deal(80, 40, 90), (Some(-1.0), Some(1.0)));
    check(spec, &script(80, 40, [Act::Reject, Act::Quit]), both(0.0));
}

#[test]
fn walk_away_aware() {
    let spec = RewardSpec::WalkAwayAware { walk_away: 0.5 };
    let quits = [Act::Reject, Act::Quit];
    check(spec, &script(50, 80, quits), (Some(0.0), Some(0.5)));
    check(spec, &script(50, 80, [Act::Reject, Act::Reject, Act::Quit]), (Some(0.5), Some(0.0)));
    check(spec, &script(50, 80, [Act::Reject; 12]), both(0.0));
    check(spec, &script(80, 50, quits), both(0.0));
    check(spec, &script(50, 50, quits), both(0.0));
    check(spec, &deal(80, 50, 60), (Some(2.0 / 3.0), Some(1.0 / 3.0)));
}

#[test]
fn shared() {
    let spec = RewardSpec::Shared;
    check(spec, &deal(80, 40, 60), both(1.0));
    check(spec, &deal(80, 40, 50), both(0.75));
    check(spec, &deal(80, 40, 80), both(0.0));
    check(spec, &deal(50, 50, 50), both(0.0));
    check(spec, &deal(80, 40, 30), (Some(0.0), Some(-1.0)));
    check(spec, &script(80, 40, [Act::Reject, Act::Quit]), both(0.0));
}

#[test]
fn explanations_show_formula_and_numbers() {
    let explained = explain(&deal(80, 50, 60).play(), Role::Buyer, &RewardSpec::PAPER);
    assert_eq!(explained.formula, "clip((B - P) / |B - C|, -1, 1)");
    assert_eq!(explained.filled, "clip(($80.00 - $60.00) / |$80.00 - $50.00|, -1, 1) = 0.667");
    assert_eq!((explained.reward, explained.version), ("paper", 1));
    let symbols: Vec<_> = explained.terms.iter().map(|t| (t.symbol, t.value.as_str())).collect();
    assert_eq!(symbols, [("B", "$80.00"), ("C", "$50.00"), ("P", "$60.00")]);

    let filled = |script: Script, role, spec| explain(&script.play(), role, &spec).filled;
    let paper = RewardSpec::PAPER;
    let quit = || script(50, 80, [Act::Reject, Act::Quit]);
    assert_eq!(filled(quit(), Role::Buyer, paper), "no deal = 0.000");
    assert_eq!(filled(script(80, 50, []), Role::Buyer, paper), "not scored: it is not over");
    assert_eq!(filled(deal(80, 50, 90), Role::Buyer, paper), "$90.00 is above B ($80.00) = -1.000");
    assert_eq!(
        filled(quit(), Role::Seller, RewardSpec::WalkAwayAware { walk_away: 0.5 }),
        "walked away where B is below C = 0.500"
    );
    assert_eq!(
        filled(deal(80, 40, 50), Role::Seller, RewardSpec::Threshold { tau: 0.5, penalty: 0.2 }),
        "s if s >= 0.5 else -0.2, s = clip(($50.00 - $40.00) / |$80.00 - $40.00|, -1, 1) = -0.200"
    );
    assert_eq!(
        filled(deal(80, 40, 60), Role::Seller, RewardSpec::Shared),
        "4 max($80.00 - $60.00, 0) max($60.00 - $40.00, 0) / ($80.00 - $40.00)^2 = 1.000"
    );
}

#[test]
fn the_registry_finds_by_name_and_version() {
    for spec in RewardSpec::REGISTRY {
        assert_eq!(RewardSpec::registered(spec.name(), spec.version()), Some(spec));
        assert_eq!(RewardSpec::registered(spec.name(), 99), None);
        let json = serde_json::to_string(&spec).expect("serialises");
        assert!(json.contains(spec.name()), "{json}");
        assert_eq!(serde_json::from_str::<RewardSpec>(&json).expect("reads back"), spec);
    }
    let defaults: RewardSpec = serde_json::from_str(r#"{"name":"paper"}"#).expect("defaults");
    assert_eq!(defaults, RewardSpec::PAPER);
}
