//! A visitor of a server on this machine, who asks one thing after the other.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Longer than anything takes that is asked here, a model's first load included.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps its cookie, as a browser does.
#[derive(Debug)]
pub struct Visitor {
    port: u16,
    cookie: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Visitor {
    pub fn new(port: u16) -> Visitor {
        Visitor { port, cookie: None }
    }

    /// What a path answers, whatever it is. HTTP/1.0, so that an answer ends with its connection.
    pub fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut request = format!("{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n", self.port);
        if let Some(cookie) = &self.cookie {
            request += &format!("Cookie: {cookie}\r\n");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        if !body.is_empty() {
            let length = body.len();
            request += &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        stream.write_all(format!("{request}\r\n{body}").as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = read(&answer).with_context(|| format!("{path} does not answer in HTTP"))?;
        self.cookie = answer.cookie().or(self.cookie.take());
        Ok(answer)
    }

    /// The content of a path that must be there.
    pub fn get(&mut self, path: &str) -> Result<Vec<u8>> {
        let answer = self.ask("GET", path, None)?;
        match answer.status {
            200 => Ok(answer.body),
            status => bail!("GET {path} answers {status}: {}", answer.text()),
        }
    }

    pub fn get_json(&mut self, path: &str) -> Result<Value> {
        serde_json::from_slice(&self.get(path)?).with_context(|| format!("{path} is no JSON"))
    }

    /// What a call of the API answers that must succeed.
    pub fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.ask("POST", path, Some(body))?;
        match answer.status {
            200 | 201 => Ok(serde_json::from_slice(&answer.body)?),
            status => bail!("POST {path} answers {status}: {}", answer.text()),
        }
    }
}

impl Answer {
    /// Its beginning, for a message.
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(500).collect()
    }

    /// Name and value of the cookie that it sets.
    fn cookie(&self) -> Option<String> {
        let line = |line: &str| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("set-cookie").then(|| value.trim().to_owned())
        };
        let set = self.head.lines().find_map(line)?;
        Some(set.split(';').next().unwrap_or_default().to_owned())
    }
}

fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head, body: bytes[end + 4..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_status_cookie_and_body() {
        let bytes =
            b"HTTP/1.0 201 Created\r\nset-cookie: a=b=c; HttpOnly; Path=/\r\n\r\n{}\r\n\r\n";
        let answer = read(bytes).unwrap();
        assert_eq!((answer.status, answer.cookie().as_deref()), (201, Some("a=b=c")));
        assert_eq!(answer.body, b"{}\r\n\r\n");
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n\r\n").unwrap().cookie(), None);
        assert_eq!(read(b"SSH-2.0\r\n\r\n"), None);
        assert_eq!(read(b""), None);
    }
}
