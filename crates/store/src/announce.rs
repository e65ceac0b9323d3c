//! Tells all processes what was stored, once it is.
//!
//! PostgreSQL lets transactions that notify commit one after the other, each when its log is on the disk: a move that
//! notified within its own transaction waited for the disk once for each move of everybody else. So moves are stored without, many with
//! one write, and told right afterwards in a transaction that waits for no disk, as it has nothing to lose. A process that ends in
//! between leaves it untold: whoever follows asks now and then ([`Store::episode_seqs`]).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;
use wire::EpisodeId;

use crate::connection::{Store, soon};
use crate::error::StoreError;

/// Between two attempts while the database is away.
const RETRY: Duration = Duration::from_millis(100);
/// Words that wait for a database that is away. What is dropped is found by who asks.
const MOST: usize = 10_000;
/// For what is left to be told at the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Cheap to clone. Has a connection of its own from its first word on.
#[derive(Clone, Debug)]
pub(crate) struct Announcer {
    options: PgConnectOptions,
    line: Arc<Mutex<Option<Line>>>,
}

#[derive(Debug)]
struct Line {
    words: UnboundedSender<Word>,
    task: JoinHandle<()>,
}

/// For everybody who listens to a channel.
struct Word {
    channel: &'static str,
    payload: String,
}

impl Announcer {
    pub fn new(options: PgConnectOptions) -> Announcer {
        let options = options.options([("synchronous_commit", "off")]);
        Announcer { options, line: Arc::default() }
    }

    /// Tells it soon, after all that was said before.
    pub fn say(&self, channel: &'static str, payload: String) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let mut word = Word { channel, payload };
        if let Some(open) = line.as_ref() {
            match open.words.send(word) {
                Ok(()) => return,
                // The runtime that it ran on has ended.
                Err(unsaid) => word = unsaid.0,
            }
        }
        let (words, said) = mpsc::unbounded_channel();
        // It cannot fail: the other end is here.
        let _ = words.send(word);
        let task = tokio::spawn(announce(self.options.clone(), said));
        *line = Some(Line { words, task });
    }

    /// Waits until all is told, and closes the connection.
    pub async fn finish(&self) {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Line { words, task }) = line {
            drop(words);
            if tokio::time::timeout(LAST_WORDS, task).await.is_err() {
                tracing::debug!("some moves are not announced");
            }
        }
    }
}

/// Tells what has gathered, again and again, until nobody can say more.
async fn announce(options: PgConnectOptions, mut said: UnboundedReceiver<Word>) {
    let mut line = None;
    let mut words = Vec::new();
    while let Some(word) = said.recv().await {
        words.push(word);
        loop {
            while let Ok(word) = said.try_recv() {
                words.push(word);
            }
            words.drain(..words.len().saturating_sub(MOST));
            match soon(tell(&options, &mut line, &words)).await {
                Ok(()) => break,
                Err(_) if said.is_closed() => return,
                Err(error) => {
                    tracing::debug!(%error, "moves are announced later");
                    line = None;
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
        words.clear();
    }
    if let Some(line) = line {
        // The server ends it where this fails.
        let _ = line.close().await;
    }
}

async fn tell(
    options: &PgConnectOptions,
    line: &mut Option<PgConnection>,
    words: &[Word],
) -> Result<(), StoreError> {
    let connection = match line {
        Some(connection) => connection,
        None => line.insert(options.connect().await?),
    };
    let channels: Vec<String> = words.iter().map(|word| word.channel.to_owned()).collect();
    let payloads: Vec<String> = words.iter().map(|word| word.payload.clone()).collect();
    sqlx::query!(
        "select count(pg_notify(channel, payload))
         from unnest($1::text[], $2::text[]) as words (channel, payload)",
        &channels,
        &payloads
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

impl Store {
    /// The number of the last event of each of these episodes.
    pub async fn episode_seqs(
        &self,
        ids: &[EpisodeId],
    ) -> Result<Vec<(EpisodeId, i64)>, StoreError> {
        let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
        let asked = sqlx::query!("select id, seq from episodes where id = any($1)", &ids)
            .fetch_all(&self.pool);
        let rows = soon(asked).await?;
        Ok(rows.into_iter().map(|row| (EpisodeId(row.id), row.seq)).collect())
    }
}
