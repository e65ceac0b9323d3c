//! What a participant can be assigned: a condition, or an order of all of them.

use crate::definition::{Design, MOST_CONDITIONS, MOST_NEGOTIATIONS, MOST_WEIGHT, Study};

/// Conditions of one participant's negotiations, by their place in the study, in order.
pub type Cell = Vec<usize>;

/// All cells, each as often as its weight says. Of what cannot be launched, as much as could be.
pub fn cells(study: &Study) -> Vec<Cell> {
    let times = study.negotiations.min(MOST_NEGOTIATIONS) as usize;
    let conditions = study.conditions.len().min(MOST_CONDITIONS);
    match study.design {
        Design::Between => study
            .conditions
            .iter()
            .take(conditions)
            .enumerate()
            .flat_map(|(n, condition)| {
                let weight = condition.weight.clamp(1, MOST_WEIGHT) as usize;
                std::iter::repeat_n(vec![n; times], weight)
            })
            .collect(),
        Design::Within => williams(conditions)
            .into_iter()
            .map(|order| order.into_iter().flat_map(|n| std::iter::repeat_n(n, times)).collect())
            .collect(),
    }
}

/// Orders of a balanced Latin square: every condition comes equally often at each place, and behind each other one.
/// Of an odd number it takes twice as many (Williams, 1949).
pub fn williams(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return Vec::new();
    }
    // 0, 1, n-1, 2, n-2, ...
    let first: Vec<usize> = (0..n)
        .map(|place| if place % 2 == 1 { place.div_ceil(2) } else { (n - place / 2) % n })
        .collect();
    let rows: Vec<Vec<usize>> =
        (0..n).map(|shift| first.iter().map(|one| (one + shift) % n).collect()).collect();
    if n.is_multiple_of(2) || n == 1 {
        return rows;
    }
    let reversed = rows.iter().map(|row| row.iter().rev().copied().collect());
    rows.iter().cloned().chain(reversed).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A draft's page asks for its cells, too.
    #[test]
    fn what_cannot_be_launched_has_no_more_cells_than_what_can() {
        let mut study = Study::read(include_str!("../studies/base-vs-trained.toml")).unwrap();
        study.negotiations = u32::MAX;
        study.conditions[0].weight = u32::MAX;
        let between = cells(&study);
        assert_eq!(between.len(), MOST_WEIGHT as usize + 1);
        assert!(between.iter().all(|cell| cell.len() == MOST_NEGOTIATIONS as usize));
        study.design = Design::Within;
        let one = study.conditions[0].clone();
        study.conditions = vec![one; 3 * MOST_CONDITIONS];
        assert_eq!(cells(&study).len(), MOST_CONDITIONS);
        assert_eq!(study.negotiations_of_each(), u32::MAX);
        let places: Vec<String> =
            study.flaws(&[], &[]).into_iter().map(|flaw| flaw.place).collect();
        assert!(places.iter().any(|place| place == "conditions"), "{places:?}");
        assert!(places.iter().any(|place| place == "negotiations"), "{places:?}");
    }

    #[test]
    fn each_condition_comes_at_each_place_and_behind_each_other_equally_often() {
        for n in 1..=7 {
            let rows = williams(n);
            assert_eq!(rows.len(), if n % 2 == 0 || n == 1 { n } else { 2 * n });
            let (mut places, mut pairs) = (BTreeMap::new(), BTreeMap::new());
            for row in &rows {
                let mut sorted = row.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..n).collect::<Vec<_>>(), "{row:?}");
                for (place, one) in row.iter().enumerate() {
                    *places.entry((place, *one)).or_insert(0) += 1;
                }
                for pair in row.windows(2) {
                    *pairs.entry((pair[0], pair[1])).or_insert(0) += 1;
                }
            }
            let same = |counts: Vec<i32>| counts.windows(2).all(|two| two[0] == two[1]);
            assert!(same(places.values().copied().collect()), "{n}: {places:?}");
            assert!(same(pairs.values().copied().collect()), "{n}: {pairs:?}");
            assert_eq!(pairs.len(), n * (n - 1));
        }
    }
}
