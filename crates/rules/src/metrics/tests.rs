use super::*;
use crate::episode::{Ending, Episode, apply, conclude};
use crate::event::{Act, Move};
use crate::money::Mills;
use crate::reward::RewardSpec;
use crate::scenario::{Listing, Millis, OverLimit, PerRole, Product, Protocol, Scenario};
use crate::statistics::Bootstrap;
use Act::{Accept, Offer, Quit, Reject};
use Role::{Buyer, Seller};

fn dollars(amount: i64) -> Mills {
    Mills::from_dollars(amount)
}

fn episode(budget: i64, cost: i64, messages: &[(&str, Act)], ending: Option<Ending>) -> Episode {
    let product = Product {
        codename: "books_1".into(),
        category: "books".into(),
        title: "A book".into(),
        description: String::new(),
        features: Vec::new(),
        list_price: dollars(100),
    };
    let personas = PerRole { buyer: None, seller: Some("begging".to_owned()) };
    let listing = Listing { product, protocol: Protocol::PAPER, personas };
    let (budget, cost) = (dollars(budget), dollars(cost));
    let (regulation, over_limit, reveal, seed) = (None, OverLimit::LogOnly, false, 0);
    let scenario = Scenario { listing, budget, cost, regulation, over_limit, reveal, seed };
    let mut episode = Episode::start(&scenario, Millis(0));
    for (talk, act) in messages {
        let by = episode.table.turn_of().expect("not over yet");
        let events = apply(&episode, by, Move::new(*talk, *act), Millis(0)).expect("legal");
        episode.absorb_all(&events);
    }
    if let Some(ending) = ending {
        episode.absorb_all(&conclude(&episode, ending).expect("not over yet"));
    }
    episode
}

fn personas() -> PersonaMarkers {
    PersonaMarkers::new([
        ("begging", vec!["Please", "my children", "so sorry"]),
        ("insulting", vec!["ridiculous", "so sorry"]),
    ])
}

fn facts(budget: i64, cost: i64, acts: &[Act]) -> Facts {
    let messages: Vec<_> = acts.iter().map(|act| ("", *act)).collect();
    Facts::of(&episode(budget, cost, &messages, None), &RewardSpec::PAPER, &personas())
}

fn offer(price: i64) -> Act {
    Offer(dollars(price))
}

fn accept(price: i64) -> Act {
    Accept(dollars(price))
}

/// Six episodes: a deal in two rounds, a deal at once, a quit, and where no deal is possible a quit
/// by each side and a deal that costs the buyer.
fn sample() -> Vec<Facts> {
    vec![
        facts(80, 40, &[offer(40), offer(70), offer(50), accept(50)]),
        facts(80, 40, &[offer(60), accept(60)]),
        facts(80, 40, &[offer(20), Quit]),
        facts(40, 80, &[offer(30), Reject, Quit]),
        facts(40, 80, &[offer(20), Quit]),
        facts(40, 80, &[Reject, offer(90), accept(90)]),
    ]
}

/// The one door: a metric of `role` over episodes is `expected`, from `n` units.
fn check(metric: Metric, role: Role, all: &[Facts], expected: Option<f64>, n: f64) {
    let sums: Sums = all.iter().map(|facts| metric.sums(facts, role)).sum();
    let value = metric.value(&sums);
    let close = match (value, expected) {
        (Some(value), Some(expected)) => (value - expected).abs() < 1e-9,
        (value, expected) => value == expected,
    };
    assert!(close, "{metric:?} {role:?}: {value:?}, expected {expected:?}");
    assert_eq!(sums.n, n, "{metric:?} {role:?}: units");
}

