//! The difference between two agents that met the same scenarios.

use serde::{Deserialize, Serialize};

use super::{Bootstrap, Interval, SplitMix64, Sums};

/// What one cluster adds to either side of a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Paired {
    pub a: Sums,
    pub b: Sums,
}

/// How much better `a` did than `b`, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Estimate of `a` less estimate of `b`.
    pub value: f64,
    /// Of the difference, from resampled clusters, each with both sides. `None` with fewer than two.
    pub interval: Option<Interval>,
    /// Two-sided, by permutation.
    pub p: f64,
    /// Clusters that have a unit on both sides.
    pub clusters: u64,
}

/// Up to so many clusters all swaps are counted, so that `p` is exact.
const EXACT_UP_TO: usize = 14;
/// Sets the stream of the swaps apart from that of the resamples.
const SWAPS: u64 = 0x5357_4150;

/// The difference of an estimate between two agents, paired by cluster. Clusters that only one of them has
/// units in are left out: they say nothing of a difference on the same scenarios. `None` where nothing is
/// left, or nothing can be estimated.
///
/// `p` is Fisher's randomisation test (1935): were the two alike, then in each cluster it would be chance
/// which of them earned what. All ways to swap them are counted for up to 14 clusters, and drawn as often
/// as `bootstrap` resamples beyond; drawn ones are counted as `(1 + as far) / (1 + all)` (Phipson and
/// Smyth 2010), so that `p` is never 0.
pub fn contrast(
    clusters: &[Paired],
    estimate: impl Fn(&Sums) -> Option<f64>,
    bootstrap: &Bootstrap,
) -> Option<Difference> {
    let both = |pair: &&Paired| pair.a.n > 0.0 && pair.b.n > 0.0;
    let clusters: Vec<Paired> = clusters.iter().filter(both).copied().collect();
    let difference = |pairs: &mut dyn Iterator<Item = Paired>| {
        let (mut a, mut b) = (Sums::default(), Sums::default());
        for pair in pairs {
            a += pair.a;
            b += pair.b;
        }
        Some(estimate(&a)? - estimate(&b)?)
    };
    let value = difference(&mut clusters.iter().copied())?;
    let swapped = |swaps: &mut dyn FnMut(usize) -> bool| {
        let mut pairs = clusters.iter().enumerate().map(|(at, pair)| match swaps(at) {
            true => Paired { a: pair.b, b: pair.a },
            false => *pair,
        });
        difference(&mut pairs)
    };
    // Sums in another order differ in their last digits.
    let is_as_far = |other: f64| other.abs() >= value.abs() * (1.0 - 1e-9);
    // Of some ways to swap, how many are as far, and how many can be estimated.
    let count = |ways: &mut dyn Iterator<Item = f64>| {
        ways.fold((0.0, 0.0), |(far, all), other| {
            (far + f64::from(u8::from(is_as_far(other))), all + 1.0)
        })
    };
    let p = if clusters.len() <= EXACT_UP_TO {
        let ways = 0..1u32 << clusters.len();
        let (far, all) = count(&mut ways.filter_map(|way| swapped(&mut |at| way & (1 << at) != 0)));
        far / all
    } else {
        let mut chance = SplitMix64::new(bootstrap.seed ^ SWAPS);
        let ways = 0..bootstrap.resamples;
        let drawn = &mut |_| chance.next_u64() >> 63 == 1;
        let (far, all) = count(&mut ways.filter_map(|_| swapped(drawn)));
        (1.0 + far) / (1.0 + all)
    };
    let mut chance = SplitMix64::new(bootstrap.seed);
    let interval = (clusters.len() > 1).then(|| {
        let resampled = (0..bootstrap.resamples).filter_map(|_| {
            let mut draws = (0..clusters.len()).map(|_| clusters[chance.below(clusters.len())]);
            difference(&mut draws)
        });
        bootstrap.middle(resampled.collect())
    });
    Some(Difference { value, interval: interval.flatten(), p, clusters: clusters.len() as u64 })
}

/// Holm's step-down adjustment (1979) of the p-values of tests that are looked at together: who calls
/// those at or below a level different is wrong in any of them with at most that probability.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut least = 0.0_f64;
    for (rank, at) in order.into_iter().enumerate() {
        least = least.max((p.len() - rank) as f64 * p[at]).min(1.0);
        adjusted[at] = least;
    }
    adjusted
}
