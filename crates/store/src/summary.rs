//! What the row in `episodes` says of an episode's events.

use rules::reward::{RewardSpec, score};
use rules::{Act, Episode, Outcome, PerRole, Role};
use serde::{Deserialize, Serialize};
use wire::Ending;

/// The rewards of both seats, with the name and version of their formula. `None`: not scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    pub reward: String,
    pub version: u32,
    pub value: PerRole<Option<f64>>,
}

/// The summary columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summary {
    pub status: &'static str,
    pub moves: i32,
    pub last_act: Option<Act>,
    /// `buyer`, `seller`, `either`; `None` when nobody may act.
    pub next_actor: Option<&'static str>,
    pub deadline_ms: Option<i64>,
    pub outcome: Option<Outcome>,
    pub outcome_kind: Option<&'static str>,
    pub price_mills: Option<i64>,
    pub scores: Option<Scores>,
}

impl Summary {
    pub fn of(episode: &Episode) -> Summary {
        let table = &episode.table;
        let outcome = table.outcome;
        let next_actor = match table.turn_of() {
            _ if table.is_over() => None,
            Some(role) => Some(role.name()),
            None => Some("either"),
        };
        Summary {
            status: if table.is_over() { "over" } else { "playing" },
            moves: i32::try_from(table.turns.len()).expect("an episode has far fewer moves"),
            last_act: table.turns.last().map(|turn| turn.act),
            next_actor,
            deadline_ms: table.deadline_ms(),
            outcome,
            outcome_kind: outcome.map(|outcome| Ending::of(outcome).name()),
            price_mills: outcome.and_then(deal_price),
            scores: outcome.map(|_| scores(episode, &RewardSpec::PAPER)),
        }
    }
}

fn scores(episode: &Episode, spec: &RewardSpec) -> Scores {
    Scores {
        reward: spec.name().to_owned(),
        version: spec.version(),
        value: PerRole {
            buyer: score(episode, Role::Buyer, spec),
            seller: score(episode, Role::Seller, spec),
        },
    }
}

/// The price of a deal. An overshooting offer is no deal.
fn deal_price(outcome: Outcome) -> Option<i64> {
    match outcome {
        Outcome::Deal { price, .. } => Some(price.0),
        _ => None,
    }
}
