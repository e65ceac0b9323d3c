//! Percentile intervals from resampled clusters.

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::SplitMix64;

/// Both ends of a confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// What estimates are computed from: sums over units, so that a cluster is a handful of numbers and
/// a resample of clusters is a sum of sums.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// Units: episodes, deals, moves, whatever the definition counts.
    pub n: f64,
    pub x: f64,
    pub y: f64,
    pub xx: f64,
    pub xy: f64,
}

impl Sums {
    /// One unit of value `y`.
    pub fn unit(y: f64) -> Sums {
        Sums::pooled(y, 1.0)
    }

    /// `n` units whose values sum to `y`.
    pub fn pooled(y: f64, n: f64) -> Sums {
        Sums { n, y, ..Sums::default() }
    }

    /// One point of a regression of `y` on `x`.
    pub fn point(x: f64, y: f64) -> Sums {
        Sums { n: 1.0, x, y, xx: x * x, xy: x * y }
    }

    /// `sum(y) / n`.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0.0).then(|| self.y / self.n)
    }

    /// The least-squares slope of `y` on `x`. `None` where all `x` are the same.
    pub fn slope(&self) -> Option<f64> {
        let spread = self.n * self.xx - self.x * self.x;
        let rounding = 1e-9 * self.n * self.xx;
        (spread > rounding).then(|| (self.n * self.xy - self.x * self.y) / spread)
    }
}

impl Add for Sums {
    type Output = Sums;
    fn add(self, other: Sums) -> Sums {
        Sums {
            n: self.n + other.n,
            x: self.x + other.x,
            y: self.y + other.y,
            xx: self.xx + other.xx,
            xy: self.xy + other.xy,
        }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Sums) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Sums {
    fn sum<I: Iterator<Item = Sums>>(iter: I) -> Sums {
        iter.fold(Sums::default(), Add::add)
    }
}

/// How intervals are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    pub seed: u64,
    /// How often the clusters are resampled. Default 1,000.
    pub resamples: usize,
    /// Default 0.95.
    pub level: f64,
}

impl Default for Bootstrap {
    fn default() -> Bootstrap {
        Bootstrap { seed: 0, resamples: 1_000, level: 0.95 }
    }
}

impl Bootstrap {
    pub fn seeded(seed: u64) -> Bootstrap {
        Bootstrap { seed, ..Bootstrap::default() }
    }

    /// The percentile interval of an estimate: as many clusters as there are, drawn with
    /// replacement, give one estimate; the interval spans the middle `level` of them. Resamples
    /// without an estimate are left out. `None` with fewer than two clusters.
    pub fn interval(
        &self,
        clusters: &[Sums],
        estimate: impl Fn(&Sums) -> Option<f64>,
    ) -> Option<Interval> {
        if clusters.len() < 2 {
            return None;
        }
        let mut chance = SplitMix64::new(self.seed);
        let mut draw = || clusters[chance.below(clusters.len())];
        let estimates = (0..self.resamples).filter_map(|_| {
            let resample: Sums = (0..clusters.len()).map(|_| draw()).sum();
            estimate(&resample)
        });
        self.middle(estimates.collect())
    }

    /// How often each of `clusters` is drawn, for every resample.
    pub fn weights(&self, clusters: usize) -> impl Iterator<Item = Vec<f64>> {
        let mut chance = SplitMix64::new(self.seed);
        (0..self.resamples).map(move |_| {
            let mut weights = vec![0.0; clusters];
            (0..clusters).for_each(|_| weights[chance.below(clusters)] += 1.0);
            weights
        })
    }

    /// The interval that holds the middle `level` of `values`. `None` for no values.
    pub fn middle(&self, mut values: Vec<f64>) -> Option<Interval> {
        values.sort_by(f64::total_cmp);
        let tail = (1.0 - self.level) / 2.0;
        Some(Interval { low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
    }
}

/// The quantile of sorted values, linear between neighbours.
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let place = q.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    Some(below + (above - below) * place.fract())
}

/// The Wilson score interval (Wilson 1927) of `successes` out of `n`, 95%. For shares where all
/// clusters agree: there a bootstrap sees no spread and would claim certainty.
pub fn wilson(successes: f64, n: f64) -> Interval {
    const Z: f64 = 1.959_963_984_540_054;
    let share = successes / n;
    let shrink = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / shrink;
    let half = Z / shrink * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}
