use rules::market::{MarketEvent, Measures, Mechanism, measure};
use rules::{Millis, Mills, Outcome, Product, Role};

use super::*;

fn products() -> Vec<Product> {
    let product = |n: i64| Product {
        codename: format!("thing_{n}"),
        category: "things".to_owned(),
        title: format!("Thing {n}"),
        description: String::new(),
        features: Vec::new(),
        list_price: Mills::from_dollars(20 + 40 * n),
    };
    (0..6).map(product).collect()
}

fn sellers(count: usize, negotiator: &str) -> SellerGroup {
    SellerGroup {
        count,
        negotiator: negotiator.to_owned(),
        persona: "neutral".to_owned(),
        cost: [0.4, 0.7],
        spread: Spread::Even,
        stock: [1, 3],
        opens: [1, 1],
    }
}

fn buyers(count: usize, negotiator: &str) -> BuyerGroup {
    BuyerGroup {
        count,
        negotiator: negotiator.to_owned(),
        persona: "neutral".to_owned(),
        value: [0.5, 0.9],
        spread: Spread::Even,
        wants: 1,
        purse: 1.0,
        arrives: [1, 1],
        stays: None,
    }
}

fn population(mechanism: Mechanism) -> Population {
    Population {
        seed: 7,
        mechanism,
        goods: 3,
        categories: Vec::new(),
        steps: 120,
        rounds: 6,
        talks_at_once: 2,
        sees: 3,
        list_prices: true,
        ratings: false,
        sellers: vec![sellers(20, "linear"), sellers(10, "conceder")],
        buyers: vec![buyers(30, "linear"), buyers(30, "boulware")],
        shocks: Vec::new(),
    }
}

fn played(population: &Population) -> (Bazaar, Vec<MarketEvent>, Measures) {
    let Drawn { scenario, cast } = population.draw(&products()).expect("can be drawn");
    let mut bazaar = Bazaar::new(scenario, cast);
    let mut log = Vec::new();
    while !bazaar.is_over() {
        log.extend(bazaar.step(Millis(0)));
    }
    let measured = measure(&bazaar.market);
    (bazaar, log, measured)
}

#[test]
fn the_same_population_plays_the_same_and_the_log_is_the_market() {
    let (bazaar, log, _) = played(&population(Mechanism::Bargaining));
    let (_, again, _) = played(&population(Mechanism::Bargaining));
    assert_eq!(log, again);
    let mut folded = rules::market::Market::new(bazaar.market.scenario.clone());
    folded.absorb_all(&log);
    assert_eq!(folded, bazaar.market);
    let other = Population { seed: 8, ..population(Mechanism::Bargaining) };
    assert_ne!(played(&other).1, log);
}

#[test]
fn every_sale_is_a_deal_of_its_talk_and_loses_nobody_anything() {
    let (bazaar, _, measured) = played(&population(Mechanism::Bargaining));
    assert!(bazaar.market.sales.len() > 20, "{}", bazaar.market.sales.len());
    for sale in &bazaar.market.sales {
        let talk = &bazaar.market.talks[sale.talk.expect("by talk")].episode;
        assert!(matches!(talk.outcome(), Some(Outcome::Deal { price, .. }) if price == sale.price));
        assert!(sale.price <= sale.value && sale.price >= sale.cost, "{sale:?}");
    }
    let talks = || bazaar.market.talks.iter().map(|talk| &talk.episode);
    let deals = talks().filter(|talk| matches!(talk.outcome(), Some(Outcome::Deal { .. })));
    assert_eq!(deals.count(), bazaar.market.sales.len(), "no deal without a sale");
    assert!(talks().all(|talk| talk.table.is_over()));
    let efficiency = measured.efficiency.expect("something can be gained");
    assert!((0.5..=1.0).contains(&efficiency), "{efficiency}");
}

