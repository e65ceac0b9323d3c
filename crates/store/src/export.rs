//! Reading everything, row by row, at constant memory; and taking in what another Souk exported.
//!
//! A [`Snapshot`] is one transaction: all that it reads fits together, whatever is played meanwhile.

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use rules::{Episode, Event, PerRole, Scenario};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;
use wire::{EpisodeId, EpisodeSearch, ProductId, VisitorId};

use crate::archive::still_partitions;
use crate::connection::Store;
use crate::episode::{SeatColumns, at, columns, event};
use crate::episode_row::Sitter;
use crate::episode_search::{conditions, talk};
use crate::error::StoreError;
use crate::summary::Summary;
use crate::transaction::Transaction;

/// What everything is read from.
pub struct Snapshot {
    transaction: Transaction,
    /// Holds back who would put a smaller table in a partition's place: what is copied there is younger than this snapshot.
    _still: Transaction,
}

/// An episode's row. Holds both limits.
#[derive(Clone, Debug, FromRow)]
pub struct ExportedEpisode {
    pub id: Uuid,
    pub product_id: String,
    pub category: String,
    pub split: String,
    pub scenario: Json<Scenario>,
    pub buyer_kind: String,
    pub buyer_negotiator: Option<String>,
    pub buyer_visitor: Option<Uuid>,
    pub seller_kind: String,
    pub seller_negotiator: Option<String>,
    pub seller_visitor: Option<Uuid>,
    pub moves: i32,
    pub outcome: Option<Json<rules::Outcome>>,
    pub reward_name: Option<String>,
    pub reward_version: Option<i32>,
    pub buyer_reward: Option<f64>,
    pub seller_reward: Option<f64>,
    pub code_version: String,
    pub evaluation_id: Option<Uuid>,
    pub suite_id: Option<Uuid>,
    pub training_run_id: Option<Uuid>,
    pub rollout: Option<i32>,
    pub forked_from: Option<Uuid>,
    pub forked_seq: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub study_id: Option<Uuid>,
    pub study_part: Option<String>,
    pub market_id: Option<Uuid>,
    pub market_talk: Option<i32>,
}

/// An event, with its episode's seats at the first one.
#[derive(Clone, Debug, FromRow)]
pub struct ExportedEvent {
    pub episode_id: Uuid,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    /// JSON, as the database writes it.
    pub body: String,
    pub product_id: Option<String>,
    pub buyer: Option<String>,
    pub seller: Option<String>,
}

impl ExportedEvent {
    pub fn event(&self) -> Result<Event, StoreError> {
        event(&self.kind, &self.body)
    }
}

/// An event that a message is made of: the others need not leave the database.
#[derive(Clone, Debug, FromRow)]
pub struct ExportedTalk {
    #[sqlx(flatten)]
    pub row: ExportedEvent,
}

#[derive(Clone, Debug, FromRow)]
pub struct ExportedCall {
    pub id: Uuid,
    pub episode_id: Uuid,
    pub role: String,
    pub turn: i32,
    pub attempt: i32,
    pub model: String,
    pub checkpoint: Option<String>,
    pub prompt: Value,
    pub output: String,
    pub prompt_tokens: i32,
    pub completion_tokens: i32,
    pub queue_ms: i64,
    pub first_token_ms: i64,
    pub total_ms: i64,
    pub sampling: Value,
    pub seed: i64,
    pub constrained: bool,
    pub outcome: String,
    pub error_code: Option<String>,
    pub fallback: bool,
    pub cost_microdollars: Option<i64>,
    pub tokens: Option<Value>,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, FromRow, Serialize, Deserialize)]
pub struct ExportedProduct {
    pub id: String,
    pub source: String,
    pub codename: String,
    pub category: String,
    pub title: String,
    pub description: String,
    pub features: Vec<String>,
    pub list_price_mills: i64,
    pub budget_mills: i64,
    pub cost_mills: i64,
    pub persona: String,
    pub split: String,
}

