//! Whether anything that reached somebody told the other side's limit.
//!
//! Numbers of all that was heard are compared with the limit: those of JSON in mills, those in texts as people write
//! amounts. A limit that is a public number anyway (the list price, a price that somebody named at that table, the own
//! limit) tells nothing where it is found, so such tables are left out and counted apart. What a side says of itself
//! in its talk counts: a negotiator does not say its limit.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use anyhow::Result;
use rules::market::MarketEvent;
use rules::{Event, Mills, Role};
use serde_json::Value;
use uuid::Uuid;
use wire::{Envelope, MarketId};

use super::Verdict;
use super::market::{Logged, Row};
use super::played::Stored;
use crate::record::{Heard, read_each};

/// What somebody at a table, or before it, must not know until the reveal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Secret {
    hidden: HashSet<i64>,
    is_told: bool,
}

/// Negotiations: buyers hear nothing of the cost, spectators nothing of either limit.
pub(super) fn at_tables(files: &[PathBuf], stored: &Stored) -> Result<[Verdict; 2]> {
    let mut heard = Verdict::new(
        "nothing that reached a seat or spectator told a limit before the reveal (messages)",
    );
    let mut open =
        Verdict::new("limits of negotiations that are no public number anyway (looked for above)");
    let mut secrets: HashMap<Uuid, Secret> = HashMap::new();
    for row in &stored.episodes {
        let events = stored.events(row.episode);
        let secret = secret(events, row.buyer, row.seller);
        open.looked_at += secret.hidden.len();
        secrets.insert(row.episode.0, secret);
    }
    for file in files {
        read_each(file, |line: Heard| {
            if let Some(secret) = secrets.get_mut(&line.of) {
                hear(&line, secret, &mut heard);
            }
        })?;
    }
    Ok([heard, open])
}

/// The limits of seats that are not the crowd's.
fn secret(events: &[Envelope], buyer: Option<Uuid>, seller: Option<Uuid>) -> Secret {
    let public: HashSet<i64> = events.iter().flat_map(|envelope| public(&envelope.event)).collect();
    let limits = events.iter().filter_map(|envelope| match envelope.event {
        Event::LimitSet { role: Role::Buyer, limit } if buyer.is_none() => Some(limit.0),
        Event::LimitSet { role: Role::Seller, limit } if seller.is_none() => Some(limit.0),
        _ => None,
    });
    // A seat's own limit is known to it.
    let own = events.iter().filter_map(|envelope| match envelope.event {
        Event::LimitSet { role: Role::Buyer, limit } if buyer.is_some() => Some(limit.0),
        Event::LimitSet { role: Role::Seller, limit } if seller.is_some() => Some(limit.0),
        _ => None,
    });
    let own: HashSet<i64> = own.collect();
    let hidden = limits.filter(|limit| !public.contains(limit) && !own.contains(limit)).collect();
    Secret { hidden, is_told: false }
}

