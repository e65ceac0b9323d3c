//! Chat models at the table, wherever they run.
//!
//! A [`ChatModel`] answers one chat. [`ChatNegotiator`] plays a side with it: it writes the prompt, lets
//! the talk out as it is generated, reads the move, holds it against the rules, asks again, and in the
//! end falls back to a move that is always legal. How a model is reached is the model's affair alone.

mod call;
mod negotiator;
mod sampling;
mod spoken;

use async_trait::async_trait;
use rules::View;
use rules::syntax::Syntax;
use serde::{Deserialize, Serialize};

use crate::prompt::{Message, Style};

pub use call::{Call, CallOutcome, PromptMessage};
pub use negotiator::{ChatNegotiator, Decision, Said, fallback};
pub use sampling::Sampling;

/// Answers chats.
#[async_trait]
pub trait ChatModel: Send {
    /// How it is asked now.
    fn profile(&self) -> Profile;

    /// Answers one question. `hear` gets the answer as it is written; all pieces since the last
    /// [`Piece::Anew`] together are the answer's text. To drop the future is to stop the model.
    async fn say(&mut self, question: Question<'_>, hear: &mut Hear<'_>)
    -> Result<Answer, Failure>;

    /// Told where no attempt at a move gave one, for a log.
    fn fell_back(&self) {}
}

/// Told while a model answers.
pub type Hear<'a> = dyn FnMut(Piece<'_>) + Send + 'a;

/// How a model is asked, and what calls say of that.
#[derive(Clone, Debug)]
pub struct Profile {
    pub name: String,
    pub style: &'static Style,
    pub syntax: Syntax,
    pub sampling: Sampling,
    /// Whether its answers are held to the grammar of legal moves.
    pub constrained: bool,
}

/// What a model is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The chat so far, in the profile's style.
    pub messages: Vec<Message>,
    /// The view that it tells, for grammars and schemas.
    pub view: &'a View,
    pub seed: u64,
}

/// Part of an answer as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// More of it: whole characters.
    More(&'a str),
    /// What came so far was lost on its way: the answer begins again.
    Anew,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub text: String,
    pub end: End,
    pub prompt_tokens: usize,
    pub completion_tokens: usize,
    /// What it wrote by tokens, each with the natural logarithm of its probability by the model alone; empty where the
    /// model does not tell.
    pub tokens: Vec<(String, f32)>,
    /// Until the model had a slot.
    pub queue_ms: u64,
    /// Until the first token, the wait included.
    pub first_token_ms: u64,
    /// Until the last.
    pub total_ms: u64,
    /// Millionths of a dollar, where it costs.
    pub cost_microdollars: Option<u64>,
}

/// Why there is no answer: the machinery's fault, never the play's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Stable, for programs.
    pub code: String,
    /// For people: says what to do.
    pub sentence: String,
    /// What it cost all the same.
    pub cost_microdollars: Option<u64>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The model ended it; the token that does so is the last of its tokens.
    Eos,
    /// A stop text came.
    Stop,
    /// The bound on tokens, or the model's context, is full.
    Length,
    /// Nobody wanted it any more.
    Cancelled,
}
