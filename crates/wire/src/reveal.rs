//! After the end: limits, surplus, reward, and how others did.

use rules::{Mills, Outcome, PerRole};
use serde::{Deserialize, Serialize};

/// Shown when an episode is over and its scenario reveals the limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reveal {
    pub budget: Mills,
    pub cost: Mills,
    pub outcome: Outcome,
    /// Buyer: B - P, seller: P - C; both zero without a deal.
    pub surplus: PerRole<Mills>,
    /// The price's place in the zone of possible agreement: 0 at cost, 1 at budget. Deals in
    /// mutual-interest scenarios only.
    pub position: Option<f64>,
    pub scores: PerRole<Score>,
    pub comparison: Comparison,
}

/// A reward with its formula filled in. `value` is `None` where the episode is not scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Score {
    pub reward: String,
    pub version: u32,
    pub value: Option<f64>,
    /// With names, e.g. `clip((B - P) / |B - C|, -1, 1)`.
    pub formula: String,
    /// With numbers, e.g. `clip(($80.00 - $60.00) / |$80.00 - $50.00|, -1, 1) = 0.667`.
    pub filled: String,
    pub terms: Vec<ScoreTerm>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreTerm {
    pub symbol: String,
    pub meaning: String,
    pub value: String,
}

/// How others did on this product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// One row per kind of buyer and seller, people first. Empty: you are the first.
    pub rows: Vec<ComparisonRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComparisonRow {
    /// `People`, or a negotiator's title.
    pub label: String,
    pub role: rules::Role,
    pub episodes: i64,
    pub deals: i64,
    /// Mean reward in that role over scored episodes.
    pub mean_reward: f64,
    pub mean_price: Option<Mills>,
}
