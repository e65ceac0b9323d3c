//! Supervised learning: mean negative log-likelihood of the own tokens.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::batch::{self, MeanNll, Sequence};
use crate::checkpoint;
use crate::draw::permutation;
use crate::learn::Learner;
pub use crate::learn::{Differentiate, LearnError};
use crate::optim::{AdamW, Schedule};
use crate::params::Params;

/// Settings of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Orders the examples; the weights' own seed is [`Params::seeded`]'s. Default: 0.
    pub seed: u64,
    /// Optimiser steps in all. Default: 1000. See [`steps_of`] for passes over the data.
    pub steps: u64,
    /// Tokens per optimiser step, own or not; whole sequences are taken until it is reached.
    /// Default: 8192.
    pub batch_tokens: usize,
    pub optimizer: AdamW,
    pub schedule: Schedule,
    /// Steps between evaluations on the held-out examples; there is one more at the end.
    /// Default: 200; 0 is never.
    pub evaluate_every: u64,
    /// Steps between checkpoints. Default: 200; 0 is never.
    pub checkpoint_every: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            seed: 0,
            steps: 1000,
            batch_tokens: 8192,
            optimizer: AdamW::default(),
            schedule: Schedule::default(),
            evaluate_every: 200,
            checkpoint_every: 200,
        }
    }
}

/// A step's report.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// Steps done.
    pub step: u64,
    pub of: u64,
    /// Mean negative log-likelihood of the step's own tokens, in nats.
    pub loss: f64,
    pub rate: f64,
    pub gradient_norm: f64,
    /// Tokens per second since this process began the run.
    pub tokens_per_s: f64,
    pub left: Duration,
    pub evaluation: Option<Evaluation>,
}

/// How well examples are predicted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Mean negative log-likelihood of the own tokens, in nats.
    pub loss: f64,
    pub perplexity: f64,
    /// Own tokens.
    pub tokens: usize,
}

/// Whether to go on; a stopped run leaves a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    On,
    Stop,
}

/// A run: weights, the optimiser's memory, and the place in the data.
#[derive(Clone, Debug)]
pub struct Run {
    pub settings: Settings,
    pub learner: Learner,
    /// Where checkpoints go; none are made without it.
    pub folder: Option<PathBuf>,
}

impl Run {
    pub fn new(settings: Settings, learner: Learner) -> Run {
        Run { settings, learner, folder: None }
    }

    /// Goes on from the newest checkpoint below `folder`, or starts there.
    pub fn resume_or_new(
        folder: &Path,
        settings: Settings,
        fresh: impl FnOnce() -> Learner,
    ) -> Result<Run, LearnError> {
        let learner = match checkpoint::newest(folder) {
            None => fresh(),
            Some(newest) => {
                let (learner, stored): (_, Settings) = Learner::load(&newest, fresh())?;
                if stored != settings {
                    return Err(LearnError::OtherSettings);
                }
                learner
            }
        };
        Ok(Run { settings, learner, folder: Some(folder.to_path_buf()) })
    }

    /// The model as it is now.
    pub fn params(&self) -> &Params {
        &self.learner.params
    }

