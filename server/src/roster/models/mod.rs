//! The language models of the models file: in this process by way of crate `engine`, elsewhere by way
//! of crate `remote`.

mod call;
mod elsewhere;
mod file;
mod local;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use engine::{Definition, EngineError, Options, Registry, Source, Stage, State, Status};
use remote::{Account, Remote};
use store::{Store, StoreError};
use wire::{Code, LoadStage, ModelCard, ModelKind, ModelState, Problem};

use super::{Thinker, unknown_model};
use crate::backend::failure_sentence;
use crate::config::{Config, ModelsSetting};
use elsewhere::RemotePlayer;
use local::LocalPlayer;

/// At which checkpoints of training runs play, as the demo model does.
const PUBLISHED_TEMPERATURE: f32 = 0.8;
const PUBLISHED_TOKENS: usize = 160;

/// The registry of models, and what the server adds to it. Cheap to clone.
#[derive(Clone)]
pub struct Models {
    registry: Option<Registry>,
    remotes: Arc<[Remote]>,
    /// Models whose own limit is taken out of their talk.
    guarded: Arc<BTreeSet<String>>,
}

impl Models {
    pub fn none() -> Models {
        Models { registry: None, remotes: Arc::default(), guarded: Arc::default() }
    }

    /// The models of the settings' file, or of the one that came with the program.
    ///
    /// # Errors
    /// Sentences about a file that cannot be used. A model whose own files are missing is no error:
    /// its card says so when it is asked.
    pub fn open(config: &Config) -> Result<Models> {
        let Some(file) = file::read(&config.models)? else { return Ok(Models::none()) };
        let budget_mb = config.model_memory_mb.map(u64::from).or(file.budget_mb);
        let options = Options {
            budget: budget_mb.map(|mb| mb * 1_000_000),
            cache: config.data.join("models"),
            offline: false,
        };
        let registry = Registry::new(file.models, options)?;
        let remotes: Vec<Remote> =
            file.remotes.into_iter().map(Remote::open).collect::<Result<_, _>>()?;
        let models = Models {
            registry: Some(registry),
            remotes: remotes.into(),
            guarded: Arc::new(file.guarded),
        };
        let mut names = BTreeSet::new();
        for name in models.names() {
            tracing::info!(model = name, "a language model can be seated");
            if names.contains(&name) {
                bail!("two models of the models file have the name `{name}`");
            }
            names.insert(name);
        }
        Ok(models)
    }

    /// Where the models file lies.
    pub fn file(setting: &ModelsSetting) -> Option<PathBuf> {
        file::path(setting)
    }

    /// Takes what models elsewhere have cost before into their accounts, so that a budget holds over
    /// restarts.
    pub async fn settle_accounts(&self, store: &Store) -> Result<(), StoreError> {
        for remote in self.remotes.iter() {
            let spent = store.llm_calls_spent(&remote.definition().name).await?;
            remote.book(Account {
                requests: spent.calls,
                prompt_tokens: spent.prompt_tokens,
                completion_tokens: spent.completion_tokens,
                cost_microdollars: spent.cost_microdollars,
                estimated: false,
            });
        }
        Ok(())
    }

    /// The engine's registry, where the server has models.
    pub fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }

    pub fn names(&self) -> Vec<String> {
        let local = self.registry.as_ref().map(Registry::names).unwrap_or_default();
        let remote = self.remotes.iter().map(|remote| remote.definition().name.clone());
        local.into_iter().chain(remote).collect()
    }

    pub fn find(&self, name: &str) -> Option<Arc<dyn Thinker>> {
        if let Some(remote) = self.remote(name) {
            return Some(Arc::new(RemotePlayer(remote.clone())));
        }
        let registry = self.registry.as_ref()?;
        let definition = registry.definition(name)?;
        let is_guarded = self.guarded.contains(name);
        Some(Arc::new(LocalPlayer { registry: registry.clone(), definition, is_guarded }))
    }

    /// The folder of a model's weights, where they are in one.
    pub fn folder(&self, name: &str) -> Option<PathBuf> {
        match self.registry.as_ref()?.definition(name)?.source {
            Source::Folder(folder) => Some(folder),
            Source::Hub { .. } | Source::Gguf(_) => None,
        }
    }

    /// Makes the weights of a folder a negotiator, in the style of the demo model. Twice is once.
    ///
    /// # Errors
    /// Where the name belongs to another model, or the server has no models.
    pub fn publish(&self, name: &str, title: &str, folder: PathBuf) -> Result<()> {
        let Some(registry) = &self.registry else { bail!("this server has no language models") };
        let source = Source::Folder(folder);
        match registry.definition(name) {
            Some(known) if known.source == source => return Ok(()),
            Some(_) => bail!("another model has the name `{name}`"),
            None => {}
        }
        let mut definition = Definition::new(name, source);
        definition.title = title.to_owned();
        definition.style = "compact".to_owned();
        definition.sampling.temperature = PUBLISHED_TEMPERATURE;
        definition.sampling.max_tokens = PUBLISHED_TOKENS;
        Ok(registry.add(definition)?)
    }

    fn remote(&self, name: &str) -> Option<&Remote> {
        self.remotes.iter().find(|remote| remote.definition().name == name)
    }

    pub fn cards(&self, in_full: bool) -> Vec<ModelCard> {
        let Some(registry) = &self.registry else { return Vec::new() };
        let card = |status: Status| {
            let definition = registry.definition(&status.name)?;
            Some(card(status, &definition, in_full))
        };
        let local = registry.snapshot().into_iter().filter_map(card);
        let remote = self.remotes.iter().map(|remote| elsewhere::card(remote, in_full));
        local.chain(remote).collect()
    }

    /// Begins to load; the card tells how it goes.
    pub fn load(&self, name: &str) -> Result<(), Problem> {
        if self.remote(name).is_some() {
            return Ok(());
        }
        let registry = self.known(name)?.clone();
        let name = name.to_owned();
        tokio::spawn(async move {
            if let Err(error) = registry.load(&name).await {
                tracing::warn!(model = name, %error, "a model was not loaded");
            }
        });
        Ok(())
    }

    pub fn unload(&self, name: &str) -> Result<(), Problem> {
        if self.remote(name).is_some() {
            return Ok(());
        }
        self.known(name)?.unload(name).map_err(|error| match error {
            EngineError::InUse { .. } => Problem::named(
                Code::Conflict,
                "model_in_use",
                "The model answers somebody, or is being loaded: wait until it is idle.",
            ),
            _ => unknown_model(name),
        })
    }

    fn known(&self, name: &str) -> Result<&Registry, Problem> {
        let registry = self.registry.as_ref();
        registry.filter(|r| r.definition(name).is_some()).ok_or_else(|| unknown_model(name))
    }
}

