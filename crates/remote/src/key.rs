//! The key of an endpoint: used, never shown.

use std::fmt;

use reqwest::header::HeaderValue;

/// A key, read once.
#[derive(Clone)]
pub struct Key {
    text: String,
    header: HeaderValue,
}

/// What stands in a key's place.
const BLOT: &str = "[key]";

/// A key shorter than this blots out more than itself.
const SHORTEST: usize = 6;

impl Key {
    /// `None` where the text cannot be a key: it is empty, or no header may hold it.
    pub fn new(text: &str) -> Option<Key> {
        let text = text.trim().to_owned();
        let mut header = HeaderValue::from_str(&format!("Bearer {text}")).ok()?;
        header.set_sensitive(true);
        (!text.is_empty()).then_some(Key { text, header })
    }

    /// The value of `authorization`, marked as sensitive.
    pub fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    /// Takes the key out of what an endpoint said.
    pub fn blot(&self, text: &str) -> String {
        if self.text.len() < SHORTEST { text.to_owned() } else { text.replace(&self.text, BLOT) }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(BLOT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = Key::new(" sk-12345678\n").expect("it is one");
        assert_eq!(format!("{key:?} {:?}", key.header()), "[key] Sensitive");
        assert_eq!(key.header().as_bytes(), b"Bearer sk-12345678");
        assert_eq!(key.blot("bad key: sk-12345678."), "bad key: [key].");
        assert!(Key::new(" ").is_none());
        assert!(Key::new("a\nb").is_none());
    }
}
