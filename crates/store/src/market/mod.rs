//! Markets: their rows, their log, and who of the people sits where.

mod log;
mod sweep;
mod talk;

use std::time::Duration;

use rules::Role;
use rules::market::MarketScenario;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;
use wire::{EpisodeId, IdempotencyKey, MarketHead, MarketId, MarketStatus, UserId, VisitorId};

use crate::connection::Store;
use crate::error::StoreError;
use crate::lease::interval;
use crate::llm_call::role;

pub use log::{Added, Addition, LogRow, SeatChange};
pub use sweep::SweepRow;
pub use talk::MarketTalk;

#[derive(Clone, Debug, PartialEq)]
pub struct NewMarket {
    pub id: MarketId,
    pub title: String,
    /// The file, as it was read.
    pub population: String,
    pub scenario: MarketScenario,
    /// Which negotiator plays whom, as `policy` writes it.
    pub parts: Value,
    /// None: no clock of a server's plays it.
    pub pace: Option<Duration>,
    pub creator: VisitorId,
    pub user: Option<UserId>,
    pub key: IdempotencyKey,
    pub code_version: String,
}

/// A market's row. Holds all limits: mind who reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketRow {
    pub id: MarketId,
    pub title: String,
    pub population: String,
    pub scenario: MarketScenario,
    pub parts: Value,
    pub status: MarketStatus,
    pub seq: i64,
    pub step: u32,
    pub pace: Option<Duration>,
    pub steps_granted: u32,
    pub creator: VisitorId,
    pub user: Option<UserId>,
    pub created_ms: i64,
}

/// How a market's clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketClock {
    pub status: MarketStatus,
    pub pace_ms: Option<u32>,
    pub steps_granted: u32,
    pub owner: Option<Uuid>,
    /// People who sit in it now.
    pub people: u32,
}

/// A seat that a person has, or had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MarketSeat {
    pub role: Role,
    pub number: usize,
}

impl Store {
    /// Keeps a market before its first step; answers with the earlier one's id where the key was used before.
    ///
    /// # Errors
    /// Constraints named `market_*`.
    pub async fn market_create(&self, new: &NewMarket) -> Result<MarketId, StoreError> {
        let id = sqlx::query_scalar!(
            r#"with people as (
                 insert into visitors (id) values ($7) on conflict do nothing
             ), made as (
                 insert into markets (id, title, population, scenario, parts, status, pace_ms,
                     created_by, creator_user, creator_key, code_version)
                 values ($1, $2, $3, $4, $5, 'running', $6, $7, $8, $9, $10)
                 on conflict on constraint market_opened_once do nothing
                 returning id
             )
             select id as "id!" from made
             union all
             select id from markets where created_by = $7 and creator_key = $9
             limit 1"#,
            new.id.0,
            new.title,
            new.population,
            Json(&new.scenario) as _,
            new.parts,
            new.pace.map(|pace| i32::try_from(pace.as_millis()).unwrap_or(i32::MAX)),
            new.creator.0,
            new.user.map(|user| user.0),
            new.key.0,
            new.code_version,
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(MarketId(id))
    }

