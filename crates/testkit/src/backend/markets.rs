//! A market of two stalls and two buyers, of whom one buys.

use app::market_desk::{MarketWanted, MarketsPage, PlayedMarket};
use rules::market::{
    Buyer, Market, MarketScenario, Mechanism, Stall, Want, advance, measure, sell,
};
use rules::{Mills, Product};

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
