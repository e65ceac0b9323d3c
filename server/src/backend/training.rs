//! Training runs, for researchers.

use app::backend::Caller;
use serde_json::json;
use wire::{
    CheckpointCard, CheckpointId, Code, GroupCard, NewRun, PresetCard, Problem, ProductId, Rollout,
    RolloutHit, RunCommand, RunHead, RunId, RunLogLine, RunPage, RunReport, Series,
};

use super::account::researcher;
use super::{Souk, refusal};
use crate::training::ground::outlook;
use crate::training::queue::{self, Refused};
use crate::training::{reader, report, show};

/// Runs in the list, at most.
const RUNS: u32 = 200;

/// Problem codes of training runs, for `/api/errors`.
pub const CODES: [(&str, u16, &str); 3] = [
    (
        "run_settings",
        422,
        "The settings of a training run have an unknown key or a value that cannot be.",
    ),
    ("run_obstacle", 422, "The run cannot be done on this machine."),
    ("run_takes_no_such_command", 409, "The command has no meaning in the run's status."),
];

fn refused(error: Refused) -> Problem {
    let (code, detail) = match error {
        Refused::Plan(error) => ("run_settings", sentence(&error.to_string())),
        Refused::Label => ("run_settings", sentence(&Refused::Label.to_string())),
        Refused::Obstacle(obstacle) => ("run_obstacle", obstacle),
        Refused::Store(error) => return refusal(error),
        Refused::Other(error) => match error.downcast::<store::StoreError>() {
            Ok(error) => return refusal(error),
            Err(error) => ("run_obstacle", sentence(&error.to_string())),
        },
    };
    Problem::named(Code::Unprocessable, code, detail)
}

/// A complaint as people are told it.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

impl Souk {
    pub(crate) async fn presets(&self, caller: Caller) -> Result<Vec<PresetCard>, Problem> {
        researcher(caller)?;
        let card = |preset: &rl::plan::Preset| PresetCard {
            name: preset.name.to_owned(),
            summary: preset.summary.to_owned(),
            has_cluster: self.house.ray.is_some(),
            text: preset.text.to_owned(),
            obstacle: match rl::Plan::of(preset.name, "") {
                Ok(plan) => outlook(&self.roster, &plan).obstacle,
                Err(error) => Some(error.to_string()),
            },
        };
        Ok(rl::plan::PRESETS.iter().map(card).collect())
    }

    pub(crate) async fn all_runs(&self, caller: Caller) -> Result<Vec<RunHead>, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let rows = self.store.run_list(RUNS).await.map_err(refusal)?;
        Ok(rows.into_iter().map(show::head).collect())
    }

    pub(crate) async fn log_of(
        &self,
        caller: Caller,
        id: RunId,
    ) -> Result<Vec<RunLogLine>, Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.store.run_find(id).await.map_err(refusal)?;
        self.store.run_log(id).await.map_err(refusal)
    }

    pub(crate) async fn run_page(&self, caller: Caller, id: RunId) -> Result<RunPage, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let row = self.store.run_find(id).await.map_err(refusal)?;
        show::page(&self.store, row).await.map_err(refusal)
    }

    pub(crate) async fn new_run(&self, caller: Caller, new: NewRun) -> Result<RunId, Problem> {
        let user = researcher(caller)?;
        self.health.check()?;
        let preset = new.preset.clone();
        let id = queue::start(&self.store, &self.roster, self.house.ray.as_ref(), Some(user), new)
            .await
            .map_err(refused)?;
        self.note(caller, "run.start", &id.to_string(), json!({ "preset": preset })).await;
        Ok(id)
    }

    pub(crate) async fn ask_run(
        &self,
        caller: Caller,
        id: RunId,
        command: RunCommand,
    ) -> Result<RunHead, Problem> {
        researcher(caller)?;
        self.health.check()?;
        queue::ask(&self.store, id, command).await.map_err(|error| match error.constraint() {
            Some(name @ "run_takes_no_such_command") => {
                let detail = "The run has moved on: look at its status, and ask again.";
                Problem::named(Code::Conflict, name, detail)
            }
            _ => refusal(error),
        })?;
        self.note(caller, "run.ask", &id.to_string(), json!({ "command": command })).await;
        queue::head(&self.store, id).await.map_err(refusal)
    }

    pub(crate) async fn series_of(
        &self,
        caller: Caller,
        id: RunId,
        after: u32,
    ) -> Result<Series, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let steps = self.store.training_series(id, after).await.map_err(refusal)?;
        Ok(show::series(&steps))
    }

    pub(crate) async fn report_of(&self, caller: Caller, id: RunId) -> Result<RunReport, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let row = self.store.run_find(id).await.map_err(refusal)?;
        report::report(&self.store, row).await.map_err(refusal)
    }

    pub(crate) async fn groups_of(
        &self,
        caller: Caller,
        id: RunId,
        iteration: Option<u32>,
        product: Option<&str>,
    ) -> Result<Vec<GroupCard>, Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.store.run_find(id).await.map_err(refusal)?;
        let product = product.map(|product| ProductId(product.to_owned()));
        self.store.rollout_groups(id, iteration, product.as_ref()).await.map_err(refusal)
    }

    pub(crate) async fn rollouts_of(
        &self,
        caller: Caller,
        id: RunId,
        iteration: u32,
        group: u32,
    ) -> Result<Vec<Rollout>, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let run = self.store.run_find(id).await.map_err(refusal)?;
        let rows = self.store.rollout_group(id, iteration, group).await.map_err(refusal)?;
        if rows.is_empty() {
            return Err(Problem::new(Code::NotFound, "There is no such group of rollouts."));
        }
        let text = reader::of(&self.roster, run.settings["base"].as_str().unwrap_or_default());
        let rollouts = rows.into_iter().map(|row| show::rollout(row, &*text));
        rollouts.collect::<Result<_, _>>().map_err(refusal)
    }

    pub(crate) async fn found_rollouts(
        &self,
        caller: Caller,
        id: RunId,
        text: &str,
    ) -> Result<Vec<RolloutHit>, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let text = text.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        self.store.rollout_search(id, text).await.map_err(refusal)
    }

    /// The name says run and iteration; it is the checkpoint's for good.
    pub(crate) async fn publish(
        &self,
        caller: Caller,
        id: CheckpointId,
    ) -> Result<CheckpointCard, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let row = self.store.checkpoint_find(id).await.map_err(refusal)?;
        let name = show::played_as(row.run, row.card.iteration);
        self.store.checkpoint_publish(id, &name).await.map_err(refusal)?;
        let row = self.store.checkpoint_find(id).await.map_err(refusal)?;
        self.roster.publish(&self.house.data, &row).map_err(|error| {
            tracing::error!(checkpoint = %id, error = format!("{error:#}"), "not published");
            let detail = "The checkpoint's files cannot be used: the server's log says why.";
            Problem::named(Code::Unprocessable, "run_obstacle", detail)
        })?;
        self.note(caller, "checkpoint.publish", &name.0, json!({ "checkpoint": id })).await;
        Ok(row.card)
    }
}
