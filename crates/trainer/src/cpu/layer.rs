//! One decoder layer, forward and back.

use super::woven::{Layer, Linear};
use super::{Cut, Segment, Shape};
use crate::kernel::attention::{self, Back, Group};
use crate::kernel::gemm::{self, Into, Rows, Scratch};
use crate::kernel::rope::{self, Heads};
use crate::kernel::{norm, point};
use crate::params;

/// What a layer's way back needs of its way forward. Rows are tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// The layer's input.
    pub x: Vec<f32>,
    inverse_input: Vec<f32>,
    /// Query, key and value before norm and rotation.
    qkv: Vec<f32>,
    inverse_q: Vec<f32>,
    inverse_k: Vec<f32>,
    /// Queries and keys, normalised and rotated.
    q: Vec<f32>,
    k: Vec<f32>,
    attended: Vec<f32>,
    lse: Vec<f32>,
    /// The residual stream between attention and the gated part.
    middle: Vec<f32>,
    inverse_post: Vec<f32>,
    gate_up: Vec<f32>,
}

impl Trace {
    pub fn start(&mut self, x: &[f32]) {
        self.x.clear();
        self.x.extend_from_slice(x);
    }
}

/// Buffers that all layers share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bench {
    normed: Vec<f32>,
    gated: Vec<f32>,
    d_wide: Vec<f32>,
    d_normed: Vec<f32>,
    d_q: Vec<f32>,
    d_k: Vec<f32>,
    d_qkv: Vec<f32>,
    d_k_head: Vec<f32>,
    d_v_head: Vec<f32>,
    joined: Joined,
    attention: attention::Buffers,
    scratch: Scratch,
}

/// One head's keys and values of a segment and of what comes before it, row by row.
#[derive(Clone, Debug, Default)]
struct Joined {
    k: Vec<f32>,
    v: Vec<f32>,
}

impl Joined {
    fn fill(&mut self, shape: &Shape, trace: &Trace, segment: &Segment, kv: usize) {
        let (dim, kv_width, width) = (shape.dim, shape.kv_width(), shape.qkv_width());
        let v_first = shape.v_first(kv);
        self.k.clear();
        self.v.clear();
        for row in segment.stem.clone().chain(segment.rows.clone()) {
            self.k.extend_from_slice(&trace.k[row * kv_width + kv * dim..][..dim]);
            self.v.extend_from_slice(&trace.qkv[row * width + v_first..][..dim]);
        }
    }
}

impl Linear {
    /// `out (+)= x Wᵀ`
    pub fn apply(&self, x: &[f32], out: &mut [f32], into: Into) {
        let rows = Rows { data: x, stride: self.width_in, count: x.len() / self.width_in };
        let shape = (self.width_in, self.width_out);
        gemm::product(rows, &self.forward, shape, out, self.width_out, into);
    }

    /// `d_x = d W`, and adds `dᵀ x` to the weight's gradient.
    pub fn back(
        &self,
        x: &[f32],
        d: &[f32],
        d_x: &mut [f32],
        gradient: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let count = d.len() / self.width_out;
        let d = Rows { data: d, stride: self.width_out, count };
        let x = Rows { data: x, stride: self.width_in, count };
        let (into, out) = (self.width_in, self.width_out);
        gemm::product_of_columns(d, out, x, into, gradient, Into::Added, scratch);
        gemm::product(d, &self.back, (out, into), d_x, into, Into::Replaced);
    }
}

/// The heads within rows of query, key and value, and the rows that hold queries or keys alone.
pub(crate) struct Places {
    pub q: Heads,
    pub k: Heads,
    pub q_alone: Heads,
    pub k_alone: Heads,
}

impl Shape {
    pub fn places(&self) -> Places {
        let stride = self.qkv_width();
        Places {
            q: Heads { stride, first: 0, heads: self.heads },
            k: Heads { stride, first: self.q_width(), heads: self.kv_heads },
            q_alone: Heads { stride: self.q_width(), first: 0, heads: self.heads },
            k_alone: Heads { stride: self.kv_width(), first: 0, heads: self.kv_heads },
        }
    }

    /// Column of a value head among queries, keys and values.
    fn v_first(&self, kv: usize) -> usize {
        self.q_width() + self.kv_width() + kv * self.dim
    }