    /// # Errors
    /// `NotFound`.
    pub async fn market_find(&self, id: MarketId) -> Result<MarketRow, StoreError> {
        let row = sqlx::query!(
            r#"select title, population, scenario as "scenario: Json<MarketScenario>", parts, status, seq, step,
                 pace_ms, steps_granted, created_by, creator_user, created_at
             from markets where id = $1"#,
            id.0
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or(StoreError::NotFound("market"))?;
        Ok(MarketRow {
            id,
            title: row.title,
            population: row.population,
            scenario: row.scenario.0,
            parts: row.parts,
            status: status(&row.status)?,
            seq: row.seq,
            step: row.step.cast_unsigned(),
            pace: row.pace_ms.map(|ms| Duration::from_millis(u64::from(ms.cast_unsigned()))),
            steps_granted: row.steps_granted.cast_unsigned(),
            creator: VisitorId(row.created_by),
            user: row.creator_user.map(UserId),
            created_ms: row.created_at.timestamp_millis(),
        })
    }

    /// The newest first, those under way before those that are over.
    pub async fn markets_list(&self, limit: i64) -> Result<Vec<MarketHead>, StoreError> {
        let rows = sqlx::query!(
            r#"select m.id, m.title, m.status, m.step, m.sold, m.created_at,
                 (m.scenario ->> 'steps')::integer as "steps!",
                 jsonb_array_length(m.scenario -> 'stalls') as "stalls!",
                 jsonb_array_length(m.scenario -> 'buyers') as "buyers!",
                 (select count(*) from market_seats s
                  where s.market_id = m.id and s.left_at is null and m.status <> 'over') as "people!"
             from markets m order by m.status = 'over', m.id desc limit $1"#,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(MarketHead {
                    id: MarketId(row.id),
                    title: row.title,
                    status: status(&row.status)?,
                    step: row.step.cast_unsigned(),
                    steps: row.steps.cast_unsigned(),
                    stalls: row.stalls.cast_unsigned(),
                    buyers: row.buyers.cast_unsigned(),
                    sold: row.sold.cast_unsigned(),
                    people: u32::try_from(row.people).unwrap_or(u32::MAX),
                    created_ms: row.created_at.timestamp_millis(),
                })
            })
            .collect()
    }

    /// Markets under way that somebody opened: how many there may be has a limit.
    pub async fn markets_under_way(&self, creator: Option<VisitorId>) -> Result<i64, StoreError> {
        let found = sqlx::query_scalar!(
            r#"select count(*) as "found!" from markets
             where status <> 'over' and pace_ms is not null and ($1::uuid is null or created_by = $1)"#,
            creator.map(|creator| creator.0)
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(found)
    }

    /// The clock: how fast, whether at all, and how many steps while it stands. Nothing of a market that is over.
    pub async fn market_pace_set(
        &self,
        id: MarketId,
        pace: Option<Duration>,
        paused: Option<bool>,
        steps: u32,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update markets set
                 pace_ms = case when pace_ms is null then null else coalesce($2, pace_ms) end,
                 status = case when $3 then 'paused' when not $3 then 'running' else status end,
                 steps_granted = case when $3 = false then 0 else steps_granted + $4 end
             where id = $1 and status <> 'over'",
            id.0,
            pace.map(|pace| i32::try_from(pace.as_millis()).unwrap_or(i32::MAX)),
            paused,
            steps.cast_signed(),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Takes, or renews, the leases on markets whose clock nobody else keeps; answers with all that this owner keeps.
    pub async fn markets_claim(
        &self,
        owner: Uuid,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<MarketId>, StoreError> {
        let ids = sqlx::query_scalar!(
            "update markets set lease_owner = $1, lease_until = now() + $2
             where id in (
                 select id from markets
                 where status <> 'over' and pace_ms is not null
                     and (lease_owner = $1 or lease_owner is null or lease_until < now())
                 order by id limit $3 for update skip locked
             )
             returning id",
            owner,
            interval(lease),
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(MarketId).collect())
    }

    /// Lets others keep the clocks of a process that ends.
    pub async fn markets_release(&self, owner: Uuid) -> Result<(), StoreError> {
        sqlx::query!(
            "update markets set lease_owner = null, lease_until = null where lease_owner = $1",
            owner
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Where a person sits now.
    pub async fn market_seat_of(
        &self,
        id: MarketId,
        visitor: VisitorId,
    ) -> Result<Option<MarketSeat>, StoreError> {
        let row = sqlx::query!(
            "select role, number from market_seats
             where market_id = $1 and visitor_id = $2 and left_at is null",
            id.0,
            visitor.0
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| seat(&row.role, row.number)).transpose()
    }

    /// A person's page asked.
    pub async fn market_seat_seen(
        &self,
        id: MarketId,
        visitor: VisitorId,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update market_seats set seen_at = now()
             where market_id = $1 and visitor_id = $2 and left_at is null
                 and seen_at < now() - interval '10 seconds'",
            id.0,
            visitor.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Seats of people whose pages have not asked for so long.
    pub async fn market_seats_left(
        &self,
        id: MarketId,
        after: Duration,
    ) -> Result<Vec<(MarketSeat, VisitorId)>, StoreError> {
        let rows = sqlx::query!(
            "select role, number, visitor_id from market_seats
             where market_id = $1 and left_at is null and seen_at < now() - $2::interval",
            id.0,
            interval(after)
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| Ok((seat(&row.role, row.number)?, VisitorId(row.visitor_id))))
            .collect()
    }

    /// How a market's clock stands.
    pub async fn market_clock(&self, id: MarketId) -> Result<MarketClock, StoreError> {
        let row = sqlx::query!(
            r#"select m.status, m.pace_ms, m.steps_granted, m.lease_owner,
                 (select count(*) from market_seats s
                  where s.market_id = m.id and s.left_at is null and m.status <> 'over') as "people!"
             from markets m where m.id = $1"#,
            id.0
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or(StoreError::NotFound("market"))?;
        Ok(MarketClock {
            status: status(&row.status)?,
            pace_ms: row.pace_ms.map(i32::cast_unsigned),
            steps_granted: row.steps_granted.cast_unsigned(),
            owner: row.lease_owner,
            people: u32::try_from(row.people).unwrap_or(u32::MAX),
        })
    }

    /// Everybody who sits in a market now, or sat there last.
    pub async fn market_sitters(
        &self,
        id: MarketId,
    ) -> Result<Vec<(MarketSeat, VisitorId)>, StoreError> {
        let rows = sqlx::query!(
            "select distinct on (role, number) role, number, visitor_id from market_seats
             where market_id = $1 order by role, number, taken_at desc",
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| Ok((seat(&row.role, row.number)?, VisitorId(row.visitor_id))))
            .collect()
    }

    /// The episode of a talk that is over.
    pub async fn market_episode(
        &self,
        id: MarketId,
        talk: usize,
    ) -> Result<Option<EpisodeId>, StoreError> {
        let found = sqlx::query_scalar!(
            "select id from episodes where market_id = $1 and market_talk = $2",
            id.0,
            i32::try_from(talk).unwrap_or(i32::MAX)
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.map(EpisodeId))
    }
}

fn seat(name: &str, number: i32) -> Result<MarketSeat, StoreError> {
    Ok(MarketSeat { role: role(name)?, number: number.cast_unsigned() as usize })
}

fn status(name: &str) -> Result<MarketStatus, StoreError> {
    [MarketStatus::Running, MarketStatus::Paused, MarketStatus::Over]
        .into_iter()
        .find(|status| status.name() == name)
        .ok_or_else(|| StoreError::corrupt("market", format!("its status is {name}")))
}
