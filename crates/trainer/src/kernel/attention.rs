//! Causal attention with grouped queries, block by block: the weights of a block of queries are made,
//! used and forgotten, and made again on the way back (Dao et al., 2022, without the tiling of keys).

use super::gemm::{self, Into, Rows, Scratch};
use super::pack::{NR, Packed};
use super::point::{dot, exp, max, sum};
use super::wide;

/// Query tokens per block.
const BLOCK: usize = 32;

/// The group of query heads that share one key head, and where they lie in the rows of queries.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    pub dim: usize,
    /// Query heads that share the key head.
    pub size: usize,
    /// Floats between rows of queries, and of outputs.
    pub stride: usize,
    /// Column of the group's first head.
    pub first: usize,
}

/// Buffers that live from call to call.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    q: Vec<f32>,
    o: Vec<f32>,
    d_o: Vec<f32>,
    d_q: Vec<f32>,
    weights: Vec<f32>,
    d_weights: Vec<f32>,
    lse: Vec<f32>,
    scratch: Scratch,
    keys: Packed,
    keys_by_row: Packed,
    values: Packed,
    values_by_column: Packed,
}

/// One key head's keys (`dim x tokens`) and values (`tokens x dim`), as attention reads them.
#[derive(Clone, Copy, Debug)]
pub struct KeysValues<'a> {
    pub keys: &'a Packed,
    pub values: &'a Packed,
}

/// Attends from `count` queries, the first of which sees `before + 1` keys. Rows of `q` and `out` begin
/// at the first query; `lse` gets the logarithm of each head's normaliser, at `lse_stride` between rows.
#[allow(clippy::too_many_arguments, reason = "what attention is a function of")]
pub fn forward(
    group: Group,
    q: &[f32],
    count: usize,
    before: usize,
    kv: KeysValues,
    out: &mut [f32],
    lse: &mut [f32],
    lse_stride: usize,
    buffers: &mut Buffers,
) {
    let Group { dim, size, .. } = group;
    for t0 in (0..count).step_by(BLOCK) {
        let t1 = (t0 + BLOCK).min(count);
        let rows = (t1 - t0) * size;
        let seen = before + t1;
        let stride = weigh(group, q, t0..t1, before, kv.keys, buffers);
        buffers.lse.resize(rows, 0.0);
        let (weights, row_lse) = (&mut buffers.weights, &mut buffers.lse);
        wide(
            #[inline(always)]
            || {
                for (r, (row, lse)) in weights.chunks_exact_mut(stride).zip(row_lse).enumerate() {
                    *lse = softmax(&mut row[..seen], before + t0 + r / size + 1);
                }
            },
        );
        buffers.o.resize(rows * dim, 0.0);
        let weights = Rows { data: &buffers.weights, stride, count: rows };
        gemm::product(weights, kv.values, (seen, dim), &mut buffers.o, dim, Into::Replaced);
        for (r, o) in buffers.o[..rows * dim].chunks_exact(dim).enumerate() {
            let (t, head) = (t0 + r / size, r % size);
            out[t * group.stride + group.first + head * dim..][..dim].copy_from_slice(o);
            lse[t * lse_stride + head] = buffers.lse[r];
        }
    }
}

/// Attends within one sequence, for training: packs the keys and values first, those of `before` tokens and of
/// the `count` that ask. `k` and `v` begin at their first head's column and have `kv_strides` between rows.
#[allow(clippy::too_many_arguments, reason = "what attention is a function of")]
pub fn forward_whole(
    group: Group,
    q: &[f32],
    count: usize,
    before: usize,
    (k, k_stride): (&[f32], usize),
    (v, v_stride): (&[f32], usize),
    out: &mut [f32],
    lse: &mut [f32],
    lse_stride: usize,
    buffers: &mut Buffers,
) {
    let (mut keys, mut values) =
        (std::mem::take(&mut buffers.keys), std::mem::take(&mut buffers.values));
    keys.fill_from_transposed(k, group.dim, before + count, k_stride);
    values.fill_from_rows(v, before + count, group.dim, v_stride);
    let kv = KeysValues { keys: &keys, values: &values };
    forward(group, q, count, before, kv, out, lse, lse_stride, buffers);
    (buffers.keys, buffers.values) = (keys, values);
}

