//! `cargo xtask soak`: one server with its worker and its PostgreSQL under markets, training, studies and people for
//! as long as one likes, looked at every ten seconds. docs/RELIABILITY.md has what came out.

mod http;
mod load;
pub mod sample;
mod slope;
mod verdict;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::fleet::database::Database;
use crate::fleet::server::{EMAIL, Program, Server, free_ports};
use crate::fleet::{Given, Place, Programs};
use crate::postgres;
use crate::report::{Report, clock};
use crate::workspace::Workspace;
use load::{Load, Tally};
use sample::{Phase, Sample, Source};

/// Between two samples.
const EVERY: Duration = Duration::from_secs(10);
/// Until everything was done once.
const WARMING: Duration = Duration::from_secs(30 * 60);
/// Before and after the load nothing is done for so long: negotiations of a pilot that nobody goes on with end within
/// three minutes.
const REST: Duration = Duration::from_secs(240);
/// Samples that could not be taken, of a hundred.
const MISSED_OF_100: usize = 2;

#[derive(Debug, Args)]
pub struct Plan {
    /// Minutes of load, once everything was done once.
    #[arg(long, default_value_t = 120.0)]
    minutes: f64,
    /// A new folder for data, logs, `samples.csv` and `report.txt`; default: one that is removed when it ends well.
    #[arg(long)]
    folder: Option<PathBuf>,
    #[command(flatten)]
    given: Given,
    /// Judge these samples of an earlier run, and do nothing else.
    #[arg(long, exclusive = true)]
    judge: Option<PathBuf>,
}

/// Runs it, prints what grew, and fails where something did that should not.
///
/// # Errors
/// Where a limit is passed, or the server ends.
pub fn soak(workspace: &Workspace, report: &Report, plan: &Plan) -> Result<()> {
    if let Some(file) = &plan.judge {
        let samples = sample::read(&fs::read_to_string(file)?)?;
        return pronounce(&samples, &[]).outcome(None);
    }
    let Programs { souk, site, crowd } = plan.given.programs(workspace, report)?;
    let mut place = match &plan.folder {
        Some(folder) => {
            fs::create_dir(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            Place { folder: folder.clone(), keep: true }
        }
        None => Place::create("soak", false)?,
    };
    let bin = postgres::ensure(report)?;
    let database = Database::start(&bin, &place.folder, 100)?;
    let models = workspace.root.join("models/models.toml");
    let program = Program {
        souk,
        site,
        database: Some(database.url()),
        place: place.folder.clone(),
        drain_s: 0,
        host: "127.0.0.1".to_owned(),
        namespace: None,
        settings: [
            ("SOUK_MODELS", models.display().to_string()),
            ("SOUK_WORKER", "beside".to_owned()),
            ("SOUK_STUDY_THINK_MS", "300".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec(),
    };
    let outcome = Stage { report, crowd, program, database }.run(plan);
    if outcome.is_err() {
        place.keep = true;
    }
    if place.keep {
        report.say(&format!("samples and logs are in {}", place.folder.display()));
    }
    outcome
}

struct Stage<'a> {
    report: &'a Report,
    crowd: PathBuf,
    program: Program,
    database: Database,
}

impl Stage<'_> {
    fn run(&self, plan: &Plan) -> Result<()> {
        self.program.set_password()?;
        let key = ["admin", "key", "create", EMAIL, "--label", "soak", "--scopes", "play,read"];
        let key = self.program.command(&key).output()?.trim().to_owned();
        let ports = free_ports(1)?;
        let mut server = Server::start(&self.program, *ports.first().context("a port")?)?;
        server.await_ready()?;
        let address = server.address();
        let mut watch = Watch {
            source: Source {
                address: &address,
                process: server.process().context("it runs")?,
                data: self.program.place.join("data"),
                database: &self.database,
            },
            begun: Instant::now(),
            file: File::create(self.program.place.join("samples.csv"))?,
            samples: Vec::new(),
            missed: Vec::new(),
        };
        watch.file.write_all(sample::header().as_bytes())?;
        let load = || Load::start(&self.crowd, &address, &self.program, &key, &self.program.place);
        let warm = load();
        self.report.step("doing everything once", || {
            let begun = Instant::now();
            while !warm.untried().is_empty() {
                let untried = || format!("not done until now: {}", warm.untried().join(", "));
                ensure!(begun.elapsed() < WARMING, "{}", untried());
                watch.look(Phase::Warm)?;
            }
            Ok(())
        })?;
        // What fails here fails later, too.
        drop(ended(warm, &mut watch, Phase::Warm)?);
        self.report.step("resting", || watch.look_for(REST, Phase::RestBefore))?;
        let before = self.counts()?;
        let busy = load();
        let minutes = Duration::from_secs_f64(plan.minutes * 60.0);
        self.report.step("everything at once", || watch.look_for(minutes, Phase::Load))?;
        let tally = ended(busy, &mut watch, Phase::RestAfter)?;
        let done = done(&before, &self.counts()?);
        self.report.step("resting", || watch.look_for(REST, Phase::RestAfter))?;
        let mut verdict = pronounce(&watch.samples, &watch.missed);
        server.tell_to_end()?;
        if let Err(why) = server.await_end() {
            verdict.faults.push(format!("{why:#}"));
        }
        verdict.tell(plan.minutes, &tally, &done);
        verdict.outcome(Some(&self.program.place.join("report.txt")))
    }

    /// Rows that tell what was done, by name.
    fn counts(&self) -> Result<Vec<(String, f64)>> {
        let rows = self.database.query(
            "select 'episodes', count(*) from episodes
             union all select 'events of negotiations', count(*) from events
             union all select 'iterations of training', count(*) from training_steps
             union all select 'rollouts', count(*) from rollouts
             union all select 'training runs done', count(*) from training_runs where status = 'done'
             union all select 'participants to their end', count(*) from participants where ended is not null
             union all select 'studies', count(*) from studies
             union all select 'markets to their end', count(*) from markets where status = 'over'
             union all select 'steps of markets', coalesce(sum(step), 0) from markets
             union all select 'visitors', count(*) from visitors",
        )?;
        let row = |line: &str| {
            let (name, count) = line.split_once('|')?;
            Some((name.to_owned(), count.parse().ok()?))
        };
        Ok(rows.lines().filter_map(row).collect())
    }
}

/// Lets a load come to its end, and goes on looking meanwhile.
fn ended(load: Load, watch: &mut Watch<'_>, phase: Phase) -> Result<Tally> {
    let ending = std::thread::spawn(move || load.end());
    while !ending.is_finished() {
        watch.look(phase)?;
    }
    ending.join().map_err(|_| anyhow::anyhow!("the load panicked"))
}

fn done(before: &[(String, f64)], after: &[(String, f64)]) -> Vec<(String, f64)> {
    let earlier = |name: &str| before.iter().find(|(one, _)| one == name).map_or(0.0, |(_, n)| *n);
    after.iter().map(|(name, count)| (name.clone(), count - earlier(name))).collect()
}

/// The samples of a run, each in the file as soon as it is taken.
struct Watch<'a> {
    source: Source<'a>,
    begun: Instant,
    file: File,
    samples: Vec<Sample>,
    /// Why samples are missing.
    missed: Vec<String>,
}

