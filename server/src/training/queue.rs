//! Asking for runs, and for what is to become of them.

use anyhow::{Context, Result, bail};
use rl::Plan;
use rl::plan::{OpponentShare, PlanError};
use store::{NewRunRow, RunEnd, Store, StoreError};
use uuid::Uuid;
use wire::{NewRun, RunCommand, RunHead, RunId, RunPlace, UserId};

use super::ground::{lessons, outlook};
use super::show;
use crate::config::RaySettings;
use crate::eval::code_version;
use crate::roster::{Member, Roster};

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
    ray: Option<&RaySettings>,
    user: Option<UserId>,
    new: NewRun,
) -> Result<RunId, Refused> {
    let plan = Plan::of(&new.preset, &new.settings)?;
    let obstacle = match new.place {
        RunPlace::Here => outlook(roster, &plan).obstacle,
        RunPlace::Ray | RunPlace::RayTrl => on_cluster(ray, &plan, new.place).err(),
    };
    if let Some(obstacle) = obstacle {
        return Err(Refused::Obstacle(obstacle));
    }
    check_opponents(roster, &plan, new.place)
        .map_err(|error| Refused::Obstacle(error.to_string()))?;
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
        place: new.place,
    };
    store.run_create(&row).await?;
    Ok(id)
}

/// What a cluster cannot do of a plan, in a sentence.
fn on_cluster(ray: Option<&RaySettings>, plan: &Plan, place: RunPlace) -> Result<(), String> {
    if ray.is_none() {
        return Err("No Ray cluster is known: start Souk with SOUK_RAY_ADDRESS=http://HOST:8265."
            .to_owned());
    }
    if place == RunPlace::RayTrl && plan.rollout.role.is_none() {
        return Err(
            "TRL learns one side: say rollout.role, or train by Souk's own trainer.".to_owned()
        );
    }
    Ok(())
}

/// Whether everybody outside of scripts and the run's own models is there.
fn check_opponents(roster: &Roster, plan: &Plan, place: RunPlace) -> Result<()> {
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
            Some(Member::Thinker(_)) if place == RunPlace::Ray => bail!(
                "`{name}` answers on this machine alone: a job on the cluster plays against scripts, `base` and \
                 `earlier`. TRL's job plays against anybody."
            ),
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

/// A run's end, for its log.
pub fn told(end: &RunEnd) -> String {
    match end {
        RunEnd::Done => "All iterations are done.".to_owned(),
        RunEnd::Failed(failure) => failure.sentence.clone(),
        RunEnd::Cancelled => "It is cancelled.".to_owned(),
        RunEnd::Paused => "It is paused.".to_owned(),
        RunEnd::Released => "The worker was told to stop; another one takes it up.".to_owned(),
    }
}
