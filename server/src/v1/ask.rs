//! From a settled request to the engine's answer.

use axum::response::{IntoResponse, Response};
use engine::{Definition, Generation, Registry, Request};

use super::refusal::Refusal;
use super::reply::{Head, stream, whole};
use crate::auth::Actor;
use crate::state::AppState;

/// The registry, where this server has models.
pub fn registry(state: &AppState) -> Option<&Registry> {
    state.souk.roster.models().registry()
}

/// A model of this server.
pub fn model<'a>(state: &'a AppState, name: &str) -> Result<(&'a Registry, Definition), Refusal> {
    let registry = registry(state).ok_or_else(|| Refusal::unknown_model(name))?;
    let definition = registry.definition(name).ok_or_else(|| Refusal::unknown_model(name))?;
    Ok((registry, definition))
}

/// Answers. A client that goes away drops this, or the stream that it gives, and the model stops.
pub async fn answer(
    state: &AppState,
    actor: &Actor,
    registry: &Registry,
    head: Head,
    request: Request,
) -> Result<Response, Refusal> {
    let refused = |error| Refusal::of_engine(&error, actor);
    let generation: Generation = registry.generate(&head.model, request).await.map_err(refused)?;
    if head.is_stream {
        return Ok(stream(head, generation, actor.clone(), state.stop.clone()).into_response());
    }
    let words = generation.words();
    let completion = generation.finish().await.map_err(refused)?;
    Ok(whole(&head, &completion, &words).into_response())
}