#[test]
fn an_auction_of_honest_bids_gains_all_that_can_be_gained() {
    let (bazaar, _, measured) = played(&population(Mechanism::DoubleAuction));
    assert_eq!(measured.realised, measured.possible);
    for good in &measured.goods {
        assert_eq!((good.sold, good.excluded), (good.possible.quantity, 0));
        // One call, one price.
        assert!(good.dispersion.is_none_or(|spread| spread == 0.0));
        let (low, high) = good.possible.prices.expect("is traded");
        assert!((low.0 as f64..=high.0 as f64).contains(&good.mean_price.unwrap()));
    }
    assert!(bazaar.market.sales.iter().all(|sale| sale.step == 1));
}

#[test]
fn a_posted_price_comes_down_to_who_waits_for_it() {
    let mut spec = population(Mechanism::PostedPrice);
    spec.goods = 1;
    spec.sellers = vec![SellerGroup { cost: [0.1, 0.1], stock: [1, 1], ..sellers(1, "linear") }];
    spec.buyers = vec![BuyerGroup { value: [0.5, 0.5], ..buyers(1, "linear") }];
    let mut one = products();
    one.truncate(1);
    one[0].list_price = Mills::from_dollars(100);
    let Drawn { scenario, cast } = spec.draw(&one).unwrap();
    let mut bazaar = Bazaar::new(scenario, cast);
    while !bazaar.is_over() {
        bazaar.step(Millis(0));
    }
    // Cost 10, list 100, value 50: 10 + 90 * 0.9^8 = 48.742, in the ninth step, is the first at most 50.
    let [sale] = bazaar.market.sales.as_slice() else { panic!("one sale") };
    assert_eq!(sale.step, 9);
    assert!((48_700..=48_800).contains(&sale.price.0), "{}", sale.price);
}

#[test]
fn mechanisms_meet_the_same_draws() {
    let draws = [Mechanism::Bargaining, Mechanism::PostedPrice, Mechanism::DoubleAuction]
        .map(|mechanism| population(mechanism).draw(&products()).unwrap().scenario);
    let [a, b, c] = draws;
    assert_eq!((&a.stalls, &a.buyers), (&b.stalls, &b.buyers));
    assert_eq!((&a.stalls, &a.buyers), (&c.stalls, &c.buyers));
    let possible: Vec<Mills> = [Mechanism::Bargaining, Mechanism::PostedPrice]
        .map(|mechanism| played(&population(mechanism)).2.possible)
        .to_vec();
    assert_eq!(possible[0], possible[1]);
}

#[test]
fn two_ways_to_hold_a_market_are_paired_by_seed() {
    let arm = |mechanism| -> Vec<Figures> {
        let one = |seed| {
            let (bazaar, _, measured) = played(&Population { seed, ..population(mechanism) });
            figures(&bazaar.market, &measured)
        };
        (0..8).map(one).collect()
    };
    let (auction, talks) = (arm(Mechanism::DoubleAuction), arm(Mechanism::Bargaining));
    assert!(auction.iter().all(|of| of[0] == Some(1.0) && of[4] == Some(0.0)));
    let found = compare(&auction, &talks);
    let efficiency = found[0].expect("both have one");
    assert!(efficiency.value > 0.0 && efficiency.interval.unwrap().low > 0.0, "{efficiency:?}");
    // Eight of eight: two of 256 ways to swap are as far, times the number of figures that both have: nobody proposes
    // in an auction.
    assert!((efficiency.p - 7.0 * 2.0 / 256.0).abs() < 1e-9, "{}", efficiency.p);
    // At the middle of the clearing prices nobody has a markup.
    assert!(auction.iter().all(|of| of[6].unwrap().abs() < 1e-3), "{auction:?}");
    assert!(talks.iter().all(|of| of[7].is_some()) && found[7].is_none());
    let same = compare(&talks, &talks);
    assert!(same.iter().flatten().all(|one| one.value == 0.0 && one.p == 1.0));
    assert_eq!(FIGURES.len(), found.len());
}

