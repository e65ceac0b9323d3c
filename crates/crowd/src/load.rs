//! Many open negotiations under moves at a given rate: what an acknowledgement takes, and what the server holds
//! meanwhile. Moves are due at fixed times, whatever became of the earlier ones, and are timed from when they
//! were due: a server that stands still cannot hide it by not being asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use rules::{Act, Event, Mills, Move, PerRole, Protocol, Role};
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;
use wire::{
    EpisodeId, IdempotencyKey, MoveAck, MoveRequest, NegotiatorName, NewEpisode, ProductCard,
    ProductPage, SeatRequest,
};

use crate::browser::{Browser, Web};
use crate::figures::{Figures, Told, milliseconds};
use crate::live::Live;
use crate::play::Started;
use crate::record::Record;

/// Negotiations that are opened at the same time.
const OPENING: usize = 16;

#[derive(Clone, Args)]
pub struct Load {
    /// Where Souk answers.
    #[arg(long, default_value = "http://127.0.0.1:3030")]
    address: String,
    /// Negotiations open at once, each of a person of its own with a live socket of its own.
    #[arg(long, default_value_t = 5000)]
    negotiations: u32,
    /// Moves of people a second, all together.
    #[arg(long, default_value_t = 500.0)]
    rate: f64,
    /// Seconds of moves.
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// Seconds between the last opening and the first move, and between the last move and the end.
    #[arg(long, default_value_t = 15.0)]
    settle_s: f64,
    /// Rounds of a negotiation; one that is over makes room for another.
    #[arg(long, default_value_t = 12)]
    rounds: u32,
    /// Who sells.
    #[arg(long, default_value = "persuadable")]
    seller: String,
}

struct Stage {
    args: Load,
    web: Web,
    figures: Arc<Figures>,
    record: Arc<Record>,
    products: Vec<ProductCard>,
    opening: Semaphore,
    /// Further negotiations, in place of those that ended.
    reopened: AtomicU32,
    /// Who may be asked for a move.
    ready: mpsc::UnboundedSender<Person>,
}

/// Waits for the time at which its next move is due.
type Person = mpsc::UnboundedSender<Instant>;

/// A line of JSON at the end.
#[derive(Serialize)]
struct Report {
    /// Moves that were due.
    due: u64,
    /// Of those for which nobody was free: all waited for an answer.
    nobody: u64,
    reopened: u32,
    opening_s: f64,
    #[serde(flatten)]
    told: Told,
}

/// Prints `open` once all are, `begin` before the first move, `end` after the last one, then the figures as JSON; every
/// connection is closed with its end. `false`: something was refused, missed or doubled.
pub async fn load(args: Load) -> Result<bool> {
    let figures = Arc::new(Figures::default());
    let web = Web::keeping_connections(&args.address, Arc::clone(&figures))?;
    let market: ProductPage = web.fetch("/api/v1/products").await?;
    if market.items.is_empty() {
        bail!("the market is empty");
    }
    let (ready, mut free) = mpsc::unbounded_channel();
    let stage = Arc::new(Stage {
        args,
        web,
        figures,
        record: Arc::default(),
        products: market.items,
        opening: Semaphore::new(OPENING),
        reopened: AtomicU32::new(0),
        ready,
    });
    let begun = Instant::now();
    let opening: Vec<_> = (0..stage.args.negotiations)
        .map(|n| tokio::spawn(Session::open(Arc::clone(&stage), n)))
        .collect();
    let mut sessions = Vec::new();
    for session in opening {
        sessions.push(session.await??);
    }
    let opening_s = begun.elapsed().as_secs_f64();
    println!("open");
    let settling = Duration::from_secs_f64(stage.args.settle_s);
    tokio::time::sleep(settling).await;
    println!("begin");
    let started = Instant::now();
    let people: Vec<_> = sessions.into_iter().map(|session| tokio::spawn(session.play())).collect();
    let (due, nobody) = keep_pace(&stage, &mut free).await;
    println!("end");
    // Whoever was asked has answered by then, and is asked no more.
    tokio::time::sleep(settling.max(Duration::from_secs(1))).await;
    drop(free);
    let told = stage.figures.told(started);
    for person in people {
        person.abort();
        // It ends as aborted, or has ended.
        let _ = person.await;
    }
    let reopened = stage.reopened.load(Ordering::Relaxed);
    let is_good = told.violations.is_empty();
    println!("{}", serde_json::to_string(&Report { due, nobody, reopened, opening_s, told })?);
    Ok(is_good)
}

