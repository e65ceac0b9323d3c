//! `souk pretrain`: the demo model, from its recipe to its folder and its checks.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use catalogue::{Item, SEED, Split, own_catalogue};
use clap::Args;
use policy::corpus::Deal;
use sha2::{Digest, Sha256};
use trainer::pretrain::check::{Plan, check, transcripts};
use trainer::pretrain::{News, Products, Recipe, Record, run};
use trainer::supervise::Flow;

use super::progress::{Progress, spoken};
use crate::config::Config;

/// Negotiations that `--transcripts` writes.
const TRANSCRIPTS: usize = 20;

#[derive(Args, Clone, Debug)]
pub struct Pretrain {
    /// How the model is made.
    #[arg(long, value_name = "FILE", default_value = "models/demo.toml")]
    recipe: PathBuf,
    /// The model's folder.
    #[arg(long, value_name = "DIR", default_value = "models/demo")]
    out: PathBuf,
    /// Where checkpoints are kept, from which a run that was cut off goes on. Default: a folder of the
    /// recipe's own under SOUK_DATA, removed at the end.
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Threads, in place of the recipe's. Another number gives another rounding, so another model.
    #[arg(long)]
    threads: Option<usize>,
    /// Check the model that is there, and make none.
    #[arg(long)]
    check_only: bool,
    /// Write negotiations of the checks for a blind read; who is who is told at the end of the file.
    #[arg(long, value_name = "FILE")]
    transcripts: Option<PathBuf>,
}

impl Pretrain {
    pub async fn run(self, config: &Config) -> Result<()> {
        let data = config.data.clone();
        let stop = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&stop);
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if heard.swap(true, Ordering::Relaxed) {
                    // A second time: no checkpoint either.
                    std::process::exit(130);
                }
                eprintln!("\nsouk: stopping at a checkpoint after this step");
            }
        });
        tokio::task::spawn_blocking(move || self.work_through(&data, &stop)).await?
    }

    fn work_through(self, data: &Path, stop: &AtomicBool) -> Result<()> {
        let mut recipe = Recipe::read(&self.recipe)?;
        recipe.division.threads = self.threads.unwrap_or(recipe.division.threads);
        let items = own_catalogue(SEED);
        let (train, test) = (deals(&items, Split::Train), deals(&items, Split::Test));
        if !self.check_only {
            let products = Products { train: &train, test: &test };
            if !self.make(&recipe, products, data, stop)? {
                bail!("stopped; the same command goes on from the checkpoint");
            }
        }
        // There is no checkpoint of a check: Ctrl-C ends it at once.
        stop.store(true, Ordering::Relaxed);
        self.check(&recipe, &test)
    }

    /// Makes the model. `false`: stopped.
    fn make(
        &self,
        recipe: &Recipe,
        products: Products,
        data: &Path,
        stop: &AtomicBool,
    ) -> Result<bool> {
        let own = data.join("pretrain").join(name_of(recipe));
        let work = self.work.as_ref().unwrap_or(&own);
        let mut progress = Progress::new();
        progress.say(&format!(
            "making lessons over {} products; checkpoints go to {}",
            products.train.len(),
            work.display()
        ));
        let made = run(recipe, products, work, &self.out, &mut |news| {
            tell(&mut progress, news);
            if stop.load(Ordering::Relaxed) { Flow::Stop } else { Flow::On }
        });
        let Some(record) = made.context("no model was made")? else { return Ok(false) };
        progress.say(&report(&record, &self.out));
        if self.work.is_none() {
            std::fs::remove_dir_all(&own)
                .with_context(|| format!("{} cannot be removed", own.display()))?;
        }
        Ok(true)
    }

    fn check(&self, recipe: &Recipe, held_out: &[Deal]) -> Result<()> {
        let mut progress = Progress::new();
        progress.say(&format!("checking {} on held-out products", self.out.display()));
        let begun = Instant::now();
        let checked = check(&self.out, recipe, held_out, &Plan::default(), &mut |done, of| {
            let left = begun.elapsed().mul_f64((of - done) as f64 / done as f64);
            progress
                .tell(done == of, || format!("{done} of {of} negotiations, {} left", spoken(left)));
        });
        let checked = checked
            .with_context(|| format!("the model in {} was not checked", self.out.display()))?;
        drop(progress);
        println!("{}", checked.check);
        if let Some(file) = &self.transcripts {
            std::fs::write(file, transcripts(&checked, TRANSCRIPTS))
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        if !checked.check.passes() {
            bail!("the model writes too many moves that are none, or beyond its own limit");
        }
        Ok(())
    }
}

fn deals(items: &[Item], split: Split) -> Vec<Deal> {
    let deal =
        |item: &Item| Deal { product: item.product.clone(), budget: item.budget, cost: item.cost };
    items.iter().filter(|item| item.split == split).map(deal).collect()
}

/// A folder name of its own for each recipe, so that none goes on from another's checkpoint.
fn name_of(recipe: &Recipe) -> String {
    let text = serde_json::to_string(recipe).expect("a recipe is plain data");
    hex::encode(&Sha256::digest(text)[..8])
}

fn tell(progress: &mut Progress, news: News) {
    match news {
        News::Encoded { lessons, left_out, tokens, own, vocabulary } => progress.say(&format!(
            "{lessons} lessons ({left_out} too long): {tokens} tokens, {own} to be learnt, \
             vocabulary {vocabulary}"
        )),
        News::Model { parameters } => progress.say(&format!("{parameters} weights")),
        News::Step(step) => {
            let matters = step.evaluation.is_some() || step.step == step.of;
            progress.tell(matters, || {
                let held_out = step.evaluation.map_or(String::new(), |held_out| {
                    format!(", perplexity on held-out lessons {:.3}", held_out.perplexity)
                });
                format!(
                    "step {} of {}, loss {:.3}{held_out}, {:.0} tokens/s, {} left",
                    step.step,
                    step.of,
                    step.loss,
                    step.tokens_per_s,
                    spoken(step.left)
                )
            });
        }
    }
}

fn report(record: &Record, out: &Path) -> String {
    format!(
        "{} holds a model of {} weights after {} steps; perplexity on held-out lessons {:.3}",
        out.display(),
        record.parameters,
        record.steps,
        record.held_out_perplexity
    )
}
