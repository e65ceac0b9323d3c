//! Plays the negotiators' moves: after each stored move, and for what an earlier process left.
//!
//! A negotiator keeps nothing between moves, so it is built anew for each one from its name, role,
//! seed and persona. Its move carries a key made from the episode's state and is decided on the
//! state that it is stored behind: two processes that drive the same episode play one move.

mod decide;
mod sweep;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use metrics::counter;
use rules::{Ending, Role};
use store::{EpisodeRow, PlayError, Played, Sitter, Store, StoreError};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use wire::EpisodeId;

use crate::live::{Beat, Hub};
use crate::telemetry::{AGENT_FAULTS, MOVES};
use decide::Halt;

/// How long a process that died keeps others from its watched episodes.
const LEASE: Duration = Duration::from_secs(15);
/// Pause before a driver asks a store again that was away.
const AWAY: Duration = Duration::from_millis(500);

/// Cheap to clone; one per process.
#[derive(Clone)]
pub struct Driver(Arc<Inner>);

struct Inner {
    store: Store,
    hub: Hub,
    /// How long a negotiator seems to compose before it answers a person.
    compose: Duration,
    /// This process, as the holder of leases.
    owner: Uuid,
    /// Episodes with a task; the bell tells the task to look again.
    driven: Mutex<HashMap<EpisodeId, Arc<Notify>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// What is to be done after one look at an episode.
enum Next {
    LookAgain,
    /// No negotiator is to move, until somebody nudges.
    Rest,
}

impl Driver {
    pub fn new(store: Store, hub: Hub, compose: Duration, stop: CancellationToken) -> Driver {
        Driver(Arc::new(Inner {
            store,
            hub,
            compose,
            owner: Uuid::new_v4(),
            driven: Mutex::default(),
            tasks: TaskTracker::new(),
            stop,
        }))
    }

    /// Looks whether a negotiator is to move: call it when an episode began or went on, or when its
    /// pace changed. Any number of episodes are driven at once, each by a task of its own while a
    /// negotiator is to move.
    pub fn nudge(&self, id: EpisodeId) {
        match self.driven().entry(id) {
            Entry::Occupied(task) => task.get().notify_one(),
            Entry::Vacant(slot) => {
                let bell = Arc::clone(slot.insert(Arc::default()));
                self.0.tasks.spawn(self.clone().drive(id, bell));
            }
        }
    }

    /// Waits for moves under way, and lets other processes have the rest.
    pub async fn finish(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
        if let Err(error) = self.0.store.leases_release(self.0.owner).await {
            tracing::debug!(%error, "leases run out by themselves");
        }
    }

    fn driven(&self) -> MutexGuard<'_, HashMap<EpisodeId, Arc<Notify>>> {
        // Nothing in here can be left half done.
        self.0.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn drive(self, id: EpisodeId, bell: Arc<Notify>) {
        let mut since = Instant::now();
        while !self.0.stop.is_cancelled() {
            match self.look(id, &bell, &mut since).await {
                Ok(Next::LookAgain) => {}
                Ok(Next::Rest) => {
                    let mut driven = self.driven();
                    // Under the lock, so that no nudge falls between the last look and the end.
                    if bell.notified().now_or_never().is_none() {
                        driven.remove(&id);
                        return;
                    }
                }
                Err(error) if error.is_away() => {
                    tokio::select! {
                        () = tokio::time::sleep(AWAY) => {}
                        () = self.0.stop.cancelled() => {}
                    }
                }
                Err(error) => {
                    tracing::error!(episode = %id, %error, "an episode cannot be driven");
                    break;
                }
            }
        }
        self.driven().remove(&id);
    }

    async fn look(
        &self,
        id: EpisodeId,
        bell: &Notify,
        since: &mut Instant,
    ) -> Result<Next, StoreError> {
        let row = self.0.store.episode_find(id).await?;
        let Some(role) = row.acting_negotiators().map(|(role, _)| role).next() else {
            return Ok(Next::Rest);
        };
        if row.is_held() {
            return Ok(Next::Rest);
        }
        if row.pace.is_some() && !self.0.store.episode_claim(id, self.0.owner, LEASE).await? {
            // Another process has it; the sweep comes back when that one is gone.
            return Ok(Next::Rest);
        }
        let wait = pause_before(&row, self.0.compose).saturating_sub(since.elapsed());
        if !wait.is_zero() {
            self.typing(id, role, true);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // Look again: the pace may have changed. What was waited already counts.
                () = bell.notified() => return Ok(Next::LookAgain),
                () = self.0.stop.cancelled() => return Ok(Next::Rest),
            }
        }
        self.play(&row, role).await?;
        self.typing(id, role, false);
        *since = Instant::now();
        Ok(Next::LookAgain)
    }

    async fn play(&self, row: &EpisodeRow, role: Role) -> Result<(), StoreError> {
        let Sitter::Negotiator { name, .. } = row.seats.get(role) else { return Ok(()) };
        let key = decide::key(row);
        let played = self
            .0
            .store
            .episode_play(row.id, role, Some(key), |episode, now| {
                decide::events(&name.0, role, row.moves, episode, now)
            })
            .await;
        match played {
            Ok(played) => {
                counter!(MOVES, "by" => "negotiator").increment(1);
                self.tell(row.id, played);
                Ok(())
            }
            // Somebody else moved in between: look again.
            Err(PlayError::Refused(Halt::Stale) | PlayError::NotBegun) => Ok(()),
            Err(PlayError::Refused(Halt::Fault(fault))) => self.give_up(row.id, &fault).await,
            Err(PlayError::Store(error)) => Err(error),
        }
    }

    /// A failure of the machinery ends the episode unscored; it is not the player's.
    async fn give_up(&self, id: EpisodeId, fault: &policy::Fault) -> Result<(), StoreError> {
        tracing::error!(episode = %id, %fault, "a negotiator failed");
        counter!(AGENT_FAULTS, "boundary" => fault.boundary.to_string()).increment(1);
        match self.0.store.episode_conclude(id, Ending::EngineFailure).await {
            Ok(played) => {
                self.tell(id, played);
                Ok(())
            }
            Err(PlayError::Store(error)) => Err(error),
            Err(PlayError::Refused(_) | PlayError::NotBegun) => Ok(()),
        }
    }

    fn tell(&self, id: EpisodeId, played: Played) {
        self.0.hub.beat(id, Beat::Stored(played.envelopes.into()));
    }

    fn typing(&self, id: EpisodeId, role: Role, typing: bool) {
        self.0.hub.beat(id, Beat::Typing { role, typing });
    }
}

/// How long a negotiator waits after the last move.
fn pause_before(row: &EpisodeRow, compose: Duration) -> Duration {
    match row.pace {
        Some(_) if row.steps_granted > 0 => Duration::ZERO,
        Some(pace) => Duration::from_millis(u64::from(pace.interval_ms)),
        None => compose,
    }
}
