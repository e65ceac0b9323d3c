//! What tests of several crates share: builders and seeded games. For tests only.

#[cfg(feature = "backend")]
pub mod backend;
mod build;
mod play;

pub use build::{ProductBuilder, ScenarioBuilder, product, scenario, usd};
pub use play::{MOVE_MS, Seats, play, play_from};
