//! One model's place in the registry.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::pace::Pace;
use super::status::{Stage, State, Status};
use super::{Changes, millis};
use crate::definition::Definition;
use crate::error::EngineError;
use crate::model::{Lane, Loaded};

/// What waits for a load sees: nothing yet, then how it came out.
pub type Outcome = Option<Result<(), EngineError>>;

/// A model, whatever its state.
pub struct Slot {
    pub definition: Definition,
    pub pace: Arc<Pace>,
    changes: Changes,
    phase: Mutex<Phase>,
    /// Bytes that count against the budget.
    memory: AtomicU64,
    queued: AtomicUsize,
    in_flight: AtomicUsize,
    requests: AtomicU64,
    longest_wait_ms: AtomicU64,
    last_load_ms: AtomicU64,
}

/// Where a model is in its life.
pub enum Phase {
    Absent,
    Loading { since: Instant, stage: Stage, done: watch::Receiver<Outcome> },
    Ready { engine: Arc<Engine>, loaded_ms: u64 },
    Failed { error: EngineError, at: Instant },
}

/// A loaded model with its line of requests.
pub struct Engine {
    pub model: Loaded,
    line: Arc<Semaphore>,
    /// The lanes by index, once for each of their slots that is free.
    free: Mutex<Vec<usize>>,
    users: AtomicUsize,
    used: Mutex<Instant>,
    drill: Arc<AtomicBool>,
}

impl Engine {
    pub fn new(model: Loaded) -> Engine {
        let lanes = model.lanes.iter().enumerate();
        let free: Vec<usize> =
            lanes.flat_map(|(index, lane)| std::iter::repeat_n(index, lane.slots)).collect();
        Engine {
            line: Arc::new(Semaphore::new(free.len())),
            free: Mutex::new(free),
            users: AtomicUsize::new(0),
            used: Mutex::new(Instant::now()),
            drill: Arc::default(),
            model,
        }
    }

    pub fn is_idle(&self) -> bool {
        self.users.load(Ordering::Acquire) == 0
    }

