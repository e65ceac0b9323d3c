//! Playing: the one way in which an episode that has begun changes.

use chrono::{DateTime, Utc};
use rules::{Ending, Episode, Event, Illegal, Millis, Role};
use sqlx::pool::PoolConnection;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres};
use wire::{Cursor, Envelope, EpisodeId, IdempotencyKey};

use crate::archive::Row;
use crate::connection::{Store, soon};
use crate::episode::{at, columns, event, now};
use crate::episode_row::Failing;
use crate::error::StoreError;
use crate::known::{Board, Era};
use crate::notice::EVENTS;
use crate::summary::Summary;

/// A move is repeated when another one came in between. Each repeat means that another writer got
/// through, so a single move gives up only behind more writers than any pool has connections.
const ATTEMPTS: usize = 500;

/// What was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// The events of this move, for all eyes: filter them before they leave.
    pub envelopes: Vec<Envelope>,
    /// The key was used before: these are the events of then.
    pub repeated: bool,
    /// The episode with those events (and, when repeated, with all that came since).
    pub episode: Episode,
}

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum PlayError<E> {
    /// The caller's own decision.
    #[error("refused")]
    Refused(E),
    /// A seat is still open.
    #[error("this negotiation has not begun: the other side has not joined yet")]
    NotBegun,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<E> From<sqlx::Error> for PlayError<E> {
    fn from(error: sqlx::Error) -> PlayError<E> {
        PlayError::Store(error.into())
    }
}

/// What a move is: who makes it, by which key, and what failed.
struct Making<'a> {
    id: EpisodeId,
    key: Option<(Role, IdempotencyKey)>,
    failing: Option<&'a Failing>,
    era: Era,
}

/// What came of storing events behind a board.
enum Tried {
    Stored(Box<Played>),
    /// The board is another one.
    Beaten(PoolConnection<Postgres>),
}

/// An episode as one statement saw it.
struct Snapshot {
    seq: i64,
    last_ms: i64,
    events: Vec<Event>,
    times: Vec<DateTime<Utc>>,
    /// First and last event of the move with the looked-up key.
    seen: Option<(i64, i64)>,
}

impl Store {
    /// Plays a move of `by`: reads the episode, or takes it as this process left it, asks `decide` for the events, and stores
    /// them with the new summary and the key in one statement, unless another move came in between; then it
    /// reads and decides again. What is stored is announced. So nobody holds a lock while deciding, and of two
    /// moves for the same turn the second is decided on the board that the first one left.
    ///
    /// With a `key` seen before for this seat, answers with what was stored then. `decide` gets the
    /// time at which the events will be stored, never before the episode's last event.
    ///
    /// # Errors
    /// [`PlayError::Refused`] with what `decide` said; `NotFound`; `Away`: whether the move was
    /// stored is then unknown, repeat it with the same key.
    pub async fn episode_play<E>(
        &self,
        id: EpisodeId,
        by: Role,
        key: Option<IdempotencyKey>,
        decide: impl FnMut(&Episode, Millis) -> Result<Vec<Event>, E> + Send,
    ) -> Result<Played, PlayError<E>> {
        self.advance(id, key.map(|key| (by, key)), None, decide).await
    }

    /// Ends an episode whose deadline has passed; otherwise nothing happens.
    pub async fn episode_tick(
        &self,
        id: EpisodeId,
    ) -> Result<Played, PlayError<std::convert::Infallible>> {
        self.advance(id, None, None, |episode, now| Ok(rules::tick(episode, now))).await
    }

    /// Ends an episode otherwise than by a move.
    pub async fn episode_conclude(
        &self,
        id: EpisodeId,
        ending: Ending,
    ) -> Result<Played, PlayError<Illegal>> {
        self.advance(id, None, None, |episode, _| rules::conclude(episode, ending)).await
    }

    /// Ends an episode by a failure of the machinery, and keeps whose it was.
    pub async fn episode_fail(
        &self,
        id: EpisodeId,
        failing: &Failing,
    ) -> Result<Played, PlayError<Illegal>> {
        let conclude = |episode: &Episode, _| rules::conclude(episode, Ending::EngineFailure);
        self.advance(id, None, Some(failing), conclude).await
    }

