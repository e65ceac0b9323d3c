//! Agreement between raters.

/// Krippendorff's alpha for ordered categories: `1 - observed / expected` disagreement, where two
/// categories are the farther apart the more values lie between them (Krippendorff, Computing
/// Krippendorff's Alpha-Reliability, 2011). 1 is agreement, 0 what chance gives.
///
/// `units` has the values that raters gave to each thing; things with fewer than two say nothing. `None`
/// where nothing was rated twice, or all values are the same.
pub fn ordinal_alpha(units: &[Vec<u8>]) -> Option<f64> {
    let units: Vec<&Vec<u8>> = units.iter().filter(|values| values.len() > 1).collect();
    let mut counts = [0.0_f64; 256];
    for value in units.iter().copied().flatten() {
        counts[usize::from(*value)] += 1.0;
    }
    let n: f64 = counts.iter().sum();
    let distance = |a: u8, b: u8| {
        let (low, high) = (usize::from(a.min(b)), usize::from(a.max(b)));
        let between: f64 = counts[low..=high].iter().sum();
        let steps = between - (counts[low] + counts[high]) / 2.0;
        steps * steps
    };
    let mut observed = 0.0;
    for values in &units {
        let pairs = values.iter().flat_map(|a| values.iter().map(move |b| (*a, *b)));
        let apart: f64 = pairs.map(|(a, b)| distance(a, b)).sum();
        observed += apart / (values.len() as f64 - 1.0);
    }
    let mut expected = 0.0;
    for a in 0..=u8::MAX {
        for b in 0..=u8::MAX {
            let (of_a, of_b) = (counts[usize::from(a)], counts[usize::from(b)]);
            if of_a > 0.0 && of_b > 0.0 {
                expected += of_a * of_b * distance(a, b);
            }
        }
    }
    (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
}
