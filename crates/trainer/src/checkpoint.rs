//! A run's whole state on disk: what is loaded goes on as if there had been no break.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::folder::{self, FolderError, Named, Precision};
use crate::lora::Adapter;
use crate::optim::Moments;
use crate::params::Params;

const WEIGHTS: &str = "model.safetensors";
const MOMENTS: &str = "optimizer.safetensors";
const STATE: &str = "state.json";
const CONFIG: &str = "config.json";

#[derive(Serialize, Deserialize)]
struct State<P> {
    optimizer_step: u64,
    /// What the kind of run keeps beside the weights: its settings, the place in its data, the state of
    /// its random numbers.
    run: P,
}

/// Writes weights, moments and the run's own state as one folder, whole or not at all.
pub fn save<P: Serialize>(
    dir: &Path,
    params: &Params,
    moments: &Moments,
    run: &P,
) -> Result<(), FolderError> {
    let weights: Vec<Named> = params
        .layout
        .parts
        .iter()
        .map(|part| (part.name.clone(), part.shape.clone(), &params.flat[part.range.clone()]))
        .collect();
    folder::whole(dir, |dir| {
        folder::write_json(&dir.join(CONFIG), &params.config)?;
        folder::write(&dir.join(WEIGHTS), &folder::tensors_file(weights, Precision::F32))?;
        write_rest(dir, moments, run)
    })
}

/// The same for an adapter, in `peft`'s files.
pub fn save_adapter<P: Serialize>(
    dir: &Path,
    adapter: &Adapter,
    moments: &Moments,
    run: &P,
) -> Result<(), FolderError> {
    folder::whole(dir, |dir| {
        adapter.write(dir, None)?;
        write_rest(dir, moments, run)
    })
}

fn write_rest<P: Serialize>(dir: &Path, moments: &Moments, run: &P) -> Result<(), FolderError> {
    let named = |name: &str, values| (name.to_string(), vec![moments.mean.len()], values);
    let both = vec![named("mean", &moments.mean[..]), named("square", &moments.square[..])];
    folder::write(&dir.join(MOMENTS), &folder::tensors_file(both, Precision::F32))?;
    folder::write_json(&dir.join(STATE), &State { optimizer_step: moments.step, run })
}

/// Reads what [`save`] wrote.
pub fn load<P: DeserializeOwned>(dir: &Path) -> Result<(Params, Moments, P), FolderError> {
    let params = folder::load(dir)?;
    let (moments, run) = load_moments(dir)?;
    Ok((params, moments, run))
}

/// The part of a checkpoint beside the weights.
pub fn load_moments<P: DeserializeOwned>(dir: &Path) -> Result<(Moments, P), FolderError> {
    let state: State<P> = folder::read_json(&dir.join(STATE))?;
    let mut tensors = folder::read_tensors(&dir.join(MOMENTS))?;
    let mut take = |wanted: &str| {
        let at = tensors.iter().position(|(name, ..)| name == wanted);
        at.map(|at| tensors.swap_remove(at).2).ok_or_else(|| FolderError::Missing(wanted.into()))
    };
    let (mean, square) = (take("mean")?, take("square")?);
    Ok((Moments { step: state.optimizer_step, mean, square }, state.run))
}

/// The newest checkpoint below `dir`: folders are named `step-<number>`.
pub fn newest(dir: &Path) -> Option<PathBuf> {
    steps(dir).last().map(|step| path(dir, *step))
}

/// Deletes all checkpoints below `dir` but the newest ones.
pub fn prune(dir: &Path, keep: usize) -> Result<(), FolderError> {
    let steps = steps(dir);
    for step in &steps[..steps.len().saturating_sub(keep)] {
        let file = path(dir, *step);
        std::fs::remove_dir_all(&file).map_err(|source| FolderError::File { file, source })?;
    }
    Ok(())
}

/// The steps that have checkpoints, rising.
fn steps(dir: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(dir).into_iter().flatten();
    let mut steps: Vec<u64> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            name.strip_prefix("step-")?.parse().ok()
        })
        .collect();
    steps.sort_unstable();
    steps
}

/// Where the checkpoint of a step lies.
pub fn path(dir: &Path, step: u64) -> PathBuf {
    dir.join(format!("step-{step}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_saved_comes_back_bit_for_bit() {
        let home = tempfile::tempdir().expect("a folder");
        let params = Params::seeded(&Config::tiny(40), 3);
        let mut moments = Moments::new(params.flat.len());
        moments.step = 7;
        moments.mean[3] = f32::MIN_POSITIVE / 4.0;
        moments.square[5] = 1.0 / 3.0;
        for step in [2, 10, 9] {
            save(&path(home.path(), step), &params, &moments, &("run", step)).expect("writable");
        }
        let newest = newest(home.path()).expect("three of them");
        let loaded: (Params, Moments, (String, u64)) = load(&newest).expect("what was saved");
        assert_eq!(loaded, (params, moments, ("run".to_string(), 10)));
    }
}
