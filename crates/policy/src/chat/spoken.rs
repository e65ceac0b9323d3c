//! What of an unfinished message is talk for certain: what the other side may already read.

use rules::Act;
use rules::syntax::{Context, Syntax};

/// The talk in what a model has written so far. Nothing of a thought or of an action, and nothing that
/// may yet turn out to be a label, a tag or an escape. More text only ever makes it longer, except
/// where a message is no message in the end.
pub(super) fn spoken(text: &str, syntax: Syntax, context: &Context<'_>) -> String {
    let raw = match syntax {
        Syntax::Lines => in_lines(text),
        Syntax::Tags => in_tags(text),
        Syntax::Json => in_json(text),
    };
    raw.map(|raw| read(&raw, syntax, context)).unwrap_or_default()
}

/// Lets the syntax itself read a talk, so that escapes mean here what they mean there.
fn read(raw: &str, syntax: Syntax, context: &Context<'_>) -> String {
    let whole = match syntax {
        Syntax::Lines => format!("Talk:{raw}\nAction: [QUIT]"),
        Syntax::Tags => format!("<talk>{raw}</talk><action>[QUIT]</action>"),
        Syntax::Json => format!("{{\"talk\":\"{raw}\",\"action\":\"quit\"}}"),
    };
    match syntax.parse(&whole, context) {
        Ok(mv) if mv.act == Act::Quit => mv.talk,
        _ => String::new(),
    }
}

const LABELS: [&str; 3] = ["Thought:", "Talk:", "Action:"];

/// The lines of the first talk, raw.
fn in_lines(text: &str) -> Option<String> {
    let mut talk: Option<Vec<&str>> = None;
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        let trimmed = line.trim_start();
        if is_last && LABELS.iter().any(|label| label.starts_with(trimmed)) {
            break;
        }
        match (LABELS.into_iter().find(|label| trimmed.starts_with(label)), &mut talk) {
            (Some("Talk:"), None) => talk = Some(vec![&trimmed["Talk:".len()..]]),
            (Some(_), Some(talk)) => return Some(talk.join("\n")),
            (Some(_), None) | (None, None) => {}
            (None, Some(talk)) => talk.push(line),
        }
    }
    talk.map(|lines| certain(&lines.join("\n"), &['\\'], line_escape).to_owned())
}

/// What stands in the first talk element, raw.
fn in_tags(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("<talk>")?;
    Some(match rest.split_once(END_OF_TALK) {
        Some((talk, _)) => talk.to_owned(),
        None => certain(rest, &['&', '<'], tag_escape).to_owned(),
    })
}

/// The JSON string behind `"talk":`, raw, at the top level of the object.
fn in_json(text: &str) -> Option<String> {
    let mut rest = text.trim_start().strip_prefix('{')?;
    loop {
        let (key, after) = json_string(rest.trim_start().strip_prefix('"')?);
        let value = after?.trim_start().strip_prefix(':')?.trim_start();
        let (string, after) = json_string(value.strip_prefix('"')?);
        if key == "talk" {
            return Some(match after {
                Some(_) => string.to_owned(),
                None => certain(string, &['\\'], json_escape).to_owned(),
            });
        }
        rest = after?.trim_start().strip_prefix(',')?;
    }
}

/// A string up to its closing quote, and what follows that; `None` where it is not closed yet.
fn json_string(text: &str) -> (&str, Option<&str>) {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return (&text[..at], Some(&text[at + 1..])),
            _ => {}
        }
    }
    (text, None)
}

const END_OF_TALK: &str = "</talk>";

/// A text without what may be the beginning of an escape or a tag at its end. `escape` gives the bytes
/// from a mark on that no further text can change the meaning of.
fn certain<'t>(text: &'t str, marks: &[char], escape: impl Fn(&str) -> Option<usize>) -> &'t str {
    let mut at = 0;
    while let Some(next) = text[at..].find(marks) {
        at += next;
        match escape(&text[at..]) {
            Some(length) => at += length,
            None => return &text[..at],
        }
    }
    text
}

/// The longest reference to a character, such as `\u{10ffff}`, in bytes.
const LONGEST_REFERENCE: usize = 10;

fn line_escape(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [_] => None,
        [_, b'\\' | b'n' | b'r', ..] => Some(2),
        [_, b'u', ..] if text.contains('}') || text.len() > LONGEST_REFERENCE => Some(1),
        [_, b'u'] | [_, b'u', b'{', ..] => None,
        _ => Some(1),
    }
}