#[test]
fn definitions_by_hand() {
    use Metric::*;
    let table = [
        // 0.75, 0.5, 0, 0, 0, and -1 for paying $90 with a budget of $40.
        (Reward, Buyer, 0.25 / 6.0, 6.0),
        // 0.25, 0.5, 0, 0, 0, and 10/40.
        (Reward, Seller, 1.0 / 6.0, 6.0),
        (DealRate, Buyer, 0.5, 6.0),
        (FeasibleAgreement, Buyer, 2.0 / 3.0, 3.0),
        (InfeasibleAgreement, Buyer, 1.0 / 3.0, 3.0),
        // Buyer: right twice in the feasible ones, right once and wrong once in the others.
        (WalkAwayCorrectness, Buyer, 0.75, 4.0),
        // Seller: right, right, wrong; (the buyer quit;) right, wrong.
        (WalkAwayCorrectness, Seller, 0.6, 5.0),
        // 0.75, 0.5, -1.25.
        (BargainedRatio, Buyer, 0.0, 3.0),
        (BargainedRatio, Seller, 1.0 / 3.0, 3.0),
        (SurplusEfficiency, Buyer, 1.25 / 3.0, 3.0),
        (ConditionalSurplusEfficiency, Buyer, 0.625, 2.0),
        // 40/80, 60/80, 20/80, 30/40, 20/40.
        (FirstOfferRatio, Buyer, 2.75 / 5.0, 5.0),
        // 70/40, 90/80.
        (FirstOfferRatio, Seller, 2.875 / 2.0, 2.0),
        (OvershootRate, Buyer, 1.0 / 6.0, 6.0),
        (OvershootRate, Seller, 0.0, 6.0),
        (SellerSurplusShare, Buyer, 0.375, 2.0),
        (OwnIrrationality, Buyer, 1.0 / 3.0, 3.0),
        (InducedIrrationality, Buyer, 0.0, 3.0),
        (InducedIrrationality, Seller, 1.0 / 3.0, 3.0),
        // 4 x 30 x 10 / 1600, 1, 0.
        (NashProduct, Buyer, 1.75 / 3.0, 3.0),
        (RoundsToDeal, Buyer, 5.0 / 3.0, 3.0),
        (Concession, Buyer, 0.1, 1.0),
        (Monotonicity, Buyer, 1.0, 1.0),
        (FormatValidity, Buyer, 1.0, 9.0),
        (LimitLeakage, Buyer, 0.0, 6.0),
    ];
    for (metric, role, expected, n) in table {
        check(metric, role, &sample(), Some(expected), n);
    }
    // (0.4, 0.5) and (0.6, 0.6): half a dollar of price for a dollar of opening.
    check(AnchoringSlope, Buyer, &sample(), Some(0.5), 2.0);
    check(Concession, Seller, &sample(), None, 0.0);
}

#[test]
fn concessions_answer_concessions() {
    // The seller gives 10, then 20; the buyer answers with 5, then 10: half of it.
    let acts = [
        Reject,
        offer(90),
        offer(40),
        offer(80),
        offer(45),
        offer(60),
        offer(55),
        offer(65),
        offer(54),
        Quit,
    ];
    let all = [facts(80, 50, &acts)];
    // (0.1, 0.05), (0.2, 0.1), (-0.05, -0.01): slope by hand.
    let points = [(0.1, 0.05), (0.2, 0.1), (-0.05, -0.01)];
    let mean = |f: fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>() / 3.0;
    let (mx, my) = (mean(|p| p.0), mean(|p| p.1));
    let covariance: f64 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    let variance: f64 = points.iter().map(|p| (p.0 - mx).powi(2)).sum();
    check(Metric::Reciprocity, Buyer, &all, Some(covariance / variance), 3.0);
    check(Metric::Concession, Buyer, &all, Some(0.14 / 3.0), 3.0);
    check(Metric::Monotonicity, Buyer, &all, Some(2.0 / 3.0), 3.0);
    check(Metric::Monotonicity, Seller, &all, Some(2.0 / 3.0), 3.0);
}

#[test]
fn failures_of_the_machinery_and_disconnects_are_not_counted() {
    let ended = |ending| {
        let played = episode(80, 50, &[("", offer(60))], Some(ending));
        Facts::of(&played, &RewardSpec::PAPER, &personas())
    };
    let skipped = [
        ended(Ending::EngineFailure),
        ended(Ending::Abandoned { by: Seller }),
        facts(80, 50, &[offer(60)]),
    ];
    for metric in Metric::ALL {
        for role in Role::BOTH {
            check(metric, role, &skipped, None, 0.0);
        }
    }
    let garbled = [ended(Ending::FormatError { by: Seller })];
    check(Metric::FormatValidity, Seller, &garbled, Some(0.0), 1.0);
    check(Metric::FormatValidity, Buyer, &garbled, Some(1.0), 1.0);
    check(Metric::Reward, Seller, &garbled, Some(-1.0), 1.0);
}

