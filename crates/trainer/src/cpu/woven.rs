//! Weights packed for matrix products, in the direction of the way forward and of the way back.

use crate::kernel::pack::Packed;
use crate::params::Params;

/// Which directions are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ways {
    Forward,
    Both,
}

/// A weight `out x in`, as the right factor of `x Wᵀ` and of `d W`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Linear {
    pub forward: Packed,
    pub back: Packed,
    pub width_in: usize,
    pub width_out: usize,
}

impl Linear {
    fn weave(&mut self, weight: &[f32], width_in: usize, ways: Ways) {
        let width_out = weight.len() / width_in;
        (self.width_in, self.width_out) = (width_in, width_out);
        self.forward.fill_from_transposed(weight, width_in, width_out, width_in);
        if ways == Ways::Both {
            self.back.fill_from_rows(weight, width_out, width_in, width_in);
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Linears {
    pub qkv: Linear,
    pub o: Linear,
    pub gate_up: Linear,
    pub down: Linear,
}

/// All matrices of a model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Woven {
    pub layers: Vec<Linears>,
    pub head: Linear,
}

/// One layer's weights: matrices packed, norms as they are.
pub(crate) struct Layer<'a> {
    pub linears: &'a Linears,
    pub input_norm: &'a [f32],
    pub q_norm: &'a [f32],
    pub k_norm: &'a [f32],
    pub post_norm: &'a [f32],
}

impl Woven {
    /// Packs the weights anew, the layers shared out to threads.
    pub fn weave(&mut self, params: &Params, ways: Ways, threads: usize) {
        let (flat, layout, config) = (&params.flat, &params.layout, &params.config);
        self.layers.resize_with(layout.layers.len(), Linears::default);
        let per = self.layers.len().div_ceil(threads.max(1)).max(1);
        let (layers, head) = (&mut self.layers, &mut self.head);
        std::thread::scope(|scope| {
            for (layers, ranges) in layers.chunks_mut(per).zip(layout.layers.chunks(per)) {
                scope.spawn(move || {
                    for (layer, at) in layers.iter_mut().zip(ranges) {
                        layer.qkv.weave(&flat[at.qkv.clone()], config.hidden_size, ways);
                        layer.o.weave(&flat[at.o.clone()], config.q_width(), ways);
                        layer.gate_up.weave(&flat[at.gate_up.clone()], config.hidden_size, ways);
                        layer.down.weave(&flat[at.down.clone()], config.intermediate_size, ways);
                    }
                });
            }
            head.weave(&flat[layout.head.clone()], config.hidden_size, ways);
        });
    }

    pub fn layer<'a>(&'a self, params: &'a Params, n: usize) -> Layer<'a> {
        let at = &params.layout.layers[n];
        Layer {
            linears: &self.layers[n],
            input_norm: &params.flat[at.input_norm.clone()],
            q_norm: &params.flat[at.q_norm.clone()],
            k_norm: &params.flat[at.k_norm.clone()],
            post_norm: &params.flat[at.post_norm.clone()],
        }
    }
}
