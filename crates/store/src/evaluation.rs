//! Evaluations, and their episodes, which are stored whole when they are over.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use rules::{Episode, Event, PerRole, Role, Scenario};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;
use wire::{EpisodeId, Fork, IdempotencyKey, NegotiatorName, ProductId, RunId};

use crate::connection::Store;
use crate::episode::{at, columns, event};
use crate::episode_row::Failing;
use crate::error::StoreError;
use crate::llm_call::{NewCall, calls_insert, role};
use crate::product::Split;
use crate::summary::Summary;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EvaluationId(pub Uuid);

impl fmt::Display for EvaluationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for EvaluationId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<EvaluationId, uuid::Error> {
        text.parse().map(EvaluationId)
    }
}

/// An evaluation to be begun.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvaluation {
    pub id: EvaluationId,
    /// As it was typed.
    pub command: String,
    pub buyer: String,
    pub seller: String,
    /// `None`: all products.
    pub split: Option<Split>,
    /// All that decides the episodes; the server gives it its meaning.
    pub settings: serde_json::Value,
    pub seed: u64,
    pub code_version: String,
    pub planned: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationRow {
    pub command: String,
    pub settings: serde_json::Value,
    pub code_version: String,
    pub started_ms: i64,
    pub ended_ms: Option<i64>,
    pub planned: u32,
    /// At the end: episodes that count, and attempts that the machinery failed.
    pub counts: Option<(u32, u32)>,
}

/// An episode that was played outside the store and is over.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayedEpisode {
    pub id: EpisodeId,
    /// One per rollout that counts; any for an attempt that failed.
    pub key: IdempotencyKey,
    pub product: ProductId,
    pub rollout: u32,
    pub scenario: Scenario,
    /// Name and title of each negotiator.
    pub seats: PerRole<(NegotiatorName, String)>,
    /// All events, each with its time in milliseconds since the Unix epoch.
    pub events: Vec<(i64, Event)>,
    /// Where the machinery ended it.
    pub failing: Option<Failing>,
    pub calls: Vec<NewCall>,
    pub code_version: String,
    /// Where it branched off another one.
    pub forked_from: Option<Fork>,
}

/// A stored episode of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    pub id: EpisodeId,
    pub product: ProductId,
    pub rollout: u32,
    pub events: Vec<Event>,
}

/// What an evaluation's questions to language models came to, by side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallFigures {
    pub role: Role,
    /// Moves that a model was asked for.
    pub moves: i64,
    /// Of these, by the first answer a legal move.
    pub at_first: i64,
    /// Moves that the fallback played.
    pub fallbacks: i64,
    /// Questions, repeats included.
    pub calls: i64,
    pub completion_tokens: i64,
    /// Of a question, at the median.
    pub first_token_ms: f64,
    pub total_ms: f64,
}

impl Store {
    /// Begins an evaluation.
    ///
    /// # Errors
    /// Constraints named `evaluation_*`.
    pub async fn evaluation_create(&self, new: &NewEvaluation) -> Result<(), StoreError> {
        evaluation_insert(&mut *self.pool.acquire().await?, new).await
    }

