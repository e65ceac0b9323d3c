//! Negotiations: what was acknowledged is stored once and in order; what is stored holds together.

use std::collections::{BTreeMap, HashMap};

use rules::reward::{RewardSpec, score};
use rules::{Act, Episode, Event, Outcome, Role};
use serde::Deserialize;
use uuid::Uuid;
use wire::{Envelope, EpisodeId, MarketId};

use super::Verdict;
use crate::record::Entry;

/// A row of `episodes`. What is left out is so of a person's negotiation with a script.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Row {
    pub episode: EpisodeId,
    pub seq: i64,
    pub status: String,
    pub outcome: Option<Outcome>,
    pub buyer_reward: Option<f64>,
    pub seller_reward: Option<f64>,
    /// The reward's name and version; none: the paper's.
    #[serde(default)]
    pub reward: Option<(String, u32)>,
    /// A negotiator is to move.
    #[serde(default)]
    pub awaits_agent: bool,
    /// A model sits at it: what runs the model may fail.
    #[serde(default)]
    pub fallible: bool,
    /// A person may leave it in the middle, and it may wait for one: a market's, or a study's.
    #[serde(default)]
    pub left: bool,
    #[serde(default)]
    pub market: Option<(MarketId, usize)>,
    /// Who sits where, where it is a person.
    #[serde(default)]
    pub buyer: Option<Uuid>,
    #[serde(default)]
    pub seller: Option<Uuid>,
}

/// A row of `moves_seen`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Key {
    episode: EpisodeId,
    key: Uuid,
    first_seq: i64,
    last_seq: i64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    pub episodes: Vec<Row>,
    pub events: HashMap<EpisodeId, Vec<Envelope>>,
    keys: HashMap<(EpisodeId, Uuid), Vec<(i64, i64)>>,
}

