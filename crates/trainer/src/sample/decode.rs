//! New tokens of several rows through all layers, with what went before in caches.

use crate::cpu::{Layer, Shape, Woven, logits};
use crate::kernel::attention::{self, KeysValues};
use crate::kernel::gemm::Into;
use crate::kernel::pack::Packed;
use crate::kernel::rope;
use crate::kernel::{norm, point};
use crate::params::Params;

/// Keys and values of one row: by layer and key head, as attention reads them.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    heads: Vec<(Packed, Packed)>,
}

impl Cache {
    pub fn new(shape: &Shape, layers: usize) -> Cache {
        let head = || (Packed::of_depth(shape.dim), Packed::of_width(shape.dim));
        Cache { heads: (0..layers * shape.kv_heads).map(|_| head()).collect() }
    }
}

/// Tokens to be taken up by one row.
pub(super) struct Feed<'a> {
    pub cache: &'a mut Cache,
    pub logits: &'a mut Vec<f32>,
    /// Tokens that the cache holds.
    pub before: usize,
    pub tokens: &'a [u32],
}

/// One thread's buffers.
#[derive(Debug, Default)]
pub(super) struct Bench {
    x: Vec<f32>,
    positions: Vec<usize>,
    normed: Vec<f32>,
    inverse: Vec<f32>,
    qkv: Vec<f32>,
    q: Vec<f32>,
    k: Vec<f32>,
    attended: Vec<f32>,
    lse: Vec<f32>,
    gate_up: Vec<f32>,
    gated: Vec<f32>,
    attention: attention::Buffers,
}

impl Bench {
    /// Takes up every row's tokens; each row's logits become those after its last token.
    pub fn feed(&mut self, shape: &Shape, woven: &Woven, params: &Params, feeds: &mut [Feed]) {
        let h = shape.hidden;
        let embed = &params.flat[params.layout.embed.clone()];
        self.x.clear();
        self.positions.clear();
        for feed in feeds.iter() {
            self.positions.extend(feed.before..feed.before + feed.tokens.len());
            for &id in feed.tokens {
                self.x.extend_from_slice(&embed[id as usize * h..][..h]);
            }
        }
        for n in 0..woven.layers.len() {
            self.layer(shape, &woven.layer(params, n), n, feeds);
        }
        let mut end = 0;
        let mut last = Vec::with_capacity(feeds.len() * h);
        for feed in feeds.iter() {
            end += feed.tokens.len();
            last.extend_from_slice(&self.x[(end - 1) * h..][..h]);
        }
        let all = logits(shape, woven, params, &last);
        for (feed, row) in feeds.iter_mut().zip(all.chunks_exact(shape.vocab)) {
            feed.logits.clear();
            feed.logits.extend_from_slice(row);
        }
    }

    fn layer(&mut self, shape: &Shape, layer: &Layer, index: usize, feeds: &mut [Feed]) {
        let n = self.positions.len();
        let (eps, at, linears) = (shape.eps, shape.places(), layer.linears);
        self.normed.resize(n * shape.hidden, 0.0);
        self.inverse.resize(n * shape.heads, 0.0);
        norm::forward(&self.x, layer.input_norm, eps, &mut self.normed, &mut self.inverse);
        self.qkv.resize(n * shape.qkv_width(), 0.0);
        linears.qkv.apply(&self.normed, &mut self.qkv, Into::Replaced);
        self.q.resize(n * shape.q_width(), 0.0);
        self.k.resize(n * shape.kv_width(), 0.0);
        let Bench { qkv, positions, q, k, inverse, .. } = self;
        let table = &shape.table;
        rope::forward(qkv, at.q, layer.q_norm, eps, positions, table, q, at.q_alone, inverse);
        rope::forward(qkv, at.k, layer.k_norm, eps, positions, table, k, at.k_alone, inverse);
        self.attend(shape, index, feeds);
        linears.o.apply(&self.attended, &mut self.x, Into::Added);
        norm::forward(&self.x, layer.post_norm, eps, &mut self.normed, &mut self.inverse);
        self.gate_up.resize(n * 2 * shape.ff, 0.0);
        linears.gate_up.apply(&self.normed, &mut self.gate_up, Into::Replaced);
        self.gated.resize(n * shape.ff, 0.0);
        point::gated(&self.gate_up, shape.ff, &mut self.gated);
        linears.down.apply(&self.gated, &mut self.x, Into::Added);
    }

    fn attend(&mut self, shape: &Shape, index: usize, feeds: &mut [Feed]) {
        let (dim, kv_heads) = (shape.dim, shape.kv_heads);
        let (q_width, kv_width, width) = (shape.q_width(), shape.kv_width(), shape.qkv_width());
        self.attended.resize(self.positions.len() * q_width, 0.0);
        let mut start = 0;
        for feed in feeds {
            let count = feed.tokens.len();
            let heads = &mut feed.cache.heads[index * kv_heads..][..kv_heads];
            for (kv, (keys, values)) in heads.iter_mut().enumerate() {
                for t in start..start + count {
                    keys.push_column(&self.k[t * kv_width + kv * dim..][..dim]);
                    let value = &self.qkv[t * width + q_width + kv_width + kv * dim..][..dim];
                    values.set_row(feed.before + t - start, value);
                }
                let group = shape.group(kv);
                self.lse.resize(count * group.size, 0.0);
                attention::forward(
                    group,
                    &self.q[start * q_width..],
                    count,
                    feed.before,
                    KeysValues { keys, values },
                    &mut self.attended[start * q_width..],
                    &mut self.lse,
                    group.size,
                    &mut self.attention,
                );
            }
            start += count;
        }
    }
}
