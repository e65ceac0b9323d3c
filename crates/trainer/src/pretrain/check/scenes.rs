//! What is bargained over in the checks: held-out products, at their own prices or in a band of prices.

use policy::Draw;
use policy::corpus::Deal;
use rules::{Listing, Mills, OverLimit, PerRole, Protocol, Regulation, Scenario};

/// A band of list prices, in dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    pub name: &'static str,
    pub low: i64,
    pub high: i64,
}

/// From the cheapest to the dearest list price of a lesson.
pub const BANDS: [Band; 4] = [
    Band { name: "$5-20", low: 5, high: 20 },
    Band { name: "$20-100", low: 20, high: 100 },
    Band { name: "$100-1000", low: 100, high: 1000 },
    Band { name: "$1000-4300", low: 1000, high: 4300 },
];

/// The name of the products' own prices, beside those of the bands.
pub const OWN_PRICES: &str = "catalogue";

/// Six rounds, a regulated seller, nothing revealed.
pub fn scenario(deal: &Deal, personas: PerRole<Option<String>>, seed: u64) -> Scenario {
    let product = deal.product.clone();
    Scenario {
        listing: Listing { product, protocol: Protocol::PAPER, personas },
        budget: deal.budget,
        cost: deal.cost,
        regulation: Some(Regulation::CounterAtFloor),
        over_limit: OverLimit::Violation,
        reveal: false,
        seed,
    }
}

/// The product at a list price of the band, uniform in its logarithm: the budget four fifths of it, the cost
/// the same part of it as before.
pub fn within(band: Band, deal: &Deal, draw: &mut Draw) -> Deal {
    let (low, high) = (band.low as f64, band.high as f64);
    let place = draw.between(0, 1_000_000) as f64 / 1_000_000.0;
    let dollars = (low * (high / low).powf(place)).round() as i64;
    let list_price = Mills::from_dollars(dollars.clamp(band.low, band.high));
    let mut product = deal.product.clone();
    let cost = list_price.scale(deal.cost.0, product.list_price.0.max(1)).round_to_cents();
    product.list_price = list_price;
    Deal { product, budget: list_price.scale(4, 5), cost: cost.max(Mills::from_cents(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::Product;

    #[test]
    fn a_band_keeps_what_the_cost_is_of_the_price() {
        let product = Product {
            codename: "books_1".into(),
            category: "books".into(),
            title: "A book".into(),
            description: String::new(),
            features: Vec::new(),
            list_price: Mills::from_dollars(40),
        };
        let (budget, cost) = (Mills::from_dollars(32), Mills::from_dollars(20));
        let deal = Deal { product, budget, cost };
        let mut draw = Draw::new(&[1]);
        for band in BANDS {
            for _ in 0..50 {
                let deal = within(band, &deal, &mut draw);
                let list = deal.product.list_price;
                let ends = Mills::from_dollars(band.low)..=Mills::from_dollars(band.high);
                assert!(ends.contains(&list), "{list} in {}", band.name);
                assert_eq!((deal.budget, deal.cost), (list.scale(4, 5), list.scale(1, 2)));
            }
        }
    }
}
