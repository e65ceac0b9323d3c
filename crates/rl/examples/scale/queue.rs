//! The queue of runs: they come at random, workers take the oldest, machines break down.

use policy::Draw;

use crate::constants as c;
use crate::talk::unit;

/// A cluster divided among workers.
#[derive(Clone, Copy, Debug)]
pub struct Cluster {
    pub workers: usize,
    /// GPUs of each.
    pub gpus: usize,
    /// Seconds of an iteration on these.
    pub iteration_s: f64,
    pub iterations: u32,
    /// Seconds to fetch the base, when all workers fetch at once from one Souk.
    pub fetch_s: f64,
}

/// What came of a month.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Month {
    pub run_s: f64,
    pub wait_median_s: f64,
    pub wait_p95_s: f64,
    /// Share of workers' time in which they have a run.
    pub busy: f64,
    pub faults: u32,
    /// Runs that waited when it ended.
    pub left: usize,
}

const MONTH_S: f64 = 30.0 * 24.0 * 3600.0;

impl Cluster {
    /// A month with so many runs a day, asked for at random.
    pub fn month(&self, runs_a_day: f64, seed: u64) -> Month {
        let mut draw = Draw::new(&[seed]);
        let mut free_at = vec![0.0_f64; self.workers];
        let (mut now, mut waits, mut busy, mut faults, mut left) = (0.0, Vec::new(), 0.0, 0, 0);
        let mut lengths = Vec::new();
        loop {
            now += exponential(&mut draw, 24.0 * 3600.0 / runs_a_day);
            if now > MONTH_S {
                break;
            }
            let (length, broke) = self.run(&mut draw);
            // Runs are taken in the order in which they were asked for, each by the worker that is free first.
            let first =
                free_at.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("a cluster has a worker");
            let begins = first.max(now);
            *first = begins + length;
            left += usize::from(begins > MONTH_S);
            busy += (begins + length).min(MONTH_S) - begins.min(MONTH_S);
            faults += broke;
            waits.push(begins - now);
            lengths.push(length);
        }
        waits.sort_by(f64::total_cmp);
        Month {
            run_s: lengths.iter().sum::<f64>() / lengths.len().max(1) as f64,
            wait_median_s: quantile(&waits, 0.5),
            wait_p95_s: quantile(&waits, 0.95),
            busy: busy / (MONTH_S * self.workers as f64),
            faults,
            left,
        }
    }

    /// Seconds of a run, and how often its machines broke down: then the lease runs out, the run is taken up from the
    /// last iteration's state, and what was done of the next one is lost.
    fn run(&self, draw: &mut Draw) -> (f64, u32) {
        let start = c::START_S + self.fetch_s;
        let to_fault = c::GPU_HOURS_TO_FAULT * 3600.0 / self.gpus as f64;
        let mut work = f64::from(self.iterations) * self.iteration_s;
        let (mut seconds, mut faults) = (start, 0);
        loop {
            let good = exponential(draw, to_fault);
            if good >= work {
                return (seconds + work, faults);
            }
            faults += 1;
            let lost = good % self.iteration_s;
            work -= good - lost;
            seconds += good + c::LEASE_S + start;
        }
    }
}

fn exponential(draw: &mut Draw, mean: f64) -> f64 {
    -(1.0 - unit(draw)).ln() * mean
}

/// Of sorted numbers; 0 where there are none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: Cluster =
        Cluster { workers: 1, gpus: 8, iteration_s: 60.0, iterations: 60, fetch_s: 0.0 };

    #[test]
    fn a_run_takes_its_iterations_and_its_start() {
        let month = CLUSTER.month(1.0, 1);
        assert!((month.run_s / (3600.0 + c::START_S) - 1.0).abs() < 0.05, "{month:?}");
        assert_eq!(month.wait_median_s, 0.0);
    }

    #[test]
    fn a_queue_waits_as_the_formula_says() {
        // One worker and equal runs at half load wait as long as half of a run at the mean (M/D/1), the median much less.
        let month = CLUSTER.month(24.0 * 3600.0 / (2.0 * 3720.0), 3);
        assert!((0.4..0.6).contains(&month.busy), "{month:?}");
        assert!(month.wait_median_s < 3720.0 / 2.0 && month.wait_p95_s > 3720.0 / 2.0, "{month:?}");
    }

    #[test]
    fn more_than_can_be_done_is_left() {
        let month = CLUSTER.month(48.0, 1);
        assert!(month.left > 500 && month.busy > 0.99, "{month:?}");
        let wide = Cluster { workers: 8, ..CLUSTER }.month(48.0, 1);
        assert_eq!(wide.left, 0);
    }

    #[test]
    fn a_large_cluster_breaks_down() {
        let large = Cluster { gpus: 16_384, ..CLUSTER };
        assert!(large.month(20.0, 1).faults > 100);
    }

    #[test]
    fn quantiles_of_few() {
        assert_eq!(quantile(&[], 0.5), 0.0);
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), 3.0);
        assert_eq!(quantile(&[1.0], 0.95), 1.0);
    }
}
