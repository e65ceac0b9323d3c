//! What a model is: the models file.
//!
//! ```toml
//! budget_mb = 4000
//!
//! [[models]]
//! name = "demo"
//! title = "Demo bargainer"
//! source = { folder = "models/demo" }
//! style = "compact"
//! constrained = true
//! sampling = { temperature = 0.8, max_tokens = 120 }
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use policy::chat::Sampling;
use policy::prompt::Style;
use rules::syntax::Syntax;
use serde::{Deserialize, Serialize};

use crate::error::{EngineError, brief};

/// A models file: TOML, or JSON where its name ends in `.json`. Unknown keys are refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelsFile {
    /// Most memory for the weights of all loaded models together, in millions of bytes. Default: no
    /// bound.
    #[serde(default)]
    pub budget_mb: Option<u64>,
    /// The models. Default: none.
    #[serde(default)]
    pub models: Vec<Definition>,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// How programs call it: lower-case letters, digits, `-`, `_`, `.`. Required.
    pub name: String,
    /// How people read it. Default: the name.
    #[serde(default)]
    pub title: String,
    /// Where its weights are. Required.
    pub source: Source,
    /// The type in which it computes. Default: `auto`.
    #[serde(default)]
    pub dtype: DType,
    /// Where it computes: `auto`, `cpu`, `cuda:N`, `metal`. Default: `auto`.
    #[serde(default)]
    pub device: Placement,
    /// In-situ quantisation by mistral.rs's name, such as `q4k` or `8`. Not for GGUF. Default: none.
    #[serde(default)]
    pub isq: Option<String>,
    /// A folder with a PEFT LoRA adapter, merged into the weights before they are loaded. Default:
    /// none.
    #[serde(default)]
    pub adapter: Option<PathBuf>,
    /// The prompt style: `standard` or `compact`. Default: `standard`.
    #[serde(default = "standard")]
    pub style: String,
    /// The surface syntax of its moves: `lines`, `tags` or `json`. Default: `lines`.
    #[serde(default)]
    pub syntax: Syntax,
    /// How it samples where a request does not say. Default: temperature 1, 256 tokens.
    #[serde(default)]
    pub sampling: Sampling,
    /// Whether its moves are held to a grammar. Default: no.
    #[serde(default)]
    pub constrained: bool,
    /// What the chat template is told of `enable_thinking`. Default: no.
    #[serde(default)]
    pub thinking: bool,
    /// Memory in millions of bytes, where the estimate from its files is wrong. Default: estimated.
    #[serde(default)]
    pub memory_mb: Option<u64>,
    /// Requests that it answers at the same time; more wait in line. On a CPU each of them takes the
    /// memory of the whole model. Default: 1 on a CPU, 32 elsewhere.
    #[serde(default)]
    pub slots: Option<usize>,
}

/// Where weights are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SourceFields", into = "SourceFields")]
pub enum Source {
    /// A folder in the hub's layout: config.json, safetensors, tokenizer.json, chat template.
    Folder(PathBuf),
    /// A model of the Hugging Face hub, from its cache or over the network.
    Hub { id: String, revision: Option<String> },
    /// One GGUF file.
    Gguf(PathBuf),
}

/// A source as it is written: one of the three, a revision only with `hub`.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folder: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hub: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gguf: Option<PathBuf>,
}

impl TryFrom<SourceFields> for Source {
    type Error = String;

    fn try_from(fields: SourceFields) -> Result<Source, String> {
        match fields {
            SourceFields { folder: Some(path), hub: None, revision: None, gguf: None } => {
                Ok(Source::Folder(path))
            }
            SourceFields { folder: None, hub: Some(id), revision, gguf: None } => {
                Ok(Source::Hub { id, revision })
            }
            SourceFields { folder: None, hub: None, revision: None, gguf: Some(path) } => {
                Ok(Source::Gguf(path))
            }
            _ => Err("a source has exactly one of `folder`, `hub`, `gguf`; `revision` goes with \
                      `hub`"
                .to_owned()),
        }
    }
}

