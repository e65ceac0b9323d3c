//! What was under way while something was broken, or began soon after it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rules::{Event, Outcome};

use super::played::Stored;
use crate::record::Entry;

/// How long after a moment something may begin and still count as disturbed by it.
const AFTERMATH_MS: i64 = 5_000;

/// Milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moment {
    name: String,
    from: i64,
    to: i64,
}

/// `NAME=FROM..TO`, or `NAME=AT`.
fn moment(text: &str) -> Result<Moment> {
    let expected = "a moment is NAME=MILLISECONDS or NAME=FROM..TO";
    let (name, at) = text.split_once('=').context(expected)?;
    let (from, to) = at.split_once("..").unwrap_or((at, at));
    let (from, to) = (from.parse().context(expected)?, to.parse().context(expected)?);
    Ok(Moment { name: name.to_owned(), from, to })
}

/// What was seen of all moments of one name.
#[derive(Clone, Debug, Default, PartialEq)]
struct Effect {
    times: u32,
    /// Name, how many, the longest in milliseconds.
    longest: BTreeMap<&'static str, (u32, f64)>,
    again: u32,
    failed: u32,
}

const COLUMNS: [&str; 5] = ["acknowledged", "answered", "traded", "reconnected", "stood still"];

/// One line for each name: how often, the longest of each time in seconds, requests that were sent
/// again, and negotiations that ended by a failure of what runs a model.
pub(super) fn print(moments: &[String], told: &[Entry], stored: &Stored) -> Result<()> {
    if moments.is_empty() {
        return Ok(());
    }
    let failures: Vec<i64> = stored.events.values().flatten().filter_map(failed_at).collect();
    let mut effects: BTreeMap<String, Effect> = BTreeMap::new();
    for text in moments {
        let moment = moment(text)?;
        effects.entry(moment.name.clone()).or_default().add(&moment, told, &failures);
    }
    let head = COLUMNS.map(|name| format!("{name}, longest s"));
    println!("\n| around | times | {} | sent again | engine failures |", head.join(" | "));
    println!("|---|---|{}---|---|", "---|".repeat(COLUMNS.len()));
    for (name, effect) in effects {
        let cells = COLUMNS.map(|column| match effect.longest.get(column) {
            Some((n, ms)) => format!("{:.1} of {n}", ms / 1000.0),
            None => "".to_owned(),
        });
        let (cells, Effect { times, again, failed, .. }) = (cells.join(" | "), effect);
        println!("| {name} | {times} | {cells} | {again} | {failed} |");
    }
    Ok(())
}

fn failed_at(envelope: &wire::Envelope) -> Option<i64> {
    let failed = matches!(envelope.event, Event::Ended { outcome: Outcome::EngineFailure });
    failed.then_some(envelope.at)
}

impl Effect {
    fn add(&mut self, moment: &Moment, told: &[Entry], failures: &[i64]) {
        let until = moment.to + AFTERMATH_MS;
        let is_within = |at: i64| (moment.from..=until).contains(&at);
        self.times += 1;
        self.failed += failures.iter().filter(|at| is_within(**at)).count() as u32;
        for entry in told {
            let (what, at, ms) = match *entry {
                Entry::Acknowledged { at, ms, .. } => (COLUMNS[0], at, ms),
                Entry::Answered { at, ms, .. } => (COLUMNS[1], at, ms),
                Entry::Traded { at, ms, .. } => (COLUMNS[2], at, ms),
                Entry::Reconnected { at, ms } => (COLUMNS[3], at, ms),
                Entry::Stood { at, ms, .. } => (COLUMNS[4], at, ms),
                Entry::Again { at, .. } => {
                    self.again += u32::from(is_within(at));
                    continue;
                }
                Entry::Finished { .. } => continue,
            };
            if at >= moment.from && at - ms as i64 <= until {
                let (n, most) = self.longest.entry(what).or_default();
                (*n, *most) = (*n + 1, most.max(ms));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_a_beginning_and_an_end() {
        let named = |from, to| Moment { name: "a kill".to_owned(), from, to };
        assert_eq!(moment("a kill=5").unwrap(), named(5, 5));
        assert_eq!(moment("a kill=5..9").unwrap(), named(5, 9));
        assert!(moment("a kill").is_err() && moment("a kill=5..").is_err());
    }

    #[test]
    fn what_overlaps_it_or_begins_soon_after_counts() {
        let again = |at| Entry::Again { kind: "status 503".to_owned(), at };
        let told = [
            // Over before it, under way in it, soon after it, later.
            Entry::Reconnected { at: 900, ms: 400.0 },
            Entry::Reconnected { at: 1_100, ms: 600.0 },
            Entry::Reconnected { at: 7_500, ms: 3_000.0 },
            Entry::Reconnected { at: 90_000, ms: 4_000.0 },
            again(999),
            again(2_500),
        ];
        let mut effect = Effect::default();
        let moment = Moment { name: String::new(), from: 1_000, to: 2_000 };
        effect.add(&moment, &told, &[999, 2_000, 7_001]);
        let longest = BTreeMap::from([("reconnected", (2, 3_000.0))]);
        assert_eq!(effect, Effect { times: 1, longest, again: 1, failed: 1 });
    }
}
