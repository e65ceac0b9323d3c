//! The server as its clients meet it: over HTTP, live sockets and the command line, on a real
//! PostgreSQL.

mod account;
mod backup;
mod bounds;
#[cfg(all(feature = "engine", feature = "trainer"))]
mod contract;
mod edge;
mod environment;
mod eval;
mod export;
mod game;
mod hardening;
mod invite;
#[cfg(all(feature = "engine", feature = "trainer"))]
mod jobs;
mod live;
mod markets;
#[cfg(all(feature = "engine", feature = "trainer"))]
mod matrix;
#[cfg(feature = "engine")]
mod models;
mod outage;
mod process;
#[cfg(all(feature = "engine", feature = "trainer"))]
mod ray;
mod research;
mod secrets;
mod studies;
mod suites;
mod thinkers;
#[cfg(feature = "engine")]
#[allow(dead_code, reason = "the engine's tests use more of it")]
#[path = "../../../crates/engine/tests/it/tiny.rs"]
mod tiny;
#[cfg(all(feature = "engine", feature = "trainer"))]
mod training;
mod upgrade;
#[cfg(feature = "engine")]
mod v1;
mod watch;
mod world;
