//! The price ladder: both sides' offers over the rounds, as places in a drawing.

use rules::{Mills, Outcome, PerRole, Protocol, Role, Table};

/// The drawing's size in its own units: whole numbers, half a pixel each on a phone of 360 pixels.
pub const WIDTH: i32 = 720;
pub const HEIGHT: i32 = 460;
pub const LEFT: i32 = 104;
pub const RIGHT: i32 = 24;
const TOP: i32 = 28;
const BOTTOM: i32 = 52;

/// One offer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub by: Role,
    pub round: u32,
    pub price: Mills,
    pub x: i32,
    pub y: i32,
    /// It still stands.
    pub stands: bool,
}

/// A level line across the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    pub price: Mills,
    pub y: i32,
}

/// A round's place on the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoundTick {
    pub round: u32,
    pub x: i32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    pub marks: Vec<Mark>,
    /// SVG path data through one side's offers.
    pub paths: PerRole<String>,
    /// The limits that the reader may see.
    pub limits: PerRole<Option<Level>>,
    pub list_price: Level,
    pub deal: Option<Level>,
    pub price_ticks: Vec<Level>,
    pub rounds: Vec<RoundTick>,
}

/// Lays out what the reader may see.
pub fn ladder(table: &Table, limits: PerRole<Option<Mills>>) -> Ladder {
    let list = table.listing.product.list_price;
    let deal = match table.outcome {
        Some(Outcome::Deal { price, .. } | Outcome::BudgetViolation { price, .. }) => Some(price),
        _ => None,
    };
    let offers: Vec<(Role, u32, Mills)> = Role::BOTH
        .into_iter()
        .flat_map(|role| table.offers_of(role).map(move |(round, price)| (role, round, price)))
        .collect();
    let prices = offers.iter().map(|(_, _, price)| *price);
    let known = [Some(list), deal, limits.buyer, limits.seller];
    let scale = PriceScale::around(prices.chain(known.into_iter().flatten()));
    let last_round = rounds_shown(table, &offers);
    let marks: Vec<Mark> = offers
        .iter()
        .map(|&(by, round, price)| Mark {
            by,
            round,
            price,
            x: x_of(by, round, last_round),
            y: scale.y(price),
            stands: *table.offers.get(by) == Some(price)
                && table.offers_of(by).last().is_some_and(|(last, _)| last == round),
        })
        .collect();
    let level = |price| Level { price, y: scale.y(price) };
    Ladder {
        paths: PerRole { buyer: path(&marks, Role::Buyer), seller: path(&marks, Role::Seller) },
        limits: limits.map(|_, limit| limit.map(level)),
        list_price: level(list),
        deal: deal.map(level),
        price_ticks: scale.ticks().map(level).collect(),
        rounds: (1..=last_round)
            .filter(|round| last_round <= 12 || round % last_round.div_ceil(8) == 1)
            .map(|round| RoundTick { round, x: centre_of(round, last_round) })
            .collect(),
        marks,
    }
}

fn rounds_shown(table: &Table, offers: &[(Role, u32, Mills)]) -> u32 {
    let played = offers.iter().map(|(_, round, _)| *round).max().unwrap_or(1);
    match table.listing.protocol {
        Protocol::Alternating { max_rounds } => max_rounds.max(played),
        Protocol::Open { .. } => played.max(6),
    }
}

fn centre_of(round: u32, rounds: u32) -> i32 {
    across(2 * round.cast_signed() - 1, 2 * rounds.cast_signed())
}

/// The buyer's offer stands a little to the left in its round, for it comes first.
fn x_of(by: Role, round: u32, rounds: u32) -> i32 {
    let shift = if by == Role::Buyer { 7 } else { 3 };
    across(10 * round.cast_signed() - shift, 10 * rounds.cast_signed())
}

/// That part of the way from the left to the right edge.
fn across(part: i32, whole: i32) -> i32 {
    LEFT + (WIDTH - LEFT - RIGHT) * part / whole
}

