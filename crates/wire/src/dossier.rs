//! All that is known of one episode, for researchers, and what they think of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::episode::EpisodePage;
use crate::id::{CounterfactualId, RunId, SuiteId};
use crate::model::{ModelCall, WrittenToken};
use crate::reveal::Reveal;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dossier {
    #[serde(flatten)]
    pub page: EpisodePage,
    /// Once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reveal: Option<Reveal>,
    /// Questions to language models, oldest first. Empty for who sits at the table until the end.
    pub calls: Vec<ModelCall>,
    /// What these wrote by tokens, by call, where the model told probabilities.
    #[serde(default)]
    pub written: BTreeMap<Uuid, Vec<WrittenToken>>,
    pub origin: Origin,
    pub tags: Vec<String>,
    pub ratings: Vec<Rating>,
    /// Counterfactuals from this episode, newest first, each with the messages that stay.
    pub counterfactuals: Vec<(CounterfactualId, u32)>,
}

/// Where an episode comes from: what it takes to play it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Origin {
    /// Of the program that created it.
    pub code_version: String,
    /// Of its negotiators. Absent until the end for who sits at the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<SuiteId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// From 0, among those of one product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
}

/// What a researcher thinks of an episode, on one scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rating {
    /// What is rated, 1 to 40 characters, e.g. `sense`.
    pub scale: String,
    /// From 1, the worst, to 5.
    pub score: u8,
    /// Up to 1,000 characters.
    #[serde(default)]
    pub note: String,
    /// Given by the server.
    #[serde(default)]
    pub rater: String,
    /// Whether the reader gave it.
    #[serde(default)]
    pub own: bool,
}

/// How far those who rated on one scale agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScaleAgreement {
    pub scale: String,
    pub raters: u32,
    pub episodes: u32,
    pub ratings: u32,
    pub mean: f64,
    /// Krippendorff's alpha for ordered categories over the episodes that several rated: 1 is
    /// agreement, 0 chance. Absent where nobody can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
}
