//! What the fake tells of negotiators, endings and keys.

use app::backend::ApiKeyInfo;
use rules::{Interest, Mills, Outcome, PerRole, Role, Scenario};
use uuid::Uuid;
use wire::{
    Comparison, ComparisonRow, NegotiatorCard, NegotiatorKind, NegotiatorName, Reveal, Score,
    ScoreTerm,
};

use super::NOW_MS;
use crate::build::usd;

pub fn title_of(name: &str) -> String {
    negotiators()
        .into_iter()
        .find(|card| card.name.0 == name)
        .map_or_else(|| name.to_owned(), |card| card.title)
}

pub fn negotiators() -> Vec<NegotiatorCard> {
    let card = |name: &str, title: &str, summary: &str, kind| NegotiatorCard {
        name: NegotiatorName(name.into()),
        title: title.into(),
        summary: summary.into(),
        kind,
        roles: Role::BOTH.to_vec(),
    };
    vec![
        card("demo", "Demo model", "A small language model.", NegotiatorKind::Model),
        card("linear", "Steady", "Gives in by the same step each round.", NegotiatorKind::Scripted),
        card("boulware", "Late", "Gives in at the end.", NegotiatorKind::HeldOut),
    ]
}

fn score(role: Role, outcome: Outcome, scenario: &Scenario) -> Score {
    let span = (scenario.budget - scenario.cost).as_dollars_f64().abs();
    let gained = |price: Mills| match role {
        Role::Buyer => scenario.budget - price,
        Role::Seller => price - scenario.cost,
    };
    let value = match outcome {
        Outcome::Deal { price, .. } => (gained(price).as_dollars_f64() / span).clamp(-1.0, 1.0),
        _ => 0.0,
    };
    Score {
        reward: "paper".into(),
        version: 1,
        value: Some(value),
        formula: "clip((B - P) / |B - C|, -1, 1)".into(),
        filled: format!("= {value:.3}"),
        terms: vec![ScoreTerm {
            symbol: "B".into(),
            meaning: "the buyer's limit".into(),
            value: scenario.budget.to_string(),
        }],
    }
}

pub fn reveal(outcome: Outcome, scenario: &Scenario) -> Reveal {
    let (budget, cost) = (scenario.budget, scenario.cost);
    let price = match outcome {
        Outcome::Deal { price, .. } => Some(price),
        _ => None,
    };
    let surplus = price.map_or(PerRole::default(), |price| PerRole {
        buyer: budget - price,
        seller: price - cost,
    });
    let position = price.filter(|_| scenario.interest() == Interest::Mutual);
    Reveal {
        budget,
        cost,
        outcome,
        surplus,
        position: position
            .map(|price| (price - cost).as_dollars_f64() / (budget - cost).as_dollars_f64()),
        scores: PerRole { buyer: Role::Buyer, seller: Role::Seller }
            .map(|role, _| score(role, outcome, scenario)),
        comparison: Comparison {
            rows: vec![ComparisonRow {
                label: "People".into(),
                role: Role::Buyer,
                episodes: 4,
                deals: 3,
                mean_reward: 0.42,
                mean_price: Some(usd("66")),
            }],
        },
    }
}

pub fn key_info(label: &str) -> ApiKeyInfo {
    ApiKeyInfo {
        id: Uuid::from_u128(7),
        label: label.to_owned(),
        prefix: "souk_fak".into(),
        created_ms: NOW_MS,
        last_used_ms: None,
    }
}
