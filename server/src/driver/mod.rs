//! Plays the negotiators' moves: after each stored move, and for what an earlier process left.
//!
//! A scripted negotiator keeps nothing between moves, so it is built anew for each one from its name,
//! role, seed and persona. Its move carries a key made from the episode's state and is decided on the
//! state that it is stored behind: two processes that drive the same episode play one move. One that
//! takes its time decides first ([`think`]); its move is stored by the same key, if the board is still
//! the one that it saw.

mod decide;
mod sweep;
mod think;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use metrics::counter;
use policy::{Boundary, Fault};
use rules::Role;
use store::{EpisodeRow, Failing, PlayError, Played, Sitter, Store, StoreError};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use wire::EpisodeId;

use crate::live::{Beat, Hub};
use crate::roster::{Breakdown, Member, Roster};
use crate::telemetry::{AGENT_FAULTS, MOVES};
use decide::Halt;

/// How long a process that died keeps others from its watched episodes.
const LEASE: Duration = Duration::from_secs(6);
/// Of a script's message, whose length is not known before it is decided.
const SCRIPTED_CHARACTERS: usize = 60;
/// Pause before a driver asks a store again that was away.
const AWAY: Duration = Duration::from_millis(500);
/// Until an episode that could not be driven is tried again.
const LATER: Duration = Duration::from_secs(30);

/// Cheap to clone; one per process.
#[derive(Clone)]
pub struct Driver(Arc<Inner>);

struct Inner {
    store: Store,
    hub: Hub,
    roster: Roster,
    pauses: Pauses,
    /// This process, as the holder of leases.
    owner: Uuid,
    /// Episodes with a task.
    driven: Mutex<HashMap<EpisodeId, Arc<Watch>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// How long what takes.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// How long a scripted negotiator seems to compose before it answers a person.
    pub compose: Duration,
    /// How long a model goes on for somebody who has left.
    pub left_after: Duration,
    /// How long negotiators of studies seem to think and write.
    pub people: study::manner::Pace,
}

/// What an episode's task is told from outside.
#[derive(Default)]
struct Watch {
    /// Rings when the task is to look again.
    bell: Notify,
    /// When somebody was last seen who plays or follows.
    seen: Mutex<Option<Instant>>,
    /// The row behind a move that was just stored, for the next look.
    row: Mutex<Option<EpisodeRow>>,
    /// Whether this task took a lease that ends with it.
    leased: AtomicBool,
}

