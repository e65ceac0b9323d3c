//! From logits to log-probabilities and entropy, and back.

use super::point::{exp, max, sum};
use super::wide;

/// What the model gave for one token of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scored {
    /// Natural logarithm of the token's probability.
    pub logp: f32,
    /// Entropy of the whole distribution at that place, in nats.
    pub entropy: f32,
}

/// An objective's value at one token, with its slopes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slope {
    pub loss: f64,
    pub d_logp: f32,
    pub d_entropy: f32,
}

/// Scores one row of logits and, where `slope` asks for it, writes the logits' gradient over it.
///
/// `∂logp(y)/∂z_j = [j = y] - p_j` and `∂H/∂z_j = -p_j (log p_j + H)`.
pub fn score(
    logits: &mut [f32],
    target: usize,
    slope: Option<&mut dyn FnMut(Scored) -> Slope>,
) -> Scored {
    let (scored, lse) = wide(
        #[inline(always)]
        || {
            let top = max(logits);
            let total = sum(logits, |z| exp(z - top));
            let mean = sum(logits, |z| exp(z - top) * (z - top)) / total;
            let rest = total.ln();
            (Scored { logp: logits[target] - top - rest, entropy: rest - mean }, top + rest)
        },
    );
    if let Some(slope) = slope {
        let Slope { d_logp, d_entropy, .. } = slope(scored);
        wide(
            #[inline(always)]
            || {
                for z in logits.iter_mut() {
                    let logp = *z - lse;
                    *z = -exp(logp) * (d_logp + d_entropy * (logp + scored.entropy));
                }
            },
        );
        logits[target] += d_logp;
    }
    scored
}

#[cfg(test)]
mod tests {
    use super::super::check::*;
    use super::*;

    #[test]
    fn a_uniform_row() {
        let scored = score(&mut [2.0; 8], 3, None);
        assert!(
            (scored.logp + 8f32.ln()).abs() < 1e-6 && (scored.entropy - 8f32.ln()).abs() < 1e-6
        );
    }

    #[test]
    fn the_gradient() {
        let logits = numbers(37, 1);
        let value = |z: &[f32]| {
            let scored = score(&mut z.to_vec(), 5, None);
            0.7 * f64::from(scored.logp) - 1.3 * f64::from(scored.entropy)
        };
        let mut got = logits.clone();
        let mut slope = |_| Slope { loss: 0.0, d_logp: 0.7, d_entropy: -1.3 };
        score(&mut got, 5, Some(&mut slope));
        gradient(&logits, &got, value);
    }
}
