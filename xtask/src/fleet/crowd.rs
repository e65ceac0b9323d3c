//! The people: `crowd play` in front of the proxy, and `crowd check` behind them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;

use super::database::Database;
use crate::process::Run;

/// How many do what.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub negotiations: u32,
    pub watched: u32,
    pub games: u32,
    pub think_ms: u64,
}

/// Milliseconds.
#[derive(Debug, Deserialize)]
pub struct Times {
    pub n: u64,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

/// What `crowd play --json` says at its end.
#[derive(Debug, Deserialize)]
pub struct Told {
    pub seconds: f64,
    pub finished: u32,
    pub moves: u64,
    pub repeated: u32,
    pub acknowledged: Times,
    pub answered: Times,
    pub reconnected: Times,
    pub stood: Times,
    pub failed_requests: u32,
    pub errors: BTreeMap<String, u32>,
    pub violations: Vec<String>,
}

/// Killed when dropped.
#[derive(Debug)]
pub struct Crowd {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Crowd {
    pub fn start(program: &Path, address: &str, size: Size, record: &Path) -> Result<Self> {
        let run = Run::new(program)
            .args(["play", "--together", "--json", "--address", address, "--record"])
            .arg(record)
            .args(["--negotiations".to_owned(), size.negotiations.to_string()])
            .args(["--watched".to_owned(), size.watched.to_string()])
            .args(["--games".to_owned(), size.games.to_string()])
            .args(["--think-ms".to_owned(), size.think_ms.to_string()]);
        Self::launch(run)
    }

    /// Any of the crowd's tasks that says `open`.
    pub fn launch(run: Run) -> Result<Self> {
        let mut command = run.into_command();
        let mut process =
            command.stdout(Stdio::piped()).spawn().context("cannot start the crowd")?;
        let stdout = process.stdout.take().context("its output is ours")?;
        Ok(Self { process, lines: BufReader::new(stdout).lines() })
    }

    /// Waits until all negotiations are open.
    pub fn await_open(&mut self) -> Result<()> {
        match self.lines.next().transpose()?.as_deref() {
            Some("open") => Ok(()),
            Some(other) => bail!("the crowd did not get in: {other}"),
            None => bail!("the crowd left before it got in"),
        }
    }

    /// Lets the negotiations under way be the last ones.
    pub fn tell_to_end(&self) -> Result<()> {
        kill(Pid::from_raw(self.process.id().cast_signed()), Signal::SIGTERM)?;
        Ok(())
    }

    /// Waits for the end of a task that has no figures.
    pub fn await_end(mut self) -> Result<()> {
        let status = self.process.wait()?;
        if !status.success() {
            bail!("a task of the crowd failed ({status})");
        }
        Ok(())
    }

    /// Waits for its end and its figures.
    pub fn told(mut self) -> Result<Told> {
        let line = self.lines.next().transpose()?.context("the crowd left without a word")?;
        serde_json::from_str(&line).context("the crowd's figures are not understood")
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // Where it has ended there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const EVENTS: &str = "select json_build_object('episode', episode_id, 'seq', seq,
    'at', (extract(epoch from at) * 1000)::bigint, 'kind', kind, 'body', body)
    from events order by episode_id, seq";
const EPISODES: &str = "select json_build_object('episode', id, 'seq', seq, 'status', status,
    'outcome', outcome, 'buyer_reward', buyer_reward, 'seller_reward', seller_reward) from episodes";
const KEYS: &str = "select json_build_object('episode', episode_id, 'key', key,
    'first_seq', first_seq, 'last_seq', last_seq) from moves_seen";

/// Holds what the crowds were told against what is stored, and says what it found.
pub fn check(
    program: &Path,
    database: &Database,
    place: &Path,
    records: &[PathBuf],
    moments: &[(&str, i64)],
) -> Result<()> {
    let mut run = Run::new(program).arg("check");
    for (name, sql) in [("events", EVENTS), ("episodes", EPISODES), ("keys", KEYS)] {
        let file = place.join(format!("{name}.ndjson"));
        fs::write(&file, database.query(sql)?)?;
        run = run.arg(format!("--{name}")).arg(file);
    }
    for record in records {
        run = run.arg("--record").arg(record);
    }
    for (name, at) in moments {
        run = run.args(["--moment".to_owned(), format!("{name}={at}")]);
    }
    run.show().context("something that was acknowledged does not hold")
}
