//! A market played step by step.

use std::collections::HashSet;

use rules::market::{Market, MarketEvent, MarketScenario, Mechanism};
use rules::market::{advance, double_auction, meet, part, post, say, sell};
use rules::{Millis, Mills, Move, Role, View};
use serde::{Deserialize, Serialize};

use crate::{Draw, find};

/// Who plays whom, by their numbers in the market.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cast {
    pub sellers: Vec<Part>,
    pub buyers: Vec<Part>,
    /// Stalls that a buyer sees when it looks around.
    pub sees: usize,
}

impl Cast {
    pub fn part(&self, role: Role, number: usize) -> Option<&Part> {
        match role {
            Role::Buyer => self.buyers.get(number),
            Role::Seller => self.sellers.get(number),
        }
    }
}

/// The name of the negotiator of seats that people take.
pub const PERSON: &str = "person";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub negotiator: String,
    pub persona: String,
}

impl Part {
    pub fn new(negotiator: &str, persona: &str) -> Part {
        Part { negotiator: negotiator.to_owned(), persona: persona.to_owned() }
    }

    pub fn is_person(&self) -> bool {
        self.negotiator == PERSON
    }

    /// People present themselves as they like.
    pub(super) fn persona(&self) -> Option<String> {
        (!self.is_person()).then(|| self.persona.clone())
    }

    /// A person comes when somebody takes the seat.
    pub(super) fn comes(&self, step: u32) -> Option<u32> {
        (!self.is_person()).then_some(step)
    }
}

/// What a posted price comes down by in a step without a sale, of its distance from the cost.
const COMES_DOWN: (i64, i64) = (9, 10);

/// Whose message is next in a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due<'a> {
    pub talk: usize,
    pub role: Role,
    pub part: &'a Part,
}

/// A market under way.
#[derive(Clone, Debug)]
pub struct Bazaar {
    pub market: Market,
    pub cast: Cast,
    /// Stalls that each buyer talked to already.
    visited: Vec<HashSet<usize>>,
    /// Open talks, in the order of their beginning; some may be over.
    open: Vec<usize>,
}

impl Bazaar {
    pub fn new(scenario: MarketScenario, cast: Cast) -> Bazaar {
        let visited = vec![HashSet::new(); scenario.buyers.len()];
        Bazaar { market: Market::new(scenario), cast, visited, open: Vec::new() }
    }

    pub fn is_over(&self) -> bool {
        self.market.is_over()
    }

    /// Folds what happened: the log from its beginning gives the same market.
    pub fn absorb(&mut self, event: &MarketEvent) {
        self.market.absorb(event);
        if let MarketEvent::Met { talk, buyer, stall } = *event {
            self.visited[buyer].insert(stall);
            self.open.push(talk);
        }
    }

    /// Plays one step of scripts alone; answers with what happened. The same market plays the same.
    pub fn step(&mut self, now: Millis) -> Vec<MarketEvent> {
        let mut log = self.begin(now);
        self.talk(&mut log, |_, due, view, seed| scripted(due, view, seed));
        log
    }

    /// The first half of a step: the clock, who comes and goes, who meets whom, all that is sold without talk.
    pub fn begin(&mut self, now: Millis) -> Vec<MarketEvent> {
        let mut log = Vec::new();
        let events = advance(&self.market, now);
        self.take(events, &mut log);
        if self.is_over() || log.is_empty() {
            return log;
        }
        let mut draw = Draw::new(&[self.market.scenario.seed, 4, u64::from(self.market.step)]);
        match self.market.scenario.mechanism {
            Mechanism::Bargaining => self.look_around(&mut draw, &mut log),
            Mechanism::PostedPrice => self.post(&mut draw, &mut log),
            Mechanism::DoubleAuction => self.auction(&mut log),
        }
        self.open.retain(|talk| self.market.talks[*talk].over.is_none());
        log
    }

