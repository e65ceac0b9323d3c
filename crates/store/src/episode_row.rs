//! An episode's row: who sits where, and the summary of its events.

use chrono::{DateTime, Utc};
use rules::{Act, Outcome, PerRole, Role, Scenario};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;
use wire::{
    EpisodeId, EpisodeStatus, Fork, NegotiatorName, Pace, ProductId, Seat, StudyId, UserId,
    VisitorId,
};

use crate::connection::{Store, soon};
use crate::episode::StudyEpisode;
use crate::error::StoreError;
use crate::llm_call::role;
use crate::play::Played;
use crate::summary::{Scores, Summary};

/// Who sits on a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sitter {
    /// Waits for the invited person.
    Open,
    Person {
        visitor: VisitorId,
        /// Where that person was signed in.
        user: Option<UserId>,
    },
    Negotiator {
        name: NegotiatorName,
        title: String,
    },
}

impl Sitter {
    /// What everybody may know.
    pub fn public(&self) -> Seat {
        match self {
            Sitter::Open => Seat::Open,
            Sitter::Person { .. } => Seat::Person,
            Sitter::Negotiator { name, title } => {
                Seat::Negotiator { name: name.clone(), title: title.clone() }
            }
        }
    }

    pub fn is_negotiator(&self) -> bool {
        matches!(self, Sitter::Negotiator { .. })
    }
}

/// How a negotiator's failure ended an episode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    pub role: Role,
    /// Stable, and nothing internal.
    pub code: String,
}

/// An episode's row. Holds both limits: mind who reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeRow {
    pub id: EpisodeId,
    pub product: ProductId,
    pub scenario: Scenario,
    pub seats: PerRole<Sitter>,
    pub creator: VisitorId,
    pub status: EpisodeStatus,
    /// Number of the last event; 0 while a seat is open.
    pub seq: i64,
    pub moves: u32,
    pub last_act: Option<Act>,
    /// Who may act now; both in the open protocol.
    pub next_actors: Vec<Role>,
    pub deadline_ms: Option<i64>,
    pub outcome: Option<Outcome>,
    pub scores: Option<Scores>,
    pub pace: Option<Pace>,
    /// Moves that may be played although the episode is paused.
    pub steps_granted: u32,
    pub code_version: String,
    pub created_ms: i64,
    pub ended_ms: Option<i64>,
    /// Where the machinery ended it.
    pub failing: Option<Failing>,
    pub forked_from: Option<Fork>,
    /// Whom it is hidden from follows from it.
    pub study: Option<StudyEpisode>,
}

impl EpisodeRow {
    /// The seat of a person; the buyer's where one sits on both.
    pub fn role_of(&self, who: VisitorId) -> Option<Role> {
        Role::BOTH.into_iter().find(
            |role| matches!(self.seats.get(*role), Sitter::Person { visitor, .. } if *visitor == who),
        )
    }

    /// The negotiators who may act now.
    pub fn acting_negotiators(&self) -> impl Iterator<Item = (Role, &NegotiatorName)> {
        self.next_actors.iter().filter_map(|role| match self.seats.get(*role) {
            Sitter::Negotiator { name, .. } => Some((*role, name)),
            _ => None,
        })
    }

    /// The row behind a move that was stored right behind this one; `None` where something came in between. The pace is as
    /// it was.
    pub fn after(&self, played: &Played) -> Option<EpisodeRow> {
        let first = played.envelopes.first().filter(|_| !played.repeated)?;
        if first.seq != self.seq + 1 {
            return None;
        }
        let summary = Summary::of(&played.episode);
        let moves = summary.moves.cast_unsigned();
        let granted = self.steps_granted.saturating_sub(u32::from(moves > self.moves));
        let over = summary.outcome.map(|_| first.at);
        Some(EpisodeRow {
            status: if over.is_some() { EpisodeStatus::Over } else { EpisodeStatus::Playing },
            seq: self.seq + i64::try_from(played.envelopes.len()).ok()?,
            moves,
            last_act: summary.last_act,
            next_actors: next_actors(summary.next_actor).ok()?,
            deadline_ms: summary.deadline_ms,
            outcome: summary.outcome,
            scores: summary.scores,
            steps_granted: granted,
            ended_ms: over,
            ..self.clone()
        })
    }

    /// Whether a paused episode waits for play or step.
    pub fn is_held(&self) -> bool {
        self.pace.is_some_and(|pace| pace.paused) && self.steps_granted == 0
    }
}

impl Store {
    /// An episode's row, with both limits.
    pub async fn episode_find(&self, id: EpisodeId) -> Result<EpisodeRow, StoreError> {
        let row = sqlx::query_as!(
            Columns,
            r#"select id, product_id, scenario as "scenario: Json<Scenario>", creator_visitor,
                 status, seq, moves, last_act as "last_act: Json<Act>", next_actor, deadline_at,
                 outcome as "outcome: Json<Outcome>", reward_name, reward_version, buyer_reward,
                 seller_reward, pace_ms, paused, steps_granted, code_version, created_at, ended_at,
                 failed_role, failure_code, forked_from, forked_seq, study_id, study_part,
                 buyer_kind, buyer_negotiator, buyer_title, buyer_visitor, buyer_user,
                 seller_kind, seller_negotiator, seller_title, seller_visitor, seller_user
             from episodes where id = $1"#,
            id.0
        )
        .fetch_optional(&self.pool);
        soon(row).await?.ok_or(StoreError::NotFound("negotiation"))?.row()
    }
}

