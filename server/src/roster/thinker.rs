//! A negotiator that takes its time.

use std::time::Duration;

use async_trait::async_trait;
use policy::Fault;
use rules::{Move, View};
use store::NewCall;
use wire::NegotiatorCard;

/// A language model, wherever it runs.
#[async_trait]
pub trait Thinker: Send + Sync {
    fn card(&self) -> NegotiatorCard;

    /// Whether its own limit is taken out of its talk. Its talk is then told whole, with the move.
    fn is_guarded(&self) -> bool;

    /// Begins what takes time before a first answer. Does not wait for it, and does not fail.
    fn warm(&self);

    /// Chooses a move. To drop the future is to stop it. `hear` is told talk alone: of a thought or an
    /// act nothing leaves before the move is stored.
    async fn think(&self, question: &Question, hear: Hear) -> Answer;

    /// The record of a question that was dropped before its answer, of which so much was heard.
    fn unfinished(&self, question: &Question, heard: String, after: Duration) -> NewCall;
}

/// What a negotiator is asked.
#[derive(Clone, Debug)]
pub struct Question {
    pub view: View,
    /// The episode's.
    pub seed: u64,
    /// Counts the draws of this turn that the environment refused.
    pub draw: u64,
}

/// Told while a move is made.
pub type Hear = Box<dyn FnMut(Said) + Send>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// More of the talk.
    Talk(String),
    /// What was said so far of this move was never said.
    Withdrawn,
}

/// A move or why there is none, and every call that was made for it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub mv: Result<Move, Breakdown>,
    pub calls: Vec<NewCall>,
}

/// A fault with the code under which it is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct Breakdown {
    /// Stable, and nothing internal: people get a sentence by it.
    pub code: String,
    pub fault: Fault,
}
