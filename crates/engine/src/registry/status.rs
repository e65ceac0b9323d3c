//! What a page about the models shows.

use serde::Serialize;

/// One model as it is now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    pub name: String,
    pub title: String,
    #[serde(flatten)]
    pub state: State,
    /// Estimated from the weight files and the type in which they are computed; 0 while absent.
    pub memory_bytes: u64,
    /// Of late, all requests together; `None` while there is too little to say.
    pub tokens_per_second: Option<f64>,
    /// Requests that wait for a slot.
    pub queued: usize,
    /// Requests that are being answered.
    pub in_flight: usize,
    /// Requests since the server started.
    pub requests: u64,
    /// Tokens generated since the server started.
    pub tokens: u64,
    /// The longest that a request has waited for a slot.
    pub longest_wait_ms: u64,
    /// Tokens of prompt and answer together; `None` until the model has been loaded.
    pub context: Option<usize>,
}

/// Where a model is in its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Not in memory; it is loaded when it is asked.
    Absent,
    /// On its way. `expected_ms` is how long the last load took.
    Loading { stage: Stage, elapsed_ms: u64, expected_ms: Option<u64> },
    /// Answering. `loaded_ms` is how long the load took.
    Ready { loaded_ms: u64 },
    /// Not in memory, and why, in a sentence.
    Failed { code: &'static str, sentence: String },
}

/// How far a load has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Looking at the files.
    Checking,
    /// Merging an adapter into the weights.
    Merging,
    /// Reading the weights; downloading them, where they come from the hub.
    Reading,
    /// Having it answer one token.
    Trying,
}
