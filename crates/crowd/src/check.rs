//! What a crowd was told, held against what is stored.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};
use rules::reward::{RewardSpec, score};
use rules::{Act, Episode, Event, Outcome, Role};
use serde::Deserialize;
use uuid::Uuid;
use wire::{Envelope, EpisodeId};

use crate::Check;
use crate::record::{Entry, read};

/// How long after a moment something may begin and still count as disturbed by it.
const AFTERMATH_MS: i64 = 5_000;

/// A row of `episodes`.
#[derive(Clone, Debug, Deserialize)]
struct Row {
    episode: EpisodeId,
    seq: i64,
    status: String,
    outcome: Option<Outcome>,
    buyer_reward: Option<f64>,
    seller_reward: Option<f64>,
}

/// A row of `moves_seen`.
#[derive(Clone, Debug, Deserialize)]
struct Key {
    episode: EpisodeId,
    key: Uuid,
    first_seq: i64,
    last_seq: i64,
}

#[derive(Clone, Debug, Default)]
struct Stored {
    episodes: Vec<Row>,
    events: HashMap<EpisodeId, Vec<Envelope>>,
    keys: HashMap<(EpisodeId, Uuid), Vec<(i64, i64)>>,
}

/// Reads the files, prints the verdict. `false`: something does not hold.
pub fn check(args: &Check) -> Result<bool> {
    let mut told: Vec<Entry> = Vec::new();
    for record in &args.record {
        told.extend(read::<Entry>(record)?);
    }
    let stored = Stored::new(read(&args.episodes)?, read(&args.events)?, read(&args.keys)?);
    let wrong = audit(&stored, &told);
    print_counts(&stored, &told);
    for moment in &args.moment {
        let (name, at) = moment.split_once('=').context("a moment is NAME=MILLISECONDS")?;
        print_moment(name, at.parse().context("a moment is NAME=MILLISECONDS")?, &told);
    }
    for what in wrong.iter().take(20) {
        println!("VIOLATION: {what}");
    }
    println!("{} violations", wrong.len());
    Ok(wrong.is_empty())
}

impl Stored {
    fn new(episodes: Vec<Row>, events: Vec<Envelope>, keys: Vec<Key>) -> Stored {
        let mut stored = Stored { episodes, ..Stored::default() };
        for envelope in events {
            stored.events.entry(envelope.episode).or_default().push(envelope);
        }
        for events in stored.events.values_mut() {
            events.sort_by_key(|envelope| envelope.seq);
        }
        for Key { episode, key, first_seq, last_seq } in keys {
            stored.keys.entry((episode, key)).or_default().push((first_seq, last_seq));
        }
        stored
    }

    fn events(&self, episode: EpisodeId) -> &[Envelope] {
        self.events.get(&episode).map_or(&[], Vec::as_slice)
    }

    /// How often a move with this key in its talk was played.
    fn times_said(&self) -> HashMap<Uuid, u32> {
        let mut times = HashMap::new();
        for envelope in self.events.values().flatten() {
            if let Some(key) = said_key(&envelope.event) {
                *times.entry(key).or_default() += 1;
            }
        }
        times
    }
}

/// The key that a crowd's buyer puts into its talk.
fn said_key(event: &Event) -> Option<Uuid> {
    let Event::Moved { by: Role::Buyer, talk, .. } = event else { return None };
    let (_, key) = talk.strip_suffix(']')?.rsplit_once('[')?;
    Uuid::parse_str(key).ok()
}

/// Everything that does not hold.
fn audit(stored: &Stored, told: &[Entry]) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in &stored.episodes {
        if let Err(what) = audit_episode(row, stored.events(row.episode)) {
            wrong.push(format!("{}: {what}", row.episode));
        }
    }
    let times = stored.times_said();
    let mut acknowledged = HashMap::new();
    for entry in told {
        let outcome = match entry {
            Entry::Acknowledged { episode, key, .. } => {
                *acknowledged.entry(*key).or_insert(0) += 1;
                let said = times.get(key).copied().unwrap_or(0);
                audit_move(stored, entry, said).map_err(|what| (*episode, what))
            }
            Entry::Finished { episode, seen, .. } => {
                audit_end(stored.events(*episode), *seen).map_err(|what| (*episode, what))
            }
            _ => Ok(()),
        };
        if let Err((episode, what)) = outcome {
            wrong.push(format!("{episode}: {what}"));
        }
    }
    let unknown = times.keys().filter(|key| !acknowledged.contains_key(*key));
    wrong.extend(unknown.map(|key| format!("the move {key} is stored and was never acknowledged")));
    wrong
}