#[derive(Clone, Debug, FromRow)]
pub struct ExportedRun {
    pub id: Uuid,
    pub label: String,
    pub preset: String,
    pub settings: Value,
    pub role: Option<String>,
    pub opponents: String,
    pub code_version: String,
    pub products: i32,
    pub products_sha256: String,
    pub status: String,
    pub iteration: i32,
    pub planned: i32,
    pub worked_ms: i64,
    pub created_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, FromRow)]
pub struct ExportedStep {
    pub run_id: Uuid,
    pub iteration: i32,
    pub worked_ms: i64,
    pub episodes: i32,
    pub metrics: Value,
}

#[derive(Clone, Debug, FromRow)]
pub struct ExportedRating {
    pub episode_id: Uuid,
    pub user_id: Uuid,
    pub scale: String,
    pub score: i16,
    pub note: String,
    pub rated_at: DateTime<Utc>,
}

#[derive(Clone, Debug, FromRow)]
pub struct ExportedTag {
    pub episode_id: Uuid,
    pub tag: String,
}

/// Somebody who took part in a study, without what identifies people.
#[derive(Clone, Debug, FromRow)]
pub struct ExportedParticipant {
    pub id: Uuid,
    pub study_id: Uuid,
    pub slug: String,
    pub study_hash: String,
    pub pilot: bool,
    pub source: String,
    pub language: String,
    pub visitor_id: Uuid,
    pub cell: Option<i32>,
    pub slot: Option<Value>,
    pub place: String,
    pub ended: Option<String>,
    pub consent_version: Option<String>,
    pub flags: i64,
    pub entered_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// One answer of a participant.
#[derive(Clone, Debug, FromRow)]
pub struct ExportedAnswer {
    pub participant_id: Uuid,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub stage: String,
    pub question: String,
    pub answer: String,
}

/// A line of a study's ledger.
#[derive(Clone, Debug, FromRow)]
pub struct ExportedPayment {
    pub participant_id: Uuid,
    pub kind: String,
    pub cents: i32,
    pub currency: String,
    pub basis: Value,
    pub made_at: DateTime<Utc>,
    pub paid_at: Option<DateTime<Utc>>,
}

/// An episode as another Souk exported it.
#[derive(Clone, Debug)]
pub struct ImportedEpisode {
    pub id: EpisodeId,
    pub product: ProductId,
    pub scenario: Scenario,
    pub seats: PerRole<Sitter>,
    /// All events, each with its time in milliseconds since the Unix epoch.
    pub events: Vec<(i64, Event)>,
    pub code_version: String,
    /// The SHA-256 of the manifest that it came with.
    pub from: String,
    /// To whom it belongs here: one for each manifest.
    pub from_visitor: VisitorId,
}

/// What can be read of a snapshot: a statement whose conditions on `episodes e` and `products p` stand between
/// its two halves.
pub trait Exported: for<'r> FromRow<'r, PgRow> + Send + Unpin {
    const UP_TO_CONDITIONS: &'static str;
    const BEHIND_CONDITIONS: &'static str;
    const HAS_CONDITIONS: bool = true;
}

/// Of episodes that are over: who exports may sit at a table that is still played.
macro_rules! of_episodes {
    ($row:ty, $columns:literal, $join:literal, $order:literal) => {
        impl Exported for $row {
            const UP_TO_CONDITIONS: &'static str = concat!(
                "select ",
                $columns,
                " from episodes e join products p on p.id = e.product_id ",
                $join,
                " where e.status = 'over' and "
            );
            const BEHIND_CONDITIONS: &'static str = concat!(" order by ", $order);
        }
    };
}

