//! A catalogue item: the public product, the private limits, and what they follow from.

use rules::{Interest, Mills, Product};
use serde::{Deserialize, Serialize};

/// The 18 categories of the AmazonHistoryPrice set, which Souk's own catalogue uses too.
pub const CATEGORIES: [&str; 18] = [
    "automotive",
    "baby-products",
    "beauty",
    "books",
    "electronics",
    "health-personal-care",
    "home-kitchen",
    "industrial-scientific",
    "movies-tv",
    "music",
    "other",
    "patio-lawn-garden",
    "pet-supplies",
    "software",
    "sports-outdoors",
    "tools-home-improvement",
    "toys-games",
    "video-games",
];

/// How a category is called on a page, e.g. `Patio, Lawn & Garden`. An unknown one is itself.
pub fn category_name(category: &str) -> &str {
    match category {
        "automotive" => "Automotive",
        "baby-products" => "Baby Products",
        "beauty" => "Beauty",
        "books" => "Books",
        "electronics" => "Electronics",
        "health-personal-care" => "Health & Personal Care",
        "home-kitchen" => "Home & Kitchen",
        "industrial-scientific" => "Industrial & Scientific",
        "movies-tv" => "Movies & TV",
        "music" => "Music",
        "other" => "Everything Else",
        "patio-lawn-garden" => "Patio, Lawn & Garden",
        "pet-supplies" => "Pet Supplies",
        "software" => "Software",
        "sports-outdoors" => "Sports & Outdoors",
        "tools-home-improvement" => "Tools & Home Improvement",
        "toys-games" => "Toys & Games",
        "video-games" => "Video Games",
        unknown => unknown,
    }
}

/// A price on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricePoint {
    /// Days before the listing: negative or zero.
    pub day: i32,
    pub price: Mills,
}

/// Which part of the catalogue a product belongs to: trained on, or kept for evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    Train,
    Test,
}

impl Split {
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Test => "test",
        }
    }
}

/// A product with its private limits. Only [`Item::product`], [`Item::persona`], [`Item::picture`]
/// and [`Item::public_history`] may be shown to a negotiator before the reveal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Public. Its list price is the price that limits follow from: the higher of
    /// [`Item::highest_price`] and [`Item::recorded_list_price`].
    pub product: Product,
    /// The list price as the shop gave it; may be below the highest price ever asked.
    pub recorded_list_price: Mills,
    /// The highest price in [`Item::history`].
    pub highest_price: Mills,
    /// The lowest price in [`Item::history`]. Private: it is the seller's cost.
    pub lowest_price: Mills,
    /// B, the buyer's reservation price: 0.8 x the list price, in exact mills. Private.
    pub budget: Mills,
    /// C, the seller's reservation price: the lowest price. Private.
    pub cost: Mills,
    /// Oldest first. Private as a whole, because its minimum is C.
    pub history: Vec<PricePoint>,
    /// How the stall's seller speaks: one of [`STALL_PERSONAS`].
    pub persona: String,
    pub split: Split,
    /// The product's picture: a whole SVG document.
    pub picture: String,
}

/// How stalls' sellers speak, with how many stalls in a hundred have each: names that the policy
/// crate knows as personas. How they concede is the negotiator's affair, not the stall's.
pub const STALL_PERSONAS: [(&str, u32); 6] = [
    ("neutral", 30),
    ("chatty", 22),
    ("begging", 14),
    ("hurried", 14),
    ("insulting", 10),
    ("unyielding", 10),
];

/// The persona for a roll of 0..100.
pub(crate) fn persona_for(roll: u32) -> &'static str {
    let mut below = 0;
    for (persona, share) in STALL_PERSONAS {
        below += share;
        if roll < below {
            return persona;
        }
    }
    STALL_PERSONAS[0].0
}

/// What the public history shows for a price below this share of the list price.
const PUBLIC_FLOOR: (i64, i64) = (9, 10);

/// Of a hundred products, how many show no history although theirs would tell nothing.
const SILENT_PERCENT: u64 = 10;

/// B and C from the recorded prices, by the rule of the reported protocol:
/// `price = max(highest, list)`, `B = 0.8 price`, `C = lowest`. Returns (price, B, C).
pub(crate) fn limits(list: Mills, highest: Mills, lowest: Mills) -> (Mills, Mills, Mills) {
    let price = list.max(highest);
    (price, price.scale(4, 5), lowest)
}

impl Item {
    /// Whether a deal can serve both sides.
    pub fn interest(&self) -> Interest {
        match self.budget.cmp(&self.cost) {
            std::cmp::Ordering::Greater => Interest::Mutual,
            std::cmp::Ordering::Less => Interest::Conflicting,
            std::cmp::Ordering::Equal => Interest::Tie,
        }
    }

    /// The price history that anybody may see: when the price moved, but not how low it went.
    ///
    /// A price below nine tenths of the list price is shown as nine tenths, so that all costs below
    /// that give a history of the same range. Where the cost itself is above nine tenths, the
    /// lowest point shown would be the cost: such a product shows no history. So that an empty
    /// history does not tell those products, some others, chosen by their names, show none either.
    pub fn public_history(&self) -> Vec<PricePoint> {
        let list = self.product.list_price;
        let floor = list.scale(PUBLIC_FLOOR.0, PUBLIC_FLOOR.1).round_to_cents();
        let silent = crate::manifest::stable_roll("silent", &self.product.codename) % 100;
        if self.cost >= floor || silent < SILENT_PERCENT {
            return Vec::new();
        }
        let clip = |p: &PricePoint| PricePoint { day: p.day, price: p.price.max(floor) };
        self.history.iter().map(clip).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_exact_mills() {
        let cents = Mills::from_cents;
        assert_eq!(
            limits(cents(1_999), cents(2_499), cents(1_000)),
            (cents(2_499), Mills(19_992), cents(1_000))
        );
        assert_eq!(limits(cents(3_000), cents(2_499), cents(1_000)).0, cents(3_000));
    }

    #[test]
    fn personas_share_a_hundred_rolls() {
        assert_eq!(STALL_PERSONAS.iter().map(|(_, share)| share).sum::<u32>(), 100);
        assert_eq!(persona_for(0), "neutral");
        assert_eq!(persona_for(30), "chatty");
        assert_eq!(persona_for(99), "unyielding");
    }
}