/// Asks somebody free for a move whenever one is due.
async fn keep_pace(stage: &Stage, free: &mut mpsc::UnboundedReceiver<Person>) -> (u64, u64) {
    let (begun, total) = (Instant::now(), (stage.args.rate * stage.args.seconds) as u64);
    let mut nobody = 0;
    for n in 0..total {
        let due = begun + Duration::from_secs_f64(n as f64 / stage.args.rate);
        tokio::time::sleep_until(due.into()).await;
        match free.try_recv() {
            Ok(person) if person.send(due).is_ok() => {}
            _ => nobody += 1,
        }
    }
    (total, nobody)
}

/// A person in a negotiation.
struct Session {
    stage: Arc<Stage>,
    n: u32,
    browser: Browser,
    live: Live,
    id: EpisodeId,
}

impl Session {
    async fn open(stage: Arc<Stage>, n: u32) -> Result<Session> {
        let turn = stage.opening.acquire().await?;
        let browser = stage.web.visitor().await?;
        let live = Live::open(&browser, &stage.record);
        let id = start(&stage, &browser, n).await?;
        live.follow(id)?;
        let mut session = Session { stage: Arc::clone(&stage), n, browser, live, id };
        // The first event: the socket is there, and follows.
        session.live.next().await?;
        drop(turn);
        Ok(session)
    }

    async fn play(mut self) {
        if let Err(error) = self.games().await {
            self.stage.figures.violation(format!("{}: {error:#}", self.id));
        }
    }

    async fn games(&mut self) -> Result<()> {
        let (ask, mut asked) = mpsc::unbounded_channel();
        let mut round = 0;
        loop {
            self.stage.ready.send(ask.clone()).context("nobody asks any more")?;
            let Some(due) = asked.recv().await else { return Ok(()) };
            let is_over = self.offer(due, round).await?;
            round += 1;
            if is_over {
                round = 0;
                self.n += self.stage.args.negotiations;
                self.id = start(&self.stage, &self.browser, self.n).await?;
                self.live.follow(self.id)?;
                self.stage.reopened.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Makes an offer that was due then; tells whether that, or the answer, was the end.
    async fn offer(&mut self, due: Instant, round: u32) -> Result<bool> {
        let list = product(&self.stage, self.n).list_price;
        let mv = Move::new(
            "I can pay now, and another stall asks less.",
            Act::Offer(price(list, round, self.stage.args.rounds)),
        );
        let request = MoveRequest { key: IdempotencyKey(Uuid::new_v4()), mv };
        let path = format!("/api/v1/episodes/{}/moves", self.id);
        let ack: MoveAck = self.browser.send(&path, &request).await?;
        let ms = milliseconds(due.elapsed());
        self.stage.figures.count(|counted| {
            counted.acknowledged.push(ms);
            counted.repeated += u32::from(ack.repeated);
        });
        let is_over = self.answer(round + 1 == self.stage.args.rounds).await?;
        let ms = milliseconds(due.elapsed());
        self.stage.figures.count(|counted| {
            counted.answered.push(ms);
            counted.finished += u32::from(is_over);
        });
        Ok(is_over)
    }

    /// Waits for the seller's answer, or the end where that or the last round brings it.
    async fn answer(&mut self, is_last: bool) -> Result<bool> {
        loop {
            match self.live.next().await?.event {
                Event::Moved { by: Role::Seller, act: Act::Accept(_) | Act::Quit, .. } => {}
                Event::Moved { by: Role::Seller, .. } if !is_last => return Ok(false),
                Event::Ended { .. } => return Ok(true),
                _ => {}
            }
        }
    }
}

/// From a quarter of the list price to three eighths, below every budget.
fn price(list: Mills, round: u32, rounds: u32) -> Mills {
    Mills(list.0 / 4 + list.0 / 8 * i64::from(round) / i64::from(rounds))
}

fn product(stage: &Stage, n: u32) -> &ProductCard {
    &stage.products[n as usize % stage.products.len()]
}

async fn start(stage: &Stage, browser: &Browser, n: u32) -> Result<EpisodeId> {
    let seller = SeatRequest::Negotiator { name: NegotiatorName(stage.args.seller.clone()) };
    let new = NewEpisode {
        product: product(stage, n).id.clone(),
        seats: PerRole { buyer: SeatRequest::Me, seller },
        protocol: Some(Protocol::Alternating { max_rounds: stage.args.rounds }),
        seller_persona: None,
        seed: Some(u64::from(n)),
        pace: None,
        key: IdempotencyKey(Uuid::new_v4()),
    };
    let started: Started = browser.send("/api/v1/episodes", &new).await?;
    Ok(started.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_rise_and_stay_below_every_budget() {
        let list = Mills(80_000);
        let offers: Vec<i64> = (0..12).map(|round| price(list, round, 12).0).collect();
        assert_eq!((offers[0], offers[6]), (20_000, 25_000));
        assert!(offers.is_sorted() && offers[11] < 30_000, "{offers:?}");
    }
}
