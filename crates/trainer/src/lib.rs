//! Models that learn: the only crate that knows tensors with gradients.

pub mod batch;
pub mod checkpoint;
pub mod config;
pub mod cpu;
pub mod draw;
pub mod folder;
pub mod graph;
pub mod kernel;
pub mod learn;
pub mod lora;
pub mod optim;
mod pairs;
pub mod params;
pub mod pretrain;
pub mod reinforce;
pub mod rollout;
pub mod sample;
pub mod supervise;
pub mod tokens;
