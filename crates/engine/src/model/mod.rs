//! One model: its files, its loading, its tokens.

mod chat;
mod config;
mod files;
mod lane;
mod load;
mod merge;
mod vocabulary;

pub use chat::Encoded;
pub use files::available_memory;
pub use lane::Lane;
pub use load::{Loaded, Progress, load};
pub use vocabulary::Vocabulary;