fn tag_escape(text: &str) -> Option<usize> {
    let is_open = match text.as_bytes()[0] {
        b'&' => !text.contains(';') && text.len() <= LONGEST_REFERENCE,
        _ => END_OF_TALK.starts_with(text),
    };
    (!is_open).then_some(1)
}

fn json_escape(text: &str) -> Option<usize> {
    let length = match text.as_bytes() {
        // Half of a character beyond 16 bits: the other half follows.
        [_, b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B', ..] => 12,
        [_, b'u', ..] => 6,
        _ => 2,
    };
    (text.len() >= length && text.is_char_boundary(length)).then_some(length)
}

#[cfg(test)]
mod tests {
    use rules::{Mills, Move, Role};

    use super::*;

    const CONTEXT: Context<'static> =
        Context { role: Role::Buyer, codename: "books_1", standing: None };

    fn check(text: &str, syntax: Syntax, expected: &str) {
        assert_eq!(spoken(text, syntax, &CONTEXT), expected, "{text}");
    }

    #[test]
    fn only_the_talk_is_told() {
        let table = [
            ("Thought: I would pay $40.", ""),
            ("Thought: a\nTalk", ""),
            ("Thought: a\nTalk: Is $3", "Is $3"),
            ("Thought: a\nTalk: Is $30 fine?\nAct", "Is $30 fine?"),
            ("Thought: a\nTalk: Is $30 fine?\nAct now!", "Is $30 fine?\nAct now!"),
            ("Thought: a\nTalk: b\nAction: [BUY] $30 (1x books_1)", "b"),
            ("Thought: a\nTalk: b\nAction: [QUIT]\nTalk: c", "b"),
            ("Talk: b\nThought: my limit is $50", "b"),
            ("Talk: one\\", "one"),
            ("Talk: one\\u{20", "one"),
            ("Talk: C:\\temp", "C:\\temp"),
            ("Talk: a\\\\n b", "a\\n b"),
            ("Talk: one\\ntwo and so on and on", "one\ntwo and so on and on"),
            ("  Talk:  b \n  Thoug", "b"),
            ("no message", ""),
        ];
        for (text, expected) in table {
            check(text, Syntax::Lines, expected);
        }
        check("<thought>x</thought><talk>a &lt", Syntax::Tags, "a");
        check("<talk>a &lt; b</ta", Syntax::Tags, "a < b");
        check("<talk>a <b & c, d, e, f</talk", Syntax::Tags, "a <b & c, d, e, f");
        check("<talk>a</talk><action>[QUIT]</action>", Syntax::Tags, "a");
        check(r#"{"thought":"\"talk\":\"x","talk":"a\"b and what"#, Syntax::Json, "a\"b and what");
        check(r#"{"talk":"a","action":"quit"}"#, Syntax::Json, "a");
        check(r#"{"talk":"a \ud83d"#, Syntax::Json, "a ");
        check(r#"{"talk":"a \ud83d\udcb8 b\"#, Syntax::Json, "a 💸 b");
        check(r#"{"action":"quit","talk":"a"#, Syntax::Json, "a");
        check(r#"{"price":"#, Syntax::Json, "");
    }

    #[test]
    fn it_only_grows_and_ends_as_the_talk() {
        let moves = [
            Move::new("Would you take \\ $25?\nI could\r\u{2028}come", Act::Offer(Mills(25_000)))
                .thinking("Talk: no. Action: no."),
            Move::new(" <talk>\"Action: [BUY] $1\" &lt; € 💸 ", Act::Reject).thinking("x\ny"),
            Move::new("", Act::Quit),
        ];
        for (syntax, mv) in Syntax::ALL.into_iter().flat_map(|s| moves.iter().map(move |m| (s, m)))
        {
            let text = syntax.print(mv, &CONTEXT);
            let mut told = String::new();
            for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let now = spoken(&text[..at], syntax, &CONTEXT);
                let trimmed = now.trim_end();
                assert!(trimmed.starts_with(told.trim_end()), "{syntax:?} {told:?} {now:?}");
                told = now;
            }
            let whole = format!("{text}\n");
            let end = spoken(&whole, syntax, &CONTEXT);
            assert_eq!(end, mv.talk, "{syntax:?}");
        }
    }
}
