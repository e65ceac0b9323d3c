//! What a crowd was told, written down as it is told: the file that the check reads.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rules::Mills;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::{EpisodeId, MarketId};

/// One line. `at` is milliseconds since the Unix epoch, when it was over; `ms` how long it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Entry {
    /// A move was acknowledged: it is stored under this number.
    Acknowledged { episode: EpisodeId, key: Uuid, seq: i64, price: Mills, at: i64, ms: f64 },
    /// The other side's answer, or the end, came over the socket; since the move was first sent.
    Answered { episode: EpisodeId, at: i64, ms: f64 },
    /// A follower was live again, as long after it had lost its connection.
    Reconnected { at: i64, ms: f64 },
    /// A watched negotiation stood still for so long.
    Stood { episode: EpisodeId, at: i64, ms: f64 },
    /// A follower saw the end: all events from the first to number `seen`, each once.
    Finished { episode: EpisodeId, seen: i64, at: i64 },
    /// An act in a market was acknowledged: it is in the market's log under this key.
    Traded { market: MarketId, key: Uuid, at: i64, ms: f64 },
    /// A request did not come through and is sent again.
    Again { kind: String, at: i64 },
}

/// What reached somebody about an episode or a market, byte for byte: an answer, or a frame of the socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    pub of: Uuid,
    pub text: String,
}

/// The file, or none.
#[derive(Debug, Default)]
pub struct Record(Option<Mutex<File>>);

impl Record {
    pub fn create(path: Option<&Path>) -> Result<Record> {
        let Some(path) = path else { return Ok(Record(None)) };
        let file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Record(Some(Mutex::new(file))))
    }

    /// Writes a line, which is with the system once this returns.
    pub fn write(&self, entry: &impl Serialize) -> Result<()> {
        let Some(file) = &self.0 else { return Ok(()) };
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).context("the record cannot be written")
    }
}

/// The lines of a file of JSON.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let mut entries = Vec::new();
    read_each(path, |entry| entries.push(entry))?;
    Ok(entries)
}

/// The same, one by one: of files that are long.
pub fn read_each<T: DeserializeOwned>(path: &Path, mut take: impl FnMut(T)) -> Result<()> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let entry = serde_json::from_str(&line?);
        take(entry.with_context(|| format!("{}, line {}", path.display(), number + 1))?);
    }
    Ok(())
}

/// Now, in milliseconds since the Unix epoch.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
