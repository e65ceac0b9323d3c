//! Matrix products in f32 on one thread.
//!
//! The right factor is packed into panels of [`NR`] columns, so that the innermost loop reads it in
//! order; a tile of the result stays in registers while the shared dimension goes by. Every element is
//! summed in the order of the shared dimension with fused multiply-adds, whatever the width of the
//! machine's vectors: the same inputs give the same bits on all machines with fused multiply-adds.

use pulp::{Arch, Simd, WithSimd};

use super::pack::{NR, Packed, row};

/// Shared dimension per pass: a panel of it stays in the first-level cache.
const KC: usize = 512;
/// Rows per pass: with the shared dimension they stay in the second-level cache.
const MC: usize = 96;
/// Rows of a register tile.
const MR: usize = 12;

/// What happens to the former content of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Into {
    Replaced,
    Added,
}

/// Rows of the left factor: row `i` begins at `i * stride`.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub data: &'a [f32],
    pub stride: usize,
    pub count: usize,
}

/// `c (+)= a b` over the first `depth` of the shared dimension and the first `width` columns of `b`; row
/// `i` of the result begins at `i * stride` of `c`.
pub fn product(
    a: Rows,
    b: &Packed,
    (depth, width): (usize, usize),
    c: &mut [f32],
    stride: usize,
    into: Into,
) {
    assert!(depth <= b.room && width <= b.width.next_multiple_of(NR));
    Arch::new().dispatch(Product { a, b, depth, width, c, stride, into });
}

/// `c (+)= aᵀ b`, where `a` has `a.count` rows of `width_a` and `b` as many of `width_b`, both at their
/// strides: the gradient of a weight. `scratch` is reused from call to call.
pub fn product_of_columns(
    a: Rows,
    width_a: usize,
    b: Rows,
    width_b: usize,
    c: &mut [f32],
    into: Into,
    scratch: &mut Scratch,
) {
    assert_eq!(a.count, b.count);
    let mut into = into;
    for first in (0..a.count).step_by(KC / 2) {
        let depth = (a.count - first).min(KC / 2);
        scratch.right.fill_from_rows(&b.data[first * b.stride..], depth, width_b, b.stride);
        pack_columns(&mut scratch.left, &a.data[first * a.stride..], depth, width_a, a.stride);
        let left = &scratch.left;
        Arch::new().dispatch(ProductOfColumns {
            a: left,
            b: &scratch.right,
            depth,
            rows: width_a,
            c,
            into,
        });
        into = Into::Added;
    }
    if a.count == 0 && into == Into::Replaced {
        c[..width_a * width_b].fill(0.0);
    }
}

/// Buffers of [`product_of_columns`].
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    left: Vec<f32>,
    right: Packed,
}

fn pack_columns(out: &mut Vec<f32>, rows: &[f32], depth: usize, width: usize, stride: usize) {
    out.resize(width.div_ceil(MR) * depth * MR, 0.0);
    for (p, panel) in out.chunks_exact_mut((depth * MR).max(1)).enumerate() {
        let first = p * MR;
        let valid = (width - first).min(MR);
        for (k, out) in panel.chunks_exact_mut(MR).enumerate() {
            if valid == MR {
                let out: &mut [f32; MR] = out.try_into().expect("chunks of MR");
                *out = *row::<MR>(rows, k * stride + first);
            } else {
                out[..valid].copy_from_slice(&rows[k * stride + first..][..valid]);
            }
        }
    }
}

struct Product<'a> {
    a: Rows<'a>,
    b: &'a Packed,
    depth: usize,
    width: usize,
    c: &'a mut [f32],
    stride: usize,
    into: Into,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Product { a, b, depth, width, c, stride, into } = self;
        for k0 in (0..depth).step_by(KC) {
            let kc = (depth - k0).min(KC);
            let into = if k0 == 0 { into } else { Into::Added };
            for m0 in (0..a.count).step_by(MC) {
                let m1 = (m0 + MC).min(a.count);
                for (p, j0) in (0..width).step_by(NR).enumerate() {
                    let panel = &b.data[(p * b.room + k0) * NR..][..kc * NR];
                    let valid = (width - j0).min(NR);
                    let mut i = m0;
                    while i < m1 {
                        let from = &a.data[i * a.stride + k0..];
                        let to = &mut c[i * stride + j0..];
                        i += rows_tile(
                            simd,
                            (from, a.stride, m1 - i),
                            panel,
                            kc,
                            (to, stride, valid),
                            into,
                        );
                    }
                }
            }
        }
    }
}

