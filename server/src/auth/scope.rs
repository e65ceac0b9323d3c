//! What an API key may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Start, join and play negotiations.
    Play,
    /// Read whole transcripts, private limits included, of negotiations where the key does not
    /// sit.
    Read,
    /// Make and revoke keys.
    Admin,
    /// Have this server's language models answer, under `/v1`.
    Models,
}

impl Scope {
    pub const ALL: [Scope; 4] = [Scope::Play, Scope::Read, Scope::Admin, Scope::Models];

    pub fn name(self) -> &'static str {
        match self {
            Scope::Play => "play",
            Scope::Read => "read",
            Scope::Admin => "admin",
            Scope::Models => "models",
        }
    }

    pub fn named(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }
}
