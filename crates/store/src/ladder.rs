//! Ladders, and the sums that they are worked out from.

use chrono::{DateTime, Utc};
use rules::{PerRole, Role};
use serde_json::Value;
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;
use wire::{EpisodeSearch, LadderId, UserId};

use crate::connection::Store;
use crate::episode_search::{conditions, talk};
use crate::error::StoreError;
use crate::llm_call::role;

/// A ladder as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct LadderRow {
    pub id: LadderId,
    pub title: String,
    pub conditions: String,
    pub public: bool,
    pub created_ms: i64,
    /// Somebody works it out, and was heard from of late.
    pub attended: bool,
    pub computed_ms: Option<i64>,
    pub result: Option<Value>,
    pub failure: Option<String>,
}

/// What an agent earned in one role, over one product, against one opponent, by one pair of personas.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// A negotiator's name, or `person`.
    pub agent: String,
    pub title: String,
    pub role: Role,
    pub product: String,
    pub opponent: String,
    pub personas: PerRole<Option<String>>,
    /// Scored episodes.
    pub episodes: i64,
    /// Mean of the own surplus over `|B - C|`, 0 without a deal.
    pub payoff: f64,
}

#[derive(FromRow)]
struct Columns {
    agent: String,
    title: String,
    role: String,
    product_id: String,
    opponent: String,
    buyer_persona: Option<String>,
    seller_persona: Option<String>,
    episodes: i64,
    payoff: f64,
}

struct Kept {
    id: Uuid,
    title: String,
    conditions: String,
    public: bool,
    created_at: DateTime<Utc>,
    attended: bool,
    computed_at: Option<DateTime<Utc>>,
    result: Option<Value>,
    failure: Option<String>,
}

impl From<Kept> for LadderRow {
    fn from(kept: Kept) -> LadderRow {
        LadderRow {
            id: LadderId(kept.id),
            title: kept.title,
            conditions: kept.conditions,
            public: kept.public,
            created_ms: kept.created_at.timestamp_millis(),
            attended: kept.attended,
            computed_ms: kept.computed_at.map(|at| at.timestamp_millis()),
            result: kept.result,
            failure: kept.failure,
        }
    }
}

