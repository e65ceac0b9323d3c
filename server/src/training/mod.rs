//! Training runs: asked for, queued, worked on, shown.

#[cfg(feature = "trainer")]
pub mod attendant;
pub mod ground;
pub mod job;
#[cfg(feature = "trainer")]
mod outside;
pub mod published;
pub mod queue;
pub mod reader;
#[cfg(feature = "trainer")]
mod record;
pub mod report;
mod rows;
pub mod show;
#[cfg(feature = "trainer")]
mod thread;
#[cfg(feature = "trainer")]
pub mod worker;
