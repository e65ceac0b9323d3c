//! Functions of single numbers, and sums in a fixed order.

use super::wide;

/// Lanes of a running sum: the order of summation is the same whatever the vectors' width.
const LANES: usize = 16;

/// `e^x` to about two units in the last place; 0 and the largest number bound it, NaN stays NaN.
///
/// Splits `x` into a power of two and a rest below half of ln 2, whose exponential is a polynomial.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    /// 1.5 * 2^23: adding it leaves a whole number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.0 / 5040.0;
    for c in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = p * r + c;
    }
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127);
    p * f32::from_bits(exponent << 23)
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `Σ f(x)` over `a`.
#[inline(always)]
pub fn sum(a: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (chunks, rest) = a.as_chunks::<LANES>();
    for chunk in chunks {
        for j in 0..LANES {
            lanes[j] += f(chunk[j]);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += f(x);
    }
    across(lanes)
}

/// `Σ a b`
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for j in 0..LANES {
            lanes[j] += a[j] * b[j];
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += a * b;
    }
    across(lanes)
}

/// `Σ a b c`
#[inline(always)]
pub fn dot3(a: &[f32], b: &[f32], c: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let (c, c_rest) = c.as_chunks::<LANES>();
    for ((a, b), c) in a.iter().zip(b).zip(c) {
        for j in 0..LANES {
            lanes[j] += a[j] * b[j] * c[j];
        }
    }
    for (((lane, a), b), c) in lanes.iter_mut().zip(a_rest).zip(b_rest).zip(c_rest) {
        *lane += a * b * c;
    }
    across(lanes)
}

#[inline(always)]
fn across(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for j in 0..width {
            lanes[j] += lanes[j + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
pub fn max(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for j in 0..LANES {
            lanes[j] = if chunk[j] > lanes[j] { chunk[j] } else { lanes[j] };
        }
    }
    rest.iter().chain(&lanes).fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a })
}

/// `a += b`
pub fn add(a: &mut [f32], b: &[f32]) {
    wide(
        #[inline(always)]
        || a.iter_mut().zip(b).for_each(|(a, b)| *a += b),
    );
}

/// `out = silu(gate) * up`, where each row of `gate_up` holds the gate and then the other half.
pub fn gated(gate_up: &[f32], width: usize, out: &mut [f32]) {
    wide(
        #[inline(always)]
        || {
            for (out, row) in out.chunks_exact_mut(width).zip(gate_up.chunks_exact(2 * width)) {
                let (gate, up) = row.split_at(width);
                for ((out, &g), &u) in out.iter_mut().zip(gate).zip(up) {
                    *out = g * sigmoid(g) * u;
                }
            }
        },
    );
}

/// Turns the gradient of [`gated`]'s result into that of its input, written over `gate_up`.
pub fn gated_back(gate_up: &mut [f32], width: usize, d_out: &[f32]) {
    wide(
        #[inline(always)]
        || {
            for (d, row) in d_out.chunks_exact(width).zip(gate_up.chunks_exact_mut(2 * width)) {
                let (gate, up) = row.split_at_mut(width);
                for ((&d, g), u) in d.iter().zip(gate).zip(up) {
                    let s = sigmoid(*g);
                    let d_gate = d * *u * s * (1.0 + *g * (1.0 - s));
                    *u = d * *g * s;
                    *g = d_gate;
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradient, numbers};
    use super::*;

    #[test]
    fn exp_is_close_over_its_whole_range() {
        for i in -8700..8800 {
            let x = i as f32 / 100.0;
            let (got, expected) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((got - expected).abs() < 3e-7 * expected, "exp({x}) = {got}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 1e-37 && exp(f32::NAN).is_nan());
    }

    #[test]
    fn sums_and_maxima_take_every_element() {
        for n in [0, 1, 15, 16, 17, 100] {
            let values: Vec<f32> = (0..n).map(|i| i as f32 - 7.5).collect();
            assert_eq!(sum(&values, |x| x), values.iter().sum::<f32>(), "{n}");
            assert_eq!(dot(&values, &values), sum(&values, |x| x * x), "{n}");
            assert_eq!(dot3(&values, &values, &values), sum(&values, |x| x * x * x), "{n}");
            assert_eq!(max(&values), values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }

    #[test]
    fn the_gates_gradient() {
        let (rows, width) = (2, 5);
        let input = numbers(rows * 2 * width, 1);
        let weight = numbers(rows * width, 2);
        let mut got = input.clone();
        gated_back(&mut got, width, &weight);
        gradient(&input, &got, |x| {
            let mut out = vec![0.0; rows * width];
            gated(x, width, &mut out);
            crate::kernel::check::dot(&out, &weight)
        });
    }
}
