//! Episodes: starting, joining, playing, listing.

use rules::{Act, Move, Outcome, PerRole, Protocol, Role};
use serde::{Deserialize, Serialize};

use crate::id::{EpisodeId, IdempotencyKey, NegotiatorName, ProductId};
use crate::live::Envelope;
use crate::market::ProductCard;

/// Who shall sit where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum SeatRequest {
    /// The one who asks.
    Me,
    /// Another person, who joins by the invitation link.
    Invite,
    Negotiator {
        name: NegotiatorName,
    },
}

/// Starts an episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewEpisode {
    pub product: ProductId,
    pub seats: PerRole<SeatRequest>,
    /// Default: [`Protocol::PAPER`] where a negotiator is seated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// The seller's persona; default: the stall's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller_persona: Option<String>,
    /// Default: drawn by the server and stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// For two negotiators: how fast they are watched. Default: paused at the start is `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// One per intended episode: a double click starts one.
    pub key: IdempotencyKey,
}

/// Who sits on a seat, as everybody may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Seat {
    Person,
    /// Nobody yet: waits for the invited person.
    Open,
    Negotiator {
        name: NegotiatorName,
        title: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EpisodeStatus {
    /// A seat is still open.
    Waiting,
    Playing,
    Over,
}

/// How the reader relates to an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Viewer {
    Seat { role: Role },
    Spectator,
    Researcher,
}

/// How fast two negotiators play while they are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pace {
    /// Milliseconds between two moves.
    pub interval_ms: u32,
    pub paused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum PaceCommand {
    Play,
    Pause,
    /// One move, then pause.
    Step,
    /// Milliseconds between two moves, 0 to 10,000.
    Speed {
        interval_ms: u32,
    },
}

/// What everybody may know of an episode beside its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EpisodeHead {
    pub id: EpisodeId,
    pub status: EpisodeStatus,
    pub product: ProductCard,
    pub seats: PerRole<Seat>,
    pub viewer: Viewer,
    pub created_ms: i64,
    /// Path of the link with which an invited person takes the open seat; shown to the one who
    /// invites alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<String>,
    /// Only where two negotiators play.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// Whether the reader may change the pace.
    pub may_pace: bool,
    /// Why the machinery ended it, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The episode that this one goes on from, with a stand-in for its failed negotiator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<Fork>,
}

/// Why an episode ended as [`Outcome::EngineFailure`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failure {
    /// Whose negotiator failed.
    pub role: Role,
    /// Stable, for programs, e.g. `engine_died`, `missing_file`.
    pub code: String,
    /// For people: what happened and what can be done. Nothing internal.
    pub sentence: String,
    /// Whether the reader may go on with a scripted stand-in.
    pub stand_in: bool,
}

/// Where an episode branched off another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fork {
    pub episode: EpisodeId,
    /// Number of its last event that happened in both.
    pub seq: i64,
}

/// An episode as its page needs it: head, and the events so far that the reader may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EpisodePage {
    pub head: EpisodeHead,
    pub events: Vec<Envelope>,
}

/// Answer to a taken invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Joined {
    pub episode: EpisodeId,
    pub role: Role,
}

/// Plays a move on the caller's own seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MoveRequest {
    pub key: IdempotencyKey,
    #[serde(flatten)]
    pub mv: Move,
}

/// The move is stored. `events` are those that it caused, as the mover may see them; a repeat of a
/// key answers with the same ones and `repeated: true`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MoveAck {
    pub events: Vec<Envelope>,
    pub repeated: bool,
}

/// Which episodes to list, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct EpisodeQuery {
    pub product: Option<ProductId>,
    /// Only those that are still played.
    pub live: bool,
    /// Only those where the caller sits.
    pub mine: bool,
    /// Only those before this id: keyset paging.
    pub before: Option<EpisodeId>,
    /// At most 100; default 20.
    pub limit: Option<u32>,
}

/// One line in a list of episodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EpisodeSummary {
    pub id: EpisodeId,
    pub product: ProductId,
    pub title: String,
    pub picture: String,
    pub seats: PerRole<Seat>,
    pub status: EpisodeStatus,
    pub outcome: Option<Outcome>,
    pub moves: u32,
    pub last_act: Option<Act>,
    pub created_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}