    /// Who has the next word in each talk.
    pub fn due(&self) -> impl Iterator<Item = Due<'_>> {
        self.open.iter().filter_map(|talk| self.due_in(*talk))
    }

    pub fn due_in(&self, talk: usize) -> Option<Due<'_>> {
        let at = self.market.talks.get(talk).filter(|at| at.over.is_none())?;
        let role = at.episode.table.turn_of()?;
        let number = match role {
            Role::Buyer => at.buyer,
            Role::Seller => at.stall,
        };
        Some(Due { talk, role, part: self.cast.part(role, number)? })
    }

    /// The second half of a step: at most one message in each talk, as `speak` says it. Where it says nothing, that side
    /// is not ready, and nobody waits for it; where it says what cannot be, it leaves.
    pub fn talk(
        &mut self,
        log: &mut Vec<MarketEvent>,
        mut speak: impl FnMut(&Bazaar, Due<'_>, &View, u64) -> Option<Move>,
    ) {
        let mut draw = Draw::new(&[self.market.scenario.seed, 6, u64::from(self.market.step)]);
        let mut order = self.open.clone();
        shuffle(&mut order, &mut draw);
        for talk in order {
            let Some(due) = self.due_in(talk) else { continue };
            let role = due.role;
            let seed = self.market.talks[talk].episode.seed;
            let Some(mv) = speak(self, due, &self.view(talk, role), seed) else { continue };
            // What stood may have been offered from a purse that was fuller then.
            let events = say(&self.market, talk, role, mv).or_else(|_| part(&self.market, talk));
            self.take(events.unwrap_or_default(), log);
        }
    }

    /// What a side of a talk may know. Its limit is the most that a buyer should pay here and the least that a seller
    /// should take: never worse than what stands elsewhere.
    pub fn view(&self, talk: usize, role: Role) -> View {
        let mut view = self.market.talks[talk].episode.view(role);
        if role == Role::Buyer && !self.market.scenario.list_prices {
            view.table.listing.product.list_price = view.limit;
        }
        view.limit = self.limit(talk, role);
        view
    }

    fn take(&mut self, events: Vec<MarketEvent>, log: &mut Vec<MarketEvent>) {
        for event in events {
            self.absorb(&event);
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

    /// Buyers who are here and want something, in an order of the step's own. People look for themselves.
    fn looking(&self, draw: &mut Draw) -> Vec<usize> {
        let buyers = self.market.buyers.iter().enumerate();
        let here = buyers.filter(|(_, state)| state.is_here && !state.wants.is_empty());
        let mut here: Vec<usize> = here
            .map(|(buyer, _)| buyer)
            .filter(|buyer| !self.cast.buyers[*buyer].is_person())
            .collect();
        shuffle(&mut here, draw);
        here
    }

    /// Each buyer with a hand free comes to one stall, of a few that it sees.
    fn look_around(&mut self, draw: &mut Draw, log: &mut Vec<MarketEvent>) {
        let shelves = self.shelves();
        // Nothing is sold while they look: what is usual is the same for all of them.
        let usual = self.usual_rating();
        for buyer in self.looking(draw) {
            let state = &self.market.buyers[buyer];
            if state.talks.len() >= self.market.scenario.talks_at_once as usize {
                continue;
            }
            let good = draw.pick(&state.wants).good;
            let Some(stall) = self.choose(buyer, &shelves[good], usual, draw) else { continue };
            let Ok(events) = meet(&self.market, buyer, stall) else { continue };
            self.take(events, log);
        }
    }

    /// One new stall of the few that a buyer sees: the first, or the best rated, where one that nobody knows counts as
    /// `usual`.
    fn choose(&self, buyer: usize, shelf: &[usize], usual: i64, draw: &mut Draw) -> Option<usize> {
        let looks = if shelf.is_empty() { 0 } else { self.cast.sees };
        let seen: Vec<usize> = (0..looks).map(|_| *draw.pick(shelf)).collect();
        let mut new = seen.into_iter().filter(|stall| !self.visited[buyer].contains(stall));
        if !self.market.scenario.ratings {
            return new.next();
        }
        let rated = |stall: &usize| self.market.stalls[*stall].rating().unwrap_or(usual);
        let mut best = new.next()?;
        for stall in new {
            if rated(&stall) > rated(&best) {
                best = stall;
            }
        }
        Some(best)
    }

    fn usual_rating(&self) -> i64 {
        let sold: i64 = self.market.stalls.iter().map(|stall| i64::from(stall.sold)).sum();
        let saved: i64 = self.market.stalls.iter().map(|stall| stall.saved).sum();
        saved / sold.max(1)
    }

    /// The most a buyer should pay here, the least a seller should take: no worse than what stands elsewhere.
    fn limit(&self, talk: usize, role: Role) -> Mills {
        let at = &self.market.talks[talk];
        let own = at.episode.limit(role);
        match role {
            Role::Buyer => {
                let most = own.min(self.market.buyers[at.buyer].purse);
                self.elsewhere(talk, role).map_or(most, |best| most.min(best))
            }
            Role::Seller => {
                let state = &self.market.stalls[at.stall];
                // Whoever has enough for all need not choose.
                let scarce = (state.stock as usize) < state.talks.len();
                let best = self.elsewhere(talk, role).filter(|_| scarce);
                best.map_or(own, |best| own.max(best))
            }
        }
    }

    /// The best that stands in a side's other talks about the same good.
    pub fn elsewhere(&self, talk: usize, role: Role) -> Option<Mills> {
        let at = &self.market.talks[talk];
        let own = match role {
            Role::Buyer => &self.market.buyers[at.buyer].talks,
            Role::Seller => &self.market.stalls[at.stall].talks,
        };
        let good = self.market.good_of(at.stall);
        let others = own.iter().filter(|other| **other != talk);
        let others = others.map(|other| &self.market.talks[*other]);
        let same = others.filter(|other| self.market.good_of(other.stall) == good);
        let standing = same.filter_map(|other| *other.episode.table.offers.get(role.other()));
        match role {
            Role::Buyer => standing.min(),
            Role::Seller => standing.max(),
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
            if self.cast.sellers[stall].is_person() {
                continue;
            }
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
                && let Ok(events) = sell(&self.market, buyer, stall, price)
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
                if let Ok(events) = sell(&self.market, buyer, stall, price) {
                    self.take(events, log);
                }
            }
        }
    }
}

/// A script's message; none where no script has the seat.
pub fn scripted(due: Due<'_>, view: &View, seed: u64) -> Option<Move> {
    let entry = find(&due.part.negotiator)?;
    Some(entry.seat(due.role, seed, Some(&due.part.persona)).decide(view))
}

/// Fisher and Yates.
fn shuffle(list: &mut [usize], draw: &mut Draw) {
    for last in (1..list.len()).rev() {
        list.swap(last, draw.below(last + 1));
    }
}
