//! Asking for runs, and for what is to become of them.

use anyhow::{Context, Result, bail};
use rl::Plan;
use rl::plan::{OpponentShare, PlanError};
use store::{NewRunRow, Store, StoreError};
use uuid::Uuid;
use wire::{NewRun, RunCommand, RunHead, RunId, UserId};

use super::ground::{lessons, outlook};
use super::show;
use crate::eval::code_version;
use crate::roster::Roster;

const LONGEST_LABEL: usize = 80;

/// Why a run is not queued.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A sentence for the person who asked.
    #[error("{0}")]
    Obstacle(String),
    #[error("a label has at most {LONGEST_LABEL} characters")]
    Label,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// Puts a run into the queue.
pub async fn start(
    store: &Store,
    roster: &Roster,
    user: Option<UserId>,
    new: NewRun,
) -> Result<RunId, Refused> {
    let plan = Plan::of(&new.preset, &new.settings)?;
    check_opponents(roster, &plan).map_err(|error| Refused::Obstacle(error.to_string()))?;
    if let Some(obstacle) = outlook(roster, &plan).obstacle {
        return Err(Refused::Obstacle(obstacle));
    }
    let label = new.label.trim();
    if label.chars().count() > LONGEST_LABEL {
        return Err(Refused::Label);
    }
    let lessons = lessons(store).await?;
    let id = RunId(Uuid::now_v7());
    let short = &id.0.simple().to_string()[24..];
    let row = NewRunRow {
        id,
        label: if label.is_empty() { format!("{} {short}", new.preset) } else { label.to_owned() },
        preset: new.preset,
        overlay: new.settings,
        settings: serde_json::to_value(&plan).context("a plan is plain data")?,
        role: plan.rollout.role,
        opponents: opponents(&plan.opponents),
        code_version: code_version(),
        products: u32::try_from(lessons.ids.len()).unwrap_or(u32::MAX),
        products_sha256: lessons.sha256,
        created_by: user,
        planned: plan.iterations,
    };
    store.run_create(&row).await?;
    Ok(id)
}

/// Whether everybody outside of scripts and the run's own models is there.
fn check_opponents(roster: &Roster, plan: &Plan) -> Result<()> {
    let Some(role) = plan.rollout.role else { return Ok(()) };
    for OpponentShare { name, .. } in &plan.opponents {
        if [rl::plan::BASE, rl::plan::EARLIER].contains(&name.as_str()) {
            continue;
        }
        match roster.find(name) {
            None => bail!("There is no negotiator `{name}`; /api/v1/negotiators lists them."),
            Some(member) if !member.plays(role.other()) => {
                bail!("`{name}` does not play the {}.", role.other().name())
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn opponents(opponents: &[OpponentShare]) -> String {
    let named: Vec<String> = opponents
        .iter()
        .map(|opponent| format!("{} ({})", opponent.name, opponent.personas.join(", ")))
        .collect();
    if named.is_empty() { "itself".to_owned() } else { named.join("; ") }
}

/// Asks for something. See [`Store::run_ask`].
pub async fn ask(store: &Store, id: RunId, command: RunCommand) -> Result<(), StoreError> {
    store.run_ask(id, command).await
}

pub async fn head(store: &Store, id: RunId) -> Result<RunHead, StoreError> {
    Ok(show::head(store.run_find(id).await?))
}