fn card(status: Status, definition: &Definition, in_full: bool) -> ModelCard {
    let mut card = ModelCard {
        title: definition.shown().to_owned(),
        name: status.name,
        kind: match &definition.source {
            Source::Folder(_) => ModelKind::Folder,
            Source::Hub { .. } => ModelKind::Hub,
            Source::Gguf(_) => ModelKind::Gguf,
        },
        state: ModelState::Absent,
        stage: None,
        elapsed_ms: None,
        expected_ms: None,
        sentence: None,
        memory_bytes: status.memory_bytes,
        tokens_per_second: status.tokens_per_second,
        queued: status.queued as u64,
        in_flight: status.in_flight as u64,
        requests: status.requests,
        tokens: status.tokens,
        longest_wait_ms: status.longest_wait_ms,
    };
    match status.state {
        State::Absent => {}
        State::Loading { stage, elapsed_ms, expected_ms } => {
            card.state = ModelState::Loading;
            card.stage = Some(load_stage(stage));
            card.elapsed_ms = Some(elapsed_ms);
            card.expected_ms = expected_ms;
        }
        State::Ready { loaded_ms } => {
            card.state = ModelState::Ready;
            card.elapsed_ms = Some(loaded_ms);
        }
        State::Failed { code, sentence } => {
            card.state = ModelState::Failed;
            card.sentence =
                Some(if in_full { sentence } else { failure_sentence(code).to_owned() });
        }
    }
    card
}

fn load_stage(stage: Stage) -> LoadStage {
    match stage {
        Stage::Checking => LoadStage::Checking,
        Stage::Merging => LoadStage::Merging,
        Stage::Reading => LoadStage::Reading,
        Stage::Trying => LoadStage::Trying,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(state: State) -> Status {
        Status {
            name: "m".to_owned(),
            title: "m".to_owned(),
            state,
            memory_bytes: 7,
            tokens_per_second: None,
            queued: 1,
            in_flight: 2,
            requests: 3,
            tokens: 4,
            longest_wait_ms: 5,
            context: None,
        }
    }

    #[test]
    fn a_visitor_reads_no_paths() {
        let source = Source::Folder("/secret/place".into());
        let definition = Definition::new("m", source);
        let sentence = "/secret/place/config.json is missing".to_owned();
        let failed = || status(State::Failed { code: "missing_file", sentence: sentence.clone() });
        let card_of =
            |in_full| serde_json::to_string(&card(failed(), &definition, in_full)).unwrap();
        assert!(!card_of(false).contains("secret"), "{}", card_of(false));
        assert!(card_of(false).contains("could not be loaded"), "{}", card_of(false));
        assert!(card_of(true).contains(&sentence), "{}", card_of(true));
    }

    #[test]
    fn a_load_tells_how_far_it_is() {
        let definition = Definition::new("m", Source::Gguf("m.gguf".into()));
        let loading =
            State::Loading { stage: Stage::Reading, elapsed_ms: 10, expected_ms: Some(40) };
        let card = card(status(loading), &definition, false);
        assert_eq!((card.kind, card.state), (ModelKind::Gguf, ModelState::Loading));
        assert_eq!((card.stage, card.elapsed_ms), (Some(LoadStage::Reading), Some(10)));
        assert_eq!((card.expected_ms, card.queued, card.in_flight), (Some(40), 1, 2));
    }
}