type Source<'a> = (&'a [f32], usize, usize);
type Target<'a> = (&'a mut [f32], usize, usize);

/// One tile of at most `rows` rows; returns how many it did.
#[inline(always)]
fn rows_tile<S: Simd>(
    simd: S,
    (a, stride, rows): Source,
    panel: &[f32],
    kc: usize,
    to: Target,
    into: Into,
) -> usize {
    macro_rules! tile {
        ($m:literal, $v:literal) => {{
            let lines: [&[f32]; $m] = std::array::from_fn(|i| &a[i * stride..][..kc]);
            tile::<S, $m, $v>(simd, |k| std::array::from_fn(|i| lines[i][k]), panel, kc, to, into);
            $m
        }};
    }
    if S::F32_LANES == 16 {
        match rows {
            12.. => tile!(12, 2),
            6..12 => tile!(6, 2),
            4 | 5 => tile!(4, 2),
            3 => tile!(3, 2),
            2 => tile!(2, 2),
            _ => tile!(1, 2),
        }
    } else if S::F32_LANES == 8 {
        match rows {
            6.. => tile!(6, 2),
            3..6 => tile!(3, 2),
            2 => tile!(2, 2),
            _ => tile!(1, 2),
        }
    } else {
        match rows {
            4.. => tile!(4, 2),
            _ => tile!(1, 2),
        }
    }
}

struct ProductOfColumns<'a> {
    a: &'a [f32],
    b: &'a Packed,
    depth: usize,
    rows: usize,
    c: &'a mut [f32],
    into: Into,
}

impl WithSimd for ProductOfColumns<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let ProductOfColumns { a, b, depth, rows, c, into } = self;
        let width = b.width;
        for (p, j0) in (0..width).step_by(NR).enumerate() {
            let panel = &b.data[p * depth * NR..][..depth * NR];
            let valid = (width - j0).min(NR);
            for i0 in (0..rows).step_by(MR) {
                let a = &a[i0 / MR * depth * MR..][..depth * MR];
                let to = &mut c[i0 * width + j0..];
                columns_tiles(simd, a, (rows - i0).min(MR), panel, depth, (to, width, valid), into);
            }
        }
    }
}

#[inline(always)]
fn columns_tiles<S: Simd>(
    simd: S,
    a: &[f32],
    rows: usize,
    panel: &[f32],
    kc: usize,
    (c, stride, valid): Target,
    into: Into,
) {
    macro_rules! tile {
        ($m:literal, $v:literal, $from:expr) => {{
            let lines = |k: usize| -> [f32; $m] {
                let line = &a[k * MR..][..MR];
                std::array::from_fn(|i| line[$from + i])
            };
            tile::<S, $m, $v>(
                simd,
                lines,
                panel,
                kc,
                (&mut c[$from * stride..], stride, valid),
                into,
            );
        }};
    }
    if rows == MR && S::F32_LANES == 16 {
        tile!(12, 2, 0);
    } else if rows == MR && S::F32_LANES == 8 {
        tile!(6, 2, 0);
        tile!(6, 2, 6);
    } else {
        for i in 0..rows {
            tile!(1, 2, i);
        }
    }
}

