//! Counterfactuals: how an episode might have gone on from one of its moves.

use rules::{Mills, PerRole};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{CounterfactualId, EpisodeId};
use crate::training::Interval;

/// Asks for one. At least one thing is changed, or nothing: then only chance is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCounterfactual {
    /// Messages that stay as they were: 0 begins anew.
    pub after: u32,
    /// Another negotiator on a seat. A seat where a person sat needs one.
    #[serde(default)]
    pub seats: PerRole<Option<String>>,
    /// Another persona.
    #[serde(default)]
    pub personas: PerRole<Option<String>>,
    /// What the next message offers, in mills, whoever's turn it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Mills>,
    /// Episodes of each arm, 1 to 500.
    pub rollouts: u32,
}

/// A counterfactual as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CounterfactualPage {
    pub id: CounterfactualId,
    pub episode: EpisodeId,
    pub title: String,
    pub asked: NewCounterfactual,
    /// Who plays in the changed arm.
    pub seats: PerRole<String>,
    pub budget: Mills,
    pub cost: Mills,
    /// Being played now.
    pub going_on: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    pub created_ms: i64,
    /// The price of the episode that it goes on from, where it was a deal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Mills>,
    pub changed: Arm,
    /// As it was, played again. Absent where a person sat there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Arm>,
}

/// Outcomes of one arm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Arm {
    pub evaluation: Uuid,
    /// Episodes that count.
    pub done: u32,
    pub deals: u32,
    /// Of deals, sorted.
    pub prices: Vec<Mills>,
    pub deal_rate: Interval,
    /// Mean rewards. Rollouts differ by their draws alone, so intervals resample them one by one.
    pub rewards: PerRole<Interval>,
}
