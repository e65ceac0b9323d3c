//! Suites: many evaluations by one plan, each negotiator against each opponent.

use std::collections::BTreeMap;

use rules::Role;
use serde::{Deserialize, Serialize};

use crate::id::{NegotiatorName, SuiteId};
use crate::training::{Interval, RunCommand, RunFailure, RunStatus};

/// Asks for a suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSuite {
    /// The name of a built-in plan: `paper-table-1`, `paper-table-2`, `paper-table-3`, `bilateral-trade`, `terms`,
    /// `custom`.
    pub plan: String,
    /// What it is for, up to 80 characters. Empty: the plan's name and a number.
    #[serde(default)]
    pub label: String,
    /// TOML laid over the plan: only what differs. Unknown keys are refused.
    #[serde(default)]
    pub settings: String,
}

/// A built-in plan as it can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanCard {
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// The file, with every value explained.
    pub text: String,
}

/// What a plan would take here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuiteEstimate {
    /// Pairs of negotiators, manners counted apart.
    pub cells: u32,
    pub episodes: u32,
    /// From calls that these negotiators answered before; absent: none of a language model is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// Of remote models, in millionths of a dollar.
    pub micro_dollars: u64,
    /// Negotiators of whom no call is known: their time is a guess.
    pub guessed: Vec<NegotiatorName>,
}

/// A suite as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuiteHead {
    pub id: SuiteId,
    pub label: String,
    pub plan: String,
    pub status: RunStatus,
    /// Asked for, and not yet done by the worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<RunCommand>,
    /// Who is measured, and against whom, as the page says it.
    pub measured: String,
    pub against: String,
    /// Episodes that count, of how many.
    pub done: u32,
    pub of: u32,
    /// Attempts that the machinery failed; in no figure.
    pub failed: u32,
    /// Estimated from the episodes so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<RunFailure>,
    /// A worker was heard from of late.
    pub attended: bool,
    /// In milliseconds since the Unix epoch.
    pub created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
}

/// A suite with all that its page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuitePage {
    pub head: SuiteHead,
    /// The resolved plan, as TOML.
    pub settings: String,
    /// The command that would do it again.
    pub command: String,
    pub code_version: String,
    pub seed: u64,
    pub products: u32,
    /// By role, negotiator, opponent, persona.
    pub cells: Vec<SuiteCell>,
    /// Who is better than whom, on the same scenarios.
    pub differences: Vec<SuiteDifference>,
    /// Figures of others, as they were reported.
    pub reported: Vec<ReportedFigures>,
}

/// What is measured of a suite's episodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuiteFigures {
    pub cells: Vec<SuiteCell>,
    pub differences: Vec<SuiteDifference>,
}

/// The mean reward on a part of the episodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuiteSlice {
    /// `mutual`, `conflicting`, or `price_1` (the cheapest fifth of the products) to `price_5`.
    pub name: String,
    pub reward: Interval,
    /// Episodes.
    pub n: u64,
}

/// Two negotiators that met the same opponents over the same scenarios, all of these together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuiteDifference {
    pub role: Role,
    pub better: NegotiatorName,
    pub worse: NegotiatorName,
    /// Of the mean reward, paired by product.
    pub reward: Interval,
    /// Two-sided, by permutation; and adjusted for all pairs of the suite (Holm).
    pub p: f64,
    pub p_adjusted: f64,
    /// Products that both played.
    pub products: u64,
}

/// Somebody else's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportedFigures {
    pub who: String,
    pub source: String,
    pub figures: BTreeMap<String, f64>,
}

/// One side of one pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuiteCell {
    /// Of the evaluation that holds the episodes.
    pub evaluation: uuid::Uuid,
    pub role: Role,
    pub negotiator: NegotiatorName,
    pub against: NegotiatorName,
    /// Of the counterpart.
    pub persona: String,
    /// Episodes that count, of how many.
    pub done: u32,
    pub of: u32,
    /// By name, as in `rules::metrics`.
    pub figures: BTreeMap<String, Interval>,
    /// The mean reward by interests and by price; those without an episode are left out.
    #[serde(default)]
    pub slices: Vec<SuiteSlice>,
}
