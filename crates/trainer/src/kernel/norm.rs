//! Root-mean-square normalisation (Zhang and Sennrich, 2019): `y = w x / sqrt(mean(x²) + eps)`.

use super::point::{dot, dot3};
use super::wide;

/// Normalises each row of `x`; `inverse` keeps the factor of each row for the way back.
pub fn forward(x: &[f32], weight: &[f32], eps: f32, y: &mut [f32], inverse: &mut [f32]) {
    let n = weight.len();
    wide(
        #[inline(always)]
        || {
            for ((x, y), inverse) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)).zip(inverse) {
                *inverse = factor(x, eps);
                scale(x, weight, *inverse, y);
            }
        },
    );
}

/// The normalised rows again, from the factors kept.
pub fn again(x: &[f32], weight: &[f32], inverse: &[f32], y: &mut [f32]) {
    let n = weight.len();
    wide(
        #[inline(always)]
        || {
            for ((x, y), &inverse) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)).zip(inverse) {
                scale(x, weight, inverse, y);
            }
        },
    );
}

/// Adds the gradients to `d_x` and `d_weight`.
pub fn backward(
    x: &[f32],
    weight: &[f32],
    inverse: &[f32],
    d_y: &[f32],
    d_x: &mut [f32],
    d_weight: &mut [f32],
) {
    let n = weight.len();
    wide(
        #[inline(always)]
        || {
            let rows = x.chunks_exact(n).zip(d_y.chunks_exact(n)).zip(d_x.chunks_exact_mut(n));
            for (((x, d_y), d_x), &inverse) in rows.zip(inverse) {
                row_back(x, weight, inverse, d_y, d_x, d_weight);
            }
        },
    );
}

#[inline(always)]
pub(super) fn factor(x: &[f32], eps: f32) -> f32 {
    1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt()
}

#[inline(always)]
pub(super) fn scale(x: &[f32], weight: &[f32], inverse: f32, y: &mut [f32]) {
    for ((y, &x), &w) in y.iter_mut().zip(x).zip(weight) {
        *y = x * inverse * w;
    }
}

#[inline(always)]
pub(super) fn row_back(
    x: &[f32],
    weight: &[f32],
    inverse: f32,
    d_y: &[f32],
    d_x: &mut [f32],
    d_weight: &mut [f32],
) {
    let n = weight.len();
    let (x, d_y) = (&x[..n], &d_y[..n]);
    let along = dot3(x, d_y, weight);
    let pull = along * inverse * inverse * inverse / n as f32;
    for (i, (d_x, d_weight)) in d_x.iter_mut().zip(d_weight.iter_mut()).enumerate() {
        *d_x += inverse * weight[i] * d_y[i] - pull * x[i];
        *d_weight += d_y[i] * x[i] * inverse;
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{dot, gradient, numbers};
    use super::*;

    #[test]
    fn a_row_worked_by_hand() {
        let (mut y, mut inverse) = ([0.0; 2], [0.0]);
        forward(&[3.0, 4.0], &[1.0, 2.0], 0.0, &mut y, &mut inverse);
        // mean(x²) = 12.5
        assert!(
            (y[0] - 3.0 / 12.5f32.sqrt()).abs() < 1e-6
                && (y[1] - 8.0 / 12.5f32.sqrt()).abs() < 1e-6
        );
        let mut repeated = [0.0; 2];
        again(&[3.0, 4.0], &[1.0, 2.0], &inverse, &mut repeated);
        assert_eq!(repeated, y);
    }

    #[test]
    fn the_gradients() {
        let (rows, n) = (3, 7);
        let (x, w, d_y) = (numbers(rows * n, 1), numbers(n, 2), numbers(rows * n, 3));
        let value = |x: &[f32], w: &[f32]| {
            let (mut y, mut inverse) = (vec![0.0; rows * n], vec![0.0; rows]);
            forward(x, w, 1e-5, &mut y, &mut inverse);
            (dot(&y, &d_y), inverse)
        };
        let (mut d_x, mut d_w) = (vec![0.0; rows * n], vec![0.0; n]);
        backward(&x, &w, &value(&x, &w).1, &d_y, &mut d_x, &mut d_w);
        gradient(&x, &d_x, |x| value(x, &w).0);
        gradient(&w, &d_w, |w| value(&x, w).0);
    }
}