fn public(event: &Event) -> Vec<i64> {
    match event {
        Event::Opened(opening) => vec![opening.listing.product.list_price.0],
        Event::Moved { act, .. } => act.price().map(|Mills(price)| price).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn hear(line: &Heard, secret: &mut Secret, verdict: &mut Verdict) {
    if secret.is_told {
        return;
    }
    let value = serde_json::from_str(&line.text).unwrap_or_else(|_| line.text.clone().into());
    // The end and the reveal may come in one frame, an answer to the last move.
    if tells(&value) {
        secret.is_told = true;
        return;
    }
    verdict.hold(match numbers(&value).find(|number| secret.hidden.contains(number)) {
        None => Ok(()),
        Some(number) => Err(format!("{}: {number} mills in {}", line.of, line.text)),
    });
}

fn tells(value: &Value) -> bool {
    match value {
        Value::Object(fields) => {
            fields.get("kind").is_some_and(|kind| kind == "revealed") || fields.values().any(tells)
        }
        Value::Array(items) => items.iter().any(tells),
        _ => false,
    }
}

/// Markets: within what a seat sees of a talk or a stall, nothing tells the other side's cost or value.
pub(super) fn in_markets(
    files: &[PathBuf],
    markets: &[Row],
    log: &[Logged],
) -> Result<[Verdict; 1]> {
    let mut verdict = Verdict::new(
        "nothing that a market's seat saw of a talk or stall told the other side's limit (looks)",
    );
    let mut public: HashMap<MarketId, HashSet<i64>> = HashMap::new();
    for logged in log {
        let prices = public.entry(logged.market).or_default();
        prices.extend(logged.events.iter().flat_map(named_in));
    }
    let books: HashMap<Uuid, Books> = markets
        .iter()
        .map(|row| {
            let public = public.remove(&row.market).unwrap_or_default();
            (row.market.0, Books { row, public })
        })
        .collect();
    for file in files {
        read_each(file, |line: Heard| {
            let Some(books) = books.get(&line.of) else { return };
            let Ok(value) = serde_json::from_str::<Value>(&line.text) else { return };
            if value.get("role").is_some() && value.get("number").is_some() {
                verdict.hold(books.hear(&value).map_err(|what| format!("{}: {what}", line.of)));
            }
        })?;
    }
    Ok([verdict])
}

fn named_in(event: &MarketEvent) -> Vec<i64> {
    match event {
        MarketEvent::Said { events, .. } => events.iter().flat_map(public).collect(),
        MarketEvent::Posted { price, .. } | MarketEvent::Sold { price, .. } => vec![price.0],
        _ => Vec::new(),
    }
}

struct Books<'a> {
    row: &'a Row,
    /// Prices that anybody named.
    public: HashSet<i64>,
}

impl Books<'_> {
    fn hear(&self, seat: &Value) -> Result<(), String> {
        let scenario = &self.row.scenario;
        let is_buyer = seat["role"] == "buyer";
        for talk in seat["talks"].as_array().into_iter().flatten() {
            let with = talk["with"].as_u64().unwrap_or(0) as usize;
            let good = talk["good"].as_u64().unwrap_or(0) as usize;
            let limit = match is_buyer {
                true => scenario.stalls.get(with).map(|stall| stall.cost.0),
                false => scenario.buyers.get(with).and_then(|buyer| {
                    buyer.wants.iter().find(|want| want.good == good).map(|want| want.value.0)
                }),
            };
            self.within(talk, limit)?;
        }
        for stall in seat["stalls"].as_array().into_iter().flatten() {
            let number = stall["stall"].as_u64().unwrap_or(0) as usize;
            self.within(stall, scenario.stalls.get(number).map(|stall| stall.cost.0))?;
        }
        Ok(())
    }

    fn within(&self, part: &Value, limit: Option<i64>) -> Result<(), String> {
        let own = part.get("limit").and_then(Value::as_i64);
        let limit = limit.filter(|limit| !self.public.contains(limit) && own != Some(*limit));
        match limit.filter(|limit| numbers(part).any(|number| number == *limit)) {
            None => Ok(()),
            Some(limit) => Err(format!("{limit} mills in {part}")),
        }
    }
}

/// Amounts in mills, as they may be told.
fn numbers(value: &Value) -> Box<dyn Iterator<Item = i64> + '_> {
    match value {
        Value::Number(number) => {
            let dollars = number.as_f64().map(|dollars| (dollars * 1000.0).round() as i64);
            // A fraction is dollars, a whole number mills.
            Box::new(number.as_i64().or(dollars).into_iter())
        }
        Value::String(text) => Box::new(amounts(text).into_iter()),
        Value::Array(items) => Box::new(items.iter().flat_map(numbers)),
        Value::Object(fields) => Box::new(fields.values().flat_map(numbers)),
        Value::Null | Value::Bool(_) => Box::new(std::iter::empty()),
    }
}

