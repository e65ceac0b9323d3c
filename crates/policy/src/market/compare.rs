//! Two ways to hold the same markets, paired by seed.

use rules::market::{Market, Measures};
use rules::statistics::{Bootstrap, Difference, Paired, Sums, contrast, holm};

/// Figures of one market, each in its unit; none where it has no such figure.
pub const FIGURES: [(&str, &str); 6] = [
    ("efficiency", "realised of possible gains"),
    ("price", "mean price of the list price, over sales"),
    ("buyers' share", "buyers' part of realised gains"),
    ("dispersion", "spread of a good's prices over their mean, at the mean of goods"),
    ("excluded", "of the wishes that trade in the optimum, the share not served"),
    ("steps", "from a buyer's arrival to its deal"),
];

/// In the order of [`FIGURES`].
pub fn figures(market: &Market, measures: &Measures) -> [Option<f64>; 6] {
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
    ]
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let sums: Sums = values.map(Sums::unit).sum();
    sums.mean()
}

/// How `a` differs from `b` in each figure: means over markets of `a` less `b`, whose pairs have the same seed. `p` is
/// adjusted for the figures that are looked at together (Holm, 1979).
pub fn compare(a: &[[Option<f64>; 6]], b: &[[Option<f64>; 6]]) -> [Option<Difference>; 6] {
    let unit = |value: Option<f64>| value.map(Sums::unit).unwrap_or_default();
    let mut found: [Option<Difference>; 6] = std::array::from_fn(|at| {
        let pairs = a.iter().zip(b).map(|(a, b)| Paired { a: unit(a[at]), b: unit(b[at]) });
        contrast(&pairs.collect::<Vec<_>>(), Sums::mean, &Bootstrap::seeded(1))
    });
    let raw: Vec<f64> = found.iter().flatten().map(|one| one.p).collect();
    for (one, p) in found.iter_mut().flatten().zip(holm(&raw)) {
        one.p = p;
    }
    found
}
