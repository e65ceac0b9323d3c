//! Rewards: pure functions of an episode, each with a name and a version.
//!
//! `B` is the buyer's budget, `C` the seller's cost, `P` the price of a deal. All rewards share
//! what is decided before a formula is looked at:
//!
//! | the episode | its reward |
//! |---|---|
//! | is not over; a failure of the machinery; abandoned by either side (a disconnect is not play) | none: not scored, for neither side |
//! | this side made a format error | -1 |
//! | this side ended it with a budget violation, or dealt beyond its own limit | -1 |
//! | this side made an offer beyond its own limit that was let stand | -1, see [`RewardSpec::Paper`] |
//! | ended without a deal otherwise, the counterpart's faults included | no deal |
//! | deal | the formula |
//!
//! Division where `B = C`: a surplus of nothing is 0, a gain counts as +infinity and a loss as
//! -infinity before clipping.

mod explain;

use serde::{Deserialize, Serialize};

use crate::episode::Episode;
use crate::event::Outcome;
use crate::money::Mills;
use crate::scenario::{OverLimit, Role, beyond_limit};

pub use explain::{Explanation, Term, explain};

/// A reward function with its parameters. Stored with an episode as its name, version and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum RewardSpec {
    /// The reward reported for paper A, arXiv 2604.09855. Buyer: deal `clip((B - P) / |B - C|, -1, 1)`,
    /// no deal 0. Seller: deal `clip((P - C) / |B - C|, -1, 1)`, no deal 0.
    Paper {
        /// Whether an offer beyond the own limit that was let stand ([`OverLimit::LogOnly`] of the
        /// scenario) still costs -1 whatever came of it. Default: it does.
        #[serde(default)]
        offer_over_budget: OverLimit,
        /// `|B - C|` counts as at least $1, as in an older evaluator of the authors. Default: off.
        #[serde(default)]
        floor_denominator: bool,
    },
    /// Only a good share counts. With `s` the deal's `paper` reward: `s` where `s >= tau`,
    /// otherwise `-penalty`; no deal 0.
    Threshold { tau: f64, penalty: f64 },
    /// `paper`, and `walk_away` to the side that quits where `B < C`. Quitting where a deal was
    /// possible stays 0, and so does a timeout or the counterpart's quitting.
    WalkAwayAware { walk_away: f64 },
    /// The Nash product of both surpluses, 1 at the middle of the zone and 0 at its ends, the same
    /// for both sides: deal `4 max(B - P, 0) max(P - C, 0) / (B - C)^2`; no deal 0, and 0 where
    /// `B = C`.
    Shared,
}

impl RewardSpec {
    /// The reward shown to visitors and used by the paper's preset.
    pub const PAPER: RewardSpec =
        RewardSpec::Paper { offer_over_budget: OverLimit::Violation, floor_denominator: false };

    /// Every reward with its standard parameters.
    pub const REGISTRY: [RewardSpec; 4] = [
        RewardSpec::PAPER,
        RewardSpec::Threshold { tau: 0.3, penalty: 0.1 },
        RewardSpec::WalkAwayAware { walk_away: 0.5 },
        RewardSpec::Shared,
    ];

    /// The registered reward of this name and version, with standard parameters. `None` for a
    /// version that this build does not compute: an old figure is never recomputed by a new formula.
    pub fn registered(name: &str, version: u32) -> Option<RewardSpec> {
        Self::REGISTRY.into_iter().find(|spec| spec.name() == name && spec.version() == version)
    }

    pub fn name(&self) -> &'static str {
        match self {
            RewardSpec::Paper { .. } => "paper",
            RewardSpec::Threshold { .. } => "threshold",
            RewardSpec::WalkAwayAware { .. } => "walk_away_aware",
            RewardSpec::Shared => "shared",
        }
    }

    /// Raised whenever the same episode would get another number.
    pub fn version(&self) -> u32 {
        1
    }

    fn offer_over_budget(&self) -> OverLimit {
        match self {
            RewardSpec::Paper { offer_over_budget, .. } => *offer_over_budget,
            _ => OverLimit::Violation,
        }
    }

    fn floor_denominator(&self) -> bool {
        matches!(self, RewardSpec::Paper { floor_denominator: true, .. })
    }
}