impl Store {
    /// # Errors
    /// Constraints named `ladder_*`.
    pub async fn ladder_create(
        &self,
        id: LadderId,
        title: &str,
        conditions: &str,
        public: bool,
        by: UserId,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into ladders (id, title, conditions, public, created_by) values ($1, $2, $3, $4, $5)",
            id.0,
            title,
            conditions,
            public,
            by.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn ladder_find(&self, id: LadderId) -> Result<LadderRow, StoreError> {
        let kept = sqlx::query_as!(
            Kept,
            r#"select id, title, conditions, public, created_at, computed_at, result, failure,
                 coalesce(seen_at > now() - interval '1 minute', false) as "attended!"
             from ladders where id = $1"#,
            id.0
        )
        .fetch_optional(&self.pool)
        .await?;
        kept.map(LadderRow::from).ok_or(StoreError::NotFound("ladder"))
    }

    /// Newest first, without what came out.
    pub async fn ladder_list(&self) -> Result<Vec<LadderRow>, StoreError> {
        let kept = sqlx::query_as!(
            Kept,
            r#"select id, title, conditions, public, created_at, computed_at, null::jsonb as result,
                 failure, coalesce(seen_at > now() - interval '1 minute', false) as "attended!"
             from ladders order by id desc limit 200"#
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(kept.into_iter().map(LadderRow::from).collect())
    }

    /// Marks that somebody works it out. `false`: somebody does already; whoever gave no sign of life for a minute
    /// counts as gone.
    pub async fn ladder_begin(&self, id: LadderId) -> Result<bool, StoreError> {
        let begun = sqlx::query!(
            "update ladders set seen_at = now(), failure = null
             where id = $1 and (seen_at is null or seen_at < now() - interval '1 minute')",
            id.0
        )
        .execute(&self.pool)
        .await?;
        Ok(begun.rows_affected() == 1)
    }

    /// A sign of life of who works it out.
    pub async fn ladder_beat(&self, id: LadderId) -> Result<(), StoreError> {
        sqlx::query!(
            "update ladders set seen_at = now() where id = $1 and seen_at is not null",
            id.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What came out, or why nothing did; an earlier result stays then.
    pub async fn ladder_end(
        &self,
        id: LadderId,
        outcome: Result<&Value, &str>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update ladders set seen_at = null, failure = $3,
                 result = coalesce($2, result),
                 computed_at = case when $2::jsonb is not null then now() else computed_at end
             where id = $1",
            id.0,
            outcome.ok(),
            outcome.err()
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn ladder_publish(&self, id: LadderId, public: bool) -> Result<(), StoreError> {
        sqlx::query!("update ladders set public = $2 where id = $1", id.0, public)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn ladder_delete(&self, id: LadderId) -> Result<(), StoreError> {
        sqlx::query!("delete from ladders where id = $1", id.0).execute(&self.pool).await?;
        Ok(())
    }

    /// The mean payoff of every agent in every role and scenario, over scored episodes that fit. Ties of the two
    /// limits and episodes that go on from others are left out. `only` those agents in that role.
    pub async fn ladder_cells(
        &self,
        search: &EpisodeSearch,
        only: Option<(Role, &[String])>,
    ) -> Result<Vec<Cell>, StoreError> {
        let mut sql: QueryBuilder<'_, Postgres> = QueryBuilder::new(
            "with scored as (
                 select e.product_id, e.budget_mills as b, e.cost_mills as c, e.price_mills as p,
                     coalesce(e.buyer_negotiator, 'person') as buyer, e.buyer_title,
                     coalesce(e.seller_negotiator, 'person') as seller, e.seller_title,
                     e.scenario #>> '{listing,personas,buyer}' as buyer_persona,
                     e.scenario #>> '{listing,personas,seller}' as seller_persona
                 from episodes e join products p on p.id = e.product_id
                 where e.status = 'over' and e.outcome_kind not in ('abandoned', 'engine_failure')
                     and e.forked_from is null and e.budget_mills <> e.cost_mills
                     and e.study_part is distinct from 'practice'
                     -- Programs that try a study out sit there as people do.
                     and (e.study_id is null or not exists (
                         select from participants t where t.source = 'bot'
                             and t.visitor_id in (e.buyer_visitor, e.seller_visitor)
                     )) and ",
        );
        let talk = talk(&self.pool, search).await?;
        conditions(&mut sql, search, talk);
        sql.push(
            "), sides as (
                 select 'buyer' as role, buyer as agent, buyer_title as title, seller as opponent,
                     (b - p)::float8 / abs(b - c) as payoff, product_id, buyer_persona, seller_persona
                 from scored
                 union all
                 select 'seller', seller, seller_title, buyer, (p - c)::float8 / abs(b - c), product_id,
                     buyer_persona, seller_persona
                 from scored
             )
             select agent, coalesce(max(title), 'People') as title, role, product_id, opponent,
                 buyer_persona, seller_persona, count(*) as episodes,
                 avg(coalesce(payoff, 0)) as payoff
             from sides ",
        );
        if let Some((role, agents)) = only {
            sql.push("where role = ").push_bind(role.name());
            sql.push(" and agent = any(").push_bind(agents).push(") ");
        }
        sql.push(
            "group by agent, role, product_id, opponent, buyer_persona, seller_persona
             order by agent, role, product_id, opponent, buyer_persona, seller_persona",
        );
        let rows: Vec<Columns> = sql.build_query_as().fetch_all(&self.pool).await?;
        rows.into_iter()
            .map(|row| {
                Ok(Cell {
                    agent: row.agent,
                    title: row.title,
                    role: role(&row.role)?,
                    product: row.product_id,
                    opponent: row.opponent,
                    personas: PerRole { buyer: row.buyer_persona, seller: row.seller_persona },
                    episodes: row.episodes,
                    payoff: row.payoff,
                })
            })
            .collect()
    }
}
