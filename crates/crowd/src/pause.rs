//! How long to wait before the next attempt.

use std::time::Duration;

const FIRST_MS: f64 = 400.0;
const LONGEST_MS: f64 = 4_000.0;

/// Before attempt `attempt` (from 0): doubling up to 4 s, of which the upper half is drawn, so that
/// many do not return at the same moment. As the page waits.
pub fn before(attempt: u32) -> Duration {
    lasting(attempt, rand::random())
}

fn lasting(attempt: u32, roll: f64) -> Duration {
    let whole = (FIRST_MS * f64::from(2_u32.saturating_pow(attempt.min(16)))).min(LONGEST_MS);
    Duration::from_secs_f64(whole * (0.5 + 0.5 * roll) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        assert_eq!(lasting(0, 0.0), Duration::from_millis(200));
        assert_eq!(lasting(1, 1.0), Duration::from_millis(800));
        assert_eq!(lasting(40, 1.0), Duration::from_secs(4));
    }
}