    /// The query heads that share key head `n`.
    pub fn group(&self, n: usize) -> Group {
        let size = self.heads / self.kv_heads;
        Group { dim: self.dim, size, stride: self.q_width(), first: n * size * self.dim }
    }
}

/// Takes `trace.x` through the layer; `out` becomes the result.
pub(crate) fn forward(
    shape: &Shape,
    layer: &Layer,
    cut: &Cut,
    trace: &mut Trace,
    out: &mut Vec<f32>,
    bench: &mut Bench,
) {
    let n = cut.ids.len();
    let (h, q_width, kv_width) = (shape.hidden, shape.q_width(), shape.kv_width());
    let (linears, eps, at) = (layer.linears, shape.eps, shape.places());
    bench.normed.resize(n * h, 0.0);
    trace.inverse_input.resize(n, 0.0);
    norm::forward(&trace.x, layer.input_norm, eps, &mut bench.normed, &mut trace.inverse_input);
    trace.qkv.resize(n * shape.qkv_width(), 0.0);
    linears.qkv.apply(&bench.normed, &mut trace.qkv, Into::Replaced);
    trace.q.resize(n * q_width, 0.0);
    trace.k.resize(n * kv_width, 0.0);
    trace.inverse_q.resize(n * shape.heads, 0.0);
    trace.inverse_k.resize(n * shape.kv_heads, 0.0);
    let (qkv, positions, table) = (&trace.qkv, &cut.positions, &shape.table);
    let (q, inverse) = (&mut trace.q, &mut trace.inverse_q);
    rope::forward(qkv, at.q, layer.q_norm, eps, positions, table, q, at.q_alone, inverse);
    let (k, inverse) = (&mut trace.k, &mut trace.inverse_k);
    rope::forward(qkv, at.k, layer.k_norm, eps, positions, table, k, at.k_alone, inverse);
    attend(shape, cut, trace, bench);
    trace.middle.clear();
    trace.middle.extend_from_slice(&trace.x);
    linears.o.apply(&trace.attended, &mut trace.middle, Into::Added);
    trace.inverse_post.resize(n, 0.0);
    let inverse = &mut trace.inverse_post;
    norm::forward(&trace.middle, layer.post_norm, eps, &mut bench.normed, inverse);
    trace.gate_up.resize(n * 2 * shape.ff, 0.0);
    linears.gate_up.apply(&bench.normed, &mut trace.gate_up, Into::Replaced);
    bench.gated.resize(n * shape.ff, 0.0);
    point::gated(&trace.gate_up, shape.ff, &mut bench.gated);
    out.clear();
    out.extend_from_slice(&trace.middle);
    linears.down.apply(&bench.gated, out, Into::Added);
}

fn attend(shape: &Shape, cut: &Cut, trace: &mut Trace, bench: &mut Bench) {
    let (n, dim, q_width) = (cut.ids.len(), shape.dim, shape.q_width());
    trace.attended.resize(n * q_width, 0.0);
    trace.lse.resize(n * shape.heads, 0.0);
    for segment in &cut.segments {
        let start = segment.rows.start;
        for kv in 0..shape.kv_heads {
            let group = shape.group(kv);
            bench.joined.fill(shape, trace, segment, kv);
            attention::forward_whole(
                group,
                &trace.q[start * q_width..],
                segment.rows.len(),
                segment.stem.len(),
                (&bench.joined.k, dim),
                (&bench.joined.v, dim),
                &mut trace.attended[start * q_width..],
                &mut trace.lse[start * shape.heads + kv * group.size..],
                shape.heads,
                &mut bench.attention,
            );
        }
    }
}

