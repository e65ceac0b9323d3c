//! Episodes: starting, joining, finding.

use chrono::{DateTime, Utc};
use rules::{Episode, Event, Millis, Move, PerRole, Role, Scenario};
use serde::Deserialize;
use serde_json::value::RawValue;
use sqlx::types::Json;
use uuid::Uuid;
use wire::{
    EpisodeId, EpisodeStatus, Fork, IdempotencyKey, Pace, ProductId, StudyId, UserId, VisitorId,
};

use crate::connection::Store;
use crate::episode_row::{EpisodeRow, Sitter};
use crate::error::StoreError;
use crate::secret::hashed;
use crate::summary::Summary;

/// An episode to be started.
#[derive(Clone, Debug)]
pub struct NewEpisodeRow {
    pub id: EpisodeId,
    pub product: ProductId,
    pub scenario: Scenario,
    /// At most one of them [`Sitter::Open`].
    pub seats: PerRole<Sitter>,
    pub creator: VisitorId,
    /// One per episode that the creator wants.
    pub key: IdempotencyKey,
    /// With an open seat: what the invitation link shall carry. Kept as a hash.
    pub invite_token: Option<String>,
    /// For two negotiators that are watched.
    pub pace: Option<Pace>,
    pub code_version: String,
    /// Where it goes on from another episode. Not with an open seat.
    pub branch: Option<Branch>,
    /// Of a study with recruited people.
    pub study: Option<StudyEpisode>,
}

/// Which study an episode belongs to. Nobody but who sits at it and researchers sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StudyEpisode {
    pub study: StudyId,
    /// Counts for nothing.
    pub practice: bool,
}

/// The part of an episode that another one begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    pub from: Fork,
    /// The moves up to there, which are played anew by the rules.
    pub moves: Vec<(Role, Move)>,
}

impl Branch {
    /// What these moves lead to behind an opening.
    fn replay(&self, scenario: &Scenario, now: Millis) -> Result<Vec<Event>, StoreError> {
        let mut episode = Episode::start(scenario, now);
        let mut all = Vec::new();
        for (by, mv) in &self.moves {
            let events = rules::apply(&episode, *by, mv.clone(), now)
                .map_err(|why| StoreError::corrupt("history", why))?;
            episode.absorb_all(&events);
            all.extend(events);
        }
        Ok(all)
    }
}

/// Answer to [`Store::episode_create`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// The earlier episode's, where the key was used before.
    pub id: EpisodeId,
    pub repeated: bool,
}

