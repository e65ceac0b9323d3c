//! The market under way: rules, their events, and the fold of these.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::scenario::{MarketScenario, Want};
use crate::money::Mills;

/// What happened. Stalls, buyers and talks are named by their numbers; talks are counted as they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MarketEvent {
    Stepped {
        step: u32,
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
    /// The stall closed, or the buyer left.
    Gone,
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
}

#[derive(Clone, Debug, PartialEq)]
pub struct StallState {
    pub is_open: bool,
    pub stock: u32,
    pub cost: Mills,
    pub posted: Option<Mills>,
    /// Talks under way.
    pub talks: BTreeSet<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BuyerState {
    pub is_here: bool,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TalkState {
    pub buyer: usize,
    pub stall: usize,
    pub begun: u32,
    pub over: Option<TalkEnd>,
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
            stock: stall.stock,
            cost: stall.cost,
            posted: None,
            talks: BTreeSet::new(),
        });
        let buyers = scenario.buyers.iter().map(|buyer| BuyerState {
            is_here: false,
            since: 0,
            purse: buyer.purse,
            wants: buyer.wants.clone(),
            talks: BTreeSet::new(),
        });
        let (stalls, buyers) = (stalls.collect(), buyers.collect());
        Market { scenario, step: 0, stalls, buyers, talks: Vec::new(), sales: Vec::new() }
    }

    pub fn is_over(&self) -> bool {
        self.step > self.scenario.steps
    }

    pub fn good_of(&self, stall: usize) -> Option<usize> {
        self.scenario.stalls.get(stall).map(|stall| stall.good)
    }

    /// Folds an event that a rule returned.
    pub fn absorb(&mut self, event: &MarketEvent) {
        match *event {
            MarketEvent::Stepped { step } => self.step = step,
            MarketEvent::Opened { stall } => self.stalls[stall].is_open = true,
            MarketEvent::Closed { stall } => self.stalls[stall].is_open = false,
            MarketEvent::Arrived { buyer } => {
                self.buyers[buyer].is_here = true;
                self.buyers[buyer].since = self.step;
            }
            MarketEvent::Left { buyer } => self.buyers[buyer].is_here = false,
            MarketEvent::CostChanged { stall, cost } => self.stalls[stall].cost = cost,
            MarketEvent::Posted { stall, price } => self.stalls[stall].posted = Some(price),
            MarketEvent::Met { talk, buyer, stall } => {
                self.talks.push(TalkState { buyer, stall, begun: self.step, over: None });
                self.buyers[buyer].talks.insert(talk);
                self.stalls[stall].talks.insert(talk);
            }
            MarketEvent::Parted { talk, why } => self.end(talk, TalkEnd::Parted(why)),
            MarketEvent::Sold { talk, buyer, stall, price } => {
                self.sold(talk, buyer, stall, price);
            }
        }
    }

    pub fn absorb_all<'a>(&mut self, events: impl IntoIterator<Item = &'a MarketEvent>) {
        events.into_iter().for_each(|event| self.absorb(event));
    }

    fn end(&mut self, talk: usize, how: TalkEnd) {
        let TalkState { buyer, stall, .. } = self.talks[talk];
        self.talks[talk].over = Some(how);
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
        self.stalls[stall].stock -= 1;
        let (step, cost) = (self.step, self.stalls[stall].cost);
        self.sales.push(Sale { step, talk, buyer, stall, good, price, value, cost, after });
        if let Some(talk) = talk {
            self.end(talk, TalkEnd::Sold(price));
        }
    }
}

/// The next step: who comes and goes, what changes from outside. After the last one the market is over, and so are all
/// talks.
pub fn advance(market: &Market) -> Vec<MarketEvent> {
    if market.is_over() {
        return Vec::new();
    }
    let step = market.step + 1;
    let closes = step > market.scenario.steps;
    let mut events = vec![MarketEvent::Stepped { step }];
    let mut gone = BTreeSet::new();
    for (stall, (spec, state)) in market.scenario.stalls.iter().zip(&market.stalls).enumerate() {
        if state.is_open && (closes || spec.closes == Some(step)) {
            gone.extend(&state.talks);
            events.push(MarketEvent::Closed { stall });
        } else if !closes && !state.is_open && spec.opens == step {
            events.push(MarketEvent::Opened { stall });
        }
    }
    for (buyer, (spec, state)) in market.scenario.buyers.iter().zip(&market.buyers).enumerate() {
        if state.is_here && (closes || spec.leaves == Some(step)) {
            gone.extend(&state.talks);
            events.push(MarketEvent::Left { buyer });
        } else if !closes && !state.is_here && spec.arrives == step {
            events.push(MarketEvent::Arrived { buyer });
        }
    }
    let shocks = market.scenario.shocks.iter().filter(|shock| shock.step == step && !closes);
    events.extend(
        shocks.map(|shock| MarketEvent::CostChanged { stall: shock.stall, cost: shock.cost }),
    );
    let parted = gone.into_iter().map(|talk| MarketEvent::Parted { talk, why: Parting::Gone });
    events.extend(parted);
    events
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

/// A unit changes hands: stock, purse and want, all or nothing, and every talk that has lost its object ends with it.
/// The buyer and stall of a talk are that talk's; without one, as in an auction, any two who are there.
///
/// # Errors
/// Why nothing is sold.
pub fn sell(
    market: &Market,
    talk: Option<usize>,
    buyer: usize,
    stall: usize,
    price: Mills,
) -> Result<Vec<MarketEvent>, Refused> {
    if let Some(talk) = talk {
        match market.talks.get(talk) {
            None => return Err(Refused::Unknown),
            Some(state) if state.over.is_some() => return Err(Refused::TalkOver),
            Some(state) if (state.buyer, state.stall) != (buyer, stall) => {
                return Err(Refused::Unknown);
            }
            Some(_) => {}
        }
    }
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
