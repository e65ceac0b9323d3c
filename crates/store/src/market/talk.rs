//! Talks of a market that are over: they go among the episodes, many at once.

use chrono::{DateTime, Utc};
use rules::{Episode, Event, PerRole, Scenario};
use serde_json::json;
use uuid::Uuid;
use wire::{EpisodeId, MarketId, ProductId};

use crate::episode::{SeatColumns, at, columns};
use crate::episode_row::Sitter;
use crate::error::StoreError;
use crate::llm_call::{NewCall, calls_insert};
use crate::summary::Summary;

#[derive(Clone, Debug, PartialEq)]
pub struct MarketTalk {
    pub id: EpisodeId,
    /// Its number in the market.
    pub talk: usize,
    pub product: ProductId,
    pub scenario: Scenario,
    pub seats: PerRole<Sitter>,
    /// All of them, each with its time in milliseconds since the Unix epoch.
    pub events: Vec<(i64, Event)>,
    pub calls: Vec<NewCall>,
    pub code_version: String,
}

/// Two statements, however many there are.
pub(super) async fn talks_insert(
    connection: &mut sqlx::PgConnection,
    market: MarketId,
    talks: &[MarketTalk],
) -> Result<(), StoreError> {
    if talks.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(talks.len());
    let (mut ids, mut numbers, mut times) = (Vec::new(), Vec::new(), Vec::new());
    let (mut kinds, mut bodies) = (Vec::new(), Vec::new());
    for talk in talks {
        let events: Vec<Event> = talk.events.iter().map(|(_, event)| event.clone()).collect();
        rows.push(row(talk, &events)?);
        let (kind, body) = columns(&events);
        for (seq, (ms, _)) in (1_i64..).zip(&talk.events) {
            ids.push(talk.id.0);
            numbers.push(seq);
            times.push(at(*ms));
        }
        kinds.extend(kind);
        bodies.extend(body);
    }
    sqlx::query!(
        "insert into episodes (
             id, product_id, scenario, seed, creator_visitor, creator_key, status, seq, moves, last_act, outcome,
             outcome_kind, price_mills, reward_name, reward_version, buyer_reward, seller_reward, code_version,
             created_at, ended_at, buyer_kind, buyer_negotiator, buyer_title, buyer_visitor, buyer_user, seller_kind,
             seller_negotiator, seller_title, seller_visitor, seller_user, market_id, market_talk
         )
         select t.id, t.product_id, t.scenario, t.seed, m.created_by, t.creator_key, t.status, t.seq, t.moves,
             t.last_act, t.outcome, t.outcome_kind, t.price_mills, t.reward_name, t.reward_version, t.buyer_reward,
             t.seller_reward, t.code_version, t.created_at, t.ended_at, t.buyer_kind, t.buyer_negotiator,
             t.buyer_title, t.buyer_visitor, t.buyer_user, t.seller_kind, t.seller_negotiator, t.seller_title,
             t.seller_visitor, t.seller_user, m.id, t.market_talk
         from markets m, jsonb_to_recordset($2) as t (
             id uuid, product_id text, scenario jsonb, seed bigint, creator_key uuid, status text, seq bigint,
             moves integer, last_act jsonb, outcome jsonb, outcome_kind text, price_mills bigint, reward_name text,
             reward_version integer, buyer_reward double precision, seller_reward double precision,
             code_version text, created_at timestamptz, ended_at timestamptz, buyer_kind text,
             buyer_negotiator text, buyer_title text, buyer_visitor uuid, buyer_user uuid, seller_kind text,
             seller_negotiator text, seller_title text, seller_visitor uuid, seller_user uuid, market_talk integer
         ) where m.id = $1",
        market.0,
        serde_json::Value::Array(rows)
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into events (episode_id, seq, at, kind, body)
         select * from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::jsonb[])",
        &ids as &[Uuid],
        &numbers,
        &times as &[DateTime<Utc>],
        &kinds,
        &bodies as _
    )
    .execute(&mut *connection)
    .await?;
    for talk in talks.iter().filter(|talk| !talk.calls.is_empty()) {
        calls_insert(connection, talk.id, &talk.calls).await?;
    }
    Ok(())
}

fn row(talk: &MarketTalk, events: &[Event]) -> Result<serde_json::Value, StoreError> {
    let episode = Episode::replay(events).map_err(|why| StoreError::corrupt("talk", why))?;
    let summary = Summary::of(&episode);
    let (buyer, seller) = (SeatColumns::of(&talk.seats.buyer), SeatColumns::of(&talk.seats.seller));
    let scores = summary.scores.as_ref();
    let time = |of: Option<&(i64, Event)>| of.map(|(ms, _)| at(*ms).to_rfc3339());
    Ok(json!({
        "id": talk.id.0,
        "product_id": talk.product.0,
        "scenario": talk.scenario,
        "seed": talk.scenario.seed.cast_signed(),
        // Nobody asks for it by a key; the number in the market keeps it single.
        "creator_key": talk.id.0,
        "status": summary.status,
        "seq": events.len(),
        "moves": summary.moves,
        "last_act": summary.last_act,
        "outcome": summary.outcome,
        "outcome_kind": summary.outcome_kind,
        "price_mills": summary.price_mills,
        "reward_name": scores.map(|scores| &scores.reward),
        "reward_version": scores.map(|scores| scores.version),
        "buyer_reward": scores.and_then(|scores| scores.value.buyer),
        "seller_reward": scores.and_then(|scores| scores.value.seller),
        "code_version": talk.code_version,
        "created_at": time(talk.events.first()),
        "ended_at": time(talk.events.last()),
        "buyer_kind": buyer.kind,
        "buyer_negotiator": buyer.negotiator,
        "buyer_title": buyer.title,
        "buyer_visitor": buyer.visitor,
        "buyer_user": buyer.user,
        "seller_kind": seller.kind,
        "seller_negotiator": seller.negotiator,
        "seller_title": seller.title,
        "seller_visitor": seller.visitor,
        "seller_user": seller.user,
        "market_talk": talk.talk,
    }))
}