/// Why an invitation was not taken.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error("there is no open seat for this invitation: it was taken, or the link is wrong")]
    NoSeat,
    #[error(
        "you sit on the other side of this negotiation already: send the link to somebody else"
    )]
    OwnInvitation,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Starts an episode, once per creator and key. With an open seat it waits, without events, and
    /// opens when the seat is taken; else it opens now.
    ///
    /// # Errors
    /// Constraints `episode_product_exists`, `episode_limits_positive` and others named `episode_*`;
    /// `Corrupt` where a branch's moves are not legal.
    pub async fn episode_create(&self, new: &NewEpisodeRow) -> Result<Created, StoreError> {
        let now = now();
        let waits = Role::BOTH.iter().any(|role| *new.seats.get(*role) == Sitter::Open);
        let mut events = if waits { Vec::new() } else { rules::open(&new.scenario, now) };
        if let Some(branch) = &new.branch {
            events.extend(branch.replay(&new.scenario, now)?);
        }
        match self.insert_episode(new, &events, now).await? {
            Some(id) => Ok(Created { id, repeated: false }),
            None => {
                let id = sqlx::query_scalar!(
                    "select id from episodes where creator_visitor = $1 and creator_key = $2",
                    new.creator.0,
                    new.key.0
                )
                .fetch_one(&self.pool)
                .await?;
                Ok(Created { id: EpisodeId(id), repeated: true })
            }
        }
    }

    /// One statement, so that an episode without its opening is never seen. `None`: the key was used.
    async fn insert_episode(
        &self,
        new: &NewEpisodeRow,
        events: &[Event],
        now: Millis,
    ) -> Result<Option<EpisodeId>, StoreError> {
        let (kinds, bodies) = columns(events);
        let summary = Episode::replay(events).ok().map(|episode| Summary::of(&episode));
        let (buyer, seller) =
            (SeatColumns::of(&new.seats.buyer), SeatColumns::of(&new.seats.seller));
        let id = sqlx::query_scalar!(
            "with people as (
                 insert into visitors (id)
                 select distinct id from unnest(array[$4, $18, $23]::uuid[]) as people (id)
                 where id is not null
                 on conflict do nothing
             ), episode as (
                 insert into episodes (
                     id, product_id, scenario, creator_visitor, creator_key, invite_hash, status, seq,
                     next_actor, deadline_at, code_version, pace_ms, paused, created_at, seed,
                     buyer_kind, buyer_negotiator, buyer_title, buyer_visitor, buyer_user,
                     seller_kind, seller_negotiator, seller_title, seller_visitor, seller_user,
                     moves, last_act, forked_from, forked_seq, study_id, study_part
                 ) values (
                     $1, $2, $3, $4, $5, $6, $7, cardinality($25::text[]), $8, $9, $10, $11, $12, $13, $14,
                     $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $27, $28, $29, $30, $31, $32
                 )
                 on conflict on constraint episode_started_once do nothing
                 returning id
             ), opening as (
                 insert into events (episode_id, seq, at, kind, body)
                 select episode.id, e.seq, $13, e.kind, e.body
                 from episode, unnest($25::text[], $26::jsonb[]) with ordinality as e (kind, body, seq)
             )
             select id from episode",
            new.id.0,
            new.product.0,
            Json(&new.scenario) as _,
            new.creator.0,
            new.key.0,
            new.invite_token.as_deref().map(hashed),
            summary.as_ref().map_or("waiting", |s| s.status),
            summary.as_ref().and_then(|s| s.next_actor),
            summary.as_ref().and_then(|s| s.deadline_ms).map(at),
            new.code_version,
            new.pace.map(|pace| pace_ms(pace.interval_ms)),
            new.pace.is_some_and(|pace| pace.paused),
            at(now.0),
            new.scenario.seed.cast_signed(),
            buyer.kind,
            buyer.negotiator,
            buyer.title,
            buyer.visitor,
            buyer.user,
            seller.kind,
            seller.negotiator,
            seller.title,
            seller.visitor,
            seller.user,
            &kinds,
            &bodies as _,
            summary.as_ref().map_or(0, |s| s.moves),
            summary.as_ref().and_then(|s| s.last_act).map(Json) as _,
            new.branch.as_ref().map(|branch| branch.from.episode.0),
            new.branch.as_ref().map(|branch| branch.from.seq),
            new.study.map(|of| of.study.0),
            new.study.map(|of| if of.practice { "practice" } else { "counts" }),
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(id.map(EpisodeId))
    }

    /// Takes the open seat with the token of an invitation link, and opens the episode. The same
    /// visitor again gets the same seat.
    pub async fn episode_join(
        &self,
        id: EpisodeId,
        token: &str,
        visitor: VisitorId,
        user: Option<UserId>,
    ) -> Result<Role, JoinError> {
        let row = self.episode_find(id).await?;
        if row.status != EpisodeStatus::Waiting {
            return row.role_of(visitor).ok_or(JoinError::NoSeat);
        }
        if row.role_of(visitor).is_some() {
            return Err(JoinError::OwnInvitation);
        }
        let role = Role::BOTH
            .into_iter()
            .find(|role| *row.seats.get(*role) == Sitter::Open)
            .ok_or(JoinError::NoSeat)?;
        let taken = self.take_seat(&row, role, token, visitor, user).await?;
        if taken { Ok(role) } else { Err(JoinError::NoSeat) }
    }

    /// One statement that finds the seat still open, or does nothing.
    async fn take_seat(
        &self,
        row: &EpisodeRow,
        role: Role,
        token: &str,
        visitor: VisitorId,
        user: Option<UserId>,
    ) -> Result<bool, StoreError> {
        let now = now();
        let events = rules::open(&row.scenario, now);
        let (kinds, bodies) = columns(&events);
        let episode = Episode::start(&row.scenario, now);
        let summary = Summary::of(&episode);
        let taken = sqlx::query_scalar!(
            r#"with visitor as (
                 insert into visitors (id) values ($4) on conflict do nothing
             ), episode as (
                 update episodes set
                     buyer_kind = case when $2 = 'buyer' then 'person' else buyer_kind end,
                     buyer_visitor = case when $2 = 'buyer' then $4 else buyer_visitor end,
                     buyer_user = case when $2 = 'buyer' then $5 else buyer_user end,
                     seller_kind = case when $2 = 'seller' then 'person' else seller_kind end,
                     seller_visitor = case when $2 = 'seller' then $4 else seller_visitor end,
                     seller_user = case when $2 = 'seller' then $5 else seller_user end,
                     invite_hash = null, status = $6, next_actor = $7, deadline_at = $8,
                     seq = cardinality($9::text[])
                 where id = $1 and status = 'waiting' and invite_hash = $3
                     and case when $2 = 'buyer' then buyer_kind else seller_kind end = 'open'
                 returning id
             ), opening as (
                 insert into events (episode_id, seq, at, kind, body)
                 select episode.id, e.seq, $11, e.kind, e.body
                 from episode, unnest($9::text[], $10::jsonb[]) with ordinality as e (kind, body, seq)
             ), told as (
                 select pg_notify('souk_heads', id::text),
                     pg_notify('souk_events', id || ':' || cardinality($9::text[]))
                 from episode
             )
             select count(*) as "taken!" from told"#,
            row.id.0,
            role.name(),
            hashed(token),
            visitor.0,
            user.map(|user| user.0),
            summary.status,
            summary.next_actor,
            summary.deadline_ms.map(at),
            &kinds,
            &bodies as _,
            at(now.0),
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(taken == 1)
    }

    /// The creator's own earlier episode with this key, for a repeat that must not draw a new seed.
    pub async fn episode_find_by_key(
        &self,
        creator: VisitorId,
        key: IdempotencyKey,
    ) -> Result<Option<EpisodeId>, StoreError> {
        let id = sqlx::query_scalar!(
            "select id from episodes where creator_visitor = $1 and creator_key = $2",
            creator.0,
            key.0
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(id.map(EpisodeId))
    }
}

