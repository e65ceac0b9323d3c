//! What a running server holds, from the kernel, from its own figures and from its database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::http;
use crate::fleet::database::Database;

/// Columns of a sample after the time. `phase` is a `Phase`. Memory in kilobytes (1,024 bytes), folders in millions of bytes.
///
/// `anonymous` is memory that no file backs: what the program itself took. `tasks` are tokio's, 0 from a
/// server that does not tell them.
pub const COLUMNS: [&str; 25] = [
    "phase",
    "rss_kb",
    "pss_kb",
    "anonymous_kb",
    "threads",
    "fds",
    "sockets",
    "files",
    "pipes",
    "other_fds",
    "tasks",
    "live_sockets",
    "open_episodes",
    "worker_rss_kb",
    "worker_anonymous_kb",
    "worker_threads",
    "worker_fds",
    "worker_pid",
    "connections",
    "postgres_pss_kb",
    "database_mb",
    "data_mb",
    "episodes",
    "cpu_s",
    "worker_cpu_s",
];

/// When a sample was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Until everything was done once.
    Warm,
    /// After that, and nothing to do.
    RestBefore,
    Load,
    RestAfter,
}

impl Phase {
    pub fn number(self) -> f64 {
        f64::from(self as u8)
    }
}

/// Seconds since the first one, and a value for each of `COLUMNS`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub second: f64,
    pub values: Vec<f64>,
}

impl Sample {
    pub fn value(&self, column: &str) -> f64 {
        let index = COLUMNS.iter().position(|name| *name == column);
        index.and_then(|index| self.values.get(index)).copied().unwrap_or(f64::NAN)
    }

    pub fn line(&self) -> String {
        let values: Vec<String> = self.values.iter().map(ToString::to_string).collect();
        format!("{:.1},{}\n", self.second, values.join(","))
    }
}

pub fn header() -> String {
    format!("second,{}\n", COLUMNS.join(","))
}

/// The samples of a file with this header.
pub fn read(text: &str) -> Result<Vec<Sample>> {
    let mut lines = text.lines();
    let head = lines.next().unwrap_or_default();
    anyhow::ensure!(format!("{head}\n") == header(), "these are samples of another version");
    lines.map(|line| parse(line).with_context(|| format!("`{line}` is no sample"))).collect()
}

fn parse(line: &str) -> Result<Sample> {
    let mut fields = line.split(',').map(str::parse::<f64>);
    let second = fields.next().context("it is empty")??;
    let values = fields.collect::<Result<Vec<f64>, _>>()?;
    anyhow::ensure!(values.len() == COLUMNS.len(), "it has {} values", values.len());
    Ok(Sample { second, values })
}

/// Where samples come from.
pub struct Source<'a> {
    pub address: &'a str,
    /// The server's process.
    pub process: u32,
    pub data: PathBuf,
    pub database: &'a Database,
}

impl Source<'_> {
    /// Everything, now.
    ///
    /// # Errors
    /// When the server has ended, or does not tell its figures.
    pub fn sample(&self, second: f64, phase: Phase) -> Result<Sample> {
        let server = Process::look(self.process).context("the server is gone")?;
        let worker = children(self.process).into_iter().find(|child| says(*child, "worker"));
        let worker_id = worker.unwrap_or(0);
        let worker = worker.and_then(|id| Process::look(id).ok()).unwrap_or_default();
        let figures = http::get(self.address, "/metrics", None)?;
        let figures = figures_of(&String::from_utf8_lossy(&figures));
        let figure = |name: &str| figures.get(name).copied().unwrap_or(0.0);
        let counted = self.database.query(
            "select (select count(*) from pg_stat_activity where backend_type = 'client backend'
                     and pid <> pg_backend_pid()) || ',' || pg_database_size(current_database())
             || ',' || (select count(*) from episodes)",
        )?;
        let counted: Vec<f64> =
            counted.trim().split(',').filter_map(|count| count.parse().ok()).collect();
        let [connections, database, episodes] = counted[..] else {
            anyhow::bail!("the database's figures are not understood");
        };
        let postmaster = self.database.process()?.unsigned_abs();
        let postgres = children(postmaster).into_iter().chain([postmaster]);
        let kinds = |of: &str| server.descriptors.get(of).copied().unwrap_or(0.0);
        let known: f64 = ["socket", "file", "pipe"].into_iter().map(kinds).sum();
        let values = vec![
            phase.number(),
            server.rss_kb,
            server.pss_kb,
            server.anonymous_kb,
            server.threads,
            server.fds(),
            kinds("socket"),
            kinds("file"),
            kinds("pipe"),
            server.fds() - known,
            figure("souk_tasks"),
            figure("souk_live_sockets"),
            figure("souk_open_episodes"),
            worker.rss_kb,
            worker.anonymous_kb,
            worker.threads,
            worker.fds(),
            f64::from(worker_id),
            connections,
            postgres.map(pss_kb).sum(),
            database / 1e6,
            size(&self.data) as f64 / 1e6,
            episodes,
            server.cpu_s,
            worker.cpu_s,
        ];
        debug_assert_eq!(values.len(), COLUMNS.len());
        Ok(Sample { second, values })
    }
}