of_episodes!(
    ExportedEpisode,
    "e.id, e.product_id, p.category, p.split, e.scenario, e.buyer_kind, e.buyer_negotiator,
     e.buyer_visitor, e.seller_kind, e.seller_negotiator, e.seller_visitor, e.moves,
     e.outcome, e.reward_name, e.reward_version, e.buyer_reward, e.seller_reward, e.code_version,
     e.evaluation_id, v.suite_id, e.training_run_id, e.rollout, e.forked_from, e.forked_seq,
     e.created_at, e.ended_at, e.study_id, e.study_part, e.market_id, e.market_talk",
    "left join evaluations v on v.id = e.evaluation_id",
    "e.id"
);
of_episodes!(
    ExportedEvent,
    "m.episode_id, m.seq, m.at, m.kind, m.body::text as body,
     case when m.seq = 1 then e.product_id end as product_id,
     case when m.seq = 1 then coalesce(e.buyer_negotiator, e.buyer_kind) end as buyer,
     case when m.seq = 1 then coalesce(e.seller_negotiator, e.seller_kind) end as seller",
    "join events m on m.episode_id = e.id",
    "m.episode_id, m.seq"
);
impl Exported for ExportedTalk {
    const UP_TO_CONDITIONS: &'static str = ExportedEvent::UP_TO_CONDITIONS;
    const BEHIND_CONDITIONS: &'static str = " and m.kind in ('thought', 'redacted', 'intervened', 'moved') order by m.episode_id, m.seq";
}
of_episodes!(
    ExportedCall,
    "c.id, c.episode_id, c.role, c.turn, c.attempt, c.model, c.checkpoint, c.prompt, c.output,
     c.prompt_tokens, c.completion_tokens, c.queue_ms, c.first_token_ms, c.total_ms, c.sampling,
     c.seed, c.constrained, c.outcome, c.error_code, c.fallback, c.cost_microdollars, c.tokens,
     c.at",
    "join llm_calls c on c.episode_id = e.id",
    "c.episode_id, c.at, c.turn, c.attempt"
);
of_episodes!(
    ExportedRating,
    "r.episode_id, r.user_id, r.scale, r.score, r.note, r.rated_at",
    "join episode_ratings r on r.episode_id = e.id",
    "r.episode_id, r.scale, r.rated_at"
);
of_episodes!(
    ExportedTag,
    "t.episode_id, t.tag",
    "join episode_tags t on t.episode_id = e.id",
    "t.episode_id, t.tag"
);

/// Of studies that have an episode that fits: these whole, with those who never came to a table.
macro_rules! of_studies {
    ($row:ty, $columns:literal, $join:literal, $order:literal) => {
        impl Exported for $row {
            const UP_TO_CONDITIONS: &'static str = concat!(
                "select ",
                $columns,
                " from participants q join studies s on s.id = q.study_id ",
                $join,
                " where q.study_id in (select e.study_id from episodes e
                     join products p on p.id = e.product_id
                     where e.status = 'over' and e.study_id is not null and "
            );
            const BEHIND_CONDITIONS: &'static str = concat!(") order by ", $order);
        }
    };
}

of_studies!(
    ExportedParticipant,
    "q.id, q.study_id, s.slug, v.hash as study_hash, s.pilot, q.source, q.language, q.visitor_id, q.cell,
     q.slot, q.place, q.ended, q.consent_version,
     (select count(*) from evidence f where f.participant_id = q.id) as flags, q.entered_at, q.ended_at",
    "join study_versions v on v.study_id = s.id and v.version = s.frozen",
    "q.id"
);
of_studies!(
    ExportedAnswer,
    "a.participant_id, a.seq, a.at,
     case a.kind when 'quiz_tried' then 'quiz' when 'surveyed' then 'survey' else 'eligibility' end as stage,
     given.key as question, given.value as answer",
    "join participant_events a on a.participant_id = q.id
         and a.kind in ('admitted', 'refused', 'quiz_tried', 'surveyed')
     cross join lateral jsonb_each_text(a.body -> 'answers') as given",
    "a.participant_id, a.seq, given.key"
);
of_studies!(
    ExportedPayment,
    "m.participant_id, m.kind, m.cents, m.currency, m.basis, m.made_at, m.paid_at",
    "join payments m on m.participant_id = q.id",
    "m.id"
);

