//! What one side of a talk could have elsewhere: drawn from a small market around it.

use rules::market::{Buyer, MarketScenario, Mechanism, Stall, Want};
use rules::{Millis, Mills, Product, Role};

use super::bazaar::{Bazaar, Cast, Part};
use crate::Draw;

/// A market around one talk: other stalls and buyers of the same good, whose limits lie around the talk's own.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    pub product: &'a Product,
    pub budget: Mills,
    pub cost: Mills,
    /// Others of either side.
    pub rivals: u32,
    pub seed: u64,
}

/// Others' limits, in thousandths of the talk's own.
const LIMITS: [i64; 2] = [800, 1200];
/// Two talks after each other have ended by then.
const STEPS: u32 = 30;

impl Around<'_> {
    /// The limit of a side that may also go elsewhere: what it would have got in that market without this talk, where
    /// scripts play everybody, if that is better than the own limit; else the own one.
    pub fn limit(&self, role: Role) -> Mills {
        let mut draw = Draw::new(&[self.seed, 8]);
        let mut near = |of: Mills| {
            Mills(of.scale(draw.between(LIMITS[0], LIMITS[1]), 1000).round_to_cents().0.max(10))
        };
        let mut costs: Vec<Mills> = (0..self.rivals).map(|_| near(self.cost)).collect();
        let mut values: Vec<Mills> = (0..self.rivals).map(|_| near(self.budget)).collect();
        // Who asks is the last of its side; the other side of the talk is not there.
        match role {
            Role::Buyer => values.push(self.budget),
            Role::Seller => costs.push(self.cost),
        }
        let bazaar = self.play(&costs, &values);
        let sales = &bazaar.market.sales;
        match role {
            Role::Buyer => {
                let own = sales.iter().find(|sale| sale.buyer == values.len() - 1);
                own.map_or(self.budget, |sale| sale.price.min(self.budget))
            }
            Role::Seller => {
                let own = sales.iter().find(|sale| sale.stall == costs.len() - 1);
                own.map_or(self.cost, |sale| sale.price.max(self.cost))
            }
        }
    }

    fn play(&self, costs: &[Mills], values: &[Mills]) -> Bazaar {
        let stall = |cost: &Mills| Stall {
            good: 0,
            cost: *cost,
            stock: 1,
            persona: None,
            opens: Some(1),
            closes: None,
        };
        let buyer = |value: &Mills| Buyer {
            wants: vec![Want { good: 0, value: *value }],
            purse: *value,
            persona: None,
            arrives: Some(1),
            leaves: None,
        };
        let scenario = MarketScenario {
            goods: vec![self.product.clone()],
            stalls: costs.iter().map(stall).collect(),
            buyers: values.iter().map(buyer).collect(),
            shocks: Vec::new(),
            mechanism: Mechanism::Bargaining,
            rounds: 6,
            steps: STEPS,
            talks_at_once: 2,
            list_prices: true,
            ratings: false,
            seed: self.seed,
        };
        let part = |_: &Mills| Part::new("linear", "neutral");
        let cast = Cast {
            sellers: costs.iter().map(part).collect(),
            buyers: values.iter().map(part).collect(),
            sees: 2,
        };
        let mut bazaar = Bazaar::new(scenario, cast);
        while !bazaar.is_over() {
            bazaar.step(Millis(0));
        }
        bazaar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outside_option_is_never_worse_than_the_own_limit_and_often_better() {
        let product = Product {
            codename: "books_1".to_owned(),
            category: "books".to_owned(),
            title: "A book".to_owned(),
            description: String::new(),
            features: Vec::new(),
            list_price: Mills::from_dollars(100),
        };
        let (budget, cost) = (Mills::from_dollars(80), Mills::from_dollars(50));
        let around = |seed, rivals| Around { product: &product, budget, cost, rivals, seed };
        let mut better = [0, 0];
        for seed in 0..200 {
            let (buyer, seller) =
                (around(seed, 4).limit(Role::Buyer), around(seed, 4).limit(Role::Seller));
            assert!(buyer <= budget && seller >= cost);
            // Nobody sells below the cheapest, or pays more than the dearest.
            assert!(
                buyer >= cost.scale(LIMITS[0], 1000) && seller <= budget.scale(LIMITS[1], 1000)
            );
            assert_eq!(buyer, around(seed, 4).limit(Role::Buyer), "the same seed, the same market");
            better[0] += usize::from(buyer < budget);
            better[1] += usize::from(seller > cost);
            assert_eq!(around(seed, 0).limit(Role::Buyer), budget, "alone there is no elsewhere");
        }
        assert!(better.iter().all(|n| (100..195).contains(n)), "{better:?}");
    }
}