#[test]
fn a_rival_stall_is_an_outside_option() {
    // One buyer and many sellers of one good: with two talks at once it pays less than with one.
    let mut paid = Vec::new();
    for talks_at_once in [1, 3] {
        let mut sum = 0.0;
        for seed in 0..40 {
            let spec = Population {
                seed,
                goods: 1,
                talks_at_once,
                sellers: vec![sellers(10, "linear")],
                buyers: vec![BuyerGroup { value: [0.9, 0.9], ..buyers(1, "linear") }],
                ..population(Mechanism::Bargaining)
            };
            let (bazaar, _, _) = played(&spec);
            let list = bazaar.market.scenario.goods[0].list_price;
            sum += bazaar.market.sales[0].price.0 as f64 / list.0 as f64;
        }
        paid.push(sum / 40.0);
    }
    assert!(paid[1] < paid[0] - 0.01, "{paid:?}");
}

#[test]
fn a_file_that_cannot_be_says_what_to_do() {
    let told = |change: fn(&mut Population)| {
        let mut spec = population(Mechanism::Bargaining);
        change(&mut spec);
        spec.draw(&products()).unwrap_err().to_string()
    };
    assert!(told(|p| p.goods = 9).contains("take 1 to 6"));
    assert!(told(|p| p.sellers[0].negotiator = "nobody".into()).contains("there are linear"));
    // Plays sellers alone.
    assert!(told(|p| p.buyers[0].negotiator = "persuadable".into()).contains("plays the buyer"));
    assert!(told(|p| p.buyers[0].persona = "odd".into()).contains("no persona odd"));
    assert!(told(|p| p.buyers[1].value = [0.9, 0.5]).contains("buyers[1].value"));
    assert!(told(|p| p.buyers[1].wants = 4).contains("4 goods are wanted of 3"));
    assert!(told(|p| p.rounds = 0).contains("at least 1"));
}

#[test]
fn a_shock_raises_costs_in_its_step() {
    let mut spec = population(Mechanism::Bargaining);
    spec.shocks = vec![ShockGroup { step: 5, stalls: 1.0, cost: 1.5 }];
    let (bazaar, log, _) = played(&spec);
    let changed =
        log.iter().filter(|event| matches!(event, MarketEvent::CostChanged { .. })).count();
    assert_eq!(changed, 30);
    let stall = &bazaar.market.scenario.stalls[0];
    assert_eq!(bazaar.market.stalls[0].cost, stall.cost.scale(3, 2));
}

#[test]
fn a_person_s_seat_waits_for_a_person_and_nobody_else_speaks_for_it() {
    let mut spec = population(Mechanism::Bargaining);
    spec.goods = 1;
    spec.sellers.push(SellerGroup { stock: [5, 5], ..sellers(2, PERSON) });
    spec.buyers.push(buyers(3, PERSON));
    let Drawn { scenario, cast } = spec.draw(&products()).unwrap();
    let mut bazaar = Bazaar::new(scenario, cast);
    bazaar.step(Millis(0));
    assert!(!bazaar.market.stalls[30].is_open && !bazaar.market.buyers[60].is_here);
    for event in rules::market::open_stall(&bazaar.market, 30).unwrap() {
        bazaar.absorb(&event);
    }
    for event in rules::market::arrive(&bazaar.market, 60).unwrap() {
        bazaar.absorb(&event);
    }
    for _ in 0..40 {
        bazaar.step(Millis(0));
    }
    assert!(bazaar.market.buyers[60].talks.is_empty(), "a person looks for itself");
    let waiting = &bazaar.market.stalls[30].talks;
    assert!(!waiting.is_empty(), "scripts come to a person's stall");
    for talk in waiting {
        let due = bazaar.due_in(*talk).unwrap();
        assert!(due.part.is_person() && due.role == Role::Seller);
    }
}

