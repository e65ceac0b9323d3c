//! Queries and keys of Qwen3: each head normalised, then rotated by its position (Su et al., 2021) in
//! the convention that pairs the first half of a head with the second.

use super::{norm, wide};

/// Cosines and sines of every position.
#[derive(Clone, Debug)]
pub struct Table {
    half: usize,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl Table {
    pub fn new(dim: usize, theta: f64, positions: usize) -> Table {
        let half = dim / 2;
        let mut table = Table { half, cos: Vec::new(), sin: Vec::new() };
        for position in 0..positions {
            for i in 0..half {
                let angle = position as f64 / theta.powf(2.0 * i as f64 / dim as f64);
                table.cos.push(angle.cos() as f32);
                table.sin.push(angle.sin() as f32);
            }
        }
        table
    }

    pub fn positions(&self) -> usize {
        self.cos.len() / self.half
    }

    /// All cosines and all sines, `positions x dim / 2`.
    pub fn parts(&self) -> (&[f32], &[f32]) {
        (&self.cos, &self.sin)
    }

    #[inline(always)]
    fn at(&self, position: usize) -> (&[f32], &[f32]) {
        let from = position * self.half;
        (&self.cos[from..][..self.half], &self.sin[from..][..self.half])
    }
}

/// A run of heads within rows: `heads` of them side by side from column `first` of rows of `stride`.
#[derive(Clone, Copy, Debug)]
pub struct Heads {
    pub stride: usize,
    pub first: usize,
    pub heads: usize,
}

/// Reads the heads of `x`, writes them to `y` (`rows x heads x dim`, at `out`), keeps each head's factor.
#[allow(clippy::too_many_arguments, reason = "one pass over four arrays")]
pub fn forward(
    x: &[f32],
    at: Heads,
    weight: &[f32],
    eps: f32,
    positions: &[usize],
    table: &Table,
    y: &mut [f32],
    out: Heads,
    inverse: &mut [f32],
) {
    let (dim, half) = (weight.len(), table.half);
    wide(
        #[inline(always)]
        || {
            for (row, &position) in positions.iter().enumerate() {
                let (cos, sin) = table.at(position);
                for head in 0..at.heads {
                    let x = &x[row * at.stride + at.first + head * dim..][..dim];
                    let y = &mut y[row * out.stride + out.first + head * dim..][..dim];
                    let factor = norm::factor(x, eps);
                    inverse[row * at.heads + head] = factor;
                    norm::scale(x, weight, factor, y);
                    let (a, b) = y.split_at_mut(half);
                    for (((a, b), &cos), &sin) in a.iter_mut().zip(b).zip(cos).zip(sin) {
                        (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                    }
                }
            }
        },
    );
}

/// The gradient of [`forward`]: `d_y` (laid out as `out`) is rotated back in place, and the gradient of
/// the heads is written into `d_x`, that of the weight added to `d_weight`.
#[allow(clippy::too_many_arguments, reason = "one pass over five arrays")]
pub fn backward(
    x: &[f32],
    at: Heads,
    weight: &[f32],
    inverse: &[f32],
    positions: &[usize],
    table: &Table,
    d_y: &mut [f32],
    out: Heads,
    d_x: &mut [f32],
    d_weight: &mut [f32],
) {
    let (dim, half) = (weight.len(), table.half);
    wide(
        #[inline(always)]
        || {
            for (row, &position) in positions.iter().enumerate() {
                let (cos, sin) = table.at(position);
                for head in 0..at.heads {
                    let from = row * at.stride + at.first + head * dim;
                    let d_y = &mut d_y[row * out.stride + out.first + head * dim..][..dim];
                    let (a, b) = d_y.split_at_mut(half);
                    for (((a, b), &cos), &sin) in a.iter_mut().zip(b).zip(cos).zip(sin) {
                        (*a, *b) = (*a * cos + *b * sin, *b * cos - *a * sin);
                    }
                    let d_x = &mut d_x[from..][..dim];
                    d_x.fill(0.0);
                    let factor = inverse[row * at.heads + head];
                    norm::row_back(&x[from..][..dim], weight, factor, d_y, d_x, d_weight);
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::super::check::*;
    use super::*;

    const AT: Heads = Heads { stride: 20, first: 2, heads: 2 };
    const OUT: Heads = Heads { stride: 16, first: 0, heads: 2 };

    fn value(x: &[f32], w: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let (mut y, mut inverse) = (vec![0.0; 48], vec![0.0; 6]);
        let table = Table::new(8, 100.0, 9);
        forward(x, AT, w, 1e-5, &[0, 3, 8], &table, &mut y, OUT, &mut inverse);
        (y, inverse)
    }

    #[test]
    fn rotation_keeps_lengths_and_depends_on_distance_alone() {
        let table = Table::new(2, 10.0, 8);
        let rotated = |x: [f32; 2], position| {
            let mut y = [0.0; 2];
            let at = Heads { stride: 2, first: 0, heads: 1 };
            forward(&x, at, &[1.0, 1.0], 0.0, &[position], &table, &mut y, at, &mut [0.0]);
            y
        };
        let inner = |a: [f32; 2], b: [f32; 2]| a[0] * b[0] + a[1] * b[1];
        let (q, k) = ([1.0, 2.0], [0.5, -1.0]);
        let near = inner(rotated(q, 3), rotated(k, 1));
        assert!((near - inner(rotated(q, 7), rotated(k, 5))).abs() < 1e-5);
        assert!((near - inner(rotated(q, 4), rotated(k, 1))).abs() > 1e-2);
        assert!((inner(rotated(q, 5), rotated(q, 5)) - 2.0).abs() < 1e-5);
    }

    #[test]
    fn the_gradients() {
        let (x, w, d_y) = (numbers(60, 1), numbers(8, 2), numbers(48, 3));
        let (_, inverse) = value(&x, &w);
        let (mut d_x, mut d_w, mut turned) = (vec![0.0; 60], vec![0.0; 8], d_y.clone());
        let table = Table::new(8, 100.0, 9);
        let positions = [0, 3, 8];
        backward(&x, AT, &w, &inverse, &positions, &table, &mut turned, OUT, &mut d_x, &mut d_w);
        gradient(&x, &d_x, |x| dot(&value(x, &w).0, &d_y));
        gradient(&w, &d_w, |w| dot(&value(&x, w).0, &d_y));
    }
}
