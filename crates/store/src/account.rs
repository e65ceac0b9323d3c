//! Visitors, researchers, their sessions and sign-in links.

use std::time::Duration;

use chrono::Utc;
use uuid::Uuid;
use wire::{UserId, VisitorId};

use crate::connection::Store;
use crate::error::StoreError;
use crate::secret::{Secret, hashed};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    pub name: String,
    /// An argon2 PHC string. `None`: signs in by link only.
    pub password_hash: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    pub id: UserId,
    pub name: String,
    pub password_hash: Option<String>,
    pub created_ms: i64,
    pub disabled_ms: Option<i64>,
}

/// A signed-in browser's session that has not expired, of a user who is not disabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub user: UserId,
    pub user_name: String,
    pub expires_ms: i64,
}

impl Store {
    /// Notes that a visitor is here, for the first time or again.
    pub async fn visitor_touch(&self, visitor: VisitorId) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into visitors (id) values ($1)
             on conflict (id) do update set last_seen_at = now()
             where visitors.last_seen_at < now() - interval '1 minute'",
            visitor.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// # Errors
    /// Constraints `user_name_unique` (whatever the case) and `user_name_not_empty`.
    pub async fn user_create(&self, new: &NewUser) -> Result<UserId, StoreError> {
        let id = Uuid::now_v7();
        sqlx::query!(
            "insert into users (id, name, password_hash) values ($1, $2, $3)",
            id,
            new.name,
            new.password_hash
        )
        .execute(&self.pool)
        .await?;
        Ok(UserId(id))
    }

    pub async fn user_find(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        let row = sqlx::query!(
            "select id, name, password_hash, created_at, disabled_at from users where id = $1",
            id.0
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| UserRow {
            id: UserId(row.id),
            name: row.name,
            password_hash: row.password_hash,
            created_ms: row.created_at.timestamp_millis(),
            disabled_ms: row.disabled_at.map(|at| at.timestamp_millis()),
        }))
    }

    /// By name, whatever its case.
    pub async fn user_find_by_name(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        let id = sqlx::query_scalar!("select id from users where lower(name) = lower($1)", name)
            .fetch_optional(&self.pool)
            .await?;
        match id {
            Some(id) => self.user_find(UserId(id)).await,
            None => Ok(None),
        }
    }

    /// How many users there are, and how many of them have a password: what the first run and a
    /// public bind ask.
    pub async fn user_count(&self) -> Result<(i64, i64), StoreError> {
        let row = sqlx::query!(
            r#"select count(*) as "users!", count(password_hash) as "with_password!"
             from users where disabled_at is null"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok((row.users, row.with_password))
    }

    /// Sets a password and signs all browsers of that user out.
    pub async fn user_set_password(
        &self,
        id: UserId,
        password_hash: &str,
    ) -> Result<(), StoreError> {
        let updated = sqlx::query_scalar!(
            r#"with gone as (delete from sessions where user_id = $1),
                  changed as (update users set password_hash = $2 where id = $1 returning id)
             select count(*) as "changed!" from changed"#,
            id.0,
            password_hash
        )
        .fetch_one(&self.pool)
        .await?;
        if updated == 1 { Ok(()) } else { Err(StoreError::NotFound("user")) }
    }

    /// Signs a browser in; the secret goes into its cookie.
    pub async fn session_create(&self, user: UserId, ttl: Duration) -> Result<Secret, StoreError> {
        let secret = Secret::fresh("");
        sqlx::query!(
            "insert into sessions (token_hash, user_id, expires_at) values ($1, $2, $3)",
            hashed(secret.reveal()),
            user.0,
            Utc::now() + ttl
        )
        .execute(&self.pool)
        .await?;
        Ok(secret)
    }

    pub async fn session_find(&self, token: &str) -> Result<Option<SessionRow>, StoreError> {
        let row = sqlx::query!(
            "select s.user_id, u.name, s.expires_at
             from sessions s join users u on u.id = s.user_id
             where s.token_hash = $1 and s.expires_at > now() and u.disabled_at is null",
            hashed(token)
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| SessionRow {
            user: UserId(row.user_id),
            user_name: row.name,
            expires_ms: row.expires_at.timestamp_millis(),
        }))
    }

    /// Signs a browser out.
    pub async fn session_delete(&self, token: &str) -> Result<(), StoreError> {
        sqlx::query!("delete from sessions where token_hash = $1", hashed(token))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Removes expired sessions and links; answers with the number of sessions.
    pub async fn sessions_expire(&self) -> Result<u64, StoreError> {
        sqlx::query!("delete from login_links where expires_at < now()")
            .execute(&self.pool)
            .await?;
        let gone = sqlx::query!("delete from sessions where expires_at < now()")
            .execute(&self.pool)
            .await?;
        Ok(gone.rows_affected())
    }

    /// A link that signs its user in once.
    pub async fn login_link_create(
        &self,
        user: UserId,
        ttl: Duration,
    ) -> Result<Secret, StoreError> {
        let secret = Secret::fresh("");
        sqlx::query!(
            "insert into login_links (token_hash, user_id, expires_at) values ($1, $2, $3)",
            hashed(secret.reveal()),
            user.0,
            Utc::now() + ttl
        )
        .execute(&self.pool)
        .await?;
        Ok(secret)
    }

    /// The user of a link, the first time and before it expires.
    pub async fn login_link_consume(&self, token: &str) -> Result<Option<UserId>, StoreError> {
        let user = sqlx::query_scalar!(
            "update login_links set consumed_at = now()
             where token_hash = $1 and consumed_at is null and expires_at > now()
             returning user_id",
            hashed(token)
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(user.map(UserId))
    }
}
