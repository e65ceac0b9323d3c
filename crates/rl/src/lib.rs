//! Reinforcement learning from verifiable rewards, as far as it needs no tensors: plans, what is played
//! when and what a run is judged by, traces, advantages, losses on slices, the figures of an iteration.

pub mod advantage;
pub mod alarm;
pub mod curriculum;
pub mod estimate;
pub mod exam;
pub mod figures;
pub mod loss;
pub mod oracle;
pub mod plan;
pub mod trace;

pub use plan::{Plan, PlanError};
pub use trace::Trace;
