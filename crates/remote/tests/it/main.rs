//! A remote negotiator at endpoints that misbehave, each in its own way.

mod endpoint;
mod playing;
mod secrets;
mod trouble;
