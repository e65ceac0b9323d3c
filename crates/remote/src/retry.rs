//! When to ask again.

use std::time::{Duration, SystemTime};

/// The longest pause that an endpoint does not ask for.
const LONGEST: Duration = Duration::from_secs(20);

/// The pause before the try after `failed` failed ones: doubled each time, of which chance takes away
/// up to a half, so that many who were refused together do not come back together. Never shorter than
/// what the endpoint asked for.
pub fn pause(first: Duration, failed: u32, asked: Option<Duration>, chance: f64) -> Duration {
    let doubled = first.saturating_mul(2u32.saturating_pow(failed.saturating_sub(1)));
    let own = doubled.min(LONGEST).mul_f64(1.0 - 0.5 * chance.clamp(0.0, 1.0));
    own.max(asked.unwrap_or_default())
}

/// What `Retry-After` asks for: seconds, or a date.
pub fn asked(header: &str, now: SystemTime) -> Option<Duration> {
    let text = header.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_heed_the_endpoint() {
        let table = [
            (1, None, 0.0, ms(500)),
            (1, None, 1.0, ms(250)),
            (2, None, 0.0, ms(1_000)),
            (3, None, 0.5, ms(1_500)),
            (40, None, 0.0, ms(20_000)),
            (1, Some(ms(3_000)), 0.3, ms(3_000)),
            (4, Some(ms(1)), 0.0, ms(4_000)),
        ];
        for (failed, asked, chance, expected) in table {
            assert_eq!(pause(ms(500), failed, asked, chance), expected, "{failed} {asked:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        let table = [
            ("7", Some(ms(7_000))),
            (" 0 ", Some(ms(0))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(ms(7_000))),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(ms(0))),
            ("soon", None),
            ("-1", None),
        ];
        for (header, expected) in table {
            assert_eq!(asked(header, now), expected, "{header}");
        }
    }
}
