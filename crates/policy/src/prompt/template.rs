//! A style's file: sections of text with slots.
//!
//! A line `== name` begins a section; what stands before the first one is a comment. A section is its
//! lines without the blank ones at its ends; one in quotation marks keeps the blanks that it holds.
//! `{name}` is a slot. Slots are filled in one pass, so braces in a talk or a title fill nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The sections of a file by name.
#[derive(Debug)]
pub struct Sections(BTreeMap<&'static str, &'static str>);

impl Sections {
    pub fn read(text: &'static str) -> Sections {
        let blocks = text.split("\n== ").skip(1);
        Sections(blocks.filter_map(|block| block.split_once('\n')).map(section).collect())
    }

    pub fn get(&self, name: &str) -> Option<&'static str> {
        self.0.get(name).copied()
    }
}

fn section((name, body): (&'static str, &'static str)) -> (&'static str, &'static str) {
    let body = body.trim_matches('\n');
    let quoted = body.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    (name.trim(), quoted.unwrap_or(body))
}

/// Fills the slots of a template. A name that `slot` does not know stands as it is written.
pub fn fill<'a>(template: &str, slot: impl Fn(&str) -> Option<Cow<'a, str>>) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((text, tail)) = rest.split_once('{') {
        out.push_str(text);
        match tail.split_once('}').and_then(|(name, tail)| Some((slot(name)?, tail))) {
            Some((value, tail)) => {
                out.push_str(&value);
                rest = tail;
            }
            None => {
                out.push('{');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_their_blanks() {
        let sections = Sections::read("# comment\n\n== a\n\none\n\ntwo\n\n== b.c\n\" x \"\n");
        assert_eq!(sections.get("a"), Some("one\n\ntwo"));
        assert_eq!(sections.get("b.c"), Some(" x "));
        assert_eq!(sections.get("c"), None);
    }

    #[test]
    fn what_fills_a_slot_is_not_filled_again() {
        let slot = |name: &str| match name {
            "a" => Some(Cow::Borrowed("{b}")),
            "b" => Some(Cow::Borrowed("never")),
            _ => None,
        };
        assert_eq!(fill("{a} {x} {", slot), "{b} {x} {");
    }
}
