//! Episodes for researchers: found, told in full, labelled and rated.

use app::backend::Backend;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{Dossier, EpisodeHits, EpisodeId, EpisodeSearch, Problem, Rating, ScaleAgreement};

use super::read::{Body as InBody, InPath, InQuery};
use crate::auth::{Actor, Scope};
use crate::edge::{Answer, Fault};
use crate::export::Format;
use crate::state::AppState;

/// Episodes that fit conditions, private limits included. For the next page repeat the query with `after`, the
/// id of the last one. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/research/episodes", tag = "research", params(EpisodeSearch),
    responses((status = 200, body = EpisodeHits), (status = "default", body = Problem))
)]
pub async fn find_episodes(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InQuery(search): InQuery<EpisodeSearch>,
) -> Answer<EpisodeHits> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.find_episodes(actor.caller, search).await?))
}

/// Which files an export has.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Files {
    /// Default: `parquet`.
    #[serde(default)]
    format: Format,
}

/// Episodes that fit conditions with their moves, events, calls of models, ratings and tags, and the training runs,
/// as a zip archive of Parquet, JSON lines or CSV with a codebook and a manifest of hashes. It is sent while it is
/// read. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/research/export", tag = "research", params(EpisodeSearch, Files),
    responses(
        (status = 200, content_type = "application/zip"),
        (status = "default", body = Problem)
    )
)]
pub async fn export_episodes(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InQuery(search): InQuery<EpisodeSearch>,
    InQuery(Files { format }): InQuery<Files>,
) -> Result<Response, Fault> {
    actor.needs(Scope::Read)?;
    let archive = state.souk.export(actor.caller, search, format).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"souk-export.zip\""),
    ];
    Ok((headers, Body::from_stream(archive)).into_response())
}

/// All that is known of an episode: both private sides, thoughts, calls of models, rewards with their terms,
/// where it comes from, labels and ratings. Researchers, and keys with the scope `read`; who sits at the table
/// sees what that seat sees until the end.
#[utoipa::path(
    get, path = "/api/v1/research/episodes/{id}", tag = "research", params(("id" = EpisodeId, Path)),
    responses((status = 200, body = Dossier), (status = "default", body = Problem))
)]
pub async fn show_dossier(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
) -> Answer<Dossier> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.dossier(actor.caller, id).await?))
}

/// Puts a label on an episode. Twice is once. Researchers, and keys with the scope `admin`.
#[utoipa::path(
    put, path = "/api/v1/research/episodes/{id}/tags/{tag}", tag = "research",
    params(("id" = EpisodeId, Path), ("tag" = String, Path)),
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn add_tag(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath((id, tag)): InPath<(EpisodeId, String)>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Admin)?;
    state.souk.tag_episode(actor.caller, id, &tag, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a label away. Researchers, and keys with the scope `admin`.
#[utoipa::path(
    delete, path = "/api/v1/research/episodes/{id}/tags/{tag}", tag = "research",
    params(("id" = EpisodeId, Path), ("tag" = String, Path)),
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn remove_tag(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath((id, tag)): InPath<(EpisodeId, String)>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Admin)?;
    state.souk.tag_episode(actor.caller, id, &tag, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What you think of an episode; your last word on a scale counts. Researchers, and keys with the scope
/// `admin`.
#[utoipa::path(
    put, path = "/api/v1/research/episodes/{id}/ratings", tag = "research",
    params(("id" = EpisodeId, Path)), request_body = Rating,
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn rate(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
    InBody(rating): InBody<Rating>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Admin)?;
    state.souk.rate_episode(actor.caller, id, rating).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How far raters agree, by scale. Researchers, and keys with the scope `read`.
#[utoipa::path(
    get, path = "/api/v1/research/ratings", tag = "research",
    responses((status = 200, body = Vec<ScaleAgreement>), (status = "default", body = Problem))
)]
pub async fn rating_agreement(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Vec<ScaleAgreement>> {
    actor.needs(Scope::Read)?;
    Ok(Json(state.souk.rating_agreement(actor.caller).await?))
}
