//! Events: the only truth about an episode.

use serde::{Deserialize, Serialize};

use crate::money::Mills;
use crate::scenario::{Listing, OverLimit, Regulation, Role};

/// What a message does, besides talking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "type", content = "price")]
pub enum Act {
    /// Proposes a price. It stands until the same side proposes another.
    Offer(Mills),
    /// Declines without proposing.
    Reject,
    /// Accepts the counterpart's last offer, and names it: where two messages cross, nobody is
    /// bound to a price that it has not seen.
    Accept(Mills),
    /// Walks away.
    Quit,
    /// Only talks. Legal in the open protocol alone.
    Talk,
}

impl Act {
    /// The price that the act names, where it names one.
    pub fn price(self) -> Option<Mills> {
        match self {
            Act::Offer(price) | Act::Accept(price) => Some(price),
            Act::Reject | Act::Quit | Act::Talk => None,
        }
    }
}

/// One message: private thought, talk, exactly one act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Move {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thought: Option<String>,
    pub talk: String,
    pub act: Act,
}

impl Move {
    pub fn new(talk: impl Into<String>, act: Act) -> Move {
        Move { thought: None, talk: talk.into(), act }
    }

    pub fn thinking(mut self, thought: impl Into<String>) -> Move {
        self.thought = Some(thought.into());
        self
    }
}

/// How an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Outcome {
    Deal {
        price: Mills,
        round: u32,
    },
    Quit {
        by: Role,
    },
    Timeout,
    BudgetViolation {
        by: Role,
        price: Mills,
    },
    FormatError {
        by: Role,
    },
    Abandoned {
        by: Role,
    },
    /// A failure of the machinery. Never scored as play.
    EngineFailure,
}

impl Outcome {
    /// Whether both limits may be told after this end. Not where the machinery failed: the same
    /// negotiation may be gone on with.
    pub fn may_reveal(self) -> bool {
        self != Outcome::EngineFailure
    }
}

/// What the environment did to a regulated seller's move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Intervention {
    pub regulation: Regulation,
    /// The move as the seller made it.
    pub original: Move,
}

/// What happened. An episode is the fold of its events, see [`crate::Episode::replay`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind", content = "body")]
pub enum Event {
    /// First event: the public part of the scenario. Audience: everybody.
    Opened(Opening),
    /// A private limit. Audience: its owner and researchers.
    LimitSet { role: Role, limit: Mills },
    /// Settings of the environment. Audience: researchers, for a regulation tells of the cost.
    RulesSet { regulation: Option<Regulation>, over_limit: OverLimit, reveal: bool, seed: u64 },
    /// A private thought, before the move it belongs to. Audience: its owner and researchers.
    Thought { by: Role, text: String },
    /// The guard took the own limit out of a model's talk; `talk` is what it would have said. Before
    /// the move it belongs to. Audience: its owner and researchers.
    Redacted { by: Role, talk: String },
    /// The environment changed or refused a move. Audience: researchers.
    Intervened { by: Role, intervention: Intervention },
    /// A move as the counterpart sees it. Audience: everybody.
    Moved { by: Role, talk: String, act: Act },
    /// Last event of the play. Audience: everybody.
    Ended { outcome: Outcome },
    /// Both limits, after the end, where the scenario says so. Audience: everybody.
    Revealed { budget: Mills, cost: Mills },
    /// What a reader sees in place of an event that it may not see, so that everybody's numbering
    /// agrees. Never stored.
    Hidden,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Opening {
    pub listing: Listing,
    /// Start of the clock, in milliseconds since the Unix epoch.
    pub started_ms: i64,
}

/// Who is reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    Seat(Role),
    Spectator,
    Researcher,
}

impl Event {
    /// Whether `reader` may see this event.
    pub fn visible_to(&self, reader: Audience) -> bool {
        let owner = match self {
            Event::Opened(_)
            | Event::Moved { .. }
            | Event::Ended { .. }
            | Event::Revealed { .. }
            | Event::Hidden => return true,
            Event::RulesSet { .. } | Event::Intervened { .. } => {
                return reader == Audience::Researcher;
            }
            Event::LimitSet { role, .. } => *role,
            Event::Thought { by, .. } | Event::Redacted { by, .. } => *by,
        };
        reader == Audience::Researcher || reader == Audience::Seat(owner)
    }

    /// The event as `reader` sees it: itself, or [`Event::Hidden`].
    pub fn shown_to(self, reader: Audience) -> Event {
        if self.visible_to(reader) { self } else { Event::Hidden }
    }
}
