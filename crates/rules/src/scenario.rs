//! What is bargained over, by whom, under which protocol.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::money::{MAX_PRICE, Mills};

/// Milliseconds: since the Unix epoch for a point in time, or a duration where the name says so.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Millis(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Buyer,
    Seller,
}

impl Role {
    pub const BOTH: [Role; 2] = [Role::Buyer, Role::Seller];

    pub fn other(self) -> Role {
        match self {
            Role::Buyer => Role::Seller,
            Role::Seller => Role::Buyer,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Role::Buyer => "buyer",
            Role::Seller => "seller",
        }
    }
}

/// One value per role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PerRole<T> {
    pub buyer: T,
    pub seller: T,
}

impl<T> PerRole<T> {
    pub fn get(&self, role: Role) -> &T {
        match role {
            Role::Buyer => &self.buyer,
            Role::Seller => &self.seller,
        }
    }

    pub fn get_mut(&mut self, role: Role) -> &mut T {
        match role {
            Role::Buyer => &mut self.buyer,
            Role::Seller => &mut self.seller,
        }
    }

    pub fn map<U>(self, mut f: impl FnMut(Role, T) -> U) -> PerRole<U> {
        PerRole { buyer: f(Role::Buyer, self.buyer), seller: f(Role::Seller, self.seller) }
    }
}

/// A listed product: all of it is public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Product {
    /// `{category}_{index+1}`: the name that the surface syntax uses, e.g. `books_17`.
    pub codename: String,
    pub category: String,
    pub title: String,
    pub description: String,
    pub features: Vec<String>,
    pub list_price: Mills,
}

/// Who may act when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum Protocol {
    /// Buyer first, then in turn. A round is one buyer and one seller message.
    Alternating { max_rounds: u32 },
    /// Either side at any time, until `deadline_ms` after the start or `max_moves` moves.
    Open { deadline_ms: i64, max_moves: u32 },
}

impl Protocol {
    /// Six rounds, as reported for the paper whose protocol Souk re-creates.
    pub const PAPER: Protocol = Protocol::Alternating { max_rounds: 6 };
}

/// What happens when a side offers beyond its own private limit (a buyer above its budget, an
/// unregulated seller below its cost).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OverLimit {
    /// The episode ends with a budget violation by that side.
    #[default]
    Violation,
    /// The move stands and the overshoot is on record ([`crate::Episode::overshoots`]).
    LogOnly,
}

/// How the environment keeps a regulated seller from going below its cost. The reports of the
/// protocol do not say what they do, so ours have names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum Regulation {
    /// The illegal offer or acceptance becomes an offer at cost.
    #[default]
    CounterAtFloor,
    /// The seller is asked for another move; [`crate::apply`] refuses the illegal one.
    Resample,
    /// The illegal price is rewritten to cost plus a markup in thousandths of the cost, rounded up.
    RewriteMarkup { permille: u32 },
}

/// A way of speaking and of reacting, by name. What a name means is the policy crate's affair.
pub type Persona = String;

/// Everything that fixes an episode before its first move. The limits are private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    pub listing: Listing,
    /// The buyer's reservation price B, in mills: what the product is worth to the buyer.
    pub budget: Mills,
    /// The seller's reservation price C, in mills.
    pub cost: Mills,
    /// `Some`: the environment guarantees that the seller never goes below cost.
    pub regulation: Option<Regulation>,
    pub over_limit: OverLimit,
    /// Whether both limits become public when the episode ends.
    pub reveal: bool,
    /// Seeds the negotiators; the rules themselves draw nothing.
    pub seed: u64,
}

/// The public part of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Listing {
    pub product: Product,
    pub protocol: Protocol,
    /// How each side presents itself. `None`: not stated.
    pub personas: PerRole<Option<Persona>>,
}

/// Whether a deal can serve both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Interest {
    /// B > C: some price leaves both with a surplus.
    Mutual,
    /// B < C: every price costs one side more than it gains; walking away is right.
    Conflicting,
    /// B = C: the only individually rational price leaves nothing to either.
    Tie,
}

/// Why a scenario cannot be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadScenario {
    #[error("budget and cost are above $0 and at most {MAX_PRICE}")]
    Limit,
    #[error("the protocol leaves time and room for at least one message")]
    NoRoom,
    #[error("a codename is one short line without spaces around it, brackets or `<`")]
    Codename,
}

impl Interest {
    pub fn of(budget: Mills, cost: Mills) -> Interest {
        match budget.cmp(&cost) {
            Ordering::Greater => Interest::Mutual,
            Ordering::Less => Interest::Conflicting,
            Ordering::Equal => Interest::Tie,
        }
    }
}

impl Scenario {
    pub fn interest(&self) -> Interest {
        Interest::of(self.budget, self.cost)
    }

    /// Whether this can be played: both limits are prices, there is room for a message, and the
    /// codename can stand in one.
    pub fn validate(&self) -> Result<(), BadScenario> {
        let room = match self.listing.protocol {
            Protocol::Alternating { max_rounds } => max_rounds > 0,
            Protocol::Open { deadline_ms, max_moves } => deadline_ms > 0 && max_moves > 0,
        };
        let codename = &self.listing.product.codename;
        let markup = |char: char| char.is_control() || matches!(char, '<' | '(' | ')');
        if !self.budget.is_price() || !self.cost.is_price() {
            Err(BadScenario::Limit)
        } else if !room {
            Err(BadScenario::NoRoom)
        } else if codename.is_empty() || codename.trim() != codename || codename.contains(markup) {
            Err(BadScenario::Codename)
        } else {
            Ok(())
        }
    }

    /// The private limit of a side: B for the buyer, C for the seller.
    pub fn limit(&self, role: Role) -> Mills {
        match role {
            Role::Buyer => self.budget,
            Role::Seller => self.cost,
        }
    }
}

/// Whether a price is beyond a side's own limit: above B for a buyer, below C for a seller.
pub fn beyond_limit(role: Role, limit: Mills, price: Mills) -> bool {
    match role {
        Role::Buyer => price > limit,
        Role::Seller => price < limit,
    }
}
