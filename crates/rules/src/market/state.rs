//! The market under way: rules, their events, and the fold of these.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::scenario::{MarketScenario, Want};
use crate::episode::{Ending, Episode, Illegal, apply, conclude};
use crate::event::{Audience, Event, Move, Outcome};
use crate::money::Mills;
use crate::scenario::{Listing, Millis, OverLimit, PerRole, Protocol, Regulation, Role, Scenario};

/// What happened. Stalls, buyers and talks are named by their numbers; talks are counted as they begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MarketEvent {
    /// `now_ms` is the clock of what follows, in milliseconds since the Unix epoch or since the market's beginning.
    Stepped {
        step: u32,
        now_ms: i64,
    },
    Opened {
        stall: usize,
    },
    Closed {
        stall: usize,
    },
    Arrived {
        buyer: usize,
    },
    Left {
        buyer: usize,
    },
    CostChanged {
        stall: usize,
        cost: Mills,
    },
    /// A stall's price for everybody.
    Posted {
        stall: usize,
        price: Mills,
    },
    Met {
        talk: usize,
        buyer: usize,
        stall: usize,
    },
    /// What the talk's own rules made of a message.
    Said {
        talk: usize,
        events: Vec<Event>,
    },
    Parted {
        talk: usize,
        why: Parting,
    },
    /// `talk` is none where nobody talked.
    Sold {
        talk: Option<usize>,
        buyer: usize,
        stall: usize,
        price: Mills,
    },
}

/// Why a talk ended without a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parting {
    /// By its own rules: one side quit, or its rounds were over.
    NoDeal,
    /// The buyer has the good, or has not enough left for any.
    Served,
    /// The last unit is sold.
    SoldOut,
    StallClosed,
    BuyerLeft,
}

impl Parting {
    /// Whose doing it is; none: of whose turn it was.
    fn by(self) -> Option<Role> {
        match self {
            Parting::NoDeal => None,
            Parting::Served | Parting::BuyerLeft => Some(Role::Buyer),
            Parting::SoldOut | Parting::StallClosed => Some(Role::Seller),
        }
    }
}

impl MarketEvent {
    /// As everybody may see it. None: nobody but researchers may know of it.
    pub fn shown(&self) -> Option<MarketEvent> {
        match self {
            MarketEvent::CostChanged { .. } => None,
            MarketEvent::Said { talk, events } => {
                let public = events.iter().filter(|event| event.visible_to(Audience::Spectator));
                let events = public.cloned().collect();
                Some(MarketEvent::Said { talk: *talk, events })
            }
            event => Some(event.clone()),
        }
    }
}

/// Why something is not possible now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the market is closed")]
    Over,
    #[error("there is no such stall, buyer or talk")]
    Unknown,
    #[error("the stall is not open, or the buyer is not here")]
    NotHere,
    #[error("the stall has nothing that the buyer wants")]
    NotWanted,
    #[error("the stall has sold its last unit")]
    SoldOut,
    #[error("they talk already")]
    Talking,
    #[error("the buyer holds as many talks as it may")]
    TooManyTalks,
    #[error("the talk is over")]
    TalkOver,
    #[error("that is no price")]
    BadPrice,
    #[error("the buyer's purse has {left} left, and the price is {price}")]
    PurseTooSmall { left: Mills, price: Mills },
    #[error("somebody sits there, or it comes by itself")]
    Taken,
    #[error(transparent)]
    Illegal(#[from] Illegal),
}