    /// Trains to the end of the settings' steps. After each step `report` is told and asked whether to go
    /// on. The order of the examples is a function of the seed and the step alone.
    pub fn train(
        &mut self,
        on: &mut dyn Differentiate,
        examples: &[Sequence],
        held_out: &[Sequence],
        report: &mut dyn FnMut(&Progress) -> Flow,
    ) -> Result<(), LearnError> {
        if batch::predicted(examples) == 0 {
            return Err(LearnError::NoExamples);
        }
        let lens: Vec<usize> = examples.iter().map(|example| example.ids.len()).collect();
        let mut plan = Plan::new(&lens, &self.settings);
        for _ in 0..self.learner.moments.step {
            plan.next();
        }
        let (begun, started_at) = (Instant::now(), self.learner.moments.step);
        let mut gradient = vec![0.0; self.learner.len()];
        let mut tokens = 0usize;
        while self.learner.moments.step < self.settings.steps {
            let sequences: Vec<Sequence> =
                plan.next().iter().map(|&n| examples[n].clone()).collect();
            tokens += sequences.iter().map(|sequence| sequence.ids.len()).sum::<usize>();
            let mut progress = self.step(on, &sequences, &mut gradient)?;
            let (step, of) = (progress.step, progress.of);
            let spent = begun.elapsed().as_secs_f64();
            progress.tokens_per_s = tokens as f64 / spent;
            let per_step = spent / (step - started_at) as f64;
            progress.left = Duration::from_secs_f64(per_step * (of - step) as f64);
            if !held_out.is_empty() && (due(step, self.settings.evaluate_every) || step == of) {
                progress.evaluation = Some(evaluate(on, self.params(), held_out)?);
            }
            let flow = report(&progress);
            let last = flow == Flow::Stop || step == of;
            if due(step, self.settings.checkpoint_every) || last {
                self.checkpoint()?;
            }
            if last {
                break;
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        on: &mut dyn Differentiate,
        sequences: &[Sequence],
        gradient: &mut [f32],
    ) -> Result<Progress, LearnError> {
        let at = self.learner.moments.step;
        gradient.fill(0.0);
        let objective = MeanNll { count: batch::predicted(sequences) };
        let outcome = self.learner.gradient(on, sequences, &objective, gradient)?;
        let rate = self.settings.schedule.rate(at, self.settings.steps);
        let length = self.learner.step(&self.settings.optimizer, gradient, rate);
        if !length.is_finite() || !outcome.loss.is_finite() {
            return Err(LearnError::NotFinite(at));
        }
        Ok(Progress {
            step: self.learner.moments.step,
            of: self.settings.steps,
            loss: outcome.loss,
            rate,
            gradient_norm: length,
            tokens_per_s: 0.0,
            left: Duration::ZERO,
            evaluation: None,
        })
    }

    /// Writes a checkpoint of where the run is, if it has a folder.
    pub fn checkpoint(&self) -> Result<(), LearnError> {
        if let Some(folder) = &self.folder {
            let dir = checkpoint::path(folder, self.learner.moments.step);
            self.learner.save(&dir, &self.settings)?;
        }
        Ok(())
    }
}

fn due(step: u64, every: u64) -> bool {
    every > 0 && step.is_multiple_of(every)
}

/// Loss and perplexity of examples.
pub fn evaluate(
    on: &mut dyn Differentiate,
    params: &Params,
    examples: &[Sequence],
) -> Result<Evaluation, LearnError> {
    let (mut total, mut tokens) = (0.0, 0);
    for examples in examples.chunks(64) {
        for scored in on.score(params, examples)?.scores.iter().flatten() {
            total -= f64::from(scored.logp);
            tokens += 1;
        }
    }
    let loss = total / tokens.max(1) as f64;
    Ok(Evaluation { loss, perplexity: loss.exp(), tokens })
}

/// Optimiser steps of `passes` over examples of these lengths.
pub fn steps_of(passes: u64, lens: &[usize], settings: &Settings) -> u64 {
    (0..passes).map(|pass| pass_of(pass, lens, settings).len() as u64).sum()
}

/// Which examples each step takes, pass after pass.
struct Plan<'a> {
    lens: &'a [usize],
    settings: Settings,
    pass: u64,
    left: std::vec::IntoIter<Vec<usize>>,
}

impl Plan<'_> {
    fn new<'a>(lens: &'a [usize], settings: &Settings) -> Plan<'a> {
        Plan { lens, settings: settings.clone(), pass: 0, left: Vec::new().into_iter() }
    }

    fn next(&mut self) -> Vec<usize> {
        loop {
            if let Some(batch) = self.left.next() {
                return batch;
            }
            self.left = pass_of(self.pass, self.lens, &self.settings).into_iter();
            self.pass += 1;
        }
    }
}

/// The batches of one pass over the data, in an order of its own.
fn pass_of(pass: u64, lens: &[usize], settings: &Settings) -> Vec<Vec<usize>> {
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    rng.set_stream(pass);
    batches(&permutation(lens.len(), &mut rng), lens, settings.batch_tokens)
}

/// Cuts an order into batches that each reach `tokens`, but for the last.
fn batches(order: &[usize], lens: &[usize], tokens: usize) -> Vec<Vec<usize>> {
    let (mut batches, mut batch, mut held) = (Vec::new(), Vec::new(), 0);
    for &n in order {
        batch.push(n);
        held += lens[n];
        if held >= tokens {
            batches.push(std::mem::take(&mut batch));
            held = 0;
        }
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}
