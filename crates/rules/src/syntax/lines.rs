//! The default form: `Thought:`, `Talk:` and `Action:` lines.

use super::{Context, FormatError, action, escape, excerpt, unescape};
use crate::event::Move;

const THOUGHT: &str = "Thought:";
const TALK: &str = "Talk:";
const ACTION: &str = "Action:";

pub(super) fn print(mv: &Move, context: &Context<'_>) -> String {
    let thought = mv.thought.as_ref().map_or(String::new(), |text| line(THOUGHT, text));
    let talk = line(TALK, &mv.talk);
    format!("{thought}{talk}{ACTION} {}", action::print(mv.act, context))
}

fn line(label: &str, text: &str) -> String {
    let gap = if text.is_empty() { "" } else { " " };
    format!("{label}{gap}{}\n", escape(text, escaped, |c| format!("\\u{{{:x}}}", u32::from(c))))
}

fn escaped(c: char) -> Option<&'static str> {
    match c {
        '\\' => Some("\\\\"),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        _ => None,
    }
}

fn read_escape(after: &str) -> Option<(char, usize)> {
    match after.chars().next()? {
        '\\' => Some(('\\', 1)),
        'n' => Some(('\n', 1)),
        'r' => Some(('\r', 1)),
        'u' => {
            let (code, _) = after.strip_prefix("u{")?.split_once('}')?;
            let c = u32::from_str_radix(code, 16).ok().and_then(char::from_u32)?;
            Some((c, code.len() + 3))
        }
        _ => None,
    }
}

/// The lines of each part, in the order of the labels.
#[derive(Default)]
struct Parts<'a> {
    thought: Option<Vec<&'a str>>,
    talk: Option<Vec<&'a str>>,
    action: Option<Vec<&'a str>>,
}

impl<'a> Parts<'a> {
    /// The part that a label begins, and what to say where it is there already.
    fn slot(&mut self, label: &str) -> (&mut Option<Vec<&'a str>>, FormatError) {
        match label {
            THOUGHT => (&mut self.thought, FormatError::Repeated { part: "thought" }),
            TALK => (&mut self.talk, FormatError::Repeated { part: "talk" }),
            _ => (&mut self.action, FormatError::ManyActions),
        }
    }
}

pub(super) fn parse(text: &str, context: &Context<'_>) -> Result<Move, FormatError> {
    let parts = split(text)?;
    let action = parts.action.ok_or_else(|| action::none(context))?;
    if action.iter().skip(1).any(|line| !line.trim().is_empty()) {
        return Err(FormatError::ExtraText);
    }
    let act = action::parse(action.first().copied().unwrap_or(""), context)?;
    let read = |lines: Vec<&str>| unescape(lines.join("\n").trim(), '\\', read_escape);
    Ok(Move {
        thought: parts.thought.map(read),
        talk: parts.talk.map(read).unwrap_or_default(),
        act,
    })
}

fn split(text: &str) -> Result<Parts<'_>, FormatError> {
    let mut parts = Parts::default();
    let mut open = None;
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let trimmed = line.trim();
        let label = [THOUGHT, TALK, ACTION].into_iter().find(|label| trimmed.starts_with(label));
        match (label, open) {
            (Some(label), _) => {
                let (slot, repeated) = parts.slot(label);
                if slot.is_some() {
                    return Err(repeated);
                }
                *slot = Some(vec![&trimmed[label.len()..]]);
                open = Some(label);
            }
            (None, Some(label)) => parts.slot(label).0.get_or_insert_default().push(line),
            (None, None) if trimmed.is_empty() => {}
            (None, None) => return Err(FormatError::StrayText { found: excerpt(trimmed) }),
        }
    }
    Ok(parts)
}