/// What digits in a text can mean: dollars, and mills where there is no point. Digits within words and ids mean nothing.
fn amounts(text: &str) -> Vec<i64> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let mut found = Vec::new();
    for word in text.split(|c: char| !(c.is_alphanumeric() || is_part(c) || c == '-' || c == '_')) {
        let word = word.trim_matches(['.', ',', '-']);
        if word.is_empty() || !word.chars().all(is_part) {
            continue;
        }
        let plain = word.replace(',', "");
        found.extend(plain.parse::<i64>().ok());
        found.extend(plain.parse::<f64>().ok().map(|dollars| (dollars * 1000.0).round() as i64));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::market::tests::world;
    use super::super::played::tests::honest;
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        assert_eq!(amounts("I paid $1,234.57 for it."), [1_234_570]);
        assert_eq!(amounts("It cost me 40."), [40, 40_000]);
        assert_eq!(amounts("40120"), [40_120, 40_120_000]);
        assert_eq!(amounts("home-kitchen_40 x40 018f-4012"), Vec::<i64>::new());
        let value = json!({ "a": [{ "price": 12_340 }], "b": 12.5, "c": true });
        assert_eq!(numbers(&value).collect::<Vec<_>>(), [12_340, 12_500]);
    }

    fn limit(stored: &Stored, of: Role) -> i64 {
        let events = stored.events.values().next().unwrap();
        let limit = events.iter().find_map(|envelope| match envelope.event {
            Event::LimitSet { role, limit } if role == of => Some(limit.0),
            _ => None,
        });
        limit.unwrap()
    }

    /// What is heard, in this order, by a buyer and by a spectator: how many violations each.
    fn violations(texts: &[String], buyer: Option<Uuid>) -> usize {
        let (stored, _) = honest();
        let row = &stored.episodes[0];
        let mut secret = secret(stored.events(row.episode), buyer, None);
        let mut verdict = Verdict::new("");
        for text in texts {
            let line = Heard { of: row.episode.0, text: text.clone() };
            hear(&line, &mut secret, &mut verdict);
        }
        verdict.wrong.len()
    }

    #[test]
    fn a_limit_that_is_told_is_found() {
        let (stored, _) = honest();
        let (budget, cost) = (limit(&stored, Role::Buyer), limit(&stored, Role::Seller));
        let buyer = Some(Uuid::from_u128(3));
        let as_number = json!({ "envelope": { "body": { "floor": cost } } }).to_string();
        let dollars = format!("{}.{:02}", cost / 1000, cost % 1000 / 10);
        let as_talk = json!({ "talk": format!("It cost me ${dollars}, so no.") }).to_string();
        let own = json!({ "limit": budget }).to_string();
        let reveal = json!({ "envelope": { "kind": "revealed", "body": { "cost": cost } } });
        let reveal = reveal.to_string();
        assert_eq!(violations(&[as_number.clone(), as_talk, own.clone()], buyer), 2);
        assert_eq!(violations(std::slice::from_ref(&own), None), 1, "a spectator has no limit");
        assert_eq!(violations(&[reveal, as_number], buyer), 0, "it was revealed");
        // What is no JSON is looked through as a text.
        assert_eq!(violations(&[format!("oops: {dollars}")], buyer), 1);
    }

    #[test]
    fn a_public_number_tells_nothing() {
        let (mut stored, _) = honest();
        let cost = limit(&stored, Role::Seller);
        let events = stored.events.values_mut().next().unwrap();
        let hidden = |events: &[Envelope]| secret(events, Some(Uuid::nil()), None).hidden;
        assert_eq!(hidden(events), HashSet::from([cost]));
        for envelope in events.iter_mut() {
            if let Event::Moved { act, .. } = &mut envelope.event {
                *act = rules::Act::Offer(Mills(cost));
            }
        }
        assert_eq!(hidden(events), HashSet::new());
    }

    #[test]
    fn what_a_seat_sees_of_a_talk_tells_no_cost() {
        let world = world();
        let books = Books { row: &world.markets[0], public: HashSet::new() };
        let seat = |talk: Value| json!({ "role": "buyer", "number": 0, "talks": [talk] });
        let talk =
            |standing: i64| json!({ "with": 0, "good": 0, "limit": 40_120, "standing": standing });
        assert_eq!(books.hear(&seat(talk(30_000))), Ok(()));
        assert!(books.hear(&seat(talk(20_110))).is_err(), "the stall's cost");
        let named = Books { row: &world.markets[0], public: HashSet::from([20_110]) };
        assert_eq!(named.hear(&seat(talk(20_110))), Ok(()), "it was named as a price");
        let stalls = json!({ "role": "buyer", "number": 0, "stalls": [{ "stall": 0, "good": 0, "x": 20_110 }] });
        assert!(books.hear(&stalls).is_err());
        let keeper = json!({ "role": "seller", "number": 0, "talks": [{ "with": 1, "good": 0, "limit": 20_110, "elsewhere": 40_120 }] });
        assert!(books.hear(&keeper).is_err(), "the buyer's value");
    }
}
