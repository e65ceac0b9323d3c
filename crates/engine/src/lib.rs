//! Language models in process: the only crate that knows mistral.rs.
