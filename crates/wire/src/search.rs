//! Looking for episodes among all, for researchers.

use rules::{Interest, Mills, Outcome, PerRole};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::episode::EpisodeSummary;
use crate::id::{EpisodeId, MarketId, ProductId, RunId, SuiteId};

/// How an episode ended, without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Deal,
    Quit,
    Timeout,
    BudgetViolation,
    FormatError,
    Abandoned,
    EngineFailure,
}

impl Ending {
    pub const ALL: [Ending; 7] = [
        Ending::Deal,
        Ending::Quit,
        Ending::Timeout,
        Ending::BudgetViolation,
        Ending::FormatError,
        Ending::Abandoned,
        Ending::EngineFailure,
    ];

    pub fn of(outcome: Outcome) -> Ending {
        match outcome {
            Outcome::Deal { .. } => Ending::Deal,
            Outcome::Quit { .. } => Ending::Quit,
            Outcome::Timeout => Ending::Timeout,
            Outcome::BudgetViolation { .. } => Ending::BudgetViolation,
            Outcome::FormatError { .. } => Ending::FormatError,
            Outcome::Abandoned { .. } => Ending::Abandoned,
            Outcome::EngineFailure => Ending::EngineFailure,
        }
    }

    /// As in the outcome's `type`.
    pub fn name(self) -> &'static str {
        match self {
            Ending::Deal => "deal",
            Ending::Quit => "quit",
            Ending::Timeout => "timeout",
            Ending::BudgetViolation => "budget_violation",
            Ending::FormatError => "format_error",
            Ending::Abandoned => "abandoned",
            Ending::EngineFailure => "engine_failure",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EpisodeOrder {
    #[default]
    Newest,
    BuyerRewardUp,
    BuyerRewardDown,
    SellerRewardUp,
    SellerRewardDown,
}

impl EpisodeOrder {
    pub const ALL: [EpisodeOrder; 5] = [
        EpisodeOrder::Newest,
        EpisodeOrder::BuyerRewardUp,
        EpisodeOrder::BuyerRewardDown,
        EpisodeOrder::SellerRewardUp,
        EpisodeOrder::SellerRewardDown,
    ];

    pub fn name(self) -> &'static str {
        match self {
            EpisodeOrder::Newest => "newest",
            EpisodeOrder::BuyerRewardUp => "buyer_reward_up",
            EpisodeOrder::BuyerRewardDown => "buyer_reward_down",
            EpisodeOrder::SellerRewardUp => "seller_reward_up",
            EpisodeOrder::SellerRewardDown => "seller_reward_down",
        }
    }
}

/// Which episodes to find. What is left out is no condition, but rollouts are found by their run alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct EpisodeSearch {
    /// Words of one message, in any form: `last price`, `"in this order"`, `cash or card`, `-insult`.
    pub talk: Option<String>,
    pub product: Option<ProductId>,
    pub category: Option<String>,
    /// `train` or `test`.
    pub split: Option<String>,
    /// A negotiator's name, or `person`.
    pub buyer: Option<String>,
    pub seller: Option<String>,
    /// Of either side.
    pub persona: Option<String>,
    pub ending: Option<Ending>,
    /// Of episodes that are over: before, it tells of limits.
    pub interest: Option<Interest>,
    pub evaluation: Option<Uuid>,
    pub suite: Option<SuiteId>,
    /// The rollouts and evaluations of a training run.
    pub run: Option<RunId>,
    /// Of a study, by its name in addresses. Its practice rounds are left out.
    pub study: Option<String>,
    /// The talks of a market of many.
    pub market: Option<MarketId>,
    /// Of a deal, in mills.
    pub min_price: Option<Mills>,
    pub max_price: Option<Mills>,
    pub min_buyer_reward: Option<f64>,
    pub max_buyer_reward: Option<f64>,
    pub min_seller_reward: Option<f64>,
    pub max_seller_reward: Option<f64>,
    pub min_moves: Option<u32>,
    pub max_moves: Option<u32>,
    /// A label that somebody put on it.
    pub tag: Option<String>,
    pub order: EpisodeOrder,
    /// Only those behind this one in the order: keyset paging.
    pub after: Option<EpisodeId>,
    /// At most 100; default 50.
    pub limit: Option<u32>,
}

/// An episode as a researcher finds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EpisodeHit {
    #[serde(flatten)]
    pub summary: EpisodeSummary,
    pub category: String,
    /// Once it is over: what each side would have paid, or needed, at the utmost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<PerRole<Mills>>,
    pub personas: PerRole<Option<String>>,
    pub rewards: PerRole<Option<f64>>,
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EpisodeHits {
    pub items: Vec<EpisodeHit>,
    /// Whether there are more behind the last one.
    pub more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire_format() {
        for ending in Ending::ALL {
            assert_eq!(serde_json::to_value(ending).unwrap(), ending.name());
        }
        for order in EpisodeOrder::ALL {
            assert_eq!(serde_json::to_value(order).unwrap(), order.name());
        }
    }
}
