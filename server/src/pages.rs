//! The pages and their server functions.

use std::sync::{Arc, OnceLock};

use app::backend::Backend;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use leptos::prelude::provide_context;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};

use wire::{Code, Problem};

use app::{App, Assets, FAVICON_SVG, shell};

use crate::auth::Actor;
use crate::edge::Fault;
use crate::state::AppState;

pub fn routes(state: &AppState) -> Router<AppState> {
    let assets = assets(state);
    let of_page = assets.clone();
    Router::new()
        .leptos_routes_with_context(state, listed(), provide_caller(state), move || {
            shell(of_page.clone())
        })
        .route("/fn/{*name}", any(unknown_function))
        .route("/favicon.svg", get(favicon))
        .fallback(not_found)
}

/// The pages' addresses. Listing them switches loading off for the whole process meanwhile, so it is
/// done once, before any page is rendered.
fn listed() -> Vec<AxumRouteListing> {
    static PAGES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    PAGES.get_or_init(|| generate_route_list(App)).clone()
}

/// Puts what pages and server functions ask into Leptos's context.
fn provide_caller(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let backend: Arc<dyn Backend> = state.souk.clone();
    move || {
        provide_context(backend.clone());
        let parts = leptos::prelude::use_context::<axum::http::request::Parts>();
        if let Some(actor) = parts.and_then(|parts| parts.extensions.get::<Actor>().cloned()) {
            provide_context(actor.caller);
        }
    }
}

fn assets(state: &AppState) -> Assets {
    let path = |file: &str| format!("/pkg/{file}");
    let manifest = &state.site.manifest;
    let chunk = |files: &Vec<String>| files.iter().map(|file| path(file)).collect();
    Assets {
        js: path(&manifest.js),
        loader: path(&manifest.loader),
        wasm: path(&manifest.wasm),
        css: path(&manifest.css),
        chunks: manifest.chunks.iter().map(|(name, files)| (name.clone(), chunk(files))).collect(),
    }
}

/// Server functions have routes of their own by now.
async fn unknown_function() -> Fault {
    Fault(Problem::new(Code::NotFound, "This page is older than the server: load it again."))
}

/// The page's own words for an address that leads nowhere.
async fn not_found(State(state): State<AppState>, request: Request<Body>) -> Response {
    let (context, assets) = (provide_caller(&state), assets(&state));
    let render = leptos_axum::render_app_async_with_context(context, move || shell(assets.clone()));
    let mut response = render(request).await.into_response();
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

async fn favicon() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, FAVICON_SVG)
}
