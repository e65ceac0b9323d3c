//! Who is better than whom: suites, ladders, comparisons, counterfactuals.

use app::backend::Backend;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::{
    CounterfactualId, CounterfactualPage, EpisodeId, EpisodeSearch, LadderId, LadderPage,
    NewCounterfactual, NewLadder, NewSuite, PairPage, PairQuery, PlanCard, Problem, RunCommand,
    SuiteEstimate, SuiteHead, SuiteId, SuitePage,
};

use super::Created;
use super::read::{Body, InPath, InQuery};
use crate::auth::{Actor, Scope};
use crate::edge::{Answer, Fault};
use crate::state::AppState;

/// The plans that a suite can start from. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/suites/plans", tag = "evaluation",
    responses((status = 200, body = Vec<PlanCard>), (status = "default", body = Problem))
)]
pub async fn list_plans(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Vec<PlanCard>> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.suite_plans(actor.caller).await?))
}

/// What a suite would take here; nothing is begun. Researchers, and keys with the scope `read`.
#[utoipa::path(
    post, path = "/api/v1/suites/estimate", tag = "evaluation", request_body = NewSuite,
    responses((status = 200, body = SuiteEstimate), (status = "default", body = Problem))
)]
pub async fn estimate_suite(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Body(new): Body<NewSuite>,
) -> Answer<SuiteEstimate> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.estimate_suite(actor.caller, new).await?))
}

/// Suites of evaluations, newest first. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/suites", tag = "evaluation",
    responses((status = 200, body = Vec<SuiteHead>), (status = "default", body = Problem))
)]
pub async fn list_suites(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Vec<SuiteHead>> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.suites(actor.caller).await?))
}

/// Puts a suite into the line and does not wait for a worker. Researchers, and keys with the scope `admin`.
#[utoipa::path(
    post, path = "/api/v1/suites", tag = "evaluation", request_body = NewSuite,
    responses((status = 201, body = Created), (status = "default", body = Problem))
)]
pub async fn start_suite(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Body(new): Body<NewSuite>,
) -> Result<(StatusCode, Json<Created>), Fault> {
    actor.needs(Scope::Admin)?;
    let id = state.souk.start_suite(actor.caller, new).await?;
    Ok((StatusCode::CREATED, Json(Created { id: id.0 })))
}

/// A suite with its figures, also while it goes on. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/suites/{id}", tag = "evaluation", params(("id" = SuiteId, Path)),
    responses((status = 200, body = SuitePage), (status = "default", body = Problem))
)]
pub async fn show_suite(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<SuiteId>,
) -> Answer<SuitePage> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.suite(actor.caller, id).await?))
}

/// Asks the worker for something and does not wait for it: the suite's `asked` tells until it is done.
/// Researchers, and keys with the scope `admin`.
#[utoipa::path(
    post, path = "/api/v1/suites/{id}/commands/{command}", tag = "evaluation",
    params(("id" = SuiteId, Path), ("command" = RunCommand, Path)),
    responses((status = 202, body = SuiteHead), (status = "default", body = Problem))
)]
pub async fn command_suite(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath((id, command)): InPath<(SuiteId, RunCommand)>,
) -> Result<(StatusCode, Json<SuiteHead>), Fault> {
    actor.needs(Scope::Admin)?;
    let head = state.souk.command_suite(actor.caller, id, command).await?;
    Ok((StatusCode::ACCEPTED, Json(head)))
}

/// Two agents on the scenarios that both played in one role, among episodes that fit conditions. Researchers,
/// and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/research/compare", tag = "evaluation", params(PairQuery, EpisodeSearch),
    responses((status = 200, body = PairPage), (status = "default", body = Problem))
)]
pub async fn compare(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InQuery(pair): InQuery<PairQuery>,
    InQuery(search): InQuery<EpisodeSearch>,
) -> Answer<PairPage> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.compare(actor.caller, pair, search).await?))
}

/// Ladders, newest first, without what came out. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/ladders", tag = "evaluation",
    responses((status = 200, body = Vec<LadderPage>), (status = "default", body = Problem))
)]
pub async fn list_ladders(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Vec<LadderPage>> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.ladders(actor.caller).await?))
}

