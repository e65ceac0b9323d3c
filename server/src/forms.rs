//! What forms of the researchers' pages post. They work without scripts: each is answered by the page again,
//! with 303.

use app::backend::Backend;
use axum::extract::{Path, State};
use axum::response::Redirect;
use axum::routing::post;
use axum::{Extension, Form, Router};
use serde::Deserialize;
use wire::{EpisodeId, Problem, Rating};

use crate::auth::Actor;
use crate::edge::Fault;
use crate::state::AppState;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/research/episodes/{id}/tags", post(tag))
        .route("/research/episodes/{id}/ratings", post(rate))
}

#[derive(Deserialize)]
struct Tagging {
    tag: String,
    /// Takes the label away.
    #[serde(default)]
    away: bool,
}

async fn tag(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<EpisodeId>,
    Form(form): Form<Tagging>,
) -> Result<Redirect, Fault> {
    back(id, state.souk.tag_episode(actor.caller, id, &form.tag, !form.away).await)
}

#[derive(Deserialize)]
struct Opinion {
    scale: String,
    /// Empty takes the own rating away.
    score: String,
    #[serde(default)]
    note: String,
}

async fn rate(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<EpisodeId>,
    Form(Opinion { scale, score, note }): Form<Opinion>,
) -> Result<Redirect, Fault> {
    let done = if score.is_empty() {
        state.souk.unrate_episode(actor.caller, id, &scale).await
    } else {
        // What is no number is out of range.
        let score = score.parse().unwrap_or(0);
        let rating = Rating { scale, score, note, rater: String::new(), own: true };
        state.souk.rate_episode(actor.caller, id, rating).await
    };
    back(id, done)
}

/// Says what was wrong with the words of a form on its page, and leaves other problems to the edge.
fn back(id: EpisodeId, done: Result<(), Problem>) -> Result<Redirect, Fault> {
    let page = format!("/research/episodes/{id}");
    match done {
        Ok(()) => Ok(Redirect::to(&format!("{page}#notes"))),
        Err(problem) if problem.status == 422 => {
            Ok(Redirect::to(&format!("{page}?problem={}#notes", problem.code)))
        }
        Err(problem) => Err(Fault(problem)),
    }
}
