//! Weights that a job sends: taken in file by file, checked, and put where a run's checkpoints lie.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use axum::body::BodyDataStream;
use futures::StreamExt;
use rl::Plan;
use tokio::io::AsyncWriteExt;
use wire::{JobFile, RunId};

use super::spec::{hashed, is_model_file};
use crate::training::ground::{run_folder, size_of};

fn incoming(data: &Path, run: RunId, iteration: u32) -> PathBuf {
    run_folder(data, run).join(format!("incoming-{iteration}"))
}

/// Why a file was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum Untaken {
    #[error("the checkpoint is larger than it may be")]
    TooLarge,
    /// The sender did not go on.
    #[error("{0}")]
    Broken(String),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl From<io::Error> for Untaken {
    fn from(error: io::Error) -> Untaken {
        Untaken::Other(error.into())
    }
}

/// Takes in a file of a checkpoint; one of the same name gives way, once this one is whole. All files of it together
/// have `most` bytes.
///
/// # Errors
/// Where the name is none of a model's file, the file is too large or breaks off, or the disk is full.
pub async fn take(
    data: &Path,
    (run, iteration): (RunId, u32),
    name: &str,
    most: u64,
    body: BodyDataStream,
) -> Result<(), Untaken> {
    if !is_model_file(name) {
        return Err(anyhow::anyhow!("{name} is no name of a model's file").into());
    }
    let folder = incoming(data, run, iteration);
    tokio::fs::create_dir_all(&folder).await?;
    let part = folder.join(format!("{name}.part"));
    let others = others(&folder, name).await?;
    let written = write(&part, most.saturating_sub(others), body).await;
    if written.is_err() {
        // What it took of the disk is given back; where that fails, the next try writes over it.
        let _ = tokio::fs::remove_file(&part).await;
    }
    written?;
    tokio::fs::rename(&part, folder.join(name)).await?;
    Ok(())
}

async fn write(part: &Path, most: u64, mut body: BodyDataStream) -> Result<(), Untaken> {
    let mut file = tokio::fs::File::create(part).await?;
    let mut left = most;
    while let Some(bytes) = body.next().await {
        let bytes =
            bytes.map_err(|error| Untaken::Broken(format!("The file broke off: {error}.")))?;
        left = left.checked_sub(bytes.len() as u64).ok_or(Untaken::TooLarge)?;
        file.write_all(&bytes).await?;
    }
    file.sync_all().await?;
    Ok(())
}

/// Bytes of the other files in a folder.
async fn others(folder: &Path, name: &str) -> io::Result<u64> {
    let mut bytes = 0;
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        if found.strip_suffix(".part").unwrap_or(&found) != name {
            bytes += entry.metadata().await?.len();
        }
    }
    Ok(bytes)
}

/// Checks a checkpoint whose files were taken in, and makes it one of the run's: its folder and its size.
/// An adapter is merged into `base`.
///
/// # Errors
/// Where a file is missing, another one than was told, or no weights of a model that plays here.
pub fn settle(
    data: &Path,
    (run, iteration): (RunId, u32),
    files: &[JobFile],
    plan: &Plan,
    base: Option<&Path>,
) -> Result<(PathBuf, u64)> {
    let from = incoming(data, run, iteration);
    let to = run_folder(data, run).join(format!("model-{iteration}"));
    if !from.is_dir() && to.is_dir() {
        // Told a second time: its answer was lost.
        return Ok((to.clone(), size_of(&to)?));
    }
    ensure!(!files.is_empty(), "a checkpoint has files");
    for JobFile { name, bytes, sha256 } in files {
        ensure!(is_model_file(name), "{name} is no name of a model's file");
        let found = hashed(&from.join(name)).with_context(|| format!("{name} did not come"))?;
        ensure!(found == (*bytes, sha256.clone()), "{name} is another file than the job wrote");
    }
    let whole = run_folder(data, run).join(format!("settling-{iteration}"));
    if whole.exists() {
        std::fs::remove_dir_all(&whole)?;
    }
    std::fs::create_dir_all(&whole)?;
    weights(&from, &whole, files, plan, base)?;
    if to.exists() {
        std::fs::remove_dir_all(&to)?;
    }
    std::fs::rename(&whole, &to)?;
    std::fs::remove_dir_all(&from)?;
    let bytes = size_of(&to)?;
    Ok((to, bytes))
}

/// Puts what came in `from` as a model that plays into `whole`.
#[cfg(feature = "trainer")]
fn weights(
    from: &Path,
    whole: &Path,
    files: &[JobFile],
    plan: &Plan,
    base: Option<&Path>,
) -> Result<()> {
    use trainer::folder;

    let base = base.with_context(|| format!("the base {} is not here", plan.base))?;
    let tokens = folder::load_tokens(base)?;
    let own = folder::load(base)?;
    let params = if files.iter().any(|file| file.name == "adapter_config.json") {
        trainer::lora::Adapter::load(from, &own.config)?.merged(&own)
    } else {
        folder::load(from)?
    };
    if params.layout != own.layout {
        bail!("the weights are those of another model than {}", plan.base);
    }
    ensure!(params.flat.iter().all(|number| number.is_finite()), "a weight is not finite");
    folder::save(whole, &params, folder::Precision::Bf16, Some(&tokens))?;
    Ok(())
}

#[cfg(not(feature = "trainer"))]
fn weights(_: &Path, _: &Path, _: &[JobFile], _: &Plan, _: Option<&Path>) -> Result<()> {
    bail!("this Souk was built without its trainer, which reads weights")
}
