//! What a market is before it begins.

use serde::{Deserialize, Serialize};

use crate::money::Mills;
use crate::scenario::{Persona, Product};

/// How a price comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// Talks between one buyer and one stall.
    Bargaining,
    /// Each stall names a price, which is taken or left.
    PostedPrice,
    /// Sealed bids and asks of each good, cleared at once at one price.
    DoubleAuction,
}

/// Places in the lists are the names of goods, stalls and buyers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarketScenario {
    pub goods: Vec<Product>,
    pub stalls: Vec<Stall>,
    pub buyers: Vec<Buyer>,
    pub shocks: Vec<Shock>,
    pub mechanism: Mechanism,
    /// Of one talk.
    pub rounds: u32,
    /// It closes after so many steps.
    pub steps: u32,
    /// Talks that a buyer may hold at the same time.
    pub talks_at_once: u32,
    /// Whether buyers see list prices.
    pub list_prices: bool,
    /// Whether buyers see what others say of a stall: [`StallState::rating`](super::StallState::rating).
    pub ratings: bool,
    pub seed: u64,
}

/// Sells units of one good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stall {
    pub good: usize,
    /// Private: of a unit.
    pub cost: Mills,
    pub stock: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persona: Option<Persona>,
    /// The step in which it opens; absent: when somebody takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens: Option<u32>,
    /// The step in which it closes; absent: with the market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Buyer {
    /// One unit of each, of different goods.
    pub wants: Vec<Want>,
    /// Private: all that can be paid for all wants together.
    pub purse: Mills,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persona: Option<Persona>,
    /// Absent: when somebody takes the seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrives: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    pub good: usize,
    /// Private: the most that a unit is worth.
    pub value: Mills,
}

/// Something that happens to the market from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shock {
    pub step: u32,
    pub stall: usize,
    /// The stall's cost from then on.
    pub cost: Mills,
}

/// What keeps a market from being opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMarket {
    #[error("{who} {number} names the good {good}, and there are {goods}")]
    NoSuchGood { who: &'static str, number: usize, good: usize, goods: usize },
    #[error("{who} {number} has an amount that is no price: {amount}")]
    BadAmount { who: &'static str, number: usize, amount: Mills },
    #[error("buyer {0} wants the same good twice")]
    WantedTwice(usize),
    #[error("a shock names the stall {0}, which is not there")]
    NoSuchStall(usize),
    #[error("rounds, steps and talks at once are at least 1")]
    Nothing,
}

impl MarketScenario {
    /// # Errors
    /// The first thing that cannot be.
    pub fn check(&self) -> Result<(), BadMarket> {
        let goods = self.goods.len();
        let known = |who, number, good| match good < goods {
            true => Ok(()),
            false => Err(BadMarket::NoSuchGood { who, number, good, goods }),
        };
        let priced = |who, number, amount: Mills| match amount.is_price() {
            true => Ok(()),
            false => Err(BadMarket::BadAmount { who, number, amount }),
        };
        for (number, stall) in self.stalls.iter().enumerate() {
            known("stall", number, stall.good)?;
            priced("stall", number, stall.cost)?;
        }
        for (number, buyer) in self.buyers.iter().enumerate() {
            for (nth, want) in buyer.wants.iter().enumerate() {
                known("buyer", number, want.good)?;
                priced("buyer", number, want.value)?;
                if buyer.wants[..nth].iter().any(|other| other.good == want.good) {
                    return Err(BadMarket::WantedTwice(number));
                }
            }
        }
        for shock in &self.shocks {
            if shock.stall >= self.stalls.len() {
                return Err(BadMarket::NoSuchStall(shock.stall));
            }
            priced("shock of stall", shock.stall, shock.cost)?;
        }
        if self.rounds == 0 || self.steps == 0 || self.talks_at_once == 0 {
            return Err(BadMarket::Nothing);
        }
        Ok(())
    }
}
