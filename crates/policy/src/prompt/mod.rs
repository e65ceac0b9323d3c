//! What a language model is told: a side's view as the messages of a chat.

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