    pub async fn evaluation_find(&self, id: EvaluationId) -> Result<EvaluationRow, StoreError> {
        let row = sqlx::query!(
            "select command, settings, code_version, started_at, ended_at, planned, finished, failed
             from evaluations where id = $1",
            id.0
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or(StoreError::NotFound("evaluation"))?;
        let counts = row.finished.zip(row.failed);
        Ok(EvaluationRow {
            command: row.command,
            settings: row.settings,
            code_version: row.code_version,
            started_ms: row.started_at.timestamp_millis(),
            ended_ms: row.ended_at.map(|at: DateTime<Utc>| at.timestamp_millis()),
            planned: row.planned.cast_unsigned(),
            counts: counts.map(|(one, other)| (one.cast_unsigned(), other.cast_unsigned())),
        })
    }

    /// Ends an evaluation, with the counts of its episodes.
    pub async fn evaluation_end(&self, id: EvaluationId) -> Result<(), StoreError> {
        evaluation_close(&mut *self.pool.acquire().await?, id).await
    }

    /// The products that are listed, of a split or all, in an order that has nothing to do with what they
    /// are: the first so many of them are a sample, the same one each time.
    pub async fn evaluation_products(
        &self,
        split: Option<Split>,
    ) -> Result<Vec<ProductId>, StoreError> {
        let ids = sqlx::query_scalar!(
            "select id from products
             where retired_at is null and ($1::text is null or split = $1)
             order by sha256(convert_to(id, 'UTF8'))",
            split.map(Split::name)
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(ProductId).collect())
    }

    /// Stores an episode of an evaluation with all that belongs to it, in one transaction. `false`: the
    /// rollout was stored before, and nothing happened.
    ///
    /// # Errors
    /// Constraints named `episode_*` and `llm_call_*`; `Corrupt` where the events are no episode that is
    /// over.
    pub async fn evaluation_episode_add(
        &self,
        evaluation: EvaluationId,
        new: &PlayedEpisode,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let is_new =
            episode_add(&mut transaction, evaluation.0, Some(evaluation), None, new).await?;
        if is_new && !new.calls.is_empty() {
            calls_insert(&mut transaction, new.id, &new.calls).await?;
        }
        transaction.commit().await?;
        Ok(is_new)
    }

    /// Stores many episodes of an evaluation that asked no language model, in one statement. Answers with how many
    /// were not there.
    ///
    /// # Errors
    /// As [`Store::evaluation_episode_add`]; then none is stored.
    pub async fn evaluation_episodes_add(
        &self,
        evaluation: EvaluationId,
        all: &[PlayedEpisode],
    ) -> Result<u64, StoreError> {
        let mut rows = Vec::with_capacity(all.len());
        let (mut of, mut seqs, mut times) = (Vec::new(), Vec::<i64>::new(), Vec::new());
        let (mut kinds, mut bodies) = (Vec::new(), Vec::new());
        for new in all {
            let events: Vec<Event> = new.events.iter().map(|(_, event)| event.clone()).collect();
            let episode =
                Episode::replay(&events).map_err(|why| StoreError::corrupt("episode", why))?;
            let summary = Summary::of(&episode);
            let time = |event: Option<&(i64, Event)>| event.map(|(ms, _)| at(*ms));
            rows.push(serde_json::json!({
                "id": new.id.0,
                "key": new.key.0,
                "product": new.product.0,
                "rollout": new.rollout,
                "scenario": new.scenario,
                "seed": new.scenario.seed.cast_signed(),
                "status": summary.status,
                "seq": events.len(),
                "moves": summary.moves,
                "last_act": summary.last_act,
                "outcome": summary.outcome,
                "kind": summary.outcome_kind,
                "price": summary.price_mills,
                "reward": summary.scores.as_ref().map(|scores| &scores.reward),
                "version": summary.scores.as_ref().map(|scores| scores.version),
                "buyer_reward": summary.scores.as_ref().and_then(|scores| scores.value.buyer),
                "seller_reward": summary.scores.as_ref().and_then(|scores| scores.value.seller),
                "code": new.code_version,
                "created": time(new.events.first()),
                "ended": time(new.events.last()),
                "buyer": new.seats.buyer.0.0,
                "buyer_title": new.seats.buyer.1,
                "seller": new.seats.seller.0.0,
                "seller_title": new.seats.seller.1,
            }));
            let (own_kinds, own_bodies) = columns(&events);
            of.extend(std::iter::repeat_n(new.id.0, events.len()));
            seqs.extend(1..=i64::try_from(events.len()).unwrap_or(i64::MAX));
            times.extend(new.events.iter().map(|(ms, _)| at(*ms)));
            kinds.extend(own_kinds);
            bodies.extend(own_bodies);
        }
        let stored = sqlx::query_scalar!(
            r#"with people as (
                 insert into visitors (id) values ($1) on conflict do nothing
             ), episode as (
                 insert into episodes (
                     id, product_id, scenario, seed, creator_visitor, creator_key, status, seq, moves,
                     last_act, outcome, outcome_kind, price_mills, reward_name, reward_version,
                     buyer_reward, seller_reward, code_version, created_at, ended_at, buyer_kind,
                     buyer_negotiator, buyer_title, seller_kind, seller_negotiator, seller_title,
                     evaluation_id, rollout
                 )
                 select e.id, e.product, e.scenario, e.seed, $1, e.key, e.status, e.seq, e.moves,
                     e.last_act, e.outcome, e.kind, e.price, e.reward, e.version, e.buyer_reward,
                     e.seller_reward, e.code, e.created, e.ended, 'negotiator', e.buyer, e.buyer_title,
                     'negotiator', e.seller, e.seller_title, $1, e.rollout
                 from jsonb_to_recordset($2) as e (id uuid, key uuid, product text, rollout integer,
                     scenario jsonb, seed bigint, status text, seq bigint, moves integer,
                     last_act jsonb, outcome jsonb, kind text, price bigint, reward text,
                     version integer, buyer_reward double precision, seller_reward double precision,
                     code text, created timestamptz, ended timestamptz, buyer text,
                     buyer_title text, seller text, seller_title text)
                 on conflict do nothing
                 returning id
             ), stored as (
                 insert into events (episode_id, seq, at, kind, body)
                 select v.episode_id, v.seq, v.at, v.kind, v.body
                 from unnest($3::uuid[], $4::bigint[], $5::timestamptz[], $6::text[], $7::jsonb[])
                     as v (episode_id, seq, at, kind, body)
                 join episode on episode.id = v.episode_id
             )
             select count(*) as "stored!" from episode"#,
            evaluation.0,
            serde_json::Value::Array(rows),
            &of,
            &seqs,
            &times,
            &kinds,
            &bodies as _,
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(stored.cast_unsigned())
    }

    /// The rollouts that need not be played again.
    pub async fn evaluation_done(
        &self,
        id: EvaluationId,
    ) -> Result<Vec<(ProductId, u32)>, StoreError> {
        let rows = sqlx::query!(
            r#"select product_id, rollout as "rollout!" from episodes
             where evaluation_id = $1 and outcome_kind <> 'engine_failure'"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        let done = rows.into_iter();
        Ok(done.map(|row| (ProductId(row.product_id), row.rollout.cast_unsigned())).collect())
    }

    /// All episodes of an evaluation, failed attempts included, by product and rollout. With both limits.
    pub async fn evaluation_episodes(
        &self,
        id: EvaluationId,
    ) -> Result<Vec<Evaluated>, StoreError> {
        self.evaluated(id, None).await
    }

    /// The first rollouts of some products, the same ones of every evaluation over these products. With both
    /// limits.
    pub async fn evaluation_samples(
        &self,
        id: EvaluationId,
        count: u32,
    ) -> Result<Vec<Evaluated>, StoreError> {
        self.evaluated(id, Some(count)).await
    }

    async fn evaluated(
        &self,
        id: EvaluationId,
        samples: Option<u32>,
    ) -> Result<Vec<Evaluated>, StoreError> {
        let archived = sqlx::query_scalar!(
            "select id from episodes
             where evaluation_id = $1 and archive_id is not null and ($2 or rollout = 0)",
            id.0,
            samples.is_none()
        );
        self.recall(&archived.fetch_all(&self.pool).await?).await?;
        let rows = sqlx::query!(
            r#"select id, product_id, rollout as "rollout!",
                 array(select kind from events where episode_id = e.id order by seq) as "kinds!",
                 array(select body::text from events where episode_id = e.id order by seq) as "bodies!"
             from episodes e where evaluation_id = $1 and ($2::integer is null or rollout = 0)
             order by case when $2::integer is not null then sha256(convert_to(product_id, 'UTF8')) end,
                 product_id, rollout, id
             limit $2"#,
            id.0,
            samples.map(|count| i32::try_from(count).unwrap_or(i32::MAX)) as _
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let events = row.kinds.iter().zip(&row.bodies);
                Ok(Evaluated {
                    id: EpisodeId(row.id),
                    product: ProductId(row.product_id),
                    rollout: row.rollout.cast_unsigned(),
                    events: events
                        .map(|(kind, body)| event(kind, body))
                        .collect::<Result<_, StoreError>>()?,
                })
            })
            .collect()
    }

    /// Of the episodes that count; sides without a model are not there.
    pub async fn evaluation_calls(&self, id: EvaluationId) -> Result<Vec<CallFigures>, StoreError> {
        let rows = sqlx::query!(
            r#"select c.role,
                 count(*) filter (where c.attempt = 0) as "moves!",
                 count(*) filter (where c.attempt = 0 and c.outcome = 'ok') as "at_first!",
                 count(*) filter (where c.fallback) as "fallbacks!",
                 count(*) as "calls!",
                 coalesce(sum(c.completion_tokens), 0)::bigint as "completion_tokens!",
                 percentile_cont(0.5) within group (order by c.first_token_ms) as "first_token_ms!",
                 percentile_cont(0.5) within group (order by c.total_ms) as "total_ms!"
             from llm_calls c join episodes e on e.id = c.episode_id
             where e.evaluation_id = $1 and e.outcome_kind <> 'engine_failure'
             group by c.role order by c.role"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(CallFigures {
                    role: role(&row.role)?,
                    moves: row.moves,
                    at_first: row.at_first,
                    fallbacks: row.fallbacks,
                    calls: row.calls,
                    completion_tokens: row.completion_tokens,
                    first_token_ms: row.first_token_ms,
                    total_ms: row.total_ms,
                })
            })
            .collect()
    }
}

