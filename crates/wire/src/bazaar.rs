//! Markets of many stalls and buyers: what everybody sees, what a seat sees, what people do.

use rules::market::{MarketEvent, Mechanism};
use rules::{Act, Mills, PerRole, Role};
use serde::{Deserialize, Serialize};

use crate::id::{EpisodeId, IdempotencyKey, MarketId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MarketStatus {
    Running,
    Paused,
    Over,
}

impl MarketStatus {
    pub fn name(self) -> &'static str {
        match self {
            MarketStatus::Running => "running",
            MarketStatus::Paused => "paused",
            MarketStatus::Over => "over",
        }
    }
}

/// What a list says of a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketHead {
    pub id: MarketId,
    pub title: String,
    pub status: MarketStatus,
    pub step: u32,
    pub steps: u32,
    pub stalls: u32,
    pub buyers: u32,
    pub sold: u32,
    /// People who sit in it now.
    pub people: u32,
    pub created_ms: i64,
}

/// A market to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMarketRequest {
    pub key: IdempotencyKey,
    /// The name of a population that comes with Souk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    /// Or a population's file, in TOML. For researchers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// In place of the file's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Milliseconds between steps, 50 to 60,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace_ms: Option<u32>,
}

/// What never changes of a market, as everybody may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarketScene {
    pub id: MarketId,
    pub title: String,
    /// `bargaining`, `posted_price`, `double_auction`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub mechanism: Mechanism,
    pub steps: u32,
    /// Of one talk.
    pub rounds: u32,
    pub talks_at_once: u32,
    pub goods: Vec<SceneGood>,
    pub stalls: Vec<SceneStall>,
    pub buyers: Vec<SceneBuyer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SceneGood {
    pub title: String,
    /// What people call it.
    pub name: String,
    /// None where buyers do not know it.
    pub list_price: Option<Mills>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SceneStall {
    /// Its place in `goods`.
    pub good: usize,
    pub stock: u32,
    /// A negotiator's name; `person`: a stall that people keep.
    pub negotiator: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SceneBuyer {
    /// A negotiator's name; `person`: a seat that people take.
    pub negotiator: String,
}

/// What happened after an event, as everybody may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarketFeed {
    /// Number of the last event that this answer goes up to: ask again with it.
    pub seq: i64,
    /// Whether there is more already.
    pub more: bool,
    pub status: MarketStatus,
    pub pace_ms: Option<u32>,
    /// People who sit in it now.
    pub people: u32,
    pub events: Vec<Happened>,
}

/// An event with its number. Numbers that are missing are not for everybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Happened {
    pub n: i64,
    /// `rules::market::MarketEvent`.
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub event: MarketEvent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MarketJoinRequest {
    pub key: IdempotencyKey,
    pub role: Role,
}

/// One act of who sits in a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MarketActRequest {
    pub key: IdempotencyKey,
    pub act: MarketAct,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MarketAct {
    /// A buyer goes to a stall, and a talk begins.
    Visit {
        stall: usize,
    },
    Say {
        talk: usize,
        message: String,
        act: Act,
    },
    /// At a posted price.
    Buy {
        stall: usize,
        price: Mills,
    },
    /// A stall's price for everybody.
    Post {
        price: Mills,
    },
    Leave,
}

/// A market as one seat sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarketSeatView {
    pub role: Role,
    /// Of the buyer, or of the stall.
    pub number: usize,
    /// Number of the last event that this view has seen.
    pub seq: i64,
    pub status: MarketStatus,
    pub step: u32,
    /// A buyer's money.
    pub purse: Option<Mills>,
    /// A buyer's open wants.
    pub wants: Vec<SeatWant>,
    pub stall: Option<OwnStall>,
    /// For a buyer: open stalls with something that it wants.
    pub stalls: Vec<SeenStall>,
    /// Talks under way.
    pub talks: Vec<SeatTalk>,
    /// Units bought or sold.
    pub sales: Vec<SeatSale>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatWant {
    pub good: usize,
    /// The most that a unit is worth to this buyer.
    pub value: Mills,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnStall {
    pub good: usize,
    /// Of a unit, to this seller.
    pub cost: Mills,
    pub stock: u32,
    pub posted: Option<Mills>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeenStall {
    pub stall: usize,
    pub good: usize,
    pub stock: u32,
    pub posted: Option<Mills>,
    /// Thousandths of the list price that its buyers saved, where buyers see ratings.
    pub rating: Option<i64>,
    pub is_talking: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatTalk {
    pub talk: usize,
    pub good: usize,
    /// The stall's number for a buyer, the buyer's for a stall.
    pub with: usize,
    /// The own limit.
    pub limit: Mills,
    /// The best that stands in the own other talks about this good.
    pub elsewhere: Option<Mills>,
    pub turns: Vec<SeatTurn>,
    pub standing: PerRole<Option<Mills>>,
    pub is_own_turn: bool,
    /// Own messages that are left.
    pub left: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatTurn {
    pub by: Role,
    pub talk: String,
    pub act: Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatSale {
    pub good: usize,
    pub price: Mills,
    /// Value less price, or price less cost.
    pub gain: Mills,
    pub step: u32,
}

/// One talk, as everybody may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarketThread {
    pub talk: usize,
    pub buyer: usize,
    pub stall: usize,
    pub good: usize,
    pub turns: Vec<SeatTurn>,
    /// Once it is over: where all of it can be looked at again.
    pub episode: Option<EpisodeId>,
}

/// A market's clock. What is left out stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MarketClockRequest {
    #[serde(default)]
    pub pace_ms: Option<u32>,
    #[serde(default)]
    pub paused: Option<bool>,
    /// Steps to be made although it stands.
    #[serde(default)]
    pub steps: u32,
}

/// Costs and values: what researchers may see at any time, and everybody once the market is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarketBooks {
    pub goods: Vec<GoodBook>,
    /// Realised of possible gains from trade.
    pub efficiency: Option<f64>,
    pub possible: Mills,
    pub realised: Mills,
    pub surplus: PerRole<Mills>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GoodBook {
    pub good: usize,
    /// Of all units that stalls brought so far, the cheapest first.
    pub costs: Vec<Mills>,
    /// Of all buyers who came so far, the dearest first.
    pub values: Vec<Mills>,
    /// Prices at which just so many want to sell and to buy.
    pub clearing: Option<(Mills, Mills)>,
    pub quantity: usize,
    pub efficiency: Option<f64>,
    /// Standard deviation of prices over their mean.
    pub dispersion: Option<f64>,
}