    async fn advance<E>(
        &self,
        id: EpisodeId,
        key: Option<(Role, IdempotencyKey)>,
        failing: Option<&Failing>,
        mut decide: impl FnMut(&Episode, Millis) -> Result<Vec<Event>, E> + Send,
    ) -> Result<Played, PlayError<E>> {
        let mut connection = self.pool.acquire().await?;
        let making = Making { id, key, failing, era: self.known.era() };
        if let Some(board) = self.known.take(id, making.era).filter(|_| key.is_some()) {
            let now = Millis(now().0.max(board.last_ms));
            // What is refused there may have another answer on what is stored.
            let events = decide(&board.episode, now).unwrap_or_default();
            if !events.is_empty() {
                match self.try_behind(connection, board, &making, events, now).await? {
                    Tried::Stored(played) => return Ok(*played),
                    Tried::Beaten(free) => connection = free,
                }
            }
        }
        for _ in 0..ATTEMPTS {
            let mut snapshot = soon(read(&mut connection, id, key)).await?;
            if snapshot.seq == 0 {
                return Err(PlayError::NotBegun);
            }
            if snapshot.events.is_empty() {
                self.recall(&[id.0]).await?;
                snapshot = soon(read(&mut connection, id, key)).await?;
            }
            let episode = Episode::replay(&snapshot.events)
                .map_err(|why| StoreError::corrupt("episode", why))?;
            if let Some(seen) = snapshot.seen {
                let envelopes = snapshot.envelopes(id, seen);
                return Ok(Played { envelopes, repeated: true, episode });
            }
            let now = Millis(now().0.max(snapshot.last_ms));
            let events = decide(&episode, now).map_err(PlayError::Refused)?;
            if events.is_empty() {
                return Ok(Played { envelopes: Vec::new(), repeated: false, episode });
            }
            let board = Board { seq: snapshot.seq, last_ms: snapshot.last_ms, episode };
            match self.try_behind(connection, board, &making, events, now).await? {
                Tried::Stored(played) => return Ok(*played),
                Tried::Beaten(free) => connection = free,
            }
        }
        Err(StoreError::Away(sqlx::Error::PoolTimedOut).into())
    }

    /// Stores events behind a board, if nothing is behind it yet.
    async fn try_behind(
        &self,
        connection: PoolConnection<Postgres>,
        board: Board,
        making: &Making<'_>,
        events: Vec<Event>,
        now: Millis,
    ) -> Result<Tried, StoreError> {
        let Board { seq: after, mut episode, .. } = board;
        let Making { id, key, failing, era } = *making;
        episode.absorb_all(&events);
        let summary = Summary::of(&episode);
        let failing = failing.cloned();
        let addition = Addition { id, key, after, events, now, summary, failing };
        let added = self.add(connection, addition).await?;
        if !added.stored {
            return Ok(Tried::Beaten(added.connection));
        }
        let envelopes = numbered(id, after, now, added.events);
        let seq = after + envelopes.len() as i64;
        self.known.keep(id, era, Board { seq, last_ms: now.0, episode: episode.clone() });
        Ok(Tried::Stored(Box::new(Played { envelopes, repeated: false, episode })))
    }

    /// Stores an addition and announces it, also where whoever asked for it is gone before the database answers.
    async fn add(
        &self,
        mut connection: PoolConnection<Postgres>,
        addition: Addition,
    ) -> Result<Added, StoreError> {
        let (announcer, origin) = (self.announcer.clone(), self.origin);
        let adding = tokio::spawn(async move {
            let stored = soon(append(&mut connection, &addition)).await?;
            let Addition { id, after, events, .. } = addition;
            if stored {
                announcer.say(EVENTS, format!("{id}:{}:{origin}", after + events.len() as i64));
            }
            Ok(Added { stored, connection, events })
        });
        adding.await.unwrap_or(Err(StoreError::Away(sqlx::Error::WorkerCrashed)))
    }

    /// Up to `limit` events after a cursor, for all eyes: filter them before they leave.
    pub async fn events_after(
        &self,
        id: EpisodeId,
        after: Cursor,
        limit: i64,
    ) -> Result<Vec<Envelope>, StoreError> {
        let rows = self.event_rows(id, after, limit).await?;
        let rows = match rows.is_empty() && self.recall_one(id.0, after).await? {
            true => self.event_rows(id, after, limit).await?,
            false => rows,
        };
        rows.into_iter().map(envelope).collect()
    }

    async fn event_rows(
        &self,
        id: EpisodeId,
        after: Cursor,
        limit: i64,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            r#"select episode_id, seq, at, kind, body::text as "body!" from events
             where episode_id = $1 and seq > $2 order by seq limit $3"#,
            id.0,
            after,
            limit
        );
        Ok(soon(rows.fetch_all(&self.pool)).await?)
    }
}

/// What a move adds behind event number `after`, and the episode's summary with it.
struct Addition {
    id: EpisodeId,
    key: Option<(Role, IdempotencyKey)>,
    after: i64,
    events: Vec<Event>,
    now: Millis,
    summary: Summary,
    failing: Option<Failing>,
}

/// What became of an [`Addition`], and what it took.
struct Added {
    /// `false`: others were there first, and nothing was stored.
    stored: bool,
    connection: PoolConnection<Postgres>,
    events: Vec<Event>,
}

