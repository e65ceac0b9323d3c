//! How many participants it takes, by simulation from those of a pilot.

use rules::statistics::{Bootstrap, Sums};
use serde::{Deserialize, Serialize};

use crate::chance::Draw;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// A difference of means that should be seen.
    pub difference: f64,
    /// Two-sided.
    pub alpha: f64,
    pub power: f64,
}

impl Default for Wish {
    fn default() -> Wish {
        Wish { difference: 0.1, alpha: 0.05, power: 0.8 }
    }
}

/// How often a difference was seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Participants of each condition.
    pub each: u32,
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

/// Draws participants of a pilot again and again, each with its own mean over its negotiations, moves one condition by
/// the difference, and tests by Welch's statistic with the normal's quantile. `pilot` holds each participant's mean.
pub fn simulate(pilot: &[f64], wish: Wish, sizes: &[u32], times: u32, seed: u64) -> Vec<Seen> {
    let critical = quantile(1.0 - wish.alpha / 2.0);
    let one = |each: &u32| {
        let mut draw = Draw::new(&[seed, u64::from(*each)]);
        let mut sample = |shift: f64| -> (f64, f64) {
            let drawn: Vec<f64> = (0..*each).map(|_| *draw.pick(pilot) + shift).collect();
            let n = drawn.len() as f64;
            let mean = drawn.iter().sum::<f64>() / n;
            let square = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
            (mean, square / (n - 1.0).max(1.0) / n)
        };
        let seen = (0..times)
            .filter(|_| {
                let ((a, va), (b, vb)) = (sample(0.0), sample(wish.difference));
                (b - a).abs() > critical * (va + vb).sqrt()
            })
            .count();
        let ends = rules::statistics::wilson(seen as f64, f64::from(times));
        let share = seen as f64 / f64::from(times.max(1));
        Seen { each: *each, share, low: ends.low, high: ends.high }
    };
    if pilot.len() < 2 { Vec::new() } else { sizes.iter().map(one).collect() }
}

/// The smallest number of participants of each condition whose power suffices, up to `most`.
pub fn needed(pilot: &[f64], wish: Wish, most: u32, times: u32, seed: u64) -> Option<u32> {
    let enough = |each: u32| {
        let seen = simulate(pilot, wish, &[each], times, seed);
        seen.first().is_some_and(|seen| seen.share >= wish.power)
    };
    if !enough(most) {
        return None;
    }
    let (mut below, mut there) = (1, most);
    while there - below > 1 {
        let middle = below + (there - below) / 2;
        if enough(middle) { there = middle } else { below = middle }
    }
    Some(there)
}

/// Mean with an interval of 95%, participants resampled whole.
pub fn mean(of_each: &[f64]) -> (Option<f64>, Option<rules::statistics::Interval>) {
    let units: Vec<Sums> = of_each.iter().copied().map(Sums::unit).collect();
    let total: Sums = units.iter().copied().sum();
    (total.mean(), Bootstrap::seeded(1).interval(&units, Sums::mean))
}

/// Of the standard normal, by Acklam's approximation (relative error below 1.2e-9).
fn quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.383_577_518_672_69e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 5] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 4] =
        [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
    let poly = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, c| sum * x + c);
    let tail = |q: f64| poly(&C, q) / (poly(&D, q) * q + 1.0);
    if p < 0.02425 {
        tail((-2.0 * p.ln()).sqrt())
    } else if p > 1.0 - 0.02425 {
        -tail((-2.0 * (1.0 - p).ln()).sqrt())
    } else {
        let q = p - 0.5;
        let r = q * q;
        poly(&A, r) * q / (poly(&B, r) * r + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_tables() {
        for (p, z) in
            [(0.5, 0.0), (0.975, 1.959_963_985), (0.8, 0.841_621_234), (0.001, -3.090_232_306)]
        {
            assert!((quantile(p) - z).abs() < 1e-6, "{p}: {}", quantile(p));
        }
    }

    #[test]
    fn the_power_is_the_formulas() {
        // 200 quantiles of a standard normal as pilot: the textbook's n per group is 2 (1.96 + 0.84)^2 / d^2.
        let pilot: Vec<f64> = (0..200).map(|n| quantile((f64::from(n) + 0.5) / 200.0)).collect();
        let wish = Wish { difference: 0.5, ..Wish::default() };
        let needed = needed(&pilot, wish, 200, 4_000, 3).expect("200 are enough");
        assert!((59..=68).contains(&needed), "{needed}, 63 by the formula");
        let [small, large] = simulate(&pilot, wish, &[20, 100], 4_000, 3)[..] else { panic!() };
        assert!(small.share < 0.45 && large.share > 0.9, "{small:?} {large:?}");
        assert!(small.low < small.share && small.share < small.high);
        let nothing = Wish { difference: 0.0, ..wish };
        let alarm = simulate(&pilot, nothing, &[60], 4_000, 3)[0].share;
        assert!((0.035..0.07).contains(&alarm), "false alarms: {alarm}");
        assert!(simulate(&[0.3], wish, &[10], 10, 3).is_empty(), "one participant tells nothing");
    }
}
