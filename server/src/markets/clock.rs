//! The clocks of markets: of all server processes one makes a market's steps, under a lease.
//!
//! A step waits for nobody: scripts speak in it, models when their answer has come, people when they like.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use policy::guard::redact;
use policy::market::{Bazaar, Due, scripted};
use rules::{Millis, Move, Role};
use store::{Added, MarketClock, NewCall, StoreError, within};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use wire::{MarketId, MarketStatus};

use super::Halls;
use super::act::LEFT_AFTER;
use super::hall::New;
use crate::clock::now_ms;
use crate::roster::{Member, Question, Thinker};

/// Between two looks for markets that nobody keeps.
const EVERY: Duration = Duration::from_millis(500);
const LEASE: Duration = Duration::from_secs(8);
/// Markets that one process keeps.
const KEEPS: i64 = 64;
/// Between two looks whether a market that stands goes on.
const STANDS: Duration = Duration::from_millis(250);
/// For the database, in one turn of a clock.
const PATIENCE: Duration = Duration::from_secs(60);
/// Questions to models at the same time, over all markets.
const ASKS: usize = 4;
/// Between two looks for people who have gone.
const GONE_EVERY: Duration = Duration::from_secs(15);

/// Keeps the clocks of markets until the server stops.
#[derive(Clone)]
pub struct Clock {
    halls: Halls,
    owner: Uuid,
    stop: CancellationToken,
    kept: Arc<Mutex<HashSet<MarketId>>>,
    asks: Arc<Semaphore>,
}

/// What came of a question to a model.
struct Heard {
    talk: usize,
    /// Messages in the talk when it was asked.
    turns: usize,
    /// None: it failed.
    mv: Option<Move>,
    calls: Vec<NewCall>,
}

/// Models' answers of one market.
struct Ear {
    asked: HashSet<usize>,
    heard: HashMap<usize, Heard>,
    sender: mpsc::UnboundedSender<Heard>,
    receiver: mpsc::UnboundedReceiver<Heard>,
}

impl Clock {
    pub fn new(halls: Halls, stop: CancellationToken) -> Clock {
        let asks = Arc::new(Semaphore::new(ASKS));
        Clock { halls, owner: Uuid::new_v4(), stop, kept: Arc::default(), asks }
    }

