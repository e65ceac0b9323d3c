//! The arithmetic of the processor path: plain slices in, plain slices out, one thread.
//!
//! Everything here has a derivative worked out by hand; the tests set each against finite differences,
//! and `graph` sets the whole against a tensor library's own.

pub mod attention;
pub mod gemm;
pub mod loss;
pub mod norm;
pub mod pack;
pub mod point;
pub mod rope;

/// Runs a loop compiled for the widest vectors that the machine has. The closure must be
/// `#[inline(always)]`: a call out of the dispatched function would land in code for the narrowest.
#[inline(always)]
pub(crate) fn wide<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

#[cfg(test)]
pub(crate) mod check {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    pub fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..n).map(|_| crate::draw::normal(&mut rng)).collect()
    }

    pub fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }

    /// Sets a gradient against central differences of `value`, element by element.
    pub fn gradient(at: &[f32], got: &[f32], mut value: impl FnMut(&[f32]) -> f64) {
        let mut at = at.to_vec();
        for i in 0..at.len() {
            let (kept, step) = (at[i], 1e-2f32);
            at[i] = kept + step;
            let above = value(&at);
            at[i] = kept - step;
            let below = value(&at);
            at[i] = kept;
            let expected = (above - below) / (2.0 * f64::from(step));
            let off = (f64::from(got[i]) - expected).abs();
            assert!(off < 2e-3 * (1.0 + expected.abs()), "{i}: {} instead of {expected}", got[i]);
        }
    }
}
