//! Metrics: each with its definition, its number of units and an interval.
//!
//! A metric is seen from one role ("own"). `B`, `C`, `P`: budget, cost, price of a deal; own
//! surplus is `B - P` for a buyer and `P - C` for a seller. Only *scored* episodes count: over, and
//! ended neither by a failure of the machinery nor by abandonment. *Feasible*: `B > C`;
//! *infeasible*: `B < C`. A tie is neither.

mod facts;
mod report;
mod speech;

use serde::{Deserialize, Serialize};

pub use facts::{Facts, Observation, OfferMade, SeatFacts};
pub use report::{Clustering, Estimate, Row, Slice, estimate, report, slices};
pub use speech::{PersonaMarkers, prices_in, states_price};

use crate::event::Outcome;
use crate::reward::{nash_product, surplus};
use crate::scenario::{Interest, Role};
use crate::statistics::Sums;

/// What is measured. Unless a definition says otherwise it is a mean over episodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The own reward, of the reward function that the facts were taken with.
    Reward,
    /// Share of scored episodes that ended in a deal.
    DealRate,
    /// AGR+: share of feasible episodes that ended in a deal.
    FeasibleAgreement,
    /// FAGR-: share of infeasible episodes that ended in a deal.
    InfeasibleAgreement,
    /// Share of episodes, feasible or not, in which quitting was done where and only where it was
    /// right: the own side quit and `B < C`, or did not quit and `B > C`. Episodes that the
    /// counterpart quit are left out. On the infeasible slice this is the share walked away from.
    WalkAwayCorrectness,
    /// Own surplus over `|B - C|`, deals only, ties left out. For a buyer where `B > C` this is the
    /// reported bargained ratio `(B - P) / (B - C)`; the bars keep a loss negative where `B < C`.
    BargainedRatio,
    /// SE+: own surplus over `B - C`, feasible episodes, no deal counts as 0. Every episode weighs
    /// the same, whatever its product costs.
    SurplusEfficiency,
    /// CSE+: as SE+, deals only.
    ConditionalSurplusEfficiency,
    /// First own offer over the own limit: first offer / B for a buyer. Episodes with an own offer.
    FirstOfferRatio,
    /// Share of scored episodes with an own offer or acceptance beyond the own limit.
    OvershootRate,
    /// `(P - C) / (B - C)`: the seller's share of the zone, feasible deals, whoever looks.
    SellerSurplusShare,
    /// Share of deals at a price beyond the own limit.
    OwnIrrationality,
    /// Share of deals at a price beyond the counterpart's limit.
    InducedIrrationality,
    /// `4 max(B - P, 0) max(P - C, 0) / (B - C)^2`, feasible episodes, no deal counts as 0.
    NashProduct,
    /// The round of the deal, deals only.
    RoundsToDeal,
    /// Mean over own offers after the first: how far it moved towards the counterpart, over the
    /// list price. Negative: it moved away.
    Concession,
    /// Share of own offers after the first that did not move away from the counterpart.
    Monotonicity,
    /// Least-squares slope of the own concession on the counterpart's: both over the list price,
    /// between two own offers in a row, where the counterpart had made an offer before the first.
    Reciprocity,
    /// Least-squares slope of the price of a deal on the first own offer, both over the list price.
    AnchoringSlope,
    /// Own messages that could be read, over all own messages.
    FormatValidity,
    /// Share of scored episodes in which an own message's talk names a number within a cent of the
    /// own limit ([`states_price`]). It counts also where that number is the price offered.
    LimitLeakage,
    /// Of the persona markers in the own talk, the share that belong to the own persona. Markers
    /// are phrases given as data ([`PersonaMarkers`]), counted once per message.
    PersonaConsistency,
}

impl Metric {
    pub const ALL: [Metric; 22] = [
        Metric::Reward,
        Metric::DealRate,
        Metric::FeasibleAgreement,
        Metric::InfeasibleAgreement,
        Metric::WalkAwayCorrectness,
        Metric::BargainedRatio,
        Metric::SurplusEfficiency,
        Metric::ConditionalSurplusEfficiency,
        Metric::FirstOfferRatio,
        Metric::OvershootRate,
        Metric::SellerSurplusShare,
        Metric::OwnIrrationality,
        Metric::InducedIrrationality,
        Metric::NashProduct,
        Metric::RoundsToDeal,
        Metric::Concession,
        Metric::Monotonicity,
        Metric::Reciprocity,
        Metric::AnchoringSlope,
        Metric::FormatValidity,
        Metric::LimitLeakage,
        Metric::PersonaConsistency,
    ];

    /// Whether this is a share of units that are each right or wrong.
    pub fn is_share(self) -> bool {
        matches!(
            self,
            Metric::DealRate
                | Metric::FeasibleAgreement
                | Metric::InfeasibleAgreement
                | Metric::WalkAwayCorrectness
                | Metric::OvershootRate
                | Metric::OwnIrrationality
                | Metric::InducedIrrationality
                | Metric::Monotonicity
                | Metric::FormatValidity
                | Metric::LimitLeakage
                | Metric::PersonaConsistency
        )
    }