    pub fn last_used(&self) -> Instant {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn free(&self) -> MutexGuard<'_, Vec<usize>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

impl Slot {
    pub fn new(definition: Definition, changes: Changes) -> Slot {
        Slot {
            definition,
            pace: Arc::default(),
            changes,
            phase: Mutex::new(Phase::Absent),
            memory: AtomicU64::new(0),
            queued: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            longest_wait_ms: AtomicU64::new(0),
            last_load_ms: AtomicU64::new(0),
        }
    }

    pub fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn memory(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }

    pub fn set_memory(&self, bytes: u64) {
        self.memory.store(bytes, Ordering::Relaxed);
    }

    pub fn set_stage(&self, to: Stage) {
        if let Phase::Loading { stage, .. } = &mut *self.phase() {
            *stage = to;
        }
        self.changes.tell();
    }

    /// The end of a load.
    pub fn settle(&self, outcome: Result<Loaded, EngineError>) -> Result<(), EngineError> {
        let mut phase = self.phase();
        let since = match &*phase {
            Phase::Loading { since, .. } => *since,
            _ => Instant::now(),
        };
        let result = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
        *phase = match outcome {
            Ok(model) => {
                let loaded_ms = millis(since.elapsed());
                self.last_load_ms.store(loaded_ms.max(1), Ordering::Relaxed);
                Phase::Ready { engine: Arc::new(Engine::new(model)), loaded_ms }
            }
            Err(error) => {
                self.set_memory(0);
                tracing::warn!(model = self.definition.name, %error, "a model was not loaded");
                Phase::Failed { error, at: Instant::now() }
            }
        };
        drop(phase);
        self.changes.tell();
        result
    }

    /// Gives the memory back, where the phase allows it.
    pub fn clear(&self, allowed: impl FnOnce(&Phase) -> bool) -> bool {
        let mut phase = self.phase();
        if !allowed(&phase) {
            return false;
        }
        let old = std::mem::replace(&mut *phase, Phase::Absent);
        self.set_memory(0);
        drop(phase);
        drop(old);
        self.changes.tell();
        true
    }

    /// Marks this engine's model as failed, unless another engine has taken its place. Where it was
    /// unloaded, that is the reason.
    pub fn fail(&self, of: &Arc<Engine>, detail: &str) -> EngineError {
        let name = self.definition.name.clone();
        let mut phase = self.phase();
        match &*phase {
            Phase::Ready { engine, .. } if Arc::ptr_eq(engine, of) => {
                let error = EngineError::Died { name, detail: detail.to_owned() };
                tracing::error!(model = self.definition.name, detail, "a model's engine ended");
                *phase = Phase::Failed { error: error.clone(), at: Instant::now() };
                self.set_memory(0);
                drop(phase);
                self.changes.tell();
                error
            }
            Phase::Failed { error: error @ EngineError::Died { .. }, .. } => error.clone(),
            _ => EngineError::Gone { name },
        }
    }

    pub fn status(&self) -> Status {
        let (state, context) = match &*self.phase() {
            Phase::Absent => (State::Absent, None),
            Phase::Loading { since, stage, .. } => {
                let expected = self.last_load_ms.load(Ordering::Relaxed);
                let state = State::Loading {
                    stage: *stage,
                    elapsed_ms: millis(since.elapsed()),
                    expected_ms: (expected > 0).then_some(expected),
                };
                (state, None)
            }
            Phase::Ready { engine, .. } if engine.model.is_dead() => {
                let name = self.definition.name.clone();
                let error = EngineError::Died { name, detail: "its engine ended".to_owned() };
                let state = State::Failed { code: error.code(), sentence: error.to_string() };
                (state, None)
            }
            Phase::Ready { engine, loaded_ms } => {
                (State::Ready { loaded_ms: *loaded_ms }, Some(engine.model.context))
            }
            Phase::Failed { error, .. } => {
                let state = State::Failed { code: error.code(), sentence: error.to_string() };
                (state, None)
            }
        };
        Status {
            name: self.definition.name.clone(),
            title: self.definition.shown().to_owned(),
            state,
            memory_bytes: self.memory(),
            tokens_per_second: self.pace.per_second(),
            queued: self.queued.load(Ordering::Relaxed),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            requests: self.requests.load(Ordering::Relaxed),
            tokens: self.pace.total(),
            longest_wait_ms: self.longest_wait_ms.load(Ordering::Relaxed),
            context,
        }
    }
}

/// A model that is in use, and therefore not unloaded to make room.
pub struct InUse {
    slot: Arc<Slot>,
    engine: Arc<Engine>,
}

/// A place among the requests that are answered.
pub struct Place {
    slot: Arc<Slot>,
    engine: Arc<Engine>,
    lane: usize,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    pub fn lane(&self) -> &Lane {
        &self.engine.model.lanes[self.lane]
    }
}

impl InUse {
    /// To be called while the slot's phase is locked, so that nobody unloads the model meanwhile.
    pub fn new(slot: &Arc<Slot>, engine: &Arc<Engine>) -> InUse {
        engine.users.fetch_add(1, Ordering::AcqRel);
        engine.touch();
        InUse { slot: slot.clone(), engine: engine.clone() }
    }

    pub fn name(&self) -> &str {
        &self.slot.definition.name
    }

    pub fn model(&self) -> &Loaded {
        &self.engine.model
    }

    pub fn pace(&self) -> Arc<Pace> {
        self.slot.pace.clone()
    }

    /// Set where the engine is to crash, see [`super::Registry::crash`].
    pub fn drill(&self) -> Arc<AtomicBool> {
        self.engine.drill.clone()
    }

    /// Waits in line, first come, first served.
    pub async fn slot(&self) -> Result<Place, EngineError> {
        let since = Instant::now();
        let queued = Counted::new(&self.slot.queued, &self.slot.changes);
        let permit = self.engine.line.clone().acquire_owned().await;
        drop(queued);
        let permit = permit.map_err(|_| EngineError::Gone { name: self.name().to_owned() })?;
        self.slot.longest_wait_ms.fetch_max(millis(since.elapsed()), Ordering::Relaxed);
        self.slot.requests.fetch_add(1, Ordering::Relaxed);
        if self.slot.in_flight.fetch_add(1, Ordering::Relaxed) == 0 {
            self.slot.pace.wake();
        }
        self.slot.changes.tell();
        let lane = self.engine.free().pop().expect("there is a permit for each free slot");
        let (slot, engine) = (self.slot.clone(), self.engine.clone());
        Ok(Place { slot, engine, lane, _permit: permit })
    }

    /// Says that the engine's thread has ended.
    pub fn died(&self, detail: &str) -> EngineError {
        self.slot.fail(&self.engine, detail)
    }

    /// Says that this request alone failed.
    pub fn failed(&self, detail: String) -> EngineError {
        EngineError::Failed { name: self.name().to_owned(), detail }
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.engine.touch();
        self.engine.users.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Before the permit, which is given back when the fields are dropped.
        self.engine.free().push(self.lane);
        self.slot.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.slot.changes.tell();
    }
}

/// One more while it lives.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize, changes: &Changes) -> Counted<'a> {
        count.fetch_add(1, Ordering::Relaxed);
        changes.tell();
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How long a failed model is left alone before a request has it loaded again.
pub const LEFT_ALONE: Duration = Duration::from_secs(5);
