//! What keeps a server busy: chores that are done again and again until it is enough.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::http;
use crate::fleet::crowd::Crowd;
use crate::fleet::now;
use crate::fleet::server::{EMAIL, PASSWORD, Program};
use crate::process::Run;

/// A training run of a minute or so.
const RUN: &str = "iterations = 4\n[rollout]\nproducts = 4\ngroup = 4\n[keep]\nevery = 4\n\
                   [evaluation]\ntimes = 1\ntimes_between = 0\nagainst = [{ name = \"persuadable\" }]";
/// How long a pilot lets programs in.
const PILOT: Duration = Duration::from_secs(120);
/// How long people trade at their own pace.
const TRADE: Duration = Duration::from_secs(100);
/// Between two looks at the server's pages.
const VISIT: Duration = Duration::from_secs(1);
/// Pages as the server renders them; whoever asks without a cookie is a new visitor each time.
const PAGES: [&str; 8] =
    ["/", "/watch", "/markets", "/models", "/about", "/sign-in", "/api/v1/products", "/api/docs"];
/// Kinds of failures whose words are kept.
const WORDS: usize = 200;

/// What was done and what failed, by chore.
#[derive(Debug, Default)]
pub struct Tally {
    tried: BTreeSet<&'static str>,
    pub counts: BTreeMap<&'static str, u64>,
    pub failures: Vec<String>,
}

/// What all chores need.
#[derive(Clone)]
struct Means {
    crowd: PathBuf,
    address: String,
    program: Program,
    /// Of a program that may read.
    key: String,
    place: PathBuf,
    enough: Arc<AtomicBool>,
    tally: Arc<Mutex<Tally>>,
}

/// All chores at once; told to end, each does what it has begun.
pub struct Load {
    means: Means,
    threads: Vec<JoinHandle<()>>,
}

type Chore = fn(&Means, u32) -> Result<()>;

/// By name, with what is done in one round and the time between two beginnings at least.
const CHORES: [(&str, Chore, Duration); 9] = [
    ("people", people, Duration::ZERO),
    ("people with the model", with_model, Duration::ZERO),
    ("people in a market", trade, Duration::ZERO),
    ("market of scripts", market, Duration::from_secs(60)),
    ("pilot", pilot, Duration::ZERO),
    ("training run", train, Duration::ZERO),
    ("export from the server", export_served, Duration::from_secs(120)),
    ("export by command", export, Duration::from_secs(600)),
    ("pages", visit, VISIT),
];

impl Load {
    pub fn start(crowd: &Path, address: &str, program: &Program, key: &str, place: &Path) -> Self {
        let means = Means {
            crowd: crowd.to_path_buf(),
            address: address.to_owned(),
            program: program.clone(),
            key: key.to_owned(),
            place: place.to_path_buf(),
            enough: Arc::default(),
            tally: Arc::default(),
        };
        let threads = CHORES.iter().map(|(name, chore, every)| {
            let means = means.clone();
            thread::spawn(move || means.keep_doing(name, *chore, *every))
        });
        let threads = threads.collect();
        Self { means, threads }
    }

    /// Which chores were not tried yet.
    pub fn untried(&self) -> Vec<&'static str> {
        let names = CHORES.iter().map(|(name, ..)| *name);
        self.means.tallied(|tally| names.filter(|name| !tally.tried.contains(name)).collect())
    }

    /// Waits until each has done what it has begun.
    pub fn end(self) -> Tally {
        self.means.enough.store(true, Ordering::Relaxed);
        for thread in self.threads {
            if thread.join().is_err() {
                self.means.tallied(|tally| tally.failures.push("a chore panicked".to_owned()));
            }
        }
        self.means.tallied(std::mem::take)
    }
}

impl Means {
    fn is_enough(&self) -> bool {
        self.enough.load(Ordering::Relaxed)
    }

