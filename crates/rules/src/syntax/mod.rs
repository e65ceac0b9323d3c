//! Surface syntax: how a language model writes a move, and how it is read.
//!
//! Three forms, one meaning. For every move whose prices are prices ([`crate::Mills::is_price`])
//! and every codename that [`crate::Scenario::validate`] lets pass, `parse(print(m)) == m`. Reading never panics and never
//! makes up a price: the digits of a price that is read stand in the action that was written.

mod action;
mod json;
mod lines;
mod tags;

use serde::{Deserialize, Serialize};

use crate::event::Move;
use crate::money::{BadPrice, Mills};
use crate::scenario::Role;
use crate::view::View;

pub use json::json_schema;

/// A way of writing moves.
///
/// In all forms the action of a message is one of `[BUY] $M (1x codename)` (a seller writes
/// `[SELL]`), `[REJECT]`, `[DEAL] $M (1x codename)`, `[QUIT]`, and in the open protocol `[TALK]`,
/// or the same as JSON fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Syntax {
    /// One `Thought:`, one `Talk:`, one `Action:` part, each beginning a line.
    ///
    /// Thought and talk may be absent (an absent talk is empty) and may run over several lines; a
    /// part ends where a line begins with a label. So `Action:` in the middle of a talk line is
    /// talk, and a line that begins with it is an action, of which there is exactly one, on one
    /// line, with nothing behind it. Printed, thought and talk take one line each: a line break is
    /// `\n` or `\r`, a backslash `\\`, a space at either end `\u{20}`. Any other backslash is
    /// read as itself.
    #[default]
    Lines,
    /// `<thought>…</thought> <talk>…</talk> <action>…</action>`, each at most once, the action
    /// exactly once. `&amp;`, `&lt;`, `&gt;` and `&#32;` are read in thought and talk, so whatever
    /// stands inside a talk, an action tag too, is talk.
    Tags,
    /// One JSON object, as in a tool call: see [`json_schema`]. Prices are read from their digits,
    /// not through a float.
    Json,
}

impl Syntax {
    pub const ALL: [Syntax; 3] = [Syntax::Lines, Syntax::Tags, Syntax::Json];

    pub fn name(self) -> &'static str {
        match self {
            Syntax::Lines => "lines",
            Syntax::Tags => "tags",
            Syntax::Json => "json",
        }
    }

    /// Writes a move.
    pub fn print(self, mv: &Move, context: &Context<'_>) -> String {
        match self {
            Syntax::Lines => lines::print(mv, context),
            Syntax::Tags => tags::print(mv, context),
            Syntax::Json => json::print(mv, context),
        }
    }

    /// Reads one message. Whether the move is legal at this point of the play is for
    /// [`crate::apply`] to say.
    pub fn parse(self, text: &str, context: &Context<'_>) -> Result<Move, FormatError> {
        match self {
            Syntax::Lines => lines::parse(text, context),
            Syntax::Tags => tags::parse(text, context),
            Syntax::Json => json::parse(text, context),
        }
    }
}

/// What a message is read against: who writes, about what, after which offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    pub role: Role,
    /// The product's codename.
    pub codename: &'a str,
    /// The counterpart's offer as the writer saw it. An acceptance at another price is a format
    /// error. `None`: not compared; the rules refuse an acceptance of nothing.
    pub standing: Option<Mills>,
}

impl<'a> Context<'a> {
    pub fn of(view: &'a View) -> Context<'a> {
        Context {
            role: view.role,
            codename: &view.table.listing.product.codename,
            standing: view.their_offer(),
        }
    }

    /// The word for an offer: `BUY` or `SELL`.
    fn offer_verb(&self) -> &'static str {
        match self.role {
            Role::Buyer => "BUY",
            Role::Seller => "SELL",
        }
    }
}

/// Why a text is not a move. Each sentence can be shown to its writer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("there is no action: write exactly one, such as {example}")]
    NoAction { example: String },
    #[error("there is more than one action: write exactly one")]
    ManyActions,
    #[error(
        "`{found}` is not an action: write [{offer}] $M (1x {codename}), [REJECT], [DEAL] $M (1x {codename}) or [QUIT]"
    )]
    UnknownAction { found: String, offer: &'static str, codename: String },
    #[error("a {} offers with [{expected}]", .role.name())]
    WrongVerb { role: Role, expected: &'static str },
    #[error("the action names no price: write one such as $12.50")]
    MissingPrice,
    #[error("`{found}` is not a price: {reason}")]
    BadPrice { found: String, reason: BadPrice },
    #[error(
        "the offer on the table is {standing}, not {named}: accept exactly that or act otherwise"
    )]
    OtherPrice { standing: Mills, named: Mills },
    #[error("name the item at the end as (1x {expected}), and no other")]
    WrongItem { expected: String },
    #[error("there is text behind the action: end the message with it")]
    ExtraText,
    #[error("`{found}` belongs to no part: write only the thought, the talk and the action")]
    StrayText { found: String },
    #[error("there is more than one {part}: write one")]
    Repeated { part: &'static str },
    #[error("<{tag}> is not closed: end it with </{tag}>")]
    Unclosed { tag: &'static str },
    #[error("this is not the JSON object that the schema describes: {detail}")]
    NotJson { detail: String },
}

impl FormatError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            FormatError::NoAction { .. } => "no_action",
            FormatError::ManyActions => "many_actions",
            FormatError::UnknownAction { .. } => "unknown_action",
            FormatError::WrongVerb { .. } => "wrong_verb",
            FormatError::MissingPrice => "missing_price",
            FormatError::BadPrice { .. } => "bad_price",
            FormatError::OtherPrice { .. } => "other_price",
            FormatError::WrongItem { .. } => "wrong_item",
            FormatError::ExtraText => "extra_text",
            FormatError::StrayText { .. } => "stray_text",
            FormatError::Repeated { .. } => "repeated_part",
            FormatError::Unclosed { .. } => "unclosed_tag",
            FormatError::NotJson { .. } => "not_json",
        }
    }
}

/// The beginning of a text, for an error's sentence.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut start: String = text.chars().take(LONGEST).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

/// Writes `text` so that trimming the result loses nothing: `plain` gives the form of a character
/// that must not stand as itself, `edge` that of whitespace at either end.
fn escape(
    text: &str,
    plain: impl Fn(char) -> Option<&'static str>,
    edge: impl Fn(char) -> String,
) -> String {
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match plain(c) {
            Some(written) => out.push_str(written),
            None if (at == 0 || at == last) && c.is_whitespace() => out.push_str(&edge(c)),
            None => out.push(c),
        }
    }
    out
}

/// Undoes [`escape`]: `read` turns the start of a text after `mark` into a character and the number
/// of bytes it took, or leaves the mark as itself.
fn unescape(text: &str, mark: char, read: impl Fn(&str) -> Option<(char, usize)>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(mark) {
        out.push_str(&rest[..at]);
        let after = &rest[at + mark.len_utf8()..];
        let (c, taken) = read(after).unwrap_or((mark, 0));
        out.push(c);
        rest = &after[taken..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
