//! After the reveal: the deal's place between both limits, as places in a drawing.

use rules::{Mills, Outcome};
use wire::Reveal;

/// The drawing's width in its own units, as the ladder's.
pub const WIDTH: i32 = 720;
const MARGIN: i32 = 48;

/// The zone of possible agreement on a line of prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zone {
    pub cost_x: i32,
    pub budget_x: i32,
    pub price_x: Option<i32>,
    /// Whether any price could have served both.
    pub possible: bool,
}

/// The price that a reveal is about: agreed, or offered beyond a limit.
pub fn price(outcome: Outcome) -> Option<Mills> {
    match outcome {
        Outcome::Deal { price, .. } | Outcome::BudgetViolation { price, .. } => Some(price),
        _ => None,
    }
}

pub fn zone(reveal: &Reveal) -> Zone {
    let price = price(reveal.outcome);
    let points = [Some(reveal.cost), Some(reveal.budget), price];
    let low = points.iter().flatten().min().map_or(0, |m| m.0);
    let high = points.iter().flatten().max().map_or(0, |m| m.0);
    let width = i64::from(WIDTH - 2 * MARGIN);
    // Where both limits are one price, everything stands in the middle.
    let x = |amount: Mills| {
        let along = if high > low { (amount.0 - low) * width / (high - low) } else { width / 2 };
        MARGIN + i32::try_from(along).expect("at most the width")
    };
    Zone {
        cost_x: x(reveal.cost),
        budget_x: x(reveal.budget),
        price_x: price.map(x),
        possible: reveal.budget >= reveal.cost,
    }
}

/// The buyer's and the seller's share of the surplus in whole percent, 100 together; `None` where
/// there was none to share or a side lost by the deal.
pub fn split(reveal: &Reveal) -> Option<(u32, u32)> {
    let (buyer, seller) = (reveal.surplus.buyer.0, reveal.surplus.seller.0);
    let whole = buyer + seller;
    if whole <= 0 || buyer < 0 || seller < 0 {
        return None;
    }
    // Rounded to the nearest whole percent.
    let buyer = u32::try_from((buyer * 200 + whole) / (2 * whole)).expect("at most 100");
    Some((buyer, 100 - buyer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::PerRole;
    use wire::{Comparison, Score};

    fn reveal(budget: i64, cost: i64, price: Option<i64>) -> Reveal {
        let dollars = Mills::from_dollars;
        let score = Score {
            reward: "paper".into(),
            version: 1,
            value: None,
            formula: String::new(),
            filled: String::new(),
            terms: Vec::new(),
        };
        let outcome =
            price.map_or(Outcome::Timeout, |p| Outcome::Deal { price: dollars(p), round: 1 });
        let surplus = price.map_or(PerRole::default(), |p| PerRole {
            buyer: dollars(budget - p),
            seller: dollars(p - cost),
        });
        Reveal {
            budget: dollars(budget),
            cost: dollars(cost),
            outcome,
            surplus,
            position: None,
            scores: PerRole { buyer: score.clone(), seller: score },
            comparison: Comparison { rows: Vec::new() },
        }
    }

    #[test]
    fn the_price_stands_between_the_limits() {
        let zone = zone(&reveal(80, 50, Some(65)));
        assert!(zone.possible);
        assert_eq!((zone.cost_x, zone.budget_x), (MARGIN, WIDTH - MARGIN));
        assert_eq!(zone.price_x, Some(WIDTH / 2));
    }

    #[test]
    fn a_conflict_has_no_zone_and_no_split() {
        let reveal = reveal(50, 80, None);
        assert!(!zone(&reveal).possible);
        assert!(zone(&reveal).budget_x < zone(&reveal).cost_x);
        assert_eq!(split(&reveal), None);
    }

    #[test]
    fn shares_make_a_whole() {
        assert_eq!(split(&reveal(80, 50, Some(60))), Some((67, 33)));
        assert_eq!(split(&reveal(80, 50, Some(90))), None, "the buyer lost");
    }

    #[test]
    fn equal_limits_do_not_divide_by_zero() {
        assert_eq!(zone(&reveal(50, 50, None)).cost_x, WIDTH / 2);
    }
}
