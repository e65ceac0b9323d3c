//! The rules: what may happen now. Each returns events, and changes nothing.

use std::collections::BTreeMap;

use super::event::{MarketEvent, Parting, Refused};
use super::scenario::Want;
use super::state::Market;
use crate::episode::apply;
use crate::event::{Event, Move, Outcome};
use crate::money::Mills;
use crate::scenario::{Millis, Role};

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
