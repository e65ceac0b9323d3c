//! Random numbers of a generator whose state can be stored.

use rand::RngCore;

/// Uniform in `[0, 1)` with 24 bits.
pub fn uniform(rng: &mut impl RngCore) -> f32 {
    (rng.next_u32() >> 8) as f32 / (1u32 << 24) as f32
}

/// Standard normal, by Box and Muller. One of the pair is thrown away, so that nothing but the
/// generator carries state from draw to draw.
pub fn normal(rng: &mut impl RngCore) -> f32 {
    let radius = (-2.0 * (1.0 - uniform(rng)).ln()).sqrt();
    radius * (std::f32::consts::TAU * uniform(rng)).cos()
}

/// A permutation of `0..n`, by Fisher and Yates.
pub fn permutation(n: usize, rng: &mut impl RngCore) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        let wide = u128::from(rng.next_u64()) * (i as u128 + 1);
        order.swap(i, (wide >> 64) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn normal_draws_have_mean_zero_and_deviation_one() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let drawn: Vec<f32> = (0..20_000).map(|_| normal(&mut rng)).collect();
        let mean = drawn.iter().sum::<f32>() / drawn.len() as f32;
        let square = drawn.iter().map(|x| x * x).sum::<f32>() / drawn.len() as f32;
        assert!(mean.abs() < 0.03 && (square - 1.0).abs() < 0.05, "{mean} {square}");
    }

    #[test]
    fn a_permutation_holds_each_index_once() {
        let mut order = permutation(100, &mut ChaCha8Rng::seed_from_u64(2));
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
