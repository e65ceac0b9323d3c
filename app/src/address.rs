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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_left_out() {
        let pairs = [("q", Some("a b".to_owned())), ("x", None), ("y", Some(String::new()))];
        assert_eq!(href("/train", pairs), "/train?q=a%20b");
        assert_eq!(href("/train", []), "/train");
    }
}
