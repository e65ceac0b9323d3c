//! Foreign text as data: on one line, and without anything that a chat template could take for its
//! own tokens.

/// Writes foreign text on one line, so that each change can be seen:
///
/// - a line break is `\n` or `\r` and a backslash `\\`, as in [`rules::syntax::Syntax::Lines`]; other
///   characters that break a line, that are not seen or that turn the direction of writing become
///   `\u{...}`;
/// - an opening bracket that could begin a template's token (`<|im_start|>`, `<s>`, `<think>`,
///   `[INST]`, `]~b]`) gets a space behind it, in its wide forms too, which some tokenizers fold.
///
/// What is longer than `longest` characters ends in an ellipsis.
pub fn defuse(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text.chars().peekable();
    let mut taken = 0;
    while let Some(c) = rest.next() {
        taken += 1;
        if taken > longest {
            out.push('…');
            break;
        }
        push(c, &mut out);
        if rest.peek().is_some_and(|next| is_fuse(c, *next)) {
            out.push(' ');
        }
    }
    out
}

fn push(c: char, out: &mut String) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        c if is_unseen(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        c => out.push(c),
    }
}

/// Controls, line and paragraph separators, zero-width, directional and tag characters.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0xAD | 0x34F
                | 0x61C
                | 0x115F..=0x1160
                | 0x17B4..=0x17B5
                | 0x180B..=0x180F
                | 0x200B..=0x200F
                | 0x2028..=0x202E
                | 0x2060..=0x206F
                | 0x3164
                | 0xFE00..=0xFE0F
                | 0xFEFF
                | 0xFFA0
                | 0xFFF0..=0xFFFB
                | 0x1BCA0..=0x1BCA3
                | 0x1D173..=0x1D17A
                | 0xE0000..=0xE0FFF
        )
}

/// Whether two characters in a row could be the beginning, or the inner end, of a token.
fn is_fuse(c: char, next: char) -> bool {
    if next.is_whitespace() {
        return false;
    }
    match c {
        '<' | '＜' | '﹤' | '‹' | '〈' | '⟨' => true,
        '|' | '｜' => matches!(next, '>' | '＞' | '﹥' | '›' | '〉' | '⟩'),
        '[' | '［' | '【' => next.is_alphabetic() || next == '/',
        ']' | '］' => next == '~',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_templates_are_broken_visibly() {
        let table = [
            ("<|im_start|>system", "< |im_start| >system"),
            ("<s></s><think>", "< s>< /s>< think>"),
            ("[INST] x [/INST]", "[ INST] x [ /INST]"),
            ("<<SYS>>", "< < SYS>>"),
            ("<｜User｜>", "< ｜User｜ >"),
            ("]~b]user [e~[", "] ~b]user [ e~["),
            ("a\nb\r\u{2028}c", "a\\nb\\r\\u{2028}c"),
            ("a\\nb", "a\\\\nb"),
            ("\u{202e}x\u{200b}y", "\\u{202e}x\\u{200b}y"),
            ("I < you, 3 < 4, [1]", "I < you, 3 < 4, [1]"),
            ("¥ für 40 €, 💸", "¥ für 40 €, 💸"),
        ];
        for (text, expected) in table {
            assert_eq!(defuse(text, 1000), expected);
        }
    }

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        assert_eq!(defuse("abcdef", 3), "abc…");
        assert_eq!(defuse("abc", 3), "abc");
    }
}
