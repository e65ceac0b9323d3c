//! `GET /v1/models`.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::{Path, State};
use engine::Registry;
use serde_json::{Value, json};

use super::ask;
use super::refusal::Refusal;
use super::reply::now_s;
use crate::state::AppState;

/// When this program began to serve its models; the protocol wants a time for each.
static STARTED_S: LazyLock<u64> = LazyLock::new(now_s);

pub fn note_start() {
    LazyLock::force(&STARTED_S);
}

pub async fn list(State(state): State<AppState>) -> Json<Value> {
    let names = ask::registry(&state).map(Registry::names).unwrap_or_default();
    let models: Vec<Value> = names.iter().map(|name| model(name)).collect();
    Json(json!({ "object": "list", "data": models }))
}

pub async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    ask::model(&state, &name)?;
    Ok(Json(model(&name)))
}

fn model(name: &str) -> Value {
    json!({ "id": name, "object": "model", "created": *STARTED_S, "owned_by": "souk" })
}
