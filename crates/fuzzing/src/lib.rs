//! What the fuzz targets do with bytes, as plain functions: `fuzz/` runs them under libFuzzer, this crate's test over
//! the seeds and some thousand changes of them. Tests only.

mod apply;
mod catalogue;
mod events;
mod export;
mod market;
mod parse;
mod study;
mod wire;

pub use self::apply::apply;
pub use self::catalogue::catalogue;
pub use self::events::events;
pub use self::export::export;
pub use self::market::market;
pub use self::parse::parse;
pub use self::study::study;
pub use self::wire::wire;

/// What is to be done with bytes: whether they could be read as what they are to be. Panics where something is wrong.
pub type Target = fn(&[u8]) -> bool;

/// Each is the name of a program in `fuzz/fuzz_targets` and of a folder in `fuzz/seeds`.
pub const TARGETS: [(&str, Target); 8] = [
    ("apply", apply),
    ("catalogue", catalogue),
    ("events", events),
    ("export", export),
    ("market", market),
    ("parse", parse),
    ("study", study),
    ("wire", wire),
];
