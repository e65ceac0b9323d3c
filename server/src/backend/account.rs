//! Researchers' accounts and keys.

use std::time::Duration;

use app::backend::{Account, ApiKeyInfo, Caller, EpisodeCounts, NewApiKey};
use serde::Deserialize;
use serde_json::json;
use store::{ApiKeyId, ApiKeyRow, AuditEntry};
use utoipa::ToSchema;
use uuid::Uuid;
use wire::{Code, Problem, UserId};

use super::{Souk, refusal};
use crate::auth::Scope;

const LONGEST_LABEL: usize = 80;

/// A key to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct KeyOrder {
    /// What the key is for, 1 to 80 characters.
    pub label: String,
    /// What it may do. Default: `play` and `read`.
    #[serde(default = "usual_scopes")]
    pub scopes: Vec<Scope>,
    /// Days until it expires. Default: until revoked.
    #[serde(default)]
    pub days: Option<u32>,
}

fn usual_scopes() -> Vec<Scope> {
    vec![Scope::Play, Scope::Read]
}

impl Souk {
    pub(crate) async fn own_account(&self, caller: Caller) -> Result<Option<Account>, Problem> {
        let Some(user) = caller.researcher else { return Ok(None) };
        self.health.check()?;
        let row = self.store.user_find(user).await.map_err(refusal)?;
        Ok(row.map(|row| Account { email: row.name, has_password: row.password_hash.is_some() }))
    }

    pub(crate) async fn counts(&self, caller: Caller) -> Result<EpisodeCounts, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let counts = self.store.episode_counts().await.map_err(refusal)?;
        Ok(EpisodeCounts {
            total: counts.total,
            live: counts.live,
            deals: counts.deals,
            walked_away: counts.quits,
            other: counts.total - counts.live - counts.deals - counts.quits,
        })
    }

    pub(crate) async fn keys(&self, caller: Caller) -> Result<Vec<ApiKeyInfo>, Problem> {
        let user = researcher(caller)?;
        self.health.check()?;
        let rows = self.store.api_key_list(user).await.map_err(refusal)?;
        Ok(rows.into_iter().filter(|row| row.revoked_ms.is_none()).map(info).collect())
    }

    pub(crate) async fn new_key(
        &self,
        caller: Caller,
        order: KeyOrder,
    ) -> Result<NewApiKey, Problem> {
        let user = researcher(caller)?;
        self.health.check()?;
        let label = order.label.trim().to_owned();
        if label.is_empty() || label.chars().count() > LONGEST_LABEL {
            return Err(Problem::named(
                Code::Unprocessable,
                "label_length",
                "Give the key a label of 1 to 80 characters, so that you know it again.",
            ));
        }
        let new = store::NewApiKey {
            user,
            label: label.clone(),
            scopes: order.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
            ttl: order.days.map(|days| Duration::from_secs(u64::from(days) * 24 * 3600)),
        };
        let (id, secret) = self.store.api_key_create(&new).await.map_err(refusal)?;
        let facts = json!({ "label": label, "scopes": new.scopes });
        self.note(caller, "api_key.create", id, facts).await;
        let listed = self.store.api_key_list(user).await.map_err(refusal)?;
        let row = listed.into_iter().find(|row| row.id == id).ok_or_else(|| {
            Problem::new(Code::Internal, "The key was made but cannot be shown. Revoke it.")
        })?;
        Ok(NewApiKey { info: info(row), secret: secret.reveal().to_owned() })
    }

    pub(crate) async fn revoke_key(&self, caller: Caller, id: Uuid) -> Result<(), Problem> {
        let user = researcher(caller)?;
        self.health.check()?;
        self.store.api_key_revoke(user, ApiKeyId(id)).await.map_err(refusal)?;
        self.note(caller, "api_key.revoke", id, json!({})).await;
        Ok(())
    }

    /// Notes an act of administration. The act is done: where the note fails, it is logged.
    pub(crate) async fn note(
        &self,
        caller: Caller,
        action: &str,
        subject: impl ToString,
        detail: serde_json::Value,
    ) {
        let entry = AuditEntry {
            user: caller.researcher,
            visitor: Some(caller.visitor),
            action: action.to_owned(),
            subject: subject.to_string(),
            detail,
        };
        if let Err(error) = self.store.audit_add(&entry).await {
            tracing::error!(%error, action, "an act of administration is not in the audit");
        }
    }
}

pub(super) fn researcher(caller: Caller) -> Result<UserId, Problem> {
    caller.researcher.ok_or_else(|| {
        Problem::new(Code::Unauthorized, "Sign in as a researcher first, at /sign-in.")
    })
}

fn info(row: ApiKeyRow) -> ApiKeyInfo {
    ApiKeyInfo {
        id: row.id.0,
        label: row.label,
        prefix: row.prefix,
        created_ms: row.created_ms,
        last_used_ms: row.last_used_ms,
    }
}
