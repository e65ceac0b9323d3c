//! People in markets of many: each takes a seat, looks, and bargains by a rule of thumb. Acts carry
//! their key and are sent again until they are answered; one that came too late is refused, and is
//! nobody's loss.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use rules::{Act, Mills, PerRole, Role};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;
use wire::{
    IdempotencyKey, MarketAct, MarketActRequest, MarketClockRequest, MarketId, MarketJoinRequest,
    MarketSeatView, MarketStatus, NewMarketRequest, SeatTalk,
};

use crate::browser::{Browser, Web};
use crate::figures::{Figures, milliseconds};
use crate::play::told_to_end;
use crate::record::{Entry, Record, now};

/// With seats for people on both sides.
const POPULATION: &str = "plaza";
/// How fast a market comes to its end once that is wanted.
const HURRIED_MS: u32 = 50;
/// Offers end in whole cents.
const CENT: i64 = 10;

#[derive(Clone, Args)]
pub struct Trade {
    /// Where Souk answers.
    #[arg(long, default_value = "http://127.0.0.1:3030")]
    address: String,
    /// Markets, each with its own seed.
    #[arg(long, default_value_t = 2)]
    markets: u32,
    /// People in each of them; every third keeps a stall.
    #[arg(long, default_value_t = 12)]
    people: u32,
    /// Milliseconds of a market's step.
    #[arg(long, default_value_t = 900)]
    pace_ms: u32,
    /// Milliseconds of a person's thought, spread evenly up to twice this.
    #[arg(long, default_value_t = 1500)]
    think_ms: u64,
    /// A file for what was acknowledged, a line of JSON each.
    #[arg(long)]
    record: Option<PathBuf>,
    /// A file for all that reached the people's browsers.
    #[arg(long)]
    heard: Option<PathBuf>,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Opened {
    id: MarketId,
}

struct Traders {
    args: Trade,
    web: Web,
    figures: Arc<Figures>,
    record: Arc<Record>,
    hurry: watch::Sender<bool>,
}

/// Prints `open` once the markets are, then the figures at their end. `false`: somebody got stuck.
/// SIGTERM or Ctrl-C make the markets' clocks run fast from then on.
pub async fn trade(args: Trade) -> Result<bool> {
    let figures = Arc::new(Figures::default());
    let record = Arc::new(Record::create(args.record.as_deref())?);
    let heard = Arc::new(Record::create(args.heard.as_deref())?);
    let web = Web::new(&args.address, Arc::clone(&figures))?.noting(&record, &heard);
    let hurry = watch::Sender::new(false);
    let traders = Arc::new(Traders { args, web, figures, record, hurry });
    let started = Instant::now();
    let mut markets = Vec::new();
    for seed in 0..traders.args.markets {
        markets.push(traders.open(seed).await?);
    }
    println!("open");
    let heeding = Arc::clone(&traders);
    tokio::spawn(async move {
        if told_to_end().await.is_ok() {
            heeding.hurry.send_replace(true);
        }
    });
    let mut people = Vec::new();
    for (keeper, market) in markets {
        people.push(tokio::spawn(Arc::clone(&traders).keep_clock(keeper, market)));
        for n in 0..traders.args.people {
            let role = if n % 3 == 0 { Role::Seller } else { Role::Buyer };
            people.push(tokio::spawn(Arc::clone(&traders).sit(market, role)));
        }
    }
    for person in people {
        if let Err(error) = person.await? {
            traders.figures.violation(format!("{error:#}"));
        }
    }
    let told = traders.figures.told(started);
    if traders.args.json {
        println!("{}", serde_json::to_string(&told)?);
    } else {
        told.print();
    }
    Ok(told.violations.is_empty())
}

impl Traders {
    async fn open(&self, seed: u32) -> Result<(Browser, MarketId)> {
        let keeper = self.web.visitor().await?;
        let new = NewMarketRequest {
            key: IdempotencyKey(Uuid::new_v4()),
            population: Some(POPULATION.to_owned()),
            file: None,
            title: None,
            seed: Some(u64::from(seed) + 1),
            pace_ms: Some(self.args.pace_ms),
        };
        let opened: Opened = keeper.send("/api/v1/markets", &new).await?;
        Ok((keeper, opened.id))
    }

    /// Sets the clock to run fast once that is wanted.
    async fn keep_clock(self: Arc<Self>, keeper: Browser, market: MarketId) -> Result<()> {
        // The sender is in our hands.
        let _ = self.hurry.subscribe().wait_for(|hurry| *hurry).await;
        let wanted = MarketClockRequest { pace_ms: Some(HURRIED_MS), paused: None, steps: 0 };
        let path = format!("/api/v1/markets/{market}/clock");
        // Where it is over already there is nothing to set.
        let _: Result<Value, _> = keeper.attempt(&path, &wanted).await?;
        Ok(())
    }

    /// One person, until the market is over.
    async fn sit(self: Arc<Self>, market: MarketId, role: Role) -> Result<()> {
        let browser = self.web.visitor().await?;
        let mut seat = Seat { traders: &self, browser, market };
        let mut view = seat.join(role).await?;
        while let Some(seen) = view.filter(|seen| seen.status != MarketStatus::Over) {
            let think = Duration::from_millis(self.args.think_ms * 2);
            tokio::time::sleep(think.mul_f64(rand::random())).await;
            view = match wish(&seen, rand::random()) {
                Some(act) => seat.act(act).await?,
                None => None,
            };
            if view.is_none() {
                view = seat.look(role).await?;
            }
        }
        self.figures.count(|counted| counted.finished += 1);
        Ok(())
    }
}

struct Seat<'a> {
    traders: &'a Traders,
    browser: Browser,
    market: MarketId,
}

