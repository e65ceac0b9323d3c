//! What a plan would take on this machine.

use std::collections::BTreeMap;

use rules::Role;
use store::{Pace, Store};
use wire::{NegotiatorKind, NegotiatorName, SuiteEstimate};

use super::plan::Plan;
use super::suite::{Refused, products};
use crate::roster::Roster;

/// For a model of which no call is known: answers in an episode, and their time.
const GUESS: Pace = Pace { episodes: 0, ms: 1_500.0, micro_dollars: 0.0 };
/// Of everything but language models: two scripts, and storing the episode.
const SCRIPTED_MS: f64 = 3.0;

/// Time and cost by what the same negotiators took before; language models of this process answer one after the
/// other.
pub async fn estimate(
    store: &Store,
    roster: &Roster,
    plan: &Plan,
) -> Result<SuiteEstimate, Refused> {
    let pairs = plan.pairs(roster)?;
    let products = products(store, plan).await?;
    let each = products.len() as f64 * f64::from(plan.rollouts);
    let cards = roster.cards();
    let is_model = |name: &str| {
        cards.iter().any(|card| card.name.0 == name && card.kind == NegotiatorKind::Model)
    };
    let mut paces: BTreeMap<&str, Pace> = BTreeMap::new();
    for pair in &pairs {
        for name in [&pair.buyer, &pair.seller] {
            if is_model(name) && !paces.contains_key(name.as_str()) {
                paces.insert(name, store.negotiator_pace(name).await?);
            }
        }
    }
    let (mut ms, mut micro_dollars) = (0.0, 0.0);
    for pair in &pairs {
        ms += each * SCRIPTED_MS;
        for role in Role::BOTH {
            let name = if role == Role::Buyer { &pair.buyer } else { &pair.seller };
            let Some(pace) = paces.get(name.as_str()) else { continue };
            let pace = if pace.episodes > 0 { *pace } else { GUESS };
            ms += each * pace.ms;
            micro_dollars += each * pace.micro_dollars;
        }
    }
    let guessed = paces.iter().filter(|(_, pace)| pace.episodes == 0);
    let count = |number: f64| number.min(f64::from(u32::MAX)) as u32;
    Ok(SuiteEstimate {
        cells: count(pairs.len() as f64),
        episodes: count(each * pairs.len() as f64),
        ms: Some(ms as u64),
        micro_dollars: micro_dollars as u64,
        guessed: guessed.map(|(name, _)| NegotiatorName((*name).to_owned())).collect(),
    })
}