/// A tile of `M` rows by `NR` columns, done in strips of `V` vectors that stay in registers.
#[allow(clippy::manual_memcpy, reason = "see below how the sums move")]
#[inline(always)]
fn tile<S: Simd, const M: usize, const V: usize>(
    simd: S,
    column: impl Fn(usize) -> [f32; M],
    panel: &[f32],
    kc: usize,
    (c, stride, valid): Target,
    into: Into,
) {
    let strip = V * S::F32_LANES;
    for j0 in (0..valid).step_by(strip) {
        let mut sums = [[simd.splat_f32s(0.0); V]; M];
        for (k, row) in panel.chunks_exact(NR).enumerate().take(kc) {
            let (vectors, _) = S::as_simd_f32s(&row[j0..j0 + strip]);
            let b: [S::f32s; V] = std::array::from_fn(|v| vectors[v]);
            let a = column(k);
            for i in 0..M {
                let a = simd.splat_f32s(a[i]);
                for v in 0..V {
                    sums[i][v] = simd.mul_add_f32s(a, b[v], sums[i][v]);
                }
            }
        }
        // The sums move by value, one constant index at a time: a reference to them would keep the
        // whole array in memory during the loop above.
        let mut spilled = [[0.0f32; NR]; M];
        for i in 0..M {
            let (vectors, _) = S::as_mut_simd_f32s(&mut spilled[i][..strip]);
            for v in 0..V {
                vectors[v] = sums[i][v];
            }
        }
        let wide = (valid - j0).min(strip);
        for (i, line) in spilled.iter().enumerate() {
            let out = &mut c[i * stride + j0..][..wide];
            if wide == strip {
                let (out, _) = S::as_mut_simd_f32s(out);
                let (line, _) = S::as_simd_f32s(&line[..strip]);
                for v in 0..V {
                    let sum = line[v];
                    out[v] = if into == Into::Added { simd.add_f32s(out[v], sum) } else { sum };
                }
            } else {
                for (out, &sum) in out.iter_mut().zip(line) {
                    *out = if into == Into::Added { *out + sum } else { sum };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    }

    fn close(got: &[f32], expected: &[f32]) {
        assert_eq!(got.len(), expected.len());
        for (i, (a, b)) in got.iter().zip(expected).enumerate() {
            assert!((a - b).abs() < 1e-4 * (1.0 + b.abs()), "{i}: {a} instead of {b}");
        }
    }

    fn plain(a: &[f32], b: &[f32], m: usize, k: usize, n: usize) -> Vec<f32> {
        let mut c = vec![0.0; m * n];
        for i in 0..m {
            for l in 0..k {
                for j in 0..n {
                    c[i * n + j] += a[i * k + l] * b[l * n + j];
                }
            }
        }
        c
    }

    const SHAPES: [(usize, usize, usize); 9] = [
        (1, 1, 1),
        (2, 3, 31),
        (3, 32, 64),
        (5, 7, 33),
        (12, 40, 32),
        (13, 600, 70),
        (97, 64, 100),
        (110, 1030, 37),
        (23, 5, 192),
    ];

    #[test]
    fn products_are_those_of_the_plain_loop() {
        for (m, k, n) in SHAPES {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            let expected = plain(&a, &b, m, k, n);
            let rows = Rows { data: &a, stride: k, count: m };
            let mut c = vec![9.0; m * n];
            product(rows, &Packed::from_rows(&b, k, n, n), (k, n), &mut c, n, Into::Replaced);
            close(&c, &expected);
            let transposed: Vec<f32> = (0..n)
                .flat_map(|j| (0..k).map(move |l| (l, j)))
                .map(|(l, j)| b[l * n + j])
                .collect();
            let packed = Packed::from_transposed(&transposed, k, n, k);
            product(rows, &packed, (k, n), &mut c, n, Into::Added);
            close(&c, &expected.iter().map(|x| 2.0 * x).collect::<Vec<_>>());
        }
    }

    #[test]
    fn products_of_columns_are_those_of_the_plain_loop() {
        for (m, k, n) in SHAPES {
            let (a, b) = (numbers(m * k, 3), numbers(k * n, 4));
            let expected = plain(&a, &b, m, k, n);
            let columns: Vec<f32> = (0..k)
                .flat_map(|l| (0..m).map(move |i| (i, l)))
                .map(|(i, l)| a[i * k + l])
                .collect();
            let mut c = vec![1.0; m * n];
            product_of_columns(
                Rows { data: &columns, stride: m, count: k },
                m,
                Rows { data: &b, stride: n, count: k },
                n,
                &mut c,
                Into::Replaced,
                &mut Scratch::default(),
            );
            close(&c, &expected);
        }
    }
}
