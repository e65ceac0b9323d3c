//! Live events: one envelope, numbered per episode, filtered by audience on the server.

use rules::Event;
use serde::{Deserialize, Serialize};

use crate::id::EpisodeId;

/// The last `seq` that a reader has; 0 for none. It gets what comes after.
pub type Cursor = i64;

/// One event of one episode. `seq` counts from 1 without gaps; an event that the reader may not see
/// arrives as `kind: "hidden"`, so that everybody's numbering agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Envelope {
    pub episode: EpisodeId,
    pub seq: i64,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    #[serde(flatten)]
    pub event: Event,
}

/// What a client sends over a live socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ClientFrame {
    /// Follow an episode from a cursor on. Sent again after every reconnect.
    Follow {
        episode: EpisodeId,
        after: Cursor,
    },
    Unfollow {
        episode: EpisodeId,
    },
    Ping,
}

/// What the server sends over a live socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ServerFrame {
    Event {
        envelope: Envelope,
    },
    /// Everything up to `seq` has been sent; what follows is live.
    CaughtUp {
        episode: EpisodeId,
        seq: i64,
    },
    /// A seat is composing its move (or has stopped).
    Typing {
        episode: EpisodeId,
        role: rules::Role,
        typing: bool,
    },
    /// More of the talk of the move that a seat is making: append it. The move itself comes as an
    /// event, whose talk takes its place. An event of that seat, the end and [`Self::CaughtUp`] each
    /// clear what was said before.
    Speaking {
        episode: EpisodeId,
        role: rules::Role,
        text: String,
    },
    /// What was said of the move in the making was never said: clear it.
    Unsaid {
        episode: EpisodeId,
        role: rules::Role,
    },
    /// The pace of a watched episode, or its joined seats, changed: fetch its head again.
    HeadChanged {
        episode: EpisodeId,
    },
    /// The store is away or back.
    Link {
        state: LinkState,
    },
    Problem {
        problem: crate::Problem,
    },
    Pong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// All is well.
    Up,
    /// The database is away: moves are refused with `unavailable`, nothing acknowledged is lost.
    StoreAway,
}