/// Numbers without gaps, over, not by the machinery, and rewards as the rules give them.
fn audit_episode(row: &Row, events: &[Envelope]) -> Result<(), String> {
    let numbers = events.iter().map(|envelope| envelope.seq);
    if !numbers.eq(1..=row.seq) {
        return Err(format!("its events are not numbered 1 to {}", row.seq));
    }
    match row.outcome {
        None => return Err(format!("it is not over ({})", row.status)),
        Some(outcome @ (Outcome::EngineFailure | Outcome::Abandoned { .. })) => {
            return Err(format!("it ended by {outcome:?}"));
        }
        Some(_) => {}
    }
    let episode = Episode::replay(events.iter().map(|envelope| &envelope.event))
        .map_err(|why| format!("it cannot be replayed: {why}"))?;
    if episode.outcome() != row.outcome {
        return Err(format!("its events end by {:?}", episode.outcome()));
    }
    let rewards = [(Role::Buyer, row.buyer_reward), (Role::Seller, row.seller_reward)];
    for (role, kept) in rewards {
        let again = score(&episode, role, &RewardSpec::PAPER);
        let same = match (kept, again) {
            (Some(kept), Some(again)) => (kept - again).abs() < 1e-9,
            (kept, again) => kept == again,
        };
        if !same {
            return Err(format!("the {}'s reward is {kept:?}, not {again:?}", role.name()));
        }
    }
    Ok(())
}

/// An acknowledged move is stored once, under its number and key, as it was made.
fn audit_move(stored: &Stored, told: &Entry, said: u32) -> Result<(), String> {
    let Entry::Acknowledged { episode, key, seq, price, .. } = told else { return Ok(()) };
    if said != 1 {
        return Err(format!("the acknowledged move {key} is stored {said} times"));
    }
    let spans = stored.keys.get(&(*episode, *key)).map_or(&[][..], Vec::as_slice);
    if !matches!(spans, [(first, last)] if first <= seq && seq <= last) {
        return Err(format!("the key {key} of event {seq} was seen at {spans:?}"));
    }
    let event = stored.events(*episode).iter().find(|envelope| envelope.seq == *seq);
    match event.map(|envelope| &envelope.event) {
        Some(event @ Event::Moved { act, .. })
            if said_key(event) == Some(*key) && *act == Act::Offer(*price) =>
        {
            Ok(())
        }
        other => Err(format!("event {seq} is not the acknowledged move {key}: {other:?}")),
    }
}

fn audit_end(events: &[Envelope], seen: i64) -> Result<(), String> {
    let last = events.iter().find(|envelope| envelope.seq == seen);
    match last.map(|envelope| &envelope.event) {
        Some(Event::Ended { .. }) => Ok(()),
        other => Err(format!("a follower saw its end as event {seen}, which is {other:?}")),
    }
}

fn print_counts(stored: &Stored, told: &[Entry]) {
    let count = |is: fn(&Entry) -> bool| told.iter().filter(|entry| is(entry)).count();
    let mut endings: BTreeMap<String, u32> = BTreeMap::new();
    for row in &stored.episodes {
        let outcome = row.outcome.map_or("none".to_owned(), |outcome| format!("{outcome:?}"));
        let name = outcome.split(' ').next().unwrap_or_default().to_lowercase();
        *endings.entry(name).or_default() += 1;
    }
    println!(
        "{} episodes with {} events stored ({endings:?}); {} moves acknowledged, {} ends seen",
        stored.episodes.len(),
        stored.events.values().map(Vec::len).sum::<usize>(),
        count(|entry| matches!(entry, Entry::Acknowledged { .. })),
        count(|entry| matches!(entry, Entry::Finished { .. })),
    );
}