/// Gradients of one sequence's attention. `out` and `lse` are what the forward pass gave.
pub struct Back<'a> {
    pub q: &'a [f32],
    pub k: (&'a [f32], usize),
    pub v: (&'a [f32], usize),
    pub out: &'a [f32],
    pub d_out: &'a [f32],
    pub lse: &'a [f32],
    pub lse_stride: usize,
    pub count: usize,
    /// Keys before the first query's own.
    pub before: usize,
}

/// Writes the gradient of the queries into `d_q` (laid out as the queries) and adds those of the keys and
/// values to `d_k` and `d_v` (`(before + count) x dim` each).
pub fn backward(
    group: Group,
    back: &Back,
    d_q: &mut [f32],
    d_k: &mut [f32],
    d_v: &mut [f32],
    buffers: &mut Buffers,
) {
    let Group { dim, size, .. } = group;
    let scale = 1.0 / (dim as f32).sqrt();
    let (before, all) = (back.before, back.before + back.count);
    let mut keys = std::mem::take(&mut buffers.keys);
    keys.fill_from_transposed(back.k.0, dim, all, back.k.1);
    buffers.keys_by_row.fill_from_rows(back.k.0, all, dim, back.k.1);
    buffers.values_by_column.fill_from_transposed(back.v.0, dim, all, back.v.1);
    for t0 in (0..back.count).step_by(BLOCK) {
        let t1 = (t0 + BLOCK).min(back.count);
        let rows = (t1 - t0) * size;
        let stride = weigh(group, back.q, t0..t1, before, &keys, buffers);
        gather(group, back.d_out, t0..t1, 1.0, &mut buffers.d_o);
        gather(group, back.out, t0..t1, 1.0, &mut buffers.o);
        let d_o = Rows { data: &buffers.d_o, stride: dim, count: rows };
        let (depth, seen) = (dim, before + t1);
        buffers.d_weights.resize(rows * stride, 0.0);
        let d_weights = &mut buffers.d_weights;
        gemm::product(
            d_o,
            &buffers.values_by_column,
            (depth, seen),
            d_weights,
            stride,
            Into::Replaced,
        );
        let (weights, o) = (&mut buffers.weights, &buffers.o);
        wide(
            #[inline(always)]
            || {
                let both = weights.chunks_exact_mut(stride).zip(d_weights.chunks_exact_mut(stride));
                for (r, (weights, d_weights)) in both.take(rows).enumerate() {
                    let (t, head) = (t0 + r / size, r % size);
                    let lse = back.lse[t * back.lse_stride + head];
                    let (o, d_o) = (&o[r * dim..][..dim], &d_o.data[r * dim..][..dim]);
                    let mean = dot(o, d_o);
                    let visible = before + t + 1;
                    softmax_back(&mut weights[..seen], &mut d_weights[..seen], visible, lse, mean);
                }
            },
        );
        let weights = Rows { data: &buffers.weights, stride, count: rows };
        let d_weights = Rows { data: &buffers.d_weights, stride, count: rows };
        let scratch = &mut buffers.scratch;
        gemm::product_of_columns(weights, seen, d_o, dim, d_v, Into::Added, scratch);
        let q = Rows { data: &buffers.q, stride: dim, count: rows };
        gemm::product_of_columns(d_weights, seen, q, dim, d_k, Into::Added, scratch);
        buffers.d_q.resize(rows * dim, 0.0);
        let by_row = &buffers.keys_by_row;
        gemm::product(d_weights, by_row, (seen, dim), &mut buffers.d_q, dim, Into::Replaced);
        for (r, from) in buffers.d_q[..rows * dim].chunks_exact(dim).enumerate() {
            let (t, head) = (t0 + r / size, r % size);
            let to = &mut d_q[t * group.stride + group.first + head * dim..][..dim];
            to.iter_mut().zip(from).for_each(|(to, from)| *to = scale * from);
        }
    }
    buffers.keys = keys;
}

/// Raw weights of a block of queries on the keys that the last of them sees; returns the rows' stride.
fn weigh(
    group: Group,
    q: &[f32],
    tokens: std::ops::Range<usize>,
    before: usize,
    keys: &Packed,
    buffers: &mut Buffers,
) -> usize {
    let (rows, seen) = (tokens.len() * group.size, before + tokens.end);
    let stride = seen.next_multiple_of(NR);
    gather(group, q, tokens, 1.0 / (group.dim as f32).sqrt(), &mut buffers.q);
    buffers.weights.resize(rows * stride, 0.0);
    let queries = Rows { data: &buffers.q, stride: group.dim, count: rows };
    let shape = (group.dim, seen);
    gemm::product(queries, keys, shape, &mut buffers.weights, stride, Into::Replaced);
    stride
}

/// Copies the group's heads of some tokens, one below the other.
fn gather(
    group: Group,
    from: &[f32],
    tokens: std::ops::Range<usize>,
    scale: f32,
    to: &mut Vec<f32>,
) {
    to.clear();
    for t in tokens {
        let row = &from[t * group.stride + group.first..][..group.size * group.dim];
        to.extend(row.iter().map(|x| x * scale));
    }
}

/// Softmax over the first `visible` of a row; the others become 0. Returns the normaliser's logarithm.
#[inline(always)]
fn softmax(row: &mut [f32], visible: usize) -> f32 {
    let (row, hidden) = row.split_at_mut(visible);
    hidden.fill(0.0);
    let top = max(row);
    row.iter_mut().for_each(|x| *x = exp(*x - top));
    let total = sum(row, |x| x);
    let share = 1.0 / total;
    row.iter_mut().for_each(|x| *x *= share);
    top + total.ln()
}

/// Turns raw weights into shares, and the gradient of the shares into that of the raw weights.
#[inline(always)]
fn softmax_back(row: &mut [f32], d_row: &mut [f32], visible: usize, lse: f32, mean: f32) {
    row[visible..].fill(0.0);
    d_row[visible..].fill(0.0);
    for (x, d) in row[..visible].iter_mut().zip(&mut d_row[..visible]) {
        *x = exp(*x - lse);
        *d = *x * (*d - mean);
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{dot, gradient, numbers};
    use super::*;

    const GROUP: Group = Group { dim: 4, size: 2, stride: 10, first: 1 };

    fn attend(q: &[f32], k: &[f32], v: &[f32], count: usize) -> (Vec<f32>, Vec<f32>) {
        let (mut out, mut lse) = (vec![0.0; count * GROUP.stride], vec![0.0; count * 2]);
        let buffers = &mut Buffers::default();
        forward_whole(GROUP, q, count, 0, (k, 4), (v, 4), &mut out, &mut lse, 2, buffers);
        (out, lse)
    }

    fn plainly(q: &[f32], k: &[f32], v: &[f32], count: usize) -> Vec<f32> {
        let mut out = vec![0.0; count * GROUP.stride];
        for t in 0..count {
            for head in 0..GROUP.size {
                let at = t * GROUP.stride + GROUP.first + head * 4;
                let raw: Vec<f64> =
                    (0..=t).map(|s| dot(&q[at..at + 4], &k[s * 4..][..4]) / 2.0).collect();
                let total: f64 = raw.iter().map(|x| x.exp()).sum();
                for (s, raw) in raw.iter().enumerate() {
                    for i in 0..4 {
                        out[at + i] += (raw.exp() / total) as f32 * v[s * 4 + i];
                    }
                }
            }
        }
        out
    }

    #[test]
    fn outputs_are_those_of_the_definition() {
        for count in [1, 5, 33, 70] {
            let (q, k, v) = (numbers(count * 10, 1), numbers(count * 4, 2), numbers(count * 4, 3));
            let (got, expected) = (attend(&q, &k, &v, count).0, plainly(&q, &k, &v, count));
            for (got, expected) in got.iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-5, "{got} {expected}");
            }
        }
    }

    #[test]
    fn the_gradients() {
        let count = 35;
        let (q, k, v) = (numbers(count * 10, 1), numbers(count * 4, 2), numbers(count * 4, 3));
        let mut d_out = numbers(count * 10, 4);
        for row in d_out.chunks_exact_mut(10) {
            (row[0], row[9]) = (0.0, 0.0);
        }
        let (out, lse) = attend(&q, &k, &v, count);
        let (mut d_q, mut d_k, mut d_v) =
            (vec![0.0; count * 10], vec![0.0; count * 4], vec![0.0; count * 4]);
        let back = Back {
            q: &q,
            k: (&k, 4),
            v: (&v, 4),
            out: &out,
            d_out: &d_out,
            lse: &lse,
            lse_stride: 2,
            count,
            before: 0,
        };
        backward(GROUP, &back, &mut d_q, &mut d_k, &mut d_v, &mut Buffers::default());
        gradient(&q, &d_q, |q| dot(&attend(q, &k, &v, count).0, &d_out));
        gradient(&k, &d_k, |k| dot(&attend(&q, k, &v, count).0, &d_out));
        gradient(&v, &d_v, |v| dot(&attend(&q, &k, v, count).0, &d_out));
    }
}