/// The columns of one seat.
pub(crate) struct SeatColumns<'a> {
    pub kind: &'static str,
    pub negotiator: Option<&'a str>,
    pub title: Option<&'a str>,
    pub visitor: Option<Uuid>,
    pub user: Option<Uuid>,
}

impl SeatColumns<'_> {
    pub fn of(sitter: &Sitter) -> SeatColumns<'_> {
        let empty =
            SeatColumns { kind: "open", negotiator: None, title: None, visitor: None, user: None };
        match sitter {
            Sitter::Open => empty,
            Sitter::Person { visitor, user } => SeatColumns {
                kind: "person",
                visitor: Some(visitor.0),
                user: user.map(|user| user.0),
                ..empty
            },
            Sitter::Negotiator { name, title } => SeatColumns {
                kind: "negotiator",
                negotiator: Some(&name.0),
                title: Some(title),
                ..empty
            },
        }
    }
}

/// The clock, in the rules' unit.
pub(crate) fn now() -> Millis {
    Millis(Utc::now().timestamp_millis())
}

/// A point in time for the database.
pub(crate) fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The database's constraint says what is too long, not an overflow here.
pub(crate) fn pace_ms(interval_ms: u32) -> i32 {
    i32::try_from(interval_ms).unwrap_or(i32::MAX)
}

/// Events as the two columns `kind` and `body`. The body goes to Postgres as it was written: read into a tree
/// and written again, it is half of the time that storing scripted episodes takes.
pub(crate) fn columns(events: &[Event]) -> (Vec<String>, Vec<Json<Box<RawValue>>>) {
    events.iter().map(event_columns).unzip()
}

fn event_columns(event: &Event) -> (String, Json<Box<RawValue>>) {
    #[derive(Deserialize)]
    struct Columns {
        kind: String,
        body: Box<RawValue>,
    }
    let whole = serde_json::to_string(event).expect("an event has text keys only");
    let columns: Columns = serde_json::from_str(&whole).expect("an event is tagged by kind");
    (columns.kind, Json(columns.body))
}

/// The event of the two columns, `body` as text: read without a tree in between, as it was written.
pub(crate) fn event(kind: &str, body: &str) -> Result<Event, StoreError> {
    serde_json::from_str(&format!(r#"{{"kind":"{kind}","body":{body}}}"#))
        .map_err(|why| StoreError::corrupt("event", why))
}
