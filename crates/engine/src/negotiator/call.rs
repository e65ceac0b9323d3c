//! The record of one question to a model, for storage.

use serde::{Deserialize, Serialize};

use crate::definition::Sampling;
use crate::generate::End;

/// One attempt at a move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub model: String,
    pub prompt: Vec<PromptMessage>,
    /// All that the model wrote, up to where it ended.
    pub output: String,
    pub prompt_tokens: usize,
    pub completion_tokens: usize,
    /// Until the model had a slot.
    pub queue_ms: u64,
    /// Until the first token, the wait included.
    pub first_token_ms: u64,
    /// Until the last.
    pub total_ms: u64,
    pub sampling: Sampling,
    /// Whether a grammar held the output.
    pub constrained: bool,
    pub seed: u64,
    /// From 0.
    pub attempt: usize,
    /// Why the output ended; `None` where it never did.
    pub end: Option<End>,
    pub outcome: CallOutcome,
}

/// A message of the prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptMessage {
    /// `system`, `user` or `assistant`.
    pub speaker: String,
    pub text: String,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CallOutcome {
    /// A move that is legal.
    Ok,
    /// No move: the code of the [`rules::syntax::FormatError`].
    Format { code: String, detail: String },
    /// A move that is not legal: the code of the [`rules::Illegal`].
    Illegal { code: String, detail: String },
    /// No answer: the code of the [`crate::EngineError`].
    Engine { code: String, detail: String },
}
