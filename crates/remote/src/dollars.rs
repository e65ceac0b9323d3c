//! Money of endpoints: far smaller amounts than a bargain's.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount in millionths of a dollar.
///
/// Written in dollars, as a number or a text with up to six decimals: `3`, `0.15`, `"$0.0375"`. A
/// float of a file is read by its digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars {
    pub micro: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount of dollars: write one such as 0.15, with at most six decimals")]
pub struct BadDollars(String);

const DECIMALS: usize = 6;

impl Dollars {
    pub const fn from_micro(micro: u64) -> Dollars {
        Dollars { micro }
    }
}

impl FromStr for Dollars {
    type Err = BadDollars;

    fn from_str(text: &str) -> Result<Dollars, BadDollars> {
        let bad = || BadDollars(text.chars().take(40).collect());
        let bare = text.trim();
        let bare = bare.strip_prefix('$').unwrap_or(bare);
        let (whole, decimals) = bare.split_once('.').unwrap_or((bare, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(whole) || !is_digits(decimals) || decimals.len() > DECIMALS {
            return Err(bad());
        }
        let digits = format!("{whole}{decimals:0<DECIMALS$}");
        digits.parse().map(Dollars::from_micro).map_err(|_| bad())
    }
}

impl fmt::Display for Dollars {
    /// At least two decimals, and no zeros behind them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, micro) = (self.micro / 1_000_000, self.micro % 1_000_000);
        let decimals = format!("{micro:06}");
        let (cents, rest) = decimals.split_at(2);
        write!(f, "${whole}.{cents}{}", rest.trim_end_matches('0'))
    }
}

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Dollars, D::Error> {
        struct Amount;
        impl Visitor<'_> for Amount {
            type Value = Dollars;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount of dollars such as 0.15")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Dollars, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Dollars, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Dollars, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Dollars, E> {
                self.visit_str(&number.to_string())
            }
        }
        from.deserialize_any(Amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written() {
        let table = [
            ("3", 3_000_000, "$3.00"),
            ("0.15", 150_000, "$0.15"),
            ("$0.0375", 37_500, "$0.0375"),
            (" 12.5 ", 12_500_000, "$12.50"),
            ("0.000001", 1, "$0.000001"),
        ];
        for (text, micro, shown) in table {
            let dollars: Dollars = text.parse().expect(text);
            assert_eq!((dollars.micro, dollars.to_string().as_str()), (micro, shown));
            assert_eq!(shown.parse(), Ok(dollars));
        }
        for text in
            ["", "-1", "1e3", "NaN", "inf", "1.2345678", ".5", "1.", "1,000", "99999999999999"]
        {
            assert!(text.parse::<Dollars>().is_err(), "{text}");
        }
    }

    #[test]
    fn files_may_write_numbers() {
        let table =
            [("0.15", 150_000), ("\"0.15\"", 150_000), ("3", 3_000_000), ("0.0375", 37_500)];
        for (json, micro) in table {
            let dollars: Dollars = serde_json::from_str(json).expect(json);
            assert_eq!(dollars.micro, micro);
        }
        assert!(serde_json::from_str::<Dollars>("-0.1").is_err());
    }
}
