//! What a job is to do.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rl::Plan;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Split, Store};
use utoipa::ToSchema;
use wire::{JobFile, JobPlace, JobProduct, RunId, RunPlace};

use crate::roster::Roster;
use crate::training::ground::{self, Lessons};

/// Bytes of a tokenizer and what else a checkpoint has beside its weights; of an adapter, where the base is not here.
const BESIDE_WEIGHTS: u64 = 256 * 1024 * 1024;

/// What a job is to do, with all that it needs for it but the base's files.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct JobSpec {
    pub run: RunId,
    /// `souk` or `trl`.
    pub engine: String,
    /// Iterations that are stored.
    pub iteration: u32,
    /// Milliseconds worked until then.
    pub worked_ms: u64,
    /// The settings, resolved.
    #[schema(value_type = Object)]
    pub plan: Plan,
    /// Products to learn from, and to be judged on.
    pub train: Vec<JobProduct>,
    pub test: Vec<JobProduct>,
    /// Files of the base model, to be had from Souk; empty: the plan's name of it is all there is.
    pub base: Vec<JobFile>,
    /// Exams that are stored.
    pub done: Vec<JobPlace>,
}

/// # Errors
/// Where the run's settings cannot be read, or its base.
pub async fn spec(store: &Store, roster: &Roster, run: RunId) -> Result<JobSpec> {
    let row = store.run_find(run).await?;
    let plan: Plan = serde_json::from_value(row.settings)
        .context("the run was made by another version of Souk")?;
    let base = match ground::base_folder(roster, &plan.base) {
        None => Vec::new(),
        Some(folder) => tokio::task::spawn_blocking(move || listing(&folder)).await??,
    };
    Ok(JobSpec {
        run,
        engine: if row.place == RunPlace::RayTrl { "trl" } else { "souk" }.to_owned(),
        iteration: row.iteration,
        worked_ms: row.worked_ms,
        train: products(ground::lessons(store).await?),
        test: products(ground::split(store, Split::Test).await?),
        base,
        done: ground::examined(store, run).await?.into_iter().collect(),
        plan,
    })
}

fn products(lessons: Lessons) -> Vec<JobProduct> {
    let Lessons { ids, deals, .. } = lessons;
    let product = |(id, deal): (_, policy::corpus::Deal)| JobProduct {
        id,
        product: deal.product,
        budget: deal.budget,
        cost: deal.cost,
    };
    ids.into_iter().zip(deals).map(product).collect()
}

/// Where a file of a run's base lies; `None`: the base has no such file.
pub async fn base_file(
    store: &Store,
    roster: &Roster,
    run: RunId,
    name: &str,
) -> Result<Option<PathBuf>> {
    let plan: Plan = serde_json::from_value(store.run_find(run).await?.settings)?;
    let folder = ground::base_folder(roster, &plan.base).filter(|_| is_model_file(name));
    Ok(folder.map(|folder| folder.join(name)).filter(|path| path.is_file()))
}

/// What a run's job may send of checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub iterations: u32,
    /// Of one checkpoint, all files together.
    pub bytes: u64,
}

/// Weights as large as the base's in four times its precision, and what lies beside them.
///
/// # Errors
/// Where the run's settings cannot be read, or its base.
pub async fn room(store: &Store, roster: &Roster, run: RunId) -> Result<Room> {
    let plan: Plan = serde_json::from_value(store.run_find(run).await?.settings)?;
    let base = ground::base_folder(roster, &plan.base);
    let base = base.map_or(Ok(0), |folder| ground::size_of(&folder))?;
    Ok(Room { iterations: plan.iterations, bytes: 4 * base + BESIDE_WEIGHTS })
}

/// The files of a model's folder with their hashes, by name.
///
/// # Errors
/// Where one cannot be read.
pub fn listing(folder: &Path) -> Result<Vec<JobFile>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_file() && is_model_file(name) {
            let (bytes, sha256) = hashed(&path)?;
            files.push(JobFile { name: name.to_owned(), bytes, sha256 });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// A file's size and hash.
///
/// # Errors
/// Where it cannot be read.
pub fn hashed(path: &Path) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let bytes = io::copy(&mut File::open(path)?, &mut hash)?;
    Ok((bytes, hex::encode(hash.finalize())))
}

/// Whether a file of a model's folder may have this name: plain data, and in no other folder.
pub fn is_model_file(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let kind = name.rsplit_once('.').map(|(_, kind)| kind);
    name.len() <= 200
        && name.chars().all(plain)
        && !name.starts_with('.')
        && matches!(kind, Some("json" | "safetensors" | "jinja" | "txt" | "model"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_files_are_plain_data_in_its_folder() {
        for name in ["config.json", "model-00001-of-00002.safetensors", "chat_template.jinja"] {
            assert!(is_model_file(name), "{name}");
        }
        for name in [
            "",
            "..",
            "../config.json",
            ".json",
            "a/b.json",
            "pytorch_model.bin",
            "x.pkl",
            "x.py",
            "a\\b.json",
        ] {
            assert!(!is_model_file(name), "{name}");
        }
    }
}
