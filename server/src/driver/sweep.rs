//! What comes by the clock: episodes that an ended process left, deadlines, leases, old sessions.

use std::time::Duration;

use metrics::gauge;
use store::{PlayError, StoreError, within};
use tokio::time::{MissedTickBehavior, interval};

use super::{Driver, LEASE};
use crate::telemetry::OPEN_EPISODES;

/// Between two looks at the deadlines of open negotiations.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two looks for what was left behind, well within a lease.
const RECOVER_EVERY: u64 = 2;
/// Ticks between two clearings of expired sessions.
const EXPIRE_EVERY: u64 = 3600;
/// Ticks between two countings of the episodes, which read the whole table.
const COUNT_EVERY: u64 = 30;
/// For one sweep. The leases of what is driven here run out meanwhile, and others go on.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many left episodes one look takes on.
const AT_ONCE: i64 = 256;

impl Driver {
    /// Runs until the server stops.
    pub async fn sweep(self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut recovered = false;
        for tick in 0_u64.. {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.0.stop.cancelled() => return,
            }
            let result = within(PATIENCE, self.sweep_once(tick, &mut recovered)).await;
            if let Err(error) = result {
                // The store's health is told elsewhere; what was not done is done later.
                tracing::debug!(%error, "a sweep was cut short");
            }
        }
    }

    async fn sweep_once(&self, tick: u64, recovered: &mut bool) -> Result<(), StoreError> {
        if !*recovered {
            self.recover().await?;
            *recovered = true;
        }
        self.end_past_deadline().await?;
        if tick.is_multiple_of(RECOVER_EVERY) {
            self.0.store.leases_renew(self.0.owner, LEASE).await?;
            let left = self.0.store.episodes_claim_awaiting(self.0.owner, LEASE, AT_ONCE).await?;
            left.into_iter().for_each(|id| self.nudge(id));
        }
        if tick.is_multiple_of(COUNT_EVERY) {
            gauge!(OPEN_EPISODES).set(self.0.store.episode_counts().await?.live as f64);
        }
        if tick.is_multiple_of(EXPIRE_EVERY) {
            self.0.store.sessions_expire().await?;
        }
        Ok(())
    }

    /// Everything that waits for a negotiator, at start: a process that was killed may have left it
    /// a moment ago.
    async fn recover(&self) -> Result<(), StoreError> {
        let waiting = self.0.store.episodes_awaiting_agent().await?;
        if !waiting.is_empty() {
            tracing::info!(episodes = waiting.len(), "going on where an earlier process stopped");
        }
        waiting.into_iter().for_each(|id| self.nudge(id));
        Ok(())
    }

    async fn end_past_deadline(&self) -> Result<(), StoreError> {
        for id in self.0.store.episodes_past_deadline().await? {
            match self.0.store.episode_tick(id).await {
                Ok(played) => self.tell(id, played),
                Err(PlayError::Store(error)) => return Err(error),
                Err(PlayError::Refused(never)) => match never {},
                Err(PlayError::NotBegun) => {}
            }
        }
        Ok(())
    }
}
