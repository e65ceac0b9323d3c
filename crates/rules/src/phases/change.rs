//! Change points of several series at once.

/// One measure over the iterations, with running sums, so that a mean or a cost over any stretch is
/// a difference of two.
pub(super) struct Series {
    values: Vec<Option<f64>>,
    /// Count, sum and sum of squares of the known values before each place.
    before: Vec<(f64, f64, f64)>,
}

impl Series {
    pub(super) fn of(values: impl Iterator<Item = Option<f64>>) -> Series {
        let values: Vec<Option<f64>> =
            values.map(|value| value.filter(|value| value.is_finite())).collect();
        let mut before = vec![(0.0, 0.0, 0.0)];
        let (mut n, mut sum, mut squares) = before[0];
        for value in &values {
            if let Some(value) = value {
                (n, sum, squares) = (n + 1.0, sum + value, squares + value * value);
            }
            before.push((n, sum, squares));
        }
        Series { values, before }
    }

    fn known(&self) -> Vec<f64> {
        self.values.iter().copied().flatten().collect()
    }

    fn sums(&self, from: usize, to: usize) -> (f64, f64, f64) {
        let (a, b) = (self.before[from], self.before[to]);
        (b.0 - a.0, b.1 - a.1, b.2 - a.2)
    }

    /// Over the known values from `from` up to `to`, without `to`.
    pub(super) fn mean(&self, from: usize, to: usize) -> Option<f64> {
        let (n, sum, _) = self.sums(from, to);
        (n > 0.0).then(|| sum / n)
    }

    /// The squared distance of the known values to their mean, over the same stretch as `mean`.
    fn cost(&self, from: usize, to: usize) -> f64 {
        let (n, sum, squares) = self.sums(from, to);
        if n > 0.0 { (squares - sum * sum / n).max(0.0) } else { 0.0 }
    }

    /// In standard deviations of its noise around its median: centred, so that the running sums
    /// stay small.
    pub(super) fn scaled(&self, least_noise: f64) -> Series {
        let known = self.known();
        let centre = median(known.clone()).unwrap_or(0.0);
        // A noise of 0 would make every cost infinite.
        let noise = noise(&known).max(least_noise).max(f64::EPSILON);
        Series::of(self.values.iter().map(|value| value.map(|value| (value - centre) / noise)))
    }
}

/// The standard deviation of normal noise around a level that moves slowly or rarely: 1.4826 turns
/// a median absolute deviation into a standard deviation, and a difference has twice the variance.
/// 0 for fewer than two values.
fn noise(known: &[f64]) -> f64 {
    let differences: Vec<f64> = known.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let centre = median(differences.clone()).unwrap_or(0.0);
    let deviations = differences.into_iter().map(|d| (d - centre).abs()).collect();
    1.4826 * median(deviations).unwrap_or(0.0) / std::f64::consts::SQRT_2
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => Some(values[middle]),
        _ => Some((values[middle.checked_sub(1)?] + values[middle]) / 2.0),
    }
}

/// BIC's price of one change: a mean for each series that can have changed, and the change's place.
pub(super) fn bic(series: &[Series]) -> f64 {
    let measured = series.iter().filter(|series| series.known().len() >= 2).count();
    let iterations = series.iter().map(|series| series.values.len()).max().unwrap_or(0);
    (measured + 1) as f64 * (iterations.max(1) as f64).ln()
}

fn joint_cost(series: &[Series], from: usize, to: usize) -> f64 {
    series.iter().map(|series| series.cost(from, to)).sum()
}

/// How much a change at `at` saves between `from` and `to`.
pub(super) fn drop_in_cost(series: &[Series], from: usize, at: usize, to: usize) -> f64 {
    joint_cost(series, from, to) - joint_cost(series, from, at) - joint_cost(series, at, to)
}

/// Where the segments of the cheapest partition of `n` iterations start, the first at 0. Segments
/// have `least_span` iterations at least, unless there are fewer than that: then there is one
/// segment. Of equally cheap last segments, the longest.
pub(super) fn partition(
    series: &[Series],
    n: usize,
    least_span: usize,
    penalty: f64,
) -> Vec<usize> {
    if n == 0 {
        return Vec::new();
    }
    // Per end: the cost of the cheapest partition up to it, and where its last segment starts.
    let mut cheapest = vec![(f64::INFINITY, 0); n + 1];
    cheapest[0] = (0.0, 0);
    for end in 1..=n {
        let whole = (joint_cost(series, 0, end), 0);
        let split = (least_span..=end.saturating_sub(least_span))
            .map(|start| (cheapest[start].0 + penalty + joint_cost(series, start, end), start));
        cheapest[end] = split.fold(whole, |best, next| if next.0 < best.0 { next } else { best });
    }
    let mut starts = vec![cheapest[n].1];
    while let Some(&start) = starts.last().filter(|start| **start > 0) {
        starts.push(cheapest[start].1);
    }
    starts.reverse();
    starts
}
