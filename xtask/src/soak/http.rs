//! One request, one answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// An answer that takes longer is none; an export of everything takes its time.
const PATIENCE: Duration = Duration::from_secs(300);

/// A GET whose answer is read to its end.
///
/// # Errors
/// Another status than 200, or no answer.
pub fn get(address: &str, path: &str, key: Option<&str>) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let authorization = key.map(|key| format!("Authorization: Bearer {key}\r\n"));
    let authorization = authorization.unwrap_or_default();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n{authorization}\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).with_context(|| path.to_owned())?;
    body(&answer).with_context(|| path.to_owned())
}

fn body(answer: &[u8]) -> Result<Vec<u8>> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.context("an answer without a head")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    match head.split(' ').nth(1) {
        Some("200") => Ok(answer[end + 4..].to_vec()),
        _ => bail!("{}", head.lines().next().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_answer_has_a_body() {
        assert_eq!(body(b"HTTP/1.0 200 OK\r\nA: b\r\n\r\nsome\r\n\r\n").unwrap(), b"some\r\n\r\n");
        let refused = body(b"HTTP/1.0 503 Service Unavailable\r\n\r\n").unwrap_err();
        assert_eq!(refused.to_string(), "HTTP/1.0 503 Service Unavailable");
        assert!(body(b"HTTP/1.0 200 OK\r\n").is_err());
    }
}
