//! Episodes by what is known of them, for researchers.

use chrono::{DateTime, Utc};
use rules::{Act, Interest, Mills, Outcome, PerRole};
use sqlx::types::Json;
use sqlx::{FromRow, PgExecutor, Postgres, QueryBuilder};
use uuid::Uuid;
use wire::{
    EpisodeHit, EpisodeId, EpisodeOrder, EpisodeSearch, EpisodeSummary, Origin, ProductId, RunId,
    SuiteId,
};

use crate::connection::Store;
use crate::episode_row::{failing, sitter, status};
use crate::error::StoreError;
use crate::product::picture_path;

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 100;

/// What was found. How an episode failed is for the caller to put into words.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub hit: EpisodeHit,
    pub failing: Option<crate::Failing>,
}

/// The column of an order, and whether it goes up.
fn column(order: EpisodeOrder) -> (Option<&'static str>, bool) {
    match order {
        EpisodeOrder::Newest => (None, false),
        EpisodeOrder::BuyerRewardUp => (Some("buyer_reward"), true),
        EpisodeOrder::BuyerRewardDown => (Some("buyer_reward"), false),
        EpisodeOrder::SellerRewardUp => (Some("seller_reward"), true),
        EpisodeOrder::SellerRewardDown => (Some("seller_reward"), false),
    }
}

impl Store {
    /// One page in the order asked for, and whether there are more. In an order by reward those without one are
    /// left out.
    pub async fn episode_search(
        &self,
        search: &EpisodeSearch,
    ) -> Result<(Vec<Found>, bool), StoreError> {
        let limit = search.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT) as usize;
        let talk = talk(&self.pool, search).await?;
        let mut query = query(search, talk, limit);
        let mut rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let found = rows.into_iter().map(Row::found).collect::<Result<_, _>>()?;
        Ok((found, more))
    }
}

impl Store {
    /// Where an episode comes from, with its seed.
    pub async fn episode_origin(&self, id: EpisodeId) -> Result<Origin, StoreError> {
        let row = sqlx::query!(
            "select e.code_version, e.seed, e.evaluation_id, e.training_run_id, e.rollout, e.ended_at,
                 (select v.suite_id from evaluations v where v.id = e.evaluation_id) as suite_id
             from episodes e where e.id = $1",
            id.0
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or(StoreError::NotFound("negotiation"))?;
        Ok(Origin {
            code_version: row.code_version,
            seed: Some(row.seed.cast_unsigned()),
            evaluation: row.evaluation_id,
            suite: row.suite_id.map(SuiteId),
            run: row.training_run_id.map(RunId),
            rollout: row.rollout.map(i32::cast_unsigned),
            ended_ms: row.ended_at.map(|at| at.timestamp_millis()),
        })
    }
}

/// How to find words: where they are frequent, episode after episode until a page is full; where they are rare,
/// by the index first. Left to itself Postgres takes the first way for any words, and walks through all episodes
/// for one that nobody said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    Frequent,
    Rare,
}

/// Messages that are found by the index in a moment.
const RARE: f64 = 50_000.0;

/// By Postgres' own estimate of how many messages have the words.
pub(crate) async fn talk(
    database: impl PgExecutor<'_>,
    search: &EpisodeSearch,
) -> Result<Talk, StoreError> {
    let Some(words) = &search.talk else { return Ok(Talk::Frequent) };
    let plan: Json<serde_json::Value> = sqlx::query_scalar(
        "explain (format json)
             select from (select words from events union all select words from archived_words) m
             where m.words @@ websearch_to_tsquery('english', $1)",
    )
    .bind(words)
    .fetch_one(database)
    .await?;
    let rows = plan.0.pointer("/0/Plan/Plan Rows").and_then(serde_json::Value::as_f64);
    Ok(if rows.unwrap_or(0.0) > RARE { Talk::Frequent } else { Talk::Rare })
}