/// What an episode is to one side, before a formula is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    NotScored(&'static str),
    Fault(Fault),
    NoDeal { own_quit: bool },
    Deal { price: Mills },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Format,
    Beyond(Mills),
}

/// The reward of one side. `None` where the episode is not scored, see the module's table.
pub fn score(episode: &Episode, role: Role, spec: &RewardSpec) -> Option<f64> {
    match case(episode, role, spec) {
        Case::NotScored(_) => None,
        Case::Fault(_) => Some(-1.0),
        Case::NoDeal { own_quit } => Some(no_deal(episode, own_quit, spec)),
        Case::Deal { price } => Some(deal(episode, role, price, spec)),
    }
}

fn case(episode: &Episode, role: Role, spec: &RewardSpec) -> Case {
    let Some(outcome) = episode.outcome() else { return Case::NotScored("it is not over") };
    match outcome {
        Outcome::EngineFailure => return Case::NotScored("the machinery failed"),
        Outcome::Abandoned { .. } => return Case::NotScored("it was abandoned"),
        Outcome::FormatError { by } if by == role => return Case::Fault(Fault::Format),
        Outcome::BudgetViolation { by, price } if by == role => {
            return Case::Fault(Fault::Beyond(price));
        }
        Outcome::Deal { price, .. } if beyond_limit(role, episode.limit(role), price) => {
            return Case::Fault(Fault::Beyond(price));
        }
        _ => {}
    }
    let overshoot = episode.overshoots.iter().find(|(by, _)| *by == role);
    match (overshoot, outcome) {
        (Some((_, price)), _) if spec.offer_over_budget() == OverLimit::Violation => {
            Case::Fault(Fault::Beyond(*price))
        }
        (_, Outcome::Deal { price, .. }) => Case::Deal { price },
        (_, Outcome::Quit { by }) => Case::NoDeal { own_quit: by == role },
        _ => Case::NoDeal { own_quit: false },
    }
}

fn no_deal(episode: &Episode, own_quit: bool, spec: &RewardSpec) -> f64 {
    match spec {
        RewardSpec::WalkAwayAware { walk_away } if own_quit && episode.budget < episode.cost => {
            *walk_away
        }
        _ => 0.0,
    }
}

fn deal(episode: &Episode, role: Role, price: Mills, spec: &RewardSpec) -> f64 {
    let share = || clipped_share(episode, role, price, spec.floor_denominator());
    match *spec {
        RewardSpec::Paper { .. } | RewardSpec::WalkAwayAware { .. } => share(),
        RewardSpec::Threshold { tau, penalty } => {
            let s = share();
            if s >= tau { s } else { 0.0 - penalty }
        }
        RewardSpec::Shared => nash_product(episode.budget, episode.cost, price),
    }
}

/// What a deal at `price` leaves to a side: `B - P` to the buyer, `P - C` to the seller.
pub fn surplus(role: Role, limit: Mills, price: Mills) -> Mills {
    match role {
        Role::Buyer => limit - price,
        Role::Seller => price - limit,
    }
}

/// `clip(surplus / |B - C|, -1, 1)`, the denominator at least $1 where `floor` says so.
fn clipped_share(episode: &Episode, role: Role, price: Mills, floor: bool) -> f64 {
    let gap = Mills((episode.budget - episode.cost).0.saturating_abs());
    let gap = if floor { gap.max(Mills::from_dollars(1)) } else { gap };
    let surplus = surplus(role, episode.limit(role), price);
    match (surplus, gap) {
        (Mills::ZERO, _) => 0.0,
        (gain, Mills::ZERO) => gain.0.signum() as f64,
        (surplus, gap) => (surplus.0 as f64 / gap.0 as f64).clamp(-1.0, 1.0),
    }
}

/// `4 max(B - P, 0) max(P - C, 0) / (B - C)^2`; 0 where `B = C`. Between 0 and 1.
pub fn nash_product(budget: Mills, cost: Mills, price: Mills) -> f64 {
    let buyer = (budget - price).max(Mills::ZERO).0 as f64;
    let seller = (price - cost).max(Mills::ZERO).0 as f64;
    // B - C; where that is 0, one of the two is 0 for every price.
    let gap = buyer + seller;
    if buyer == 0.0 || seller == 0.0 { 0.0 } else { 4.0 * buyer * seller / (gap * gap) }
}

#[cfg(test)]
mod tests;