fn path(marks: &[Mark], role: Role) -> String {
    let mut path = String::new();
    for mark in marks.iter().filter(|m| m.by == role) {
        let letter = if path.is_empty() { 'M' } else { 'L' };
        path.push_str(&format!("{letter}{} {}", mark.x, mark.y));
    }
    path
}

/// A vertical axis of prices, in mills.
#[derive(Clone, Copy, Debug, PartialEq)]
struct PriceScale {
    low: i64,
    high: i64,
}

impl PriceScale {
    fn around(prices: impl Iterator<Item = Mills>) -> PriceScale {
        let (mut low, mut high) = (i64::MAX, 0);
        for price in prices {
            low = low.min(price.0);
            high = high.max(price.0);
        }
        // A tenth of air, and never a flat axis.
        let air = ((high - low) / 10).max(high / 20).max(10);
        PriceScale { low: (low - air).max(0), high: high + air }
    }

    fn y(self, price: Mills) -> i32 {
        let height = i64::from(HEIGHT - TOP - BOTTOM);
        let up = (price.0 - self.low) * height / (self.high - self.low);
        HEIGHT - BOTTOM - i32::try_from(up.clamp(0, height)).expect("at most the height")
    }

    /// Three to six round prices inside the axis.
    fn ticks(self) -> impl Iterator<Item = Mills> {
        let step = round_step((self.high - self.low) / 4);
        let first = (self.low + step - 1) / step;
        (first..=self.high / step).map(move |i| Mills(i * step))
    }
}

/// The smallest of 1, 2, 5 times a power of ten (in mills, at least a cent) that is not below `raw`.
fn round_step(raw: i64) -> i64 {
    let mut power = 10;
    loop {
        for factor in [1, 2, 5] {
            if power * factor >= raw {
                return power * factor;
            }
        }
        power *= 10;
    }
}

/// The ladder in a sentence, for those who do not see it.
pub fn described(table: &Table) -> String {
    let side = |role: Role| match *table.offers.get(role) {
        Some(price) => {
            format!("the {}'s last offer is {}", role.name(), crate::format::money(price))
        }
        None => format!("the {} has not named a price", role.name()),
    };
    format!("Offers so far: {}; {}.", side(Role::Buyer), side(Role::Seller))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::view;

    fn drawn(offers: &[i64]) -> Ladder {
        let view = view(Role::Buyer, offers);
        ladder(&view.table, PerRole { buyer: Some(view.limit), seller: None })
    }

    #[test]
    fn higher_prices_stand_higher_and_all_inside() {
        let ladder = drawn(&[40, 95, 55, 90]);
        assert_eq!(ladder.marks.len(), 4);
        for a in &ladder.marks {
            assert!((TOP..=HEIGHT - BOTTOM).contains(&a.y), "{a:?}");
            assert!((LEFT..=WIDTH - RIGHT).contains(&a.x), "{a:?}");
            for b in &ladder.marks {
                assert_eq!(a.price < b.price, a.y > b.y, "{a:?} {b:?}");
            }
        }
        assert_eq!(ladder.rounds.len(), 6);
        assert!((2..=7).contains(&ladder.price_ticks.len()), "{:?}", ladder.price_ticks);
    }

    #[test]
    fn only_the_own_limit_is_drawn_before_the_reveal() {
        let ladder = drawn(&[40]);
        assert!(ladder.limits.buyer.is_some());
        assert!(ladder.limits.seller.is_none());
    }

    #[test]
    fn the_last_offer_of_each_side_stands() {
        let ladder = drawn(&[40, 95, 55]);
        let standing: Vec<_> =
            ladder.marks.iter().filter(|m| m.stands).map(|m| m.price.0 / 1000).collect();
        assert_eq!(standing, [55, 95]);
        assert!(ladder.paths.buyer.starts_with('M') && ladder.paths.buyer.contains('L'));
    }

    #[test]
    fn an_empty_ladder_is_drawn_too() {
        let ladder = drawn(&[]);
        assert!(ladder.marks.is_empty() && ladder.paths.buyer.is_empty());
        assert!((TOP..=HEIGHT - BOTTOM).contains(&ladder.list_price.y));
    }
}
