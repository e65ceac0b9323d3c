//! Models that learn: the only crate that knows tensors with gradients.

pub mod batch;
pub mod config;
pub mod cpu;
pub mod draw;
pub mod kernel;
pub mod params;
