//! What a signed-in researcher sees of the own account and of the whole.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The signed-in researcher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub email: String,
    /// Without one, the account can be entered by the first-run link alone.
    pub has_password: bool,
}

/// An API key without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyInfo {
    pub id: Uuid,
    pub label: String,
    /// The first characters of the key, by which its owner knows it again.
    pub prefix: String,
    pub created_ms: i64,
    pub last_used_ms: Option<i64>,
}

/// A key as it is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewApiKey {
    pub info: ApiKeyInfo,
    pub secret: String,
}

/// How many episodes there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpisodeCounts {
    pub total: i64,
    /// Waiting for a person or being played.
    pub live: i64,
    pub deals: i64,
    pub walked_away: i64,
    /// Ended otherwise: time, violations, failures.
    pub other: i64,
}
