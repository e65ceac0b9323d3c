//! The models by name: loaded when first asked, several at once, within a budget of memory.

mod pace;
mod slot;
mod status;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

pub use pace::Pace;
pub(crate) use slot::InUse;
pub use status::{Stage, State, Status};

use crate::definition::{Definition, ModelsFile};
use crate::error::{EngineError, panic_text};
use crate::generate::{Generation, Request, begin};
use crate::model::{self, available_memory};
use slot::{LEFT_ALONE, Outcome, Phase, Slot};

/// What a registry may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most bytes for the weights of all loaded models together. `None`: what the machine has free
    /// when a model is loaded.
    pub budget: Option<u64>,
    /// Where merged adapters and repaired configs are kept.
    pub cache: PathBuf,
    /// Whether to keep from the network, whatever a model's source.
    pub offline: bool,
}

/// The models. A clone is the same registry.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    options: Options,
    models: Mutex<BTreeMap<String, Arc<Slot>>>,
    changes: Changes,
    /// Held while room is made, so that two loads do not both take what is left.
    making_room: Mutex<()>,
}

/// Tells those who watch that something is different.
#[derive(Clone)]
pub(crate) struct Changes(Arc<watch::Sender<u64>>);

impl Changes {
    fn tell(&self) {
        self.0.send_modify(|count| *count += 1);
    }
}

impl Registry {
    /// A registry of these models. Nothing is loaded yet.
    pub fn new(models: Vec<Definition>, options: Options) -> Result<Registry, EngineError> {
        let registry = Registry(Arc::new(Inner {
            options,
            models: Mutex::default(),
            changes: Changes(Arc::new(watch::Sender::new(0))),
            making_room: Mutex::default(),
        }));
        models.into_iter().try_for_each(|model| registry.add(model))?;
        Ok(registry)
    }

    /// A registry of a models file; its budget, where it has one, is the registry's.
    pub fn from_file(path: &Path, options: Options) -> Result<Registry, EngineError> {
        let file = ModelsFile::read(path)?;
        let budget = file.budget_mb.map(|mb| mb * 1_000_000).or(options.budget);
        Registry::new(file.models, Options { budget, ..options })
    }

    /// Makes one more model known, such as a new checkpoint.
    pub fn add(&self, definition: Definition) -> Result<(), EngineError> {
        definition.check()?;
        let mut models = self.0.models();
        if models.contains_key(&definition.name) {
            let detail = "another model has the same name".to_owned();
            return Err(EngineError::BadDefinition { name: definition.name, detail });
        }
        let name = definition.name.clone();
        models.insert(name, Arc::new(Slot::new(definition, self.0.changes.clone())));
        drop(models);
        self.0.changes.tell();
        Ok(())
    }

    /// Unloads a model that is not in use and forgets it.
    pub fn remove(&self, name: &str) -> Result<(), EngineError> {
        self.unload(name)?;
        self.0.models().remove(name);
        self.0.changes.tell();
        Ok(())
    }

    pub fn names(&self) -> Vec<String> {
        self.0.models().keys().cloned().collect()
    }

    pub fn definition(&self, name: &str) -> Option<Definition> {
        self.known(name).ok()
    }

    pub(crate) fn known(&self, name: &str) -> Result<Definition, EngineError> {
        self.slot(name).map(|slot| slot.definition.clone())
    }

    /// All models as they are now, by name.
    pub fn snapshot(&self) -> Vec<Status> {
        self.0.models().values().map(|slot| slot.status()).collect()
    }

    pub fn status(&self, name: &str) -> Option<Status> {
        self.0.models().get(name).map(|slot| slot.status())
    }

