//! The tag form: `<thought>`, `<talk>`, `<action>`.

use super::{Context, FormatError, action, escape, excerpt, unescape};
use crate::event::Move;

const TAGS: [&str; 3] = ["thought", "talk", "action"];

pub(super) fn print(mv: &Move, context: &Context<'_>) -> String {
    let thought = mv.thought.as_ref().map_or(String::new(), |text| element("thought", text));
    let talk = element("talk", &mv.talk);
    format!("{thought}{talk}<action>{}</action>", action::print(mv.act, context))
}

fn element(tag: &str, text: &str) -> String {
    format!("<{tag}>{}</{tag}>\n", escape(text, escaped, |c| format!("&#{};", u32::from(c))))
}

fn escaped(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
}

fn read_entity(after: &str) -> Option<(char, usize)> {
    let (name, _) = after.split_once(';')?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        _ => char::from_u32(name.strip_prefix('#')?.parse().ok()?)?,
    };
    Some((c, name.len() + 1))
}

pub(super) fn parse(text: &str, context: &Context<'_>) -> Result<Move, FormatError> {
    let [thought, talk, action] = split(text)?;
    let read = |text: &str| unescape(text.trim(), '&', read_entity);
    // An action is read as it stands: a price is never made of character references.
    let act = action::parse(action.ok_or_else(|| action::none(context))?, context)?;
    Ok(Move { thought: thought.map(read), talk: talk.map(read).unwrap_or_default(), act })
}

/// The text of each element, in the order of [`TAGS`].
fn split(text: &str) -> Result<[Option<&str>; 3], FormatError> {
    let mut parts = [None; 3];
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (at, tag, body) =
            opening(rest).ok_or_else(|| FormatError::StrayText { found: excerpt(rest) })?;
        let (inner, after) =
            body.split_once(&format!("</{tag}>")).ok_or(FormatError::Unclosed { tag })?;
        if parts[at].replace(inner).is_some() {
            return Err(match tag {
                "action" => FormatError::ManyActions,
                part => FormatError::Repeated { part },
            });
        }
        rest = after.trim_start();
    }
    Ok(parts)
}

fn opening(text: &str) -> Option<(usize, &'static str, &str)> {
    TAGS.into_iter().enumerate().find_map(|(at, tag)| {
        let body = text.strip_prefix('<')?.strip_prefix(tag)?.strip_prefix('>')?;
        Some((at, tag, body))
    })
}
