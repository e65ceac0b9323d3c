//! How many episodes there are.

use crate::connection::Store;
use crate::error::StoreError;

/// Episodes by status and ending; what is in none of the parts ended otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EpisodeCounts {
    pub total: i64,
    /// Waiting for a person, or being played.
    pub live: i64,
    pub deals: i64,
    pub quits: i64,
}

impl Store {
    /// Counts all episodes but rollouts.
    pub async fn episode_counts(&self) -> Result<EpisodeCounts, StoreError> {
        Ok(sqlx::query_as!(
            EpisodeCounts,
            // By the index over endings alone: without one it is not over.
            r#"select count(*) as "total!", count(*) filter (where outcome_kind is null) as "live!",
                 count(*) filter (where outcome_kind = 'deal') as "deals!",
                 count(*) filter (where outcome_kind = 'quit') as "quits!"
             from episodes where training_run_id is null and market_id is null"#
        )
        .fetch_one(&self.pool)
        .await?)
    }
}