#[test]
fn talk_that_gives_the_limit_away() {
    let leaks = [
        "I have $80 at most",
        "80 dollars, no more.",
        "eighty? 80.00!",
        "My limit is $79.99",
        "between 70 and 80",
        "$80,",
    ];
    let keeps = ["", "I have $8 or 800", "180", "79.98", "0.80", "eighty"];
    assert!(leaks.iter().all(|talk| states_price(talk, dollars(80))));
    assert!(states_price("it cost me 1,234.56", Mills(1_234_560)));
    for talk in &keeps {
        assert!(!states_price(talk, dollars(80)), "{talk}");
    }
    for (talk, expected) in leaks.iter().map(|t| (t, 1.0)).chain(keeps.iter().map(|t| (t, 0.0))) {
        let played = episode(80, 50, &[(talk, offer(60)), ("", Quit)], None);
        let all = [Facts::of(&played, &RewardSpec::PAPER, &personas())];
        check(Metric::LimitLeakage, Buyer, &all, Some(expected), 1.0);
        check(Metric::LimitLeakage, Seller, &all, Some(0.0), 1.0);
    }
}

#[test]
fn a_persona_speaks_in_its_own_words() {
    let messages = [
        ("please", offer(60)),
        ("PLEASE, my children! So sorry.", Reject),
        ("", offer(61)),
        ("Ridiculous.", Quit),
    ];
    let played = episode(80, 50, &messages, None);
    let all = [Facts::of(&played, &RewardSpec::PAPER, &personas())];
    check(Metric::PersonaConsistency, Seller, &all, Some(2.0 / 3.0), 3.0);
    check(Metric::PersonaConsistency, Buyer, &all, Some(0.0), 1.0);
    assert_eq!(PersonaMarkers::default().count(Some("begging"), "please"), (0, 0));
}

fn observations() -> Vec<Observation> {
    let all = sample().into_iter().enumerate();
    all.map(|(at, facts)| {
        let list_price = dollars(10 * (at as i64 / 2 + 1));
        Observation {
            facts: Facts { list_price, ..facts },
            product: format!("books_{}", at / 2),
            participant: (at != 0).then(|| format!("p{}", at % 2)),
        }
    })
    .collect()
}

#[test]
fn estimates_count_units_and_clusters() {
    let of = |metric, clustering| {
        estimate(metric, &observations(), Buyer, clustering, &Bootstrap::seeded(5))
    };
    let by_product = of(Metric::DealRate, Clustering::Product);
    assert_eq!((by_product.value, by_product.n, by_product.clusters), (Some(0.5), 6, 3));
    let interval = by_product.interval.expect("three products");
    assert!(interval.low <= 0.5 && interval.high >= 0.5 && interval.high <= 1.0);
    let by_person = of(Metric::DealRate, Clustering::Participant);
    assert_eq!((by_person.value, by_person.n, by_person.clusters), (Some(0.4), 5, 2));
    assert_eq!(by_product, of(Metric::DealRate, Clustering::Product), "the same seed");
}

#[test]
fn shares_where_all_agree_are_not_certain() {
    let all: Vec<_> = observations().into_iter().filter(|o| o.facts.price().is_some()).collect();
    let rate = estimate(Metric::DealRate, &all, Buyer, Clustering::Product, &Bootstrap::default());
    let interval = rate.interval.expect("two products");
    assert_eq!(rate.value, Some(1.0));
    assert!(interval.low < 0.4 && interval.high > 0.999, "{interval:?}");
}

#[test]
fn the_report_has_every_metric_on_every_slice() {
    let rows = report(&observations(), Buyer, Clustering::Product, &Bootstrap::seeded(1));
    assert_eq!(rows.len(), Metric::ALL.len() * Slice::ALL.len());
    let n = |metric, slice| {
        let row = rows.iter().find(|row| (row.metric, row.slice) == (metric, slice));
        row.expect("every pair").estimate.n
    };
    assert_eq!(n(Metric::DealRate, Slice::All), 6);
    assert_eq!(n(Metric::DealRate, Slice::Mutual), 3);
    assert_eq!(n(Metric::FeasibleAgreement, Slice::Conflicting), 0);
    let fifths: Vec<_> =
        (1..=5).map(|place| n(Metric::DealRate, Slice::PriceQuintile(place))).collect();
    // Three products cannot fill five fifths; two episodes of each.
    assert_eq!(fifths, [2, 2, 0, 2, 0]);
    let json = serde_json::to_string(&rows).expect("serialises");
    assert!(json.contains(r#""slice":{"price_quintile":1}"#), "{json}");
    assert!(
        report(&[], Buyer, Clustering::Product, &Bootstrap::seeded(1))
            .iter()
            .all(|row| row.estimate.value.is_none())
    );
}
