//! Two agents on the scenarios that both played.

use std::collections::BTreeMap;

use rules::statistics::{Bootstrap, Paired, Question, Spread, Sums, contrast};
use store::Cell;
use wire::{Interval, PairPage, PairQuery, PowerRow};

/// Products in the lists of the worst and the best.
const LISTED: usize = 8;

struct Scene<'a> {
    product: &'a str,
    opponent: &'a str,
    a: f64,
    b: f64,
}

/// `cells` may be of any agents and roles.
pub fn pair(cells: &[Cell], query: &PairQuery) -> PairPage {
    let own = |name: &str| {
        let own = cells.iter().filter(|cell| cell.role == query.role && cell.agent == name);
        own.map(|cell| {
            (
                (&cell.product, &cell.opponent, &cell.personas.buyer, &cell.personas.seller),
                cell.payoff,
            )
        })
        .collect::<BTreeMap<_, _>>()
    };
    let (of_a, of_b) = (own(&query.a), own(&query.b));
    let scenes: Vec<Scene<'_>> = of_a
        .iter()
        .filter_map(|(scene, a)| {
            let b = of_b.get(scene)?;
            Some(Scene { product: scene.0, opponent: scene.1, a: *a, b: *b })
        })
        .collect();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let bootstrap = Bootstrap::seeded(1);
    let whole = difference(scenes.iter(), &bootstrap);
    let groups = |name: &dyn Fn(&Scene<'_>) -> String| {
        let mut found: BTreeMap<String, Vec<&Scene<'_>>> = BTreeMap::new();
        for scene in &scenes {
            found.entry(name(scene)).or_default().push(scene);
        }
        let row = |(name, scenes): (String, Vec<&Scene<'_>>)| {
            let count = number(scenes.len());
            let (interval, ..) = difference(scenes.into_iter(), &bootstrap);
            (name, count, interval)
        };
        found.into_iter().map(row).collect()
    };
    let by_product = products(scenes.iter());
    let mut gaps: Vec<(String, f64)> = by_product
        .iter()
        .filter_map(|(product, pair)| {
            Some(((*product).to_owned(), pair.a.mean()? - pair.b.mean()?))
        })
        .collect();
    gaps.sort_by(|x, y| x.1.total_cmp(&y.1));
    let (power, needed) = spread(&scenes).map(power).unwrap_or_default();
    PairPage {
        scenarios: number(scenes.len()),
        products: number(by_product.len()),
        a: mean(by_product.values().map(|pair| pair.a), &bootstrap),
        b: mean(by_product.values().map(|pair| pair.b), &bootstrap),
        difference: whole.0,
        p: whole.1,
        by_opponent: groups(&|scene| scene.opponent.to_owned()),
        by_category: groups(&|scene| category(scene.product)),
        lost: gaps.iter().filter(|(_, gap)| *gap < 0.0).take(LISTED).cloned().collect(),
        won: gaps.iter().rev().filter(|(_, gap)| *gap > 0.0).take(LISTED).cloned().collect(),
        power,
        needed,
    }
}

/// An id is `{source}.{category}_{number}`.
fn category(product: &str) -> String {
    let codename = product.split_once('.').map_or(product, |(_, codename)| codename);
    codename.rsplit_once('_').map_or(codename, |(category, _)| category).to_owned()
}

fn products<'a>(scenes: impl Iterator<Item = &'a Scene<'a>>) -> BTreeMap<&'a str, Paired> {
    let mut found: BTreeMap<&str, Paired> = BTreeMap::new();
    for scene in scenes {
        let pair = found.entry(scene.product).or_default();
        pair.a += Sums::unit(scene.a);
        pair.b += Sums::unit(scene.b);
    }
    found
}

fn difference<'a>(
    scenes: impl Iterator<Item = &'a Scene<'a>>,
    bootstrap: &Bootstrap,
) -> (Interval, Option<f64>) {
    let clusters: Vec<Paired> = products(scenes).into_values().collect();
    match contrast(&clusters, Sums::mean, bootstrap) {
        None => (Interval::default(), None),
        Some(found) => {
            let (low, high) = found.interval.map(|ends| (ends.low, ends.high)).unzip();
            (Interval { value: Some(found.value), low, high }, Some(found.p))
        }
    }
}

