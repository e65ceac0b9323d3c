//! One token out of a row of logits.

use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::draw::uniform;
use crate::kernel::point::{exp, max, sum};
use crate::kernel::wide;

/// How a token is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sampling {
    /// Logits are divided by it; 0 takes the likeliest token. Default: 1.0.
    pub temperature: f32,
    /// Only so many of the likeliest tokens. Default: 0, which is all.
    pub top_k: usize,
    /// Only the likeliest tokens that together reach this probability. Default: 1.0, which is all.
    pub top_p: f32,
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling { temperature: 1.0, top_k: 0, top_p: 1.0 }
    }
}

impl Sampling {
    pub const GREEDY: Sampling = Sampling { temperature: 0.0, top_k: 0, top_p: 1.0 };
}

/// A token that was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    pub token: u32,
    /// Natural logarithm of the token's probability under the model, at temperature 1 and over the whole
    /// vocabulary: what [`crate::supervise::Differentiate::score`] gives for it.
    pub logp: f32,
    /// The same under the distribution that was drawn from, after temperature and truncation.
    pub drawn_logp: f32,
}

/// Draws a token; takes exactly one number from `rng` unless the temperature is 0. `room` is a buffer.
pub fn draw(
    logits: &[f32],
    sampling: Sampling,
    rng: &mut impl RngCore,
    room: &mut Vec<f32>,
) -> Drawn {
    let top = max(logits);
    let normaliser = wide(
        #[inline(always)]
        || sum(logits, |z| exp(z - top)),
    );
    let logp = |token: usize| logits[token] - top - normaliser.ln();
    if sampling.temperature <= 0.0 {
        let token = logits.iter().position(|z| *z == top).unwrap_or(0);
        return Drawn { token: token as u32, logp: logp(token), drawn_logp: 0.0 };
    }
    let sharpness = 1.0 / sampling.temperature;
    room.clear();
    room.extend_from_slice(logits);
    wide(
        #[inline(always)]
        || room.iter_mut().for_each(|z| *z = exp((*z - top) * sharpness)),
    );
    truncate(room, sampling);
    let total = sum(room, |x| x);
    let token = at(room, uniform(rng) * total);
    Drawn { token: token as u32, logp: logp(token), drawn_logp: (room[token] / total).ln() }
}

/// Sets the weights of tokens that may not be drawn to 0.
fn truncate(weights: &mut [f32], sampling: Sampling) {
    let all = sampling.top_k == 0 || sampling.top_k >= weights.len();
    if all && sampling.top_p >= 1.0 {
        return;
    }
    let mut order: Vec<usize> = (0..weights.len()).collect();
    let likeliest = |a: &usize, b: &usize| weights[*b].total_cmp(&weights[*a]).then(a.cmp(b));
    if !all {
        order.select_nth_unstable_by(sampling.top_k - 1, likeliest);
        order.truncate(sampling.top_k);
    }
    order.sort_unstable_by(likeliest);
    let mut left = sampling.top_p * order.iter().map(|&i| weights[i]).sum::<f32>();
    let mut kept = vec![false; weights.len()];
    for i in order {
        kept[i] = true;
        left -= weights[i];
        if left <= 0.0 {
            break;
        }
    }
    weights.iter_mut().zip(kept).filter(|(_, kept)| !kept).for_each(|(weight, _)| *weight = 0.0);
}

/// The index at which the running sum passes `mark`; the last possible one where rounding leaves a rest.
fn at(weights: &[f32], mut mark: f32) -> usize {
    for (i, &weight) in weights.iter().enumerate() {
        mark -= weight;
        if mark < 0.0 {
            return i;
        }
    }
    weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Shares of 20,000 draws and the mean log-probabilities told.
    fn shares(logits: &[f32], sampling: Sampling) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut counts = vec![0.0; logits.len()];
        for _ in 0..20_000 {
            let drawn = draw(logits, sampling, &mut rng, &mut Vec::new());
            counts[drawn.token as usize] += 1.0 / 20_000.0;
        }
        counts
    }

    #[test]
    fn shares_are_the_probabilities() {
        let logits = [0.1f32, 0.2, 0.3, 0.4].map(f32::ln);
        let table = [
            (Sampling::default(), [0.1, 0.2, 0.3, 0.4]),
            (Sampling { top_k: 2, ..Sampling::default() }, [0.0, 0.0, 3.0 / 7.0, 4.0 / 7.0]),
            (Sampling { top_p: 0.6, ..Sampling::default() }, [0.0, 0.0, 3.0 / 7.0, 4.0 / 7.0]),
            (Sampling { top_p: 0.3, ..Sampling::default() }, [0.0, 0.0, 0.0, 1.0]),
            // Squares of the probabilities.
            (
                Sampling { temperature: 0.5, ..Sampling::default() },
                [1.0 / 30.0, 4.0 / 30.0, 9.0 / 30.0, 16.0 / 30.0],
            ),
            (Sampling::GREEDY, [0.0, 0.0, 0.0, 1.0]),
        ];
        for (sampling, expected) in table {
            for (got, expected) in shares(&logits, sampling).iter().zip(expected) {
                assert!((got - expected).abs() < 0.015, "{sampling:?}: {got} {expected}");
            }
        }
    }

    #[test]
    fn log_probabilities_are_told_twice() {
        let logits = [0.1f32, 0.2, 0.3, 0.4].map(f32::ln);
        let sampling = Sampling { top_k: 2, temperature: 0.5, ..Sampling::default() };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..20 {
            let drawn = draw(&logits, sampling, &mut rng, &mut Vec::new());
            let share = [0.0, 0.0, 9.0 / 25.0, 16.0 / 25.0f32][drawn.token as usize];
            assert!((drawn.logp - logits[drawn.token as usize]).abs() < 1e-5);
            assert!((drawn.drawn_logp - share.ln()).abs() < 1e-5);
        }
    }
}
