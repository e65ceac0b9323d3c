//! Seeded draws, the same for the same parts: what is stored must be dealt again by whoever has the seed.

use rules::statistics::SplitMix64;

/// A stream of its own for every sequence of parts.
#[derive(Clone, Debug)]
pub struct Draw(SplitMix64);

impl Draw {
    pub fn new(parts: &[u64]) -> Draw {
        let mixed = |state: u64, part: &u64| SplitMix64::new(state ^ part).next_u64();
        Draw(SplitMix64::new(parts.iter().fold(0, mixed)))
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    /// Uniform from 0, 1 left out.
    pub fn uniform(&mut self) -> f64 {
        self.0.uniform()
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
