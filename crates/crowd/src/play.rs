//! The people of a crowd.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rules::{Act, Event, Mills, Move, PerRole, Role};
use serde::Deserialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;
use wire::{
    EpisodeId, IdempotencyKey, MoveAck, MoveRequest, NegotiatorName, NewEpisode, Pace, ProductCard,
    ProductPage, SeatRequest,
};

use crate::Play;
use crate::browser::{Browser, Web};
use crate::figures::{Figures, milliseconds};
use crate::live::Live;
use crate::record::{Entry, Record, now};
use crate::watch::watch;

/// Negotiations that are opened at the same time.
const OPENING: usize = 16;
/// Messages of each side in a negotiation.
const ROUNDS: i64 = 6;

/// What all sessions share.
pub struct Crowd {
    pub args: Play,
    pub web: Web,
    pub figures: Arc<Figures>,
    pub record: Arc<Record>,
    products: Vec<ProductCard>,
    opening: Semaphore,
    /// How many first negotiations are open, or have failed to.
    open: watch::Sender<u32>,
    /// No further negotiations.
    pub enough: watch::Sender<bool>,
}

#[derive(Deserialize)]
pub struct Started {
    pub id: EpisodeId,
}

/// Plays, and prints the figures. `false`: something was refused, missed or doubled.
pub async fn crowd(args: Play) -> Result<bool> {
    let figures = Arc::new(Figures::default());
    let record = Arc::new(Record::create(args.record.as_deref())?);
    let heard = Arc::new(Record::create(args.heard.as_deref())?);
    let web = Web::new(&args.address, Arc::clone(&figures))?.noting(&record, &heard);
    let market: ProductPage = web.fetch("/api/v1/products").await?;
    if market.items.is_empty() {
        bail!("the market is empty");
    }
    let crowd = Arc::new(Crowd {
        record,
        products: market.items,
        opening: Semaphore::new(OPENING),
        open: watch::Sender::new(0),
        enough: watch::Sender::new(false),
        args,
        web,
        figures,
    });
    let started = Instant::now();
    tokio::spawn(heed_signals(Arc::clone(&crowd)));
    tokio::spawn(tell_when_open(Arc::clone(&crowd)));
    let people: Vec<_> = (0..crowd.args.negotiations)
        .map(|n| tokio::spawn(session(Arc::clone(&crowd), n)))
        .collect();
    let watchers: Vec<_> =
        (0..crowd.args.watched).map(|n| tokio::spawn(watch(Arc::clone(&crowd), n))).collect();
    for person in people {
        person.await?;
    }
    crowd.enough.send_replace(true);
    for watcher in watchers {
        watcher.await?;
    }
    let told = crowd.figures.told(started);
    if crowd.args.json {
        println!("{}", serde_json::to_string(&told)?);
    } else {
        told.print();
    }
    Ok(told.violations.is_empty())
}

async fn heed_signals(crowd: Arc<Crowd>) -> Result<()> {
    told_to_end().await?;
    crowd.enough.send_replace(true);
    Ok(())
}

/// Until SIGTERM or Ctrl-C.
pub async fn told_to_end() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        heard = tokio::signal::ctrl_c() => heard?,
    }
    Ok(())
}

async fn tell_when_open(crowd: Arc<Crowd>) {
    crowd.all_open().await;
    if crowd.args.together {
        println!("open");
    }
}

impl Crowd {
    fn total(&self) -> u32 {
        self.args.negotiations + self.args.watched
    }

    async fn all_open(&self) {
        let total = self.total();
        // The sender is ours.
        let _ = self.open.subscribe().wait_for(|open| *open >= total).await;
    }

    /// A first negotiation was opened, or failed to; waits for the others where that is asked for.
    pub async fn arrive(&self) {
        self.open.send_modify(|open| *open += 1);
        if self.args.together {
            self.all_open().await;
        }
    }

    pub fn has_enough(&self) -> bool {
        *self.enough.borrow()
    }

    pub fn product(&self, n: u32) -> &ProductCard {
        &self.products[n as usize % self.products.len()]
    }

    pub fn negotiator(name: &str) -> SeatRequest {
        SeatRequest::Negotiator { name: NegotiatorName(name.to_owned()) }
    }

    pub async fn start(
        &self,
        browser: &Browser,
        product: &ProductCard,
        buyer: SeatRequest,
        pace: Option<Pace>,
    ) -> Result<EpisodeId> {
        let seats = PerRole { buyer, seller: Crowd::negotiator(&self.args.seller) };
        let new = NewEpisode {
            product: product.id.clone(),
            seats,
            protocol: None,
            seller_persona: None,
            seed: None,
            pace,
            key: IdempotencyKey(Uuid::new_v4()),
        };
        let started: Started = browser.send("/api/v1/episodes", &new).await?;
        Ok(started.id)
    }