    fn tallied<T>(&self, of: impl FnOnce(&mut Tally) -> T) -> T {
        of(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, what: &'static str, by: u64) {
        self.tallied(|tally| *tally.counts.entry(what).or_default() += by);
    }

    fn keep_doing(&self, name: &'static str, chore: Chore, every: Duration) {
        for round in 0.. {
            let begun = Instant::now();
            match chore(self, round) {
                Ok(()) => self.count(name, 1),
                Err(why) => {
                    self.count("failures", 1);
                    self.keep(format!("{name}: {why:#}"));
                    // What fails at once would otherwise be all that is done.
                    sleep(Duration::from_secs(1));
                }
            }
            self.tallied(|tally| tally.tried.insert(name));
            self.wait(every.saturating_sub(begun.elapsed()));
            if self.is_enough() {
                return;
            }
        }
    }

    /// In the log at once, and for the end.
    fn keep(&self, failure: String) {
        let log = File::options().create(true).append(true).open(self.place.join("failures.log"));
        // What cannot be written is told at the end.
        let _ = log.and_then(|mut log| writeln!(log, "{} {failure}", now()));
        self.tallied(|tally| {
            if tally.failures.len() < WORDS {
                tally.failures.push(failure);
            }
        });
    }

    fn task(&self, words: &[&str]) -> Run {
        Run::new(&self.crowd).args(words.iter().copied()).args(["--address", &self.address_url()])
    }

    fn address_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A task of the crowd that tells its figures; it ends by itself, or is told to after a while.
    fn crowd(&self, words: &[&str], most: Option<Duration>) -> Result<()> {
        let mut crowd = Crowd::launch(self.task(words).arg("--json"))?;
        crowd.await_open()?;
        if let Some(most) = most {
            self.wait(most);
            crowd.tell_to_end()?;
        }
        let told = crowd.told()?;
        self.count("negotiations and traders to their end", u64::from(told.finished));
        self.count("moves and acts acknowledged", told.moves);
        self.count("requests sent again", u64::from(told.failed_requests));
        match told.violations.first() {
            None => Ok(()),
            Some(first) => anyhow::bail!("{} violations, as {first}", told.violations.len()),
        }
    }

    /// Until then, or until it is enough.
    fn wait(&self, time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time && !self.is_enough() {
            sleep(Duration::from_millis(200).min(time));
        }
    }
}

/// People against scripts, and some who watch, each on a socket of its own.
fn people(means: &Means, _: u32) -> Result<()> {
    let size = ["--negotiations", "24", "--watched", "6", "--games", "8", "--think-ms", "1200"];
    means.crowd(&[&["play", "--together"][..], &size].concat(), None)
}

fn with_model(means: &Means, _: u32) -> Result<()> {
    let size = ["--negotiations", "2", "--games", "3", "--think-ms", "3000", "--seller", "demo"];
    means.crowd(&[&["play", "--together"][..], &size].concat(), None)
}

/// The clock runs fast after a while, so that the market is over soon.
fn trade(means: &Means, _: u32) -> Result<()> {
    means.crowd(&["trade", "--markets", "1", "--people", "9", "--pace-ms", "200"], Some(TRADE))
}

/// By the command, into the database: the server knows of it when it is looked at.
fn market(means: &Means, round: u32) -> Result<()> {
    let seed = (round + 1).to_string();
    means.program.command(&["market", "run", "plaza", "--store", "--seed", &seed]).quiet()
}

/// A study of its own each time; its programs run in the server.
fn pilot(means: &Means, _: u32) -> Result<()> {
    let slug = format!("soak-{}", now());
    let words = ["pilot", "--email", EMAIL, "--password", PASSWORD, "--bots", "6", "--every-s"];
    let run = means.task(&[&words[..], &["20", "--slug", &slug]].concat());
    let mut pilot = Crowd::launch(run)?;
    pilot.await_open()?;
    means.wait(PILOT);
    pilot.tell_to_end()?;
    pilot.await_end()
}

/// Queued and followed to its end; the worker beside the server does it.
fn train(means: &Means, _: u32) -> Result<()> {
    means.program.command(&["train", "--label", "soak", "--set", RUN]).quiet()
}

/// As the table's button does it.
fn export_served(means: &Means, _: u32) -> Result<()> {
    let path = "/api/v1/research/export?format=parquet";
    let archive = http::get(&means.address, path, Some(&means.key))?;
    ensure!(archive.starts_with(b"PK"), "an export that is no archive");
    means.count("bytes exported", archive.len() as u64);
    Ok(())
}

fn export(means: &Means, round: u32) -> Result<()> {
    let folder = means.place.join(format!("export-{round}"));
    let exported = means.program.command(&["export", &folder.display().to_string()]).quiet();
    fs::remove_dir_all(&folder).context("what was exported cannot be removed")?;
    exported
}

fn visit(means: &Means, round: u32) -> Result<()> {
    let page = PAGES[round as usize % PAGES.len()];
    http::get(&means.address, page, None).map(drop)
}
