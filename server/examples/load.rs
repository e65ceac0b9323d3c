//! Many negotiations at once against a running server: `cargo run -p server --example load -- --help`.
//!
//! Each negotiation is a browser of its own: a session, a live socket, moves by the API against a
//! scripted seller, some thought between them. Two times are taken per move: until it is
//! acknowledged (stored), and until the seller's answer arrives by the socket.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;
use futures::{SinkExt, StreamExt};
use rules::{Act, Event, Mills, Role};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;
use wire::{ClientFrame, EpisodeId, ProductCard, ProductPage, ServerFrame};

#[derive(Clone, Parser)]
struct Args {
    /// Where the server answers.
    #[arg(long, default_value = "http://127.0.0.1:3030")]
    url: String,
    /// Negotiations at once.
    #[arg(long, default_value_t = 200)]
    negotiations: u32,
    /// Games that each session plays, one after the other.
    #[arg(long, default_value_t = 3)]
    games: u32,
    /// Milliseconds of thought before each move, spread evenly up to twice this.
    #[arg(long, default_value_t = 1000)]
    think_ms: u64,
    #[arg(long, default_value = "persuadable")]
    seller: String,
}

/// Milliseconds per move.
#[derive(Default)]
struct Times {
    acknowledged: Vec<f64>,
    answered: Vec<f64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let market: ProductPage = reqwest::get(format!("{}/api/v1/products", args.url))
        .await
        .context("the server does not answer")?
        .json()
        .await?;
    let products = Arc::new(market.items);
    let started = Instant::now();
    let tasks: Vec<_> = (0..args.negotiations)
        .map(|n| tokio::spawn(session(args.clone(), Arc::clone(&products), n)))
        .collect();
    let (mut times, mut errors) = (Times::default(), Vec::new());
    for task in tasks {
        match task.await? {
            Ok(own) => {
                times.acknowledged.extend(own.acknowledged);
                times.answered.extend(own.answered);
            }
            Err(error) => errors.push(error),
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let moves = times.acknowledged.len();
    println!(
        "{} negotiations at once, {moves} moves in {seconds:.1} s ({:.0}/s), {} errors",
        args.negotiations,
        moves as f64 / seconds,
        errors.len()
    );
    report("acknowledged", &mut times.acknowledged);
    report("answered", &mut times.answered);
    for error in errors.iter().take(5) {
        println!("error: {error:#}");
    }
    if errors.is_empty() { Ok(()) } else { bail!("{} sessions failed", errors.len()) }
}

fn report(what: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let last = times.len().saturating_sub(1);
        times.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
    };
    println!(
        "{what:>12}: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn session(args: Args, products: Arc<Vec<ProductCard>>, n: u32) -> Result<Times> {
    let http = reqwest::Client::builder().cookie_store(true).build()?;
    let first = http.get(format!("{}/api/v1/whoami", args.url)).send().await?;
    let cookie = first.headers().get("set-cookie").context("no cookie")?.to_str()?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let mut request =
        format!("{}/live", args.url.replacen("http", "ws", 1)).into_client_request()?;
    request.headers_mut().insert("cookie", cookie.parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    let mut times = Times::default();
    for game in 0..args.games {
        let product = &products[(n + game) as usize % products.len()];
        play(&args, &http, &mut socket, product, &mut times)
            .await
            .with_context(|| format!("session {n}, game {game}"))?;
    }
    Ok(times)
}

async fn play(
    args: &Args,
    http: &reqwest::Client,
    socket: &mut Socket,
    product: &ProductCard,
    times: &mut Times,
) -> Result<()> {
    let body = json!({
        "product": product.id,
        "seats": {
            "buyer": { "type": "me" },
            "seller": { "type": "negotiator", "name": args.seller },
        },
        "key": Uuid::new_v4(),
    });
    let started = post(http, &format!("{}/api/v1/episodes", args.url), &body).await?;
    let id: EpisodeId = started["id"].as_str().context("no id")?.parse()?;
    let follow = serde_json::to_string(&ClientFrame::Follow { episode: id, after: 0 })?;
    socket.send(Message::Text(follow.into())).await?;
    // From a quarter of the list price upwards, below every budget.
    for round in 0..6 {
        let think = Duration::from_millis(args.think_ms * 2).mul_f64(rand::random::<f64>());
        tokio::time::sleep(think).await;
        let offer = Mills(product.list_price.0 / 4 + round * product.list_price.0 / 40);
        let body = json!({
            "key": Uuid::new_v4(),
            "talk": "I can pay now, and another stall asks less.",
            "act": Act::Offer(offer),
        });
        let begun = Instant::now();
        post(http, &format!("{}/api/v1/episodes/{id}/moves", args.url), &body).await?;
        times.acknowledged.push(begun.elapsed().as_secs_f64() * 1000.0);
        let over = answer(socket, id).await?;
        times.answered.push(begun.elapsed().as_secs_f64() * 1000.0);
        if over {
            break;
        }
    }
    let unfollow = serde_json::to_string(&ClientFrame::Unfollow { episode: id })?;
    socket.send(Message::Text(unfollow.into())).await?;
    Ok(())
}

/// Waits for the seller's answer or the end; tells whether it is over.
async fn answer(socket: &mut Socket, id: EpisodeId) -> Result<bool> {
    loop {
        let message = timeout(Duration::from_secs(30), socket.next())
            .await
            .context("no answer within 30 s")?
            .context("the socket was closed")??;
        let Message::Text(text) = message else { continue };
        let ServerFrame::Event { envelope } = serde_json::from_str(&text)? else { continue };
        match envelope.event {
            _ if envelope.episode != id => {}
            // The end follows such an act in a frame of its own.
            Event::Moved { by: Role::Seller, act, .. } => {
                return Ok(matches!(act, Act::Accept(_) | Act::Quit));
            }
            Event::Ended { .. } => return Ok(true),
            _ => {}
        }
    }
}

async fn post(http: &reqwest::Client, url: &str, body: &Value) -> Result<Value> {
    let response = http.post(url).json(body).send().await?;
    let status = response.status();
    let text = response.text().await?;
    if !status.is_success() {
        bail!("{status}: {text}");
    }
    Ok(serde_json::from_str(&text)?)
}
