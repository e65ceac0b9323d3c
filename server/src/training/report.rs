//! What came of a run: figures on the test split before and after, and how it spoke.

use std::collections::BTreeMap;

use rl::Plan;
use rl::alarm::{Judged, held_out_falls};
use rl::exam;
use rules::reward::score;
use rules::{Episode, Role};
use store::{Evaluated, RunEvaluationRow, RunRow, Store, StoreError};
use wire::{
    Alarm, BeforeAfter, Dialogue, Interval, NegotiatorName, Novelty, RunEvaluation, RunReport,
};

use super::show::head;

/// Dialogues against the first opponent of each novelty, in the order of [`NOVELTIES`].
const DIALOGUES: [u32; 3] = [3, 1, 1];
const NOVELTIES: [Novelty; 3] = [Novelty::Counterpart, Novelty::Family, Novelty::Persona];

/// A run's report, also while it goes on.
pub async fn report(store: &Store, row: RunRow) -> Result<RunReport, StoreError> {
    let plan: Plan = serde_json::from_value(row.settings.clone())
        .map_err(|why| StoreError::Corrupt { what: "settings", why: why.to_string() })?;
    let rows = store.training_evaluations(row.id, true).await?;
    let mut products = 0;
    if let Some(first) = rows.first() {
        products = first.episodes.checked_div(plan.evaluation.times).unwrap_or_default();
    }
    let mut evaluations: Vec<RunEvaluation> =
        rows.iter().map(|row| evaluation(&plan, row)).collect();
    evaluations.sort_by(|a, b| order(a).cmp(&order(b)));
    let dialogues = dialogues(store, &plan, &rows).await?;
    Ok(RunReport {
        base: plan.base.clone(),
        products,
        temperature: plan.evaluation.temperature,
        evaluations,
        dialogues,
        head: head(row),
    })
}

fn order(row: &RunEvaluation) -> (u32, bool, Novelty, &str, &str, Option<&str>) {
    let baseline = row.baseline.as_ref().map(|name| name.0.as_str());
    let is_seller = row.role == Role::Seller;
    (row.iteration, is_seller, row.novelty, &row.against.0, &row.persona, baseline)
}

fn evaluation(plan: &Plan, row: &RunEvaluationRow) -> RunEvaluation {
    let name = |name: &str| NegotiatorName(name.to_owned());
    RunEvaluation {
        iteration: row.iteration,
        worked_ms: u64::try_from(row.worked.as_millis()).unwrap_or(u64::MAX),
        role: row.role,
        is_bound: row.baseline.as_deref() == Some(exam::BEST_RESPONSE),
        baseline: row.baseline.as_deref().map(name),
        against: name(&row.against),
        persona: row.persona.clone(),
        novelty: novelty(plan, row),
        episodes: row.episodes,
        figures: serde_json::from_value(row.figures.clone()).unwrap_or_default(),
    }
}

fn novelty(plan: &Plan, row: &RunEvaluationRow) -> Novelty {
    match exam::novelty(plan, &row.against, &row.persona) {
        exam::Novelty::Counterpart => Novelty::Counterpart,
        exam::Novelty::Family => Novelty::Family,
        exam::Novelty::Persona => Novelty::Persona,
    }
}

/// Whether the run gets worse against strangers while it gets better against its own counterparts.
pub fn overfits(plan: &Plan, rows: &[RunEvaluationRow]) -> Option<Alarm> {
    let mut by_iteration: BTreeMap<u32, [Vec<f64>; 2]> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.baseline.is_none()) {
        let figures: BTreeMap<String, Interval> =
            serde_json::from_value(row.figures.clone()).unwrap_or_default();
        if let Some(reward) = figures.get("reward").and_then(|reward| reward.value) {
            let is_strange = novelty(plan, row) != Novelty::Counterpart;
            by_iteration.entry(row.iteration).or_default()[usize::from(is_strange)].push(reward);
        }
    }
    let mean = |rewards: &[f64]| {
        (!rewards.is_empty()).then(|| rewards.iter().sum::<f64>() / rewards.len() as f64)
    };
    let judged: Vec<Judged> = by_iteration
        .iter()
        .filter_map(|(iteration, [own, others])| {
            let (counterparts, others) = (mean(own)?, mean(others)?);
            Some(Judged { iteration: *iteration, counterparts, others })
        })
        .collect();
    let (iteration, alarm) = held_out_falls(&judged, plan.alarms.held_out_loss)?;
    Some(Alarm { iteration, code: alarm.code.to_owned(), sentence: alarm.sentence })
}

/// The same scenarios by the base and by the last model that was evaluated.
async fn dialogues(
    store: &Store,
    plan: &Plan,
    rows: &[RunEvaluationRow],
) -> Result<Vec<BeforeAfter>, StoreError> {
    let own = || rows.iter().filter(|row| row.baseline.is_none());
    let last = own().map(|row| row.iteration).max().unwrap_or_default();
    let mut told = Vec::new();
    for (novelty_wanted, count) in NOVELTIES.into_iter().zip(DIALOGUES) {
        let is_wanted = |row: &&RunEvaluationRow| novelty(plan, row) == novelty_wanted;
        let Some(after) = own().filter(|row| row.iteration == last && last > 0).find(is_wanted)
        else {
            continue;
        };
        let before = own().find(|row| {
            row.iteration == 0
                && (row.role, &row.against, &row.persona)
                    == (after.role, &after.against, &after.persona)
        });
        let Some(before) = before else { continue };
        let [was, is] = [
            store.evaluation_samples(before.id, count).await?,
            store.evaluation_samples(after.id, count).await?,
        ];
        for (was, is) in was.into_iter().zip(is).filter(|(was, is)| was.product == is.product) {
            told.push(pair(plan, after, &was, &is)?);
        }
    }
    Ok(told)
}

fn pair(
    plan: &Plan,
    row: &RunEvaluationRow,
    was: &Evaluated,
    is: &Evaluated,
) -> Result<BeforeAfter, StoreError> {
    let corrupt = |why: String| StoreError::Corrupt { what: "episode", why };
    let replayed = |evaluated: &Evaluated| {
        Episode::replay(&evaluated.events).map_err(|why| corrupt(why.to_string()))
    };
    let (before, after) = (replayed(was)?, replayed(is)?);
    let dialogue = |evaluated: &Evaluated, episode: &Episode| Dialogue {
        episode: evaluated.id,
        reward: score(episode, row.role, &plan.reward),
        outcome: episode.outcome(),
        turns: episode.table.turns.clone(),
    };
    let product = &after.table.listing.product;
    Ok(BeforeAfter {
        title: product.title.clone(),
        list_price: product.list_price,
        budget: after.budget,
        cost: after.cost,
        role: row.role,
        against: NegotiatorName(row.against.clone()),
        persona: row.persona.clone(),
        before: dialogue(was, &before),
        after: dialogue(is, &after),
    })
}
