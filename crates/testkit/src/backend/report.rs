//! What came of the fake training runs: rewards that rise evenly with the iterations.

use rules::{Act, Mills, Outcome, Role, Turn};
use uuid::Uuid;
use wire::{
    BeforeAfter, Dialogue, EpisodeId, Interval, NegotiatorName, Novelty, Problem, RunEvaluation,
    RunId, RunReport,
};

use super::training::{DONE, FAILED, OF, PAUSED, RUNNING, WORKED_MS, head};
use super::{BUDGET, COST, LIST_PRICE};

/// Iterations after which a run was evaluated.
pub fn iterations(id: RunId) -> Vec<u32> {
    match id {
        DONE => (0..=OF / 10).map(|nth| nth * 10).collect(),
        RUNNING | PAUSED => vec![0, 10],
        FAILED => vec![0],
        _ => vec![],
    }
}

/// Name and persona, then the base's reward and what the whole run adds to it.
type Opponent = (&'static str, &'static str, Novelty, f64, f64);

/// The gains are 0.6; 0.4 and 0.2; 0.15.
const OPPONENTS: [Opponent; 4] = [
    ("late", "begging", Novelty::Counterpart, -0.1, 0.6),
    ("haggler-heldout", "neutral", Novelty::Family, 0.0, 0.4),
    ("stubborn-heldout", "neutral", Novelty::Family, -0.2, 0.2),
    ("late", "insulting", Novelty::Persona, -0.3, 0.15),
];

/// Scripted negotiators, and what they get more than the base.
const BASELINES: [(&str, f64); 2] = [("linear", 0.4), ("tough", 0.7)];

pub fn report(id: RunId) -> Result<RunReport, Problem> {
    let head = head(id)?;
    let mut evaluations = Vec::new();
    for iteration in iterations(id) {
        for opponent in OPPONENTS {
            let (.., base, gain) = opponent;
            let reward = base + gain * f64::from(iteration) / f64::from(OF);
            evaluations.push(evaluation(opponent, iteration, None, reward));
            let baselines = BASELINES.iter().filter(|_| iteration == 0);
            evaluations.extend(
                baselines.map(|(name, more)| evaluation(opponent, 0, Some(name), base + more)),
            );
        }
    }
    Ok(RunReport {
        head,
        base: "souk-demo".into(),
        products: 24,
        temperature: 0.8,
        evaluations,
        dialogues: if id == DONE { vec![dialogue()] } else { vec![] },
    })
}

fn evaluation(
    (against, persona, novelty, ..): Opponent,
    iteration: u32,
    baseline: Option<&str>,
    reward: f64,
) -> RunEvaluation {
    let figure = |value: f64| Interval {
        value: Some(value),
        low: Some(value - 0.125),
        high: Some(value + 0.125),
    };
    // No deal, no ratio.
    let ratio = match reward > 0.0 {
        true => figure(reward / 2.0),
        false => Interval { value: None, low: None, high: None },
    };
    let figures = [
        ("reward", figure(reward)),
        ("bargained_ratio", ratio),
        ("deal_rate_mi", figure(0.5 + reward / 2.0)),
        ("deal_rate_ci", figure(0.25)),
        ("first_offer_ratio", figure(0.75)),
        ("rounds", figure(4.0)),
    ];
    RunEvaluation {
        iteration,
        worked_ms: u64::from(iteration) * WORKED_MS,
        role: Role::Buyer,
        baseline: baseline.map(|name| NegotiatorName(name.into())),
        is_bound: false,
        against: NegotiatorName(against.into()),
        persona: persona.into(),
        novelty,
        episodes: 24,
        figures: figures.map(|(name, figure)| (name.to_owned(), figure)).into(),
    }
}

fn dialogue() -> BeforeAfter {
    let turn = |by, round, talk: &str, act| Turn { by, round, talk: talk.into(), act };
    let ask = || turn(Role::Seller, 1, "It whistles like new.", Act::Offer(LIST_PRICE));
    let (early, late) = (Mills(80_000), Mills(60_000));
    BeforeAfter {
        title: "Enamel Kettle no. 7".into(),
        list_price: LIST_PRICE,
        budget: BUDGET,
        cost: COST,
        role: Role::Buyer,
        against: NegotiatorName("late".into()),
        persona: "begging".into(),
        before: Dialogue {
            episode: EpisodeId(Uuid::from_u128(0xb0)),
            reward: None,
            outcome: None,
            turns: vec![ask(), turn(Role::Buyer, 1, "I can pay $80.", Act::Offer(early))],
        },
        after: Dialogue {
            episode: EpisodeId(Uuid::from_u128(0xa0)),
            reward: Some(0.73),
            outcome: Some(Outcome::Deal { price: late, round: 2 }),
            turns: vec![
                ask(),
                turn(Role::Buyer, 1, "Sixty, not more.", Act::Offer(late)),
                turn(Role::Seller, 2, "If I must.", Act::Accept(late)),
            ],
        },
    }
}