impl Refused {
    /// A stable code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Refused::Over => "market_over",
            Refused::Unknown => "market_unknown_place",
            Refused::NotHere => "market_not_here",
            Refused::NotWanted => "market_not_wanted",
            Refused::SoldOut => "market_sold_out",
            Refused::Talking => "market_talking_already",
            Refused::TooManyTalks => "market_too_many_talks",
            Refused::TalkOver => "market_talk_over",
            Refused::BadPrice => "price_out_of_range",
            Refused::PurseTooSmall { .. } => "market_purse_too_small",
            Refused::Taken => "market_seat_taken",
            Refused::Illegal(why) => why.code(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct StallState {
    pub is_open: bool,
    /// It is open, or was.
    pub came: bool,
    pub stock: u32,
    pub cost: Mills,
    pub posted: Option<Mills>,
    /// Talks under way.
    pub talks: BTreeSet<usize>,
    pub sold: u32,
    /// Over its sales, thousandths of the list price that each buyer saved.
    pub saved: i64,
}

impl StallState {
    /// What its buyers say of it: thousandths of the list price that they saved, at the mean; none before a sale.
    pub fn rating(&self) -> Option<i64> {
        (self.sold > 0).then(|| self.saved / i64::from(self.sold))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct BuyerState {
    pub is_here: bool,
    /// It is here, or was.
    pub came: bool,
    /// When it arrived.
    pub since: u32,
    pub purse: Mills,
    /// Wants that are still open.
    pub wants: Vec<Want>,
    pub talks: BTreeSet<usize>,
}

impl BuyerState {
    pub fn wants(&self, good: usize) -> Option<Want> {
        self.wants.iter().copied().find(|want| want.good == good)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct TalkState {
    pub buyer: usize,
    pub stall: usize,
    pub begun: u32,
    pub over: Option<TalkEnd>,
    pub episode: Episode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TalkEnd {
    Sold(Mills),
    Parted(Parting),
}

/// A unit that changed hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    pub step: u32,
    pub talk: Option<usize>,
    pub buyer: usize,
    pub stall: usize,
    pub good: usize,
    pub price: Mills,
    /// Of the buyer for the unit.
    pub value: Mills,
    /// Of the unit, when it was sold.
    pub cost: Mills,
    /// Steps since the buyer arrived.
    pub after: u32,
}

/// The fold of a market's events.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    pub scenario: MarketScenario,
    pub step: u32,
    pub now: Millis,
    pub stalls: Vec<StallState>,
    pub buyers: Vec<BuyerState>,
    pub talks: Vec<TalkState>,
    pub sales: Vec<Sale>,
}

impl Market {
    /// Before its first step: nobody is there.
    pub fn new(scenario: MarketScenario) -> Market {
        let stalls = scenario.stalls.iter().map(|stall| StallState {
            is_open: false,
            came: false,
            stock: stall.stock,
            cost: stall.cost,
            posted: None,
            talks: BTreeSet::new(),
            sold: 0,
            saved: 0,
        });
        let buyers = scenario.buyers.iter().map(|buyer| BuyerState {
            is_here: false,
            came: false,
            since: 0,
            purse: buyer.purse,
            wants: buyer.wants.clone(),
            talks: BTreeSet::new(),
        });
        let (stalls, buyers) = (stalls.collect(), buyers.collect());
        let now = Millis(0);
        Market { scenario, step: 0, now, stalls, buyers, talks: Vec::new(), sales: Vec::new() }
    }

    pub fn is_over(&self) -> bool {
        self.step > self.scenario.steps
    }

    pub fn good_of(&self, stall: usize) -> Option<usize> {
        self.scenario.stalls.get(stall).map(|stall| stall.good)
    }

    /// Of each unit of a good that stalls brought, in no order.
    pub fn costs(&self, good: usize) -> Vec<Mills> {
        let stalls = self.scenario.stalls.iter().zip(&self.stalls);
        let came = stalls.filter(|(spec, state)| state.came && spec.good == good);
        came.flat_map(|(spec, _)| std::iter::repeat_n(spec.cost, spec.stock as usize)).collect()
    }

    /// What a unit of a good is worth to each buyer who came and wanted one, in no order.
    pub fn values(&self, good: usize) -> Vec<Mills> {
        let buyers = self.scenario.buyers.iter().zip(&self.buyers);
        let wants = buyers.filter(|(_, state)| state.came).flat_map(|(spec, _)| &spec.wants);
        wants.filter(|want| want.good == good).map(|want| want.value).collect()
    }

    /// What a talk between the two would be about, and what it would be worth to them.
    pub fn talk_scenario(&self, talk: usize, buyer: usize, stall: usize) -> Scenario {
        let of = &self.scenario;
        let good = of.stalls[stall].good;
        let want = self.buyers[buyer].wants(good);
        Scenario {
            listing: Listing {
                product: of.goods[good].clone(),
                protocol: Protocol::Alternating { max_rounds: of.rounds },
                personas: PerRole {
                    buyer: of.buyers[buyer].persona.clone(),
                    seller: of.stalls[stall].persona.clone(),
                },
            },
            budget: want.map_or(Mills::default(), |want| want.value),
            cost: self.stalls[stall].cost,
            regulation: Some(Regulation::CounterAtFloor),
            over_limit: OverLimit::Violation,
            reveal: false,
            seed: mixed(of.seed, talk as u64),
        }
    }

    /// Folds an event that a rule returned.
    pub fn absorb(&mut self, event: &MarketEvent) {
        match *event {
            MarketEvent::Stepped { step, now_ms } => {
                (self.step, self.now) = (step, Millis(now_ms));
            }
            MarketEvent::Opened { stall } => {
                let state = &mut self.stalls[stall];
                (state.is_open, state.came) = (true, true);
            }
            MarketEvent::Closed { stall } => self.stalls[stall].is_open = false,
            MarketEvent::Arrived { buyer } => {
                let state = &mut self.buyers[buyer];
                (state.is_here, state.came, state.since) = (true, true, self.step);
            }
            MarketEvent::Left { buyer } => self.buyers[buyer].is_here = false,
            MarketEvent::CostChanged { stall, cost } => self.stalls[stall].cost = cost,
            MarketEvent::Posted { stall, price } => self.stalls[stall].posted = Some(price),
            MarketEvent::Met { talk, buyer, stall } => {
                let episode = Episode::start(&self.talk_scenario(talk, buyer, stall), self.now);
                self.talks.push(TalkState { buyer, stall, begun: self.step, over: None, episode });
                self.buyers[buyer].talks.insert(talk);
                self.stalls[stall].talks.insert(talk);
            }
            MarketEvent::Said { talk, ref events } => self.talks[talk].episode.absorb_all(events),
            MarketEvent::Parted { talk, why } => {
                let episode = &mut self.talks[talk].episode;
                let by = why.by().or(episode.table.turn_of()).unwrap_or(Role::Buyer);
                if let Ok(ending) = conclude(episode, Ending::Abandoned { by }) {
                    episode.absorb_all(&ending);
                }
                self.end(talk, TalkEnd::Parted(why));
            }
            MarketEvent::Sold { talk, buyer, stall, price } => {
                self.sold(talk, buyer, stall, price);
            }
        }
    }

    pub fn absorb_all<'a>(&mut self, events: impl IntoIterator<Item = &'a MarketEvent>) {
        events.into_iter().for_each(|event| self.absorb(event));
    }

    fn end(&mut self, talk: usize, how: TalkEnd) {
        let state = &mut self.talks[talk];
        state.over = Some(how);
        let (buyer, stall) = (state.buyer, state.stall);
        self.buyers[buyer].talks.remove(&talk);
        self.stalls[stall].talks.remove(&talk);
    }

    fn sold(&mut self, talk: Option<usize>, buyer: usize, stall: usize, price: Mills) {
        let good = self.scenario.stalls[stall].good;
        let state = &mut self.buyers[buyer];
        let value = state.wants(good).map_or(Mills::default(), |want| want.value);
        state.wants.retain(|want| want.good != good);
        state.purse = state.purse - price;
        let after = self.step - state.since;
        let list = self.scenario.goods[good].list_price;
        let state = &mut self.stalls[stall];
        state.stock -= 1;
        state.sold += 1;
        state.saved += 1000 - price.0 * 1000 / list.0.max(1);
        let (step, cost) = (self.step, state.cost);
        self.sales.push(Sale { step, talk, buyer, stall, good, price, value, cost, after });
        if let Some(talk) = talk {
            self.end(talk, TalkEnd::Sold(price));
        }
    }
}

/// A talk's seed: the market's, mixed with the talk's number (Steele, Lea and Flood, 2014: `SplitMix64`'s finalizer).
fn mixed(seed: u64, talk: u64) -> u64 {
    let mut bits = seed ^ talk.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The next step: who comes and goes, what changes from outside. After the last one the market is over, and so are all
/// talks.
pub fn advance(market: &Market, now: Millis) -> Vec<MarketEvent> {
    if market.is_over() {
        return Vec::new();
    }
    let step = market.step + 1;
    let closes = step > market.scenario.steps;
    let mut events = vec![MarketEvent::Stepped { step, now_ms: now.0 }];
    let mut gone = BTreeMap::new();
    for (stall, (spec, state)) in market.scenario.stalls.iter().zip(&market.stalls).enumerate() {
        if state.is_open && (closes || spec.closes == Some(step)) {
            gone.extend(state.talks.iter().map(|talk| (*talk, Parting::StallClosed)));
            events.push(MarketEvent::Closed { stall });
        } else if !closes && !state.is_open && spec.opens == Some(step) {
            events.push(MarketEvent::Opened { stall });
        }
    }
    for (buyer, (spec, state)) in market.scenario.buyers.iter().zip(&market.buyers).enumerate() {
        if state.is_here && (closes || spec.leaves == Some(step)) {
            gone.extend(state.talks.iter().map(|talk| (*talk, Parting::BuyerLeft)));
            events.push(MarketEvent::Left { buyer });
        } else if !closes && !state.is_here && spec.arrives == Some(step) {
            events.push(MarketEvent::Arrived { buyer });
        }
    }
    let shocks = market.scenario.shocks.iter().filter(|shock| shock.step == step && !closes);
    events.extend(
        shocks.map(|shock| MarketEvent::CostChanged { stall: shock.stall, cost: shock.cost }),
    );
    events.extend(gone.into_iter().map(|(talk, why)| MarketEvent::Parted { talk, why }));
    events
}

/// Somebody takes a buyer's seat that nobody sits on.
///
/// # Errors
/// Where that seat cannot be taken now.
pub fn arrive(market: &Market, buyer: usize) -> Result<Vec<MarketEvent>, Refused> {
    if market.is_over() {
        return Err(Refused::Over);
    }
    let state = market.buyers.get(buyer).ok_or(Refused::Unknown)?;
    if state.is_here || market.scenario.buyers[buyer].arrives.is_some() {
        return Err(Refused::Taken);
    }
    match state.wants.is_empty() {
        true => Err(Refused::NotWanted),
        false => Ok(vec![MarketEvent::Arrived { buyer }]),
    }
}

/// A buyer leaves, and its talks end.
///
/// # Errors
/// Where it is not here.
pub fn leave(market: &Market, buyer: usize) -> Result<Vec<MarketEvent>, Refused> {
    let state = market.buyers.get(buyer).ok_or(Refused::Unknown)?;
    if !state.is_here {
        return Err(Refused::NotHere);
    }
    let mut events = vec![MarketEvent::Left { buyer }];
    let parted = |talk: &usize| MarketEvent::Parted { talk: *talk, why: Parting::BuyerLeft };
    events.extend(state.talks.iter().map(parted));
    Ok(events)
}

/// Somebody takes a stall that nobody keeps.
///
/// # Errors
/// Where that stall cannot be taken now.
pub fn open_stall(market: &Market, stall: usize) -> Result<Vec<MarketEvent>, Refused> {
    if market.is_over() {
        return Err(Refused::Over);
    }
    let state = market.stalls.get(stall).ok_or(Refused::Unknown)?;
    if state.is_open || market.scenario.stalls[stall].opens.is_some() {
        return Err(Refused::Taken);
    }
    match state.stock {
        0 => Err(Refused::SoldOut),
        _ => Ok(vec![MarketEvent::Opened { stall }]),
    }
}

/// A stall closes, and its talks end.
///
/// # Errors
/// Where it is not open.
pub fn close_stall(market: &Market, stall: usize) -> Result<Vec<MarketEvent>, Refused> {
    let state = market.stalls.get(stall).ok_or(Refused::Unknown)?;
    if !state.is_open {
        return Err(Refused::NotHere);
    }
    let mut events = vec![MarketEvent::Closed { stall }];
    let parted = |talk: &usize| MarketEvent::Parted { talk: *talk, why: Parting::StallClosed };
    events.extend(state.talks.iter().map(parted));
    Ok(events)
}

/// Who is there and may deal with each other.
fn both_here(market: &Market, buyer: usize, stall: usize) -> Result<Want, Refused> {
    if market.is_over() {
        return Err(Refused::Over);
    }
    let (Some(at), Some(of)) = (market.buyers.get(buyer), market.stalls.get(stall)) else {
        return Err(Refused::Unknown);
    };
    if !at.is_here || !of.is_open {
        return Err(Refused::NotHere);
    }
    let good = market.scenario.stalls[stall].good;
    let want = at.wants(good).ok_or(Refused::NotWanted)?;
    if of.stock == 0 {
        return Err(Refused::SoldOut);
    }
    Ok(want)
}

/// A buyer comes to a stall.
///
/// # Errors
/// Why they do not talk.
pub fn meet(market: &Market, buyer: usize, stall: usize) -> Result<Vec<MarketEvent>, Refused> {
    both_here(market, buyer, stall)?;
    let talks = &market.buyers[buyer].talks;
    if talks.iter().any(|talk| market.talks[*talk].stall == stall) {
        return Err(Refused::Talking);
    }
    if talks.len() >= market.scenario.talks_at_once as usize {
        return Err(Refused::TooManyTalks);
    }
    Ok(vec![MarketEvent::Met { talk: market.talks.len(), buyer, stall }])
}

/// A stall names its price for everybody.
///
/// # Errors
/// Where there is no such stall, or that is no price.
pub fn post(market: &Market, stall: usize, price: Mills) -> Result<Vec<MarketEvent>, Refused> {
    match market.stalls.get(stall) {
        None => Err(Refused::Unknown),
        Some(_) if !price.is_price() => Err(Refused::BadPrice),
        Some(_) => Ok(vec![MarketEvent::Posted { stall, price }]),
    }
}

/// A talk that ended without a deal.
///
/// # Errors
/// Where it is over, or was never begun.
pub fn part(market: &Market, talk: usize) -> Result<Vec<MarketEvent>, Refused> {
    match market.talks.get(talk) {
        None => Err(Refused::Unknown),
        Some(state) if state.over.is_some() => Err(Refused::TalkOver),
        Some(_) => Ok(vec![MarketEvent::Parted { talk, why: Parting::NoDeal }]),
    }
}

/// One message in a talk. An acceptance sells, or nothing of it happened.
///
/// # Errors
/// Why it was not said.
pub fn say(market: &Market, talk: usize, by: Role, mv: Move) -> Result<Vec<MarketEvent>, Refused> {
    let at = market.talks.get(talk).ok_or(Refused::Unknown)?;
    if at.over.is_some() {
        return Err(Refused::TalkOver);
    }
    let said = apply(&at.episode, by, mv, market.now)?;
    let outcome = said.iter().find_map(|event| match event {
        Event::Ended { outcome } => Some(*outcome),
        _ => None,
    });
    let mut events = vec![MarketEvent::Said { talk, events: said }];
    match outcome {
        Some(Outcome::Deal { price, .. }) => {
            events.extend(change_hands(market, Some(talk), at.buyer, at.stall, price)?);
        }
        Some(_) => events.push(MarketEvent::Parted { talk, why: Parting::NoDeal }),
        None => {}
    }
    Ok(events)
}

/// A unit changes hands without a talk, as by a posted price or in an auction.
///
/// # Errors
/// Why nothing is sold.
pub fn sell(
    market: &Market,
    buyer: usize,
    stall: usize,
    price: Mills,
) -> Result<Vec<MarketEvent>, Refused> {
    change_hands(market, None, buyer, stall, price)
}

/// Stock, purse and want, all or nothing; and every talk that has lost its object ends with it.
fn change_hands(
    market: &Market,
    talk: Option<usize>,
    buyer: usize,
    stall: usize,
    price: Mills,
) -> Result<Vec<MarketEvent>, Refused> {
    both_here(market, buyer, stall)?;
    if !price.is_price() {
        return Err(Refused::BadPrice);
    }
    let left = market.buyers[buyer].purse;
    if price > left {
        return Err(Refused::PurseTooSmall { left, price });
    }
    let mut events = vec![MarketEvent::Sold { talk, buyer, stall, price }];
    let good = market.scenario.stalls[stall].good;
    for other in market.buyers[buyer].talks.iter().copied().filter(|other| Some(*other) != talk) {
        if market.good_of(market.talks[other].stall) == Some(good) {
            events.push(MarketEvent::Parted { talk: other, why: Parting::Served });
        }
    }
    if market.stalls[stall].stock == 1 {
        let others = market.stalls[stall].talks.iter().copied();
        for other in
            others.filter(|other| Some(*other) != talk && market.talks[*other].buyer != buyer)
        {
            events.push(MarketEvent::Parted { talk: other, why: Parting::SoldOut });
        }
    }
    Ok(events)
}
