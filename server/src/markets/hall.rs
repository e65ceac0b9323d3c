//! One market as this process knows it.

use std::collections::HashMap;
use std::time::Instant;

use policy::market::{Bazaar, Cast};
use rules::market::{Market, MarketEvent, TalkState};
use rules::{Event, Millis, PerRole, Role};
use store::{
    Added, Addition, MarketRow, MarketSeat, MarketTalk, NewCall, SeatChange, Sitter, Store,
    StoreError,
};
use uuid::Uuid;
use wire::{
    EpisodeId, Happened, IdempotencyKey, MarketId, NegotiatorName, ProductId, UserId, VisitorId,
};

use super::MARKET_SOURCE;
use crate::eval::code_version;
use crate::roster::Roster;

/// Rows of the log that are read at once.
const ROWS: i64 = 500;

/// The fold of a market's log, and what its talks' episodes will be.
#[derive(Clone)]
pub struct Hall {
    pub id: MarketId,
    pub title: String,
    pub creator: VisitorId,
    pub bazaar: Bazaar,
    /// Number of the last event.
    pub seq: i64,
    /// What everybody may see, in the order of its numbers.
    pub shown: Vec<Happened>,
    /// Who of the people sits where, or sat there last.
    pub sitters: HashMap<MarketSeat, VisitorId>,
    pub looked: Option<Instant>,
    /// Of talks that are not over: their events with their times.
    talks: HashMap<usize, Vec<(i64, Event)>>,
    /// What models were asked in talks that are not over.
    pub calls: HashMap<usize, Vec<NewCall>>,
}

/// What one addition to the log is made of.
pub struct New<'a> {
    pub at_ms: i64,
    pub key: Option<IdempotencyKey>,
    pub events: &'a [MarketEvent],
    pub seat: Option<SeatChange>,
}

impl Hall {
    pub async fn read(store: &Store, id: MarketId) -> Result<Hall, StoreError> {
        let row = store.market_find(id).await?;
        let mut hall = Hall::new(row)?;
        hall.sitters = store.market_sitters(id).await?.into_iter().collect();
        Ok(hall)
    }

    /// Before its first event.
    pub fn new(row: MarketRow) -> Result<Hall, StoreError> {
        let cast: Cast = serde_json::from_value(row.parts)
            .map_err(|why| StoreError::Corrupt { what: "market", why: why.to_string() })?;
        Ok(Hall {
            id: row.id,
            title: row.title,
            creator: row.creator,
            bazaar: Bazaar::new(row.scenario, cast),
            seq: 0,
            shown: Vec::new(),
            sitters: HashMap::new(),
            looked: None,
            talks: HashMap::new(),
            calls: HashMap::new(),
        })
    }

    pub fn market(&self) -> &Market {
        &self.bazaar.market
    }

    /// Where a person sits now.
    pub fn seat_of(&self, visitor: VisitorId) -> Option<MarketSeat> {
        let own = self.sitters.iter().filter(|(_, who)| **who == visitor);
        own.map(|(seat, _)| *seat).find(|seat| self.is_there(*seat))
    }

    fn is_there(&self, seat: MarketSeat) -> bool {
        let market = self.market();
        match seat.role {
            Role::Buyer => market.buyers.get(seat.number).is_some_and(|state| state.is_here),
            Role::Seller => market.stalls.get(seat.number).is_some_and(|state| state.is_open),
        }
    }

    /// Folds what others added to the log.
    pub async fn read_on(&mut self, store: &Store) -> Result<(), StoreError> {
        let mut somebody_came = false;
        loop {
            let rows = store.market_log_after(self.id, self.seq, ROWS).await?;
            let full = rows.len() as i64 == ROWS;
            for row in rows {
                for event in &row.events {
                    somebody_came |=
                        matches!(event, MarketEvent::Arrived { .. } | MarketEvent::Opened { .. });
                    self.bazaar.absorb(event);
                    self.note(row.at_ms, event);
                }
                // Whoever added that row stored its talks.
                self.ended();
            }
            if !full {
                break;
            }
        }
        if somebody_came {
            self.sitters = store.market_sitters(self.id).await?.into_iter().collect();
        }
        self.looked = Some(Instant::now());
        Ok(())
    }

