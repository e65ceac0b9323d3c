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

/// Takes in a file of a checkpoint; one of the same name gives way, once this one is whole.
///
/// # Errors
/// Where the name is none of a model's file, or the disk is full.
pub async fn take(
    data: &Path,
    (run, iteration): (RunId, u32),
    name: &str,
    mut body: BodyDataStream,
) -> Result<()> {
    ensure!(is_model_file(name), "{name} is no name of a model's file");
    let folder = incoming(data, run, iteration);
    tokio::fs::create_dir_all(&folder).await?;
    let part = folder.join(format!("{name}.part"));
    let mut file = tokio::fs::File::create(&part).await?;
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(|error| io::Error::new(io::ErrorKind::UnexpectedEof, error))?;
        file.write_all(&bytes).await?;
    }
    file.sync_all().await?;
    drop(file);
    tokio::fs::rename(&part, folder.join(name)).await?;
    Ok(())
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
