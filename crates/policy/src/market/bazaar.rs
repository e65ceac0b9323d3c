//! A market played step by step.

use std::collections::HashSet;

use rules::market::{Market, MarketEvent, MarketScenario, Mechanism};
use rules::market::{advance, double_auction, meet, part, post, sell};
use rules::{
    Act, Ending, Episode, Listing, Millis, Mills, OverLimit, PerRole, Protocol, Regulation, Role,
    Scenario, conclude,
};

use crate::{Draw, find};

/// Who plays whom, by their numbers in the market.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast {
    pub sellers: Vec<Part>,
    pub buyers: Vec<Part>,
    /// Stalls that a buyer sees when it looks around.
    pub sees: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub negotiator: String,
    pub persona: String,
}

impl Part {
    pub fn new(negotiator: &str, persona: &str) -> Part {
        Part { negotiator: negotiator.to_owned(), persona: persona.to_owned() }
    }
}

/// What a posted price comes down by in a step without a sale, of its distance from the cost.
const COMES_DOWN: (i64, i64) = (9, 10);

/// A market under way, with all its talks.
#[derive(Clone, Debug)]
pub struct Bazaar {
    pub market: Market,
    /// By their numbers in the market.
    pub talks: Vec<Episode>,
    cast: Cast,
    /// Stalls that each buyer talked to already.
    visited: Vec<HashSet<usize>>,
    /// Open talks, in the order of their beginning.
    open: Vec<usize>,
}

impl Bazaar {
    pub fn new(scenario: MarketScenario, cast: Cast) -> Bazaar {
        let visited = vec![HashSet::new(); scenario.buyers.len()];
        Bazaar { market: Market::new(scenario), talks: Vec::new(), cast, visited, open: Vec::new() }
    }

    pub fn is_over(&self) -> bool {
        self.market.is_over()
    }

    /// Plays one step; answers with what happened in the market. The same market plays the same.
    pub fn step(&mut self) -> Vec<MarketEvent> {
        let mut log = Vec::new();
        let events = advance(&self.market);
        self.take(events, &mut log);
        if self.is_over() || log.is_empty() {
            return log;
        }
        let mut draw = Draw::new(&[self.market.scenario.seed, 4, u64::from(self.market.step)]);
        match self.market.scenario.mechanism {
            Mechanism::Bargaining => {
                self.look_around(&mut draw, &mut log);
                self.talk(&mut draw, &mut log);
            }
            Mechanism::PostedPrice => self.post(&mut draw, &mut log),
            Mechanism::DoubleAuction => self.auction(&mut log),
        }
        log
    }

    /// Folds events, and ends the talks that they end.
    fn take(&mut self, events: Vec<MarketEvent>, log: &mut Vec<MarketEvent>) {
        for event in events {
            if let MarketEvent::Parted { talk, .. } = event
                && let Some(episode) = self.talks.get_mut(talk)
                && let Ok(ending) = conclude(episode, Ending::Abandoned { by: Role::Buyer })
            {
                episode.absorb_all(&ending);
            }
            self.market.absorb(&event);
            log.push(event);
        }
    }

    /// Stalls with something to sell, by their good.
    fn shelves(&self) -> Vec<Vec<usize>> {
        let mut shelves = vec![Vec::new(); self.market.scenario.goods.len()];
        for (stall, state) in self.market.stalls.iter().enumerate() {
            if state.is_open && state.stock > 0 {
                shelves[self.market.scenario.stalls[stall].good].push(stall);
            }
        }
        shelves
    }

    /// Buyers who are here and want something, in an order of the step's own.
    fn looking(&self, draw: &mut Draw) -> Vec<usize> {
        let buyers = self.market.buyers.iter().enumerate();
        let here = buyers.filter(|(_, state)| state.is_here && !state.wants.is_empty());
        let mut here: Vec<usize> = here.map(|(buyer, _)| buyer).collect();
        shuffle(&mut here, draw);
        here
    }

