//! Who you are, and keys of programs.

use app::backend::{ApiKeyInfo, Backend};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use wire::{Problem, VisitorId};

use super::read::{Body, InPath};
use crate::auth::{Actor, Scope, Via};
use crate::backend::KeyOrder;
use crate::edge::{Answer, Fault};
use crate::state::AppState;

/// Who the server takes you for.
#[derive(Serialize, ToSchema)]
pub struct WhoAmI {
    /// As whom you sit at a table.
    pub visitor: VisitorId,
    /// The researcher's address, where one is signed in or the key may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub researcher: Option<String>,
    /// The key's scopes; absent for a browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
}

/// A key without its secret.
#[derive(Serialize, ToSchema)]
pub struct Key {
    pub id: Uuid,
    pub label: String,
    /// The first characters.
    pub prefix: String,
    pub created_ms: i64,
    pub last_used_ms: Option<i64>,
}

/// A key with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct FreshKey {
    pub key: Key,
    pub secret: String,
}

impl From<ApiKeyInfo> for Key {
    fn from(info: ApiKeyInfo) -> Key {
        let ApiKeyInfo { id, label, prefix, created_ms, last_used_ms } = info;
        Key { id, label, prefix, created_ms, last_used_ms }
    }
}

/// Who you are to this server.
#[utoipa::path(
    get, path = "/api/v1/whoami", tag = "account",
    responses((status = 200, body = WhoAmI), (status = "default", body = Problem))
)]
pub async fn who_am_i(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<WhoAmI> {
    let account = state.souk.account(actor.caller).await?;
    let scopes = match actor.via {
        Via::Key(scopes) => Some(scopes),
        Via::Job(..) => Some(vec![Scope::Play]),
        Via::Browser => None,
    };
    let researcher = account.map(|account| account.email);
    Ok(Json(WhoAmI { visitor: actor.caller.visitor, researcher, scopes }))
}

/// Your keys, newest first. Researchers, and keys with the scope `admin`.
#[utoipa::path(
    get, path = "/api/v1/keys", tag = "account",
    responses((status = 200, body = Vec<Key>), (status = "default", body = Problem))
)]
pub async fn list_keys(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Answer<Vec<Key>> {
    actor.needs(Scope::Admin)?;
    let keys = state.souk.api_keys(actor.caller).await?;
    Ok(Json(keys.into_iter().map(Key::from).collect()))
}

/// A new key. Its secret is shown in this answer alone.
#[utoipa::path(
    post, path = "/api/v1/keys", tag = "account", request_body = KeyOrder,
    responses((status = 201, body = FreshKey), (status = "default", body = Problem))
)]
pub async fn create_key(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Body(order): Body<KeyOrder>,
) -> Result<(StatusCode, Json<FreshKey>), Fault> {
    actor.needs(Scope::Admin)?;
    let made = state.souk.new_key(actor.caller, order).await?;
    let fresh = FreshKey { key: made.info.into(), secret: made.secret };
    Ok((StatusCode::CREATED, Json(fresh)))
}

/// Revokes a key, now and for good.
#[utoipa::path(
    delete, path = "/api/v1/keys/{id}", tag = "account", params(("id" = Uuid, Path)),
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn revoke_key(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(id): InPath<Uuid>,
) -> Result<StatusCode, Fault> {
    actor.needs(Scope::Admin)?;
    state.souk.revoke_api_key(actor.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