fn mean(clusters: impl Iterator<Item = Sums>, bootstrap: &Bootstrap) -> Interval {
    let clusters: Vec<Sums> = clusters.collect();
    let total: Sums = clusters.iter().copied().sum();
    let (low, high) =
        bootstrap.interval(&clusters, Sums::mean).map(|ends| (ends.low, ends.high)).unzip();
    Interval { value: total.mean(), low, high }
}

/// Of the differences. Where each product has one scenario, what differs within is part of what differs between.
fn spread(scenes: &[Scene<'_>]) -> Option<Spread> {
    let mut found: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for scene in scenes {
        found.entry(scene.product).or_default().push(scene.a - scene.b);
    }
    let products: Vec<Vec<f64>> = found.into_values().collect();
    Spread::of(&products).or_else(|| {
        let all: Vec<f64> = products.into_iter().flatten().collect();
        let n = all.len() as f64;
        let mean = all.iter().sum::<f64>() / n;
        let variance = all.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (n > 1.0).then_some(Spread { between: variance, within: 0.0 })
    })
}

fn power(spread: Spread) -> (Vec<PowerRow>, Vec<(f64, u64)>) {
    let question = Question::default();
    let rows = [32, 64, 128, 256].into_iter().flat_map(|products| {
        let at = move |scenarios| PowerRow {
            products,
            scenarios,
            difference: question.smallest_difference(spread, products, scenarios),
        };
        [1, 4].map(at)
    });
    let needed = [0.02, 0.05, 0.1].map(|gap| (gap, question.products(spread, gap, 1)));
    (rows.collect(), needed.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::{PerRole, Role};

    fn cell(agent: &str, opponent: &str, product: usize, payoff: f64) -> Cell {
        Cell {
            agent: agent.into(),
            title: agent.into(),
            role: Role::Buyer,
            product: format!(
                "souk.{}_{product}",
                if product.is_multiple_of(2) { "books" } else { "toys-games" }
            ),
            opponent: opponent.into(),
            personas: PerRole::default(),
            episodes: 1,
            payoff,
        }
    }

    fn query() -> PairQuery {
        PairQuery { role: Role::Buyer, a: "new".into(), b: "old".into() }
    }

    #[test]
    fn only_what_both_played_counts() {
        let mut cells = Vec::new();
        for product in 0..40 {
            let ease = product as f64 / 100.0;
            for (opponent, gain) in [("hard", 0.05), ("soft", 0.15)] {
                cells.push(cell("new", opponent, product, ease + gain));
                cells.push(cell("old", opponent, product, ease));
            }
            // Nobody to compare with.
            cells.push(cell("new", "easy", product, 0.9));
        }
        cells[0].payoff = -1.0;
        let page = pair(&cells, &query());
        assert_eq!((page.scenarios, page.products), (80, 40));
        let value = page.difference.value.unwrap();
        assert!((value - (0.1 - 1.05 / 80.0)).abs() < 1e-9, "{value}");
        assert!((page.a.value.unwrap() - page.b.value.unwrap() - value).abs() < 1e-9);
        assert!(page.p.unwrap() < 0.05 && page.difference.low.unwrap() < value);
        assert_eq!(page.by_opponent.len(), 2);
        assert!((page.by_opponent[1].2.value.unwrap() - 0.15).abs() < 1e-9);
        let categories: Vec<_> =
            page.by_category.iter().map(|(name, n, _)| (name.as_str(), *n)).collect();
        assert_eq!(categories, [("books", 40), ("toys-games", 40)]);
        assert_eq!(page.lost.len(), 1);
        assert_eq!(page.lost[0].0, "souk.books_0");
        assert_eq!(page.won.len(), LISTED);
        assert!(page.power[0].difference > page.power[1].difference, "more scenarios see more");
        assert!(page.needed[0].1 > page.needed[2].1);
    }

    #[test]
    fn who_met_nothing_alike_is_not_compared() {
        let cells = [cell("new", "hard", 1, 0.5), cell("old", "soft", 1, 0.5)];
        assert_eq!(pair(&cells, &query()), PairPage::default());
    }
}
