//! Who can be seated besides people: the scripted families of `policy`, and the language models of the
//! models file.

#[cfg(feature = "engine")]
mod models;
#[cfg(not(feature = "engine"))]
#[path = "without_models.rs"]
mod models;
mod thinker;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use policy::{Entry, Kind};
use rules::Role;
use store::CheckpointRow;
use wire::{Code, ModelCard, NegotiatorCard, NegotiatorKind, NegotiatorName, Problem};

use crate::config::Config;

pub use models::Models;
pub use thinker::{Answer, Breakdown, Hear, Question, Said, Thinker};

/// The model that ships with Souk: the default opponent where it is there.
pub const DEMO: &str = "demo";

/// All negotiators of this server. Cheap to clone.
#[derive(Clone)]
pub struct Roster {
    models: Models,
    others: Vec<Arc<dyn Thinker>>,
    /// Below which a run may name a model by its path.
    folders: Arc<[PathBuf]>,
}

/// One negotiator.
#[derive(Clone)]
pub enum Member {
    /// Decides at once, from the view alone, and cannot be lost: its move is decided on the very state
    /// that it is stored behind.
    Script(&'static Entry),
    /// Takes its time and may fail: a language model, in this process or elsewhere. It decides before
    /// anything is stored.
    Thinker(Arc<dyn Thinker>),
}

impl Member {
    pub fn card(&self) -> NegotiatorCard {
        match self {
            Member::Script(entry) => script_card(entry),
            Member::Thinker(thinker) => thinker.card(),
        }
    }

    pub fn plays(&self, role: Role) -> bool {
        match self {
            Member::Script(entry) => entry.plays(role),
            Member::Thinker(thinker) => thinker.card().roles.contains(&role),
        }
    }
}

impl Roster {
    /// The scripted families alone.
    pub fn scripted() -> Roster {
        Roster { models: Models::none(), others: Vec::new(), folders: Arc::default() }
    }

    /// The scripted families, and the models that the settings name. Loads none of them.
    ///
    /// # Errors
    /// Sentences about a models file that cannot be used.
    pub fn open(config: &Config) -> Result<Roster> {
        let models = Models::open(config)?;
        if let Some(name) = models.names().iter().find(|name| policy::find(name).is_some()) {
            bail!(
                "the models file names a model `{name}`, which is the name of a scripted negotiator: \
                 choose another one"
            );
        }
        let folders = config.model_folders.iter().cloned();
        let folders = folders.chain([config.data.join("runs")]).chain(models_folder(config));
        Ok(Roster { models, others: Vec::new(), folders: folders.collect() })
    }

    /// The folder at a path, where it lies below one from which models may be taken. Neither `..` nor a link leads
    /// out of them.
    pub fn folder_at(&self, path: &Path) -> Option<PathBuf> {
        let real = path.canonicalize().ok().filter(|path| path.is_dir())?;
        let below = |folder: &PathBuf| folder.canonicalize().is_ok_and(|one| real.starts_with(one));
        self.folders.iter().any(below).then_some(real)
    }

    /// One more, such as a model that runs elsewhere.
    pub fn with(mut self, thinker: Arc<dyn Thinker>) -> Roster {
        self.others.push(thinker);
        self
    }

    pub fn find(&self, name: &str) -> Option<Member> {
        let script = policy::find(name).map(Member::Script);
        let model = || self.models.find(name).map(Member::Thinker);
        let other = || {
            let named = |other: &&Arc<dyn Thinker>| other.card().name.0 == name;
            self.others.iter().find(named).cloned().map(Member::Thinker)
        };
        script.or_else(model).or_else(other)
    }

    /// Everybody, the default opponent first.
    pub fn cards(&self) -> Vec<NegotiatorCard> {
        let models = self.models.names().into_iter().filter_map(|name| self.models.find(&name));
        let thinkers = models.chain(self.others.iter().cloned()).map(|thinker| thinker.card());
        let (demo, others): (Vec<_>, Vec<_>) = thinkers.partition(|card| card.name.0 == DEMO);
        let scripts = policy::registry().iter().map(script_card);
        demo.into_iter().chain(scripts).chain(others).collect()
    }

    pub fn models(&self) -> &Models {
        &self.models
    }

    /// Seats a checkpoint that was published; `data` is the folder below which its own lies.
    pub fn publish(&self, data: &Path, row: &CheckpointRow) -> Result<()> {
        let Some(name) = &row.card.published else { bail!("the checkpoint was not published") };
        let title = format!("{} at iteration {}", row.label, row.card.iteration);
        self.models.publish(&name.0, &title, data.join(&row.folder))
    }

    /// The models as they are now. `in_full` tells what went wrong in words that may name files.
    pub fn model_cards(&self, in_full: bool) -> Vec<ModelCard> {
        self.models.cards(in_full)
    }

    /// Has a negotiator ready soon, where that takes time.
    pub fn warm(&self, name: &str) {
        if let Some(Member::Thinker(thinker)) = self.find(name) {
            thinker.warm();
        }
    }
}

/// Where the models file lies.
fn models_folder(config: &Config) -> Option<PathBuf> {
    Models::file(&config.models)?.canonicalize().ok()?.parent().map(Path::to_owned)
}

fn script_card(entry: &Entry) -> NegotiatorCard {
    NegotiatorCard {
        name: NegotiatorName(entry.name.to_owned()),
        title: entry.title.to_owned(),
        summary: entry.summary.to_owned(),
        kind: match entry.kind {
            Kind::Scripted => NegotiatorKind::Scripted,
            Kind::HeldOut => NegotiatorKind::HeldOut,
        },
        roles: entry.roles.to_vec(),
    }
}

/// No model has this name.
pub fn unknown_model(name: &str) -> Problem {
    let detail = format!("There is no model `{name}`; /api/v1/models lists them.");
    Problem::named(Code::NotFound, "model_unknown", detail)
}

/// Problem codes of models, for `/api/errors`.
pub const CODES: [(&str, u16, &str); 2] = [
    ("model_unknown", 404, "No model has this name."),
    ("model_in_use", 409, "The model answers somebody, or is being loaded."),
];
