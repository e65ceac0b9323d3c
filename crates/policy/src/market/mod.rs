//! Markets with scripted agents, step by step: who looks where, who meets whom, what each says.
//!
//! The rules of selling are [`rules::market`]'s. A negotiator knows of its own talk and of what its other talks offer:
//! its limit there is never worse than what it could have elsewhere, so a rival stall is an outside option.

mod bazaar;
mod compare;
mod elsewhere;
mod population;
#[cfg(test)]
mod tests;

pub use bazaar::{Bazaar, Cast, Due, PERSON, Part, scripted};
pub use compare::{FIGURES, Figures, compare, figures};
pub use elsewhere::Around;
pub use population::{
    BadPopulation, BuyerGroup, Drawn, Population, SellerGroup, ShockGroup, Spread,
};