async fn read(
    connection: &mut PgConnection,
    id: EpisodeId,
    key: Option<(Role, IdempotencyKey)>,
) -> Result<Snapshot, StoreError> {
    // One statement, so that row, events and key belong together.
    let row = sqlx::query!(
        r#"select seq as "seq!", kinds as "kinds!", bodies as "bodies!", times as "times!",
             first_seq as "first_seq?", last_seq as "last_seq?"
         from episode_read($1, $2, $3)"#,
        id.0,
        key.map_or("", |(role, _)| role.name()),
        key.map(|(_, key)| key.0),
    )
    .fetch_optional(connection)
    .await?
    .ok_or(StoreError::NotFound("negotiation"))?;
    let events = row.kinds.iter().zip(&row.bodies).map(|(kind, body)| event(kind, body));
    Ok(Snapshot {
        seq: row.seq,
        last_ms: row.times.last().map_or(0, DateTime::timestamp_millis),
        events: events.collect::<Result<_, _>>()?,
        times: row.times,
        seen: row.first_seq.zip(row.last_seq),
    })
}

/// Stores an addition. `false`: others were there first, and nothing was stored.
async fn append(connection: &mut PgConnection, addition: &Addition) -> Result<bool, StoreError> {
    let Addition { id, key, after, events, now, summary, failing } = addition;
    let (kinds, bodies) = columns(events);
    let scores = summary.scores.as_ref();
    let stored = sqlx::query_scalar!(
        r#"with episode as (
             update episodes set
                 seq = seq + cardinality($3::text[]), status = $6, moves = $7, last_act = $8,
                 next_actor = $9, deadline_at = $10, outcome = $11, outcome_kind = $12,
                 price_mills = $13, reward_name = $14, reward_version = $15, buyer_reward = $16,
                 seller_reward = $17, ended_at = case when $6 = 'over' then $5::timestamptz end,
                 steps_granted = case when $7 > moves then greatest(steps_granted - 1, 0)
                                      else steps_granted end,
                 failed_role = $20, failure_code = $21
             where id = $1 and seq = $2
             returning id
         ), stored as (
             insert into events (episode_id, seq, at, kind, body)
             select episode.id, $2 + e.n, $5, e.kind, e.body
             from episode, unnest($3::text[], $4::jsonb[]) with ordinality as e (kind, body, n)
         ), seen as (
             insert into moves_seen (episode_id, role, key, first_seq, last_seq)
             select episode.id, $18, $19, $2 + 1, $2 + cardinality($3::text[])
             from episode where $19::uuid is not null
         )
         select count(*) as "stored!" from episode"#,
        id.0,
        after,
        &kinds,
        &bodies as _,
        at(now.0),
        summary.status,
        summary.moves,
        summary.last_act.map(Json) as _,
        summary.next_actor,
        summary.deadline_ms.map(at),
        summary.outcome.map(Json) as _,
        summary.outcome_kind,
        summary.price_mills,
        scores.map(|scores| scores.reward.as_str()),
        scores.map(|scores| scores.version.cast_signed()),
        scores.and_then(|scores| scores.value.buyer),
        scores.and_then(|scores| scores.value.seller),
        key.map_or("", |(role, _)| role.name()),
        key.map(|(_, key)| key.0),
        failing.as_ref().map(|failing| failing.role.name()),
        failing.as_ref().map(|failing| failing.code.as_str()),
    )
    .fetch_one(connection)
    .await;
    match stored {
        Ok(stored) => Ok(stored == 1),
        // The key is an earlier move's, which whoever decided on a known board did not see.
        Err(error) if constraint(&error) == Some("move_pkey") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.constraint()
}

fn envelope(row: Row) -> Result<Envelope, StoreError> {
    Ok(Envelope {
        episode: EpisodeId(row.episode_id),
        seq: row.seq,
        at: row.at.timestamp_millis(),
        event: event(&row.kind, &row.body)?,
    })
}

impl Snapshot {
    fn envelopes(&self, id: EpisodeId, (first, last): (i64, i64)) -> Vec<Envelope> {
        let numbered = (1..).zip(self.events.iter().zip(&self.times));
        numbered
            .filter(|(seq, _)| (first..=last).contains(seq))
            .map(|(seq, (event, at))| Envelope {
                episode: id,
                seq,
                at: at.timestamp_millis(),
                event: event.clone(),
            })
            .collect()
    }
}

fn numbered(id: EpisodeId, after: i64, now: Millis, events: Vec<Event>) -> Vec<Envelope> {
    (after + 1..)
        .zip(events)
        .map(|(seq, event)| Envelope { episode: id, seq, at: now.0, event })
        .collect()
}