impl Exported for ExportedProduct {
    const UP_TO_CONDITIONS: &'static str = "select x.id, x.source, x.codename, x.category, x.title,
         x.description, x.features, x.list_price_mills, x.budget_mills, x.cost_mills, x.persona, x.split
     from products x where x.id in (select e.product_id from episodes e
         join products p on p.id = e.product_id where e.status = 'over' and ";
    const BEHIND_CONDITIONS: &'static str = ") order by x.id";
}

/// Runs are few, and what they taught is not told by who played: all of them, whatever the conditions.
impl Exported for ExportedRun {
    const UP_TO_CONDITIONS: &'static str = "select id, label, preset, settings, role, opponents,
         code_version, products, products_sha256, status, iteration, planned, worked_ms, created_at,
         ended_at from training_runs order by id";
    const BEHIND_CONDITIONS: &'static str = "";
    const HAS_CONDITIONS: bool = false;
}

impl Exported for ExportedStep {
    const UP_TO_CONDITIONS: &'static str = "select run_id, iteration, worked_ms, episodes, metrics
         from training_steps order by run_id, iteration";
    const BEHIND_CONDITIONS: &'static str = "";
    const HAS_CONDITIONS: bool = false;
}

impl Store {
    /// Begins to read, once the archived events of what is asked for are back. Holds two connections until it is
    /// dropped.
    pub async fn snapshot(&self, search: &EpisodeSearch) -> Result<Snapshot, StoreError> {
        let mut still = self.begin().await?;
        still_partitions(&mut still).await?;
        self.recall_found(search).await?;
        let mut transaction = self.begin().await?;
        sqlx::query("set transaction isolation level repeatable read, read only")
            .execute(&mut *transaction)
            .await?;
        Ok(Snapshot { transaction, _still: still })
    }

    /// Takes in an episode that another Souk exported, with its id, events and rewards. `false`: an episode of
    /// this id is there, and nothing happened.
    ///
    /// # Errors
    /// Constraints named `episode_*`; `Corrupt` where the events are no episode.
    pub async fn episode_import(&self, new: &ImportedEpisode) -> Result<bool, StoreError> {
        let (times, events): (Vec<i64>, Vec<Event>) = new.events.iter().cloned().unzip();
        let episode =
            Episode::replay(&events).map_err(|why| StoreError::corrupt("episode", why))?;
        let (kinds, bodies) = columns(&events);
        let times: Vec<DateTime<Utc>> = times.into_iter().map(at).collect();
        let summary = Summary::of(&episode);
        let scores = summary.scores.as_ref();
        let (buyer, seller) =
            (SeatColumns::of(&new.seats.buyer), SeatColumns::of(&new.seats.seller));
        let stored = sqlx::query_scalar!(
            r#"with people as (
                 insert into visitors (id)
                 select distinct id from unnest(array[$1, $23, $26]::uuid[]) as people (id)
                 where id is not null
                 on conflict do nothing
             ), episode as (
                 insert into episodes (
                     id, product_id, scenario, seed, creator_visitor, creator_key, status, seq, moves,
                     last_act, outcome, outcome_kind, price_mills, reward_name, reward_version,
                     buyer_reward, seller_reward, code_version, created_at, ended_at,
                     buyer_kind, buyer_negotiator, buyer_title, buyer_visitor,
                     seller_kind, seller_negotiator, seller_title, seller_visitor, imported_from
                 ) values (
                     $2, $3, $4, $5, $1, $2, $6, cardinality($7::text[]), $8, $9, $10, $11, $12, $13,
                     $14, $15, $16, $17, ($18::timestamptz[])[1],
                     ($18::timestamptz[])[cardinality($18::timestamptz[])],
                     $20, $21, $21, $23, $24, $25, $25, $26, $22
                 )
                 on conflict do nothing
                 returning id
             ), stored as (
                 insert into events (episode_id, seq, at, kind, body)
                 select episode.id, e.seq, e.at, e.kind, e.body
                 from episode, unnest($7::text[], $19::jsonb[], $18::timestamptz[])
                     with ordinality as e (kind, body, at, seq)
             )
             select count(*) as "stored!" from episode"#,
            new.from_visitor.0,
            new.id.0,
            new.product.0,
            Json(&new.scenario) as _,
            new.scenario.seed.cast_signed(),
            summary.status,
            &kinds,
            summary.moves,
            summary.last_act.map(Json) as _,
            summary.outcome.map(Json) as _,
            summary.outcome_kind,
            summary.price_mills,
            scores.map(|scores| scores.reward.as_str()),
            scores.map(|scores| scores.version.cast_signed()),
            scores.and_then(|scores| scores.value.buyer),
            scores.and_then(|scores| scores.value.seller),
            new.code_version,
            &times,
            &bodies as _,
            buyer.kind,
            buyer.negotiator,
            new.from,
            buyer.visitor,
            seller.kind,
            seller.negotiator,
            seller.visitor,
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(stored == 1)
    }

