//! How well a market did.

use super::clearing::{Equilibrium, equilibrium};
use super::state::{Market, Sale};
use crate::money::Mills;
use crate::scenario::PerRole;

/// Of one good.
#[derive(Clone, Debug, PartialEq)]
pub struct GoodMeasures {
    pub good: usize,
    /// As if all were there at once, at the costs of the beginning.
    pub possible: Equilibrium,
    pub sold: usize,
    /// Sum of value less cost over the sales.
    pub realised: Mills,
    /// Mean price in mills; none without a sale.
    pub mean_price: Option<f64>,
    /// Standard deviation of prices over their mean; none below two sales.
    pub dispersion: Option<f64>,
    /// Of the wishes that trade in the optimum, those that were not served.
    pub excluded: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    pub goods: Vec<GoodMeasures>,
    pub possible: Mills,
    pub realised: Mills,
    /// Realised over possible gains from trade (Smith, 1962); none where nothing could be gained.
    pub efficiency: Option<f64>,
    /// Value less price, and price less cost, over all sales.
    pub surplus: PerRole<Mills>,
    /// Steps from a buyer's arrival to the deal, at the mean.
    pub steps_to_deal: Option<f64>,
    /// The last sale's step.
    pub cleared: Option<u32>,
}

/// Of all that was sold, among those who have come. Possible gains ignore when people are there, and purses that are too small for all wants: both
/// can only take from them, so the efficiency is told too low, never too high, where costs did not change.
pub fn measure(market: &Market) -> Measures {
    let goods: Vec<GoodMeasures> =
        (0..market.scenario.goods.len()).map(|good| of_good(market, good)).collect();
    let possible: Mills = goods.iter().map(|one| one.possible.gains).sum();
    let realised: Mills = goods.iter().map(|one| one.realised).sum();
    let sales = &market.sales;
    let surplus = PerRole {
        buyer: sales.iter().map(|sale| sale.value - sale.price).sum(),
        seller: sales.iter().map(|sale| sale.price - sale.cost).sum(),
    };
    let steps = mean(sales.iter().map(|sale| f64::from(sale.after)));
    Measures {
        efficiency: (possible.0 > 0).then(|| realised.0 as f64 / possible.0 as f64),
        goods,
        possible,
        realised,
        surplus,
        steps_to_deal: steps,
        cleared: sales.iter().map(|sale| sale.step).max(),
    }
}

fn of_good(market: &Market, good: usize) -> GoodMeasures {
    let costs = market.costs(good);
    let came = |buyer: &usize| market.buyers[*buyer].came;
    let buyers = market.scenario.buyers.iter().enumerate().filter(|(buyer, _)| came(buyer));
    let wishes = buyers.flat_map(|(buyer, spec)| {
        let wanted = spec.wants.iter().filter(|want| want.good == good);
        wanted.map(move |want| (want.value, buyer))
    });
    let mut wishes: Vec<(Mills, usize)> = wishes.collect();
    wishes.sort_by_key(|(value, buyer)| (std::cmp::Reverse(*value), *buyer));
    let values: Vec<Mills> = wishes.iter().map(|(value, _)| *value).collect();
    let possible = equilibrium(&costs, &values);
    let sales: Vec<&Sale> = market.sales.iter().filter(|sale| sale.good == good).collect();
    let served: std::collections::BTreeSet<usize> = sales.iter().map(|sale| sale.buyer).collect();
    let trading = wishes.iter().take(possible.quantity);
    let prices = || sales.iter().map(|sale| sale.price.0 as f64);
    let mean_price = mean(prices());
    let dispersion = mean_price.filter(|_| sales.len() > 1).map(|middle| {
        let square: f64 = prices().map(|price| (price - middle).powi(2)).sum();
        (square / (sales.len() - 1) as f64).sqrt() / middle
    });
    GoodMeasures {
        good,
        possible,
        sold: sales.len(),
        realised: sales.iter().map(|sale| sale.value - sale.cost).sum(),
        mean_price,
        dispersion,
        excluded: trading.filter(|(_, buyer)| !served.contains(buyer)).count(),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (n, sum) = values.fold((0_u64, 0.0), |(n, sum), value| (n + 1, sum + value));
    (n > 0).then(|| sum / n as f64)
}