    /// Changes whenever a model's state or line does. Seconds that pass are not a change.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.changes.0.subscribe()
    }

    /// Loads a model, or waits for the load under way. A failed one is tried again.
    pub async fn load(&self, name: &str) -> Result<(), EngineError> {
        self.use_model(name, true).await.map(drop)
    }

    /// Unloads a model, in use or not, and reads its files anew.
    pub async fn reload(&self, name: &str) -> Result<(), EngineError> {
        self.unload_now(name)?;
        self.load(name).await
    }

    /// Unloads a model that is not in use.
    pub fn unload(&self, name: &str) -> Result<(), EngineError> {
        let slot = self.slot(name)?;
        let is_free = |phase: &Phase| match phase {
            Phase::Ready { engine, .. } => engine.is_idle(),
            Phase::Loading { .. } => false,
            Phase::Absent | Phase::Failed { .. } => true,
        };
        if slot.clear(is_free) { Ok(()) } else { Err(EngineError::InUse { name: name.to_owned() }) }
    }

    /// Unloads a model though it may be in use: its requests end in [`EngineError::Gone`]. A load under
    /// way goes on.
    pub fn unload_now(&self, name: &str) -> Result<(), EngineError> {
        let slot = self.slot(name)?;
        slot.clear(|phase| {
            if let Phase::Ready { engine, .. } = phase {
                engine.model.terminate();
            }
            !matches!(phase, Phase::Loading { .. })
        });
        Ok(())
    }

    /// Begins an answer. Loads the model where it is absent; then waits in its line.
    pub async fn generate(&self, name: &str, request: Request) -> Result<Generation, EngineError> {
        let since = Instant::now();
        let used = self.use_model(name, false).await?;
        begin(used, request, since).await
    }

    /// Ends a loaded model's engine by a panic inside mistral.rs, as a fault there would. For drills.
    #[doc(hidden)]
    pub async fn crash(&self, name: &str) -> Result<(), EngineError> {
        let used = self.use_model(name, true).await?;
        crate::generate::crash(&used).await;
        used.died("its engine ended");
        Ok(())
    }

    fn slot(&self, name: &str) -> Result<Arc<Slot>, EngineError> {
        let models = self.0.models();
        models.get(name).cloned().ok_or_else(|| EngineError::Unknown {
            name: name.to_owned(),
            known: models.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        })
    }

    /// The model, loaded. `is_explicit`: somebody asked for the load itself, so that a model that
    /// failed a moment ago is tried again at once.
    async fn use_model(&self, name: &str, is_explicit: bool) -> Result<InUse, EngineError> {
        let slot = self.slot(name)?;
        let mut may_load = true;
        loop {
            let mut done = match self.step(&slot, is_explicit, &mut may_load)? {
                Step::Ready(used) => return Ok(used),
                Step::Loading(done) => done,
            };
            let outcome = done.wait_for(Outcome::is_some).await.map(|outcome| outcome.clone());
            // Where the sender is gone the load has been settled.
            if let Ok(Some(Err(error))) = outcome {
                return Err(error);
            }
        }
    }

    fn step(
        &self,
        slot: &Arc<Slot>,
        is_explicit: bool,
        may_load: &mut bool,
    ) -> Result<Step, EngineError> {
        let mut phase = slot.phase();
        match &*phase {
            Phase::Ready { engine, .. } if !engine.model.is_dead() => {
                return Ok(Step::Ready(InUse::new(slot, engine)));
            }
            Phase::Ready { .. } | Phase::Absent => {}
            Phase::Loading { done, .. } => return Ok(Step::Loading(done.clone())),
            Phase::Failed { error, at } => {
                let is_fresh = !is_explicit && at.elapsed() < LEFT_ALONE;
                if is_fresh || !*may_load {
                    return Err(error.clone());
                }
            }
        }
        *may_load = false;
        let (tell, done) = watch::channel(None);
        let loading = Phase::Loading { since: Instant::now(), stage: Stage::Checking, done };
        let old = std::mem::replace(&mut *phase, loading);
        let Phase::Loading { done, .. } = &*phase else { unreachable!("it was set just now") };
        let done = done.clone();
        drop(phase);
        drop(old);
        self.0.changes.tell();
        self.start_load(slot.clone(), tell);
        Ok(Step::Loading(done))
    }

    /// Loads on a thread of its own, since mistral.rs blocks, may panic, and keeps things per thread.
    fn start_load(&self, slot: Arc<Slot>, tell: watch::Sender<Outcome>) {
        let inner = self.0.clone();
        let name = slot.definition.name.clone();
        let spawned = std::thread::Builder::new().name(format!("load {name}")).spawn({
            let slot = slot.clone();
            let tell = tell.clone();
            move || {
                let progress = Loading { inner: &inner, slot: &slot };
                let load = || model::load(&slot.definition, &inner.options, &progress);
                let outcome = catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|panic| {
                    let name = slot.definition.name.clone();
                    Err(EngineError::LoadFailed { name, detail: panic_text(&*panic) })
                });
                let result = slot.settle(outcome);
                tell.send_replace(Some(result));
            }
        });
        if let Err(error) = spawned {
            let detail = format!("no thread for it: {error}");
            let result = slot.settle(Err(EngineError::LoadFailed { name, detail }));
            tell.send_replace(Some(result));
        }
    }
}

enum Step {
    Ready(InUse),
    Loading(watch::Receiver<Outcome>),
}

impl Inner {
    fn models(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Slot>>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unloads what was not used for longest until there is room for a model.
    fn make_room(&self, slot: &Slot, needed: u64) -> Result<(), EngineError> {
        let _alone = self.making_room.lock().unwrap_or_else(PoisonError::into_inner);
        let others: Vec<Arc<Slot>> = self.models().values().cloned().collect();
        let others = others.iter().filter(|other| !std::ptr::eq(other.as_ref(), slot));
        loop {
            let held: u64 = others.clone().map(|other| other.memory()).sum();
            let allowed = match self.options.budget {
                Some(budget) => budget,
                None => available_memory().map_or(u64::MAX, |free| free.saturating_add(held)),
            };
            if held.saturating_add(needed) <= allowed {
                slot.set_memory(needed);
                return Ok(());
            }
            let idle = others.clone().filter_map(|other| match &*other.phase() {
                Phase::Ready { engine, .. } if engine.is_idle() => {
                    Some((engine.last_used(), other.clone()))
                }
                _ => None,
            });
            let Some((_, oldest)) = idle.min_by_key(|(used, _)| *used) else {
                return Err(EngineError::OverBudget {
                    name: slot.definition.name.clone(),
                    needed_mb: needed.div_ceil(1_000_000),
                    held_mb: held.div_ceil(1_000_000),
                    budget_mb: allowed / 1_000_000,
                });
            };
            oldest.clear(|phase| match phase {
                Phase::Ready { engine, .. } => engine.is_idle(),
                _ => false,
            });
        }
    }
}

/// A load's way to the registry.
struct Loading<'a> {
    inner: &'a Inner,
    slot: &'a Slot,
}

impl model::Progress for Loading<'_> {
    fn stage(&self, stage: Stage) {
        self.slot.set_stage(stage);
    }

    fn reserve(&self, bytes: u64) -> Result<(), EngineError> {
        self.inner.make_room(self.slot, bytes)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
