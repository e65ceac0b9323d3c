//! What negotiators say: a grammar of words, and a voice that picks from it.

mod grammar;
mod name;
mod voice;

pub use name::{Name, short_name};
pub use voice::{Dialect, Voice};