pub(crate) async fn evaluation_insert(
    connection: &mut sqlx::PgConnection,
    new: &NewEvaluation,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into evaluations
             (id, command, buyer, seller, split, settings, seed, code_version, planned)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id.0,
        new.command,
        new.buyer,
        new.seller,
        new.split.map_or("all", Split::name),
        new.settings,
        new.seed.cast_signed(),
        new.code_version,
        i32::try_from(new.planned).unwrap_or(i32::MAX),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn evaluation_close(
    connection: &mut sqlx::PgConnection,
    id: EvaluationId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update evaluations set ended_at = now(),
             finished = (select count(*) from episodes
                 where evaluation_id = $1 and outcome_kind <> 'engine_failure'),
             failed = (select count(*) from episodes
                 where evaluation_id = $1 and outcome_kind = 'engine_failure')
         where id = $1",
        id.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Row and events of an episode that is over, in one statement; `creator` is what it belongs to. `false`: it
/// is there.
pub(crate) async fn episode_add(
    connection: &mut sqlx::PgConnection,
    creator: Uuid,
    evaluation: Option<EvaluationId>,
    run: Option<RunId>,
    new: &PlayedEpisode,
) -> Result<bool, StoreError> {
    let (times, events): (Vec<i64>, Vec<Event>) = new.events.iter().cloned().unzip();
    let (kinds, bodies) = columns(&events);
    let times: Vec<DateTime<Utc>> = times.into_iter().map(at).collect();
    let episode = Episode::replay(&events).map_err(|why| StoreError::corrupt("episode", why))?;
    let summary = Summary::of(&episode);
    let scores = summary.scores.as_ref();
    let (buyer, seller) = (&new.seats.buyer, &new.seats.seller);
    let stored = sqlx::query_scalar!(
        r#"with people as (
             insert into visitors (id) values ($1) on conflict do nothing
         ), episode as (
             insert into episodes (
                 id, product_id, scenario, seed, creator_visitor, creator_key, status, seq, moves,
                 last_act, outcome, outcome_kind, price_mills, reward_name, reward_version,
                 buyer_reward, seller_reward, failed_role, failure_code, code_version, created_at,
                 ended_at, buyer_kind, buyer_negotiator, buyer_title, seller_kind,
                 seller_negotiator, seller_title, evaluation_id, rollout, training_run_id,
                 forked_from, forked_seq
             ) values (
                 $2, $3, $4, $5, $1, $6, $7, cardinality($8::text[]), $9, $10, $11, $12, $13, $14,
                 $15, $16, $17, $18, $19, $20, ($21::timestamptz[])[1],
                 ($21::timestamptz[])[cardinality($21::timestamptz[])],
                 'negotiator', $22, $23, 'negotiator', $24, $25, $28::uuid,
                 case when $28::uuid is not null then $26::integer end, $29::uuid, $30::uuid, $31::bigint
             )
             on conflict do nothing
             returning id
         ), stored as (
             insert into events (episode_id, seq, at, kind, body)
             select episode.id, e.seq, e.at, e.kind, e.body
             from episode, unnest($8::text[], $27::jsonb[], $21::timestamptz[])
                 with ordinality as e (kind, body, at, seq)
         )
         select count(*) as "stored!" from episode"#,
        creator,
        new.id.0,
        new.product.0,
        Json(&new.scenario) as _,
        new.scenario.seed.cast_signed(),
        new.key.0,
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
        new.failing.as_ref().map(|failing| failing.role.name()),
        new.failing.as_ref().map(|failing| failing.code.as_str()),
        new.code_version,
        &times,
        buyer.0.0,
        buyer.1,
        seller.0.0,
        seller.1,
        i32::try_from(new.rollout).unwrap_or(i32::MAX),
        &bodies as _,
        evaluation.map(|evaluation| evaluation.0),
        run.map(|run| run.0),
        new.forked_from.map(|fork| fork.episode.0),
        new.forked_from.map(|fork| fork.seq),
    )
    .fetch_one(connection)
    .await?;
    Ok(stored == 1)
}
