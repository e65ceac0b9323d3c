//! All routes, and what every request goes through.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::state::AppState;
use crate::{
    api, auth, edge, environment, forms, live, markets, pages, probes, studies, taking, telemetry,
};

/// From the inside out: how bodies are taken in, who asks, whether another site made it ask, problems in one shape,
/// compression, headers, id and log.
pub fn router(state: AppState) -> Router {
    let asked = Router::new()
        .merge(pages::routes(&state))
        .merge(api::routes())
        .merge(auth::routes())
        .merge(forms::routes())
        .merge(studies::routes())
        .merge(markets::routes())
        .merge(environment::routes())
        .route("/live", get(live::live))
        .route("/pictures/{file}", get(api::page_picture))
        .layer(from_fn_with_state(state.clone(), taking::take_in))
        .layer(from_fn_with_state(state.clone(), auth::identify))
        .layer(from_fn_with_state(state.clone(), auth::same_site));
    #[cfg(feature = "engine")]
    let asked = asked.merge(crate::v1::routes(&state));
    let compressed = SizeAbove::new(512)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::GRPC);
    asked
        .merge(probes::routes())
        .layer(CatchPanicLayer::new())
        .layer(from_fn(edge::tell_problems))
        .layer(CompressionLayer::new().compress_when(compressed))
        // Compressed already, and the same for everybody.
        .merge(state.site.routes())
        .layer(from_fn_with_state(state.clone(), auth::harden))
        .layer(from_fn(telemetry::observe))
        .with_state(state)
}
