//! Pages of markets: the list with the form that opens one, and one market.

use std::fmt::Write;
use std::sync::LazyLock;

use app::bazaar::{Frame, ListPage, MarketPage, Offered, SCRIPT, STYLES, Written, list, market};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Form, Router};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::{IdempotencyKey, MarketId, NewMarketRequest, Problem};

use super::{Opening, POPULATIONS, agents, bundled};
use crate::api::InPath;
use crate::auth::Actor;
use crate::backend::refusal;
use crate::clock::now_ms;
use crate::edge::Fault;
use crate::state::AppState;

/// Markets that the list shows.
const LISTED: i64 = 60;

/// Paths change with the content, so that browsers keep the files for good.
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| versioned("/markets/souk.js", SCRIPT));
static STYLES_PATH: LazyLock<String> = LazyLock::new(|| versioned("/markets/bazaar.css", STYLES));

fn versioned(path: &str, content: &str) -> String {
    let mut path = format!("{path}?v=");
    for byte in &Sha256::digest(content.as_bytes())[..8] {
        let _ = write!(path, "{byte:02x}");
    }
    path
}

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/markets", get(show_list).post(open))
        .route("/markets/souk.js", get(|| file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/markets/bazaar.css", get(|| file("text/css; charset=utf-8", STYLES)))
        .route("/markets/{id}", get(show))
}

#[derive(Deserialize)]
struct OpenForm {
    key: Uuid,
    #[serde(default)]
    population: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    seed: String,
    #[serde(default)]
    pace: String,
    #[serde(default)]
    file: String,
}

async fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let kept = "public, max-age=31536000, immutable";
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], content)
}

async fn show_list(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    the_list(&state, &actor, &headers, None).await
}

async fn the_list(
    state: &AppState,
    actor: &Actor,
    headers: &HeaderMap,
    refused: Option<(Problem, Written)>,
) -> Result<Response, Fault> {
    let status = refused.as_ref().map(|(problem, _)| problem.status);
    let page = ListPage {
        markets: state.souk.store.markets_list(LISTED).await.map_err(refusal)?,
        now_ms: now_ms(),
        populations: offered(actor.caller.researcher.is_some()),
        refused: refused.map(|(problem, written)| (problem.detail, written)),
        key: Uuid::new_v4().to_string(),
    };
    let frame = frame(state, actor, headers);
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    Ok(document(&frame, status.unwrap_or(StatusCode::OK), list(&page, &frame)))
}

/// Those that are small enough to be opened here.
fn offered(researcher: bool) -> Vec<Offered> {
    let most = if researcher { super::open::MOST_AGENTS.1 } else { super::open::MOST_AGENTS.0 };
    let fits =
        |name: &str| bundled(name).and_then(Result::ok).is_some_and(|one| agents(&one) <= most);
    let told = |text: &str| {
        let first = text.lines().next().unwrap_or_default().trim_start_matches('#').trim();
        first.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
    };
    let fitting = POPULATIONS.iter().filter(|(name, _)| fits(name));
    fitting.map(|(name, text)| Offered { name, summary: told(text) }).collect()
}

async fn open(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    Form(form): Form<OpenForm>,
) -> Result<Response, Fault> {
    let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let new = NewMarketRequest {
        key: IdempotencyKey(form.key),
        population: filled(&form.population),
        file: filled(&form.file),
        title: filled(&form.title),
        seed: form.seed.trim().parse().ok(),
        pace_ms: form.pace.trim().parse().ok(),
    };
    let by = Opening { visitor: actor.caller.visitor, user: actor.caller.researcher };
    match state.souk.halls.open(by, new).await {
        Ok(id) => Ok(Redirect::to(&format!("/markets/{id}")).into_response()),
        Err(problem) => {
            let OpenForm { population, title, seed, pace, file, .. } = form;
            let written = Written { population, seed, pace, title, file };
            the_list(&state, &actor, &headers, Some((problem, written))).await
        }
    }
}

async fn show(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    InPath(id): InPath<MarketId>,
) -> Result<Response, Fault> {
    let souk = &state.souk;
    let row = souk.store.market_clock(id).await.map_err(refusal)?;
    let scene = souk.halls.scene(id).await?;
    let sits = souk.halls.sits(id, actor.caller.visitor).await?;
    let creator = souk.halls.creator(id).await?;
    let people = |negotiator: &str| negotiator == policy::market::PERSON;
    let buyers = scene.buyers.iter().filter(|one| people(&one.negotiator)).count();
    let stalls = scene.stalls.iter().filter(|one| people(&one.negotiator)).count();
    let page = MarketPage {
        scene,
        status: row.status,
        pace_ms: row.pace_ms,
        sits,
        keeps_clock: row.pace_ms.is_some()
            && (creator == actor.caller.visitor || actor.caller.researcher.is_some()),
        seats: if row.pace_ms.is_some() { (buyers, stalls) } else { (0, 0) },
    };
    let frame = frame(&state, &actor, &headers);
    Ok(document(&frame, StatusCode::OK, market(&page, &frame)))
}

fn frame(state: &AppState, actor: &Actor, headers: &HeaderMap) -> Frame {
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok());
    Frame {
        css: format!("/pkg/{}", state.site.manifest.css),
        own_css: STYLES_PATH.clone(),
        script: SCRIPT_PATH.clone(),
        nonce: Uuid::new_v4().simple().to_string(),
        theme: cookies.and_then(app::theme_of).map(str::to_owned),
        researcher: actor.caller.researcher.is_some(),
    }
}

fn document(frame: &Frame, status: StatusCode, html: String) -> Response {
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&app::content_security_policy(&frame.nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
