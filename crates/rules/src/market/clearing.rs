//! What could be traded of one good: supply and demand, their equilibrium, and the sealed-bid double auction.

use crate::money::Mills;

/// Where supply meets demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Equilibrium {
    /// Units traded.
    pub quantity: usize,
    /// Prices at which just so many want to sell and to buy; none where nothing is traded.
    pub prices: Option<(Mills, Mills)>,
    /// The greatest sum of value less cost over any pairing: the most that trade can gain.
    pub gains: Mills,
}

/// Of units by their costs and wishes by their values, in any order. The dearest wishes with the cheapest units are an
/// optimal assignment, for a unit's gain is value less cost whoever is paired with whom.
pub fn equilibrium(costs: &[Mills], values: &[Mills]) -> Equilibrium {
    let (costs, values) = sorted(costs, values);
    let quantity = costs.iter().zip(&values).take_while(|(cost, value)| value >= cost).count();
    let gains = (0..quantity).map(|n| values[n] - costs[n]).sum();
    let prices = (quantity > 0).then(|| {
        // The last pair that trades, and the first one that does not, bound the price.
        let low =
            costs[quantity - 1].max(values.get(quantity).copied().unwrap_or(Mills::default()));
        let high = match costs.get(quantity) {
            Some(next) => values[quantity - 1].min(*next),
            None => values[quantity - 1],
        };
        (low, high)
    });
    Equilibrium { quantity, prices, gains }
}

/// Cheapest units and dearest wishes first.
fn sorted(costs: &[Mills], values: &[Mills]) -> (Vec<Mills>, Vec<Mills>) {
    let (mut costs, mut values) = (costs.to_vec(), values.to_vec());
    costs.sort_unstable();
    values.sort_unstable_by(|a, b| b.cmp(a));
    (costs, values)
}

/// A unit that an auction gives: places of the ask and the bid in what it was called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    pub ask: usize,
    pub bid: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auction {
    /// Of all trades; none where nothing is traded.
    pub price: Option<Mills>,
    pub trades: Vec<Trade>,
}

/// The sealed-bid k-double auction with `k = 1/2` (Chatterjee and Samuelson, 1983; for many, Rustichini, Satterthwaite
/// and Williams, 1994): the highest bids trade with the lowest asks as long as they cross, all at the middle of the
/// interval of clearing prices. Equal bids and asks are taken in their order.
pub fn double_auction(asks: &[Mills], bids: &[Mills]) -> Auction {
    let mut by_ask: Vec<usize> = (0..asks.len()).collect();
    let mut by_bid: Vec<usize> = (0..bids.len()).collect();
    by_ask.sort_by_key(|at| asks[*at]);
    by_bid.sort_by_key(|at| std::cmp::Reverse(bids[*at]));
    let found = equilibrium(asks, bids);
    let trades = by_ask.iter().zip(&by_bid).take(found.quantity);
    Auction {
        price: found.prices.map(|(low, high)| Mills(low.0 + (high.0 - low.0) / 2)),
        trades: trades.map(|(ask, bid)| Trade { ask: *ask, bid: *bid }).collect(),
    }
}
