//! Products and who can be seated.

use app::backend::Backend;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use wire::{NegotiatorCard, Problem, ProductDetail, ProductId, ProductPage, ProductQuery};

use super::read::{InPath, InQuery};
use crate::backend::PersonaCard;
use crate::edge::{Answer, Fault};
use crate::state::AppState;

/// A page of the market.
#[utoipa::path(
    get, path = "/api/v1/products", tag = "market", params(ProductQuery),
    responses((status = 200, body = ProductPage), (status = "default", body = Problem))
)]
pub async fn list_products(
    State(state): State<AppState>,
    InQuery(query): InQuery<ProductQuery>,
) -> Answer<ProductPage> {
    Ok(Json(state.souk.products(query).await?))
}

/// One product. Its private limits are not part of it.
#[utoipa::path(
    get, path = "/api/v1/products/{id}", tag = "market", params(("id" = String, Path)),
    responses((status = 200, body = ProductDetail), (status = "default", body = Problem))
)]
pub async fn show_product(
    State(state): State<AppState>,
    InPath(id): InPath<String>,
) -> Answer<ProductDetail> {
    Ok(Json(state.souk.product(&ProductId(id)).await?))
}

/// A product's picture.
#[utoipa::path(
    get, path = "/api/v1/products/{id}/picture", tag = "market", params(("id" = String, Path)),
    responses(
        (status = 200, body = String, content_type = "image/svg+xml"),
        (status = "default", body = Problem)
    )
)]
pub async fn show_picture(
    State(state): State<AppState>,
    InPath(id): InPath<String>,
) -> Result<Response, Fault> {
    picture(&state, ProductId(id)).await
}

/// The picture where the pages look for it: `/pictures/{id}.svg`.
pub async fn page_picture(
    State(state): State<AppState>,
    InPath(file): InPath<String>,
) -> Result<Response, Fault> {
    let id = file.strip_suffix(".svg").unwrap_or(&file).to_owned();
    picture(&state, ProductId(id)).await
}

async fn picture(state: &AppState, id: ProductId) -> Result<Response, Fault> {
    let svg = state.souk.picture(&id).await?;
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
        // Opened by itself, a picture runs nothing either; its own styles are part of it.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ];
    Ok((headers, svg).into_response())
}

/// Everybody who can be seated, besides you.
#[utoipa::path(
    get, path = "/api/v1/negotiators", tag = "market",
    responses((status = 200, body = Vec<NegotiatorCard>), (status = "default", body = Problem))
)]
pub async fn list_negotiators(State(state): State<AppState>) -> Answer<Vec<NegotiatorCard>> {
    Ok(Json(state.souk.negotiators().await?))
}

/// Ways of speaking that a seller can be given.
#[utoipa::path(
    get, path = "/api/v1/personas", tag = "market",
    responses((status = 200, body = Vec<PersonaCard>), (status = "default", body = Problem))
)]
pub async fn list_personas() -> Json<Vec<PersonaCard>> {
    Json(PersonaCard::all())
}
