//! Ladders: who is better than whom over many episodes, by wins and by payoff.

use serde::{Deserialize, Serialize};

use crate::id::LadderId;
use crate::training::Interval;

/// Asks for a ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewLadder {
    /// 1 to 80 characters.
    pub title: String,
    /// Which episodes count, as the address of the table of episodes has it, e.g. `split=test`. Rollouts, episodes
    /// that go on from others and those that are not scored never do.
    #[serde(default)]
    pub conditions: String,
    /// Whether everybody with the address sees it.
    #[serde(default)]
    pub public: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LadderStatus {
    /// It is being worked out; an earlier result stays meanwhile.
    Computing,
    Ready,
    Failed,
}

/// A ladder as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LadderPage {
    pub id: LadderId,
    pub title: String,
    /// Empty for readers who are no researchers.
    pub conditions: String,
    pub public: bool,
    pub status: LadderStatus,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Milliseconds since the Unix epoch.
    pub created_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Ladder>,
}

/// What came out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ladder {
    pub episodes: i64,
    pub products: u32,
    pub code_version: String,
    /// Those within a group were compared, directly or through others; largest first.
    pub groups: Vec<LadderGroup>,
    /// Met nobody in the same role of the same scenario as somebody else.
    pub alone: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LadderGroup {
    /// Best by payoff first.
    pub rungs: Vec<Rung>,
    /// Row by row: how often the one of the row earned more than the one of the column in the same role of the
    /// same scenario, ties as half. Absent: never compared.
    pub wins: Vec<Vec<Option<f64>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Lead>,
}

/// One agent's place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rung {
    /// A negotiator's name, or `person` for all people.
    pub agent: String,
    pub title: String,
    pub episodes: i64,
    /// Payoff effect: own surplus over `|B - C|` more than the group's mean, role and scenario taken out.
    pub payoff: Placed,
    /// Log strength of Bradley-Terry, the group's mean taken out.
    pub wins: Placed,
}

/// A rating with its rank, from 1, and the ranks between which it stays in 95% of resampled products.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Placed {
    pub rating: Interval,
    pub rank: u32,
    pub best_rank: u32,
    pub worst_rank: u32,
}

/// How firm the first place by payoff is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lead {
    pub first: String,
    pub second: String,
    /// Products on which both were in the same role of the same scenario.
    pub products: u32,
    /// Of these, how many must be left out until the first is no longer ahead. Absent: it is not ahead on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<u32>,
}
