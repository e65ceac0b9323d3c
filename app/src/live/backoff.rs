//! How long to wait before the next attempt.

const FIRST_MS: f64 = 400.0;
/// Below the 5 s within which a page is back once a server can be reached.
const LONGEST_MS: f64 = 4_000.0;

/// Milliseconds before attempt `attempt` (from 0): doubling up to 4 s, of which the upper half is
/// drawn by `roll` in 0..1, so that many pages do not return at the same moment.
pub fn delay_ms(attempt: u32, roll: f64) -> u32 {
    let whole = (FIRST_MS * f64::from(2_u32.saturating_pow(attempt.min(16)))).min(LONGEST_MS);
    (whole * (0.5 + 0.5 * roll.clamp(0.0, 1.0))) as u32
}

#[cfg(test)]
mod tests {
    use super::delay_ms;

    #[test]
    fn waits_grow_and_stay_bounded() {
        assert_eq!(delay_ms(0, 0.0), 200);
        assert_eq!(delay_ms(0, 1.0), 400);
        assert_eq!(delay_ms(1, 1.0), 800);
        assert_eq!(delay_ms(40, 1.0), 4_000);
        assert!(delay_ms(3, 0.2) < delay_ms(3, 0.9));
    }
}
