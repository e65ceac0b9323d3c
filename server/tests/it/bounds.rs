//! How much a client may send, and how slow it may be: over plain sockets where a client library would be too polite.

use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use uuid::Uuid;
use wire::Problem;

use crate::account::{key, link, user};
use crate::world::*;

const SLOW: Duration = Duration::from_millis(400);

async fn impatient() -> World {
    World::tuned(|config| config.slow = SLOW).await
}

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// What the server says until it closes the connection.
async fn said(mut socket: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end as well: what was sent further was not read.
    let _ = soon("the end of a connection", socket.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends a head, and nothing of the body that it promises.
pub async fn promise(world: &World, head: &str) -> String {
    let mut socket = connect(world).await;
    let head = format!("{head}\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    said(socket).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_drips_a_request_is_let_go() {
    let world = impatient().await;
    // Nothing at all.
    let began = Instant::now();
    assert_eq!(said(connect(&world).await).await, "");
    assert!(began.elapsed() >= SLOW / 2, "it was waited for");
    // A head that never ends, however often something comes.
    let mut socket = connect(&world).await;
    let began = Instant::now();
    socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n").await.unwrap();
    let (mut read, mut write) = socket.into_split();
    let drip = tokio::spawn(async move {
        while write.write_all(b"x: y\r\n").await.is_ok() {
            tokio::time::sleep(SLOW / 8).await;
        }
    });
    let mut bytes = Vec::new();
    let _ = soon("the end", read.read_to_end(&mut bytes)).await;
    let told = String::from_utf8_lossy(&bytes).into_owned();
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{told}");
    assert!(began.elapsed() < 20 * SLOW, "the drops keep nothing open");
    drip.await.unwrap();
    // Between two requests.
    let mut socket = connect(&world).await;
    socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").await.unwrap();
    assert!(said(socket).await.contains("alive"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_no_answer_is_let_go() {
    let world = impatient().await;
    let mut socket = small_window(&world).await;
    let ask = "GET /api/openapi.json HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".repeat(200);
    let _ = soon("room for requests", socket.write_all(ask.as_bytes())).await;
    tokio::time::sleep(SLOW * 4).await;
    let answers = said(socket).await.matches("HTTP/1.1 200").count();
    assert!((1..200).contains(&answers), "{answers} answers");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_drips_a_body_is_let_go() {
    let world = impatient().await;
    for path in ["/fn/products", "/api/v1/episodes", "/markets", "/env/reset"] {
        let mut socket = connect(&world).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let (mut read, mut write) = socket.into_split();
        let drip = tokio::spawn(async move {
            while write.write_all(b" ").await.is_ok() {
                tokio::time::sleep(SLOW / 8).await;
            }
        });
        let began = Instant::now();
        let mut bytes = vec![0; 4096];
        let n = soon(path, read.read(&mut bytes)).await.unwrap();
        let told = String::from_utf8_lossy(&bytes[..n]).into_owned();
        assert!(told.starts_with("HTTP/1.1 408"), "{path}: {told}");
        assert!(told.contains("connection: close"), "{told}");
        assert!(began.elapsed() < 20 * SLOW, "{path}");
        drop(read);
        drip.await.unwrap();
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_wherever_they_go() {
    let world = World::new().await;
    let models = key(&world, &["models"]).await;
    let table = [
        ("/fn/products", 10_000_000, ""),
        ("/api/v1/episodes", 70_000, ""),
        ("/env/reset", 70_000, ""),
        ("/markets", 3_000_000, ""),
        ("/s/none/enter", 3_000_000, ""),
        ("/v1/chat/completions", 5_000_000, models.as_str()),
    ];
    for (path, length, key) in table {
        let key = match key {
            "" => String::new(),
            key => format!("\r\nauthorization: Bearer {key}"),
        };
        // What is said to be too long is not waited for.
        let told =
            promise(&world, &format!("POST {path} HTTP/1.1\r\ncontent-length: {length}{key}"))
                .await;
        assert!(told.starts_with("HTTP/1.1 413"), "{path}: {told}");
        // What does not say how long it is, is read so far and no further.
        let mut socket = connect(&world).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked{key}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let (mut read, mut write) = socket.into_split();
        let pour = tokio::spawn(async move {
            let mut sent = 0_usize;
            let piece = format!("{:x}\r\n{}\r\n", 16_384, " ".repeat(16_384));
            while sent < 64 * 1024 * 1024 && write.write_all(piece.as_bytes()).await.is_ok() {
                sent += 16_384;
            }
            sent
        });
        let mut bytes = vec![0; 4096];
        let n = soon(path, read.read(&mut bytes)).await.unwrap();
        let told = String::from_utf8_lossy(&bytes[..n]).into_owned();
        assert!(told.starts_with("HTTP/1.1 413"), "{path}: {told}");
        drop(read);
        let sent = pour.await.unwrap();
        assert!(sent < length + 8 * 1024 * 1024, "{path} took {sent} bytes");
    }
    // A stranger's lines for a job are refused before they are read.
    let lines = format!("/api/v1/jobs/{}/lines", Uuid::new_v4());
    let told =
        promise(&world, &format!("POST {lines} HTTP/1.1\r\ncontent-length: 200000000")).await;
    assert!(told.starts_with("HTTP/1.1 403"), "{told}");
    // A head has its bound as well.
    let long = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(200_000));
    let told = promise(&world, &long).await;
    assert!(told.starts_with("HTTP/1.1 431") || told.is_empty(), "{told}");
    assert_eq!(world.client().get("/healthz").await.0.as_u16(), 200);
    world.stop().await;
}

#[tokio::test]
async fn packed_bodies_are_refused() {
    let world = World::new().await;
    let ada = world.client();
    for path in ["/api/v1/episodes", "/fn/products", "/env/reset"] {
        for packing in ["gzip", "br", "deflate", "zstd", "identity, gzip"] {
            let request = ada
                .request(Method::POST, path)
                .header("content-type", "application/json")
                .header("content-encoding", packing)
                .body("{}");
            let (status, text) = ada.ask(request).await;
            let problem: Problem = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (status.as_u16(), problem.code.as_str()),
                (415, "content_encoding"),
                "{path}"
            );
        }
    }
    world.stop().await;
}

/// Brackets within brackets: each reader has a bound of its own, and none overflows its stack.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_read_deeper_than_its_bound() {
    let world = World::tuned(|config| config.rate_burst = 10_000).await;
    let researcher = world.client();
    let token = link(&world, user(&world, "ada@example.org").await).await;
    researcher.form(&format!("/auth/link/{token}"), "").await;
    let admin = Client::with_key(&world.base, &key(&world, &["admin", "play"]).await);
    let models = Client::with_key(&world.base, &key(&world, &["models"]).await);
    const DEEP: usize = 15_000;
    let json = [
        "[".repeat(DEEP),
        format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP)),
        format!("{}1{}", "{\"a\":".repeat(DEEP / 2), "}".repeat(DEEP / 2)),
        format!("{{\"query\":{}}}", "[".repeat(DEEP)),
    ];
    for body in &json {
        for (client, path) in [
            (&researcher, "/api/v1/episodes"),
            (&researcher, "/api/v1/markets"),
            (&researcher, "/fn/products"),
            (&researcher, "/fn/sheet"),
            (&researcher, "/env/reset"),
            (&models, "/v1/chat/completions"),
        ] {
            let request =
                client.request(Method::POST, path).header("content-type", "application/json");
            let (status, text) = client.ask(request.body(body.clone())).await;
            assert!(
                status.is_client_error() || path.starts_with("/fn/") && !status.is_success(),
                "{path}: {status} {text}"
            );
        }
    }
    let toml = [
        format!("x = {}", "[".repeat(DEEP)),
        format!("x = {}{}", "[".repeat(DEEP), "]".repeat(DEEP)),
        format!("x = {}1{}", "{a=".repeat(DEEP), "}".repeat(DEEP)),
        format!("{}a = 1", "a.".repeat(DEEP)),
        format!("[{}a]", "a.".repeat(DEEP)),
    ];
    for file in &toml {
        let key = Uuid::new_v4();
        let market = json!({ "key": key, "file": file });
        let (status, text) = researcher.post("/api/v1/markets", market).await;
        assert_eq!(status.as_u16(), 422, "{text}");
        let run = json!({ "preset": "laptop", "settings": file });
        assert_eq!(admin.post("/api/v1/training/runs", run).await.0.as_u16(), 422);
        let suite = json!({ "plan": "custom", "settings": file });
        assert_eq!(admin.post("/api/v1/suites", suite).await.0.as_u16(), 422);
    }
    let made = researcher.form("/research/studies", "slug=deep").await;
    let study = made.headers()["location"].to_str().unwrap().to_owned();
    for file in &toml {
        let mut form = "file=".to_owned();
        app::address::encode(file, &mut form);
        let response = researcher.form(&format!("{study}/file"), &form).await;
        assert_eq!(response.status().as_u16(), 422);
    }
    let mut live = world.client().live().await;
    live.say(&"[".repeat(4_000)).await;
    assert!(matches!(live.next().await, wire::ServerFrame::Problem { .. }));
    assert_eq!(world.client().get("/healthz").await.0.as_u16(), 200);
    world.stop().await;
}

fn socket(world: &World, path: &str) -> tokio_tungstenite::tungstenite::handshake::client::Request {
    format!("{}{path}", world.base.replacen("http", "ws", 1)).into_client_request().unwrap()
}

#[tokio::test]
async fn sockets_open_to_the_own_origin_and_take_frames_up_to_a_bound() {
    let world = World::new().await;
    for path in ["/live", "/env/ws"] {
        for origin in ["http://evil.example", "null", "https://127.0.0.1.evil.example"] {
            let mut request = socket(&world, path);
            request.headers_mut().insert("origin", origin.parse().unwrap());
            match tokio_tungstenite::connect_async(request).await {
                Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 403),
                other => panic!("{path} opened to {origin}: {other:?}"),
            }
        }
        let mut request = socket(&world, path);
        request.headers_mut().insert("origin", world.base.parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        // The server may close before all of it is sent.
        let _ = socket.send(Message::Text("x".repeat(100_000).into())).await;
        let end = async {
            while let Some(Ok(message)) = socket.next().await {
                if matches!(message, Message::Close(_)) {
                    break;
                }
                assert!(!message.is_text(), "{path} answered: {message:?}");
            }
        };
        soon("the end of a socket", end).await;
    }
    world.stop().await;
}