/// What the kernel says of a process.
#[derive(Debug, Default)]
pub struct Process {
    pub rss_kb: f64,
    pub pss_kb: f64,
    pub anonymous_kb: f64,
    pub threads: f64,
    pub cpu_s: f64,
    /// By kind: `socket`, `file`, `pipe`, or the kernel's own name.
    descriptors: BTreeMap<String, f64>,
}

impl Process {
    /// Now.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn look(id: u32) -> Result<Self> {
        let folder = Path::new("/proc").join(id.to_string());
        let rollup = fs::read_to_string(folder.join("smaps_rollup"))?;
        let status = fs::read_to_string(folder.join("status"))?;
        let mut descriptors = BTreeMap::new();
        for entry in fs::read_dir(folder.join("fd"))? {
            // It may be closed meanwhile.
            if let Ok(target) = fs::read_link(entry?.path()) {
                *descriptors.entry(kind(&target.to_string_lossy())).or_insert(0.0) += 1.0;
            }
        }
        Ok(Self {
            rss_kb: number(&rollup, "Rss:"),
            pss_kb: number(&rollup, "Pss:"),
            anonymous_kb: number(&rollup, "Anonymous:"),
            threads: number(&status, "Threads:"),
            cpu_s: cpu_s(id),
            descriptors,
        })
    }

    fn fds(&self) -> f64 {
        self.descriptors.values().sum()
    }
}

/// Seconds of processor time that a process has used; 0 where it is gone.
pub fn cpu_s(id: u32) -> f64 {
    /// Of `/proc`, a hundredth of a second on every Linux.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The second field is a name in brackets, which may hold anything.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / TICKS
}

/// A process's share of memory, in kilobytes; 0 where it is gone.
pub fn pss_kb(id: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    number(&rollup, "Pss:")
}

fn kind(target: &str) -> String {
    match target.split_once(':') {
        _ if target.starts_with('/') => "file".to_owned(),
        Some((kind, _)) => kind.to_owned(),
        None => target.to_owned(),
    }
}

/// The number after a name at the beginning of a line; 0 where there is none.
fn number(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

/// The processes that a process has started and that still are.
pub fn children(id: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()
        })
        .collect()
}

fn says(id: u32, word: &str) -> bool {
    let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).any(|argument| argument == word.as_bytes())
}

/// Of Prometheus' text those without labels.
fn figures_of(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.contains('{'));
    lines
        .filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        })
        .collect()
}

/// Bytes of all files below a folder; what goes meanwhile counts nothing.
pub fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_read_as_it_was_written() {
        let values = (0..COLUMNS.len()).map(|n| n as f64 + 0.25).collect();
        let sample = Sample { second: -30.0, values };
        let text = header() + &sample.line();
        assert_eq!(read(&text).unwrap(), std::slice::from_ref(&sample));
        assert_eq!(sample.value("pss_kb"), 2.25);
        assert!(read("second,other\n1,2\n").is_err());
        assert!(read(&(header() + "1,2\n")).is_err());
    }

    #[test]
    fn a_process_is_seen_as_the_kernel_shows_it() {
        let id = std::process::id();
        let file = fs::File::open("/proc/self/status").unwrap();
        let process = Process::look(id).unwrap();
        assert!(process.rss_kb > 100.0 && process.anonymous_kb > 0.0, "{process:?}");
        assert!(process.threads >= 1.0 && process.fds() >= 3.0, "{process:?}");
        drop(file);
        let mut child = std::process::Command::new("sleep").arg("20").spawn().unwrap();
        let seen = children(id).contains(&child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(seen);
    }

    #[test]
    fn descriptors_have_kinds() {
        assert_eq!(kind("socket:[123]"), "socket");
        assert_eq!(kind("pipe:[1]"), "pipe");
        assert_eq!(kind("/tmp/a:b"), "file");
        assert_eq!(kind("anon_inode:[eventpoll]"), "anon_inode");
    }

    #[test]
    fn figures_without_labels_are_read() {
        let text = "# HELP souk_tasks x\nsouk_tasks 41\nsouk_x{a=\"b\"} 2\n";
        assert_eq!(figures_of(text), [("souk_tasks".to_owned(), 41.0)].into());
    }
}
