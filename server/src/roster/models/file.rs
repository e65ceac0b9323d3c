//! Which models file counts, and what of it is the server's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use engine::{Definition, ModelsFile, Source};
use serde_json::Value;

use crate::config::ModelsSetting;

/// A models file, read.
#[derive(Debug, Default)]
pub struct Shelf {
    pub budget_mb: Option<u64>,
    pub models: Vec<Definition>,
    /// Models elsewhere.
    pub remotes: Vec<remote::Definition>,
    /// Models with `guard = true`.
    pub guarded: BTreeSet<String>,
}

/// The file of the settings. `None`: the server has no models.
pub fn read(setting: &ModelsSetting) -> Result<Option<Shelf>> {
    match setting {
        ModelsSetting::Nowhere => Ok(None),
        ModelsSetting::File(path) => shelf(path).map(Some),
        ModelsSetting::Bundled => {
            let Some(path) = bundled()? else {
                tracing::info!("no models file came with this program: scripted negotiators only");
                return Ok(None);
            };
            let mut shelf = shelf(&path)?;
            // A checkout may be without the weights, which a command makes.
            shelf.models.retain(is_there);
            Ok(Some(shelf))
        }
    }
}

/// Where the file of the settings lies.
pub fn path(setting: &ModelsSetting) -> Option<PathBuf> {
    match setting {
        ModelsSetting::Nowhere => None,
        ModelsSetting::File(path) => Some(path.clone()),
        ModelsSetting::Bundled => bundled().ok().flatten(),
    }
}

fn is_there(model: &Definition) -> bool {
    let there = match &model.source {
        Source::Folder(path) => path.is_dir(),
        Source::Gguf(path) => path.is_file(),
        Source::Hub { .. } => true,
    };
    if !there {
        tracing::warn!(model = model.name, source = ?model.source, "its files are not there: the server starts without it");
    }
    there
}

/// The models file of a release's folder, of the checkout that the program was built in, or beside the program.
fn bundled() -> Result<Option<PathBuf>> {
    let program = std::env::current_exe().context("this program does not know where it lies")?;
    let folder = program.parent().context("a program lies in a folder")?;
    let choices = ["../models/models.toml", "../../models/models.toml", "models/models.toml"];
    Ok(choices.into_iter().map(|choice| folder.join(choice)).find(|choice| choice.is_file()))
}

fn shelf(path: &Path) -> Result<Shelf> {
    parse(path)
        .with_context(|| format!("the models file {} (SOUK_MODELS) cannot be used", path.display()))
}

/// Takes the key `guard` out of the definitions, which is the server's, and the models elsewhere; all
/// else is the engine's.
fn parse(path: &Path) -> Result<Shelf> {
    let text = std::fs::read_to_string(path)?;
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let mut whole: Value =
        if is_json { serde_json::from_str(&text)? } else { toml::from_str(&text)? };
    let mut guarded = BTreeSet::new();
    for model in whole.get_mut("models").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(guard) = model.as_object_mut().and_then(|model| model.remove("guard")) else {
            continue;
        };
        let name = model["name"].as_str().unwrap_or_default().to_owned();
        match guard {
            Value::Bool(true) => _ = guarded.insert(name),
            Value::Bool(false) => {}
            other => return Err(anyhow!("`guard` of `{name}` is {other}: write true or false")),
        }
    }
    let remotes = match whole.as_object_mut().and_then(|whole| whole.remove("remotes")) {
        Some(remotes) => serde_json::from_value(remotes).context("`remotes`")?,
        None => Vec::new(),
    };
    let mut file: ModelsFile = serde_json::from_value(whole)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    file.models.iter_mut().for_each(|model| settle(model, folder));
    Ok(Shelf { budget_mb: file.budget_mb, models: file.models, remotes, guarded })
}

/// Paths are relative to the file's folder.
fn settle(model: &mut Definition, folder: &Path) {
    if let Source::Folder(path) | Source::Gguf(path) = &mut model.source {
        *path = folder.join(&*path);
    }
    if let Some(path) = &mut model.adapter {
        *path = folder.join(&*path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn the_guard_is_the_servers_and_paths_are_relative_to_the_file() {
        let toml = "budget_mb = 9\n[[models]]\nname = \"a\"\nsource = { folder = \"w\" }\nguard = true\n\
                    [[models]]\nname = \"b\"\nsource = { gguf = \"/b.gguf\" }\nguard = false\n";
        let json = r#"{"budget_mb": 9, "models": [
            {"name": "a", "source": {"folder": "w"}, "guard": true},
            {"name": "b", "source": {"gguf": "/b.gguf"}}]}"#;
        for (name, text) in [("m.toml", toml), ("m.json", json)] {
            let (folder, path) = file(name, text);
            let shelf = read(&ModelsSetting::File(path)).unwrap().unwrap();
            assert_eq!(shelf.budget_mb, Some(9));
            assert_eq!(shelf.guarded, BTreeSet::from(["a".to_owned()]));
            assert_eq!(shelf.models[0].source, Source::Folder(folder.path().join("w")));
            assert_eq!(shelf.models[1].source, Source::Gguf("/b.gguf".into()));
        }
    }

    #[test]
    fn the_file_that_comes_with_souk_names_the_demo_model() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/models.toml");
        let shelf = read(&ModelsSetting::File(path)).unwrap().unwrap();
        assert_eq!(shelf.models[0].name, crate::roster::DEMO);
        let cache = std::env::temp_dir();
        let options = engine::Options { budget: None, cache, offline: true };
        assert!(engine::Registry::new(shelf.models, options).is_ok());
    }

    #[test]
    fn models_elsewhere_stand_beside_the_others() {
        let text = "[[remotes]]\nname = \"far\"\nbase_url = \"https://host.example/v1\"\nmodel = \"m\"\n\
                    guard = true\n";
        let (_folder, path) = file("models.toml", text);
        let shelf = read(&ModelsSetting::File(path)).unwrap().unwrap();
        assert_eq!((shelf.models.len(), shelf.remotes.len()), (0, 1));
        assert!(shelf.remotes[0].guard && shelf.guarded.is_empty());
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let table = [
            ("[[models]]\nname = \"a\"\nsource = { folder = \"w\" }\nguard = 1\n", "true or false"),
            ("[[models]]\nname = \"a\"\nsource = { folder = \"w\" }\ngard = true\n", "gard"),
            ("models = [", "models"),
        ];
        for (text, expected) in table {
            let (_folder, path) = file("models.toml", text);
            let error = format!("{:#}", read(&ModelsSetting::File(path)).unwrap_err());
            assert!(error.contains(expected) && error.contains("SOUK_MODELS"), "{error}");
        }
        assert!(read(&ModelsSetting::File("/nowhere/models.toml".into())).is_err());
        assert!(read(&ModelsSetting::Nowhere).unwrap().is_none());
    }
}
