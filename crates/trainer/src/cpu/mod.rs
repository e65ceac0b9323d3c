//! The model on the processor: forward and backward written out for this one architecture.
//!
//! Sequences are laid end to end without padding. A batch is shared out to threads by sequences; each
//! has its own buffers and its own gradient, and the gradients are added in the threads' order, so that
//! a run is the same bit for bit for a given number of threads.

mod head;
mod layer;
mod woven;

use std::ops::Range;

use crate::batch::{self, At, BadBatch, Objective, Outcome, Scored, Sequence};
use crate::config::Config;
use crate::kernel::rope::Table;
use crate::params::Params;

pub(crate) use head::logits;
use layer::{Bench, Trace};
pub(crate) use woven::{Layer, Ways, Woven};

/// How the work is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Division {
    /// Threads, each with its share of the batch. Default: 2.
    pub threads: usize,
    /// Tokens that a thread takes through all layers at once. Default: 1024. More need more memory,
    /// fewer leave less to each matrix product.
    pub tokens_at_once: usize,
    /// Keep only each layer's input on the way forward and work its inside out again on the way back:
    /// about a tenth of the memory for a third more time. Default: no.
    pub recompute: bool,
}

impl Default for Division {
    fn default() -> Division {
        Division { threads: 2, tokens_at_once: 1024, recompute: false }
    }
}

/// What every layer needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub hidden: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub dim: usize,
    pub ff: usize,
    pub vocab: usize,
    pub eps: f32,
    pub table: Table,
}

impl Shape {
    pub fn new(config: &Config) -> Shape {
        let theta = config.theta().expect("a checked configuration has one");
        Shape {
            hidden: config.hidden_size,
            heads: config.num_attention_heads,
            kv_heads: config.num_key_value_heads,
            dim: config.head_dim,
            ff: config.intermediate_size,
            vocab: config.vocab_size,
            eps: config.rms_norm_eps as f32,
            table: Table::new(config.head_dim, theta, config.max_position_embeddings),
        }
    }

    pub fn q_width(&self) -> usize {
        self.heads * self.dim
    }

    pub fn kv_width(&self) -> usize {
        self.kv_heads * self.dim
    }

    pub fn qkv_width(&self) -> usize {
        self.q_width() + 2 * self.kv_width()
    }
}

/// Sequences laid end to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut {
    pub ids: Vec<u32>,
    pub positions: Vec<usize>,
    pub segments: Vec<Range<usize>>,
    /// Predicted tokens: the row that predicts, the token, and its place in the batch.
    pub predicted: Vec<(usize, u32, At)>,
}

impl Cut {
    fn of(sequences: &[Sequence], which: &[usize]) -> Cut {
        let mut cut = Cut::default();
        for &n in which {
            let sequence = &sequences[n];
            let start = cut.ids.len();
            cut.ids.extend(&sequence.ids);
            cut.positions.extend(0..sequence.ids.len());
            cut.segments.push(start..cut.ids.len());
            cut.predicted.extend(
                sequence.predicted().map(|token| {
                    (start + token - 1, sequence.ids[token], At { sequence: n, token })
                }),
            );
        }
        cut
    }
}

/// One thread's buffers.
#[derive(Debug, Default)]
struct Worker {
    traces: Vec<Trace>,
    inside: Trace,
    bench: Bench,
    head: head::Bench,
    x: Vec<f32>,
    d: Vec<f32>,
    gradient: Vec<f32>,
}

/// The processor path of one shape of model, with its buffers.
#[derive(Debug)]
pub struct Machine {
    config: Config,
    shape: Shape,
    division: Division,
    woven: Woven,
    workers: Vec<Worker>,
}

impl Machine {
    pub fn new(config: &Config, division: Division) -> Machine {
        let workers = (0..division.threads.max(1)).map(|_| Worker::default()).collect();
        let (shape, woven) = (Shape::new(config), Woven::default());
        Machine { config: config.clone(), shape, division, woven, workers }
    }

    /// Adds the gradient of `objective` over `sequences` to `gradient`, laid out as the weights are.
    pub fn gradient(
        &mut self,
        params: &Params,
        sequences: &[Sequence],
        objective: &dyn Objective,
        gradient: &mut [f32],
    ) -> Result<Outcome, BadBatch> {
        self.pass(params, sequences, Some((objective, gradient)))
    }

    /// Log-probabilities and entropies of the predicted tokens; `loss` is left at 0.
    pub fn score(&mut self, params: &Params, sequences: &[Sequence]) -> Result<Outcome, BadBatch> {
        self.pass(params, sequences, None)
    }

    /// All logits of one sequence, `tokens x vocabulary`: for comparisons with other programs.
    pub fn logits(&mut self, params: &Params, ids: &[u32]) -> Result<Vec<f32>, BadBatch> {
        let sequence = Sequence::plain(ids.to_vec());
        batch::check(
            std::slice::from_ref(&sequence),
            self.shape.vocab,
            self.shape.table.positions(),
        )?;
        self.woven.weave(params, Ways::Forward, 1);
        let cut = Cut::of(&[sequence], &[0]);
        let worker = &mut self.workers[0];
        worker.forward(&self.shape, &self.woven, params, &cut, None);
        Ok(head::logits(&self.shape, &self.woven, params, &worker.x))
    }

