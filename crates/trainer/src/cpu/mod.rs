//! The model on the processor: forward and backward written out for this one architecture.
//!
//! Sequences are laid end to end without padding; what several begin with is laid out once. A batch is shared out to threads by sequences; each
//! has its own buffers and its own gradient, and the gradients are added in the threads' order, so that
//! a run is the same bit for bit for a given number of threads.

mod head;
mod layer;
mod woven;

use std::collections::HashMap;
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
    /// Tokens that a thread takes through all layers at once. Default: 2048. More need more memory,
    /// fewer leave less to each matrix product, and fewer sequences to share a prompt.
    pub tokens_at_once: usize,
    /// Keep only each layer's input on the way forward and work its inside out again on the way back:
    /// about a tenth of the memory for a third more time. Default: no.
    pub recompute: bool,
}

impl Default for Division {
    fn default() -> Division {
        Division { threads: 2, tokens_at_once: 2048, recompute: false }
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

/// Sequences that begin alike, as the rollouts of a group do: what they share goes through the layers once.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bundle {
    which: Vec<usize>,
    /// Tokens that are shared; 0 for one alone.
    stem: usize,
    /// Tokens in all.
    len: usize,
}

/// Bundles by what stands before the first own token, of at most `most` tokens each (a longer sequence is one
/// of its own).
fn bundles(sequences: &[Sequence], most: usize) -> Vec<Bundle> {
    let mut bundles: Vec<Bundle> = Vec::new();
    let mut open: HashMap<&[u32], usize> = HashMap::new();
    for (n, sequence) in sequences.iter().enumerate() {
        let len = sequence.ids.len();
        let prompt = sequence.own.iter().position(|own| *own).unwrap_or(0);
        let known = open.get(&sequence.ids[..prompt]).filter(|_| prompt > 0);
        if let Some(bundle) = known.map(|&at| &mut bundles[at])
            && bundle.len + len - prompt <= most
        {
            bundle.which.push(n);
            (bundle.stem, bundle.len) = (prompt, bundle.len + len - prompt);
        } else {
            open.insert(&sequence.ids[..prompt], bundles.len());
            bundles.push(Bundle { which: vec![n], stem: 0, len });
        }
    }
    bundles
}

/// Rows of tokens that follow each other, and the rows that come before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub rows: Range<usize>,
    /// Empty: the segment begins its sequence.
    pub stem: Range<usize>,
}

/// Sequences laid end to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut {
    pub ids: Vec<u32>,
    pub positions: Vec<usize>,
    pub segments: Vec<Segment>,
    /// Predicted tokens: the row that predicts, the token, and its place in the batch.
    pub predicted: Vec<(usize, u32, At)>,
}

