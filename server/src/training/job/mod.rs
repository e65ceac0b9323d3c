//! A run as a job of a Ray cluster.
//!
//! Whoever holds the run's lease ([`supervise`]) gives it to the cluster ([`ray`]) and looks after it. The job
//! ([`program`], or another trainer's) gets what it is to do from Souk ([`spec`]), and tells what it comes to
//! ([`lines`], [`files`]): any server of the same database hears it.

#[cfg(feature = "trainer")]
pub mod exams;
pub mod files;
pub mod lines;
#[cfg(feature = "trainer")]
pub mod program;
pub mod ray;
pub mod spec;
#[cfg(feature = "trainer")]
pub mod supervise;