#[test]
fn buyers_go_where_others_saved_most_and_know_no_list_price_where_none_is_told() {
    let mut spec = population(Mechanism::Bargaining);
    spec.goods = 1;
    spec.sellers = vec![
        SellerGroup { stock: [200, 200], cost: [0.3, 0.3], ..sellers(5, "linear") },
        SellerGroup { stock: [200, 200], cost: [0.49, 0.49], ..sellers(5, "linear") },
    ];
    spec.buyers = vec![BuyerGroup { arrives: [1, 100], ..buyers(120, "linear") }];
    let cheap = |spec: &Population| {
        let (bazaar, ..) = played(spec);
        bazaar.market.sales.iter().filter(|sale| sale.stall < 5).count() as f64
            / bazaar.market.sales.len() as f64
    };
    let (blind, told) = (cheap(&spec), cheap(&Population { ratings: true, ..spec.clone() }));
    assert!(told > blind + 0.1, "{blind} {told}");
    let hidden = Population { list_prices: false, ..spec };
    let Drawn { scenario, cast } = hidden.draw(&products()).unwrap();
    let mut bazaar = Bazaar::new(scenario, cast);
    while bazaar.market.talks.is_empty() {
        bazaar.step(Millis(0));
    }
    let view = bazaar.view(0, Role::Buyer);
    let value = bazaar.market.talks[0].episode.budget;
    assert_eq!(view.table.listing.product.list_price, value);
    let seller = bazaar.view(0, Role::Seller);
    assert_ne!(seller.table.listing.product.list_price, value, "a seller knows its own");
}

#[test]
fn limits_lie_as_the_file_says_and_goods_are_of_its_categories() {
    let mut spec = population(Mechanism::Bargaining);
    let middling = |spec: &Population| {
        let scenario = spec.draw(&products()).unwrap().scenario;
        let of = |stall: &rules::market::Stall| {
            stall.cost.0 as f64 / scenario.goods[stall.good].list_price.0 as f64
        };
        let shares: Vec<f64> = scenario.stalls.iter().map(of).collect();
        assert!(shares.iter().all(|share| (0.39..0.71).contains(share)));
        shares.iter().filter(|share| (0.5..0.6).contains(*share)).count() as f64
            / shares.len() as f64
    };
    spec.sellers = vec![sellers(600, "linear")];
    let even = middling(&spec);
    spec.sellers[0].spread = Spread::Bell;
    let bell = middling(&spec);
    assert!((0.28..0.39).contains(&even) && bell > 0.5, "{even} {bell}");
    let mut other = products();
    other[0].category = "books".to_owned();
    spec.categories = vec!["books".to_owned()];
    assert!(spec.draw(&other).unwrap_err().to_string().contains("take 1 to 1"));
    spec.goods = 1;
    assert_eq!(spec.draw(&other).unwrap().scenario.goods[0].category, "books");
}

#[test]
fn who_comes_early_takes_from_who_would_gain_more_as_by_hand() {
    // One unit that costs 10; who values it at 30 is there from the first step, who values it at 50 comes in the
    // twentieth. The best would be the latter's: 40.
    let sold = |mechanism| {
        let mut spec = population(mechanism);
        spec.goods = 1;
        spec.sellers =
            vec![SellerGroup { cost: [0.1, 0.1], stock: [1, 1], ..sellers(1, "linear") }];
        spec.buyers = vec![
            BuyerGroup { value: [0.3, 0.3], ..buyers(1, "linear") },
            BuyerGroup { value: [0.5, 0.5], arrives: [20, 20], ..buyers(1, "linear") },
        ];
        let mut one = products();
        one.truncate(1);
        one[0].list_price = Mills::from_dollars(100);
        let Drawn { scenario, cast } = spec.draw(&one).unwrap();
        let mut bazaar = Bazaar::new(scenario, cast);
        while !bazaar.is_over() {
            bazaar.step(Millis(0));
        }
        let measured = measure(&bazaar.market);
        let [sale] = bazaar.market.sales.as_slice() else { panic!("one sale") };
        (sale.step, sale.price, measured.efficiency)
    };
    // 10 + 90 * 0.9^15 = 28.53 in the sixteenth step is the first at most 30: 20 of 40 are gained.
    let (step, price, efficiency) = sold(Mechanism::PostedPrice);
    assert_eq!((step, efficiency), (16, Some(0.5)));
    assert!((28_500..=28_560).contains(&price.0), "{price}");
    // The auction of the first step clears between 10 and 30.
    assert_eq!(sold(Mechanism::DoubleAuction), (1, Mills::from_dollars(20), Some(0.5)));
}
