//! Who did what, beside playing.

use wire::{UserId, VisitorId};

use crate::connection::Store;
use crate::error::StoreError;

/// One act of administration.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    pub user: Option<UserId>,
    pub visitor: Option<VisitorId>,
    /// `noun.verb`, e.g. `api_key.create`.
    pub action: String,
    /// The id of what was acted on.
    pub subject: String,
    /// Further facts; no secrets.
    pub detail: serde_json::Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    pub id: i64,
    pub at_ms: i64,
    pub entry: AuditEntry,
}

impl Store {
    pub async fn audit_add(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into audit (user_id, visitor_id, action, subject, detail)
             values ($1, $2, $3, $4, $5)",
            entry.user.map(|user| user.0),
            entry.visitor.map(|visitor| visitor.0),
            entry.action,
            entry.subject,
            entry.detail
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Newest first, before an id where one is given.
    pub async fn audit_list(
        &self,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let rows = sqlx::query!(
            "select id, at, user_id, visitor_id, action, subject, detail from audit
             where $1::bigint is null or id < $1 order by id desc limit $2",
            before,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| AuditRow {
                id: row.id,
                at_ms: row.at.timestamp_millis(),
                entry: AuditEntry {
                    user: row.user_id.map(UserId),
                    visitor: row.visitor_id.map(VisitorId),
                    action: row.action,
                    subject: row.subject,
                    detail: row.detail,
                },
            })
            .collect())
    }
}
