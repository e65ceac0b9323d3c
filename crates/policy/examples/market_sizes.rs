//! How long a market of so many agents takes: `cargo run -p policy --example market_sizes`.
//!
//! Five buyers for each stall, one good for ten stalls, one thread.

use std::time::Instant;

use policy::market::{Bazaar, BuyerGroup, Population, SellerGroup, Spread};
use rules::market::{Mechanism, measure};
use rules::{Mills, Product};

fn main() {
    println!(
        "{:>8}{:>8}{:>10}{:>10}{:>10}{:>12}{:>14}",
        "stalls", "buyers", "seconds", "events", "sold", "efficiency", "us/(n log n)"
    );
    for stalls in [125, 250, 500, 1_000, 2_000, 4_000] {
        let products: Vec<Product> = (0..stalls / 10).map(product).collect();
        let drawn = population(stalls).draw(&products).expect("can be drawn");
        let begun = Instant::now();
        let mut bazaar = Bazaar::new(drawn.scenario, drawn.cast);
        let mut events = 0;
        while !bazaar.is_over() {
            events += bazaar.step(rules::Millis(0)).len();
        }
        let seconds = begun.elapsed().as_secs_f64();
        let agents = (stalls * 6) as f64;
        let found = measure(&bazaar.market);
        println!(
            "{stalls:>8}{:>8}{seconds:>10.3}{events:>10}{:>10}{:>12.3}{:>14.3}",
            stalls * 5,
            bazaar.market.sales.len(),
            found.efficiency.unwrap_or(0.0),
            seconds * 1e6 / (agents * agents.log2()),
        );
    }
}

fn product(n: usize) -> Product {
    Product {
        codename: format!("thing_{n}"),
        category: "things".to_owned(),
        title: format!("Thing number {n}"),
        description: "As good as new, and of a kind that is not made any more.".to_owned(),
        features: vec!["Light".to_owned(), "Strong".to_owned()],
        list_price: Mills::from_dollars(20 + (n as i64 * 37) % 500),
    }
}

fn population(stalls: usize) -> Population {
    let seller = |negotiator: &str| SellerGroup {
        count: stalls / 2,
        negotiator: negotiator.to_owned(),
        persona: "neutral".to_owned(),
        cost: [0.4, 0.7],
        spread: Spread::Even,
        stock: [3, 7],
        opens: [1, 1],
    };
    let buyer = |negotiator: &str| BuyerGroup {
        count: stalls * 5 / 2,
        negotiator: negotiator.to_owned(),
        persona: "neutral".to_owned(),
        value: [0.5, 0.9],
        spread: Spread::Even,
        wants: 1,
        purse: 1.0,
        arrives: [1, 60],
        stays: None,
    };
    Population {
        seed: 1,
        mechanism: Mechanism::Bargaining,
        goods: stalls / 10,
        categories: Vec::new(),
        steps: 200,
        rounds: 6,
        talks_at_once: 2,
        list_prices: true,
        ratings: false,
        sees: 5,
        sellers: vec![seller("linear"), seller("conceder")],
        buyers: vec![buyer("linear"), buyer("boulware")],
        shocks: Vec::new(),
    }
}
