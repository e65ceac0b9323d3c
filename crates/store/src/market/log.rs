//! A market's log: the one way in which a market changes.

use rules::Role;
use rules::market::MarketEvent;
use sqlx::types::Json;
use wire::{IdempotencyKey, MarketId, VisitorId};

use super::MarketTalk;
use super::talk::talks_insert;
use crate::connection::Store;
use crate::episode::at;
use crate::error::StoreError;

/// What is to be added behind the event `after`: a step, or one act of a person.
#[derive(Clone, Debug)]
pub struct Addition<'a> {
    pub market: MarketId,
    pub after: i64,
    pub at_ms: i64,
    pub key: Option<IdempotencyKey>,
    pub events: &'a [MarketEvent],
    /// Talks that ended with these events.
    pub talks: &'a [MarketTalk],
    pub seat: Option<SeatChange>,
    /// As the market is behind these events.
    pub step: u32,
    pub sold: u32,
    pub is_over: bool,
}

/// A person who comes or leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatChange {
    pub visitor: VisitorId,
    pub role: Role,
    pub number: usize,
    pub takes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    Stored,
    /// Something else came in between: read on, and decide again.
    Stale,
    /// The key was used before.
    Repeated,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    /// Number of its first event.
    pub first: i64,
    pub at_ms: i64,
    pub events: Vec<MarketEvent>,
}

impl Store {
    /// All of it or nothing, in one transaction. Nobody holds a lock while deciding: whoever decided on a market that
    /// has changed since gets [`Added::Stale`].
    ///
    /// # Errors
    /// Constraints `market_seat_taken_once`, `market_seat_one_each` and others of markets and episodes.
    pub async fn market_append(&self, add: &Addition<'_>) -> Result<Added, StoreError> {
        let mut transaction = self.begin().await?;
        let count = i64::try_from(add.events.len()).unwrap_or(i64::MAX);
        // This line is what concurrent writers wait for.
        let found = sqlx::query_scalar!(
            "update markets set seq = seq + $3, step = $4, sold = $5,
                 status = case when $6 then 'over' else status end,
                 ended_at = case when $6 then $7::timestamptz end,
                 steps_granted = case when $4 > step then greatest(steps_granted - 1, 0) else steps_granted end
             where id = $1 and seq = $2 and status <> 'over' returning seq",
            add.market.0,
            add.after,
            count,
            add.step.cast_signed(),
            add.sold.cast_signed(),
            add.is_over,
            at(add.at_ms)
        )
        .fetch_optional(&mut *transaction)
        .await?;
        if found.is_none() {
            let Some(key) = add.key else { return Ok(Added::Stale) };
            let repeated = sqlx::query_scalar!(
                r#"select exists (select from market_log where market_id = $1 and key = $2) as "repeated!""#,
                add.market.0,
                key.0
            )
            .fetch_one(&mut *transaction)
            .await?;
            return Ok(if repeated { Added::Repeated } else { Added::Stale });
        }
        let stored = sqlx::query!(
            "insert into market_log (market_id, first, last, at, key, events)
             values ($1, $2::bigint + 1, $2::bigint + $3::bigint, $4, $5, $6)
             on conflict (market_id, key) where key is not null do nothing",
            add.market.0,
            add.after,
            count,
            at(add.at_ms),
            add.key.map(|key| key.0),
            Json(add.events) as _
        )
        .execute(&mut *transaction)
        .await?;
        if stored.rows_affected() == 0 {
            return Ok(Added::Repeated);
        }
        if let Some(seat) = add.seat {
            seat_change(&mut transaction, add.market, seat).await?;
        }
        talks_insert(&mut transaction, add.market, add.talks).await?;
        sqlx::query!("select pg_notify('souk_markets', $1)", add.market.0.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Added::Stored)
    }

    /// Whether an act of this key is stored already.
    pub async fn market_key_seen(
        &self,
        id: MarketId,
        key: IdempotencyKey,
    ) -> Result<bool, StoreError> {
        let seen = sqlx::query_scalar!(
            r#"select exists (select from market_log where market_id = $1 and key = $2) as "seen!""#,
            id.0,
            key.0
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(seen)
    }

    /// What happened after the event of a number, up to `limit` rows.
    pub async fn market_log_after(
        &self,
        id: MarketId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<LogRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select first, at, events as "events: Json<Vec<MarketEvent>>" from market_log
             where market_id = $1 and first > $2 order by first limit $3"#,
            id.0,
            after,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let told = |first, at: chrono::DateTime<chrono::Utc>, events| LogRow {
            first,
            at_ms: at.timestamp_millis(),
            events,
        };
        Ok(rows.into_iter().map(|row| told(row.first, row.at, row.events.0)).collect())
    }
}

async fn seat_change(
    connection: &mut sqlx::PgConnection,
    market: MarketId,
    seat: SeatChange,
) -> Result<(), StoreError> {
    let number = i32::try_from(seat.number).unwrap_or(i32::MAX);
    match seat.takes {
        true => {
            sqlx::query!(
                "with people as (insert into visitors (id) values ($4) on conflict do nothing)
                 insert into market_seats (market_id, role, number, visitor_id) values ($1, $2, $3, $4)",
                market.0,
                seat.role.name(),
                number,
                seat.visitor.0
            )
            .execute(connection)
            .await?
        }
        false => {
            sqlx::query!(
                "update market_seats set left_at = now()
                 where market_id = $1 and role = $2 and number = $3 and left_at is null",
                market.0,
                seat.role.name(),
                number
            )
            .execute(connection)
            .await?
        }
    };
    Ok(())
}