impl From<Source> for SourceFields {
    fn from(source: Source) -> SourceFields {
        let none = SourceFields::default();
        match source {
            Source::Folder(path) => SourceFields { folder: Some(path), ..none },
            Source::Hub { id, revision } => SourceFields { hub: Some(id), revision, ..none },
            Source::Gguf(path) => SourceFields { gguf: Some(path), ..none },
        }
    }
}

/// The type in which a model computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DType {
    /// F32 on a CPU, where mistral.rs 0.8.1 would take F16; its own choice elsewhere.
    #[default]
    Auto,
    F32,
    F16,
    /// Not for a CPU: there the first token fails.
    Bf16,
}

/// Where a model computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Placement {
    /// The first CUDA device or Metal where this program has them, else the CPU.
    #[default]
    Auto,
    Cpu,
    Cuda(usize),
    Metal,
}

impl FromStr for Placement {
    type Err = String;

    fn from_str(text: &str) -> Result<Placement, String> {
        match text {
            "auto" => Ok(Placement::Auto),
            "cpu" => Ok(Placement::Cpu),
            "metal" => Ok(Placement::Metal),
            "cuda" => Ok(Placement::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(Placement::Cuda)
                .ok_or_else(|| format!("`{text}` is no device: write auto, cpu, cuda:0 or metal")),
        }
    }
}

impl TryFrom<String> for Placement {
    type Error = String;

    fn try_from(text: String) -> Result<Placement, String> {
        text.parse()
    }
}

impl std::fmt::Display for Placement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Placement::Auto => f.write_str("auto"),
            Placement::Cpu => f.write_str("cpu"),
            Placement::Cuda(index) => write!(f, "cuda:{index}"),
            Placement::Metal => f.write_str("metal"),
        }
    }
}

impl From<Placement> for String {
    fn from(placement: Placement) -> String {
        placement.to_string()
    }
}

fn standard() -> String {
    "standard".to_owned()
}

impl Definition {
    /// A model with every setting at its default.
    pub fn new(name: impl Into<String>, source: Source) -> Definition {
        let name = name.into();
        Definition {
            title: name.clone(),
            name,
            source,
            dtype: DType::default(),
            device: Placement::default(),
            isq: None,
            adapter: None,
            style: standard(),
            syntax: Syntax::default(),
            sampling: Sampling::default(),
            constrained: false,
            thinking: false,
            memory_mb: None,
            slots: None,
        }
    }

    /// The title, or the name where there is none.
    pub fn shown(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }

    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let fault = self.fault();
        fault.map_or(Ok(()), |detail| {
            Err(EngineError::BadDefinition { name: self.name.clone(), detail })
        })
    }

    fn fault(&self) -> Option<String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return Some("a name is lower-case letters, digits, `-`, `_` and `.`".to_owned());
        }
        if Style::named(&self.style).is_none() {
            return Some(format!("there is no prompt style `{}`", self.style));
        }
        if self.slots == Some(0) {
            return Some("`slots` is at least 1".to_owned());
        }
        if self.dtype == DType::Bf16 && self.device == Placement::Cpu {
            return Some("bf16 does not run on a CPU: write `dtype = \"f32\"`".to_owned());
        }
        let quantised = matches!(self.source, Source::Gguf(_));
        if quantised && (self.isq.is_some() || self.adapter.is_some()) {
            return Some("a GGUF file takes neither `isq` nor `adapter`".to_owned());
        }
        if matches!(self.source, Source::Hub { .. }) && self.adapter.is_some() {
            return Some("an adapter goes with a `folder`: download the model first".to_owned());
        }
        self.sampling.fault().map(str::to_owned)
    }
}

