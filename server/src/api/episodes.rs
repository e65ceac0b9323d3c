//! Negotiations.

use app::backend::Backend;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use rules::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::{
    Code, Envelope, EpisodeId, EpisodePage, EpisodeQuery, EpisodeStatus, EpisodeSummary,
    IdempotencyKey, Joined, MoveAck, MoveRequest, NewEpisode, PaceCommand, Problem, Reveal,
};

use super::read::{Body, InPath, InQuery};
use crate::auth::{Actor, Scope};
use crate::backend::audience;
use crate::edge::{Answer, Fault};
use crate::state::AppState;

/// An episode that was started.
#[derive(Serialize, ToSchema)]
pub struct Started {
    pub id: EpisodeId,
}

/// Takes an open seat.
#[derive(Deserialize, ToSchema)]
pub struct JoinRequest {
    /// The last part of the invitation link.
    pub token: String,
}

/// Says whether the caller is composing a move.
#[derive(Deserialize, ToSchema)]
pub struct TypingRequest {
    pub typing: bool,
}

/// Starts the same scenario again.
#[derive(Deserialize, ToSchema)]
pub struct RematchRequest {
    /// The caller's seat; the other one than before swaps sides.
    pub role: Role,
    pub key: IdempotencyKey,
}

/// Goes on after a failure of the other side's negotiator.
#[derive(Deserialize, ToSchema)]
pub struct StandInRequest {
    /// One per intended episode: a double click starts one.
    pub key: IdempotencyKey,
}

/// An episode's whole history as the caller may see it.
#[derive(Serialize, ToSchema)]
pub struct Replay {
    pub events: Vec<Envelope>,
    /// Present once the limits are public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reveal: Option<Reveal>,
}

/// Episodes, newest first.
#[utoipa::path(
    get, path = "/api/v1/episodes", tag = "episodes", params(EpisodeQuery),
    responses((status = 200, body = Vec<EpisodeSummary>), (status = "default", body = Problem))
)]
pub async fn list_episodes(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InQuery(query): InQuery<EpisodeQuery>,
) -> Answer<Vec<EpisodeSummary>> {
    Ok(Json(state.souk.episodes(actor.caller, query).await?))
}

/// Starts an episode. Repeated with the same key it answers with the same one.
#[utoipa::path(
    post, path = "/api/v1/episodes", tag = "episodes", request_body = NewEpisode,
    responses((status = 201, body = Started), (status = "default", body = Problem))
)]
pub async fn start_episode(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Body(new): Body<NewEpisode>,
) -> Result<(StatusCode, Json<Started>), Fault> {
    actor.needs(Scope::Play)?;
    let id = state.souk.start_episode(actor.caller, new).await?;
    Ok((StatusCode::CREATED, Json(Started { id })))
}

/// An episode with its events so far, as the caller may see them.
#[utoipa::path(
    get, path = "/api/v1/episodes/{id}", tag = "episodes", params(("id" = EpisodeId, Path)),
    responses((status = 200, body = EpisodePage), (status = "default", body = Problem))
)]
pub async fn show_episode(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
) -> Answer<EpisodePage> {
    Ok(Json(state.souk.episode(actor.caller, id).await?))
}

/// Takes the open seat of an invitation.
#[utoipa::path(
    post, path = "/api/v1/episodes/{id}/join", tag = "episodes", params(("id" = EpisodeId, Path)),
    request_body = JoinRequest,
    responses((status = 200, body = Joined), (status = "default", body = Problem))
)]
pub async fn join_episode(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
    Body(request): Body<JoinRequest>,
) -> Answer<Joined> {
    actor.needs(Scope::Play)?;
    Ok(Json(state.souk.join_episode(actor.caller, id, &request.token).await?))
}

/// Plays a move on the caller's own seat. When it answers, the move is stored. The counterpart's
/// answer comes as an event. A price beyond the own limit is refused to a person as a slip; a
/// program's key plays under the rules alone, which end such an episode as a budget violation.
#[utoipa::path(
    post, path = "/api/v1/episodes/{id}/moves", tag = "episodes",
    params(("id" = EpisodeId, Path)), request_body = MoveRequest,
    responses((status = 200, body = MoveAck), (status = "default", body = Problem))
)]
pub async fn play_move(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
    Body(request): Body<MoveRequest>,
) -> Answer<MoveAck> {
    actor.needs(Scope::Play)?;
    Ok(Json(state.souk.play(actor.caller, actor.guard(), id, request).await?))
}

