//! What the machinery around the server asks: is it alive, is it ready, how is it doing.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use wire::{Code, Problem};

use crate::backend::refusal;
use crate::edge::Fault;
use crate::state::AppState;
use crate::telemetry::figures;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

async fn ready(State(state): State<AppState>) -> Result<&'static str, Fault> {
    if state.leaving.is_cancelled() {
        return Err(Fault(Problem::new(Code::Unavailable, "This server is about to end.")));
    }
    state.souk.health.check()?;
    state.souk.store.ping().await.map_err(refusal)?;
    if !state.site.is_complete() {
        let detail = "The page's files are gone: run `cargo xtask serve`.";
        return Err(Fault(Problem::new(Code::Unavailable, detail)));
    }
    Ok("ready\n")
}

async fn metrics() -> impl IntoResponse {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], figures().render())
}