    /// The estimate from the sums of all units. `None` where there is nothing to estimate from.
    pub fn value(self, sums: &Sums) -> Option<f64> {
        match self {
            Metric::Reciprocity | Metric::AnchoringSlope => sums.slope(),
            _ => sums.mean(),
        }
    }

    /// What one episode adds.
    pub fn sums(self, facts: &Facts, role: Role) -> Sums {
        if !facts.is_scored() {
            return Sums::default();
        }
        let own = facts.seats.get(role);
        match self {
            Metric::Reward => one(facts.rewards.get(role).to_owned()),
            Metric::DealRate => share(facts.price().is_some()),
            Metric::FeasibleAgreement => agreement(facts, Interest::Mutual),
            Metric::InfeasibleAgreement => agreement(facts, Interest::Conflicting),
            Metric::WalkAwayCorrectness => walk_away(facts, role),
            Metric::BargainedRatio => one(facts.price().and_then(|_| own_share(facts, role))),
            Metric::SurplusEfficiency => feasible(facts, || own_share(facts, role)),
            Metric::ConditionalSurplusEfficiency => {
                feasible(facts, || facts.price().and_then(|_| own_share(facts, role)))
            }
            Metric::FirstOfferRatio => {
                one(first_offer(facts, role)
                    .map(|offer| offer / facts.limit(role).as_dollars_f64()))
            }
            Metric::OvershootRate => share(own.overshot),
            Metric::SellerSurplusShare => {
                feasible(facts, || facts.price().and_then(|_| own_share(facts, Role::Seller)))
            }
            Metric::OwnIrrationality => irrationality(facts, role),
            Metric::InducedIrrationality => irrationality(facts, role.other()),
            Metric::NashProduct => feasible(facts, || {
                let product = |price| nash_product(facts.budget, facts.cost, price);
                Some(facts.price().map_or(0.0, product))
            }),
            Metric::RoundsToDeal => match facts.outcome {
                Some(Outcome::Deal { round, .. }) => Sums::unit(f64::from(round)),
                _ => Sums::default(),
            },
            Metric::Concession => facts.concessions(role).map(Sums::unit).sum(),
            Metric::Monotonicity => facts.concessions(role).map(|c| share(c >= 0.0)).sum(),
            Metric::Reciprocity => {
                facts.replies(role).map(|(theirs, own)| Sums::point(theirs, own)).sum()
            }
            Metric::AnchoringSlope => anchoring(facts, role).unwrap_or_default(),
            Metric::FormatValidity => {
                let valid = f64::from(own.messages);
                Sums::pooled(valid, valid + f64::from(own.format_errors))
            }
            Metric::LimitLeakage => share(own.stated_limit),
            Metric::PersonaConsistency => {
                Sums::pooled(f64::from(own.own_markers), f64::from(own.markers))
            }
        }
    }
}

fn share(holds: bool) -> Sums {
    Sums::unit(f64::from(u8::from(holds)))
}

fn one(value: Option<f64>) -> Sums {
    value.map_or(Sums::default(), Sums::unit)
}

fn feasible(facts: &Facts, value: impl FnOnce() -> Option<f64>) -> Sums {
    if facts.interest() == Interest::Mutual { one(value()) } else { Sums::default() }
}

fn agreement(facts: &Facts, interest: Interest) -> Sums {
    if facts.interest() == interest { share(facts.price().is_some()) } else { Sums::default() }
}

fn walk_away(facts: &Facts, role: Role) -> Sums {
    let quit = facts.outcome == Some(Outcome::Quit { by: role });
    let they_quit = facts.outcome == Some(Outcome::Quit { by: role.other() });
    match facts.interest() {
        Interest::Tie => Sums::default(),
        _ if they_quit => Sums::default(),
        Interest::Conflicting => share(quit),
        Interest::Mutual => share(!quit),
    }
}

/// Own surplus over `|B - C|`, 0 without a deal. `None` for a tie.
fn own_share(facts: &Facts, role: Role) -> Option<f64> {
    let gap = (facts.budget - facts.cost).0.saturating_abs();
    let gain = facts.price().map_or(0, |price| surplus(role, facts.limit(role), price).0);
    (gap > 0).then(|| gain as f64 / gap as f64)
}

fn irrationality(facts: &Facts, of: Role) -> Sums {
    one(facts.price().map(|price| {
        let loses = surplus(of, facts.limit(of), price).0 < 0;
        f64::from(u8::from(loses))
    }))
}

fn first_offer(facts: &Facts, role: Role) -> Option<f64> {
    facts.seats.get(role).offers.first().map(|offer| offer.price.as_dollars_f64())
}

fn anchoring(facts: &Facts, role: Role) -> Option<Sums> {
    let list = facts.list_price.as_dollars_f64();
    let price = facts.price()?.as_dollars_f64();
    (list > 0.0).then_some(Sums::point(first_offer(facts, role)? / list, price / list))
}

#[cfg(test)]
mod tests;
