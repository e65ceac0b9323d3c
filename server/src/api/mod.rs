//! The JSON API under `/api/v1`, described by OpenAPI 3.1.

mod docs;
mod episodes;
mod errors;
mod evaluation;
mod jobs;
mod keys;
mod market;
mod markets;
mod models;
mod read;
mod research;
mod sse;
mod training;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::any;
use serde::Serialize;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{Modify, OpenApi as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::state::AppState;
use crate::taking::MAX_CALL;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Souk",
        description = "Bargain over real products with private limits. Every amount of money is an \
            integer of mills (1/1000 dollar). Every error is `application/problem+json` with a stable \
            `code`; /api/errors lists them. Beside this API, /v1/models, /v1/chat/completions and \
            /v1/completions have this server's language models answer in OpenAI's protocol, as its own \
            reference describes it, to keys with the scope `models`; docs/ARCHITECTURE.md says where \
            they differ.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Security),
    components(schemas(
        wire::Problem,
        wire::ProductSort,
        wire::Ending,
        wire::EpisodeOrder,
        wire::RunId,
        wire::SuiteId,
        rules::Interest,
        crate::export::Format,
        wire::ClientFrame,
        wire::ServerFrame,
        rules::Event
    )),
    security((), ("key" = []), ("visitor" = [])),
    tags(
        (name = "market", description = "Products and who can be seated."),
        (name = "episodes", description = "Negotiations: start, join, play, follow, look back."),
        (name = "markets", description = "Markets of many buyers and stalls: opened, watched, joined."),
        (name = "models", description = "Language models: how they are, what they were asked."),
        (name = "research", description = "Episodes found, told in full, labelled and rated."),
        (name = "evaluation", description = "Suites, ladders, comparisons, counterfactuals."),
        (name = "training", description = "Training runs, their rollouts and checkpoints."),
        (name = "jobs", description = "For training jobs on a cluster, by the token of their run."),
        (name = "account", description = "Who you are, and keys of programs.")
    )
)]
struct Description;

/// What was made.
#[derive(Serialize, ToSchema)]
pub struct Created {
    id: Uuid,
}

struct Security;

impl Modify for Security {
    fn modify(&self, api: &mut OpenApi) {
        let components = api.components.get_or_insert_default();
        let key = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let visitor = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("souk_visitor")));
        components.add_security_scheme("key", key);
        components.add_security_scheme("visitor", visitor);
    }
}

/// Every refusal is `application/problem+json`, wherever it comes from; a handler's own description says only what
/// shape it has.
fn refusals(api: &mut OpenApi) {
    for path in api.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
        for operation in operations.into_iter().flatten() {
            let refused = operation.responses.responses.get_mut("default");
            let Some(RefOr::T(refused)) = refused else { continue };
            if let Some(problem) = refused.content.swap_remove("application/json") {
                refused.content.insert("application/problem+json".to_owned(), problem);
            }
        }
    }
}

/// The routes with their description.
fn described() -> (Router<AppState>, OpenApi) {
    let (routes, mut description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(market::list_products))
        .routes(routes!(market::show_product))
        .routes(routes!(market::show_picture))
        .routes(routes!(market::list_negotiators))
        .routes(routes!(market::list_personas))
        .routes(routes!(episodes::list_episodes, episodes::start_episode))
        .routes(routes!(episodes::show_episode))
        .routes(routes!(episodes::join_episode))
        .routes(routes!(episodes::play_move))
        .routes(routes!(episodes::set_typing))
        .routes(routes!(episodes::set_pace))
        .routes(routes!(episodes::show_reveal))
        .routes(routes!(episodes::rematch))
        .routes(routes!(episodes::stand_in))
        .routes(routes!(episodes::replay))
        .routes(routes!(episodes::end_abandoned))
        .routes(routes!(sse::follow_events))
        .routes(routes!(markets::open_market))
        .routes(routes!(markets::show_market))
        .routes(routes!(markets::feed_market))
        .routes(routes!(markets::show_thread))
        .routes(routes!(markets::show_books))
        .routes(routes!(markets::join_market))
        .routes(routes!(markets::show_market_seat))
        .routes(routes!(markets::act_in_market))
        .routes(routes!(markets::set_market_clock))
        .routes(routes!(models::list_models))
        .routes(routes!(models::load_model))
        .routes(routes!(models::unload_model))
        .routes(routes!(models::list_calls))
        .routes(routes!(research::find_episodes))
        .routes(routes!(research::export_episodes))
        .routes(routes!(research::show_dossier))
        .routes(routes!(research::add_tag, research::remove_tag))
        .routes(routes!(research::rate))
        .routes(routes!(research::rating_agreement))
        .routes(routes!(evaluation::list_plans))
        .routes(routes!(evaluation::estimate_suite))
        .routes(routes!(evaluation::list_suites, evaluation::start_suite))
        .routes(routes!(evaluation::show_suite))
        .routes(routes!(evaluation::command_suite))
        .routes(routes!(evaluation::compare))
        .routes(routes!(evaluation::list_ladders, evaluation::start_ladder))
        .routes(routes!(evaluation::show_ladder, evaluation::delete_ladder))
        .routes(routes!(evaluation::refresh_ladder))
        .routes(routes!(evaluation::publish_ladder))
        .routes(routes!(evaluation::start_counterfactual))
        .routes(routes!(evaluation::show_counterfactual))
        .routes(routes!(evaluation::resume_counterfactual))
        .routes(routes!(training::list_presets))
        .routes(routes!(training::list_runs, training::start_run))
        .routes(routes!(training::show_run))
        .routes(routes!(training::command_run))
        .routes(routes!(training::show_series))
        .routes(routes!(training::show_report))
        .routes(routes!(training::list_groups))
        .routes(routes!(training::list_rollouts))
        .routes(routes!(training::publish_checkpoint))
        .routes(routes!(training::show_log))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(jobs::show_job))
                .routes(routes!(jobs::show_base_file))
                .routes(routes!(jobs::tell))
                .routes(routes!(jobs::put_file))
                .layer(DefaultBodyLimit::max(jobs::MAX_LINES)),
        )
        .routes(routes!(keys::who_am_i))
        .routes(routes!(keys::list_keys, keys::create_key))
        .routes(routes!(keys::revoke_key))
        .split_for_parts();
    refusals(&mut description);
    (routes, description)
}

/// The description alone.
pub fn description() -> OpenApi {
    described().1
}

/// The pictures where the pages look for them.
pub use market::page_picture;
pub use read::{Body, InPath};

pub fn routes() -> Router<AppState> {
    let (routes, description) = described();
    routes
        .merge(docs::routes(&description))
        .route("/api/{*rest}", any(nothing_here))
        .layer(DefaultBodyLimit::max(MAX_CALL))
}

/// Otherwise the pages would answer with theirs.
async fn nothing_here() -> StatusCode {
    StatusCode::NOT_FOUND
}
