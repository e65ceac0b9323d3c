//! Two agents beside each other, on what both played.

use rules::Role;
use serde::{Deserialize, Serialize};

use crate::training::Interval;

/// Asks for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
pub struct PairQuery {
    pub role: Role,
    /// Names of negotiators, or `person`.
    pub a: String,
    pub b: String,
}

/// What came out: `a` less `b`, over the scenarios (product, opponent, personas) that both played in that role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairPage {
    pub scenarios: u32,
    pub products: u32,
    /// Mean payoffs, own surplus over `|B - C|` with 0 without a deal, each with an interval clustered by product.
    pub a: Interval,
    pub b: Interval,
    pub difference: Interval,
    /// Two-sided, by permutation of who is who in whole products. Absent: nothing to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// The same within opponents and categories: name, scenarios, difference.
    pub by_opponent: Vec<(String, u32, Interval)>,
    pub by_category: Vec<(String, u32, Interval)>,
    /// Products where `a` lost most to `b`, and where it won most.
    pub lost: Vec<(String, f64)>,
    pub won: Vec<(String, f64)>,
    pub power: Vec<PowerRow>,
    /// Products that it takes to see a difference: difference, products, with one scenario of each.
    pub needed: Vec<(f64, u64)>,
}

/// The smallest difference that would be seen in 80% of evaluations at a false alarm rate of 5%.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PowerRow {
    pub products: u64,
    /// Scenarios of each product.
    pub scenarios: u64,
    pub difference: f64,
}
