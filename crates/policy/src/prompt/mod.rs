//! What a language model is told: a side's view as the messages of a chat.
//!
//! The texts are files in `prompts/`, one per [`Style`]. The messages only ever grow: those of a view
//! at which a side moves, and its move, begin those of every later view of the same episode. So an
//! engine may keep its cache, and a trainer knows which tokens are the model's own.

mod defuse;
mod grammar;
mod read;
mod style;
mod template;

pub use defuse::defuse;
pub use grammar::grammar;
pub use read::read;
pub use style::Style;

/// Who speaks a message, in the terms of chat templates. Everything that the model itself wrote,
/// and nothing else, is the assistant's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speaker {
    System,
    User,
    Assistant,
}

/// One message of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub speaker: Speaker,
    pub text: String,
}

impl Speaker {
    /// The name in chat templates.
    pub fn name(self) -> &'static str {
        match self {
            Speaker::System => "system",
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
        }
    }
}

impl Message {
    pub fn new(speaker: Speaker, text: impl Into<String>) -> Message {
        Message { speaker, text: text.into() }
    }
}

/// A price as briefly as it can be written: `$40`, `$19.99`, `$19.992`.
pub fn brief(price: rules::Mills) -> String {
    let text = price.to_string();
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}
