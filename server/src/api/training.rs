//! Training runs: started, followed, commanded, published.

use app::backend::Backend;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{
    CheckpointCard, CheckpointId, GroupCard, NewRun, PresetCard, Problem, Rollout, RunCommand,
    RunHead, RunId, RunLogLine, RunPage, RunReport, Series,
};

use super::Created;
use super::read::{Body, InPath, InQuery};
use crate::auth::{Actor, Scope};
use crate::edge::{Answer, Fault};
use crate::state::AppState;

/// The settings files that a run can start from. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/training/presets", tag = "training",
    responses((status = 200, body = Vec<PresetCard>), (status = "default", body = Problem))
)]
pub async fn list_presets(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Vec<PresetCard>> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.train_presets(actor.caller).await?))
}

/// Training runs, newest first. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/training/runs", tag = "training",
    responses((status = 200, body = Vec<RunHead>), (status = "default", body = Problem))
)]
pub async fn list_runs(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Vec<RunHead>> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.runs(actor.caller).await?))
}

/// Puts a run into the line and does not wait for a worker. Researchers, and keys with the scope `admin`.
#[utoipa::path(
    post, path = "/api/v1/training/runs", tag = "training", request_body = NewRun,
    responses((status = 201, body = Created), (status = "default", body = Problem))
)]
pub async fn start_run(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Body(new): Body<NewRun>,
) -> Result<(StatusCode, Json<Created>), Fault> {
    actor.needs(Scope::Admin)?;
    let id = state.souk.start_run(actor.caller, new).await?;
    Ok((StatusCode::CREATED, Json(Created { id: id.0 })))
}

/// A run with its settings, checkpoints, phases and alarms. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/training/runs/{id}", tag = "training", params(("id" = RunId, Path)),
    responses((status = 200, body = RunPage), (status = "default", body = Problem))
)]
pub async fn show_run(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<RunId>,
) -> Answer<RunPage> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.run(actor.caller, id).await?))
}

/// Asks the worker for something and does not wait for it: the run's `asked` tells until it is done.
/// Researchers, and keys with the scope `admin`.
#[utoipa::path(
    post, path = "/api/v1/training/runs/{id}/commands/{command}", tag = "training",
    params(("id" = RunId, Path), ("command" = RunCommand, Path)),
    responses((status = 202, body = RunHead), (status = "default", body = Problem))
)]
pub async fn command_run(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath((id, command)): InPath<(RunId, RunCommand)>,
) -> Result<(StatusCode, Json<RunHead>), Fault> {
    actor.needs(Scope::Admin)?;
    let head = state.souk.command_run(actor.caller, id, command).await?;
    Ok((StatusCode::ACCEPTED, Json(head)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Since {
    /// Iterations later than this one; default: all.
    #[serde(default)]
    after: u32,
}

/// The last lines of a run's log. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/training/runs/{id}/log", tag = "training", params(("id" = RunId, Path)),
    responses((status = 200, body = Vec<RunLogLine>), (status = "default", body = Problem))
)]
pub async fn show_log(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<RunId>,
) -> Answer<Vec<RunLogLine>> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.run_log(actor.caller, id).await?))
}

/// What was measured by iteration. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/training/runs/{id}/series", tag = "training",
    params(("id" = RunId, Path), Since),
    responses((status = 200, body = Series), (status = "default", body = Problem))
)]
pub async fn show_series(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<RunId>,
    InQuery(Since { after }): InQuery<Since>,
) -> Answer<Series> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.run_series(actor.caller, id, after).await?))
}

/// Figures on the test split before, between and after learning, with sample dialogues. Researchers, and keys
/// with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/training/runs/{id}/report", tag = "training", params(("id" = RunId, Path)),
    responses((status = 200, body = RunReport), (status = "default", body = Problem))
)]
pub async fn show_report(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<RunId>,
) -> Answer<RunReport> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.run_report(actor.caller, id).await?))
}

/// The groups of an iteration; none where it was not kept or is yet to come. Researchers, and keys with the
/// scope `read`.
#[utoipa::path(
    get, path = "/api/v1/training/runs/{id}/iterations/{iteration}/groups", tag = "training",
    params(("id" = RunId, Path), ("iteration" = u32, Path)),
    responses((status = 200, body = Vec<GroupCard>), (status = "default", body = Problem))
)]
pub async fn list_groups(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath((id, iteration)): InPath<(RunId, u32)>,
) -> Answer<Vec<GroupCard>> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.run_groups(actor.caller, id, iteration).await?))
}

/// The rollouts of a group with their tokens. Tells limits and thoughts. Researchers, and keys with the scope
/// `read`.
#[utoipa::path(
    get, path = "/api/v1/training/runs/{id}/iterations/{iteration}/groups/{group}", tag = "training",
    params(("id" = RunId, Path), ("iteration" = u32, Path), ("group" = u32, Path)),
    responses((status = 200, body = Vec<Rollout>), (status = "default", body = Problem))
)]
pub async fn list_rollouts(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath((id, iteration, group)): InPath<(RunId, u32, u32)>,
) -> Answer<Vec<Rollout>> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.run_rollouts(actor.caller, id, iteration, group).await?))
}

/// Makes a checkpoint a negotiator that anybody can bargain with. Twice is once. Researchers, and keys with the
/// scope `admin`.
#[utoipa::path(
    post, path = "/api/v1/training/checkpoints/{id}/publish", tag = "training",
    params(("id" = CheckpointId, Path)),
    responses((status = 200, body = CheckpointCard), (status = "default", body = Problem))
)]
pub async fn publish_checkpoint(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<CheckpointId>,
) -> Answer<CheckpointCard> {
    actor.needs(Scope::Admin)?;
    Ok(Json(state.souk.publish_checkpoint(actor.caller, id).await?))
}
