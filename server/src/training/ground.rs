//! What a run stands on: the base's folder, the products, and whether the machine is large enough.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use policy::corpus::Deal;
use rl::Plan;
use rl::estimate::{Estimate, Shape, estimate};
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Split, Store};
use wire::{JobPlace, ProductId, RunId};

use crate::roster::Roster;

/// The folder of the model that a plan begins from, where it is on this machine: of a model of the models file, or a
/// path below one of the folders from which models may be taken. Plans are written by researchers, who have no
/// business in the machine's other folders.
pub fn base_folder(roster: &Roster, base: &str) -> Option<PathBuf> {
    let named = roster.models().folder(base);
    let path = || roster.folder_at(Path::new(base));
    named.or_else(path).filter(|folder| folder.join("config.json").is_file())
}

/// The size of the model in a folder, from its configuration.
pub fn shape_of(folder: &Path) -> Result<Shape> {
    let file = folder.join("config.json");
    let text = fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
    let config: Value =
        serde_json::from_str(&text).with_context(|| format!("{}", file.display()))?;
    let number = |key: &str| {
        config[key].as_u64().with_context(|| format!("{} has no number {key}", file.display()))
    };
    let (hidden, layers, vocabulary) =
        (number("hidden_size")?, number("num_hidden_layers")?, number("vocab_size")?);
    let (feed_forward, dim) = (number("intermediate_size")?, number("head_dim")?);
    let kv_width = number("num_key_value_heads")? * dim;
    let q_width = number("num_attention_heads")? * dim;
    let is_tied = config["tie_word_embeddings"].as_bool().unwrap_or(false);
    let embeddings = vocabulary * hidden * if is_tied { 1 } else { 2 };
    let layer = 2 * hidden * q_width + 2 * hidden * kv_width + 3 * hidden * feed_forward;
    Ok(Shape {
        parameters: embeddings + layers * (layer + 2 * hidden + 2 * dim) + hidden,
        layers,
        hidden,
        kv_width,
        feed_forward,
        vocabulary,
        experts: config.get("num_experts").is_some(),
    })
}

/// What a plan would take here, and what stands against it.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// `None`: the base is not here, and the plan does not tell its size.
    pub estimate: Option<(Shape, Estimate)>,
    pub folder: Option<PathBuf>,
    /// A sentence for the person who asked.
    pub obstacle: Option<String>,
}

/// Looks at a plan from this machine, reading no weights.
pub fn outlook(roster: &Roster, plan: &Plan) -> Outlook {
    let folder = base_folder(roster, &plan.base);
    let read = folder.as_deref().map(shape_of);
    let shape = match &read {
        Some(Ok(shape)) => Some(*shape),
        _ => plan.shape,
    };
    let estimate = shape.map(|shape| (shape, estimate(plan, &shape)));
    let obstacle = match (&read, estimate) {
        (Some(Err(error)), _) => {
            Some(format!("The model `{}` cannot be used: {error:#}.", plan.base))
        }
        (_, Some((shape, estimate))) => too_small(&shape, &estimate, available_memory()),
        _ => None,
    };
    let absent = || {
        let base = &plan.base;
        folder.is_none().then(|| {
            format!(
                "There is no model `{base}` here: name one of the models file that is a folder, or give \
                 the path of a folder beside that file, or below one of SOUK_MODEL_FOLDERS."
            )
        })
    };
    Outlook { estimate, obstacle: obstacle.or_else(absent), folder }
}

fn too_small(shape: &Shape, estimate: &Estimate, available: Option<u64>) -> Option<String> {
    if shape.experts {
        return Some(
            "The base is a mixture of experts, which the trainer of this machine does not learn: \
             choose a dense model, or train elsewhere."
                .to_owned(),
        );
    }
    let available = available.filter(|available| estimate.memory() > *available)?;
    Some(format!(
        "It would take some {} of memory and {} are free: choose a smaller model, an adapter \
         (learning.rank), fewer negotiations at once or fewer micro_tokens.",
        gigabytes(estimate.memory()),
        gigabytes(available)
    ))
}

pub fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

/// What the system can give without swapping.
fn available_memory() -> Option<u64> {
    memory_line("/proc/meminfo", "MemAvailable:")
}

/// The most memory that this process has had.
pub fn peak_memory() -> Option<u64> {
    memory_line("/proc/self/status", "VmHWM:")
}

fn memory_line(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Products to learn from, or to be judged on, in the order of their ids, with a hash over ids, prices and limits.
pub struct Lessons {
    pub ids: Vec<ProductId>,
    pub deals: Vec<Deal>,
    pub sha256: String,
}

/// The training split as it is now.
pub async fn lessons(store: &Store) -> Result<Lessons> {
    let lessons = split(store, Split::Train).await?;
    if lessons.ids.is_empty() {
        bail!("there are no products to learn from: import some, or start `souk serve` once");
    }
    Ok(lessons)
}

/// The products of a split as they are now; there may be none.
pub async fn split(store: &Store, split: Split) -> Result<Lessons> {
    let mut ids = store.evaluation_products(Some(split)).await?;
    ids.sort_by(|a, b| a.0.cmp(&b.0));
    let (mut deals, mut hash) = (Vec::with_capacity(ids.len()), Sha256::new());
    for id in &ids {
        let row = store.product_find(id).await?;
        let product = row.product();
        for part in [&id.0, &product.title, &product.list_price.to_string()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.update(row.budget.0.to_be_bytes());
        hash.update(row.cost.0.to_be_bytes());
        deals.push(Deal { product, budget: row.budget, cost: row.cost });
    }
    Ok(Lessons { ids, deals, sha256: hex::encode(hash.finalize()) })
}

/// Where a run keeps its weights.
pub fn run_folder(data: &Path, id: RunId) -> PathBuf {
    data.join("runs").join(id.to_string())
}

/// Bytes of a folder's files.
pub fn size_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).context("a checkpoint's folder")? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// The exams of a run that are stored.
pub async fn examined(store: &Store, id: RunId) -> Result<HashSet<JobPlace>> {
    let done = store.training_evaluations(id, true).await?.into_iter();
    let place = |row: store::RunEvaluationRow| JobPlace {
        iteration: row.iteration,
        role: row.role,
        baseline: row.baseline,
        against: row.against,
        persona: row.persona,
    };
    Ok(done.map(place).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_models_size_is_its_files() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/demo");
        let shape = shape_of(&folder).expect("it came with Souk");
        let stored = fs::metadata(folder.join("model.safetensors")).expect("its weights").len();
        // Two bytes a number, and a head of some kilobytes.
        assert!(stored.abs_diff(2 * shape.parameters) < 20_000, "{stored} {shape:?}");
    }

    #[test]
    fn a_machine_that_is_too_small_is_told_why() {
        let plan = Plan::of("small-dense", "").expect("a preset");
        let shape = plan.shape.expect("it tells its size");
        let need = estimate(&plan, &shape);
        assert_eq!(too_small(&shape, &need, Some(need.memory())), None);
        let said = too_small(&shape, &need, Some(8_000_000_000)).expect("too small");
        assert!(said.contains("8.0 GB are free"), "{said}");
        let experts = Shape { experts: true, ..shape };
        assert!(too_small(&experts, &need, None).is_some_and(|said| said.contains("experts")));
    }
}
