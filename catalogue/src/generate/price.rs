//! Prices of an invented product: a list price, and two years of what was asked for it.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rules::Mills;

use crate::item::PricePoint;

/// Prices of one product, by which its limits are set.
pub(super) struct Prices {
    pub list: Mills,
    pub highest: Mills,
    pub lowest: Mills,
    /// Oldest first, about one a month for two years; highest and lowest are among them.
    pub points: Vec<PricePoint>,
}

const MONTHS: i32 = 24;

/// A history around a list price of about `dollars`. In a conflicting one the price never fell below
/// 0.8 of its highest, so that B < C.
pub(super) fn history(dollars: f64, conflicting: bool, rng: &mut ChaCha8Rng) -> Prices {
    let list = charm(dollars, rng);
    let ask = list.as_dollars_f64();
    // Half of the reported set's products once cost more than their list price.
    let peak =
        if rng.random_bool(0.4) { charm(ask * rng.random_range(1.02..1.14), rng) } else { list };
    let top = peak.max(list).as_dollars_f64();
    let depth = if conflicting {
        rng.random_range(0.83..0.88)
    } else {
        // Two draws make the middle likelier; the reported set's median is about one half.
        0.2 + 0.27 * (rng.random_range(0.0..1.0) + rng.random_range(0.0..1.0))
    };
    let lowest = sale(top * depth, rng);
    let points = points(lowest, peak, rng);
    Prices { list, highest: peak, lowest, points }
}

fn points(lowest: Mills, peak: Mills, rng: &mut ChaCha8Rng) -> Vec<PricePoint> {
    let (low, high) = (lowest.as_dollars_f64(), peak.as_dollars_f64());
    let mut level: f64 = rng.random_range(0.45..0.9);
    let mut prices: Vec<Mills> = Vec::new();
    for month in 0..MONTHS {
        level = (level + rng.random_range(-0.22..0.22)).clamp(0.25, 1.0);
        let on_sale = month % 12 == 10 || rng.random_bool(0.12);
        let share = if on_sale { level * 0.4 } else { level };
        let price = charm(low + (high - low) * share, rng);
        prices.push(price.max(lowest).min(peak));
    }
    // One month each for the extremes, never the last: a stall does not open at its best price.
    let mut months: Vec<usize> = (0..prices.len() - 1).collect();
    months.shuffle(rng);
    prices[months[0]] = lowest;
    prices[months[1]] = peak;
    let days = (0..MONTHS).map(|month| {
        let back = (MONTHS - 1 - month) * 30;
        if back == 0 { 0 } else { -(back + rng.random_range(-9..10)) }
    });
    let days: Vec<i32> = days.collect();
    days.into_iter().zip(prices).map(|(day, price)| PricePoint { day, price }).collect()
}

/// A price as shops write it: $8.49, $34.99, $129.00, $1,249.00.
fn charm(dollars: f64, rng: &mut ChaCha8Rng) -> Mills {
    let whole = dollars.max(1.0).floor() as i64;
    let endings: &[i64] = match whole {
        0..=19 => &[49, 95, 99, 99],
        20..=99 => &[50, 95, 99, 99, 0],
        _ => &[0, 99, 95],
    };
    let cents = endings[rng.random_range(0..endings.len())];
    let whole = match whole {
        0..=99 => whole,
        100..=999 if cents == 0 => whole / 5 * 5 + if rng.random_bool(0.5) { 4 } else { 0 },
        100..=999 => whole / 5 * 5 + 4,
        _ => whole / 50 * 50 + if cents == 0 { 0 } else { 49 },
    };
    Mills::from_cents(whole * 100 + cents)
}

/// A sale's price: to the cent, as trackers see them.
fn sale(dollars: f64, rng: &mut ChaCha8Rng) -> Mills {
    let cents = (dollars * 100.0).round().max(50.0) as i64;
    if rng.random_bool(0.6) {
        Mills::from_cents(cents / 100 * 100 + 99)
    } else {
        Mills::from_cents(cents)
    }
}
