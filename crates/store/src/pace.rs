//! How fast two negotiators are watched.

use wire::{EpisodeId, Pace, PaceCommand};

use crate::connection::Store;
use crate::episode::pace_ms;
use crate::error::StoreError;

impl Store {
    /// Changes the pace and tells everybody that the head changed. `Step` pauses and grants one
    /// move; `Play` takes back what was granted.
    ///
    /// # Errors
    /// Constraint `episode_pace_in_range`; `NotFound` also where no pace was set at the start.
    pub async fn pace_set(&self, id: EpisodeId, command: PaceCommand) -> Result<Pace, StoreError> {
        let interval_ms = match command {
            PaceCommand::Speed { interval_ms } => Some(pace_ms(interval_ms)),
            _ => None,
        };
        let paused = match command {
            PaceCommand::Play => Some(false),
            PaceCommand::Pause | PaceCommand::Step => Some(true),
            PaceCommand::Speed { .. } => None,
        };
        let row = sqlx::query!(
            r#"with episode as (
                 update episodes set pace_ms = coalesce($2, pace_ms), paused = coalesce($3, paused),
                     steps_granted = case when $4 then steps_granted + 1
                                          when $3 is null then steps_granted else 0 end
                 where id = $1 and pace_ms is not null
                 returning id, pace_ms, paused
             )
             select pace_ms as "pace_ms!", paused, pg_notify('souk_heads', id::text) from episode"#,
            id.0,
            interval_ms,
            paused,
            command == PaceCommand::Step,
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or(StoreError::NotFound("watched negotiation"))?;
        Ok(Pace { interval_ms: row.pace_ms.cast_unsigned(), paused: row.paused })
    }
}