/// Written for the conditions that there are: for a condition that may be absent Postgres has no index.
fn query(search: &EpisodeSearch, talk: Talk, limit: usize) -> QueryBuilder<'_, Postgres> {
    let mut sql = QueryBuilder::new(
        "select e.id, e.product_id, p.title, p.category, e.status, e.moves, e.created_at, e.outcome, e.last_act,
             e.failed_role, e.failure_code,
             e.buyer_kind, e.buyer_negotiator, e.buyer_title, e.buyer_visitor, e.buyer_user,
             e.seller_kind, e.seller_negotiator, e.seller_title, e.seller_visitor, e.seller_user,
             e.budget_mills, e.cost_mills, e.buyer_reward, e.seller_reward,
             e.scenario #> '{listing,personas}' as personas,
             array(select tag from episode_tags t where t.episode_id = e.id order by tag) as tags
         from episodes e join products p on p.id = e.product_id where ",
    );
    conditions(&mut sql, search, talk);
    let (by, up) = column(search.order);
    let (sign, way) = if up { (">", "asc") } else { ("<", "desc") };
    if let Some(by) = by {
        sql.push(format_args!(" and e.{by} is not null"));
    }
    match (search.after, by) {
        (None, _) => {}
        (Some(after), None) => {
            sql.push(format_args!(" and e.id {sign} ")).push_bind(after.0);
        }
        (Some(after), Some(by)) => {
            sql.push(format_args!(
                " and (e.{by}, e.id) {sign} (select s.{by}, s.id from episodes s where s.id = "
            ))
            .push_bind(after.0)
            .push(")");
        }
    }
    match by {
        Some(by) => sql.push(format_args!(" order by e.{by} {way}, e.id {way}")),
        None => sql.push(format_args!(" order by e.id {way}")),
    };
    sql.push(format_args!(" limit {}", limit + 1));
    sql
}

