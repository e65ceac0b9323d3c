//! Statistics: intervals that respect clusters, and ratings.
//!
//! Rollouts of one product share its limits and its listing, so they are not independent: an
//! interval that counts them as if they were is too narrow. Everything here resamples whole
//! clusters. Chance comes from a seed that the caller gives: the same seed, the same interval.

mod agreement;
mod bootstrap;
mod chance;
mod contrast;
mod power;
mod rating;

pub use agreement::ordinal_alpha;
pub use bootstrap::{Bootstrap, Interval, Sums, wilson};
pub use chance::SplitMix64;
pub use contrast::{Difference, Paired, contrast, holm};
pub use power::{Question, Spread};
pub use rating::{
    Comparison, Payoff, Rating, bradley_terry, compare_payoffs, connected, drop_to_overturn,
    groups, payoff_effects, rate_by_payoff, rate_by_wins,
};

#[cfg(test)]
mod tests;
