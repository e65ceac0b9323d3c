//! Keys of programs.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::{UserId, VisitorId};

use crate::connection::Store;
use crate::error::StoreError;
use crate::secret::{Secret, hashed};

/// What a key begins with, so that a leaked one is recognised.
const PREFIX: &str = "souk_";
/// Characters of a key that its list shows.
const SHOWN: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiKeyId(pub Uuid);

impl fmt::Display for ApiKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    pub user: UserId,
    pub label: String,
    /// What the key may do; the server gives the names their meaning.
    pub scopes: Vec<String>,
    /// `None`: until revoked.
    pub ttl: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRow {
    pub id: ApiKeyId,
    pub user: UserId,
    pub label: String,
    /// The key's first characters.
    pub prefix: String,
    pub scopes: Vec<String>,
    /// As whom the program sits at a table.
    pub visitor: VisitorId,
    pub created_ms: i64,
    pub last_used_ms: Option<i64>,
    pub expires_ms: Option<i64>,
    pub revoked_ms: Option<i64>,
}

struct Columns {
    id: Uuid,
    user_id: Uuid,
    label: String,
    prefix: String,
    scopes: Vec<String>,
    visitor_id: Uuid,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl From<Columns> for ApiKeyRow {
    fn from(row: Columns) -> ApiKeyRow {
        let ms = |at: DateTime<Utc>| at.timestamp_millis();
        ApiKeyRow {
            id: ApiKeyId(row.id),
            user: UserId(row.user_id),
            label: row.label,
            prefix: row.prefix,
            scopes: row.scopes,
            visitor: VisitorId(row.visitor_id),
            created_ms: ms(row.created_at),
            last_used_ms: row.last_used_at.map(ms),
            expires_ms: row.expires_at.map(ms),
            revoked_ms: row.revoked_at.map(ms),
        }
    }
}

impl Store {
    /// A new key; the secret is shown now and never again.
    ///
    /// # Errors
    /// Constraints `api_key_label_not_empty` and `api_key_user_exists`.
    pub async fn api_key_create(&self, new: &NewApiKey) -> Result<(ApiKeyId, Secret), StoreError> {
        let (id, secret) = (Uuid::now_v7(), Secret::fresh(PREFIX));
        sqlx::query!(
            "with visitor as (insert into visitors (id) values ($7))
             insert into api_keys
                 (id, user_id, label, key_hash, prefix, scopes, visitor_id, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            id,
            new.user.0,
            new.label,
            hashed(secret.reveal()),
            secret.reveal().get(..SHOWN),
            &new.scopes,
            Uuid::now_v7(),
            new.ttl.map(|ttl| Utc::now() + ttl),
        )
        .execute(&self.pool)
        .await?;
        Ok((ApiKeyId(id), secret))
    }

    /// The key that is neither revoked nor expired, of a user who is not disabled; notes its use.
    pub async fn api_key_find(&self, key: &str) -> Result<Option<ApiKeyRow>, StoreError> {
        let row = sqlx::query_as!(
            Columns,
            "with used as (
                 update api_keys set last_used_at = now()
                 where key_hash = $1
                     and (last_used_at is null or last_used_at < now() - interval '1 minute')
             )
             select k.id, k.user_id, k.label, k.prefix, k.scopes, k.visitor_id, k.created_at,
                 k.last_used_at, k.expires_at, k.revoked_at
             from api_keys k join users u on u.id = k.user_id
             where k.key_hash = $1 and k.revoked_at is null
                 and (k.expires_at is null or k.expires_at > now()) and u.disabled_at is null",
            hashed(key)
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(ApiKeyRow::from))
    }

    /// A user's keys, newest first, with the revoked ones.
    pub async fn api_key_list(&self, user: UserId) -> Result<Vec<ApiKeyRow>, StoreError> {
        let rows = sqlx::query_as!(
            Columns,
            "select id, user_id, label, prefix, scopes, visitor_id, created_at, last_used_at,
                 expires_at, revoked_at
             from api_keys where user_id = $1 order by id desc",
            user.0
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(ApiKeyRow::from).collect())
    }

    /// Revokes a user's own key, now and for good.
    pub async fn api_key_revoke(&self, user: UserId, id: ApiKeyId) -> Result<(), StoreError> {
        let revoked = sqlx::query!(
            "update api_keys set revoked_at = coalesce(revoked_at, now())
             where id = $1 and user_id = $2",
            id.0,
            user.0
        )
        .execute(&self.pool)
        .await?;
        if revoked.rows_affected() == 1 { Ok(()) } else { Err(StoreError::NotFound("API key")) }
    }
}
