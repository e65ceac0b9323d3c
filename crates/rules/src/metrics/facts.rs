//! What the metrics need to know of an episode.

use serde::{Deserialize, Serialize};

use super::speech::{PersonaMarkers, states_price};
use crate::episode::Episode;
use crate::event::{Act, Outcome};
use crate::money::Mills;
use crate::reward::{RewardSpec, score};
use crate::scenario::{Interest, PerRole, Role};

/// One episode with the clusters that it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub facts: Facts,
    /// The product's codename.
    pub product: String,
    /// Who played, where a person did: any stable name.
    pub participant: Option<String>,
}

/// Facts of one episode, small enough to keep a million of them. They hold both limits: for
/// researchers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub budget: Mills,
    pub cost: Mills,
    pub list_price: Mills,
    pub outcome: Option<Outcome>,
    pub rewards: PerRole<Option<f64>>,
    pub seats: PerRole<SeatFacts>,
}

/// What one side did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeatFacts {
    pub offers: Vec<OfferMade>,
    /// Whether an offer or acceptance went beyond the own limit.
    pub overshot: bool,
    /// Messages that could be read.
    pub messages: u32,
    /// 1 where this side's format error ended the episode.
    pub format_errors: u32,
    /// Whether the talk of a message names the own limit.
    pub stated_limit: bool,
    /// Markers of the own persona in the talk, and of all personas.
    pub own_markers: u32,
    pub markers: u32,
}

/// An offer and the counterpart's offer that stood when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferMade {
    pub price: Mills,
    pub facing: Option<Mills>,
}

impl Facts {
    /// The facts of an episode, with the reward that `spec` gives to each side.
    pub fn of(episode: &Episode, spec: &RewardSpec, personas: &PersonaMarkers) -> Facts {
        let seats = PerRole { buyer: Role::Buyer, seller: Role::Seller };
        Facts {
            budget: episode.budget,
            cost: episode.cost,
            list_price: episode.table.listing.product.list_price,
            outcome: episode.outcome(),
            rewards: seats.map(|role, _| score(episode, role, spec)),
            seats: seats.map(|role, _| SeatFacts::of(episode, role, personas)),
        }
    }

    /// Over, and ended neither by a failure of the machinery nor by abandonment.
    pub fn is_scored(&self) -> bool {
        !matches!(self.outcome, None | Some(Outcome::EngineFailure | Outcome::Abandoned { .. }))
    }

    pub fn interest(&self) -> Interest {
        Interest::of(self.budget, self.cost)
    }

    pub fn limit(&self, role: Role) -> Mills {
        match role {
            Role::Buyer => self.budget,
            Role::Seller => self.cost,
        }
    }

    /// The price of the deal, where there is one.
    pub fn price(&self) -> Option<Mills> {
        match self.outcome {
            Some(Outcome::Deal { price, .. }) => Some(price),
            _ => None,
        }
    }

    /// How far each own offer after the first moved towards the counterpart, over the list price.
    pub fn concessions(&self, role: Role) -> impl Iterator<Item = f64> + '_ {
        self.seats
            .get(role)
            .offers
            .windows(2)
            .filter_map(move |two| self.moved(role, two[0].price, two[1].price))
    }

    /// The counterpart's concession between two own offers in a row, and the own one.
    pub fn replies(&self, role: Role) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.seats.get(role).offers.windows(2).filter_map(move |two| {
            let theirs = self.moved(role.other(), two[0].facing?, two[1].facing?)?;
            Some((theirs, self.moved(role, two[0].price, two[1].price)?))
        })
    }

    /// From one price towards the counterpart: up for a buyer, down for a seller.
    fn moved(&self, role: Role, from: Mills, to: Mills) -> Option<f64> {
        let towards = match role {
            Role::Buyer => to - from,
            Role::Seller => from - to,
        };
        (self.list_price > Mills::ZERO).then(|| towards.0 as f64 / self.list_price.0 as f64)
    }
}

impl SeatFacts {
    fn of(episode: &Episode, role: Role, personas: &PersonaMarkers) -> SeatFacts {
        let turns = || episode.table.turns.iter().filter(|turn| turn.by == role);
        let persona = episode.table.listing.personas.get(role).as_deref();
        let hits = turns().map(|turn| personas.count(persona, &turn.talk));
        let (own_markers, markers) = hits.fold((0, 0), |sum, hit| (sum.0 + hit.0, sum.1 + hit.1));
        let limit = episode.limit(role);
        SeatFacts {
            offers: offers(episode, role),
            overshot: episode.overshoots.iter().any(|(by, _)| *by == role),
            messages: u32::try_from(turns().count()).unwrap_or(u32::MAX),
            format_errors: u32::from(episode.outcome() == Some(Outcome::FormatError { by: role })),
            stated_limit: turns().any(|turn| states_price(&turn.talk, limit)),
            own_markers,
            markers,
        }
    }
}

fn offers(episode: &Episode, role: Role) -> Vec<OfferMade> {
    let mut facing = None;
    let mut made = Vec::new();
    for turn in &episode.table.turns {
        match turn.act {
            Act::Offer(price) if turn.by == role => made.push(OfferMade { price, facing }),
            Act::Offer(price) => facing = Some(price),
            _ => {}
        }
    }
    made
}
