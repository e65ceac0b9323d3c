//! Product pictures: each an SVG document drawn from the product's kind, colour and seed.
//!
//! Flat shapes on a warm ground of their own, so that they look the same on a light and a dark page.
//! No script, no outside reference, no font; the title is escaped. Ids carry the product's codename,
//! so that many pictures may stand in one page.

mod drawings;
mod keywords;
mod motif;
mod palette;
mod scene;

pub use drawings::names as drawing_names;
pub use scene::{Subject, draw};

use crate::manifest::stable_roll;

/// The picture of an imported product: its drawing is found by words in the title, else by category.
pub fn for_listing(codename: &str, category: &str, title: &str) -> String {
    draw(&Subject {
        id: codename,
        title,
        drawing: keywords::drawing_for(category, title),
        colour: colour_of(title),
        seed: listing_seed(codename),
    })
}

/// The name of the colour that a title mentions, if it is one that pictures know.
pub fn colour_of(title: &str) -> Option<String> {
    palette::colour_in(title).map(str::to_owned)
}

/// The seed of an imported product's picture.
pub fn listing_seed(codename: &str) -> u64 {
    stable_roll("picture", codename)
}
