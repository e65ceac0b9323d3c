//! Souk as an environment for trainers: one seat of a negotiation, by reset and step.
//!
//! The frames are those of OpenEnv's protocol: `{"type": "reset", "data": {…}}` is answered by
//! `{"type": "observation", "data": {"observation": {…}, "reward": null, "done": false}}`.

use rules::syntax::Syntax;
use rules::{Act, Mills, Outcome, PerRole, Role};
use serde::{Deserialize, Serialize};

use crate::bazaar::SeatTurn;
use crate::id::{EpisodeId, NegotiatorName, ProductId};

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum EnvFrame {
    Reset(EnvReset),
    Step(EnvAction),
    State,
    Close,
}

/// A new episode. All that is left out is drawn from the seed, or is usual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnvReset {
    /// The same seed, with the same settings and actions, gives the same observations.
    #[serde(default)]
    pub seed: Option<u64>,
    /// OpenEnv's own name for the episode; the answer has it back.
    #[serde(default)]
    pub episode_id: Option<String>,
    /// The seat that is played.
    #[serde(default = "buyer")]
    pub role: Role,
    #[serde(default)]
    pub opponent: Option<NegotiatorName>,
    /// The seller's persona.
    #[serde(default)]
    pub persona: Option<String>,
    /// Default: drawn among the split's products.
    #[serde(default)]
    pub product: Option<ProductId>,
    /// `train` or `test`.
    #[serde(default)]
    pub split: Option<String>,
    #[serde(default)]
    pub rounds: Option<u32>,
    /// Of the messages: `standard` or `compact`.
    #[serde(default)]
    pub style: Option<String>,
    /// In which texts are read.
    #[serde(default)]
    pub syntax: Syntax,
}

fn buyer() -> Role {
    Role::Buyer
}

impl Default for EnvReset {
    fn default() -> EnvReset {
        EnvReset {
            seed: None,
            episode_id: None,
            role: Role::Buyer,
            opponent: None,
            persona: None,
            product: None,
            split: None,
            rounds: None,
            style: None,
            syntax: Syntax::default(),
        }
    }
}

/// One message: as a model wrote it, or as an act with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnvAction {
    /// A model's own text. What is no move ends the episode as a format error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub talk: String,
}

/// What a client is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum EnvReply {
    Observation(Box<EnvResult>),
    State(EnvState),
    Error(EnvError),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnvResult {
    pub observation: EnvObservation,
    /// Of the own side, once it is done; absent where the episode is not scored.
    pub reward: Option<f64>,
    pub done: bool,
}

/// The table as the own side sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnvObservation {
    pub episode: EpisodeId,
    pub role: Role,
    /// The chat from its beginning, as a model would be asked for the next move.
    pub messages: Vec<EnvMessage>,
    /// The own limit.
    pub limit: Mills,
    pub product: String,
    pub list_price: Mills,
    pub turns: Vec<SeatTurn>,
    pub standing: PerRole<Option<Mills>>,
    /// Of the next own message, from 1.
    pub round: u32,
    pub rounds: u32,
    pub legal: EnvLegal,
    /// Once it is done.
    pub outcome: Option<Outcome>,
    /// Of both sides, once it is done.
    pub rewards: Option<PerRole<Option<f64>>>,
    /// Name and version of the reward's formula.
    pub reward_name: Option<String>,
    /// Why the last text was no move.
    pub format_error: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnvMessage {
    /// `system`, `user` or `assistant`.
    pub role: String,
    pub content: String,
}

/// What may be done next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnvLegal {
    pub offer: bool,
    pub reject: bool,
    pub accept: Option<Mills>,
    pub quit: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnvState {
    /// As the reset named it, else Souk's own.
    pub episode_id: Option<String>,
    /// Own messages so far.
    pub step_count: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnvError {
    pub message: String,
    /// OpenEnv's: `INVALID_JSON`, `UNKNOWN_TYPE`, `VALIDATION_ERROR`, `EXECUTION_ERROR`, `CAPACITY_REACHED`,
    /// `SESSION_ERROR`.
    pub code: String,
}
