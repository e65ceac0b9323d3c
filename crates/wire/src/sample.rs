//! Episodes as points of a plot, for researchers.

use rules::{Interest, Mills, PerRole, Role};
use serde::{Deserialize, Serialize};

use crate::id::EpisodeId;

/// The newest episodes that fit conditions, scored ones alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EpisodeSample {
    pub points: Vec<EpisodePoint>,
    /// Whether there are more than these.
    pub more: bool,
}

/// What plots need of an episode. Holds both limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EpisodePoint {
    pub id: EpisodeId,
    pub category: String,
    pub list_price: Mills,
    pub budget: Mills,
    pub cost: Mills,
    /// Of a deal.
    pub price: Option<Mills>,
    pub rewards: PerRole<Option<f64>>,
    /// In their order: by whom, the side's own message number, price.
    pub offers: Vec<(Role, u32, Mills)>,
}

impl EpisodePoint {
    pub fn interest(&self) -> Interest {
        Interest::of(self.budget, self.cost)
    }
}
