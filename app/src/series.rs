//! What was measured, as it comes in.

use wire::Series;

/// The last iteration that a series knows: the cursor for what follows.
pub fn last(series: &Series) -> u32 {
    series.iterations.last().copied().unwrap_or(0)
}

/// Appends what is later than all that is there. A metric that begins or ends to be measured has no
/// value where it was not.
pub fn extend(series: &mut Series, more: &Series) {
    let known = last(series);
    for (at, iteration) in more.iterations.iter().enumerate().filter(|(_, i)| **i > known) {
        let before = series.iterations.len();
        series.iterations.push(*iteration);
        series.worked_ms.push(more.worked_ms.get(at).copied().unwrap_or(0));
        series.episodes.push(more.episodes.get(at).copied().unwrap_or(0));
        for (key, values) in &more.columns {
            let column = series.columns.entry(key.clone()).or_default();
            column.resize(before, None);
            column.push(values.get(at).copied().flatten());
        }
    }
    for column in series.columns.values_mut() {
        column.resize(series.iterations.len(), None);
    }
}

/// Takes away what is later than `iteration`: a run that is tried again goes back to a checkpoint.
pub fn cut(series: &mut Series, iteration: u32) {
    let keep = series.iterations.partition_point(|i| *i <= iteration);
    series.iterations.truncate(keep);
    series.worked_ms.truncate(keep);
    series.episodes.truncate(keep);
    series.columns.values_mut().for_each(|column| column.truncate(keep));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn series(iterations: &[u32], key: &str) -> Series {
        Series {
            iterations: iterations.to_vec(),
            worked_ms: iterations.iter().map(|i| u64::from(*i) * 10).collect(),
            episodes: iterations.iter().map(|i| u64::from(*i) * 8).collect(),
            columns: BTreeMap::from([(
                key.to_owned(),
                iterations.iter().map(|i| Some(f64::from(*i))).collect(),
            )]),
        }
    }

    #[test]
    fn only_what_is_later_is_taken() {
        let mut all = series(&[1, 2], "kl");
        extend(&mut all, &series(&[2, 3], "kl"));
        assert_eq!(all, series(&[1, 2, 3], "kl"));
        assert_eq!(last(&all), 3);
        assert_eq!(last(&Series::default()), 0);
    }

    #[test]
    fn a_run_may_go_back() {
        let mut all = series(&[1, 2, 3], "kl");
        cut(&mut all, 2);
        assert_eq!(all, series(&[1, 2], "kl"));
    }

    #[test]
    fn columns_keep_one_length() {
        let mut all = series(&[1, 2], "kl");
        extend(&mut all, &series(&[3], "entropy"));
        assert_eq!(all.columns["kl"], [Some(1.0), Some(2.0), None]);
        assert_eq!(all.columns["entropy"], [None, None, Some(3.0)]);
    }
}
