//! Negotiators: whoever chooses a side's moves from what that side may know.
//!
//! Scripted families live here; language models, remote endpoints and people implement the same
//! [`Negotiator`] elsewhere. A scripted negotiator keeps nothing between moves: its parameters come
//! from its seed, and each decision is a function of those and of the [`View`]. So a server may
//! rebuild it before every move, after a crash as in normal running, and the play is the same.

mod arguments;
pub mod attacks;
pub mod chat;
pub mod corpus;
mod draw;
mod families;
pub mod guard;
pub mod market;
mod persona;
mod pricing;
pub mod prompt;
mod registry;
mod situation;
mod talk;

use async_trait::async_trait;
use rules::{Move, View};

pub use arguments::{Argument, Reading, read_arguments};
pub use draw::Draw;
pub use persona::{Persona, PersonaEntry, markers, persona_markers, personas};
pub use registry::{Entry, Kind, find, registry};
pub use talk::{Name, short_name};

/// Chooses one side's moves.
#[async_trait]
pub trait Negotiator: Send {
    /// The next move of the side whose view this is.
    async fn act(&mut self, view: &View) -> Result<Move, Fault>;
}

/// A negotiator that answers at once and cannot fail. Every `Script` is a [`Negotiator`].
///
/// `decide` is called only when [`View::legal`] allows something.
pub trait Script: Send {
    fn decide(&mut self, view: &View) -> Move;
}

impl<S: Script + ?Sized> Script for Box<S> {
    fn decide(&mut self, view: &View) -> Move {
        (**self).decide(view)
    }
}

impl<S: Script + ?Sized> Script for &mut S {
    fn decide(&mut self, view: &View) -> Move {
        (**self).decide(view)
    }
}

#[async_trait]
impl<S: Script> Negotiator for S {
    async fn act(&mut self, view: &View) -> Result<Move, Fault> {
        Ok(self.decide(view))
    }
}

/// Why a negotiator gave no move, and whose affair that is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{boundary}: {detail}")]
pub struct Fault {
    pub boundary: Boundary,
    pub detail: String,
}

impl Fault {
    pub fn new(boundary: Boundary, detail: impl Into<String>) -> Fault {
        Fault { boundary, detail: detail.into() }
    }
}

/// The boundary to which a failure belongs. A failure of the machinery is never scored as play; a
/// failure to speak the surface syntax ([`Boundary::Parse`]) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Boundary {
    #[error("policy")]
    Policy,
    #[error("parse")]
    Parse,
    #[error("rules")]
    Rules,
    #[error("engine")]
    Engine,
    #[error("reward")]
    Reward,
}
