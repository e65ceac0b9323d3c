//! Words and numbers as people read them.

use rules::{Act, Mills, Outcome, Role};
use wire::Seat;

/// `$1,234.50`.
pub fn money(amount: Mills) -> String {
    let plain = amount.to_string();
    let Some(dollar) = plain.find('$') else { return plain };
    let (sign, rest) = plain.split_at(dollar + 1);
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut grouped = String::with_capacity(plain.len() + 4);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if fraction.is_empty() {
        format!("{sign}{grouped}")
    } else {
        format!("{sign}{grouped}.{fraction}")
    }
}

/// A price as one types it into a field: `1234.50`.
pub fn price_field(price: Mills) -> String {
    price.to_string().trim_start_matches('$').to_owned()
}

/// `home-kitchen` as `Home & kitchen`.
pub fn category(slug: &str) -> String {
    let known = match slug {
        "health-personal-care" => "Health & personal care",
        "home-kitchen" => "Home & kitchen",
        "industrial-scientific" => "Industrial & scientific",
        "movies-tv" => "Movies & TV",
        "patio-lawn-garden" => "Patio, lawn & garden",
        "sports-outdoors" => "Sports & outdoors",
        "tools-home-improvement" => "Tools & home improvement",
        "toys-games" => "Toys & games",
        other => return capitalised(&other.replace('-', " ")),
    };
    known.to_owned()
}