/// Turns `d`, the gradient of the layer's result, into that of its input, and adds those of the weights.
/// The trace is used up.
#[allow(clippy::too_many_arguments, reason = "what the way back is a function of")]
pub(crate) fn backward(
    shape: &Shape,
    layer: &Layer,
    cut: &Cut,
    trace: &mut Trace,
    d: &mut [f32],
    ranges: &params::Layer,
    gradient: &mut [f32],
    bench: &mut Bench,
) {
    let n = cut.ids.len();
    let h = shape.hidden;
    let (linears, at) = (layer.linears, shape.places());
    let Bench { normed, gated, d_wide, d_normed, d_q, d_k, d_qkv, scratch, .. } = bench;
    normed.resize(n * h, 0.0);
    d_normed.resize(n * h.max(shape.q_width()), 0.0);
    gated.resize(n * shape.ff, 0.0);
    d_wide.resize(n * shape.ff, 0.0);

    point::gated(&trace.gate_up, shape.ff, gated);
    linears.down.back(gated, d, d_wide, &mut gradient[ranges.down.clone()], scratch);
    point::gated_back(&mut trace.gate_up, shape.ff, d_wide);
    norm::again(&trace.middle, layer.post_norm, &trace.inverse_post, normed);
    let weight = &mut gradient[ranges.gate_up.clone()];
    linears.gate_up.back(normed, &trace.gate_up, d_normed, weight, scratch);
    let weight = &mut gradient[ranges.post_norm.clone()];
    norm::backward(&trace.middle, layer.post_norm, &trace.inverse_post, d_normed, d, weight);

    let weight = &mut gradient[ranges.o.clone()];
    linears.o.back(&trace.attended, d, d_normed, weight, scratch);
    d_q.resize(n * shape.q_width(), 0.0);
    d_k.resize(n * shape.kv_width(), 0.0);
    d_qkv.resize(n * shape.qkv_width(), 0.0);
    attend_back(shape, cut, trace, bench);

    let Bench { normed, d_normed, d_q, d_k, d_qkv, scratch, .. } = bench;
    let (qkv, positions, table) = (&trace.qkv, &cut.positions, &shape.table);
    let (inverse, weight) = (&trace.inverse_q, &mut gradient[ranges.q_norm.clone()]);
    rope::backward(
        qkv,
        at.q,
        layer.q_norm,
        inverse,
        positions,
        table,
        d_q,
        at.q_alone,
        d_qkv,
        weight,
    );
    let (inverse, weight) = (&trace.inverse_k, &mut gradient[ranges.k_norm.clone()]);
    rope::backward(
        qkv,
        at.k,
        layer.k_norm,
        inverse,
        positions,
        table,
        d_k,
        at.k_alone,
        d_qkv,
        weight,
    );
    norm::again(&trace.x, layer.input_norm, &trace.inverse_input, normed);
    linears.qkv.back(normed, d_qkv, d_normed, &mut gradient[ranges.qkv.clone()], scratch);
    let weight = &mut gradient[ranges.input_norm.clone()];
    norm::backward(&trace.x, layer.input_norm, &trace.inverse_input, d_normed, d, weight);
}

/// From `bench.d_normed`, the gradient of what was attended, to those of queries, keys and values.
fn attend_back(shape: &Shape, cut: &Cut, trace: &Trace, bench: &mut Bench) {
    let (dim, q_width, kv_width) = (shape.dim, shape.q_width(), shape.kv_width());
    let width = shape.qkv_width();
    let Bench { d_normed, d_q, d_k, d_qkv, d_k_head, d_v_head, joined, attention, .. } = bench;
    // Several segments may look at one row.
    d_k.fill(0.0);
    d_qkv.fill(0.0);
    for segment in &cut.segments {
        let (start, before) = (segment.rows.start, segment.stem.len());
        for kv in 0..shape.kv_heads {
            let group = shape.group(kv);
            joined.fill(shape, trace, segment, kv);
            for head in [&mut *d_k_head, &mut *d_v_head] {
                head.clear();
                head.resize(joined.k.len(), 0.0);
            }
            let back = Back {
                q: &trace.q[start * q_width..],
                k: (&joined.k, dim),
                v: (&joined.v, dim),
                out: &trace.attended[start * q_width..],
                d_out: &d_normed[start * q_width..],
                lse: &trace.lse[start * shape.heads + kv * group.size..],
                lse_stride: shape.heads,
                count: segment.rows.len(),
                before,
            };
            let d_q = &mut d_q[start * q_width..];
            attention::backward(group, &back, d_q, d_k_head, d_v_head, attention);
            let rows = segment.stem.clone().chain(segment.rows.clone());
            let heads = d_k_head.chunks_exact(dim).zip(d_v_head.chunks_exact(dim));
            for (row, (k, v)) in rows.zip(heads) {
                let to_k = &mut d_k[row * kv_width + kv * dim..][..dim];
                to_k.iter_mut().zip(k).for_each(|(to, k)| *to += k);
                let to_v = &mut d_qkv[row * width + shape.v_first(kv)..][..dim];
                to_v.iter_mut().zip(v).for_each(|(to, v)| *to += v);
            }
        }
    }
}
