//! Markets of many: opened, watched, joined.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wire::{
    Code, MarketActRequest, MarketBooks, MarketClockRequest, MarketFeed, MarketId,
    MarketJoinRequest, MarketScene, MarketSeatView, MarketThread, NewMarketRequest, Problem,
};

use super::read::{Body, InPath, InQuery};
use crate::auth::{Actor, Scope};
use crate::edge::{Answer, Fault};
use crate::markets::Opening;
use crate::state::AppState;

/// A market that was opened.
#[derive(Serialize, ToSchema)]
pub struct OpenedMarket {
    pub id: MarketId,
}

#[derive(Deserialize, IntoParams)]
pub struct FeedQuery {
    /// Number of the last event that the caller knows; 0 at first.
    #[serde(default)]
    after: i64,
}

/// Opens a market. Repeated with the same key it answers with the same one. Files of one's own are for researchers.
#[utoipa::path(
    post, path = "/api/v1/markets", tag = "markets", request_body = NewMarketRequest,
    responses((status = 201, body = OpenedMarket), (status = "default", body = Problem))
)]
pub async fn open_market(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Body(new): Body<NewMarketRequest>,
) -> Result<(StatusCode, Json<OpenedMarket>), Fault> {
    actor.needs(Scope::Play)?;
    let by = Opening { visitor: actor.caller.visitor, user: actor.caller.researcher };
    let id = state.souk.halls.open(by, new).await?;
    Ok((StatusCode::CREATED, Json(OpenedMarket { id })))
}

/// What never changes of a market.
#[utoipa::path(
    get, path = "/api/v1/markets/{id}", tag = "markets", params(("id" = MarketId, Path)),
    responses((status = 200, body = MarketScene), (status = "default", body = Problem))
)]
pub async fn show_market(
    State(state): State<AppState>,
    InPath(id): InPath<MarketId>,
) -> Answer<MarketScene> {
    Ok(Json(state.souk.halls.scene(id).await?))
}

/// What happened after an event, as everybody may see it. Ask again with its `seq`.
#[utoipa::path(
    get, path = "/api/v1/markets/{id}/feed", tag = "markets",
    params(("id" = MarketId, Path), FeedQuery),
    responses((status = 200, body = MarketFeed), (status = "default", body = Problem))
)]
pub async fn feed_market(
    State(state): State<AppState>,
    InPath(id): InPath<MarketId>,
    InQuery(query): InQuery<FeedQuery>,
) -> Answer<MarketFeed> {
    Ok(Json(state.souk.halls.feed(id, query.after).await?))
}

/// One talk, with its words.
#[utoipa::path(
    get, path = "/api/v1/markets/{id}/talks/{talk}", tag = "markets",
    params(("id" = MarketId, Path), ("talk" = usize, Path)),
    responses((status = 200, body = MarketThread), (status = "default", body = Problem))
)]
pub async fn show_thread(
    State(state): State<AppState>,
    InPath((id, talk)): InPath<(MarketId, usize)>,
) -> Answer<MarketThread> {
    Ok(Json(state.souk.halls.thread(id, talk).await?))
}

/// Costs, values, and what was gained: for everybody once the market is over, for researchers who do not sit in it at
/// any time.
#[utoipa::path(
    get, path = "/api/v1/markets/{id}/books", tag = "markets", params(("id" = MarketId, Path)),
    responses((status = 200, body = MarketBooks), (status = "default", body = Problem))
)]
pub async fn show_books(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<MarketId>,
) -> Answer<MarketBooks> {
    let (is_over, books) = state.souk.halls.books(id).await?;
    let sits = state.souk.halls.sits(id, actor.caller.visitor).await?;
    if is_over || (actor.caller.researcher.is_some() && !sits) {
        return Ok(Json(books));
    }
    let detail = "Costs and values are told once the market is over.";
    Err(Fault(Problem::named(Code::Forbidden, "market_books_closed", detail)))
}

/// Takes a seat: a buyer's, or a stall. Who sits in the market already keeps the seat.
#[utoipa::path(
    post, path = "/api/v1/markets/{id}/join", tag = "markets", params(("id" = MarketId, Path)),
    request_body = MarketJoinRequest,
    responses((status = 200, body = MarketSeatView), (status = "default", body = Problem))
)]
pub async fn join_market(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<MarketId>,
    Body(request): Body<MarketJoinRequest>,
) -> Answer<MarketSeatView> {
    actor.needs(Scope::Play)?;
    let visitor = actor.caller.visitor;
    state.souk.halls.join(id, visitor, request.key, request.role).await?;
    seen(&state, id, &actor).await
}

/// The market from the caller's own seat, with what only that seat may know.
#[utoipa::path(
    get, path = "/api/v1/markets/{id}/seat", tag = "markets", params(("id" = MarketId, Path)),
    responses((status = 200, body = MarketSeatView), (status = "default", body = Problem))
)]
pub async fn show_market_seat(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<MarketId>,
) -> Answer<MarketSeatView> {
    seen(&state, id, &actor).await
}

/// Does something on the caller's own seat. When it answers, that is stored; sent again with the same key, it happens once.
#[utoipa::path(
    post, path = "/api/v1/markets/{id}/acts", tag = "markets", params(("id" = MarketId, Path)),
    request_body = MarketActRequest,
    responses((status = 200, body = Option<MarketSeatView>, description = "Null once the caller has left."), (status = "default", body = Problem))
)]
pub async fn act_in_market(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<MarketId>,
    Body(request): Body<MarketActRequest>,
) -> Result<(StatusCode, Json<Option<MarketSeatView>>), Fault> {
    actor.needs(Scope::Play)?;
    let (halls, visitor) = (&state.souk.halls, actor.caller.visitor);
    halls.person_acts(id, visitor, request.key, &request.act).await?;
    Ok((StatusCode::OK, Json(halls.seat(id, visitor).await?)))
}

/// Sets a market's clock: for who opened it, and for researchers.
#[utoipa::path(
    post, path = "/api/v1/markets/{id}/clock", tag = "markets", params(("id" = MarketId, Path)),
    request_body = MarketClockRequest,
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn set_market_clock(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<MarketId>,
    Body(request): Body<MarketClockRequest>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Play)?;
    state.souk.set_market_clock(actor.caller, id, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn seen(state: &AppState, id: MarketId, actor: &Actor) -> Answer<MarketSeatView> {
    let seat = state.souk.halls.seat(id, actor.caller.visitor).await?;
    let absent = || {
        let detail = "You do not sit in this market: join it first.";
        Fault(Problem::named(Code::Forbidden, "market_not_joined", detail))
    };
    seat.map(Json).ok_or_else(absent)
}
