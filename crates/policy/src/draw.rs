//! Seeded draws.

/// A stream of draws fixed by its seed: SplitMix64 (Steele, Lea and Flood, 2014).
///
/// Written out here rather than taken from a library, because a stored episode must replay with the
/// same draws whatever version of a library is linked later. Not for secrets.
#[derive(Clone, Debug)]
pub struct Draw {
    state: u64,
}

impl Draw {
    /// A stream of its own for every sequence of parts.
    pub fn new(parts: &[u64]) -> Draw {
        Draw { state: parts.iter().fold(0, |state, part| mix(state.wrapping_add(GOLDEN) ^ part)) }
    }

    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Uniform in `0..n`, up to a bias below `n / 2^64`.
    ///
    /// # Panics
    /// If `n` is zero.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "there is nothing to draw from");
        let wide = u128::from(self.next_u64()) * n as u128;
        (wide >> 64) as usize
    }

    /// Uniform in `low..=high`; `low` where the range is empty.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        let width = high.abs_diff(low) as usize;
        low + self.below(width + 1) as i64
    }

    /// True in `permille` of 1000 draws.
    pub fn chance(&mut self, permille: i64) -> bool {
        self.between(0, 999) < permille
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_stream() {
        // First outputs of SplitMix64 for the state 1234567, from its authors' reference code.
        let mut draw = Draw { state: 1_234_567 };
        assert_eq!(draw.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(draw.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_its_ends() {
        let mut draw = Draw::new(&[7, 1]);
        let drawn: Vec<i64> = (0..500).map(|_| draw.between(-2, 2)).collect();
        for value in -2..=2 {
            assert!(drawn.contains(&value));
        }
        assert!(drawn.iter().all(|v| (-2..=2).contains(v)));
        assert_eq!(draw.between(5, 1), 5);
    }

    #[test]
    fn other_parts_give_another_stream() {
        let first = |parts: &[u64]| Draw::new(parts).next_u64();
        assert_ne!(first(&[1, 2]), first(&[2, 1]));
        assert_ne!(first(&[1]), first(&[1, 0]));
    }
}
