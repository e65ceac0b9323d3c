//! Server-sent events out of bytes, however those are cut.

/// The longest event, in bytes: far more than a piece of an answer.
const LONGEST: usize = 1 << 20;

/// Collects bytes and gives the `data` of whole events. Text is read only when an event is whole, so a
/// character that two packets share is not lost.
#[derive(Debug, Default)]
pub struct Events {
    bytes: Vec<u8>,
    /// Where no line's end has been looked for yet.
    seen: usize,
    data: Vec<u8>,
    has_data: bool,
}

/// An event is longer than any answer's piece.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

impl Events {
    /// Takes bytes and returns the events that are whole now.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        self.bytes.extend_from_slice(bytes);
        let mut events = Vec::new();
        let mut start = 0;
        while let Some(at) = self.bytes[self.seen..].iter().position(|b| *b == b'\n') {
            let end = self.seen + at;
            let line = self.bytes[start..end].to_vec();
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            events.extend(self.line(line));
            start = end + 1;
            self.seen = start;
        }
        self.bytes.drain(..start);
        self.seen = self.bytes.len();
        if self.bytes.len() + self.data.len() > LONGEST { Err(TooLong) } else { Ok(events) }
    }

    /// The end of the stream: what is left counts as an event though no blank line follows.
    pub fn finish(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.bytes);
        self.seen = 0;
        let rest = rest.strip_suffix(b"\r").unwrap_or(&rest);
        let last = if rest.is_empty() { None } else { self.line(rest) };
        last.or_else(|| self.event())
    }

    fn line(&mut self, line: &[u8]) -> Option<String> {
        if line.is_empty() {
            return self.event();
        }
        // Comments, ids and the names of events say nothing here.
        if let Some(data) = line.strip_prefix(b"data:") {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.has_data = true;
            self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
        }
        None
    }

    fn event(&mut self) -> Option<String> {
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then(|| String::from_utf8_lossy(&data).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        let mut all: Vec<String> =
            pieces.iter().flat_map(|bytes| events.push(bytes).expect("short")).collect();
        all.extend(events.finish());
        all
    }

    #[test]
    fn events_are_whole_wherever_the_bytes_are_cut() {
        let text = ": hello\n\ndata: {\"a\":\"€ 💸\"}\r\n\r\nevent: x\nid: 4\ndata:one\ndata: two\n\n\
                    data:\n\ndata: [DONE]";
        let expected = ["{\"a\":\"€ 💸\"}", "one\ntwo", "", "[DONE]"];
        assert_eq!(read(&[text.as_bytes()]), expected);
        for size in 1..8 {
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            assert_eq!(read(&pieces), expected, "{size}");
        }
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut events = Events::default();
        let line = vec![b'x'; LONGEST / 2];
        assert_eq!(events.push(&line), Ok(Vec::new()));
        assert_eq!(events.push(&line), Ok(Vec::new()));
        assert_eq!(events.push(b"y"), Err(TooLong));
    }
}
