//! The record of one question to a model, for storage.

use serde::{Deserialize, Serialize};

use super::{End, Profile, Sampling};
use crate::prompt::Message;

/// One attempt at a move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub model: String,
    pub prompt: Vec<PromptMessage>,
    /// All that the model wrote, up to where it ended.
    pub output: String,
    pub prompt_tokens: usize,
    pub completion_tokens: usize,
    /// As [`super::Answer::tokens`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<(String, f32)>,
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
    /// What it cost, in millionths of a dollar; `None` where it costs nothing but time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_microdollars: Option<u64>,
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
    /// No answer: the code of the [`super::Failure`].
    Engine { code: String, detail: String },
}

impl Call {
    /// A question that has just been put.
    pub(super) fn begun(
        profile: &Profile,
        messages: &[Message],
        seed: u64,
        attempt: usize,
    ) -> Call {
        Call {
            model: profile.name.clone(),
            prompt: messages.iter().map(PromptMessage::from).collect(),
            output: String::new(),
            prompt_tokens: 0,
            completion_tokens: 0,
            tokens: Vec::new(),
            queue_ms: 0,
            first_token_ms: 0,
            total_ms: 0,
            sampling: profile.sampling,
            constrained: profile.constrained,
            seed,
            attempt,
            end: None,
            cost_microdollars: None,
            outcome: CallOutcome::Ok,
        }
    }
}

impl From<&Message> for PromptMessage {
    fn from(message: &Message) -> PromptMessage {
        let Message { speaker, text } = message;
        PromptMessage { speaker: speaker.name().to_owned(), text: text.clone() }
    }
}
