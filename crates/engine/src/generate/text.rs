//! Text out of tokens, piece by piece, without ever losing or cutting a character.

/// Joins the bytes of tokens to characters, and looks for where the text is to stop.
pub struct Text {
    /// Bytes of a character that is not complete.
    bytes: Vec<u8>,
    /// Text that may yet be the beginning of a stop.
    held: String,
    stops: Vec<String>,
    is_stopped: bool,
}

impl Text {
    pub fn new(stops: Vec<String>) -> Text {
        let stops = stops.into_iter().filter(|stop| !stop.is_empty()).collect();
        Text { bytes: Vec::new(), held: String::new(), stops, is_stopped: false }
    }

    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Takes a token's bytes and returns the text that is certain now.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        if self.is_stopped {
            return String::new();
        }
        self.bytes.extend_from_slice(bytes);
        let complete = complete_length(&self.bytes);
        let text = String::from_utf8_lossy(&self.bytes[..complete]).into_owned();
        self.bytes.drain(..complete);
        self.held.push_str(&text);
        self.release()
    }

    /// The end: what was held back, with U+FFFD for a character that stayed incomplete.
    pub fn finish(&mut self) -> String {
        if self.is_stopped {
            return String::new();
        }
        let rest = std::mem::take(&mut self.bytes);
        self.held.push_str(&String::from_utf8_lossy(&rest));
        std::mem::take(&mut self.held)
    }

    fn release(&mut self) -> String {
        let found = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min();
        if let Some(at) = found {
            self.is_stopped = true;
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let kept = self.stops.iter().map(|stop| overlap(&self.held, stop)).max().unwrap_or(0);
        let certain = self.held.len() - kept;
        let rest = self.held.split_off(certain);
        std::mem::replace(&mut self.held, rest)
    }
}

/// How many bytes are whole characters, or can never become one.
fn complete_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match std::str::from_utf8(&bytes[at..]) {
            Ok(_) => return bytes.len(),
            Err(error) => match error.error_len() {
                Some(wrong) => at += error.valid_up_to() + wrong,
                None => return at + error.valid_up_to(),
            },
        }
    }
}

/// Bytes at the end of `text` that begin `stop`.
fn overlap(text: &str, stop: &str) -> usize {
    (1..stop.len())
        .rev()
        .find(|length| stop.is_char_boundary(*length) && text.ends_with(&stop[..*length]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(stops: &[&str], tokens: &[&[u8]]) -> (Vec<String>, String) {
        let mut text = Text::new(stops.iter().map(|stop| stop.to_string()).collect());
        let pieces = tokens.iter().map(|bytes| text.push(bytes)).collect();
        (pieces, text.finish())
    }

    /// Tokens, the text after each of them, the text at the end.
    type Row<'a> = (&'a [&'a [u8]], &'a [&'a str], &'a str);

    #[test]
    fn characters_come_whole() {
        let table: [Row<'_>; 4] = [
            (&[b" a", b"b"], &[" a", "b"], ""),
            (&[b"\xe2\x82", b"\xac!"], &["", "\u{20ac}!"], ""),
            (&[b"\xf0\x9f\x92", b"\xb8", b"\xe2"], &["", "\u{1f4b8}", ""], "\u{fffd}"),
            (&[b"a\xff", b"b\xe2", b"c"], &["a\u{fffd}", "b", "\u{fffd}c"], ""),
        ];
        for (tokens, expected, rest) in table {
            let (pieces, end) = pieces(&[], tokens);
            assert_eq!((pieces.as_slice(), end.as_str()), (&expected.map_owned()[..], rest));
        }
    }

    #[test]
    fn a_stop_is_never_shown_even_in_part() {
        let table: [Row<'_>; 4] = [
            (&[b"ab", b"\n\n", b"c"], &["ab", "", ""], ""),
            (&[b"ab\n", b"c"], &["ab", "\nc"], ""),
            (&[b"ab\n"], &["ab"], "\n"),
            (&[b"x EN", b"D y"], &["x ", ""], ""),
        ];
        for (tokens, expected, rest) in table {
            let (pieces, end) = pieces(&["\n\n", "END"], tokens);
            assert_eq!((pieces.as_slice(), end.as_str()), (&expected.map_owned()[..], rest));
        }
    }

    trait MapOwned {
        fn map_owned(&self) -> Vec<String>;
    }

    impl MapOwned for [&str] {
        fn map_owned(&self) -> Vec<String> {
            self.iter().map(|text| text.to_string()).collect()
        }
    }
}
