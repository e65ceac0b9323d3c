//! The engine over real mistral.rs, on models that the tests make themselves.

mod generating;
mod loading;
mod parity;
mod playing;
mod tiny;
mod traps;
