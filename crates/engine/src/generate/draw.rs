//! Drawing a token from logits. Pure: the same logits and the same dice give the same token.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use policy::chat::Sampling;

/// Random numbers of one position of one request. They depend on nothing that other requests do.
pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64, position: usize) -> Dice {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(position as u64);
        Dice(rng)
    }

    /// Uniform in [0, 1).
    fn roll(&mut self) -> f64 {
        self.0.random()
    }
}

/// A token drawn by `sampling`, or `None` where no logit is a number.
///
/// The order of the cuts is the usual one: temperature, then `top_k`, then `top_p`.
pub fn draw(logits: &[f32], sampling: &Sampling, dice: &mut Dice) -> Option<u32> {
    let best = argmax(logits)?;
    if sampling.temperature == 0.0 || sampling.top_k == Some(1) {
        return Some(best);
    }
    let top = f64::from(logits[best as usize]);
    let heat = f64::from(sampling.temperature);
    let mut weights: Vec<(u32, f64)> = (0..)
        .zip(logits)
        .map(|(id, logit)| (id, ((f64::from(*logit) - top) / heat).exp()))
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    cut(&mut weights, sampling);
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut left = dice.roll() * total;
    for (id, weight) in &weights {
        left -= weight;
        if left < 0.0 {
            return Some(*id);
        }
    }
    // Rounding may leave a little: the last token takes it.
    weights.last().map(|(id, _)| *id)
}

fn cut(weights: &mut Vec<(u32, f64)>, sampling: &Sampling) {
    let keep = sampling.top_k.unwrap_or(usize::MAX);
    let mass = sampling.top_p.map_or(1.0, f64::from);
    if keep >= weights.len() && mass >= 1.0 {
        return;
    }
    // Equal weights stay in the order of their ids.
    weights.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    weights.truncate(keep);
    if mass < 1.0 {
        let enough = mass * weights.iter().map(|(_, weight)| weight).sum::<f64>();
        let mut sum = 0.0;
        let kept = weights.iter().take_while(|(_, weight)| {
            let is_needed = sum < enough;
            sum += weight;
            is_needed
        });
        let kept = kept.count();
        weights.truncate(kept.max(1));
    }
}

/// The first of the greatest logits that are numbers.
fn argmax(logits: &[f32]) -> Option<u32> {
    let mut best: Option<(u32, f32)> = None;
    for (id, logit) in (0..).zip(logits) {
        if logit.is_nan() || *logit == f32::NEG_INFINITY {
            continue;
        }
        if best.is_none_or(|(_, most)| *logit > most) {
            best = Some((id, *logit));
        }
    }
    best.map(|(id, _)| id)
}

/// The natural logarithm of the sum of the exponentials of all logits.
pub fn log_sum_exp(logits: &[f32]) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let top = f64::from(top);
    let sum: f64 = logits.iter().map(|logit| (f64::from(*logit) - top).exp()).sum();
    top + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [0.0, 2.0, f32::NEG_INFINITY, 1.0, -1.0];

    fn counts(sampling: Sampling) -> [u32; 5] {
        let mut counts = [0; 5];
        for position in 0..20_000 {
            let token = draw(&LOGITS, &sampling, &mut Dice::new(7, position)).expect("a number");
            counts[token as usize] += 1;
        }
        counts
    }

    #[test]
    fn shares_are_those_of_the_softmax() {
        let shares = |temperature: f64| LOGITS.map(|logit| (f64::from(logit) / temperature).exp());
        for temperature in [0.5, 1.0, 2.0] {
            let sampling = Sampling { temperature: temperature as f32, ..Sampling::default() };
            let expected = shares(temperature);
            let total: f64 = expected.iter().sum();
            for (count, share) in counts(sampling).into_iter().zip(expected) {
                let share = share / total;
                // Four standard errors.
                let margin = 4.0 * (share * (1.0 - share) / 20_000.0).sqrt();
                assert!((f64::from(count) / 20_000.0 - share).abs() <= margin);
            }
        }
    }

    #[test]
    fn cuts_leave_the_likeliest() {
        let all = Sampling::default();
        let table = [
            (Sampling { temperature: 0.0, ..all }, [false, true, false, false, false]),
            (Sampling { top_k: Some(1), ..all }, [false, true, false, false, false]),
            (Sampling { top_k: Some(2), ..all }, [false, true, false, true, false]),
            // Shares are 0.64, 0.24, 0.09, 0.03.
            (Sampling { top_p: Some(0.6), ..all }, [false, true, false, false, false]),
            (Sampling { top_p: Some(0.7), ..all }, [false, true, false, true, false]),
            (Sampling { top_p: Some(0.9), ..all }, [true, true, false, true, false]),
            (all, [true, true, false, true, true]),
        ];
        for (sampling, drawn) in table {
            assert_eq!(counts(sampling).map(|count| count > 0), drawn, "{sampling:?}");
        }
    }

    #[test]
    fn nothing_is_drawn_from_nothing() {
        let none = [f32::NAN, f32::NEG_INFINITY];
        assert_eq!(draw(&none, &Sampling::default(), &mut Dice::new(1, 1)), None);
    }

    #[test]
    fn logarithms_are_natural() {
        assert!((log_sum_exp(&[0.0, 0.0]) - 2f64.ln()).abs() < 1e-12);
        assert!((log_sum_exp(&[1000.0, f32::NEG_INFINITY]) - 1000.0).abs() < 1e-9);
    }
}