/// ASCII alone: ours all begin so, and the table of all letters would weigh more than this page.
pub fn capitalised(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// `1 offer`, `2 offers`.
pub fn counted(n: i64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// How long ago, from two times in milliseconds since the Unix epoch.
pub fn ago(then_ms: i64, now_ms: i64) -> String {
    let minutes = (now_ms - then_ms).max(0) / 60_000;
    match minutes {
        0 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => counted(minutes / 1440, "day ago", "days ago"),
    }
}

/// `14:05 UTC`, of milliseconds since the Unix epoch.
#[cfg(feature = "ssr")]
pub fn clock_utc(at_ms: i64) -> String {
    let minutes = at_ms.div_euclid(60_000).rem_euclid(1440);
    format!("{:02}:{:02} UTC", minutes / 60, minutes % 60)
}

/// `4:05` for a span in milliseconds; `0:00` once it is over.
pub fn countdown(left_ms: i64) -> String {
    let seconds = left_ms.max(0) / 1000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Who sits there, in a word or two.
pub fn seat_name(seat: &Seat) -> String {
    match seat {
        Seat::Person => "a person".to_owned(),
        Seat::Open => "nobody yet".to_owned(),
        Seat::Negotiator { title, .. } => title.clone(),
    }
}

/// What an act says, in words, beside the talk.
pub fn act(act: Act) -> String {
    match act {
        Act::Offer(price) => format!("Offers {}", money(price)),
        Act::Reject => "Names no price".to_owned(),
        Act::Accept(price) => format!("Accepts {}", money(price)),
        Act::Quit => "Walks away".to_owned(),
        Act::Talk => String::new(),
    }
}

/// `round 4`, or nothing for round 0.
pub fn outcome_short(outcome: Outcome) -> String {
    match outcome {
        Outcome::Deal { price, .. } => format!("Deal at {}", money(price)),
        Outcome::Quit { by } => format!("The {} walked away", by.name()),
        Outcome::Timeout => "No deal in time".to_owned(),
        Outcome::BudgetViolation { by, .. } => format!("The {} broke its own limit", by.name()),
        Outcome::FormatError { by } => format!("The {}'s message could not be read", by.name()),
        Outcome::Abandoned { by } => format!("The {} left", by.name()),
        Outcome::EngineFailure => "Stopped by a fault of ours".to_owned(),
    }
}

/// How it ended, to the one who sat on `me`.
pub fn outcome_to(outcome: Outcome, me: Option<Role>) -> String {
    match (outcome, me) {
        (Outcome::Deal { price, .. }, Some(Role::Buyer)) => {
            format!("You bought it for {}", money(price))
        }
        (Outcome::Deal { price, .. }, Some(Role::Seller)) => {
            format!("You sold it for {}", money(price))
        }
        (Outcome::Quit { by }, Some(me)) if by == me => "You walked away".to_owned(),
        (Outcome::Abandoned { by }, Some(me)) if by == me => "You left".to_owned(),
        (Outcome::BudgetViolation { by, .. }, Some(me)) if by == me => {
            "You went beyond your own limit".to_owned()
        }
        _ => outcome_short(outcome),
    }
}

/// A reward or a share with two decimals and a true minus sign.
pub fn decimal(value: f64) -> String {
    // By whole hundredths: the page's code need not carry the printing of floats.
    let hundredths = (value * 100.0).round() as i64;
    let sign = if hundredths < 0 { "\u{2212}" } else { "" };
    let size = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

/// `7340032` as `7 MB`, by powers of 1,024.
pub fn bytes(n: u64) -> String {
    const KB: u64 = 1024;
    const MB: u64 = 1024 * KB;
    const GB: u64 = 1024 * MB;
    match n {
        0 => "none".to_owned(),
        1..MB => format!("{} KB", n.div_ceil(KB)),
        MB..GB => format!("{} MB", n / MB),
        _ => format!("{}.{} GB", n / GB, n % GB * 10 / GB),
    }
}

/// `850 ms`, `12 s`, `3 min`.
pub fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{} s", ms / 1_000),
        _ => format!("{} min", ms / 60_000),
    }
}

/// As [`span`], with hours: `2 h 5 min`.
pub fn long_span(ms: u64) -> String {
    let minutes = ms / 60_000;
    match minutes {
        0..120 => span(ms),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// `0.667` as `67%`.
pub fn percent(share: f64) -> String {
    format!("{}%", (share * 100.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_are_short() {
        let sizes = [(0, "none"), (1, "1 KB"), (7 << 20, "7 MB"), (4_100_000_000, "3.8 GB")];
        for (n, text) in sizes {
            assert_eq!(bytes(n), text);
        }
        for (ms, text) in [(850, "850 ms"), (12_400, "12 s"), (200_000, "3 min")] {
            assert_eq!(span(ms), text);
            assert_eq!(long_span(ms), text);
        }
        assert_eq!(long_span(7_500_000), "2 h 5 min");
    }

    #[test]
    fn money_groups_thousands() {
        for (mills, text) in [
            (1_234_500, "$1,234.50"),
            (999_990, "$999.99"),
            (1_000_000_000_000, "$1,000,000,000.00"),
            (-1_500_000, "-$1,500.00"),
            (12_504, "$12.504"),
        ] {
            assert_eq!(money(Mills(mills)), text);
        }
    }

    #[test]
    fn a_price_in_a_field_reads_back() {
        for mills in [10, 12_504, 1_234_500] {
            assert_eq!(price_field(Mills(mills)).parse(), Ok(Mills(mills)));
        }
    }

    #[test]
    fn categories_read_like_shop_signs() {
        assert_eq!(category("home-kitchen"), "Home & kitchen");
        assert_eq!(category("pet-supplies"), "Pet supplies");
        assert_eq!(category("books"), "Books");
    }

    #[test]
    fn times_and_numbers() {
        assert_eq!(ago(0, 59_000), "just now");
        assert_eq!(ago(0, 3_600_000), "1 h ago");
        assert_eq!(ago(0, 86_400_000), "1 day ago");
        assert_eq!(countdown(65_400), "1:05");
        assert_eq!(countdown(-5), "0:00");
        assert_eq!(decimal(-0.6667), "\u{2212}0.67");
        assert_eq!(decimal(-0.001), "0.00");
    }

    #[test]
    fn an_ending_is_told_from_the_own_seat() {
        let deal = Outcome::Deal { price: Mills(5_000), round: 2 };
        assert_eq!(outcome_to(deal, Some(Role::Buyer)), "You bought it for $5.00");
        assert_eq!(
            outcome_to(Outcome::Quit { by: Role::Seller }, Some(Role::Buyer)),
            "The seller walked away"
        );
        assert_eq!(
            outcome_to(Outcome::Quit { by: Role::Buyer }, Some(Role::Buyer)),
            "You walked away"
        );
    }
}
