//! The demo model, from its corpus to its folder.
//!
//! Everything follows from the recipe and the products: the lessons, the tokenizer, the order, the
//! weights. On processors with fused multiply-adds the folder comes out the same to the last bit.

pub mod check;
mod lessons;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use policy::corpus::Deal;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::cpu::{Division, Machine};
use crate::folder::{self, FolderError, Precision};
use crate::learn::{LearnError, Learner};
use crate::params::Params;
use crate::sample::SampleError;
use crate::supervise::{self, Evaluation, Flow, Run, Settings, evaluate};
use crate::tokens::TokensError;

pub use lessons::{Examples, examples};

/// How a demo model is made. Stored beside the model that it made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Seeds the lessons, the weights and the order.
    pub seed: u64,
    /// Lessons to learn from, every other one the seller's.
    pub lessons: u64,
    /// Lessons over held-out products, to measure the perplexity on.
    pub held_out: u64,
    /// Tokens in the vocabulary, at most.
    pub vocabulary: usize,
    /// Lessons that the vocabulary is made from.
    pub vocabulary_lessons: u64,
    /// Tokens of the longest lesson that is used; longer ones are left out and counted.
    pub longest: usize,
    /// Passes over the lessons; decides the optimiser's steps.
    pub passes: u64,
    pub shape: Shape,
    /// Its `seed` and `steps` are set from the fields above.
    pub training: Settings,
    pub division: Division,
}

/// The model's size; the rest of its configuration is that of [`Config::demo`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub hidden: usize,
    pub feed_forward: usize,
    pub layers: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    /// Positions, at most: prompt and answers together.
    pub positions: usize,
    /// Base of the rotation.
    pub rope_theta: f64,
}

impl Shape {
    fn config(self, vocabulary: usize) -> Config {
        Config {
            hidden_size: self.hidden,
            intermediate_size: self.feed_forward,
            num_hidden_layers: self.layers,
            max_window_layers: self.layers,
            num_attention_heads: self.heads,
            num_key_value_heads: self.kv_heads,
            head_dim: self.head_dim,
            max_position_embeddings: self.positions,
            rope_theta: Some(self.rope_theta),
            ..Config::demo(vocabulary)
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PretrainError {
    #[error("{file}: {source}")]
    File { file: PathBuf, source: std::io::Error },
    #[error("the recipe {file}: {source}")]
    Recipe { file: PathBuf, source: Box<toml::de::Error> },
    #[error("there are no products to learn from: give at least one of each split")]
    NoProducts,
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Learn(#[from] LearnError),
    #[error(transparent)]
    Sample(#[from] SampleError),
}

impl Recipe {
    /// Reads a recipe from a TOML file.
    pub fn read(file: &Path) -> Result<Recipe, PretrainError> {
        let text = fs::read_to_string(file)
            .map_err(|source| PretrainError::File { file: file.to_owned(), source })?;
        toml::from_str(&text).map_err(|source| PretrainError::Recipe {
            file: file.to_owned(),
            source: Box::new(source),
        })
    }

    /// The numbers of the held-out lessons: no lesson is in both.
    fn beyond(&self) -> Range<u64> {
        self.lessons..self.lessons + self.held_out
    }
}

/// What a run is about to do, did, or measured.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// The lessons were generated and encoded.
    Encoded {
        lessons: usize,
        left_out: usize,
        tokens: usize,
        own: usize,
        vocabulary: usize,
    },
    /// The model's weights.
    Model {
        parameters: usize,
    },
    Step(&'a supervise::Progress),
}

/// The record of a run, stored as `pretrain.json` in the model's folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub recipe: Recipe,
    pub parameters: usize,
    pub vocabulary: usize,
    pub tokens: usize,
    pub own_tokens: usize,
    pub lessons_left_out: usize,
    pub steps: u64,
    /// On lessons over held-out products.
    pub held_out_loss: f64,
    pub held_out_perplexity: f64,
}

/// Products to learn from and products kept for evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Products<'a> {
    pub train: &'a [Deal],
    pub test: &'a [Deal],
}

/// Makes the model of a recipe in `out`. Checkpoints are kept in `work`, from which a run that was
/// cut off goes on. `None`: `report` stopped it.
pub fn run(
    recipe: &Recipe,
    products: Products<'_>,
    work: &Path,
    out: &Path,
    report: &mut dyn FnMut(News<'_>) -> Flow,
) -> Result<Option<Record>, PretrainError> {
    if products.train.is_empty() || products.test.is_empty() {
        return Err(PretrainError::NoProducts);
    }
    let tokens = lessons::vocabulary(recipe, products.train)?;
    let train = examples(&tokens, recipe, products.train, 0..recipe.lessons);
    let test = examples(&tokens, recipe, products.test, recipe.beyond());
    report(News::Encoded {
        lessons: train.sequences.len(),
        left_out: train.left_out,
        tokens: train.tokens(),
        own: train.own_tokens(),
        vocabulary: tokens.vocab_size(),
    });
    let config = recipe.shape.config(tokens.vocab_size());
    config.check().map_err(FolderError::from)?;
    let mut settings = Settings { seed: recipe.seed, ..recipe.training.clone() };
    settings.steps = supervise::steps_of(recipe.passes, &train.lengths(), &settings);
    let fresh = || Learner::whole(Params::seeded(&config, recipe.seed));
    let mut run = Run::resume_or_new(work, settings, fresh)?;
    let mut machine = Machine::new(&config, recipe.division);
    report(News::Model { parameters: run.params().flat.len() });
    let mut told = |progress: &supervise::Progress| report(News::Step(progress));
    run.train(&mut machine, &train.sequences, &test.sequences, &mut told)?;
    if run.learner.moments.step < run.settings.steps {
        return Ok(None);
    }
    folder::save(out, run.params(), Precision::Bf16, Some(&tokens))?;
    // Of the weights as they are stored, in half the bits.
    let stored = folder::load(out)?;
    let Evaluation { loss, perplexity, .. } = evaluate(&mut machine, &stored, &test.sequences)?;
    let record = Record {
        recipe: recipe.clone(),
        parameters: run.params().flat.len(),
        vocabulary: tokens.vocab_size(),
        tokens: train.tokens(),
        own_tokens: train.own_tokens(),
        lessons_left_out: train.left_out,
        steps: run.settings.steps,
        held_out_loss: loss,
        held_out_perplexity: perplexity,
    };
    let file = out.join("pretrain.json");
    let text = serde_json::to_string_pretty(&record).expect("a record is plain data");
    fs::write(&file, text + "\n").map_err(|source| PretrainError::File { file, source })?;
    Ok(Some(record))
}

#[cfg(test)]
mod tests;
