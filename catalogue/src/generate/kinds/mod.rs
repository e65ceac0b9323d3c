//! What there is to sell, by group of categories.

mod baby;
mod care;
mod culture;
mod gadgets;
mod garden;
mod home;
mod kitchen;
mod pets;
mod road;
mod sport;
mod studio;
mod toys;
mod video_games;
mod workshop;

use super::kind::Shelf;

/// Colours of machines and of things to wear.
const TECH: &[&str] = &[
    "Graphite",
    "Chalk White",
    "Fjord Blue",
    "Sage Green",
    "Copper",
    "Midnight Black",
    "Lavender",
    "Teal",
];
/// Colours of the household.
const HOME: &[&str] = &[
    "Cream",
    "Terracotta",
    "Sage Green",
    "Mustard",
    "Denim Blue",
    "Charcoal",
    "Blush Pink",
    "Teal",
];
/// Colours that want to be seen.
const VIVID: &[&str] = &[
    "Poppy Red",
    "Sunflower Yellow",
    "Sky Blue",
    "Tangerine Orange",
    "Forest Green",
    "Plum",
    "Navy",
    "Coral",
];
/// Gentle colours.
const SOFT: &[&str] =
    &["Mint", "Blush Pink", "Oat White", "Sky Blue", "Honey", "Lavender", "Apricot", "Sage Green"];

/// The shelf of one of [`crate::CATEGORIES`].
pub(super) fn shelf(category: &str) -> Shelf {
    match category {
        "automotive" => road::AUTOMOTIVE,
        "baby-products" => baby::BABY,
        "beauty" => care::BEAUTY,
        "books" => culture::BOOKS,
        "electronics" => gadgets::ELECTRONICS,
        "health-personal-care" => care::HEALTH,
        "home-kitchen" => kitchen::HOME_KITCHEN,
        "industrial-scientific" => workshop::INDUSTRIAL,
        "movies-tv" => culture::MOVIES,
        "music" => studio::MUSIC,
        "other" => home::OTHER,
        "patio-lawn-garden" => garden::PATIO,
        "pet-supplies" => pets::PETS,
        "software" => studio::SOFTWARE,
        "sports-outdoors" => sport::SPORTS,
        "tools-home-improvement" => workshop::TOOLS,
        "toys-games" => toys::TOYS,
        "video-games" => video_games::VIDEO_GAMES,
        other => panic!("there is no shelf for the category {other}"),
    }
}