/// Tells the other side that the caller is composing, or has stopped.
#[utoipa::path(
    post, path = "/api/v1/episodes/{id}/typing", tag = "episodes",
    params(("id" = EpisodeId, Path)), request_body = TypingRequest,
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn set_typing(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
    Body(request): Body<TypingRequest>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Play)?;
    state.souk.set_typing(actor.caller, id, request.typing).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Plays, pauses, steps or paces two negotiators.
#[utoipa::path(
    post, path = "/api/v1/episodes/{id}/pace", tag = "episodes",
    params(("id" = EpisodeId, Path)), request_body = PaceCommand,
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn set_pace(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
    Body(command): Body<PaceCommand>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Play)?;
    state.souk.set_pace(actor.caller, id, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Both limits, the surplus and the rewards, once the episode is over.
#[utoipa::path(
    get, path = "/api/v1/episodes/{id}/reveal", tag = "episodes", params(("id" = EpisodeId, Path)),
    responses((status = 200, body = Reveal), (status = "default", body = Problem))
)]
pub async fn show_reveal(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
) -> Answer<Reveal> {
    match state.souk.reveal(actor.caller, id).await? {
        Some(reveal) => Ok(Json(reveal)),
        None => Err(Fault(still_playing())),
    }
}

/// The same scenario again.
#[utoipa::path(
    post, path = "/api/v1/episodes/{id}/rematch", tag = "episodes",
    params(("id" = EpisodeId, Path)), request_body = RematchRequest,
    responses((status = 201, body = Started), (status = "default", body = Problem))
)]
pub async fn rematch(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
    Body(request): Body<RematchRequest>,
) -> Result<(StatusCode, Json<Started>), Fault> {
    actor.needs(Scope::Play)?;
    let id = state.souk.rematch(actor.caller, id, request.role, request.key).await?;
    Ok((StatusCode::CREATED, Json(Started { id })))
}

/// Goes on with an episode that the failure of the other side's negotiator ended: a new one that begins
/// with its moves, with a scripted negotiator on the failed seat.
#[utoipa::path(
    post, path = "/api/v1/episodes/{id}/stand-in", tag = "episodes",
    params(("id" = EpisodeId, Path)), request_body = StandInRequest,
    responses((status = 201, body = Started), (status = "default", body = Problem))
)]
pub async fn stand_in(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
    Body(request): Body<StandInRequest>,
) -> Result<(StatusCode, Json<Started>), Fault> {
    actor.needs(Scope::Play)?;
    let id = state.souk.stand_in(actor.caller, id, request.key).await?;
    Ok((StatusCode::CREATED, Json(Started { id })))
}

/// Everything that happened, for looking back. Over episodes only.
#[utoipa::path(
    get, path = "/api/v1/episodes/{id}/replay", tag = "episodes", params(("id" = EpisodeId, Path)),
    responses((status = 200, body = Replay), (status = "default", body = Problem))
)]
pub async fn replay(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
) -> Answer<Replay> {
    let row = state.souk.row(actor.caller, id).await?;
    if row.status != EpisodeStatus::Over {
        return Err(Fault(still_playing()));
    }
    let events = state.souk.events(id, 0, audience(&row, actor.caller)).await?;
    let reveal = state.souk.reveal(actor.caller, id).await?;
    Ok(Json(Replay { events, reveal }))
}

/// Ends a negotiation between two people whose other person has been silent for long.
#[utoipa::path(
    post, path = "/api/v1/episodes/{id}/end-abandoned", tag = "episodes",
    params(("id" = EpisodeId, Path)),
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn end_abandoned(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<EpisodeId>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Play)?;
    state.souk.end_abandoned(actor.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn still_playing() -> Problem {
    Problem::named(
        Code::Conflict,
        "still_playing",
        "This negotiation is not over yet, or its limits stay private.",
    )
}
