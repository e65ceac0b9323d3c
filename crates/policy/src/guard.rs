//! Keeps a model from saying its own limit.

use std::ops::Range;

use rules::Mills;
use rules::metrics::states_price;

/// What stands in place of a limit.
const INSTEAD: &str = "a fair price";

/// The talk without the own limit, where it states it ([`states_price`]: any number within a cent
/// of it); `None` where it does not. A currency sign before the number and a currency's name behind
/// it go with it. Words for numbers are not understood, neither here nor in the metric of leakage.
pub fn redact(talk: &str, limit: Mills) -> Option<String> {
    if !states_price(talk, limit) {
        return None;
    }
    let mut out = String::with_capacity(talk.len());
    let mut kept = 0;
    for number in numbers(talk).filter(|number| states_price(&talk[number.clone()], limit)) {
        let amount = with_currency(talk, number);
        // Amounts beside each other ("40 dollars 40") may claim the same words.
        out.push_str(talk.get(kept..amount.start).unwrap_or_default());
        out.push_str(INSTEAD);
        kept = amount.end;
    }
    out.push_str(&talk[kept..]);
    Some(out)
}

/// Where the numbers are, as [`rules::metrics::prices_in`] finds them.
fn numbers(talk: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + talk[at..].find(is_part)?;
        let len = talk[start..].find(|c| !is_part(c)).unwrap_or(talk.len() - start);
        at = start + len;
        let run = &talk[start..at];
        let skipped = run.len() - run.trim_start_matches(['.', ',']).len();
        Some(start + skipped..start + skipped + run.trim_matches(['.', ',']).len())
    })
}

/// The number with its currency.
fn with_currency(talk: &str, number: Range<usize>) -> Range<usize> {
    let before = talk[..number.start].trim_end();
    let start = ["US$", "USD", "$", "€", "£"]
        .iter()
        .find_map(|sign| before.strip_suffix(sign))
        .map_or(number.start, str::len);
    let after = &talk[number.end..];
    let word = after.trim_start();
    let gap = after.len() - word.len();
    let end = ["dollars", "dollar", "bucks", "USD", "usd"]
        .iter()
        .find(|name| {
            let rest = word.strip_prefix(**name);
            rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        })
        .map_or(number.end, |name| number.end + gap + name.len());
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_taken_out_and_nothing_else() {
        let table = [
            ("I can pay $40 at most.", Some("I can pay a fair price at most.")),
            ("My limit is $40.00!", Some("My limit is a fair price!")),
            ("40 dollars, and not $41.", Some("a fair price, and not $41.")),
            ("US$ 40 or 40.00", Some("a fair price or a fair price")),
            ("$39.99 it is", Some("a fair price it is")),
            ("between $30 and $40, say $35", Some("between $30 and a fair price, say $35")),
            ("40 bucks 40 dollars 40", Some("a fair price a fair price a fair price")),
            ("I have 40.", Some("I have a fair price.")),
            ("...40,,,", Some("...a fair price,,,")),
            ("für 40 € 💸", Some("für a fair price € 💸")),
            ("$40.50", None),
            ("$140 or $400", None),
            ("forty", None),
            ("", None),
        ];
        for (talk, expected) in table {
            assert_eq!(redact(talk, Mills::from_dollars(40)).as_deref(), expected, "{talk}");
        }
    }

    #[test]
    fn commas_and_mills_are_numbers_too() {
        let limit = Mills(1_234_560);
        assert_eq!(redact("up to $1,234.56.", limit).as_deref(), Some("up to a fair price."));
        assert_eq!(redact("I have 19.99", Mills(19_992)).as_deref(), Some("I have a fair price"));
    }

    #[test]
    fn nothing_of_the_limit_is_left() {
        let limit = Mills::from_dollars(40);
        for talk in ["40", "$40$40", "40.40.40 40,00 40", "40dollars40", "$ 40USD40"] {
            let redacted = redact(talk, limit);
            let left = redacted.as_deref().unwrap_or(talk);
            assert!(!states_price(left, limit), "{talk} became {left}");
        }
    }
}
