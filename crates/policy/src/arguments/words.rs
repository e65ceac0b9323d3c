//! A message as a sequence of plain words.

/// Lower-case words without apostrophes; a stop (`.`) stands where a clause ends.
pub struct Words(Vec<String>);

pub const STOP: &str = ".";

impl Words {
    pub fn of(talk: &str) -> Words {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut rest = talk.chars().peekable();
        while let Some(c) = rest.next() {
            let is_point = matches!(c, '.' | ',') && is_within_number(&word, rest.peek());
            if c.is_alphanumeric() || is_point {
                push_letter(&mut word, c);
            } else if !matches!(c, '\'' | '’' | '‘') {
                finish(&mut word, &mut words);
                if matches!(c, '.' | ',' | '!' | '?' | ';' | ':' | '\n') {
                    words.push(STOP.to_string());
                }
            }
        }
        finish(&mut word, &mut words);
        Words(words)
    }

    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

fn is_within_number(word: &str, next: Option<&char>) -> bool {
    word.ends_with(|c: char| c.is_ascii_digit()) && next.is_some_and(char::is_ascii_digit)
}

/// Adds a letter in lower case; a letter drawn out is written at most twice.
fn push_letter(word: &mut String, c: char) {
    for c in c.to_lowercase() {
        let mut last = word.chars().rev();
        let is_drawn_out = c.is_alphabetic() && last.next() == Some(c) && last.next() == Some(c);
        if !is_drawn_out {
            word.push(c);
        }
    }
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

pub fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether two words differ by at most one letter added, dropped, changed, or swapped with its
/// neighbour. The first letter is hardly ever the wrong one, and must agree.
pub fn is_slip(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() - short.len() > 1 || short.first() != long.first() {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    if same == short.len() {
        return true;
    }
    if short.len() < long.len() {
        return short[same..] == long[same + 1..];
    }
    let changed = short[same + 1..] == long[same + 1..];
    let swapped = same + 1 < short.len()
        && short[same] == long[same + 1]
        && short[same + 1] == long[same]
        && short[same + 2..] == long[same + 2..];
    changed || swapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_message() {
        let words = Words::of("I don't KNOW... it's $1,200.50, soooo much!");
        let expected =
            ["i", "dont", "know", ".", ".", ".", "its", "1,200.50", ".", "soo", "much", "."];
        assert_eq!(words.as_slice(), expected);
    }

    #[test]
    fn one_slip_is_forgiven_and_two_are_not() {
        for slip in ["scratch", "scrach", "scrattch", "scrotch", "scratcj", "scartch"] {
            assert!(is_slip("scratch", slip), "{slip}");
        }
        for other in ["scrch", "stretch", "kscratch", "scratches", "match"] {
            assert!(!is_slip("scratch", other), "{other}");
        }
    }
}
