//! Talks of a market that are over: they go among the episodes, many at once.

use chrono::{DateTime, Utc};
use rules::{Act, Episode, Event, Outcome, PerRole, Role, Scenario};
use sqlx::types::Json;
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
    let mut rows = Rows::default();
    let (mut ids, mut numbers, mut times) = (Vec::new(), Vec::new(), Vec::new());
    let (mut kinds, mut bodies) = (Vec::new(), Vec::new());
    for talk in talks {
        let events: Vec<Event> = talk.events.iter().map(|(_, event)| event.clone()).collect();
        rows.push(talk, &events)?;
        let (kind, body) = columns(&events);
        for (seq, (ms, _)) in (1_i64..).zip(&talk.events) {
            ids.push(talk.id.0);
            numbers.push(seq);
            times.push(at(*ms));
        }
        kinds.extend(kind);
        bodies.extend(body);
    }
    // Nobody asks for a talk by its creator's key: its own id is as good as any.
    sqlx::query!(
        "insert into episodes (
             id, creator_key, product_id, scenario, seed, status, seq, moves, last_act, outcome, outcome_kind,
             price_mills, reward_name, reward_version, buyer_reward, seller_reward, code_version, created_at,
             ended_at, buyer_kind, buyer_negotiator, buyer_title, buyer_visitor, seller_kind, seller_negotiator,
             seller_title, seller_visitor, market_talk, market_id, creator_visitor
         )
         select t.*, m.id, m.created_by
         from markets m, (
             select id, id, product_id, scenario, seed, status, seq, moves, last_act, outcome, outcome_kind,
                 price_mills, reward_name, reward_version, buyer_reward, seller_reward, code_version, created_at,
                 ended_at, buyer_kind, buyer_negotiator, buyer_title, buyer_visitor, seller_kind,
                 seller_negotiator, seller_title, seller_visitor, market_talk
             from unnest(
                 $2::uuid[], $3::text[], $4::jsonb[], $5::bigint[], $6::text[], $7::bigint[], $8::integer[],
                 $9::jsonb[], $10::jsonb[], $11::text[], $12::bigint[], $13::text[], $14::integer[],
                 $15::double precision[], $16::double precision[], $17::text[], $18::timestamptz[],
                 $19::timestamptz[], $20::text[], $21::text[], $22::text[], $23::uuid[], $24::text[],
                 $25::text[], $26::text[], $27::uuid[], $28::integer[]
             ) as u (
                 id, product_id, scenario, seed, status, seq, moves, last_act, outcome, outcome_kind, price_mills,
                 reward_name, reward_version, buyer_reward, seller_reward, code_version, created_at, ended_at,
                 buyer_kind, buyer_negotiator, buyer_title, buyer_visitor, seller_kind, seller_negotiator,
                 seller_title, seller_visitor, market_talk
             )
         ) as t
         where m.id = $1",
        market.0,
        &rows.id,
        &rows.product as _,
        &rows.scenario as _,
        &rows.seed,
        &rows.status as _,
        &rows.seq,
        &rows.moves,
        &rows.last_act as _,
        &rows.outcome as _,
        &rows.outcome_kind as _,
        &rows.price_mills as _,
        &rows.reward_name as _,
        &rows.reward_version as _,
        &rows.rewards.buyer as _,
        &rows.rewards.seller as _,
        &rows.code_version as _,
        &rows.created_at,
        &rows.ended_at,
        &rows.seats.buyer.kind as _,
        &rows.seats.buyer.negotiator as _,
        &rows.seats.buyer.title as _,
        &rows.seats.buyer.visitor as _,
        &rows.seats.seller.kind as _,
        &rows.seats.seller.negotiator as _,
        &rows.seats.seller.title as _,
        &rows.seats.seller.visitor as _,
        &rows.talk,
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

/// Episodes, a column each.
#[derive(Default)]
struct Rows<'a> {
    id: Vec<Uuid>,
    product: Vec<&'a str>,
    scenario: Vec<Json<&'a Scenario>>,
    seed: Vec<i64>,
    status: Vec<&'static str>,
    seq: Vec<i64>,
    moves: Vec<i32>,
    last_act: Vec<Option<Json<Act>>>,
    outcome: Vec<Option<Json<Outcome>>>,
    outcome_kind: Vec<Option<&'static str>>,
    price_mills: Vec<Option<i64>>,
    reward_name: Vec<Option<String>>,
    reward_version: Vec<Option<i32>>,
    rewards: PerRole<Vec<Option<f64>>>,
    code_version: Vec<&'a str>,
    created_at: Vec<DateTime<Utc>>,
    ended_at: Vec<DateTime<Utc>>,
    seats: PerRole<Seats<'a>>,
    talk: Vec<i32>,
}

#[derive(Default)]
struct Seats<'a> {
    kind: Vec<&'static str>,
    negotiator: Vec<Option<&'a str>>,
    title: Vec<Option<&'a str>>,
    visitor: Vec<Option<Uuid>>,
}

impl<'a> Rows<'a> {
    fn push(&mut self, talk: &'a MarketTalk, events: &[Event]) -> Result<(), StoreError> {
        let episode = Episode::replay(events).map_err(|why| StoreError::corrupt("talk", why))?;
        let summary = Summary::of(&episode);
        let time = |of: Option<&(i64, Event)>| at(of.map_or(0, |(ms, _)| *ms));
        self.id.push(talk.id.0);
        self.product.push(&talk.product.0);
        self.scenario.push(Json(&talk.scenario));
        self.seed.push(talk.scenario.seed.cast_signed());
        self.status.push(summary.status);
        self.seq.push(i64::try_from(events.len()).unwrap_or(i64::MAX));
        self.moves.push(summary.moves);
        self.last_act.push(summary.last_act.map(Json));
        self.outcome.push(summary.outcome.map(Json));
        self.outcome_kind.push(summary.outcome_kind);
        self.price_mills.push(summary.price_mills);
        let scores = summary.scores;
        self.reward_version.push(scores.as_ref().map(|scores| scores.version.cast_signed()));
        for role in Role::BOTH {
            let reward = scores.as_ref().and_then(|scores| *scores.value.get(role));
            self.rewards.get_mut(role).push(reward);
            let seat = SeatColumns::of(talk.seats.get(role));
            let columns = self.seats.get_mut(role);
            columns.kind.push(seat.kind);
            columns.negotiator.push(seat.negotiator);
            columns.title.push(seat.title);
            columns.visitor.push(seat.visitor);
        }
        self.reward_name.push(scores.map(|scores| scores.reward));
        self.code_version.push(&talk.code_version);
        self.created_at.push(time(talk.events.first()));
        self.ended_at.push(time(talk.events.last()));
        self.talk.push(i32::try_from(talk.talk).unwrap_or(i32::MAX));
        Ok(())
    }
}