    /// A browser with its first negotiation.
    pub async fn open(
        &self,
        n: u32,
        buyer: SeatRequest,
        pace: Option<Pace>,
    ) -> Result<(Browser, Live, EpisodeId)> {
        let _turn = self.opening.acquire().await?;
        let browser = self.web.visitor().await?;
        let live = Live::open(&browser, &self.record);
        let id = self.start(&browser, self.product(n), buyer, pace).await?;
        live.follow(id)?;
        Ok((browser, live, id))
    }

    /// Keeps that a follower saw the end.
    pub fn finish(&self, episode: EpisodeId, seen: i64) -> Result<()> {
        self.figures.count(|counted| counted.finished += 1);
        self.record.write(&Entry::Finished { episode, seen, at: now() })
    }
}

async fn session(crowd: Arc<Crowd>, n: u32) {
    let opened = crowd.open(n, SeatRequest::Me, None).await;
    crowd.arrive().await;
    let outcome = match opened {
        Ok((browser, live, first)) => games(&crowd, n, browser, live, first).await,
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        crowd.figures.violation(format!("session {n}: {error:#}"));
    }
}

async fn games(
    crowd: &Crowd,
    n: u32,
    browser: Browser,
    mut live: Live,
    first: EpisodeId,
) -> Result<()> {
    let mut id = first;
    for game in 0..crowd.args.games {
        let product = crowd.product(n + game);
        if game > 0 {
            if crowd.has_enough() {
                break;
            }
            id = crowd.start(&browser, product, SeatRequest::Me, None).await?;
            live.follow(id)?;
        }
        let table = Table { crowd, browser: &browser, id, list: product.list_price };
        table.play(&mut live).await.with_context(|| format!("{id}"))?;
    }
    Ok(())
}

/// One negotiation of a person.
struct Table<'a> {
    crowd: &'a Crowd,
    browser: &'a Browser,
    id: EpisodeId,
    list: Mills,
}

impl Table<'_> {
    async fn play(&self, live: &mut Live) -> Result<()> {
        // From a quarter of the list price upwards, below every budget.
        for round in 0..ROUNDS {
            let think = Duration::from_millis(self.crowd.args.think_ms * 2);
            tokio::time::sleep(think.mul_f64(rand::random())).await;
            let offer = Mills(self.list.0 / 4 + round * self.list.0 / 40);
            if self.offer(offer, round + 1 == ROUNDS, live).await? {
                return Ok(());
            }
        }
        bail!("it goes on after the last round")
    }

    /// Makes an offer and waits for the answer; tells whether it is over.
    async fn offer(&self, price: Mills, is_last: bool, live: &mut Live) -> Result<bool> {
        let key = Uuid::new_v4();
        // The key in the talk shows in the stored events, were the move played twice.
        let talk = format!("I can pay now, and another stall asks less. [{key}]");
        let mv = Move::new(talk, Act::Offer(price));
        let path = format!("/api/v1/episodes/{}/moves", self.id);
        let begun = Instant::now();
        let request = MoveRequest { key: IdempotencyKey(key), mv };
        let ack: MoveAck = self.browser.send(&path, &request).await?;
        let ms = milliseconds(begun.elapsed());
        let own = |event: &Event| matches!(event, Event::Moved { by: Role::Buyer, .. });
        let moved = ack.events.iter().find(|envelope| own(&envelope.event));
        let seq = moved.context("an acknowledgement without the move")?.seq;
        let (episode, at) = (self.id, now());
        self.crowd.record.write(&Entry::Acknowledged { episode, key, seq, price, at, ms })?;
        self.crowd.figures.count(|counted| {
            counted.acknowledged.push(ms);
            counted.repeated += u32::from(ack.repeated);
        });
        let over = self.answer(is_last, live).await?;
        let ms = milliseconds(begun.elapsed());
        self.crowd.figures.count(|counted| counted.answered.push(ms));
        self.crowd.record.write(&Entry::Answered { episode, at: now(), ms })?;
        Ok(over)
    }

    /// Waits for the seller's answer, or the end where that or the last round brings it; tells whether it is over.
    async fn answer(&self, is_last: bool, live: &mut Live) -> Result<bool> {
        loop {
            let envelope = live.next().await?;
            match envelope.event {
                Event::Moved { by: Role::Seller, act: Act::Accept(_) | Act::Quit, .. } => {}
                Event::Moved { by: Role::Seller, .. } if !is_last => return Ok(false),
                Event::Ended { .. } => {
                    self.crowd.finish(self.id, envelope.seq)?;
                    return Ok(true);
                }
                _ => {}
            }
        }
    }
}