    /// Adds events that the market has folded already. Where this fails, or is stale, what is known here is not what is
    /// stored: drop it.
    pub async fn add(
        &mut self,
        store: &Store,
        roster: &Roster,
        new: New<'_>,
    ) -> Result<Added, StoreError> {
        let after = self.seq;
        for event in new.events {
            self.note(new.at_ms, event);
        }
        if let Some(seat) = new.seat.filter(|seat| seat.takes) {
            let at = MarketSeat { role: seat.role, number: seat.number };
            self.sitters.insert(at, seat.visitor);
        }
        let ended = self.ended();
        let talks = ended.into_iter().map(|(talk, events)| self.talk(roster, talk, events));
        let talks: Vec<MarketTalk> = talks.collect();
        let market = &self.bazaar.market;
        let addition = Addition {
            market: self.id,
            after,
            at_ms: new.at_ms,
            key: new.key,
            events: new.events,
            talks: &talks,
            seat: new.seat,
            step: market.step.min(market.scenario.steps),
            sold: u32::try_from(market.sales.len()).unwrap_or(u32::MAX),
            is_over: market.is_over(),
        };
        store.market_append(&addition).await
    }

    /// What an event that was folded means for what is shown and for the talks' episodes.
    fn note(&mut self, at_ms: i64, event: &MarketEvent) {
        self.seq += 1;
        if let Some(event) = event.shown() {
            self.shown.push(Happened { n: self.seq, event });
        }
        match event {
            MarketEvent::Met { talk, .. } => {
                let opening = rules::open(&self.state(*talk).episode.scenario(), Millis(at_ms));
                self.talks.insert(*talk, opening.into_iter().map(|one| (at_ms, one)).collect());
            }
            MarketEvent::Said { talk, events } => {
                if let Some(known) = self.talks.get_mut(talk) {
                    known.extend(events.iter().map(|event| (at_ms, event.clone())));
                }
            }
            MarketEvent::Parted { talk, .. } => {
                let outcome = self.state(*talk).episode.outcome();
                if let (Some(known), Some(outcome)) = (self.talks.get_mut(talk), outcome) {
                    let is_told =
                        known.iter().any(|(_, event)| matches!(event, Event::Ended { .. }));
                    if !is_told {
                        known.push((at_ms, Event::Ended { outcome }));
                    }
                }
            }
            _ => {}
        }
    }

    fn state(&self, talk: usize) -> &TalkState {
        &self.bazaar.market.talks[talk]
    }

    /// Takes out the talks that are over, in their order.
    fn ended(&mut self) -> Vec<(usize, Vec<(i64, Event)>)> {
        let market = &self.bazaar.market;
        let over = self.talks.keys().copied().filter(|talk| market.talks[*talk].over.is_some());
        let mut over: Vec<usize> = over.collect();
        over.sort_unstable();
        over.into_iter().filter_map(|talk| Some((talk, self.talks.remove(&talk)?))).collect()
    }

    fn talk(&mut self, roster: &Roster, talk: usize, events: Vec<(i64, Event)>) -> MarketTalk {
        let calls = self.calls.remove(&talk).unwrap_or_default();
        let state = self.state(talk);
        let scenario = state.episode.scenario();
        let codename = &scenario.listing.product.codename;
        MarketTalk {
            id: EpisodeId(Uuid::now_v7()),
            talk,
            product: ProductId(format!("{MARKET_SOURCE}.{codename}")),
            seats: PerRole {
                buyer: self.sitter(roster, Role::Buyer, state.buyer),
                seller: self.sitter(roster, Role::Seller, state.stall),
            },
            scenario,
            events,
            calls,
            code_version: code_version(),
        }
    }

    fn sitter(&self, roster: &Roster, role: Role, number: usize) -> Sitter {
        let visitor = self.sitters.get(&MarketSeat { role, number });
        let part = self.bazaar.cast.part(role, number);
        match (visitor, part) {
            (Some(visitor), Some(part)) if part.is_person() => {
                Sitter::Person { visitor: *visitor, user: None::<UserId> }
            }
            (_, part) => {
                let name = part.map(|part| part.negotiator.clone()).unwrap_or_default();
                let title = roster.find(&name).map(|member| member.card().title);
                let title = title.unwrap_or_else(|| name.clone());
                Sitter::Negotiator { name: NegotiatorName(name), title }
            }
        }
    }
}
