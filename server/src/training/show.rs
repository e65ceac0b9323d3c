//! Runs as pages and programs see them.

use std::collections::{BTreeMap, BTreeSet};

use super::report;
use rl::Plan;
use rl::trace::Stored;
use rules::phases::{Point, Settings, detect};
use serde_json::Value;
use store::{CheckpointRow, RolloutRow, RunRow, StepRow, Store, StoreError};
use wire::{
    NegotiatorName, OwnToken, PhaseSpan, Rollout, RunHead, RunId, RunPage, RunPlace, Series,
    TraceToken,
};

pub fn head(row: RunRow) -> RunHead {
    RunHead {
        id: row.id,
        label: row.label,
        preset: row.preset,
        status: row.status,
        asked: row.asked,
        place: row.place,
        role: row.role,
        opponents: row.opponents,
        iteration: row.iteration,
        of: row.planned,
        stage: row.stage,
        left_ms: row.left_ms,
        worked_ms: row.worked_ms,
        rewards: row.rewards,
        failure: row.failure,
        attended: row.attended,
        created_at: row.created_ms,
        ended_at: row.ended_ms,
    }
}

/// The negotiator as which a run's model plays once it is published. It is the checkpoint's for good.
pub fn played_as(run: RunId, iteration: u32) -> NegotiatorName {
    NegotiatorName(format!("run-{}-{iteration}", &run.0.simple().to_string()[24..]))
}

/// All of a run's page but its curves and rollouts.
pub async fn page(store: &Store, row: RunRow) -> Result<RunPage, StoreError> {
    let checkpoints = store.checkpoint_list(Some(row.id)).await?;
    let steps = store.training_series(row.id, 0).await?;
    let plan = serde_json::from_value::<Plan>(row.settings.clone());
    let evaluations = store.training_evaluations(row.id, false).await?;
    let mut alarms = store.training_alarms(row.id).await?;
    alarms.extend(plan.as_ref().ok().and_then(|plan| report::overfits(plan, &evaluations)));
    alarms.sort_by_key(|alarm| alarm.iteration);
    let mut evaluated: Vec<u32> = evaluations.iter().map(|row| row.iteration).collect();
    evaluated.dedup();
    Ok(RunPage {
        base: plan.as_ref().map(|plan| plan.base.clone()).unwrap_or_default(),
        stall: store.product_any().await?,
        settings: plan
            .as_ref()
            .ok()
            .and_then(|plan| toml::to_string(plan).ok())
            .unwrap_or_default(),
        command: command(&row.preset, &row.overlay, row.place),
        code_version: row.code_version.clone(),
        seed: plan.as_ref().map_or(0, |plan| plan.seed),
        products: row.products,
        products_sha256: row.products_sha256.clone(),
        checkpoints: checkpoints.into_iter().map(|row: CheckpointRow| row.card).collect(),
        phases: phases_of(&steps),
        alarms,
        evaluated,
        head: head(row),
    })
}

/// The command that does the run again.
fn command(preset: &str, overlay: &str, place: RunPlace) -> String {
    let quoted = overlay.trim().replace('\'', "'\\''");
    let mut command = format!("souk train --preset {preset}");
    if place != RunPlace::Here {
        command.push_str(&format!(" --on {}", place.name().replace('_', "-")));
    }
    if !quoted.is_empty() {
        command.push_str(&format!(" --set '{quoted}'"));
    }
    command
}

fn number(metrics: &Value, name: &str) -> Option<f64> {
    metrics.get(name).and_then(Value::as_f64)
}

fn phases_of(steps: &[StepRow]) -> Vec<PhaseSpan> {
    let points: Vec<Point> = steps
        .iter()
        .map(|StepRow { metrics, .. }| Point {
            first_offer_ratio: number(metrics, "first_offer_ratio"),
            deal_rate: number(metrics, "deal_rate_mi"),
            bargained_ratio: number(metrics, "bargained_ratio"),
        })
        .collect();
    let spans = detect(&points, &Settings::default()).into_iter();
    spans
        .map(|span| PhaseSpan {
            phase: span.phase,
            first: steps[span.first].iteration,
            last: steps[span.last].iteration,
            confidence: span.confidence,
        })
        .collect()
}

/// Iterations as columns.
pub fn series(steps: &[StepRow]) -> Series {
    let names: BTreeSet<&String> = steps
        .iter()
        .filter_map(|step| step.metrics.as_object())
        .flat_map(|all| all.keys())
        .collect();
    let column = |name: &String| {
        (name.clone(), steps.iter().map(|step| number(&step.metrics, name)).collect())
    };
    let columns: BTreeMap<String, Vec<Option<f64>>> = names.into_iter().map(column).collect();
    Series {
        iterations: steps.iter().map(|step| step.iteration).collect(),
        worked_ms: steps.iter().map(|step| step.worked_ms).collect(),
        episodes: steps.iter().map(|step| step.episodes).collect(),
        columns,
    }
}

/// A rollout with its tokens as text; `text` reads one token.
pub fn rollout(row: RolloutRow, text: &dyn Fn(u32) -> String) -> Result<Rollout, StoreError> {
    let corrupt =
        |why: rl::trace::NoTrace| StoreError::Corrupt { what: "trace", why: why.to_string() };
    let stored = Stored::decode(&row.trace).map_err(corrupt)?;
    let (mut nth, mut tokens) = (0, Vec::with_capacity(stored.ids.len()));
    for (id, own) in stored.ids.iter().zip(&stored.own) {
        let own = own.then(|| {
            let at = nth;
            nth += 1;
            OwnToken {
                logp: stored.logp.get(at).copied().unwrap_or_default(),
                entropy: stored.entropy.get(at).copied().unwrap_or_default(),
            }
        });
        tokens.push(TraceToken { text: text(*id), own });
    }
    Ok(Rollout {
        episode: row.episode,
        index: row.member,
        reward: row.reward,
        advantage: row.advantage,
        outcome: row.outcome,
        truncated: row.truncated,
        tokens,
    })
}