    /// Each buyer with a hand free comes to one stall, of a few that it sees.
    fn look_around(&mut self, draw: &mut Draw, log: &mut Vec<MarketEvent>) {
        let shelves = self.shelves();
        for buyer in self.looking(draw) {
            let state = &self.market.buyers[buyer];
            if state.talks.len() >= self.market.scenario.talks_at_once as usize {
                continue;
            }
            let good = draw.pick(&state.wants).good;
            let Some(stall) = self.seen(buyer, &shelves[good], draw).next() else { continue };
            let Ok(events) = meet(&self.market, buyer, stall) else { continue };
            self.visited[buyer].insert(stall);
            let episode = self.begin(buyer, stall);
            self.open.push(self.talks.len());
            self.talks.push(episode);
            self.take(events, log);
        }
    }

    /// New stalls among the few that a buyer sees.
    fn seen<'a>(
        &'a self,
        buyer: usize,
        shelf: &'a [usize],
        draw: &'a mut Draw,
    ) -> impl Iterator<Item = usize> + 'a {
        let looks = if shelf.is_empty() { 0 } else { self.cast.sees };
        (0..looks)
            .map(move |_| *draw.pick(shelf))
            .filter(move |stall| !self.visited[buyer].contains(stall))
    }

    fn begin(&self, buyer: usize, stall: usize) -> Episode {
        let scenario = &self.market.scenario;
        let good = scenario.stalls[stall].good;
        let want = self.market.buyers[buyer].wants(good);
        let talk = self.talks.len() as u64;
        let personas = PerRole {
            buyer: Some(self.cast.buyers[buyer].persona.clone()),
            seller: Some(self.cast.sellers[stall].persona.clone()),
        };
        let scenario = Scenario {
            listing: Listing {
                product: scenario.goods[good].clone(),
                protocol: Protocol::Alternating { max_rounds: scenario.rounds },
                personas,
            },
            budget: want.map_or(Mills::default(), |want| want.value),
            cost: self.market.stalls[stall].cost,
            regulation: Some(Regulation::CounterAtFloor),
            over_limit: OverLimit::Violation,
            reveal: false,
            seed: Draw::new(&[scenario.seed, 5, talk]).next_u64(),
        };
        Episode::start(&scenario, Millis(i64::from(self.market.step)))
    }

    /// One message in each talk.
    fn talk(&mut self, draw: &mut Draw, log: &mut Vec<MarketEvent>) {
        self.open.retain(|talk| self.market.talks[*talk].over.is_none());
        let mut order = self.open.clone();
        shuffle(&mut order, draw);
        for talk in order {
            if self.market.talks[talk].over.is_none() {
                self.message(talk, log);
            }
        }
    }

    fn message(&mut self, talk: usize, log: &mut Vec<MarketEvent>) {
        let episode = &self.talks[talk];
        let Some(role) = episode.table.turn_of() else { return };
        let at = self.market.talks[talk];
        let part = match role {
            Role::Buyer => &self.cast.buyers[at.buyer],
            Role::Seller => &self.cast.sellers[at.stall],
        };
        let Some(entry) = find(&part.negotiator) else { return };
        let mut view = episode.view(role);
        view.limit = self.limit(talk, role);
        let mv = entry.seat(role, episode.seed, Some(&part.persona)).decide(&view);
        let price = match mv.act {
            Act::Accept(price) => Some(price),
            _ => None,
        };
        let now = Millis(i64::from(self.market.step));
        let Ok(events) = rules::apply(episode, role, mv, now) else {
            return self.leave(talk, log);
        };
        let sold = match price {
            Some(price) => sell(&self.market, Some(talk), at.buyer, at.stall, price),
            None => Ok(Vec::new()),
        };
        match sold {
            Ok(sold) => {
                self.talks[talk].absorb_all(&events);
                self.take(sold, log);
                if self.talks[talk].table.is_over() && price.is_none() {
                    self.leave(talk, log);
                }
            }
            // What stood was offered from a purse that was fuller then.
            Err(_) => self.leave(talk, log),
        }
    }

    fn leave(&mut self, talk: usize, log: &mut Vec<MarketEvent>) {
        if let Ok(events) = part(&self.market, talk) {
            self.take(events, log);
        }
    }

    /// The most a buyer should pay here, the least a seller should take: no worse than what stands elsewhere.
    fn limit(&self, talk: usize, role: Role) -> Mills {
        let at = self.market.talks[talk];
        let own = self.talks[talk].limit(role);
        let standing = |other: &usize, by: Role| {
            let elsewhere = *other != talk;
            elsewhere.then(|| *self.talks[*other].table.offers.get(by)).flatten()
        };
        match role {
            Role::Buyer => {
                let state = &self.market.buyers[at.buyer];
                let good = self.market.good_of(at.stall);
                let same =
                    |other: &&usize| self.market.good_of(self.market.talks[**other].stall) == good;
                let rivals = state.talks.iter().filter(same);
                let best = rivals.filter_map(|other| standing(other, Role::Seller)).min();
                own.min(state.purse).min(best.unwrap_or(own))
            }
            Role::Seller => {
                let state = &self.market.stalls[at.stall];
                // Whoever has enough for all need not choose.
                let scarce = (state.stock as usize) < state.talks.len();
                let best =
                    state.talks.iter().filter_map(|other| standing(other, Role::Buyer)).max();
                own.max(best.filter(|_| scarce).unwrap_or(own))
            }
        }
    }

    /// Stalls come down from the list price as long as nobody buys; buyers take the cheapest that they see.
    fn post(&mut self, draw: &mut Draw, log: &mut Vec<MarketEvent>) {
        let sold_last: HashSet<usize> = {
            let last = self.market.step - 1;
            let recent = self.market.sales.iter().rev().take_while(|sale| sale.step >= last);
            recent.map(|sale| sale.stall).collect()
        };
        let shelves = self.shelves();
        for stall in shelves.iter().flatten().copied() {
            let state = &self.market.stalls[stall];
            let list =
                self.market.scenario.goods[self.market.scenario.stalls[stall].good].list_price;
            let price = match state.posted {
                None => list.max(state.cost),
                Some(price) if sold_last.contains(&stall) => price,
                Some(price) => state.cost + (price - state.cost).scale(COMES_DOWN.0, COMES_DOWN.1),
            };
            if state.posted != Some(price)
                && let Ok(events) = post(&self.market, stall, price)
            {
                self.take(events, log);
            }
        }
        for buyer in self.looking(draw) {
            let state = &self.market.buyers[buyer];
            let want = *draw.pick(&state.wants);
            let most = want.value.min(state.purse);
            let shelf = &shelves[want.good];
            let looks = if shelf.is_empty() { 0 } else { self.cast.sees };
            let seen = (0..looks).map(|_| *draw.pick(shelf));
            let priced = seen.filter_map(|stall| {
                let state = &self.market.stalls[stall];
                state.posted.filter(|_| state.stock > 0).map(|price| (price, stall))
            });
            if let Some((price, stall)) = priced.min().filter(|(price, _)| *price <= most)
                && let Ok(events) = sell(&self.market, None, buyer, stall, price)
            {
                self.take(events, log);
            }
        }
    }

    /// Everybody who is here bids what a unit is worth, every unit is asked for at its cost.
    fn auction(&mut self, log: &mut Vec<MarketEvent>) {
        for good in 0..self.market.scenario.goods.len() {
            let stalls = self.market.stalls.iter().enumerate();
            let open = stalls.filter(|(stall, state)| {
                state.is_open && self.market.scenario.stalls[*stall].good == good
            });
            let units: Vec<(Mills, usize)> = open
                .flat_map(|(stall, state)| {
                    std::iter::repeat_n((state.cost, stall), state.stock as usize)
                })
                .collect();
            let buyers = self.market.buyers.iter().enumerate().filter(|(_, state)| state.is_here);
            let bids: Vec<(Mills, usize)> = buyers
                .filter_map(|(buyer, state)| {
                    state.wants(good).map(|want| (want.value.min(state.purse), buyer))
                })
                .collect();
            let amounts = |of: &[(Mills, usize)]| of.iter().map(|(m, _)| *m).collect::<Vec<_>>();
            let cleared = double_auction(&amounts(&units), &amounts(&bids));
            let Some(price) = cleared.price else { continue };
            for trade in cleared.trades {
                let (buyer, stall) = (bids[trade.bid].1, units[trade.ask].1);
                if let Ok(events) = sell(&self.market, None, buyer, stall, price) {
                    self.take(events, log);
                }
            }
        }
    }
}

/// Fisher and Yates.
fn shuffle(list: &mut [usize], draw: &mut Draw) {
    for last in (1..list.len()).rev() {
        list.swap(last, draw.below(last + 1));
    }
}