struct Columns {
    id: Uuid,
    product_id: String,
    scenario: Json<Scenario>,
    creator_visitor: Uuid,
    status: String,
    seq: i64,
    moves: i32,
    last_act: Option<Json<Act>>,
    next_actor: Option<String>,
    deadline_at: Option<DateTime<Utc>>,
    outcome: Option<Json<Outcome>>,
    reward_name: Option<String>,
    reward_version: Option<i32>,
    buyer_reward: Option<f64>,
    seller_reward: Option<f64>,
    pace_ms: Option<i32>,
    paused: bool,
    steps_granted: i32,
    code_version: String,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    failed_role: Option<String>,
    failure_code: Option<String>,
    forked_from: Option<Uuid>,
    forked_seq: Option<i64>,
    study_id: Option<Uuid>,
    study_part: Option<String>,
    buyer_kind: String,
    buyer_negotiator: Option<String>,
    buyer_title: Option<String>,
    buyer_visitor: Option<Uuid>,
    buyer_user: Option<Uuid>,
    seller_kind: String,
    seller_negotiator: Option<String>,
    seller_title: Option<String>,
    seller_visitor: Option<Uuid>,
    seller_user: Option<Uuid>,
}

impl Columns {
    fn row(self) -> Result<EpisodeRow, StoreError> {
        let buyer = sitter(
            &self.buyer_kind,
            self.buyer_negotiator,
            self.buyer_title,
            self.buyer_visitor,
            self.buyer_user,
        )?;
        let seller = sitter(
            &self.seller_kind,
            self.seller_negotiator,
            self.seller_title,
            self.seller_visitor,
            self.seller_user,
        )?;
        Ok(EpisodeRow {
            id: EpisodeId(self.id),
            product: ProductId(self.product_id),
            scenario: self.scenario.0,
            seats: PerRole { buyer, seller },
            creator: VisitorId(self.creator_visitor),
            status: status(&self.status)?,
            seq: self.seq,
            moves: self.moves.cast_unsigned(),
            last_act: self.last_act.map(|act| act.0),
            next_actors: next_actors(self.next_actor.as_deref())?,
            deadline_ms: self.deadline_at.map(|at| at.timestamp_millis()),
            outcome: self.outcome.map(|outcome| outcome.0),
            scores: self.reward_name.zip(self.reward_version).map(|(reward, version)| Scores {
                reward,
                version: version.cast_unsigned(),
                value: PerRole { buyer: self.buyer_reward, seller: self.seller_reward },
            }),
            pace: self
                .pace_ms
                .map(|ms| Pace { interval_ms: ms.cast_unsigned(), paused: self.paused }),
            steps_granted: self.steps_granted.cast_unsigned(),
            code_version: self.code_version,
            created_ms: self.created_at.timestamp_millis(),
            ended_ms: self.ended_at.map(|at| at.timestamp_millis()),
            failing: failing(self.failed_role, self.failure_code)?,
            forked_from: self
                .forked_from
                .zip(self.forked_seq)
                .map(|(episode, seq)| Fork { episode: EpisodeId(episode), seq }),
            study: self.study_id.map(|id| StudyEpisode {
                study: StudyId(id),
                practice: self.study_part.as_deref() == Some("practice"),
            }),
        })
    }
}

/// The two columns of a failure.
pub(crate) fn failing(
    failed: Option<String>,
    code: Option<String>,
) -> Result<Option<Failing>, StoreError> {
    let failing = failed.zip(code).map(|(failed, code)| Ok(Failing { role: role(&failed)?, code }));
    failing.transpose()
}

pub(crate) fn sitter(
    kind: &str,
    negotiator: Option<String>,
    title: Option<String>,
    visitor: Option<Uuid>,
    user: Option<Uuid>,
) -> Result<Sitter, StoreError> {
    match (kind, negotiator, visitor) {
        ("open", _, _) => Ok(Sitter::Open),
        ("person", _, Some(visitor)) => {
            Ok(Sitter::Person { visitor: VisitorId(visitor), user: user.map(UserId) })
        }
        ("negotiator", Some(name), _) => {
            let title = title.unwrap_or_else(|| name.clone());
            Ok(Sitter::Negotiator { name: NegotiatorName(name), title })
        }
        (kind, ..) => Err(StoreError::corrupt("seat", kind)),
    }
}

pub(crate) fn status(text: &str) -> Result<EpisodeStatus, StoreError> {
    match text {
        "waiting" => Ok(EpisodeStatus::Waiting),
        "playing" => Ok(EpisodeStatus::Playing),
        "over" => Ok(EpisodeStatus::Over),
        other => Err(StoreError::corrupt("status", other)),
    }
}

fn next_actors(text: Option<&str>) -> Result<Vec<Role>, StoreError> {
    match text {
        None => Ok(Vec::new()),
        Some("buyer") => Ok(vec![Role::Buyer]),
        Some("seller") => Ok(vec![Role::Seller]),
        Some("either") => Ok(Role::BOTH.to_vec()),
        Some(other) => Err(StoreError::corrupt("next actor", other)),
    }
}