    /// Keeps products that imported episodes need, off the market. Those that are there stay as they are.
    /// Answers with how many are new.
    pub async fn products_keep(
        &self,
        products: &[ExportedProduct],
        manifest: &Value,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let import = sqlx::query_scalar!(
            "insert into imports (source, manifest, manifest_sha256, products)
             values ('export', $1, $2, $3) returning id",
            manifest,
            hex::encode(Sha256::digest(manifest.to_string())),
            i32::try_from(products.len()).unwrap_or(i32::MAX)
        )
        .fetch_one(&mut *transaction)
        .await?;
        let rows =
            serde_json::to_value(products).map_err(|why| StoreError::corrupt("products", why))?;
        let kept = sqlx::query!(
            "insert into products (id, source, codename, import_id, category, title, description,
                 features, list_price_mills, budget_mills, cost_mills, persona, split, history,
                 picture, place, retired_at)
             select p.id, p.source, p.codename, $2, p.category, p.title, p.description, p.features,
                 p.list_price_mills, p.budget_mills, p.cost_mills, p.persona, p.split, '[]',
                 '<svg xmlns=\"http://www.w3.org/2000/svg\"/>', 0, now()
             from jsonb_to_recordset($1) as p (id text, source text, codename text, category text,
                 title text, description text, features text[], list_price_mills bigint,
                 budget_mills bigint, cost_mills bigint, persona text, split text)
             on conflict do nothing",
            rows,
            import
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(kept.rows_affected())
    }
}

impl Snapshot {
    /// How many episodes fit.
    pub async fn count(&mut self, search: &EpisodeSearch) -> Result<i64, StoreError> {
        let mut sql = QueryBuilder::new(
            "select count(*) from episodes e join products p on p.id = e.product_id
             where e.status = 'over' and ",
        );
        let talk = talk(&mut *self.transaction, search).await?;
        conditions(&mut sql, search, talk);
        Ok(sql.build_query_scalar().fetch_one(&mut *self.transaction).await?)
    }

    /// All rows that belong to episodes that fit, in their order, one at a time.
    pub async fn read<R: Exported, E: From<StoreError>>(
        &mut self,
        search: &EpisodeSearch,
        mut each: impl FnMut(R) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut sql = QueryBuilder::new(R::UP_TO_CONDITIONS);
        if R::HAS_CONDITIONS {
            let talk = talk(&mut *self.transaction, search).await?;
            conditions(&mut sql, search, talk);
        }
        sql.push(R::BEHIND_CONDITIONS);
        let mut rows = sql.build_query_as::<R>().fetch(&mut *self.transaction);
        while let Some(row) = rows.try_next().await.map_err(StoreError::from)? {
            each(row)?;
        }
        Ok(())
    }
}
