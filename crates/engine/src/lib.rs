//! Language models in this process: the only crate with mistral.rs.
//!
//! A [`Registry`] knows models by name, loads one when it is first asked and unloads what was not
//! used for longest when memory runs out. [`Registry::generate`] answers one request, token by token;
//! a [`ModelNegotiator`] plays a side with it.
//!
//! Nothing that happens in mistral.rs takes the server down: a model is loaded on a thread of its own
//! and runs on another, and where either ends by a panic the model is marked failed, can be loaded
//! again, and whoever waits for it gets an [`EngineError`].

mod definition;
mod error;
mod generate;
mod model;
mod negotiator;
mod registry;

pub use definition::{DType, Definition, ModelsFile, Placement, Source};
pub use error::EngineError;
pub use generate::{Completion, Generation, Piece, Prompt, Request, Timing, Token, Words};
pub use negotiator::ModelNegotiator;
pub use policy::chat::{Call, CallOutcome, Decision, End, PromptMessage, Said, Sampling};
pub use registry::{Options, Registry, Stage, State, Status};
