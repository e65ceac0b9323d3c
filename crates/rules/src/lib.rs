//! The rules of Souk's game: money, scenarios, moves, events, rewards, metrics.
//!
//! Pure: no IO, no clock, no randomness of its own. Time and randomness are arguments, and a
//! transition returns events. Builds for wasm, so that the browser folds the same events with the
//! same code as the server.

mod episode;
mod event;
pub mod market;
pub mod metrics;
mod money;
pub mod phases;
pub mod reward;
mod scenario;
pub mod statistics;
pub mod syntax;
mod table;
mod view;

pub use episode::{
    BadHistory, Ending, Episode, Illegal, MAX_TALK_BYTES, apply, conclude, open, resampled, tick,
};
pub use event::{Act, Audience, Event, Intervention, Move, Opening, Outcome};
pub use money::{BadPrice, MAX_PRICE, Mills};
pub use scenario::{
    BadScenario, Interest, Listing, Millis, OverLimit, PerRole, Persona, Product, Protocol,
    Regulation, Role, Scenario, beyond_limit,
};
pub use table::{Legal, Table, Turn};
pub use view::{View, fold_public};
