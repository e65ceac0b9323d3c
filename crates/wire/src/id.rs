//! Typed ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {expected}")]
pub struct BadId {
    pub given: String,
    pub expected: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Uuid::parse_str(text).map($name).map_err(|_| BadId {
                    given: text.to_owned(),
                    expected: concat!("a UUID of a ", stringify!($name)),
                })
            }
        }
    };
}

uuid_id! {
    /// An episode. Version 7, so that ids sort by time of creation.
    EpisodeId
}
uuid_id! {
    /// A browser without an account, known by its signed cookie.
    VisitorId
}
uuid_id! {
    /// A researcher's account.
    UserId
}
uuid_id! {
    /// A market of many. Version 7, so that ids sort by time of creation.
    MarketId
}
uuid_id! {
    /// A training run. Version 7, so that ids sort by time of creation.
    RunId
}
uuid_id! {
    /// Evaluations by one plan. Version 7, so that ids sort by time of creation.
    SuiteId
}
uuid_id! {
    /// A ladder. Version 7, so that ids sort by time of creation.
    LadderId
}
uuid_id! {
    /// A counterfactual. Version 7, so that ids sort by time of creation.
    CounterfactualId
}
uuid_id! {
    /// A study with recruited people. Version 7, so that ids sort by time of creation.
    StudyId
}
uuid_id! {
    /// Somebody who takes part in a study. Version 7, so that ids sort by time of entrance.
    ParticipantId
}
uuid_id! {
    /// Weights that a training run kept.
    CheckpointId
}
uuid_id! {
    /// Made by the client, one per intended move: a double click or a resend is one move.
    IdempotencyKey
}

impl EpisodeId {
    pub fn fresh() -> EpisodeId {
        EpisodeId(Uuid::now_v7())
    }
}

impl IdempotencyKey {
    pub fn fresh() -> IdempotencyKey {
        IdempotencyKey(Uuid::new_v4())
    }
}

/// A product: `{source}.{codename}`, e.g. `souk.books_17` or `amazon-history-price.books_17`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ProductId(pub String);

impl fmt::Display for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A negotiator by name, e.g. `persuadable`, `boulware`, `og-narrator`: what `policy`'s registry
/// resolves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct NegotiatorName(pub String);

impl fmt::Display for NegotiatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
