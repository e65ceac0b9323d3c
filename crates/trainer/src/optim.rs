//! AdamW, learning-rate schedules, clipping by the global norm.

use serde::{Deserialize, Serialize};

use crate::kernel::point::dot;
use crate::kernel::wide;

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamW {
    /// Decay of the mean of gradients. Default: 0.9.
    pub beta1: f32,
    /// Decay of the mean of squared gradients. Default: 0.95.
    pub beta2: f32,
    /// Added to the root of the mean of squares. Default: 1e-8.
    pub eps: f32,
    /// Share of a matrix's weights lost per step, times the learning rate; norms do not decay.
    /// Default: 0.1.
    pub weight_decay: f32,
    /// Gradients longer than this are scaled down to it. Default: 1.0; 0 is no clipping.
    pub clip: f32,
}

impl Default for AdamW {
    fn default() -> AdamW {
        AdamW { beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.1, clip: 1.0 }
    }
}

/// How the learning rate goes with the steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// The highest learning rate. Default: 3e-3.
    pub peak: f64,
    /// Steps of a linear rise from 0. Default: 50.
    pub warmup: u64,
    /// What follows the rise. Default: cosine.
    pub decay: Decay,
    /// Share of the peak that is left at the last step. Default: 0.1.
    pub floor: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    Constant,
    Linear,
    Cosine,
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule { peak: 3e-3, warmup: 50, decay: Decay::Cosine, floor: 0.1 }
    }
}

impl Schedule {
    /// The rate of step `step` (from 0) of `steps`.
    pub fn rate(&self, step: u64, steps: u64) -> f64 {
        if step < self.warmup {
            return self.peak * (step + 1) as f64 / self.warmup as f64;
        }
        let gone =
            (step - self.warmup) as f64 / (steps.saturating_sub(self.warmup + 1)).max(1) as f64;
        let gone = gone.min(1.0);
        let left = match self.decay {
            Decay::Constant => 1.0,
            Decay::Linear => 1.0 - gone,
            Decay::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * gone).cos()),
        };
        match self.decay {
            Decay::Constant => self.peak,
            _ => self.peak * (self.floor + (1.0 - self.floor) * left),
        }
    }
}

/// The optimiser's memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    pub step: u64,
    pub mean: Vec<f32>,
    pub square: Vec<f32>,
}

impl Moments {
    pub fn new(len: usize) -> Moments {
        Moments { step: 0, mean: vec![0.0; len], square: vec![0.0; len] }
    }
}

/// Euclidean length, summed in a fixed order.
pub fn norm(gradient: &[f32]) -> f64 {
    let squares = wide(
        #[inline(always)]
        || gradient.chunks(4096).map(|part| f64::from(dot(part, part))).sum::<f64>(),
    );
    squares.sqrt()
}

impl AdamW {
    /// Takes one step. `decays` names the ranges that lose weight. Returns the gradient's length before
    /// clipping; a gradient that is not finite changes nothing.
    pub fn step(
        &self,
        weights: &mut [f32],
        gradient: &[f32],
        moments: &mut Moments,
        decays: &[std::ops::Range<usize>],
        rate: f64,
    ) -> f64 {
        let length = norm(gradient);
        if !length.is_finite() {
            return length;
        }
        let clip = f64::from(self.clip);
        let scale = if clip > 0.0 && length > clip { (clip / length) as f32 } else { 1.0 };
        let kept = 1.0 - rate as f32 * self.weight_decay;
        for range in decays {
            let weights = &mut weights[range.clone()];
            wide(
                #[inline(always)]
                || weights.iter_mut().for_each(|w| *w *= kept),
            );
        }
        moments.step += 1;
        let power = |beta: f32| 1.0 - f64::from(beta).powf(moments.step as f64);
        let step = (rate / power(self.beta1)) as f32;
        let unbias = (1.0 / power(self.beta2)) as f32;
        let (beta1, beta2, eps) = (self.beta1, self.beta2, self.eps);
        let memory = moments.mean.iter_mut().zip(&mut moments.square);
        wide(
            #[inline(always)]
            || {
                for ((w, &g), (mean, square)) in weights.iter_mut().zip(gradient).zip(memory) {
                    let g = g * scale;
                    *mean = beta1 * *mean + (1.0 - beta1) * g;
                    *square = beta2 * *square + (1.0 - beta2) * g * g;
                    *w -= step * *mean / ((*square * unbias).sqrt() + eps);
                }
            },
        );
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_worked_by_hand() {
        let adam = AdamW { beta1: 0.5, beta2: 0.5, eps: 0.0, weight_decay: 0.1, clip: 0.0 };
        let (mut weights, mut moments) = ([2.0f32, 2.0], Moments::new(2));
        adam.step(&mut weights, &[4.0, -4.0], &mut moments, std::slice::from_ref(&(0..1)), 0.1);
        // Unbiased mean 4 over root of unbiased square 4: one whole step of 0.1; decay takes 1% first.
        assert!((weights[0] - (1.98 - 0.1)).abs() < 1e-6 && (weights[1] - 2.1).abs() < 1e-6);
        adam.step(&mut weights, &[0.0, 0.0], &mut moments, &[], 0.1);
        // mean 1 / 0.75, square 4 / 0.75
        let step = 0.1 * (1.0 / 0.75) / (4.0f32 / 0.75).sqrt();
        assert!((weights[1] - (2.1 + step)).abs() < 1e-6);
    }

    #[test]
    fn long_gradients_are_cut_and_broken_ones_ignored() {
        let adam = AdamW { weight_decay: 0.0, ..AdamW::default() };
        let step = |gradient: &[f32]| {
            let (mut weights, mut moments) = ([1.0f32, 1.0], Moments::new(2));
            let length = adam.step(&mut weights, gradient, &mut moments, &[], 0.1);
            (length, moments, weights)
        };
        let (length, moments, _) = step(&[30.0, 40.0]);
        assert_eq!(length, 50.0);
        assert!((moments.mean[0] - 0.06).abs() < 1e-6 && (moments.mean[1] - 0.08).abs() < 1e-6);
        let (length, moments, weights) = step(&[f32::NAN, 1.0]);
        assert!(length.is_nan());
        assert_eq!((moments.step, weights), (0, [1.0, 1.0]));
    }

    #[test]
    fn schedules_rise_and_fall() {
        let of = |decay| Schedule { peak: 1.0, warmup: 4, decay, floor: 0.2 };
        let table = [
            (Decay::Cosine, 0, 0.25),
            (Decay::Cosine, 3, 1.0),
            (Decay::Cosine, 4, 1.0),
            (Decay::Cosine, 9, 0.6),
            (Decay::Cosine, 14, 0.2),
            (Decay::Linear, 9, 0.6),
            (Decay::Linear, 14, 0.2),
            (Decay::Constant, 14, 1.0),
        ];
        for (decay, step, expected) in table {
            assert!((of(decay).rate(step, 15) - expected).abs() < 1e-9, "{decay:?} {step}");
        }
    }
}
