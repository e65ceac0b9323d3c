//! Live notices between server processes, over LISTEN/NOTIFY.
//!
//! A notice only says where to look: readers fetch events by cursor, so that a notice lost with a
//! connection loses nothing. After [`Notice::Reconnected`] every follower reads again.

use std::time::Duration;

use rules::Role;
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;
use wire::EpisodeId;

use crate::connection::{Store, within};
use crate::error::StoreError;

pub(crate) const EVENTS: &str = "souk_events";
const HEADS: &str = "souk_heads";
const TYPING: &str = "souk_typing";

/// How long the line may be quiet before it is asked whether it is still there.
const QUIET: Duration = Duration::from_secs(20);
/// For its answer, and for a new line.
const ANSWER: Duration = Duration::from_secs(10);
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LAST_RETRY: Duration = Duration::from_secs(2);
/// Notices that wait for a slow reader.
const BUFFER: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Events up to `seq` are stored; by this very [`Store`] where they are its `own`.
    Events { episode: EpisodeId, seq: i64, own: bool },
    /// Seats or pace changed.
    Head { episode: EpisodeId },
    /// Somebody is composing a move, or has stopped.
    Typing { episode: EpisodeId, role: Role, typing: bool },
    /// The connection is gone; notices are missed from here on.
    Lost,
    /// The connection is back: read again what you follow.
    Reconnected,
}

/// One LISTEN connection. Have one per process.
#[derive(Debug)]
pub struct Listener {
    notices: mpsc::Receiver<Notice>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Listens from now on: what is stored after this returns is announced.
    pub async fn connect(store: &Store) -> Result<Listener, StoreError> {
        // A pool of its own: a listener must not wait for a request's connection.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with((*store.pool.connect_options()).clone());
        let line = listen(&pool).await?;
        let (sender, notices) = mpsc::channel(BUFFER);
        let task = tokio::spawn(relay(pool, line, sender, store.clone()));
        Ok(Listener { notices, task })
    }

    /// The next notice; waits as long as it takes, also for a database that is away. Safe to cancel.
    pub async fn next(&mut self) -> Notice {
        match self.notices.recv().await {
            Some(notice) => notice,
            // The relay ends only when this receiver does, or with the runtime.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut line = PgListener::connect_with(pool).await?;
    line.eager_reconnect(false);
    line.listen_all([EVENTS, HEADS, TYPING]).await?;
    Ok(line)
}

/// Passes notices on until the reader is gone.
async fn relay(pool: PgPool, mut line: PgListener, sender: mpsc::Sender<Notice>, store: Store) {
    loop {
        while let Some(notice) = heard(&mut line, store.origin).await {
            if let Notice::Events { episode, own: false, .. } = notice {
                store.known.forget(episode);
            }
            if sender.send(notice).await.is_err() {
                return;
            }
        }
        drop(line);
        if sender.send(Notice::Lost).await.is_err() {
            return;
        }
        line = listen_again(&pool).await;
        if sender.send(Notice::Reconnected).await.is_err() {
            return;
        }
    }
}

/// The next notice, or `None` when the connection is lost.
async fn heard(line: &mut PgListener, here: Uuid) -> Option<Notice> {
    loop {
        match tokio::time::timeout(QUIET, line.try_recv()).await {
            Ok(Ok(Some(said))) => match parse(said.channel(), said.payload(), here) {
                Some(notice) => return Some(notice),
                None => {
                    tracing::warn!(channel = said.channel(), "a notice that nobody understands")
                }
            },
            Ok(Ok(None)) => return None,
            Ok(Err(error)) => {
                tracing::debug!(%error, "the listening connection broke");
                return None;
            }
            // A connection that died silently (a cable, a container) is found by asking.
            Err(_quiet) => {
                let asked = sqlx::query!("select 1 as one").fetch_one(&mut *line);
                within(ANSWER, asked).await.ok()?;
            }
        }
    }
}

async fn listen_again(pool: &PgPool) -> PgListener {
    let mut wait = FIRST_RETRY;
    loop {
        match within(ANSWER, listen(pool)).await {
            Ok(line) => return line,
            Err(error) => {
                tracing::debug!(%error, "the listening connection is not back yet");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LAST_RETRY);
            }
        }
    }
}

fn parse(channel: &str, payload: &str, here: Uuid) -> Option<Notice> {
    let mut parts = payload.split(':');
    let episode = EpisodeId(parts.next()?.parse().ok()?);
    match channel {
        EVENTS => {
            let seq = parts.next()?.parse().ok()?;
            let own = parts.next().and_then(|text| text.parse().ok()) == Some(here);
            Some(Notice::Events { episode, seq, own })
        }
        HEADS => Some(Notice::Head { episode }),
        TYPING => {
            let role = match parts.next()? {
                "buyer" => Role::Buyer,
                "seller" => Role::Seller,
                _ => return None,
            };
            Some(Notice::Typing { episode, role, typing: parts.next()? == "1" })
        }
        _ => None,
    }
}

impl Store {
    /// Tells all processes that a seat is composing a move, or has stopped. Not stored.
    pub fn notify_typing(&self, episode: EpisodeId, role: Role, typing: bool) {
        let payload = format!("{episode}:{}:{}", role.name(), u8::from(typing));
        self.announcer.say(TYPING, payload);
    }

    /// Tells all processes that an episode's head changed.
    pub fn notify_head(&self, episode: EpisodeId) {
        self.announcer.say(HEADS, episode.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_read_and_nonsense_is_not() {
        let (episode, here) = (EpisodeId::fresh(), Uuid::new_v4());
        let stored = |own| Some(Notice::Events { episode, seq: 7, own });
        let table = [
            (EVENTS, format!("{episode}:7:{here}"), stored(true)),
            (EVENTS, format!("{episode}:7:{}", Uuid::new_v4()), stored(false)),
            // Of a program before this one.
            (EVENTS, format!("{episode}:7"), stored(false)),
            (HEADS, episode.to_string(), Some(Notice::Head { episode })),
            (
                TYPING,
                format!("{episode}:seller:1"),
                Some(Notice::Typing { episode, role: Role::Seller, typing: true }),
            ),
            (EVENTS, episode.to_string(), None),
            (TYPING, format!("{episode}:nobody:1"), None),
            ("other", episode.to_string(), None),
            (HEADS, "x".to_owned(), None),
        ];
        for (channel, payload, expected) in table {
            assert_eq!(parse(channel, &payload, here), expected, "{channel} {payload}");
        }
    }
}
