//! An endpoint that does as it is told, byte by byte.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use policy::chat::{Decision, Said};
use remote::{Definition, Dollars, Prices, Remote, RemoteNegotiator, Timeouts};
use rules::{Episode, Millis, Role, View};
use serde_json::{Value, json};
use testkit::scenario;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one request.
pub enum Turn {
    /// A status, headers, a body.
    Says(u16, &'static [(&'static str, &'static str)], String),
    /// These bytes of a stream, one by one with a pause, then the end.
    Streams(Vec<Vec<u8>>),
    /// These bytes, and then the connection is lost in the middle.
    Cuts(Vec<Vec<u8>>),
    /// Nothing, ever.
    Hangs,
    /// Signs of life, and never an answer.
    Drips,
    /// The connection is closed at once.
    Closes,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub head: String,
    pub body: Value,
    pub at: Instant,
}

#[derive(Default)]
struct Shared {
    turns: VecDeque<Turn>,
    asked: Vec<Asked>,
    /// Connections that the other side closed while it was to be answered.
    left: usize,
}

pub struct Endpoint {
    pub base: String,
    shared: Arc<Mutex<Shared>>,
}

impl Endpoint {
    pub async fn of(turns: Vec<Turn>) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
        let shared = Arc::new(Mutex::new(Shared { turns: turns.into(), ..Shared::default() }));
        let ours = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&ours)));
            }
        });
        Endpoint { base, shared }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.lock().expect("no panic").asked.clone()
    }

    pub fn left(&self) -> usize {
        self.shared.lock().expect("no panic").left
    }

    /// A definition that is quick to ask again and slow to wait.
    pub fn definition(&self) -> Definition {
        let dollar = Dollars::from_micro(1_000_000);
        Definition {
            style: "compact".to_owned(),
            prices: Prices { input: dollar, output: Dollars::from_micro(2_000_000) },
            timeouts: Timeouts { connect_s: 1, first_token_s: 1, total_s: 5 },
            backoff_ms: 5,
            ..Definition::new("far", self.base.as_str(), "large-1")
        }
    }

    pub fn remote(&self) -> Remote {
        Remote::open(self.definition()).expect("it is right")
    }
}

async fn serve(mut socket: TcpStream, shared: Arc<Mutex<Shared>>) {
    let Some(asked) = request(&mut socket).await else { return };
    let turn = {
        let mut shared = shared.lock().expect("no panic");
        shared.asked.push(asked);
        shared.turns.pop_front()
    };
    let left = answer(&mut socket, turn.expect("it is not asked more often")).await.is_err();
    shared.lock().expect("no panic").left += usize::from(left);
}

async fn request(socket: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = socket.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            let body = serde_json::from_str(body).expect("a request is JSON");
            return Some(Asked { head: head.to_owned(), body, at: Instant::now() });
        }
    }
}

const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
    transfer-encoding: chunked\r\nconnection: close\r\n\r\n";

async fn answer(socket: &mut TcpStream, turn: Turn) -> std::io::Result<()> {
    match turn {
        Turn::Says(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
            for (name, value) in headers {
                head += &format!("{name}: {value}\r\n");
            }
            let length = body.len();
            let text = format!("{head}content-length: {length}\r\n\r\n{body}");
            socket.write_all(text.as_bytes()).await
        }
        Turn::Streams(pieces) => {
            write_pieces(socket, pieces).await?;
            socket.write_all(b"0\r\n\r\n").await
        }
        Turn::Cuts(pieces) => write_pieces(socket, pieces).await,
        Turn::Hangs => gone(socket).await,
        Turn::Drips => {
            socket.write_all(STREAM.as_bytes()).await?;
            loop {
                write_piece(socket, b": still here\n\n").await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Turn::Closes => Ok(()),
    }
}

/// Waits until the other side has closed the connection.
async fn gone(socket: &mut TcpStream) -> std::io::Result<()> {
    let mut rest = [0; 64];
    while socket.read(&mut rest).await? > 0 {}
    Err(std::io::ErrorKind::ConnectionAborted.into())
}

async fn write_pieces(socket: &mut TcpStream, pieces: Vec<Vec<u8>>) -> std::io::Result<()> {
    socket.write_all(STREAM.as_bytes()).await?;
    for piece in pieces {
        write_piece(socket, &piece).await?;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

async fn write_piece(socket: &mut TcpStream, piece: &[u8]) -> std::io::Result<()> {
    let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
    chunk.extend_from_slice(piece);
    chunk.extend_from_slice(b"\r\n");
    socket.write_all(&chunk).await
}

/// An event with more of an answer.
pub fn more(text: &str) -> Vec<u8> {
    event(&json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }))
}

pub fn event(value: &Value) -> Vec<u8> {
    format!("data: {value}\n\n").into_bytes()
}

/// How an answer ends: why, with what it has used.
pub fn ending(read: u64, written: u64) -> Vec<u8> {
    let last = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let usage = json!({
        "choices": [], "usage": { "prompt_tokens": read, "completion_tokens": written }
    });
    [event(&last), event(&usage), b"data: [DONE]\n\n".to_vec()].concat()
}

/// A move, as a model would stream it.
pub fn good() -> Turn {
    Turn::Streams(vec![
        more("Thought: my limit is $40\nTalk: Would "),
        more("€20 do, 💸?\nAction: [BUY] $20 (1x home-"),
        more("kitchen_1)"),
        ending(100, 30),
    ])
}

pub const GOOD_TALK: &str = "Would €20 do, 💸?";

pub fn opening() -> View {
    Episode::start(&scenario().build(), Millis(0)).view(Role::Buyer)
}

/// One decision, and what was said meanwhile.
pub async fn decide(remote: &Remote) -> (Decision, Vec<Said>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&said);
    let mut negotiator = RemoteNegotiator::new(remote.clone(), 7)
        .telling(move |more| hear.lock().expect("no panic").push(more));
    let decision = negotiator.decide(&opening()).await;
    drop(negotiator);
    let said = said.lock().expect("no panic").clone();
    (decision, said)
}

/// What stands before a listener at the end.
pub fn heard(said: &[Said]) -> String {
    said.iter().fold(String::new(), |heard, said| match said {
        Said::Talk(more) => heard + more,
        Said::Withdrawn => String::new(),
    })
}