impl Cut {
    fn of<'a>(sequences: &[Sequence], bundles: impl IntoIterator<Item = &'a Bundle>) -> Cut {
        let mut cut = Cut::default();
        for Bundle { which, stem: shared, .. } in bundles {
            let stem = cut.lay(&sequences[which[0]].ids[..*shared], 0..0);
            for &n in which {
                let Sequence { ids, .. } = &sequences[n];
                let rows = cut.lay(&ids[*shared..], stem.clone());
                let row = |token: usize| match token.checked_sub(*shared) {
                    Some(place) => rows.start + place,
                    None => stem.start + token,
                };
                let predicted = sequences[n].predicted();
                let places = predicted.map(|token| (token, At { sequence: n, token }));
                cut.predicted.extend(places.map(|(token, at)| (row(token - 1), ids[token], at)));
            }
        }
        cut
    }

    fn lay(&mut self, ids: &[u32], stem: Range<usize>) -> Range<usize> {
        let rows = self.ids.len()..self.ids.len() + ids.len();
        self.ids.extend(ids);
        self.positions.extend(stem.len()..stem.len() + ids.len());
        if !ids.is_empty() {
            self.segments.push(Segment { rows: rows.clone(), stem });
        }
        rows
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
        let cut = Cut::of(&[sequence], &[Bundle { which: vec![0], stem: 0, len: ids.len() }]);
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
        let bundles = bundles(sequences, self.division.tokens_at_once);
        let costs: Vec<u64> = bundles.iter().map(|b| cost(&self.config, b.len)).collect();
        let shares = batch::shares(&costs, self.workers.len())
            .into_iter()
            .map(|share| share.into_iter().map(|n| bundles[n].clone()).collect::<Vec<Bundle>>());
        let shares: Vec<Vec<Bundle>> = shares.collect();
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
        share: &[Bundle],
        objective: Option<&dyn Objective>,
    ) -> Vec<(At, Scored, f64)> {
        if objective.is_some() {
            self.gradient.clear();
            self.gradient.resize(params.flat.len(), 0.0);
        }
        let lens: Vec<usize> = share.iter().map(|bundle| bundle.len).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(prompt: u32, given: usize, own: usize) -> Sequence {
        let ids = (0..given as u32).map(|t| prompt + t).chain(0..own as u32).collect();
        Sequence { ids, own: (0..given + own).map(|t| t >= given).collect() }
    }

    #[test]
    fn what_begins_alike_is_laid_out_once() {
        let [a, b] = [sequence(10, 4, 3), sequence(20, 4, 2)];
        let sequences = [a.clone(), b, a.clone(), a];
        let bundled = bundles(&sequences, 10);
        let told: Vec<_> = bundled.iter().map(|b| (b.which.clone(), b.stem, b.len)).collect();
        assert_eq!(told, [(vec![0, 2], 4, 10), (vec![1], 0, 6), (vec![3], 0, 7)]);
        let cut = Cut::of(&sequences, &bundled[..1]);
        let segment = |rows, stem| Segment { rows, stem };
        let expected = [segment(0..4, 0..0), segment(4..7, 0..4), segment(7..10, 0..4)];
        assert_eq!(cut.segments, expected);
        assert_eq!(cut.positions, [0, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
        let rows: Vec<usize> = cut.predicted.iter().map(|(row, ..)| *row).collect();
        assert_eq!(
            rows,
            [3, 4, 5, 3, 7, 8],
            "both first tokens are predicted by the prompt's last"
        );
    }

    /// Scores and gradient of sequences that share prompts are those of each one alone.
    #[test]
    fn a_shared_prompt_changes_nothing_but_rounding() {
        let config = Config::demo(64);
        let params = Params::seeded(&config, 3);
        let sequences: Vec<Sequence> = (0..6)
            .map(|n| Sequence {
                ids: (0..40 + 3 * n)
                    .map(|t| match t {
                        ..30 => (t * 5 + n / 3) % 64,
                        _ => (t * 7 + n * 11) % 64,
                    })
                    .collect(),
                own: (0..40 + 3 * n).map(|t| t >= 30 && t % 9 > 2).collect(),
            })
            .collect();
        let objective = |at: At, scored: Scored| crate::batch::Slope {
            loss: f64::from(scored.logp),
            d_logp: 0.1 * at.sequence as f32 - 0.2,
            d_entropy: 0.01,
        };
        let pass = |at_once: usize, apart: bool| {
            let division = Division { tokens_at_once: at_once, ..Division::default() };
            let mut machine = Machine::new(&config, division);
            let mut gradient = vec![0.0; params.flat.len()];
            let mut scores = Vec::new();
            let step = if apart { 1 } else { 6 };
            for first in (0..6).step_by(step) {
                let objective = |at: At, scored: Scored| {
                    objective(At { sequence: at.sequence + first, ..at }, scored)
                };
                let part = &sequences[first..first + step];
                let outcome = machine.gradient(&params, part, &objective, &mut gradient);
                scores.extend(outcome.expect("they fit").scores);
            }
            (scores, gradient)
        };
        assert!(bundles(&sequences, 4096).len() == 2, "there is something to share");
        let ((alone, apart), (shared, together)) = (pass(4096, true), pass(4096, false));
        for (alone, shared) in alone.iter().flatten().zip(shared.iter().flatten()) {
            assert!((alone.logp - shared.logp).abs() < 1e-5, "{alone:?} {shared:?}");
        }
        let length = |g: &[f32]| g.iter().map(|x| x * x).sum::<f32>().sqrt();
        let off: Vec<f32> = apart.iter().zip(&together).map(|(a, b)| a - b).collect();
        assert!(length(&off) < 1e-4 * length(&apart), "{} of {}", length(&off), length(&apart));
    }
}