    pub async fn tend(self) {
        let tasks = TaskTracker::new();
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = every.tick() => {}
                () = self.stop.cancelled() => break,
            }
            self.halls.forget();
            let claimed = self.halls.0.store.markets_claim(self.owner, LEASE, KEEPS);
            match within(PATIENCE, claimed).await {
                Ok(ids) => ids.into_iter().for_each(|id| self.begin(&tasks, id)),
                Err(error) => tracing::warn!(%error, "markets were not looked for"),
            }
        }
        tasks.close();
        tasks.wait().await;
        if let Err(error) = self.halls.0.store.markets_release(self.owner).await {
            tracing::debug!(%error, "markets are left to their leases");
        }
    }

    fn begin(&self, tasks: &TaskTracker, id: MarketId) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.insert(id) {
            return;
        }
        let clock = self.clone();
        tasks.spawn(async move {
            if let Err(error) = clock.keep(id).await {
                tracing::warn!(market = %id, %error, "a market's clock is wound up anew");
            }
            clock.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        });
    }

    /// Makes a market's steps until it is over or another process keeps it.
    async fn keep(&self, id: MarketId) -> Result<(), StoreError> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut ear = Ear { asked: HashSet::new(), heard: HashMap::new(), sender, receiver };
        let mut looked = Instant::now();
        let mut due = Instant::now();
        loop {
            let turn = self.turn(id, &mut ear, &mut looked);
            let Some((at, stands)) = within(PATIENCE, turn).await? else { return Ok(()) };
            due = (due + wait(at, stands)).max(Instant::now());
            tokio::select! {
                () = tokio::time::sleep_until(due.into()) => {}
                () = self.stop.cancelled() => return Ok(()),
            }
        }
    }

    /// What is due now. `None`: the market is over, or another process keeps it; otherwise its clock, and whether it
    /// stands.
    async fn turn(
        &self,
        id: MarketId,
        ear: &mut Ear,
        looked: &mut Instant,
    ) -> Result<Option<(MarketClock, bool)>, StoreError> {
        let store = &self.halls.0.store;
        let at = store.market_clock(id).await?;
        if at.status == MarketStatus::Over || at.owner != Some(self.owner) {
            return Ok(None);
        }
        if looked.elapsed() >= GONE_EVERY {
            *looked = Instant::now();
            for (seat, visitor) in store.market_seats_left(id, LEFT_AFTER).await? {
                if let Err(problem) = self.halls.has_left(id, seat, visitor).await {
                    tracing::debug!(%problem, "somebody who has gone keeps the seat for now");
                }
            }
        }
        let stands = at.status == MarketStatus::Paused && at.steps_granted == 0;
        if !stands {
            self.step(id, ear).await?;
        }
        Ok(Some((at, stands)))
    }

    /// One step, stored whole or not at all.
    async fn step(&self, id: MarketId, ear: &mut Ear) -> Result<(), StoreError> {
        let place = self.halls.place(id);
        let mut guard = place.hall.lock().await;
        self.halls.read_on(id, &mut guard, Duration::MAX).await?;
        // Where the step is not stored, what was folded did not happen: the market is read anew.
        let Some(mut hall) = guard.take() else { return Ok(()) };
        let now = now_ms();
        let mut events = hall.bazaar.begin(Millis(now));
        ear.listen();
        hall.bazaar.talk(&mut events, |bazaar, due, view, seed| {
            scripted(due, view, seed).or_else(|| ear.answer(bazaar, due))
        });
        for heard in ear.heard.drain().map(|(_, heard)| heard).filter(|heard| heard.mv.is_some()) {
            hall.calls.entry(heard.talk).or_default().extend(heard.calls);
        }
        if events.is_empty() {
            *guard = Some(hall);
            return Ok(());
        }
        let new = New { at_ms: now, key: None, events: &events, seat: None };
        match hall.add(&self.halls.0.store, &self.halls.0.roster, new).await? {
            Added::Stored => {
                self.ask(&hall.bazaar, ear);
                *guard = Some(hall);
            }
            Added::Stale | Added::Repeated => {}
        }
        Ok(())
    }

    /// Asks the models whose word is next.
    fn ask(&self, bazaar: &Bazaar, ear: &mut Ear) {
        for due in bazaar.due().filter(|due| !due.part.is_person()) {
            if ear.asked.contains(&due.talk) {
                continue;
            }
            let member = self.halls.0.roster.find(&due.part.negotiator);
            let Some(Member::Thinker(thinker)) = member else { continue };
            ear.asked.insert(due.talk);
            let view = bazaar.view(due.talk, due.role);
            let turns = view.table.turns.len();
            let seed = bazaar.market.talks[due.talk].episode.seed;
            let question = Question { view, seed, draw: 0 };
            let (talk, sender) = (due.talk, ear.sender.clone());
            let (asks, stop) = (Arc::clone(&self.asks), self.stop.clone());
            tokio::spawn(async move {
                let answer = async {
                    let _turn = asks.acquire().await;
                    think(thinker.as_ref(), &question).await
                };
                tokio::select! {
                    (mv, calls) = answer => {
                        // Nobody listens any more: the market is over.
                        let _ = sender.send(Heard { talk, turns, mv, calls });
                    }
                    () = stop.cancelled() => {}
                }
            });
        }
    }
}

/// A model's move with what it takes to be stored; none where it failed.
pub(super) async fn think(
    thinker: &dyn Thinker,
    question: &Question,
) -> (Option<Move>, Vec<NewCall>) {
    let answer = thinker.think(question, Box::new(|_| {})).await;
    let mv = match answer.mv {
        Ok(mv) => mv,
        Err(broken) => {
            tracing::warn!(%broken, "a model says nothing in a market");
            return (None, answer.calls);
        }
    };
    let hidden = redact(&mv.talk, question.view.limit).filter(|_| thinker.is_guarded());
    let talk = hidden.unwrap_or(mv.talk).replace('\0', "\u{fffd}");
    let thought = mv.thought.map(|thought| thought.replace('\0', "\u{fffd}"));
    (Some(Move { thought, talk, act: mv.act }), answer.calls)
}

impl Ear {
    fn listen(&mut self) {
        while let Ok(heard) = self.receiver.try_recv() {
            self.asked.remove(&heard.talk);
            self.heard.insert(heard.talk, heard);
        }
    }

    /// What a model said, if it was asked about the talk as it is. Who failed quits.
    fn answer(&mut self, bazaar: &Bazaar, due: Due<'_>) -> Option<Move> {
        let heard = self.heard.get(&due.talk)?;
        let turns = bazaar.market.talks[due.talk].episode.table.turns.len();
        if heard.turns != turns {
            return None;
        }
        let quits = || match due.role {
            // A buyer's first word is an offer or a rejection.
            Role::Buyer if turns == 0 => Move::new("", rules::Act::Reject),
            _ => Move::new("", rules::Act::Quit),
        };
        Some(heard.mv.clone().unwrap_or_else(quits))
    }
}

fn wait(at: MarketClock, stands: bool) -> Duration {
    match stands {
        true => STANDS,
        false => Duration::from_millis(u64::from(at.pace_ms.unwrap_or(1000))),
    }
}
