//! Tokens of traces as text.

#[cfg(feature = "trainer")]
use trainer::folder;

#[cfg(feature = "trainer")]
use super::ground::base_folder;
use crate::roster::Roster;

/// What reads a token of the base's vocabulary; where its tokenizer is not there, the token's number.
pub fn of(roster: &Roster, base: &str) -> Box<dyn Fn(u32) -> String + Send> {
    #[cfg(feature = "trainer")]
    if let Some(tokens) = base_folder(roster, base).and_then(|dir| folder::load_tokens(&dir).ok()) {
        return Box::new(move |id| match id {
            id if id == tokens.start => trainer::tokens::START.to_owned(),
            id if id == tokens.end => trainer::tokens::END.to_owned(),
            id => tokens.decode(&[id]),
        });
    }
    let _ = (roster, base);
    Box::new(|id| format!("[{id}]"))
}
