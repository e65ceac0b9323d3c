//! The loss of a token and its slope.
//!
//! With `r = exp(logp - old)` the ratio to the policy that drew the token, `A` the rollout's advantage:
//!
//! `loss = -w min(r A, clip(r, 1 - low, 1 + high) A) + kl (exp(ref - logp) - (ref - logp) - 1) - bonus H`
//!
//! The first part is PPO's surrogate (Schulman et al. 2017) with separate clips as in DAPO (Yu et al.
//! 2025, arXiv 2503.14476); the second Schulman's third estimator of the divergence from the reference, as
//! in GRPO. `w = min(exp(old - drawn), truncate)` corrects for tokens that another program drew with other
//! log-probabilities (truncated importance sampling, Yao et al. 2025); it is 1 where the policy itself drew.

use serde::{Deserialize, Serialize};

/// The loss's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Surrogate {
    /// A ratio below `1 - clip_low` earns no more for a bad rollout. Default: 0.2.
    pub clip_low: f32,
    /// A ratio above `1 + clip_high` earns no more for a good one. Default: 0.28.
    pub clip_high: f32,
    /// Weight of the divergence from the reference. Default: 0.
    pub kl: f32,
    /// Weight of the entropy, in nats. Default: 0.
    pub entropy_bonus: f32,
    /// The most that an importance ratio between sampler and trainer counts. Default: 2.
    pub truncate: f32,
}

impl Default for Surrogate {
    fn default() -> Surrogate {
        Surrogate { clip_low: 0.2, clip_high: 0.28, kl: 0.0, entropy_bonus: 0.0, truncate: 2.0 }
    }
}

/// What a token's loss depends on. All log-probabilities are natural.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Token {
    /// Under the policy that learns, now.
    pub logp: f32,
    /// Entropy of the whole distribution there, in nats.
    pub entropy: f32,
    /// Under the policy at the beginning of the update.
    pub old: f32,
    /// As the sampler told it.
    pub drawn: f32,
    /// Under the reference; read where `kl` is not 0.
    pub reference: f32,
    pub advantage: f32,
}

/// A token's loss before normalisation, and what is counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lost {
    pub loss: f64,
    pub d_logp: f32,
    pub d_entropy: f32,
    pub ratio: f32,
    /// Where the clip took the slope away.
    pub clipped_low: bool,
    pub clipped_high: bool,
}

impl Surrogate {
    pub fn of(&self, token: Token) -> Lost {
        let Token { logp, entropy, old, drawn, reference, advantage } = token;
        let ratio = (logp - old).exp();
        let weight = (old - drawn).exp().min(self.truncate);
        let clipped_high = advantage > 0.0 && ratio > 1.0 + self.clip_high;
        let clipped_low = advantage < 0.0 && ratio < 1.0 - self.clip_low;
        let held = if clipped_high {
            1.0 + self.clip_high
        } else if clipped_low {
            1.0 - self.clip_low
        } else {
            ratio
        };
        let slope = if clipped_high || clipped_low { 0.0 } else { ratio * advantage };
        let away = if self.kl == 0.0 { 0.0 } else { reference - logp };
        let divergence = away.exp() - away - 1.0;
        Lost {
            loss: f64::from(self.kl * divergence - weight * held * advantage)
                - f64::from(self.entropy_bonus * entropy),
            d_logp: self.kl * (1.0 - away.exp()) - weight * slope,
            d_entropy: -self.entropy_bonus,
            ratio,
            clipped_low,
            clipped_high,
        }
    }
}

/// What a token's loss is divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// By all own tokens of the batch: every token weighs the same (DAPO).
    #[default]
    Tokens,
    /// By the rollout's own tokens and the number of rollouts: every rollout weighs the same (GRPO).
    Rollouts,
    /// By the number of rollouts and the most tokens that one may have (Dr. GRPO).
    Constant,
}

