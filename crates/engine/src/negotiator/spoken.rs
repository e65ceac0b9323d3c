//! What of an unfinished message is talk for certain: what the other side may already read.

use rules::Act;
use rules::syntax::{Context, Syntax};

/// The talk in what a model has written so far. Nothing of a thought or of an action, and nothing that
/// may yet turn out to be a label, a tag or an escape. More text only ever makes it longer, except
/// where a message is no message in the end.
pub fn spoken(text: &str, syntax: Syntax, context: &Context<'_>) -> String {
    let raw = match syntax {
        Syntax::Lines => in_lines(text),
        Syntax::Tags => between(text, "<talk>", "</talk>", &['<', '&']),
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
            (Some(_), Some(_)) => break,
            (Some(_), None) | (None, None) => {}
            (None, Some(talk)) => talk.push(line),
        }
    }
    talk.map(|lines| certain(&lines.join("\n"), &['\\']).to_owned())
}

/// What stands between two marks, or behind the first up to what is certain.
fn between(text: &str, open: &str, close: &str, unsure: &[char]) -> Option<String> {
    let (_, rest) = text.split_once(open)?;
    Some(match rest.split_once(close) {
        Some((talk, _)) => talk.to_owned(),
        None => certain(rest, unsure).to_owned(),
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
                None => certain(string, &['\\']).to_owned(),
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

/// The longest escape, `&quot;`-like or `\u{10ffff}`, in bytes.
const LONGEST_ESCAPE: usize = 12;

/// A text without what may be the beginning of an escape or a tag at its end.
fn certain<'t>(text: &'t str, unsure: &[char]) -> &'t str {
    let begins = text.char_indices().rev().take_while(|(at, _)| text.len() - at <= LONGEST_ESCAPE);
    let first = begins.filter(|(_, c)| unsure.contains(c)).map(|(at, _)| at).last();
    &text[..first.unwrap_or(text.len())]
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
            ("Talk: one\\ntwo and so on and on", "one\ntwo and so on and on"),
            ("  Talk:  b \n  Thoug", "b"),
            ("no message", ""),
        ];
        for (text, expected) in table {
            check(text, Syntax::Lines, expected);
        }
        check("<thought>x</thought><talk>a &lt", Syntax::Tags, "a");
        check("<talk>a &lt; b</ta", Syntax::Tags, "a < b");
        check("<talk>a</talk><action>[QUIT]</action>", Syntax::Tags, "a");
        check(r#"{"thought":"\"talk\":\"x","talk":"a\"b and what"#, Syntax::Json, "a\"b and what");
        check(r#"{"talk":"a","action":"quit"}"#, Syntax::Json, "a");
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
