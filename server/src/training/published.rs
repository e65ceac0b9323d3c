//! Published checkpoints take their seats in every process, also in those that ran before.

use std::path::Path;
use std::time::Duration;

use store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::roster::Roster;

/// Between two looks for what others published.
const LOOK: Duration = Duration::from_secs(10);

/// Seats the published checkpoints that the roster does not know. One that cannot play is told in the log.
pub async fn seat(store: &Store, roster: &Roster, data: &Path) -> Result<(), StoreError> {
    for row in store.checkpoint_list(None).await? {
        let name = row.card.published.as_ref().map(|name| name.0.as_str());
        if name.is_none_or(|name| roster.find(name).is_some()) {
            continue;
        }
        if let Err(error) = roster.publish(data, &row) {
            tracing::warn!(name, error = format!("{error:#}"), "a checkpoint cannot play");
        }
    }
    Ok(())
}

/// Looks again and again.
pub async fn watch(
    store: Store,
    roster: Roster,
    data: std::path::PathBuf,
    stop: CancellationToken,
) {
    let mut every = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = seat(&store, &roster, &data).await {
            tracing::debug!(%error, "published checkpoints cannot be read");
        }
    }
}