impl Normalisation {
    /// What each token of each rollout is multiplied with; `lens` are their own tokens, `most` a
    /// rollout's limit.
    pub fn weights(self, lens: &[usize], most: usize) -> Vec<f64> {
        let (count, all) = (lens.len().max(1) as f64, lens.iter().sum::<usize>().max(1) as f64);
        let weight = |len: &usize| match self {
            Normalisation::Tokens => 1.0 / all,
            Normalisation::Rollouts => 1.0 / (count * (*len).max(1) as f64),
            Normalisation::Constant => 1.0 / (count * most.max(1) as f64),
        };
        lens.iter().map(weight).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(logp: f32, advantage: f32) -> Token {
        Token { logp, entropy: 0.5, old: -1.0, drawn: -1.0, reference: -1.2, advantage }
    }

    #[test]
    fn losses_worked_by_hand() {
        let plain = Surrogate::default();
        let kl = Surrogate { kl: 0.1, ..plain };
        let double = 2.0f32.ln();
        // exp(-0.2) - (-0.2) - 1 = 0.0187308; its slope 1 - exp(-0.2) = 0.1812692.
        let table = [
            (plain, token(-1.0, 0.5), -0.5, -0.5, (false, false)),
            (plain, token(-1.0 + double, 0.5), -0.64, 0.0, (false, true)),
            (plain, token(-1.0 + double, -0.5), 1.0, 1.0, (false, false)),
            (plain, token(-1.0 - double, -0.5), 0.4, 0.0, (true, false)),
            (plain, token(-1.0 - double, 0.5), -0.25, -0.25, (false, false)),
            (kl, token(-1.0, 0.5), -0.498_126_9, -0.481_873_1, (false, false)),
            (
                Surrogate { entropy_bonus: 0.02, ..plain },
                token(-1.0, 0.0),
                -0.01,
                0.0,
                (false, false),
            ),
            // Drawn at half the probability: weight 2; at an eighth: truncated to 2.
            (plain, Token { drawn: -1.0 - double, ..token(-1.0, 0.5) }, -1.0, -1.0, (false, false)),
            (
                plain,
                Token { drawn: -1.0 - 3.0 * double, ..token(-1.0, 0.5) },
                -1.0,
                -1.0,
                (false, false),
            ),
        ];
        for (surrogate, token, loss, d_logp, clipped) in table {
            let lost = surrogate.of(token);
            assert!((lost.loss - loss).abs() < 1e-6, "{token:?}: {lost:?}");
            assert!((lost.d_logp - d_logp).abs() < 1e-6, "{token:?}: {lost:?}");
            assert_eq!((lost.clipped_low, lost.clipped_high), clipped, "{token:?}");
        }
    }

    #[test]
    fn slopes_are_finite_differences() {
        let surrogate = Surrogate { kl: 0.3, ..Surrogate::default() };
        for advantage in [-1.5, -0.2, 0.0, 0.7] {
            for logp in [-2.0f32, -1.3, -1.05, -0.9, -0.2] {
                let at = |logp| surrogate.of(token(logp, advantage)).loss;
                let step = 1e-3;
                let slope = (at(logp + step) - at(logp - step)) / f64::from(2.0 * step);
                let told = f64::from(surrogate.of(token(logp, advantage)).d_logp);
                assert!((slope - told).abs() < 2e-3, "{advantage} {logp}: {slope} {told}");
            }
        }
    }

    #[test]
    fn weights_add_up_as_they_are_named() {
        let lens = [1, 3];
        let table = [
            (Normalisation::Tokens, [0.25, 0.25]),
            (Normalisation::Rollouts, [0.5, 1.0 / 6.0]),
            (Normalisation::Constant, [0.05, 0.05]),
        ];
        for (normalisation, expected) in table {
            assert_eq!(normalisation.weights(&lens, 10), expected);
        }
    }

    /// What TRL makes of the same numbers, stored with its version. Made by `trl_loss.py` of
    /// `crates/trainer/compare`.
    #[derive(Deserialize)]
    struct Stored {
        most: usize,
        lens: Vec<usize>,
        advantage: Vec<f32>,
        logp: Vec<f32>,
        entropy: Vec<f32>,
        old: Vec<f32>,
        drawn: Vec<f32>,
        reference: Vec<f32>,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        kind: String,
        #[serde(flatten)]
        surrogate: Surrogate,
        loss: f64,
        d_logp: Vec<f64>,
        d_entropy: Vec<f64>,
    }

    #[test]
    fn trl_comes_to_the_same_loss_and_slopes() {
        let stored: Stored = serde_json::from_str(include_str!("loss/trl.json")).expect("numbers");
        for case in &stored.cases {
            let normalisation = match case.kind.as_str() {
                "dapo" => Normalisation::Tokens,
                "grpo" => Normalisation::Rollouts,
                _ => Normalisation::Constant,
            };
            let weights = normalisation.weights(&stored.lens, stored.most);
            let owners =
                stored.lens.iter().enumerate().flat_map(|(n, len)| std::iter::repeat_n(n, *len));
            let mut loss = 0.0;
            for (at, owner) in owners.enumerate() {
                let lost = case.surrogate.of(Token {
                    logp: stored.logp[at],
                    entropy: stored.entropy[at],
                    old: stored.old[at],
                    drawn: stored.drawn[at],
                    reference: stored.reference[at],
                    advantage: stored.advantage[owner],
                });
                let weight = weights[owner];
                loss += weight * lost.loss;
                let off = (weight * f64::from(lost.d_logp) - case.d_logp[at]).abs();
                assert!(off < 1e-5, "{}, token {at}: {off}", case.kind);
                let off = (weight * f64::from(lost.d_entropy) - case.d_entropy[at]).abs();
                assert!(off < 1e-5, "{}, token {at}: {off}", case.kind);
            }
            assert!((loss - case.loss).abs() < 1e-5, "{}: {loss} {}", case.kind, case.loss);
        }
    }
}