impl Seat<'_> {
    /// None: there is no seat any more.
    async fn join(&mut self, role: Role) -> Result<Option<MarketSeatView>> {
        let path = format!("/api/v1/markets/{}/join", self.market);
        let request = MarketJoinRequest { key: IdempotencyKey(Uuid::new_v4()), role };
        Ok(self.browser.attempt(&path, &request).await?.ok())
    }

    /// Looks, and sits down again where it was taken for gone.
    async fn look(&mut self, role: Role) -> Result<Option<MarketSeatView>> {
        let seen = self.browser.look(&format!("/api/v1/markets/{}/seat", self.market)).await?;
        match seen {
            Ok(view) => Ok(Some(view)),
            Err(refused) if refused.text.contains("market_not_joined") => self.join(role).await,
            Err(refused) => anyhow::bail!("{}: {}: {}", self.market, refused.status, refused.text),
        }
    }

    /// None: it was refused, for the market went on meanwhile.
    async fn act(&mut self, act: MarketAct) -> Result<Option<MarketSeatView>> {
        let key = Uuid::new_v4();
        let path = format!("/api/v1/markets/{}/acts", self.market);
        let begun = Instant::now();
        let request = MarketActRequest { key: IdempotencyKey(key), act };
        let answer = self.browser.attempt(&path, &request).await.context("an act")?;
        let Ok(view) = answer else { return Ok(None) };
        let ms = milliseconds(begun.elapsed());
        self.traders.figures.count(|counted| counted.acknowledged.push(ms));
        let market = self.market;
        self.traders.record.write(&Entry::Traded { market, key, at: now(), ms })?;
        Ok(view)
    }
}

/// What somebody on this seat would do now; `roll`, from 0 to 1, picks a stall.
fn wish(seen: &MarketSeatView, roll: f64) -> Option<MarketAct> {
    if let Some(talk) = seen.talks.iter().find(|talk| talk.is_own_turn) {
        let act = answer(seen.role, talk, seen.purse);
        return Some(MarketAct::Say { talk: talk.talk, message: words(act).to_owned(), act });
    }
    let free: Vec<_> =
        seen.stalls.iter().filter(|stall| !stall.is_talking && stall.stock > 0).collect();
    if seen.role != Role::Buyer || seen.talks.len() >= 2 || free.is_empty() {
        return None;
    }
    let stall = free[(roll * free.len() as f64) as usize % free.len()].stall;
    Some(MarketAct::Visit { stall })
}

fn words(act: Act) -> &'static str {
    match act {
        Act::Offer(_) => "What do you say to this?",
        Act::Accept(_) => "Done.",
        Act::Reject | Act::Talk => "That is too far off.",
        Act::Quit => "Another time.",
    }
}

/// From far off towards nine tenths of the way to the own limit; takes what is well within it, and on
/// the last message whatever is.
fn answer(role: Role, talk: &SeatTalk, purse: Option<Mills>) -> Act {
    let PerRole { buyer, seller } = talk.standing;
    let limit = match purse {
        Some(purse) => talk.limit.min(purse),
        None => talk.limit,
    };
    let own = talk.turns.iter().filter(|turn| turn.by == role).count() as f64;
    let last = talk.left <= 1;
    let (standing, wanted, offer) = match role {
        Role::Buyer => (seller, 0.93, (0.55 + 0.07 * own).min(0.96)),
        Role::Seller => (buyer, 1.08, (1.9 - 0.13 * own).max(1.05)),
    };
    let share = standing.map(|price| price.0 as f64 / limit.0 as f64);
    let is_within = |share: f64, bound: f64| match role {
        Role::Buyer => share <= bound,
        Role::Seller => share >= bound,
    };
    match (standing, share) {
        (Some(price), Some(share)) if is_within(share, if last { 1.0 } else { wanted }) => {
            Act::Accept(price)
        }
        _ if last => Act::Quit,
        _ => Act::Offer(Mills(((limit.0 as f64 * offer) as i64 / CENT).max(1) * CENT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::SeatTurn;

    fn talk(limit: i64, standing: PerRole<Option<Mills>>, own: usize, left: u32) -> SeatTalk {
        let turn = SeatTurn { by: Role::Buyer, talk: String::new(), act: Act::Reject };
        let turns = vec![turn; own];
        SeatTalk {
            talk: 0,
            good: 0,
            with: 0,
            limit: Mills(limit),
            elsewhere: None,
            turns,
            standing,
            is_own_turn: true,
            left,
        }
    }

    #[test]
    fn a_person_stays_within_the_own_limit() {
        let asked = |price| PerRole { buyer: None, seller: Some(Mills(price)) };
        let act = |standing, own, left, purse| {
            answer(Role::Buyer, &talk(10_000, standing, own, left), purse)
        };
        assert_eq!(act(asked(9_900), 0, 6, None), Act::Offer(Mills(5_500)));
        assert_eq!(act(asked(9_000), 0, 6, None), Act::Accept(Mills(9_000)));
        assert_eq!(act(asked(9_900), 5, 1, None), Act::Accept(Mills(9_900)));
        assert_eq!(act(asked(10_100), 5, 1, None), Act::Quit);
        assert_eq!(act(asked(9_000), 0, 1, Some(Mills(8_000))), Act::Quit);
        let bid = PerRole { buyer: Some(Mills(11_000)), seller: None };
        assert_eq!(
            answer(Role::Seller, &talk(10_000, bid, 0, 6), None),
            Act::Accept(Mills(11_000))
        );
        let low = PerRole { buyer: Some(Mills(9_000)), seller: None };
        assert_eq!(answer(Role::Seller, &talk(10_000, low, 0, 1), None), Act::Quit);
    }
}
