//! What a crowd measures.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// Of one kind of time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    pub n: usize,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

impl Times {
    /// Of none all are 0.
    pub fn of(mut times: Vec<f64>) -> Times {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = times.len().saturating_sub(1);
            let time = times.get((last as f64 * share).round() as usize).copied().unwrap_or(0.0);
            (time * 10.0).round() / 10.0
        };
        Times { n: times.len(), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1.0) }
    }
}

/// Shared by all sessions.
#[derive(Debug, Default)]
pub struct Figures(Mutex<Counted>);

#[derive(Debug, Default)]
pub struct Counted {
    pub acknowledged: Vec<f64>,
    pub answered: Vec<f64>,
    pub reconnected: Vec<f64>,
    pub stood: Vec<f64>,
    /// Acknowledgements that said that the move was stored already.
    pub repeated: u32,
    pub finished: u32,
    /// Requests that did not come through and were sent again, by what went wrong.
    pub errors: BTreeMap<String, u32>,
    /// What must not happen.
    pub violations: Vec<String>,
}

impl Figures {
    pub fn count(&self, change: impl FnOnce(&mut Counted)) {
        change(&mut self.counted());
    }

    /// A request that has to be repeated.
    pub fn error(&self, kind: impl Into<String>) {
        *self.counted().errors.entry(kind.into()).or_default() += 1;
    }

    pub fn violation(&self, what: String) {
        self.counted().violations.push(what);
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was counted until now.
    pub fn told(&self, started: Instant) -> Told {
        let counted = std::mem::take(&mut *self.counted());
        let seconds = started.elapsed().as_secs_f64();
        Told {
            seconds: (seconds * 10.0).round() / 10.0,
            finished: counted.finished,
            moves: counted.acknowledged.len(),
            repeated: counted.repeated,
            acknowledged: Times::of(counted.acknowledged),
            answered: Times::of(counted.answered),
            reconnected: Times::of(counted.reconnected),
            stood: Times::of(counted.stood),
            failed_requests: counted.errors.values().sum(),
            errors: counted.errors,
            violations: counted.violations,
        }
    }
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The result of `crowd play`.
#[derive(Debug, Serialize)]
pub struct Told {
    pub seconds: f64,
    pub finished: u32,
    pub moves: usize,
    pub repeated: u32,
    pub acknowledged: Times,
    pub answered: Times,
    pub reconnected: Times,
    pub stood: Times,
    pub failed_requests: u32,
    pub errors: BTreeMap<String, u32>,
    pub violations: Vec<String>,
}

impl Told {
    pub fn print(&self) {
        let rate = self.moves as f64 / self.seconds.max(0.1);
        println!(
            "{} negotiations, {} moves in {:.1} s ({rate:.0}/s), {} acknowledged at a repeat",
            self.finished, self.moves, self.seconds, self.repeated
        );
        let times = [
            ("acknowledged", &self.acknowledged),
            ("answered", &self.answered),
            ("reconnected", &self.reconnected),
            ("stood still", &self.stood),
        ];
        for (what, times) in times.into_iter().filter(|(_, times)| times.n > 0) {
            println!(
                "{what:>12}: {} times, p50 {} ms, p95 {} ms, p99 {} ms, max {} ms",
                times.n, times.p50, times.p95, times.p99, times.max
            );
        }
        for (kind, count) in &self.errors {
            println!("sent again: {count} times for {kind}");
        }
        for violation in self.violations.iter().take(10) {
            println!("VIOLATION: {violation}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_ranks() {
        let times = Times::of((0..=100).rev().map(f64::from).collect());
        assert_eq!(
            (times.n, times.p50, times.p95, times.p99, times.max),
            (101, 50., 95., 99., 100.)
        );
        assert_eq!(Times::of(Vec::new()).max, 0.0);
    }
}
