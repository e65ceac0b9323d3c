//! The same by HTTP: one environment for each caller, and what it is.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::PartialSchema;
use wire::{EnvAction, EnvError, EnvObservation, EnvReset, EnvState};

use super::session::{Session, full, not_begun};
use crate::api::Body;
use crate::auth::{Actor, Scope};
use crate::edge::Fault;
use crate::state::AppState;

/// OpenEnv's clients wrap the action.
#[derive(Deserialize)]
pub struct Step {
    action: EnvAction,
}

pub async fn reset(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Body(asked): Body<EnvReset>,
) -> Result<Response, Fault> {
    actor.needs(Scope::Play)?;
    let caller = actor.caller.visitor.0;
    let known = state.environments.of(caller);
    let session = match known {
        Some(session) => session,
        None => {
            let Some(place) = state.environments.place(&actor.via) else {
                return Ok(refused(&full()));
            };
            let session = Session::new(Arc::clone(&state.souk), &actor, place);
            state.environments.keep(caller, session)
        }
    };
    let told = session.lock().await.reset(asked).await;
    Ok(told.map_or_else(|error| refused(&error), |result| Json(result).into_response()))
}

pub async fn step(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Body(step): Body<Step>,
) -> Result<Response, Fault> {
    actor.needs(Scope::Play)?;
    let Some(session) = state.environments.of(actor.caller.visitor.0) else {
        return Ok(refused(&not_begun()));
    };
    let told = session.lock().await.step(step.action).await;
    Ok(told.map_or_else(|error| refused(&error), |result| Json(result).into_response()))
}

pub async fn state(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Json<EnvState> {
    let nothing = EnvState { episode_id: None, step_count: 0 };
    match state.environments.of(actor.caller.visitor.0) {
        Some(session) => Json(session.lock().await.state()),
        None => Json(nothing),
    }
}

pub async fn health() -> Json<Value> {
    Json(json!({ "status": "healthy" }))
}

pub async fn metadata() -> Json<Value> {
    Json(json!({
        "name": "souk",
        "description": "One seat of a negotiation over a product, with a private limit.",
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

/// JSON schemas of what goes in and out.
pub async fn schema() -> Json<Value> {
    Json(json!({
        "action": EnvAction::schema(),
        "observation": EnvObservation::schema(),
        "state": EnvState::schema(),
    }))
}

fn refused(error: &EnvError) -> Response {
    let status = match error.code.as_str() {
        "CAPACITY_REACHED" => StatusCode::SERVICE_UNAVAILABLE,
        "EXECUTION_ERROR" => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Json(json!({ "detail": error.message, "code": error.code }))).into_response()
}
