//! Addresses with a query.

/// `base` with those pairs whose value is there and not empty.
pub fn href<'a>(base: &str, pairs: impl IntoIterator<Item = (&'a str, Option<String>)>) -> String {
    let mut href = base.to_owned();
    let mut sign = '?';
    for (key, value) in pairs {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            href.push(sign);
            href.push_str(key);
            href.push('=');
            encode(&value, &mut href);
            sign = '&';
        }
    }
    href
}

/// Percent-encodes all but RFC 3986's unreserved characters.
pub fn encode(value: &str, into: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// The value that a form or [`encode`] wrote.
#[cfg(feature = "ssr")]
pub fn decode(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes().iter();
    while let Some(byte) = rest.next() {
        let hex = |text: &[u8]| u8::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok();
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => match rest.as_slice().get(..2).and_then(hex) {
                Some(decoded) => {
                    bytes.push(decoded);
                    rest.nth(1);
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_left_out() {
        let pairs = [("q", Some("a b".to_owned())), ("x", None), ("y", Some(String::new()))];
        assert_eq!(href("/train", pairs), "/train?q=a%20b");
        assert_eq!(href("/train", []), "/train");
        #[cfg(feature = "ssr")]
        assert_eq!(
            (decode("a%20b+%C3%A9"), decode("5%%2")),
            ("a b é".to_owned(), "5%%2".to_owned())
        );
    }
}