impl Stored {
    pub fn new(episodes: Vec<Row>, events: Vec<Envelope>, keys: Vec<Key>) -> Stored {
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

    pub fn events(&self, episode: EpisodeId) -> &[Envelope] {
        self.events.get(&episode).map_or(&[], Vec::as_slice)
    }

    /// Folded anew.
    ///
    /// # Errors
    /// Why that cannot be.
    pub fn replay(&self, episode: EpisodeId) -> Result<Episode, String> {
        Episode::replay(self.events(episode).iter().map(|envelope| &envelope.event))
            .map_err(|why| format!("it cannot be replayed: {why}"))
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

pub(super) fn audit(stored: &Stored, told: &[Entry]) -> Vec<Verdict> {
    audit_episodes(stored).into_iter().chain(audit_moves(stored, told)).collect()
}

fn audit_episodes(stored: &Stored) -> [Verdict; 4] {
    let mut numbers = Verdict::new("a negotiation's events are numbered without gaps");
    let mut ends = Verdict::new("a negotiation is over, or waits for a person who may leave");
    let mut machinery = Verdict::new("the machinery ended none but where a model sits");
    let mut rewards = Verdict::new("the log replays to the stored end, and rewards recompute");
    for row in &stored.episodes {
        let events = stored.events(row.episode);
        let named = |outcome: Result<(), String>| {
            outcome.map_err(|what| format!("{}: {what}", row.episode))
        };
        numbers.hold(named(match events.iter().map(|envelope| envelope.seq).eq(1..=row.seq) {
            true => Ok(()),
            false => Err(format!("its events are not numbered 1 to {}", row.seq)),
        }));
        ends.hold(named(audit_end(row)));
        machinery.hold(named(audit_machinery(row)));
        rewards.hold(named(audit_rewards(row, stored)));
    }
    [numbers, ends, machinery, rewards]
}

fn audit_end(row: &Row) -> Result<(), String> {
    match row.outcome {
        None if row.awaits_agent => Err("it is not over, and nobody plays the negotiator".into()),
        None if !row.left => Err(format!("it is not over ({})", row.status)),
        _ => Ok(()),
    }
}

fn audit_machinery(row: &Row) -> Result<(), String> {
    match row.outcome {
        Some(Outcome::EngineFailure) if !row.fallible => Err("it ended by EngineFailure".into()),
        Some(Outcome::Abandoned { by }) if !row.left => Err(format!("{by:?} abandoned it")),
        _ => Ok(()),
    }
}

fn audit_rewards(row: &Row, stored: &Stored) -> Result<(), String> {
    let episode = stored.replay(row.episode)?;
    if episode.outcome() != row.outcome {
        return Err(format!("its events end by {:?}", episode.outcome()));
    }
    let spec = match &row.reward {
        Some((name, version)) => RewardSpec::registered(name, *version)
            .ok_or_else(|| format!("there is no reward {name} {version}"))?,
        None => RewardSpec::PAPER,
    };
    let rewards = [(Role::Buyer, row.buyer_reward), (Role::Seller, row.seller_reward)];
    for (role, kept) in rewards {
        let again = score(&episode, role, &spec);
        if !same(kept, again) {
            return Err(format!("the {}'s reward is {kept:?}, not {again:?}", role.name()));
        }
    }
    Ok(())
}

pub(super) fn same(kept: Option<f64>, again: Option<f64>) -> bool {
    match (kept, again) {
        (Some(kept), Some(again)) => (kept - again).abs() < 1e-9,
        (kept, again) => kept == again,
    }
}

fn audit_moves(stored: &Stored, told: &[Entry]) -> [Verdict; 4] {
    let mut once = Verdict::new("an acknowledged move is stored once, under its number and key");
    let mut order = Verdict::new("acknowledged moves of a negotiation are in order");
    let mut known = Verdict::new("a stored move of the crowd was acknowledged");
    let mut seen_end = Verdict::new("a follower saw all events once, to the end");
    let times = stored.times_said();
    let mut last: HashMap<EpisodeId, i64> = HashMap::new();
    let mut acknowledged = std::collections::HashSet::new();
    for entry in told {
        match *entry {
            Entry::Acknowledged { episode, key, seq, .. } => {
                acknowledged.insert(key);
                let said = times.get(&key).copied().unwrap_or(0);
                let outcome = audit_move(stored, entry, said);
                once.hold(outcome.map_err(|what| format!("{episode}: {what}")));
                let before = last.insert(episode, seq).unwrap_or(0);
                order.hold(match before < seq {
                    true => Ok(()),
                    false => Err(format!("{episode}: event {seq} was told after {before}")),
                });
            }
            Entry::Finished { episode, seen, .. } => {
                let outcome = audit_seen(stored.events(episode), seen);
                seen_end.hold(outcome.map_err(|what| format!("{episode}: {what}")));
            }
            _ => {}
        }
    }
    for key in times.keys() {
        known.hold(match acknowledged.contains(key) {
            true => Ok(()),
            false => Err(format!("the move {key} is stored and was never acknowledged")),
        });
    }
    [once, order, known, seen_end]
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

fn audit_seen(events: &[Envelope], seen: i64) -> Result<(), String> {
    let last = events.iter().find(|envelope| envelope.seq == seen);
    match last.map(|envelope| &envelope.event) {
        Some(Event::Ended { .. }) => Ok(()),
        other => Err(format!("a follower saw its end as event {seen}, which is {other:?}")),
    }
}

pub(super) fn print_counts(stored: &Stored, told: &[Entry]) {
    let count = |is: fn(&Entry) -> bool| told.iter().filter(|entry| is(entry)).count();
    let mut endings: BTreeMap<String, u32> = BTreeMap::new();
    for row in &stored.episodes {
        let outcome = row.outcome.map_or("none".to_owned(), |outcome| format!("{outcome:?}"));
        let name = outcome.split(' ').next().unwrap_or_default().to_lowercase();
        *endings.entry(name).or_default() += 1;
    }
    println!(
        "{} episodes with {} events stored ({endings:?}); {} moves and {} acts in markets acknowledged, {} ends seen",
        stored.episodes.len(),
        stored.events.values().map(Vec::len).sum::<usize>(),
        count(|entry| matches!(entry, Entry::Acknowledged { .. })),
        count(|entry| matches!(entry, Entry::Traded { .. })),
        count(|entry| matches!(entry, Entry::Finished { .. })),
    );
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use rules::{Millis, Mills, Move};

    const PRICE: Mills = Mills(30_000);

    pub fn envelopes(id: EpisodeId, events: Vec<Event>) -> Vec<Envelope> {
        let numbered = (1..).zip(events);
        numbered.map(|(seq, event)| Envelope { episode: id, seq, at: 0, event }).collect()
    }

    /// A negotiation that the seller left after one offer, and what its buyer was told.
    pub fn honest() -> (Stored, Vec<Entry>) {
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
            reward: None,
            awaits_agent: false,
            fallible: false,
            left: false,
            market: None,
            buyer: Some(Uuid::from_u128(3)),
            seller: None,
        };
        let seen_key = Key { episode: id, key, first_seq: seq, last_seq: seq };
        let stored = Stored::new(vec![row], envelopes(id, events), vec![seen_key]);
        let told = vec![
            Entry::Acknowledged { episode: id, key, seq, price: PRICE, at: 5, ms: 1.0 },
            Entry::Finished { episode: id, seen, at: 6 },
        ];
        (stored, told)
    }

    pub fn wrong(verdicts: Vec<Verdict>) -> Vec<String> {
        verdicts.into_iter().flat_map(|verdict| verdict.wrong).collect()
    }

    #[track_caller]
    fn finds(change: impl FnOnce(&mut Stored, &mut Vec<Entry>), expected: &str) {
        let (mut stored, mut told) = honest();
        change(&mut stored, &mut told);
        let wrong = wrong(audit(&stored, &told));
        assert!(wrong.iter().any(|what| what.contains(expected)), "{expected}: {wrong:?}");
    }

    fn events(stored: &mut Stored) -> &mut Vec<Envelope> {
        stored.events.values_mut().next().unwrap()
    }

    #[test]
    fn what_holds_passes() {
        let (stored, told) = honest();
        let verdicts = audit(&stored, &told);
        assert!(verdicts.iter().all(|verdict| verdict.looked_at == 1), "{verdicts:?}");
        assert_eq!(wrong(verdicts), Vec::<String>::new());
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
        finds(
            |stored, _| {
                stored.episodes[0].outcome = Some(Outcome::Abandoned { by: Role::Buyer });
            },
            "abandoned it",
        );
        finds(|stored, _| stored.episodes[0].outcome = Some(Outcome::Timeout), "its events end by");
        finds(|stored, _| stored.episodes[0].buyer_reward = Some(0.5), "the buyer's reward");
        finds(
            |stored, _| stored.episodes[0].reward = Some(("kindness".to_owned(), 1)),
            "no reward kindness",
        );
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
        finds(|_, told| told.push(told[0].clone()), "was told after");
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

    /// What may be left or may fail is let go, but not where a negotiator should play on.
    #[test]
    fn what_waits_for_a_person_goes_on() {
        let (stored, _) = honest();
        let row = |outcome| Row { outcome, left: true, ..stored.episodes[0].clone() };
        assert_eq!(audit_end(&row(None)), Ok(()));
        assert!(audit_end(&Row { awaits_agent: true, ..row(None) }).is_err());
        let failed = row(Some(Outcome::EngineFailure));
        assert!(audit_machinery(&failed).is_err());
        assert_eq!(audit_machinery(&Row { fallible: true, ..failed }), Ok(()));
    }
}
