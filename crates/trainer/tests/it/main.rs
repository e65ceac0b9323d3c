mod demo;
mod gradients;
mod learning;
mod reinforce;
mod sampling;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trainer::batch::Sequence;
use trainer::config::Config;
use trainer::params::Params;

/// Sequences of the given lengths, about half of their tokens own.
fn sequences(lens: &[usize], vocab: u32, seed: u64) -> Vec<Sequence> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    lens.iter()
        .map(|&len| Sequence {
            ids: (0..len).map(|_| rng.next_u32() % vocab).collect(),
            own: (0..len).map(|_| rng.next_u32() % 2 == 0).collect(),
        })
        .collect()
}

/// Weights large enough that every part matters to the result.
fn lively(config: &Config) -> Params {
    let mut config = config.clone();
    config.initializer_range = 0.3;
    let mut params = Params::seeded(&config, 11);
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    for part in params.layout.parts.clone() {
        if !part.decays() {
            for value in &mut params.flat[part.range] {
                *value += 0.3 * trainer::draw::normal(&mut rng);
            }
        }
    }
    params
}

#[track_caller]
fn close(got: &[f32], expected: &[f32], within: f32) {
    assert_eq!(got.len(), expected.len());
    let top = expected.iter().fold(0f32, |top, x| top.max(x.abs()));
    for (i, (a, b)) in got.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= within * top.max(1e-3), "{i}: {a} instead of {b} (top {top})");
    }
}