impl Watch {
    fn see(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn seen(&self) -> Option<Instant> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn row(&self) -> MutexGuard<'_, Option<EpisodeRow>> {
        self.row.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to be done after one look at an episode.
enum Next {
    LookAgain,
    /// The same, at this row.
    LookAt(Box<EpisodeRow>),
    /// No negotiator is to move, until somebody nudges.
    Rest,
}

impl Driver {
    pub fn new(
        store: Store,
        hub: Hub,
        roster: Roster,
        pauses: Pauses,
        stop: CancellationToken,
    ) -> Driver {
        Driver(Arc::new(Inner {
            store,
            hub,
            roster,
            pauses,
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
        self.wake(id, |_| {});
    }

    /// [`Driver::nudge`], and says that somebody is there: a model does not compose for nobody.
    pub fn attend(&self, id: EpisodeId) {
        self.wake(id, Watch::see);
    }

    /// [`Driver::attend`] behind a move of somebody who was shown `row`: a script needs no other look at the store to
    /// answer it.
    pub fn answer_move(&self, row: &EpisodeRow, played: &Played) {
        self.wake(row.id, |watch| {
            watch.see();
            *watch.row() = row.after(played);
        });
    }

    fn wake(&self, id: EpisodeId, tell: impl FnOnce(&Watch)) {
        match self.driven().entry(id) {
            Entry::Occupied(task) => {
                tell(task.get());
                task.get().bell.notify_one();
            }
            Entry::Vacant(slot) => {
                let watch = Arc::clone(slot.insert(Arc::default()));
                tell(&watch);
                self.0.tasks.spawn(self.clone().drive(id, watch));
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

    fn driven(&self) -> MutexGuard<'_, HashMap<EpisodeId, Arc<Watch>>> {
        // Nothing in here can be left half done.
        self.0.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn drive(self, id: EpisodeId, watch: Arc<Watch>) {
        let mut since = Instant::now();
        while !self.0.stop.is_cancelled() {
            match self.look(id, &watch, &mut since).await {
                Ok(Next::LookAgain) => {}
                Ok(Next::LookAt(row)) => *watch.row() = Some(*row),
                Ok(Next::Rest) => {
                    let mut driven = self.driven();
                    // Under the lock, so that no nudge falls between the last look and the end.
                    if watch.bell.notified().now_or_never().is_none() {
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
                    self.leave(id).await;
                    break;
                }
            }
        }
        self.driven().remove(&id);
    }

    /// Gives the lease of a person's negotiation back once it is the person's turn. Kept, it would be renewed as soon as the
    /// person has moved, and a move that came by another process would wait for this one, which nobody wakes.
    async fn let_go(&self, id: EpisodeId, watch: &Watch) -> Result<(), StoreError> {
        if watch.leased.load(Ordering::Relaxed) {
            self.0.store.episode_release(id, self.0.owner).await?;
            watch.leased.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Leaves an episode that nobody drives any more to the next look for such, here or elsewhere. A lease that this
    /// process kept would be renewed for as long as it lives.
    async fn leave(&self, id: EpisodeId) {
        if let Err(error) = self.0.store.episode_park(id, self.0.owner, LATER).await {
            tracing::debug!(episode = %id, %error, "it keeps its lease");
        }
    }

    async fn look(
        &self,
        id: EpisodeId,
        watch: &Watch,
        since: &mut Instant,
    ) -> Result<Next, StoreError> {
        let known = watch.row().take();
        // What else there is to a pace or a model is not in a move.
        let row = match known.filter(|row| self.is_for_scripts(row)) {
            Some(row) => row,
            None => self.0.store.episode_find(id).await?,
        };
        let Some(role) = row.acting_negotiators().map(|(role, _)| role).next() else {
            self.let_go(id, watch).await?;
            return Ok(Next::Rest);
        };
        if row.is_held() {
            return Ok(Next::Rest);
        }
        if row.pace.is_some() && !self.0.store.episode_claim(id, self.0.owner, LEASE).await? {
            // Another process has it; the sweep comes back when that one is gone.
            return Ok(Next::Rest);
        }
        let Sitter::Negotiator { name, .. } = row.seats.get(role) else { return Ok(Next::Rest) };
        let member = self.0.roster.find(&name.0).filter(|member| member.plays(role));
        let compose = match &member {
            // It takes its own time.
            Some(Member::Thinker(_)) => Duration::ZERO,
            // A study's participant shall not tell by its speed what sits across.
            _ if row.study.is_some() => self.as_people_do(&row, SCRIPTED_CHARACTERS),
            Some(Member::Script(_)) | None => self.0.pauses.compose,
        };
        let wait = pause_before(&row, compose).saturating_sub(since.elapsed());
        if !wait.is_zero() {
            self.typing(id, role, true);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // Look again: the pace may have changed. What was waited already counts.
                () = watch.bell.notified() => return Ok(Next::LookAgain),
                () = self.0.stop.cancelled() => return Ok(Next::Rest),
            }
        }
        let next = match member {
            Some(Member::Script(entry)) => self.play(&row, role, entry).await?,
            Some(Member::Thinker(thinker)) => self.think(&row, role, &*thinker, watch).await?,
            None => {
                let detail = format!("`{name}` is not known here");
                let fault = Fault::new(Boundary::Policy, detail);
                let code = "negotiator_unknown".to_owned();
                self.give_up(id, role, &Breakdown { code, fault }).await?;
                Next::LookAgain
            }
        };
        self.typing(id, role, false);
        *since = Instant::now();
        Ok(next)
    }

    /// Whether only scripts and people sit there, who take turns as fast as they like.
    fn is_for_scripts(&self, row: &EpisodeRow) -> bool {
        let is_thinker = |role| match row.seats.get(role) {
            Sitter::Negotiator { name, .. } => {
                !matches!(self.0.roster.find(&name.0), Some(Member::Script(_)))
            }
            Sitter::Person { .. } | Sitter::Open => false,
        };
        row.pace.is_none() && !Role::BOTH.into_iter().any(is_thinker)
    }

    /// Has a script move, within the statement that stores its move.
    async fn play(
        &self,
        row: &EpisodeRow,
        role: Role,
        entry: &policy::Entry,
    ) -> Result<Next, StoreError> {
        let key = decide::key(row);
        let played = self
            .0
            .store
            .episode_play(row.id, role, Some(key), |episode, now| {
                decide::events(entry, role, row.moves, episode, now)
            })
            .await;
        match played {
            Ok(played) => {
                counter!(MOVES, "by" => "negotiator").increment(1);
                let after = row.after(&played);
                self.tell(row.id, played);
                if let Some(row) = after {
                    return Ok(Next::LookAt(Box::new(row)));
                }
            }
            // Somebody else moved in between: look again.
            Err(PlayError::Refused(Halt::Stale) | PlayError::NotBegun) => {}
            Err(PlayError::Refused(Halt::Fault(broken))) => {
                self.give_up(row.id, role, &broken).await?;
            }
            Err(PlayError::Store(error)) => return Err(error),
        }
        Ok(Next::LookAgain)
    }

    /// A failure of the machinery ends the episode unscored; it is not the player's.
    async fn give_up(
        &self,
        id: EpisodeId,
        role: Role,
        broken: &Breakdown,
    ) -> Result<(), StoreError> {
        let Breakdown { code, fault } = broken;
        tracing::error!(episode = %id, role = role.name(), code, %fault, "a negotiator failed");
        counter!(AGENT_FAULTS, "boundary" => fault.boundary.to_string()).increment(1);
        match self.0.store.episode_fail(id, &Failing { role, code: code.clone() }).await {
            Ok(played) => {
                self.tell(id, played);
                Ok(())
            }
            Err(PlayError::Store(error)) => Err(error),
            Err(PlayError::Refused(_) | PlayError::NotBegun) => Ok(()),
        }
    }

    /// The time that a person would take for the next message, so long: the same in every process.
    fn as_people_do(&self, row: &EpisodeRow, characters: usize) -> Duration {
        let mut draw = study::chance::Draw::new(&[row.scenario.seed, u64::from(row.moves)]);
        let delay = self.0.pauses.people.delay_ms(&mut draw, characters);
        Duration::from_millis(u64::from(delay))
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
