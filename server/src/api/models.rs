//! Language models: how they are, and what they were asked.

use app::backend::Backend;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use wire::{EpisodeId, ModelCall, ModelCard, Problem};

use super::read::InPath;
use crate::auth::{Actor, Scope};
use crate::edge::{Answer, Fault};
use crate::state::AppState;

/// The language models of this server as they are now.
#[utoipa::path(
    get, path = "/api/v1/models", tag = "models",
    responses((status = 200, body = Vec<ModelCard>), (status = "default", body = Problem))
)]
pub async fn list_models(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Vec<ModelCard>> {
    Ok(Json(state.souk.models(actor.caller).await?))
}

/// Begins to load a model, and does not wait for it: the list tells how it goes. Researchers, and keys
/// with the scope `admin`.
#[utoipa::path(
    post, path = "/api/v1/models/{name}/load", tag = "models", params(("name" = String, Path)),
    responses((status = 202), (status = "default", body = Problem))
)]
pub async fn load_model(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(name): InPath<String>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Admin)?;
    state.souk.load_model(actor.caller, &name).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Frees a model's memory. Refused while it answers somebody. Researchers, and keys with the scope
/// `admin`.
#[utoipa::path(
    post, path = "/api/v1/models/{name}/unload", tag = "models", params(("name" = String, Path)),
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn unload_model(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(name): InPath<String>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Admin)?;
    state.souk.unload_model(actor.caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the language models of an episode were asked and answered, oldest first, with tokens, times and
/// what was wrong. It tells limits and thoughts: researchers, and keys with the scope `read`; who sits
/// at the table reads it when the episode is over.
#[utoipa::path(
    get, path = "/api/v1/episodes/{id}/calls", tag = "models", params(("id" = EpisodeId, Path)),
    responses((status = 200, body = Vec<ModelCall>), (status = "default", body = Problem))
)]
pub async fn list_calls(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
) -> Answer<Vec<ModelCall>> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.model_calls(actor.caller, id).await?))
}
