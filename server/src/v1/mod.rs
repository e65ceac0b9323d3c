//! OpenAI's protocol under `/v1`, for outside programs that want this server's models: chats,
//! completions, the list of models.
//!
//! A program sends an API key with the scope `models`. What the protocol has and this server does not
//! is refused by name rather than passed over, where it would change the answer. Beyond the protocol
//! there are `top_k` and `grammar` (Lark, in llguidance's dialect).

mod ask;
mod chat;
mod completion;
mod models;
mod order;
mod refusal;
mod reply;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};

use crate::auth::{self, Actor, Scope, Via};
use crate::state::AppState;
use crate::taking::{MAX_PROMPT, take_in};
use refusal::{Refusal, in_openais_words};

pub fn routes(state: &AppState) -> Router<AppState> {
    models::note_start();
    Router::new()
        .route("/v1/models", get(models::list))
        .route("/v1/models/{model}", get(models::show))
        .route("/v1/chat/completions", post(chat::answer))
        .route("/v1/completions", post(completion::answer))
        .route("/v1", any(nothing_here))
        .route("/v1/{*rest}", any(nothing_here))
        .layer(DefaultBodyLimit::max(MAX_PROMPT))
        .layer(from_fn_with_state(state.clone(), take_in))
        .layer(from_fn(needs_scope))
        .layer(from_fn_with_state(state.clone(), auth::identify))
        .layer(from_fn(needs_key))
        .layer(from_fn(in_openais_words))
}

/// A request without a key is no visitor: it gets neither a cookie nor an answer.
async fn needs_key(request: Request, next: Next) -> Response {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scheme = header.and_then(|value| value.split_once(' ')).map(|(scheme, _)| scheme);
    if scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")) {
        next.run(request).await
    } else {
        Refusal::no_key().into_response()
    }
}

async fn needs_scope(request: Request, next: Next) -> Response {
    let actor = request.extensions().get::<Actor>();
    let allowed = actor.is_some_and(|actor| match &actor.via {
        Via::Key(scopes) => scopes.contains(&Scope::Models),
        Via::Browser | Via::Job(..) => false,
    });
    if allowed { next.run(request).await } else { Refusal::scope_missing().into_response() }
}

async fn nothing_here() -> Refusal {
    Refusal::unknown_address()
}