/// What was under way at a moment, or began soon after it.
fn print_moment(name: &str, moment: i64, told: &[Entry]) {
    let mut longest: BTreeMap<&str, (u32, f64)> = BTreeMap::new();
    for entry in told {
        let (what, at, ms) = match *entry {
            Entry::Acknowledged { at, ms, .. } => ("acknowledged", at, ms),
            Entry::Answered { at, ms, .. } => ("answered", at, ms),
            Entry::Reconnected { at, ms } => ("reconnected", at, ms),
            Entry::Stood { at, ms, .. } => ("stood still", at, ms),
            Entry::Finished { .. } => continue,
        };
        let began = at - ms as i64;
        if at >= moment && began <= moment + AFTERMATH_MS {
            let (n, most) = longest.entry(what).or_default();
            (*n, *most) = (*n + 1, most.max(ms));
        }
    }
    let said = longest.iter().map(|(what, (n, ms))| format!("{what} {n}, longest {ms:.0} ms"));
    println!("around {name}: {}", said.collect::<Vec<_>>().join("; "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::{Millis, Mills, Move};

    const PRICE: Mills = Mills(30_000);

    fn envelopes(id: EpisodeId, events: Vec<Event>) -> Vec<Envelope> {
        let numbered = (1..).zip(events);
        numbered.map(|(seq, event)| Envelope { episode: id, seq, at: 0, event }).collect()
    }

    /// A negotiation that the seller left after one offer, and what its buyer was told.
    fn honest() -> (Stored, Vec<Entry>) {
        let (id, key) = (EpisodeId(Uuid::from_u128(1)), Uuid::from_u128(2));
        let scenario = testkit::scenario().build();
        let mut events = rules::open(&scenario, Millis(0));
        for (by, mv) in [
            (Role::Buyer, Move::new(format!("Please. [{key}]"), Act::Offer(PRICE))),
            (Role::Seller, Move::new("No.", Act::Quit)),
        ] {
            let episode = Episode::replay(&events).unwrap();
            events.extend(rules::apply(&episode, by, mv, Millis(1)).unwrap());
        }
        let episode = Episode::replay(&events).unwrap();
        let seq = 1 + events.iter().position(|e| said_key(e).is_some()).unwrap() as i64;
        let seen = 1 + events.iter().position(|e| matches!(e, Event::Ended { .. })).unwrap() as i64;
        let row = Row {
            episode: id,
            seq: events.len() as i64,
            status: "over".to_owned(),
            outcome: episode.outcome(),
            buyer_reward: score(&episode, Role::Buyer, &RewardSpec::PAPER),
            seller_reward: score(&episode, Role::Seller, &RewardSpec::PAPER),
        };
        let seen_key = Key { episode: id, key, first_seq: seq, last_seq: seq };
        let stored = Stored::new(vec![row], envelopes(id, events), vec![seen_key]);
        let told = vec![
            Entry::Acknowledged { episode: id, key, seq, price: PRICE, at: 5, ms: 1.0 },
            Entry::Finished { episode: id, seen, at: 6 },
        ];
        (stored, told)
    }

    #[track_caller]
    fn finds(change: impl FnOnce(&mut Stored, &mut Vec<Entry>), expected: &str) {
        let (mut stored, mut told) = honest();
        change(&mut stored, &mut told);
        let wrong = audit(&stored, &told);
        assert!(wrong.iter().any(|what| what.contains(expected)), "{expected}: {wrong:?}");
    }

    fn events(stored: &mut Stored) -> &mut Vec<Envelope> {
        stored.events.values_mut().next().unwrap()
    }

    #[test]
    fn what_holds_passes() {
        let (stored, told) = honest();
        assert_eq!(audit(&stored, &told), Vec::<String>::new());
    }

    #[test]
    fn whatever_does_not_hold_is_found() {
        finds(|stored, _| events(stored).truncate(3), "not numbered");
        finds(|stored, _| events(stored)[2].seq = 2, "not numbered");
        finds(|stored, _| stored.episodes[0].outcome = None, "not over");
        finds(
            |stored, _| stored.episodes[0].outcome = Some(Outcome::EngineFailure),
            "EngineFailure",
        );
        finds(|stored, _| stored.episodes[0].outcome = Some(Outcome::Timeout), "its events end by");
        finds(|stored, _| stored.episodes[0].buyer_reward = Some(0.5), "the buyer's reward");
        finds(|stored, _| stored.keys.clear(), "was seen at []");
        finds(
            |_, told| told.retain(|entry| matches!(entry, Entry::Finished { .. })),
            "never acknowledged",
        );
        let later = |told: &mut Vec<Entry>| {
            let Entry::Acknowledged { seq, .. } = &mut told[0] else { unreachable!() };
            *seq += 1;
        };
        finds(|_, told| later(told), "was seen at");
        finds(
            |stored, _| {
                let moved = events(stored).iter().find(|e| said_key(&e.event).is_some()).cloned();
                events(stored).push(moved.unwrap());
            },
            "is stored 2 times",
        );
        finds(|stored, _| stored.events.clear(), "is stored 0 times");
        finds(
            |_, told| {
                told[1] = Entry::Finished { episode: EpisodeId(Uuid::from_u128(1)), seen: 2, at: 6 }
            },
            "saw its end as event 2",
        );
    }
}
