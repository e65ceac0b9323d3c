//! Souk's pages: Leptos components and server functions over the [`backend::Backend`] trait.
//!
//! Components render, they do not decide: what is legal, what stands where in a drawing and which
//! price might be tried are plain functions with tests of their own.

pub mod account;
#[cfg(feature = "ssr")]
pub mod address;
#[cfg(not(feature = "ssr"))]
mod address;
mod answer;
pub mod api;
#[cfg(feature = "ssr")]
pub mod backend;
#[cfg(feature = "ssr")]
pub mod bazaar;
mod browser;
mod chunk;
mod curve_file;
mod curves;
mod document;
#[cfg(feature = "ssr")]
pub mod episode_query;
mod episode_state;
pub mod fault;
mod feed;
#[cfg(feature = "hydrate")]
mod fetch;
mod format;
mod history;
mod ladder;
mod live;
mod loading;
#[cfg(feature = "ssr")]
pub mod market_desk;
mod market_query;
mod metrics;
mod moves;
mod numbers;
mod pages;
#[cfg(feature = "ssr")]
pub mod participant;
mod parts;
mod playback;
mod report;
mod run_query;
#[cfg(test)]
mod sample;
mod series;
mod shade;
pub mod sheet;
mod site;
mod status;
#[cfg(feature = "ssr")]
pub mod study_desk;
mod suggest;
mod suite;
mod zone;

#[cfg(feature = "hydrate")]
pub use chunk::fetch_code;
#[cfg(feature = "ssr")]
pub use document::{Assets, FAVICON_SVG, content_security_policy, shell, theme_of};
pub use site::App;
