//! Souk's server: axum, sign-in, live events, the negotiators' driver, and the commands of the
//! program `souk`.

pub mod api;
pub mod assets;
mod auth;
mod backend;
pub mod backup;
mod clock;
pub mod commands;
pub mod config;
mod driver;
mod edge;
mod environment;
pub mod eval;
pub mod export;
mod forms;
pub mod ladder;
mod limits;
mod live;
pub mod markets;
mod pages;
mod probes;
pub mod roster;
mod routes;
mod running;
mod serving;
mod state;
mod studies;
mod taking;
pub mod telemetry;
pub mod training;
#[cfg(feature = "engine")]
mod v1;

pub use running::{Database, Running};
