//! The market under way: the fold of its events.

use std::collections::BTreeSet;

use super::event::{MarketEvent, Parting};
use super::scenario::{MarketScenario, Want};
use crate::episode::{Ending, Episode, conclude};
use crate::money::Mills;
use crate::scenario::{Listing, Millis, OverLimit, PerRole, Protocol, Regulation, Role, Scenario};
use crate::statistics::SplitMix64;

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
            seed: SplitMix64::nth(of.seed, talk as u64),
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
