//! Money: an integer of mills, never a float.

use std::fmt;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount of money in mills (1/1000 US dollar). Signed, because a surplus may be negative.
///
/// Arithmetic stops at the ends of `i64`. Prices and their sums come nowhere near; the amounts of a log from elsewhere
/// may, and whoever folds it is to find that it is wrong, not to be stopped by it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Mills(pub i64);

/// The highest amount that a price may have: one billion dollars. Far above any product and far
/// below where sums and products of two amounts could overflow an `i64` sum or an `i128` product.
pub const MAX_PRICE: Mills = Mills(1_000_000_000_000);

impl Mills {
    pub const ZERO: Mills = Mills(0);

    pub const fn from_cents(cents: i64) -> Self {
        Mills(cents * 10)
    }

    pub const fn from_dollars(dollars: i64) -> Self {
        Mills(dollars * 1000)
    }

    /// Dollars as a float. For statistics and plots only, never to be turned back into money.
    pub fn as_dollars_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Whether this amount may be offered: more than nothing and at most [`MAX_PRICE`].
    pub fn is_price(self) -> bool {
        self > Mills::ZERO && self <= MAX_PRICE
    }

    /// `self * numerator / denominator`, rounded down to a whole mill (towards negative infinity).
    ///
    /// # Panics
    /// If `denominator` is not positive.
    pub fn scale(self, numerator: i64, denominator: i64) -> Mills {
        assert!(denominator > 0, "a scale's denominator is positive");
        let product = i128::from(self.0) * i128::from(numerator);
        let scaled = product.div_euclid(i128::from(denominator));
        let end = if scaled < 0 { i64::MIN } else { i64::MAX };
        Mills(i64::try_from(scaled).unwrap_or(end))
    }

    /// The nearest whole cent, halves up.
    pub fn round_to_cents(self) -> Mills {
        Mills(self.0.saturating_add(5).div_euclid(10).saturating_mul(10))
    }
}

impl Add for Mills {
    type Output = Mills;
    fn add(self, other: Mills) -> Mills {
        Mills(self.0.saturating_add(other.0))
    }
}

impl Sub for Mills {
    type Output = Mills;
    fn sub(self, other: Mills) -> Mills {
        Mills(self.0.saturating_sub(other.0))
    }
}

impl Neg for Mills {
    type Output = Mills;
    fn neg(self) -> Mills {
        Mills(self.0.saturating_neg())
    }
}

impl std::iter::Sum for Mills {
    fn sum<I: Iterator<Item = Mills>>(iter: I) -> Mills {
        iter.fold(Mills::ZERO, Add::add)
    }
}

/// Prints `$12.50`, or `$12.504` where the amount is not a whole number of cents; `-$3.00`.
impl fmt::Display for Mills {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let (dollars, mills) = (magnitude / 1000, magnitude % 1000);
        if mills.is_multiple_of(10) {
            write!(f, "{sign}${dollars}.{:02}", mills / 10)
        } else {
            write!(f, "{sign}${dollars}.{mills:03}")
        }
    }
}

/// Why a text is not a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPrice {
    #[error("write a price such as 12.50: there is no number here")]
    Empty,
    #[error(
        "a price has digits, at most one point, and commas only between groups of three digits"
    )]
    NotANumber,
    #[error("a price has at most three decimals")]
    TooFine,
    #[error("a price is above $0 and at most $1,000,000,000")]
    OutOfRange,
}

/// Reads `12`, `$12.5`, `$1,234.56`. Refuses signs, exponents, words, more than three decimals,
/// misplaced commas, and anything that is not a price ([`Mills::is_price`]).
impl FromStr for Mills {
    type Err = BadPrice;

    fn from_str(text: &str) -> Result<Mills, BadPrice> {
        let text = text.trim();
        let text = text.strip_prefix('$').unwrap_or(text).trim_start();
        if text.is_empty() {
            return Err(BadPrice::Empty);
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let dollars = read_whole(whole)?;
        let mills = read_fraction(fraction, text.ends_with('.'))?;
        let price = dollars
            .checked_mul(1000)
            .and_then(|d| d.checked_add(mills))
            .map(Mills)
            .ok_or(BadPrice::OutOfRange)?;
        if price.is_price() { Ok(price) } else { Err(BadPrice::OutOfRange) }
    }
}

fn read_whole(whole: &str) -> Result<i64, BadPrice> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or("");
    let mut digits = String::from(first);
    let mut grouped = false;
    for group in groups {
        if group.len() != 3 {
            return Err(BadPrice::NotANumber);
        }
        grouped = true;
        digits.push_str(group);
    }
    let first_is_short = !grouped || (1..=3).contains(&first.len());
    if first.is_empty() || !first_is_short || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadPrice::NotANumber);
    }
    digits.parse().map_err(|_| BadPrice::OutOfRange)
}

fn read_fraction(fraction: &str, trailing_point: bool) -> Result<i64, BadPrice> {
    if trailing_point || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadPrice::NotANumber);
    }
    if fraction.len() > 3 {
        return Err(BadPrice::TooFine);
    }
    let padded = format!("{fraction:0<3}");
    padded.parse().map_err(|_| BadPrice::NotANumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write_and_nothing_else() {
        let good = [
            ("12", 12_000),
            (" $12.5 ", 12_500),
            ("$1,000", 1_000_000),
            ("1,234,567.891", 1_234_567_891),
            ("0.002", 2),
        ];
        for (text, mills) in good {
            assert_eq!(text.parse(), Ok(Mills(mills)), "{text}");
        }
        let bad = [
            "",
            "$",
            "-5",
            "+5",
            "NaN",
            "inf",
            "1e3",
            "1,00",
            "1,0000",
            ",100",
            "1,,000",
            "5.",
            ".5",
            "1.2345",
            "12 50",
            "0",
            "0.000",
            "1000000000.001",
            "٣",
        ];
        for text in bad {
            assert!(text.parse::<Mills>().is_err(), "{text}");
        }
    }

    #[test]
    fn prints_cents_and_mills() {
        assert_eq!(Mills(12_500).to_string(), "$12.50");
        assert_eq!(Mills(12_504).to_string(), "$12.504");
        assert_eq!(Mills(-3_000).to_string(), "-$3.00");
    }

    #[test]
    fn amounts_stop_at_the_ends() {
        let (least, most) = (Mills(i64::MIN), Mills(i64::MAX));
        assert_eq!((least - MAX_PRICE, most + MAX_PRICE, -least), (least, most, most));
        assert_eq!((least.scale(2, 1), most.scale(3, 2)), (least, most));
        assert_eq!(most.round_to_cents(), Mills(i64::MAX / 10 * 10));
        assert_eq!(least.to_string(), "-$9223372036854775.808");
    }

    #[test]
    fn four_fifths_of_a_price_in_cents_need_mills() {
        assert_eq!(Mills::from_cents(1_999).scale(4, 5), Mills(15_992));
        assert_eq!(Mills(-1).scale(1, 2), Mills(-1), "rounds down");
    }
}