/// Keeps a ladder and begins to work it out, without waiting for it. Researchers, and keys with the scope
/// `admin`.
#[utoipa::path(
    post, path = "/api/v1/ladders", tag = "evaluation", request_body = NewLadder,
    responses((status = 201, body = Created), (status = "default", body = Problem))
)]
pub async fn start_ladder(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Body(new): Body<NewLadder>,
) -> Result<(StatusCode, Json<Created>), Fault> {
    actor.needs(Scope::Admin)?;
    let id = state.souk.new_ladder(actor.caller, new).await?;
    Ok((StatusCode::CREATED, Json(Created { id: id.0 })))
}

/// A ladder as it is now. A public one is for everybody, without its conditions.
#[utoipa::path(
    get, path = "/api/v1/ladders/{id}", tag = "evaluation", params(("id" = LadderId, Path)),
    responses((status = 200, body = LadderPage), (status = "default", body = Problem))
)]
pub async fn show_ladder(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<LadderId>,
) -> Answer<LadderPage> {
    Ok(Json(state.souk.ladder(actor.caller, id).await?))
}

/// Works a ladder out again from the episodes that there are now. Researchers, and keys with the scope `admin`.
#[utoipa::path(
    post, path = "/api/v1/ladders/{id}/refresh", tag = "evaluation", params(("id" = LadderId, Path)),
    responses((status = 202), (status = "default", body = Problem))
)]
pub async fn refresh_ladder(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<LadderId>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Admin)?;
    state.souk.refresh_ladder(actor.caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, ToSchema)]
pub struct Publicity {
    /// Whether everybody with the address sees it.
    public: bool,
}

/// Shows a ladder to everybody, or to researchers alone. Researchers, and keys with the scope `admin`.
#[utoipa::path(
    put, path = "/api/v1/ladders/{id}/public", tag = "evaluation", params(("id" = LadderId, Path)),
    request_body = Publicity,
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn publish_ladder(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<LadderId>,
    Body(Publicity { public }): Body<Publicity>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Admin)?;
    state.souk.publish_ladder(actor.caller, id, public).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a ladder; its episodes stay. Researchers, and keys with the scope `admin`.
#[utoipa::path(
    delete, path = "/api/v1/ladders/{id}", tag = "evaluation", params(("id" = LadderId, Path)),
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn delete_ladder(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<LadderId>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Admin)?;
    state.souk.delete_ladder(actor.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Goes on with an episode from one of its moves, with something changed, many times; begins to play and does not
/// wait for it. Researchers, and keys with the scope `admin`.
#[utoipa::path(
    post, path = "/api/v1/research/episodes/{id}/counterfactuals", tag = "evaluation",
    params(("id" = EpisodeId, Path)), request_body = NewCounterfactual,
    responses((status = 201, body = Created), (status = "default", body = Problem))
)]
pub async fn start_counterfactual(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
    Body(new): Body<NewCounterfactual>,
) -> Result<(StatusCode, Json<Created>), Fault> {
    actor.needs(Scope::Admin)?;
    let id = state.souk.new_counterfactual(actor.caller, id, new).await?;
    Ok((StatusCode::CREATED, Json(Created { id: id.0 })))
}

/// A counterfactual with what came of it so far. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/research/counterfactuals/{id}", tag = "evaluation",
    params(("id" = CounterfactualId, Path)),
    responses((status = 200, body = CounterfactualPage), (status = "default", body = Problem))
)]
pub async fn show_counterfactual(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<CounterfactualId>,
) -> Answer<CounterfactualPage> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.counterfactual(actor.caller, id).await?))
}

/// Plays what is missing, where it broke off. Researchers, and keys with the scope `admin`.
#[utoipa::path(
    post, path = "/api/v1/research/counterfactuals/{id}/resume", tag = "evaluation",
    params(("id" = CounterfactualId, Path)),
    responses((status = 202), (status = "default", body = Problem))
)]
pub async fn resume_counterfactual(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<CounterfactualId>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Admin)?;
    state.souk.resume_counterfactual(actor.caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}
