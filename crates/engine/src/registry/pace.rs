//! How fast a model answers, of late.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Counts tokens against the time that the model was busy. What is long ago fades: half of it every
/// 140 tokens.
#[derive(Debug, Default)]
pub struct Pace(Mutex<Record>);

#[derive(Debug, Default)]
struct Record {
    tokens: f64,
    seconds: f64,
    last: Option<Instant>,
    total: u64,
}

/// What a token's predecessors count for.
const FADE: f64 = 0.995;
/// Fewer tokens than this say nothing.
const FEW: f64 = 8.0;

impl Pace {
    /// A request was given to a model that had none.
    pub fn wake(&self) {
        self.record().last = Some(Instant::now());
    }

    /// One more token.
    pub fn token(&self) {
        self.token_at(Instant::now());
    }

    fn token_at(&self, now: Instant) {
        let mut record = self.record();
        let gap = record.last.map_or(0.0, |last| now.duration_since(last).as_secs_f64());
        record.last = Some(now);
        record.tokens = record.tokens * FADE + 1.0;
        record.seconds = record.seconds * FADE + gap;
        record.total += 1;
    }

    /// Tokens per second of all requests together, reading prompts included; `None` while there is too
    /// little to say.
    pub fn per_second(&self) -> Option<f64> {
        let record = self.record();
        (record.tokens >= FEW && record.seconds > 0.0).then(|| record.tokens / record.seconds)
    }

    /// All tokens so far.
    pub fn total(&self) -> u64 {
        self.record().total
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn idle_time_does_not_count() {
        let pace = Pace::default();
        pace.wake();
        let start = pace.record().last.expect("it is awake");
        assert_eq!(pace.per_second(), None);
        for token in 1..=10 {
            pace.token_at(start + Duration::from_millis(10 * token));
        }
        let per_second = pace.per_second().expect("there are ten tokens");
        assert!((per_second - 100.0).abs() < 1.0, "{per_second}");
        pace.wake();
        assert_eq!(pace.per_second(), Some(per_second));
        assert_eq!(pace.total(), 10);
    }
}