impl ModelsFile {
    /// Reads a models file. Relative paths in it are relative to its folder.
    pub fn read(path: &Path) -> Result<ModelsFile, EngineError> {
        let bad = |detail| EngineError::BadModelsFile { path: path.to_owned(), detail };
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => EngineError::MissingFile { path: path.to_owned() },
            _ => bad(brief(error)),
        })?;
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        let mut file: ModelsFile = if is_json {
            serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?
        } else {
            toml::from_str(&text).map_err(|error| bad(located(&error, &text)))?
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        file.models.iter_mut().for_each(|model| model.settle_in(folder));
        file.check().map_err(|error| bad(error.to_string()))?;
        Ok(file)
    }

    fn check(&self) -> Result<(), EngineError> {
        let mut names = BTreeSet::new();
        for model in &self.models {
            model.check()?;
            if !names.insert(&model.name) {
                let detail = "another model has the same name".to_owned();
                return Err(EngineError::BadDefinition { name: model.name.clone(), detail });
            }
        }
        Ok(())
    }
}

impl Definition {
    fn settle_in(&mut self, folder: &Path) {
        if let Source::Folder(path) | Source::Gguf(path) = &mut self.source {
            *path = folder.join(&*path);
        }
        if let Some(path) = &mut self.adapter {
            *path = folder.join(&*path);
        }
    }
}

/// A TOML error on one line, with its line's number.
fn located(error: &toml::de::Error, text: &str) -> String {
    let line =
        error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
    match line {
        Some(line) => format!("line {line}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<ModelsFile, EngineError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file in it");
        ModelsFile::read(&path).map(|mut file| {
            for model in &mut file.models {
                if let Source::Folder(path) = &mut model.source {
                    *path =
                        path.strip_prefix(folder.path()).map(Path::to_owned).unwrap_or_default();
                }
            }
            file
        })
    }

    #[test]
    fn both_forms_say_the_same() {
        let toml = r#"
            budget_mb = 10
            [[models]]
            name = "demo"
            source = { folder = "demo" }
            device = "cuda:1"
            syntax = "tags"
            sampling = { temperature = 0.5 }
        "#;
        let json = r#"{"budget_mb":10,"models":[{"name":"demo","source":{"folder":"demo"},
            "device":"cuda:1","syntax":"tags","sampling":{"temperature":0.5}}]}"#;
        let file = read("models.toml", toml).expect("it is well-formed");
        assert_eq!(read("models.json", json), Ok(file.clone()));
        let model = &file.models[0];
        assert_eq!(model.source, Source::Folder("demo".into()));
        assert_eq!(model.device, Placement::Cuda(1));
        assert_eq!(model.sampling, Sampling { temperature: 0.5, ..Sampling::default() });
        assert_eq!(model.shown(), "demo");
        let printed = serde_json::to_string(&file).expect("it serialises");
        assert_eq!(read("models.json", &printed), Ok(file));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let model = |rest: &str| {
            format!("[[models]]\nname = \"m\"\nsource = {{ folder = \"m\" }}\n{rest}\n")
        };
        let table = [
            (model("tempurature = 1"), "line 4: unknown field `tempurature`"),
            (model("style = \"grand\""), "there is no prompt style `grand`"),
            (model("device = \"gpu\""), "`gpu` is no device"),
            (model("sampling = { top_p = 0.0 }"), "`top_p` is above 0"),
            (model("slots = 0"), "`slots` is at least 1"),
            (model("dtype = \"bf16\"\ndevice = \"cpu\""), "bf16 does not run on a CPU"),
            (model("").repeat(2), "another model has the same name"),
            ("[[models]]\nname = \"m\"\n".to_owned(), "missing field `source`"),
            ("[[models]]\nname = \"M\"\nsource = { hub = \"a/b\" }\n".to_owned(), "a name is"),
            (
                "[[models]]\nname = \"m\"\nsource = { hub = \"a/b\", gguf = \"c\" }\n".to_owned(),
                "exactly one of",
            ),
        ];
        for (text, expected) in table {
            let error = read("models.toml", &text).expect_err(&text).to_string();
            assert!(error.contains(expected), "{error}");
        }
        let missing = ModelsFile::read(Path::new("/nowhere/models.toml"));
        assert!(matches!(missing, Err(EngineError::MissingFile { .. })));
    }
}
