//! Everything at once: people on scripts and models, watched negotiations, markets with people in them, a pilot's
//! programs, training, exports.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::fleet::Findings;
use crate::fleet::crowd::Crowd;
use crate::fleet::server::{EMAIL, PASSWORD, Program};
use crate::process::Run;

/// Until told to end.
const GAMES: &str = "1000000";
/// Between two exports.
const EXPORT_EVERY: Duration = Duration::from_secs(15);
/// Steps of a market of the population that people can join.
const MARKET_STEPS: u64 = 600;
/// A training run of a minute or two, beside everything else.
const RUN: &str = "iterations = 6\n[rollout]\nproducts = 4\ngroup = 4\n[keep]\nevery = 2\n\
                   [evaluation]\ntimes = 1\ntimes_between = 0\nagainst = [{ name = \"persuadable\" }]";

pub struct Load {
    people: Vec<(&'static str, Crowd)>,
    pilot: Crowd,
    exports: Exports,
    pub records: Vec<PathBuf>,
    pub heard: Vec<PathBuf>,
}

impl Load {
    /// Returns once all have begun.
    pub fn start(
        crowd: &Path,
        address: &str,
        program: &Program,
        place: &Path,
        minutes: f64,
    ) -> Result<Self> {
        let (mut records, mut heard) = (Vec::new(), Vec::new());
        let mut task = |name: &str, words: &[&str]| {
            let file = |kind: &str| place.join(format!("{name}-{kind}.ndjson"));
            records.push(file("record"));
            heard.push(file("heard"));
            let run = Run::new(crowd).args(words.iter().copied());
            run.args(["--json", "--address", address])
                .arg("--record")
                .arg(file("record"))
                .arg("--heard")
                .arg(file("heard"))
        };
        let play = ["play", "--together", "--games", GAMES, "--negotiations"];
        let with = |words: &[&'static str]| [&play[..], words].concat();
        // A little slower than the time there is, so that markets are under way to the end.
        let pace = (minutes * 60_000.0 / MARKET_STEPS as f64).clamp(50.0, 60_000.0) as u64;
        let pace = pace.to_string();
        let runs = [
            ("scripts", task("scripts", &with(&["24", "--watched", "6", "--think-ms", "1200"]))),
            ("models", task("models", &with(&["3", "--seller", "demo", "--think-ms", "2000"]))),
            ("remote", task("remote", &with(&["3", "--seller", "remote", "--think-ms", "2000"]))),
            ("markets", task("markets", &["trade", "--pace-ms", &pace])),
        ];
        let mut people = Vec::new();
        for (name, run) in runs {
            let mut crowd = Crowd::launch(run)?;
            crowd.await_open().with_context(|| name.to_owned())?;
            people.push((name, crowd));
        }
        let pilot = Run::new(crowd)
            .args(["pilot", "--address", address, "--email", EMAIL, "--password", PASSWORD])
            .args(["--bots", "6", "--every-s", "20"]);
        let mut pilot = Crowd::launch(pilot)?;
        pilot.await_open().context("the pilot")?;
        for _ in 0..(minutes / 3.0).ceil().max(1.0) as u32 {
            program.command(&["train", "--detach", "--label", "faults", "--set", RUN]).quiet()?;
        }
        let exports = Exports::start(program.clone());
        Ok(Self { people, pilot, exports, records, heard })
    }

    /// Lets all come to their ends.
    pub fn end(self, findings: &mut Findings) -> Result<()> {
        for (_, crowd) in &self.people {
            crowd.tell_to_end()?;
        }
        self.pilot.tell_to_end()?;
        for (name, crowd) in self.people {
            findings.crowd(name, &crowd.told().with_context(|| name.to_owned())?);
        }
        self.pilot.await_end().context("the pilot")?;
        self.exports.end(findings)
    }
}

/// One export after the other, each held against the rules by `souk import export --check`.
struct Exports {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    good: u32,
    /// The command said that it did not do it.
    refused: u32,
    /// It was told to be done and is not what it says.
    wrong: Vec<String>,
}

impl Exports {
    fn start(program: Program) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&enough);
        let thread = thread::spawn(move || {
            let mut counts = Counts::default();
            for number in 0.. {
                let begun = Instant::now();
                while begun.elapsed() < EXPORT_EVERY && !theirs.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(200));
                }
                // One more when all is quiet.
                let last = theirs.load(Ordering::Relaxed);
                counts.one(&program, &program.place.join(format!("export-{number}")));
                if last {
                    break;
                }
            }
            counts
        });
        Self { enough, thread }
    }

    fn end(self, findings: &mut Findings) -> Result<()> {
        self.enough.store(true, Ordering::Relaxed);
        let Ok(Counts { good, refused, wrong }) = self.thread.join() else {
            anyhow::bail!("the exports' thread panicked");
        };
        let count = wrong.len();
        let text =
            format!("{good} checked, {refused} not done and said so, {count} other than they say");
        findings.row("exports", text);
        findings.faults.extend(wrong);
        findings.expect(good > 0, || "no export was done".to_owned());
        Ok(())
    }
}

impl Counts {
    fn one(&mut self, program: &Program, folder: &Path) {
        let path = folder.display().to_string();
        if program.command(&["export", &path]).quiet().is_err() {
            self.refused += 1;
        } else {
            match program.command(&["import", "export", &path, "--check"]).quiet() {
                Ok(()) => self.good += 1,
                Err(why) => self.wrong.push(format!("{why:#}")),
            }
        }
        // Where nothing was made there is nothing to remove.
        let _ = fs::remove_dir_all(folder);
    }
}

/// `souk worker`, killed when dropped.
pub struct Worker {
    program: Program,
    process: Child,
}

impl Worker {
    pub fn start(program: &Program) -> Result<Self> {
        Ok(Self { program: program.clone(), process: spawn(program)? })
    }

    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Starts it where it has ended, by whatever; tells whether it had.
    pub fn start_again(&mut self) -> Result<bool> {
        let has_ended = self.process.try_wait()?.is_some();
        if has_ended {
            self.process = spawn(&self.program)?;
        }
        Ok(has_ended)
    }
}

fn spawn(program: &Program) -> Result<Child> {
    let log = File::options().create(true).append(true).open(program.place.join("worker.log"))?;
    let mut command = program.command(&["worker"]).into_command();
    command.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
    command.spawn().context("cannot start a worker")
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
