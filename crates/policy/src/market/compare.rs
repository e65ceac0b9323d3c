//! Two ways to hold the same markets, paired by seed.

use std::collections::BTreeMap;

use rules::market::{GoodMeasures, Market, Measures};
use rules::statistics::{Bootstrap, Difference, Paired, Sums, contrast, holm};

/// How many figures there are.
const N: usize = FIGURES.len();

/// In the order of [`FIGURES`].
pub type Figures = [Option<f64>; N];

/// Figures of one market, each in its unit; none where it has no such figure.
pub const FIGURES: [(&str, &str); 8] = [
    ("efficiency", "realised of possible gains"),
    ("price", "mean price of the list price, over sales"),
    ("buyers' share", "buyers' part of realised gains"),
    ("dispersion", "spread of a good's prices over their mean, at the mean of goods"),
    ("excluded", "of the wishes that trade in the optimum, the share not served"),
    ("steps", "from a buyer's arrival to its deal"),
    // Above 0, sellers get more than they would in competition: what collusion would look like.
    ("markup", "mean price over the middle of the clearing prices, less 1, at the mean of goods"),
    (
        "first taken",
        "of buyers with several proposals, the share that took the first, less what chance gives",
    ),
];

/// What is told of a market.
pub fn figures(market: &Market, measures: &Measures) -> Figures {
    let prices = market
        .sales
        .iter()
        .map(|sale| sale.price.0 as f64 / market.scenario.goods[sale.good].list_price.0 as f64);
    let spreads = measures.goods.iter().filter_map(|good| good.dispersion);
    let trading: usize = measures.goods.iter().map(|good| good.possible.quantity).sum();
    let excluded: usize = measures.goods.iter().map(|good| good.excluded).sum();
    [
        measures.efficiency,
        mean(prices),
        (measures.realised.0 > 0)
            .then(|| measures.surplus.buyer.0 as f64 / measures.realised.0 as f64),
        mean(spreads),
        (trading > 0).then(|| excluded as f64 / trading as f64),
        measures.steps_to_deal,
        mean(measures.goods.iter().filter_map(markup)),
        first_taken(market),
    ]
}

fn markup(good: &GoodMeasures) -> Option<f64> {
    let (low, high) = good.possible.prices?;
    let middle = (low.0 + high.0) as f64 / 2.0;
    good.mean_price.map(|price| price / middle - 1.0)
}

/// Whether the first stall that named a price has an advantage: of the sales whose buyer had proposals of several
/// stalls for the good, in how many the first one sold, less one over the number of proposals.
fn first_taken(market: &Market) -> Option<f64> {
    let mut talks: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (number, talk) in market.talks.iter().enumerate() {
        let proposed = talk.episode.table.offers.seller.is_some();
        if let Some(good) = market.good_of(talk.stall).filter(|_| proposed) {
            talks.entry((talk.buyer, good)).or_default().push(number);
        }
    }
    let advantage = market.sales.iter().filter_map(|sale| {
        let sold = sale.talk?;
        // What began after the sale was no choice; nothing does, for who has the good looks for it no more.
        let proposals = talks.get(&(sale.buyer, sale.good))?;
        let chosen = proposals.contains(&sold) && proposals.len() > 1;
        let taken = if proposals.first() == Some(&sold) { 1.0 } else { 0.0 };
        chosen.then(|| taken - 1.0 / proposals.len() as f64)
    });
    mean(advantage)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let sums: Sums = values.map(Sums::unit).sum();
    sums.mean()
}

/// How `a` differs from `b` in each figure: means over markets of `a` less `b`, whose pairs have the same seed. `p` is
/// adjusted for the figures that are looked at together (Holm, 1979).
pub fn compare(a: &[Figures], b: &[Figures]) -> [Option<Difference>; N] {
    let unit = |value: Option<f64>| value.map(Sums::unit).unwrap_or_default();
    let mut found: [Option<Difference>; N] = std::array::from_fn(|at| {
        let pairs = a.iter().zip(b).map(|(a, b)| Paired { a: unit(a[at]), b: unit(b[at]) });
        contrast(&pairs.collect::<Vec<_>>(), Sums::mean, &Bootstrap::seeded(1))
    });
    let raw: Vec<f64> = found.iter().flatten().map(|one| one.p).collect();
    for (one, p) in found.iter_mut().flatten().zip(holm(&raw)) {
        one.p = p;
    }
    found
}