impl Watch<'_> {
    /// One sample, then the time until the next one.
    fn look(&mut self, phase: Phase) -> Result<()> {
        let begun = Instant::now();
        match self.source.sample(self.begun.elapsed().as_secs_f64(), phase) {
            Ok(sample) => {
                self.file.write_all(sample.line().as_bytes())?;
                self.samples.push(sample);
            }
            Err(why) => {
                let process = Path::new("/proc").join(self.source.process.to_string());
                ensure!(process.exists(), "the server has ended: {why:#}");
                self.missed.push(format!("{why:#}"));
            }
        }
        sleep(EVERY.saturating_sub(begun.elapsed()));
        Ok(())
    }

    fn look_for(&mut self, time: Duration, phase: Phase) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < time {
            self.look(phase)?;
        }
        Ok(())
    }
}

/// Lines for a person, and what does not hold.
#[derive(Debug, Default)]
struct Verdict {
    lines: Vec<String>,
    faults: Vec<String>,
}

fn pronounce(samples: &[Sample], missed: &[String]) -> Verdict {
    let found = verdict::judge(samples);
    let mut verdict = Verdict {
        lines: found.iter().map(verdict::Found::line).collect(),
        faults: found.into_iter().flat_map(|found| found.faults).collect(),
    };
    if let (Some(first), Some(last)) = (samples.first(), samples.last()) {
        let time = clock(Duration::from_secs_f64(last.second - first.second));
        verdict.lines.push(format!("{} samples in {time}, {} missed", samples.len(), missed.len()));
        let cpu = |column| last.value(column) - first.value(column);
        let (server, worker) = (cpu("cpu_s"), cpu("worker_cpu_s"));
        let line =
            format!("processor time: {server:.0} s of the server, {worker:.0} s of the worker");
        verdict.lines.push(line);
    }
    if missed.len() * 100 > samples.len() * MISSED_OF_100 {
        let first = missed.first().map_or("", String::as_str);
        verdict.faults.push(format!("{} samples are missing, as {first}", missed.len()));
    }
    verdict
}

impl Verdict {
    fn tell(&mut self, minutes: f64, tally: &Tally, done: &[(String, f64)]) {
        self.lines.push(format!("done in {minutes} minutes, by the database:"));
        self.lines.extend(done.iter().map(|(name, count)| format!("  {count:.0} {name}")));
        self.lines.push("by those who did it (rounds of each chore among them):".to_owned());
        self.lines.extend(tally.counts.iter().map(|(name, count)| format!("  {count} {name}")));
        let failures = tally.failures.iter().take(20);
        self.faults.extend(failures.map(|failure| format!("a chore failed: {failure}")));
    }

    fn outcome(self, file: Option<&Path>) -> Result<()> {
        let faults = self.faults.iter().map(|fault| format!("FAULT: {fault}"));
        let text: Vec<String> = self.lines.iter().cloned().chain(faults).collect();
        let text = text.join("\n");
        println!("{text}");
        if let Some(file) = file {
            fs::write(file, text + "\n")?;
        }
        match self.faults.len() {
            0 => Ok(()),
            count => bail!("{count} things do not hold"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_told_by_difference() {
        let rows = |n| vec![("episodes".to_owned(), n), ("markets".to_owned(), 1.0)];
        assert_eq!(
            done(&rows(5.0)[..1], &rows(12.0)),
            [("episodes".to_owned(), 7.0), ("markets".to_owned(), 1.0)]
        );
    }

    #[test]
    fn missing_samples_are_a_fault() {
        let missed = vec!["no answer".to_owned()];
        assert_eq!(pronounce(&[], &missed).faults, ["1 samples are missing, as no answer"]);
        assert!(pronounce(&[], &[]).outcome(None).is_ok());
        assert!(pronounce(&[], &missed).outcome(None).is_err());
    }
}
