//! Language models: how they are, and what they were asked.

use rules::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A language model of this server as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelCard {
    /// The name by which it is seated, too.
    pub name: String,
    pub title: String,
    pub kind: ModelKind,
    pub state: ModelState,
    /// How far a load has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<LoadStage>,
    /// How long the load has taken so far, or took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_ms: Option<u64>,
    /// How long the last load took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_ms: Option<u64>,
    /// Why it failed, and what to do. Researchers read what was wrong in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// 0 while it is not in memory.
    pub memory_bytes: u64,
    /// Of late, all requests together; absent while there is too little to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_second: Option<f64>,
    /// Requests that wait in line.
    pub queued: u64,
    /// Requests that are being answered.
    pub in_flight: u64,
    /// Requests since the server started.
    pub requests: u64,
    /// Tokens generated since the server started.
    pub tokens: u64,
    /// The longest that a request has waited in line.
    pub longest_wait_ms: u64,
}

/// Where a model's weights come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// A folder on this machine.
    Folder,
    /// The Hugging Face hub.
    Hub,
    /// A GGUF file on this machine.
    Gguf,
    /// It runs elsewhere and is asked over the network.
    Remote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// Not in memory: it is loaded when it is first asked.
    Absent,
    Loading,
    Ready,
    /// It could not be loaded, or stopped working. Asked again, it is tried again.
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LoadStage {
    /// Looking at the files.
    Checking,
    /// Merging an adapter into the weights.
    Merging,
    /// Reading the weights, or downloading them.
    Reading,
    /// Having it answer one token.
    Trying,
}

/// One question to a language model and its answer. Tells limits and thoughts: for researchers alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelCall {
    pub id: Uuid,
    pub role: Role,
    /// Moves on the table when it was asked, from 0.
    pub turn: u32,
    /// From 0; counts anew where the environment refused a move and it was asked again.
    pub attempt: u32,
    pub model: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    pub prompt: Vec<PromptMessage>,
    /// All that it wrote.
    pub output: String,
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    /// Until it had a place.
    pub queue_ms: u64,
    /// Until the first token, the wait included.
    pub first_token_ms: u64,
    /// Until the last token.
    pub total_ms: u64,
    pub sampling: Sampling,
    pub seed: u64,
    /// Whether a grammar held the output.
    pub constrained: bool,
    /// `ok`, `format`, `illegal`, `engine` or `cancelled`.
    pub outcome: String,
    /// What was wrong, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// What was wrong, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether the move was not the model's: the last attempt failed, and it rejected or left instead.
    pub fallback: bool,
    /// What the call cost, in millionths of a dollar, where it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_microdollars: Option<i64>,
    /// When it was stored, in milliseconds since the Unix epoch.
    pub at: i64,
}

/// A token that a model wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WrittenToken {
    pub text: String,
    /// Natural logarithm of its probability by the model alone: at temperature 1, without cuts and grammar.
    pub logp: f32,
}

/// A message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PromptMessage {
    /// `system`, `user` or `assistant`.
    pub speaker: String,
    pub text: String,
}

/// How tokens were drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sampling {
    /// 0 takes the likeliest token always.
    pub temperature: f32,
    /// Only so many of the likeliest tokens; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Only the likeliest tokens that together have this probability; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    /// Most tokens of an answer.
    pub max_tokens: u32,
}
