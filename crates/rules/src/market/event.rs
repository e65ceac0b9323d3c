//! What happens in a market, and why something does not.

use serde::{Deserialize, Serialize};

use crate::episode::Illegal;
use crate::event::{Audience, Event};
use crate::money::Mills;
use crate::scenario::Role;

/// What happened. Stalls, buyers and talks are named by their numbers; talks are counted as they begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MarketEvent {
    /// `now_ms` is the clock of what follows, in milliseconds since the Unix epoch or since the market's beginning.
    Stepped {
        step: u32,
        now_ms: i64,
    },
    Opened {
        stall: usize,
    },
    Closed {
        stall: usize,
    },
    Arrived {
        buyer: usize,
    },
    Left {
        buyer: usize,
    },
    CostChanged {
        stall: usize,
        cost: Mills,
    },
    /// A stall's price for everybody.
    Posted {
        stall: usize,
        price: Mills,
    },
    Met {
        talk: usize,
        buyer: usize,
        stall: usize,
    },
    /// What the talk's own rules made of a message.
    Said {
        talk: usize,
        events: Vec<Event>,
    },
    Parted {
        talk: usize,
        why: Parting,
    },
    /// `talk` is none where nobody talked.
    Sold {
        talk: Option<usize>,
        buyer: usize,
        stall: usize,
        price: Mills,
    },
}

/// Why a talk ended without a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parting {
    /// By its own rules: one side quit, or its rounds were over.
    NoDeal,
    /// The buyer has the good, or has not enough left for any.
    Served,
    /// The last unit is sold.
    SoldOut,
    StallClosed,
    BuyerLeft,
}

impl Parting {
    /// Whose doing it is; none: of whose turn it was.
    pub(super) fn by(self) -> Option<Role> {
        match self {
            Parting::NoDeal => None,
            Parting::Served | Parting::BuyerLeft => Some(Role::Buyer),
            Parting::SoldOut | Parting::StallClosed => Some(Role::Seller),
        }
    }
}

impl MarketEvent {
    /// As everybody may see it. None: nobody but researchers may know of it.
    pub fn shown(&self) -> Option<MarketEvent> {
        match self {
            MarketEvent::CostChanged { .. } => None,
            MarketEvent::Said { talk, events } => {
                let public = events.iter().filter(|event| event.visible_to(Audience::Spectator));
                let events = public.cloned().collect();
                Some(MarketEvent::Said { talk: *talk, events })
            }
            event => Some(event.clone()),
        }
    }
}

/// Why something is not possible now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the market is closed")]
    Over,
    #[error("there is no such stall, buyer or talk")]
    Unknown,
    #[error("the stall is not open, or the buyer is not here")]
    NotHere,
    #[error("the stall has nothing that the buyer wants")]
    NotWanted,
    #[error("the stall has sold its last unit")]
    SoldOut,
    #[error("they talk already")]
    Talking,
    #[error("the buyer holds as many talks as it may")]
    TooManyTalks,
    #[error("the talk is over")]
    TalkOver,
    #[error("that is no price")]
    BadPrice,
    #[error("the buyer's purse has {left} left, and the price is {price}")]
    PurseTooSmall { left: Mills, price: Mills },
    #[error("somebody sits there, or it comes by itself")]
    Taken,
    #[error(transparent)]
    Illegal(#[from] Illegal),
}

impl Refused {
    /// A stable code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Refused::Over => "market_over",
            Refused::Unknown => "market_unknown_place",
            Refused::NotHere => "market_not_here",
            Refused::NotWanted => "market_not_wanted",
            Refused::SoldOut => "market_sold_out",
            Refused::Talking => "market_talking_already",
            Refused::TooManyTalks => "market_too_many_talks",
            Refused::TalkOver => "market_talk_over",
            Refused::BadPrice => "price_out_of_range",
            Refused::PurseTooSmall { .. } => "market_purse_too_small",
            Refused::Taken => "market_seat_taken",
            Refused::Illegal(why) => why.code(),
        }
    }
}
