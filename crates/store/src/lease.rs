//! Leases: of several server processes one drives an episode's negotiators, and when it dies
//! another one finds them. What is looked through for them are the episodes in play with a negotiator, as an index names
//! them: one of those that wait for theirs would be written with each move.

use std::time::Duration;

use sqlx::postgres::types::PgInterval;
use uuid::Uuid;
use wire::EpisodeId;

use crate::connection::{Store, soon};
use crate::episode::now;
use crate::error::StoreError;

impl Store {
    /// Takes, or renews, the lease on one episode. `false`: somebody else holds it, or it is over.
    /// One that is parked is anybody's.
    pub async fn episode_claim(
        &self,
        id: EpisodeId,
        owner: Uuid,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let asked = sqlx::query!(
            "update episodes set lease_owner = $2, lease_until = now() + $3
             where id = $1 and status <> 'over'
                 and (lease_owner = $2 or lease_owner is null or lease_until < now())",
            id.0,
            owner,
            interval(lease)
        )
        .execute(&self.pool);
        let claimed = soon(asked).await?;
        Ok(claimed.rows_affected() == 1)
    }

    /// Takes the leases on up to `limit` episodes whose next move is a negotiator's and that nobody
    /// drives: what was left behind by a process that ended.
    pub async fn episodes_claim_awaiting(
        &self,
        owner: Uuid,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<EpisodeId>, StoreError> {
        let asked = sqlx::query_scalar!(
            "update episodes set lease_owner = $1, lease_until = now() + $2
             where id in (
                 select id from episodes
                 where status = 'playing' and (buyer_kind = 'negotiator' or seller_kind = 'negotiator')
                     and awaits_agent and (lease_until is null or lease_until < now())
                 order by id limit $3 for update skip locked
             )
             returning id",
            owner,
            interval(lease),
            limit
        )
        .fetch_all(&self.pool);
        let ids = soon(asked).await?;
        Ok(ids.into_iter().map(EpisodeId).collect())
    }

    /// Renews all leases of `owner` on episodes that are not over; answers with their number.
    pub async fn leases_renew(&self, owner: Uuid, lease: Duration) -> Result<u64, StoreError> {
        let asked = sqlx::query!(
            "update episodes set lease_until = now() + $2
             where status = 'playing' and (buyer_kind = 'negotiator' or seller_kind = 'negotiator')
                 and awaits_agent and lease_owner = $1",
            owner,
            interval(lease)
        )
        .execute(&self.pool);
        let renewed = soon(asked).await?;
        Ok(renewed.rows_affected())
    }

    /// Leaves an episode to whoever claims it by name, and keeps it from
    /// [`Store::episodes_claim_awaiting`] for a while: nobody is there to play with. What is not this
    /// owner's stays as it is (`false`).
    pub async fn episode_park(
        &self,
        id: EpisodeId,
        owner: Uuid,
        pause: Duration,
    ) -> Result<bool, StoreError> {
        let asked = sqlx::query!(
            "update episodes set lease_owner = null, lease_until = now() + $3
             where id = $1 and lease_owner = $2",
            id.0,
            owner,
            interval(pause)
        )
        .execute(&self.pool);
        let parked = soon(asked).await?;
        Ok(parked.rows_affected() == 1)
    }

    /// Gives a lease back.
    pub async fn episode_release(&self, id: EpisodeId, owner: Uuid) -> Result<(), StoreError> {
        let asked = sqlx::query!(
            "update episodes set lease_owner = null, lease_until = null
             where id = $1 and lease_owner = $2",
            id.0,
            owner
        )
        .execute(&self.pool);
        soon(asked).await?;
        Ok(())
    }

    /// Gives all leases of a process back, at its end.
    pub async fn leases_release(&self, owner: Uuid) -> Result<(), StoreError> {
        let asked = sqlx::query!(
            "update episodes set lease_owner = null, lease_until = null where lease_owner = $1",
            owner
        )
        .execute(&self.pool);
        soon(asked).await?;
        Ok(())
    }

    /// Episodes in play whose next move is a negotiator's, whoever drives them.
    pub async fn episodes_awaiting_agent(&self) -> Result<Vec<EpisodeId>, StoreError> {
        let asked = sqlx::query_scalar!(
            "select id from episodes
             where status = 'playing' and (buyer_kind = 'negotiator' or seller_kind = 'negotiator')
                 and awaits_agent
             order by id"
        )
        .fetch_all(&self.pool);
        let ids = soon(asked).await?;
        Ok(ids.into_iter().map(EpisodeId).collect())
    }

    /// Episodes that [`Store::episode_tick`] would end now.
    pub async fn episodes_past_deadline(&self) -> Result<Vec<EpisodeId>, StoreError> {
        let asked = sqlx::query_scalar!(
            "select id from episodes where status = 'playing' and deadline_at <= $1
             order by deadline_at",
            crate::episode::at(now().0)
        )
        .fetch_all(&self.pool);
        let ids = soon(asked).await?;
        Ok(ids.into_iter().map(EpisodeId).collect())
    }
}

pub(crate) fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