/// The conditions over `episodes e` and `products p`; order, place and number of rows are the caller's.
pub(crate) fn conditions<'a>(
    sql: &mut QueryBuilder<'a, Postgres>,
    search: &'a EpisodeSearch,
    talk: Talk,
) {
    match search.run {
        Some(run) => sql.push("e.training_run_id = ").push_bind(run.0),
        None => sql.push("e.training_run_id is null"),
    };
    match search.market {
        Some(market) => sql.push(" and e.market_id = ").push_bind(market.0),
        None => sql.push(" and e.market_id is null"),
    };
    if let Some(words) = &search.talk {
        let (before, between, behind) = match talk {
            Talk::Frequent => (
                " and (exists (select from events m where m.episode_id = e.id
                     and m.words @@ websearch_to_tsquery('english', ",
                ")) or e.archive_id is not null and exists (select from archived_words m
                     where m.episode_id = e.id and m.words @@ websearch_to_tsquery('english', ",
                ")))",
            ),
            Talk::Rare => (
                " and e.id = any(array(select m.episode_id from events m
                     where m.words @@ websearch_to_tsquery('english', ",
                ") union select m.episode_id from archived_words m
                     where m.words @@ websearch_to_tsquery('english', ",
                ")))",
            ),
        };
        sql.push(before).push_bind(words).push(between).push_bind(words).push(behind);
    }
    for (name, wanted) in [
        ("e.product_id", search.product.as_ref().map(|id| &id.0)),
        ("p.category", search.category.as_ref()),
        ("p.split", search.split.as_ref()),
    ] {
        if let Some(wanted) = wanted {
            sql.push(format_args!(" and {name} = ")).push_bind(wanted);
        }
    }
    for (role, wanted) in [("buyer", &search.buyer), ("seller", &search.seller)] {
        match wanted.as_deref() {
            None => {}
            Some("person") => _ = sql.push(format_args!(" and e.{role}_kind = 'person'")),
            Some(name) => {
                sql.push(format_args!(" and e.{role}_negotiator = ")).push_bind(name);
            }
        }
    }
    if let Some(persona) = &search.persona {
        sql.push(" and ").push_bind(persona).push(
            " in (e.scenario #>> '{listing,personas,buyer}', e.scenario #>> '{listing,personas,seller}')",
        );
    }
    if let Some(ending) = search.ending {
        sql.push(" and e.outcome_kind = ").push_bind(ending.name());
    }
    if let Some(interest) = search.interest {
        let sign = match interest {
            Interest::Mutual => ">",
            Interest::Conflicting => "<",
            Interest::Tie => "=",
        };
        // Who looks may sit at a table that is still played, and would learn of the other limit.
        sql.push(format_args!(" and e.status = 'over' and e.budget_mills {sign} e.cost_mills"));
        // With few products, perhaps none of them has such episodes: a walk would not end for long.
        let rare = interest == Interest::Conflicting && search.run.is_none();
        if let Some(category) = search.category.as_ref().filter(|_| rare) {
            sql.push(
                " and e.id = any(array(select o.id from episodes o join products q on q.id = o.product_id
                     where o.status = 'over' and o.training_run_id is null
                         and o.budget_mills < o.cost_mills and q.category = ",
            )
            .push_bind(category)
            .push("))");
        }
    }
    if let Some(study) = &search.study {
        sql.push(" and e.study_id = (select id from studies where slug = ")
            .push_bind(study)
            .push(") and e.study_part = 'counts'");
    }
    if let Some(evaluation) = search.evaluation {
        sql.push(" and e.evaluation_id = ").push_bind(evaluation);
    }
    if let Some(suite) = search.suite {
        sql.push(" and e.evaluation_id in (select id from evaluations where suite_id = ")
            .push_bind(suite.0)
            .push(")");
    }
    for (sign, price) in [(">=", search.min_price), ("<=", search.max_price)] {
        if let Some(price) = price {
            sql.push(format_args!(" and e.price_mills {sign} ")).push_bind(price.0);
        }
    }
    for (name, sign, reward) in [
        ("buyer", ">=", search.min_buyer_reward),
        ("buyer", "<=", search.max_buyer_reward),
        ("seller", ">=", search.min_seller_reward),
        ("seller", "<=", search.max_seller_reward),
    ] {
        if let Some(reward) = reward {
            sql.push(format_args!(" and e.{name}_reward {sign} ")).push_bind(reward);
        }
    }
    for (sign, moves) in [(">=", search.min_moves), ("<=", search.max_moves)] {
        if let Some(moves) = moves {
            sql.push(format_args!(" and e.moves {sign} ")).push_bind(i64::from(moves));
        }
    }
    if let Some(tag) = &search.tag {
        sql.push(" and exists (select from episode_tags t where t.episode_id = e.id and t.tag = ")
            .push_bind(tag)
            .push(")");
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    product_id: String,
    title: String,
    category: String,
    status: String,
    moves: i32,
    created_at: DateTime<Utc>,
    outcome: Option<Json<Outcome>>,
    last_act: Option<Json<Act>>,
    failed_role: Option<String>,
    failure_code: Option<String>,
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
    budget_mills: i64,
    cost_mills: i64,
    buyer_reward: Option<f64>,
    seller_reward: Option<f64>,
    personas: Json<PerRole<Option<String>>>,
    tags: Vec<String>,
}

impl Row {
    fn found(self) -> Result<Found, StoreError> {
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
        let product = ProductId(self.product_id);
        let outcome = self.outcome.map(|outcome| outcome.0);
        // Who looks may sit at a table that is still played.
        let over = outcome.is_some();
        let summary = EpisodeSummary {
            id: EpisodeId(self.id),
            picture: picture_path(&product),
            product,
            title: self.title,
            seats: PerRole { buyer: buyer.public(), seller: seller.public() },
            status: status(&self.status)?,
            outcome,
            moves: self.moves.cast_unsigned(),
            last_act: self.last_act.map(|act| act.0),
            created_ms: self.created_at.timestamp_millis(),
            failure: None,
        };
        let hit = EpisodeHit {
            summary,
            category: self.category,
            limits: over.then_some(PerRole {
                buyer: Mills(self.budget_mills),
                seller: Mills(self.cost_mills),
            }),
            personas: self.personas.0,
            rewards: PerRole { buyer: self.buyer_reward, seller: self.seller_reward },
            tags: self.tags,
        };
        Ok(Found { hit, failing: failing(self.failed_role, self.failure_code)? })
    }
}
