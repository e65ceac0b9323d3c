//! A market of two stalls and two buyers, of whom one buys.

use app::market_desk::{
    MarketWanted, MarketsPage, PlayedMarket, ShareArm, ShareFigure, ShareHead, SharePage,
    SharesPage,
};
use rules::market::{
    Buyer, Market, MarketScenario, Mechanism, Stall, Want, advance, measure, sell,
};
use rules::statistics::{Difference, Interval};
use rules::{Mills, Product};
use uuid::Uuid;

pub fn page(wanted: &MarketWanted) -> MarketsPage {
    let product = Product {
        codename: "tea_1".to_owned(),
        category: "grocery".to_owned(),
        title: "Tea & <b>more</b>".to_owned(),
        description: String::new(),
        features: Vec::new(),
        list_price: Mills::from_dollars(40),
    };
    let stall = |cost| Stall {
        good: 0,
        cost: Mills::from_dollars(cost),
        stock: 1,
        persona: None,
        opens: Some(1),
        closes: None,
    };
    let buyer = |value| Buyer {
        wants: vec![Want { good: 0, value: Mills::from_dollars(value) }],
        purse: Mills::from_dollars(value),
        persona: None,
        arrives: Some(1),
        leaves: None,
    };
    let scenario = MarketScenario {
        goods: vec![product],
        stalls: vec![stall(10), stall(20)],
        buyers: vec![buyer(30), buyer(25)],
        shocks: Vec::new(),
        mechanism: Mechanism::Bargaining,
        rounds: 6,
        steps: 10,
        list_prices: true,
        ratings: false,
        talks_at_once: 1,
        seed: wanted.seed,
    };
    let mut market = Market::new(scenario);
    let begun = advance(&market, rules::Millis(0));
    market.absorb_all(&begun);
    let sold = sell(&market, 0, 0, Mills::from_dollars(22)).expect("both are there");
    market.absorb_all(&sold);
    let measures = measure(&market);
    let played = PlayedMarket { mechanism: "bargaining", market, measures, talks: 1 };
    MarketsPage { populations: vec!["bazaar".to_owned()], played: vec![played] }
}

/// One comparison, with a figure of which one share has an interval.
pub fn shares(id: Option<Uuid>) -> SharesPage {
    let head = ShareHead {
        id: Uuid::from_u128(7),
        population: "thin".to_owned(),
        of: "conceder".to_owned(),
        by: "boulware".to_owned(),
        seeds: 4,
        created_ms: 0,
    };
    let figure = |mean, interval: Option<(f64, f64)>| ShareFigure {
        name: "price",
        meaning: "mean price of the list price, over sales",
        mean: Some(mean),
        interval: interval.map(|(low, high)| Interval { low, high }),
        difference: interval.map(|(low, high)| Difference {
            value: mean - 0.7,
            interval: Some(Interval { low: low - 0.7, high: high - 0.7 }),
            p: 0.125,
            clusters: 4,
        }),
    };
    let arm = |share, figure| ShareArm {
        share,
        gain_by: (share > 0).then_some(0.2),
        gain_of: (share < 100).then_some(0.1),
        figures: vec![figure],
    };
    let shown = SharePage {
        head: head.clone(),
        command: "souk market share thin --of conceder --by boulware --seeds 4".to_owned(),
        code_version: "test".to_owned(),
        arms: vec![arm(0, figure(0.7, None)), arm(100, figure(0.6, Some((0.55, 0.65))))],
    };
    SharesPage {
        known: vec![head.clone()],
        shown: (id == Some(head.id)).then_some(shown),
        populations: vec![("thin".to_owned(), vec!["conceder".to_owned()])],
        scripts: vec!["linear".to_owned(), "boulware".to_owned()],
    }
}
