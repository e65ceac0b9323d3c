//! What a crowd was told, held against what is stored.

mod ledger;
mod limits;
mod market;
mod moments;
mod played;
mod training;

use std::path::PathBuf;

use anyhow::Result;
use serde::de::DeserializeOwned;

use crate::Check;
use crate::record::{Entry, read};
use played::Stored;

/// Violations of each rule that are printed.
const SHOWN: usize = 10;

/// One rule, held against all that it concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Verdict {
    rule: &'static str,
    looked_at: usize,
    wrong: Vec<String>,
}

impl Verdict {
    fn new(rule: &'static str) -> Verdict {
        Verdict { rule, ..Verdict::default() }
    }

    fn hold(&mut self, outcome: Result<(), String>) {
        self.looked_at += 1;
        self.wrong.extend(outcome.err());
    }
}

/// Reads the files, prints the verdicts. `false`: something does not hold.
pub fn check(args: &Check) -> Result<bool> {
    let mut told: Vec<Entry> = Vec::new();
    for record in &args.record {
        told.extend(read::<Entry>(record)?);
    }
    let stored = Stored::new(read(&args.episodes)?, read(&args.events)?, read(&args.keys)?);
    played::print_counts(&stored, &told);
    let mut verdicts = played::audit(&stored, &told);
    if args.markets.is_some() {
        let (markets, log) = (file(&args.markets)?, file(&args.market_log)?);
        verdicts.extend(market::audit(&markets, &log, &stored, &told));
        verdicts.extend(limits::in_markets(&args.heard, &markets, &log)?);
    }
    if args.studies.is_some() {
        let ledger = ledger::Ledger {
            studies: file(&args.studies)?,
            participants: file(&args.participants)?,
            events: file(&args.participant_events)?,
            payments: file(&args.payments)?,
        };
        verdicts.extend(ledger::audit(&ledger, &stored));
    }
    if args.runs.is_some() {
        let (runs, steps, rollouts) =
            (file(&args.runs)?, file(&args.steps)?, file(&args.rollouts)?);
        verdicts.extend(training::audit(&runs, &steps, &rollouts, &stored));
    }
    if !args.heard.is_empty() {
        verdicts.extend(limits::at_tables(&args.heard, &stored)?);
    }
    moments::print(&args.moment, &told, &stored)?;
    print(&verdicts);
    Ok(verdicts.iter().all(|verdict| verdict.wrong.is_empty()))
}

/// The lines of a file, of none where it was not given.
fn file<T: DeserializeOwned>(path: &Option<PathBuf>) -> Result<Vec<T>> {
    path.as_ref().map_or(Ok(Vec::new()), |path| read(path))
}

/// A table in Markdown, and what does not hold.
fn print(verdicts: &[Verdict]) {
    println!("\n| rule | looked at | violations |\n|---|---|---|");
    for Verdict { rule, looked_at, wrong } in verdicts {
        println!("| {rule} | {looked_at} | {} |", wrong.len());
    }
    println!();
    for Verdict { rule, wrong, .. } in verdicts {
        for what in wrong.iter().take(SHOWN) {
            println!("VIOLATION: {rule}: {what}");
        }
    }
    let count: usize = verdicts.iter().map(|verdict| verdict.wrong.len()).sum();
    println!("{count} violations");
}
