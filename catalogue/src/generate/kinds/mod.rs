//! What there is to sell, by group of categories.

mod road;

use super::kind::Shelf;

/// The shelf of one of [`crate::CATEGORIES`].
pub(super) fn shelf(category: &str) -> Shelf {
    match category {
        "automotive" => road::AUTOMOTIVE,
        _ => road::AUTOMOTIVE,
    }
}
