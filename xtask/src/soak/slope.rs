//! How fast something grows: a line that a few wild values do not bend.

/// Growth per unit of the abscissa, with the bounds of its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
}

/// The normal deviate of a two-sided 95%.
const DEVIATE: f64 = 1.96;

/// Theil and Sen: the median of the slopes of all pairs of points; the interval is Sen's (1968), from the variance
/// of Kendall's statistic without ties. It takes the points' errors for independent: neighbours that are not make
/// it too narrow, so give it medians of minutes rather than every sample. `None` below three points.
pub fn theil_sen(points: &[(f64, f64)]) -> Option<Slope> {
    let mut slopes: Vec<f64> = points
        .iter()
        .enumerate()
        .flat_map(|(index, (x, y))| {
            points[index + 1..].iter().map(move |(x2, y2)| (y2 - y) / (x2 - x))
        })
        .filter(|slope| slope.is_finite())
        .collect();
    if points.len() < 3 || slopes.is_empty() {
        return None;
    }
    slopes.sort_by(f64::total_cmp);
    let (n, pairs) = (points.len() as f64, slopes.len() as f64);
    let spread = DEVIATE * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let last = slopes.len() - 1;
    let rank = |rank: f64| slopes[(rank.round().max(0.0) as usize).min(last)];
    Some(Slope {
        estimate: median_sorted(&slopes),
        low: rank((pairs - spread) / 2.0 - 1.0),
        high: rank((pairs + spread) / 2.0),
    })
}

/// Of no values 0.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    median_sorted(&values)
}

fn median_sorted(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// The median of each stretch of `width` on the abscissa, at its middle.
pub fn medians(points: &[(f64, f64)], width: f64) -> Vec<(f64, f64)> {
    points
        .chunk_by(|(a, _), (b, _)| (a / width).floor() == (b / width).floor())
        .map(|chunk| {
            let middle = ((chunk[0].0 / width).floor() + 0.5) * width;
            (middle, median(chunk.iter().map(|(_, y)| *y)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_behind_wild_values() {
        let mut points: Vec<(f64, f64)> =
            (0..20).map(|x| (f64::from(x), 3.0 + 2.0 * f64::from(x))).collect();
        points[4].1 = 1e6;
        points[11].1 = -1e6;
        let slope = theil_sen(&points).unwrap();
        assert_eq!(slope.estimate, 2.0);
        assert!(slope.low <= 2.0 && 2.0 <= slope.high, "{slope:?}");
    }

    /// Worked by hand: slopes 1, 1, 1, 2, 2.5, 4 and a spread of 1.96 * sqrt(4 * 3 * 13 / 18) = 5.8, so ranks
    /// beyond both ends.
    #[test]
    fn the_interval_is_sens() {
        let points = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 6.0)];
        let slope = theil_sen(&points).unwrap();
        assert_eq!(slope, Slope { estimate: 1.5, low: 1.0, high: 4.0 });
        assert_eq!(theil_sen(&points[..2]), None);
    }

    #[test]
    fn noise_alone_has_an_interval_around_nothing() {
        let points: Vec<(f64, f64)> =
            (0..40).map(|x| (f64::from(x), f64::from((x * 17) % 23))).collect();
        let slope = theil_sen(&points).unwrap();
        assert!(slope.low < 0.0 && 0.0 < slope.high, "{slope:?}");
    }

    #[test]
    fn stretches_are_told_by_their_medians() {
        let points = [(0.0, 1.0), (10.0, 5.0), (50.0, 2.0), (60.0, 8.0), (185.0, 4.0)];
        assert_eq!(medians(&points, 60.0), [(30.0, 2.0), (90.0, 8.0), (210.0, 4.0)]);
    }
}
