//! What is bargained over: Souk's own catalogue, its pictures, and the reader of the
//! AmazonHistoryPrice set.
//!
//! Pure apart from reading the folder to import: no database, no web, no clock. The same seed gives
//! the same catalogue to the last byte.

pub mod amazon_history_price;
mod generate;
mod item;
mod manifest;
pub mod picture;

pub use generate::{SEED, own_catalogue, own_manifest};
pub use item::{CATEGORIES, Item, PricePoint, STALL_PERSONAS, Split, category_name};
pub use manifest::{Counts, Manifest};
