//! Ladders: kept, worked out in the background, shown.

mod compute;
mod pair;

use app::episode_query;
use store::{LadderRow, Store, StoreError};
use wire::{Ladder, LadderId, LadderPage, LadderStatus};

use crate::clock::beating;
use crate::eval::code_version;

pub use compute::compute;
pub use pair::pair;

/// Begins to work a ladder out, unless somebody does already, and does not wait for it.
pub async fn begin(store: &Store, id: LadderId) -> Result<(), StoreError> {
    if !store.ladder_begin(id).await? {
        return Ok(());
    }
    let store = store.clone();
    tokio::spawn(async move {
        let outcome = beating(work_out(&store, id), || store.ladder_beat(id)).await;
        let kept = match &outcome {
            Ok(ladder) => match serde_json::to_value(ladder) {
                Ok(value) => store.ladder_end(id, Ok(&value)).await,
                Err(why) => store.ladder_end(id, Err(&why.to_string())).await,
            },
            Err(why) => store.ladder_end(id, Err(why)).await,
        };
        if let Err(why) = kept {
            tracing::warn!(ladder = %id, %why, "what came of a ladder was not kept");
        }
    });
    Ok(())
}

/// # Errors
/// A sentence for people.
pub async fn work_out(store: &Store, id: LadderId) -> Result<Ladder, String> {
    let row = store.ladder_find(id).await.map_err(|why| why.to_string())?;
    let search = episode_query::parse(&row.conditions)?;
    let cells = store.ladder_cells(&search, None).await.map_err(|why| why.to_string())?;
    let ladder = tokio::task::spawn_blocking(move || compute(cells)).await;
    let ladder = ladder.map_err(|_| "the computation broke off".to_owned())?;
    Ok(Ladder { code_version: code_version(), ..ladder })
}

/// `whole`: for a researcher, who sees the conditions and what went wrong too.
pub fn page(row: LadderRow, whole: bool) -> Result<LadderPage, StoreError> {
    let result = row.result.map(serde_json::from_value).transpose();
    let result =
        result.map_err(|why| StoreError::Corrupt { what: "ladder", why: why.to_string() })?;
    Ok(LadderPage {
        id: row.id,
        title: row.title,
        conditions: if whole { row.conditions } else { String::new() },
        public: row.public,
        status: match (row.attended, &row.failure) {
            (true, _) => LadderStatus::Computing,
            (false, Some(_)) => LadderStatus::Failed,
            (false, None) => LadderStatus::Ready,
        },
        failure: row.failure.filter(|_| whole),
        created_ms: row.created_ms,
        computed_ms: row.computed_ms,
        result,
    })
}
