//! From the last layer's result to the predicted tokens' scores, and back.

use super::{Cut, Shape, Woven};
use crate::batch::{At, Objective, Scored};
use crate::kernel::gemm::{Into, Scratch};
use crate::kernel::loss;
use crate::kernel::{norm, point};
use crate::params::Params;

/// Rows whose logits exist at one time.
const ROWS: usize = 192;

#[derive(Clone, Debug, Default)]
pub(crate) struct Bench {
    x: Vec<f32>,
    normed: Vec<f32>,
    inverse: Vec<f32>,
    logits: Vec<f32>,
    d_normed: Vec<f32>,
    d_x: Vec<f32>,
    scratch: Scratch,
}

impl Bench {
    /// Scores the predicted tokens, whose rows alone go through the head. With `learn`, the objective is
    /// asked for each, its second part becomes the gradient of `x`, and the weights' is added to the third.
    pub fn score(
        &mut self,
        shape: &Shape,
        woven: &Woven,
        params: &Params,
        cut: &Cut,
        x: &[f32],
        mut learn: Option<(&dyn Objective, &mut Vec<f32>, &mut [f32])>,
    ) -> Vec<(At, Scored, f64)> {
        let h = shape.hidden;
        let weight = &params.flat[params.layout.norm.clone()];
        if let Some((_, d, _)) = &mut learn {
            d.clear();
            d.resize(x.len(), 0.0);
        }
        let mut scores = Vec::with_capacity(cut.predicted.len());
        for part in cut.predicted.chunks(ROWS) {
            self.x.clear();
            for (row, ..) in part {
                self.x.extend_from_slice(&x[row * h..][..h]);
            }
            self.normed.resize(part.len() * h, 0.0);
            self.inverse.resize(part.len(), 0.0);
            norm::forward(&self.x, weight, shape.eps, &mut self.normed, &mut self.inverse);
            self.logits.resize(part.len() * shape.vocab, 0.0);
            woven.head.apply(&self.normed, &mut self.logits, Into::Replaced);
            let rows = self.logits.chunks_exact_mut(shape.vocab);
            for (logits, &(_, target, at)) in rows.zip(part) {
                let mut loss = 0.0;
                let scored = match &learn {
                    None => loss::score(logits, target as usize, None),
                    Some((objective, ..)) => loss::score(
                        logits,
                        target as usize,
                        Some(&mut |scored| {
                            let slope = objective.slope(at, scored);
                            loss = slope.loss;
                            slope
                        }),
                    ),
                };
                scores.push((at, scored, loss));
            }
            if let Some((_, d, gradient)) = &mut learn {
                self.back(woven, params, gradient, weight);
                // A row may predict the next token of several sequences.
                for ((row, ..), d_x) in part.iter().zip(self.d_x.chunks_exact(h)) {
                    point::add(&mut d[row * h..][..h], d_x);
                }
            }
        }
        scores
    }

    fn back(&mut self, woven: &Woven, params: &Params, gradient: &mut [f32], weight: &[f32]) {
        let Bench { x, normed, inverse, logits, d_normed, d_x, scratch } = self;
        d_normed.resize(normed.len(), 0.0);
        let head = &mut gradient[params.layout.head.clone()];
        woven.head.back(normed, logits, d_normed, head, scratch);
        d_x.clear();
        d_x.resize(x.len(), 0.0);
        let d_weight = &mut gradient[params.layout.norm.clone()];
        norm::backward(x, weight, inverse, d_normed, d_x, d_weight);
    }
}

/// Logits of every row.
pub(crate) fn logits(shape: &Shape, woven: &Woven, params: &Params, x: &[f32]) -> Vec<f32> {
    let rows = x.len() / shape.hidden;
    let (mut normed, mut inverse) = (vec![0.0; x.len()], vec![0.0; rows]);
    let weight = &params.flat[params.layout.norm.clone()];
    norm::forward(x, weight, shape.eps, &mut normed, &mut inverse);
    let mut logits = vec![0.0; rows * shape.vocab];
    woven.head.apply(&normed, &mut logits, Into::Replaced);
    logits
}