    fn pass(
        &mut self,
        params: &Params,
        sequences: &[Sequence],
        learn: Option<(&dyn Objective, &mut [f32])>,
    ) -> Result<Outcome, BadBatch> {
        batch::check(sequences, self.shape.vocab, self.shape.table.positions())?;
        let costs: Vec<u64> = sequences.iter().map(|s| cost(&self.config, s.ids.len())).collect();
        let shares = batch::shares(&costs, self.workers.len());
        let ways = if learn.is_some() { Ways::Both } else { Ways::Forward };
        self.woven.weave(params, ways, self.workers.len());
        let (shape, woven, division) = (&self.shape, &self.woven, self.division);
        let objective = learn.as_ref().map(|(objective, _)| *objective);
        let parts: Vec<Vec<(At, Scored, f64)>> = std::thread::scope(|scope| {
            let running: Vec<_> = self
                .workers
                .iter_mut()
                .zip(&shares)
                .map(|(worker, share)| {
                    scope.spawn(move || {
                        worker.share(shape, woven, params, division, sequences, share, objective)
                    })
                })
                .collect();
            running.into_iter().map(|run| run.join().expect("a worker does not panic")).collect()
        });
        if let Some((_, gradient)) = learn {
            for worker in &self.workers {
                crate::kernel::point::add(gradient, &worker.gradient);
            }
        }
        Ok(gather(sequences, &parts))
    }
}

/// Puts the threads' scores back into the batch's order.
fn gather(sequences: &[Sequence], parts: &[Vec<(At, Scored, f64)>]) -> Outcome {
    let mut outcome = Outcome { loss: 0.0, scores: vec![Vec::new(); sequences.len()] };
    for (at, scored, loss) in parts.iter().flatten() {
        outcome.loss += loss;
        outcome.scores[at.sequence].push(*scored);
    }
    outcome
}

/// Operations that a sequence takes, attention's products included.
fn cost(config: &Config, len: usize) -> u64 {
    let attention = 6 * config.num_hidden_layers * config.q_width() * len;
    (len * (config.flops_per_token() + attention)) as u64
}

impl Worker {
    #[allow(clippy::too_many_arguments, reason = "what a thread is handed")]
    fn share(
        &mut self,
        shape: &Shape,
        woven: &Woven,
        params: &Params,
        division: Division,
        sequences: &[Sequence],
        share: &[usize],
        objective: Option<&dyn Objective>,
    ) -> Vec<(At, Scored, f64)> {
        if objective.is_some() {
            self.gradient.clear();
            self.gradient.resize(params.flat.len(), 0.0);
        }
        let lens: Vec<usize> = share.iter().map(|&n| sequences[n].ids.len()).collect();
        let mut scores = Vec::new();
        for piece in batch::pieces(&lens, division.tokens_at_once) {
            let cut = Cut::of(sequences, &share[piece]);
            let keep = objective.map(|_| division.recompute);
            self.forward(shape, woven, params, &cut, keep);
            let Worker { head, x, d, gradient, .. } = self;
            let learn = objective.map(|objective| (objective, &mut *d, gradient.as_mut_slice()));
            scores.extend(head.score(shape, woven, params, &cut, x, learn));
            if objective.is_some() {
                self.backward(shape, woven, params, &cut, division.recompute);
            }
        }
        scores
    }

    /// Takes a cut through all layers; `self.x` is what the last one gives. `recompute` says whether a
    /// backward pass will follow, and whether it works the layers' insides out again.
    fn forward(
        &mut self,
        shape: &Shape,
        woven: &Woven,
        params: &Params,
        cut: &Cut,
        recompute: Option<bool>,
    ) {
        let h = shape.hidden;
        self.x.clear();
        let embed = &params.flat[params.layout.embed.clone()];
        for &id in &cut.ids {
            self.x.extend_from_slice(&embed[id as usize * h..][..h]);
        }
        self.traces.resize_with(woven.layers.len(), Trace::default);
        for (n, trace) in self.traces.iter_mut().enumerate() {
            let layer = woven.layer(params, n);
            match recompute {
                Some(false) => {
                    trace.start(&self.x);
                    layer::forward(shape, &layer, cut, trace, &mut self.x, &mut self.bench);
                }
                Some(true) => {
                    trace.start(&self.x);
                    self.inside.start(&self.x);
                    let inside = &mut self.inside;
                    layer::forward(shape, &layer, cut, inside, &mut self.x, &mut self.bench);
                }
                None => {
                    self.inside.start(&self.x);
                    let inside = &mut self.inside;
                    layer::forward(shape, &layer, cut, inside, &mut self.x, &mut self.bench);
                }
            }
        }
    }

    /// Takes `self.d`, the gradient of the last layer's result, back to the embedding.
    fn backward(
        &mut self,
        shape: &Shape,
        woven: &Woven,
        params: &Params,
        cut: &Cut,
        recompute: bool,
    ) {
        let Worker { traces, inside, bench, x, d, gradient, .. } = self;
        for (n, trace) in traces.iter_mut().enumerate().rev() {
            let layer = woven.layer(params, n);
            let ranges = &params.layout.layers[n];
            if recompute {
                inside.start(&trace.x);
                layer::forward(shape, &layer, cut, inside, x, bench);
                layer::backward(shape, &layer, cut, inside, d, ranges, gradient, bench);
            } else {
                layer::backward(shape, &layer, cut, trace, d, ranges, gradient, bench);
            }
        }
        let h = shape.hidden;
        let embed = &mut gradient[params.layout.embed.clone()];
        for (&id, d) in cut.ids.iter().zip(d.chunks_exact(h)) {
            embed[id as usize * h..][..h].iter_mut().zip(d).for_each(|(g, d)| *g += d);
        }
    }
}
