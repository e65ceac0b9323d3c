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
    /// Counts all episodes.
    pub async fn episode_counts(&self) -> Result<EpisodeCounts, StoreError> {
        // Unchecked, so that it needs no entry in the offline metadata: four counts, no arguments.
        let (total, live, deals, quits) = sqlx::query_as(
            "select count(*), count(*) filter (where status <> 'over'),
                 count(*) filter (where outcome_kind = 'deal'),
                 count(*) filter (where outcome_kind = 'quit')
             from episodes",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(EpisodeCounts { total, live, deals, quits })
    }
}
