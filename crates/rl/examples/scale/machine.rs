//! Seconds and bytes of a model on a machine: pure arithmetic.

use rl::Plan;
use rl::estimate::{Estimate, Shape, estimate};

use crate::constants as c;

/// What computes.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    pub name: &'static str,
    /// FLOP/s.
    pub flops: f64,
    /// Bytes/s.
    pub bandwidth: f64,
    /// Bytes.
    pub memory: f64,
    /// Bytes of a number.
    pub number: f64,
    pub read_share: f64,
    pub prefill_share: f64,
    pub update_share: f64,
    /// Seconds of a step whatever it does, and for each layer.
    pub step_s: f64,
    pub layer_step_s: f64,
    pub layer_update_s: f64,
    pub switch_s: f64,
    /// Whether an update lays out a group's prompt once, as Souk's own trainer does.
    pub prompts_once: bool,
}

pub const H200: Machine = Machine {
    name: "H200",
    flops: c::HOPPER_FLOPS,
    bandwidth: c::H200_BANDWIDTH,
    memory: c::H200_MEMORY,
    number: c::BF16,
    read_share: c::READ_SHARE,
    prefill_share: c::PREFILL_SHARE,
    update_share: c::UPDATE_SHARE,
    step_s: c::STEP_S,
    layer_step_s: c::LAYER_STEP_S,
    layer_update_s: c::LAYER_UPDATE_S,
    switch_s: c::SWITCH_S,
    prompts_once: false,
};

pub const H100: Machine =
    Machine { name: "H100", bandwidth: c::H100_BANDWIDTH, memory: c::H100_MEMORY, ..H200 };

pub const CORES: Machine = Machine {
    name: "two cores",
    flops: c::CORES_FLOPS,
    bandwidth: c::CORES_BANDWIDTH,
    memory: c::CORES_MEMORY,
    number: c::F32,
    read_share: 1.0,
    prefill_share: c::CORES_PREFILL_SHARE,
    update_share: c::CORES_UPDATE_SHARE,
    step_s: 0.0,
    layer_step_s: 0.0,
    layer_update_s: 0.0,
    switch_s: 0.0,
    prompts_once: true,
};

/// Experts of a model, where it has some.
#[derive(Clone, Copy, Debug)]
pub struct Experts {
    /// Weights in all experts together.
    pub weights: f64,
    /// Share of them that one token goes through.
    pub share: f64,
}

/// A preset's model and what learning it means.
#[derive(Clone, Debug)]
pub struct Model {
    pub shape: Shape,
    /// Width of a layer's queries, all heads together.
    pub queries: f64,
    pub experts: Option<Experts>,
    /// Weights of the embeddings where they are not also the output: looked up, in no product.
    pub looked_up: f64,
    /// Weights that learn.
    pub learnt: f64,
    /// Whether only an adapter learns.
    pub adapter: bool,
    /// Whether the loss asks the base as well.
    pub reference: bool,
    /// What Souk says of the plan (`souk train --dry-run`).
    pub estimate: Estimate,
}

/// Seconds of a decoding step by what they go to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    pub weights: f64,
    pub caches: f64,
    pub products: f64,
    pub prompts: f64,
    pub fixed: f64,
}

impl Step {
    pub fn total(&self) -> f64 {
        self.weights + self.caches + self.products + self.prompts + self.fixed
    }
}

/// What is in a decoding step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    /// Rows that get a token.
    pub rows: usize,
    /// Tokens in their caches.
    pub context: f64,
    /// Tokens that are read for the first time, and what stands before them, by token.
    pub read: f64,
    pub before: f64,
    /// How many sets of weights take part: two where the frozen base sits across and all weights learn.
    pub copies: f64,
}

impl Model {
    pub fn new(
        plan: &Plan,
        shape: Shape,
        queries: f64,
        experts: Option<Experts>,
        is_tied: bool,
    ) -> Model {
        let estimate = estimate(plan, &shape);
        let embeddings = (shape.vocabulary * shape.hidden) as f64;
        Model {
            shape,
            queries,
            experts,
            looked_up: if is_tied { 0.0 } else { embeddings },
            // Gradient and two moments of 32 bits.
            learnt: estimate.learning as f64 / (3.0 * c::F32),
            adapter: plan.learning.rank.is_some(),
            reference: plan.surrogate.kl > 0.0,
            estimate,
        }
    }

    pub fn parameters(&self) -> f64 {
        self.shape.parameters as f64
    }

    fn layers(&self) -> f64 {
        self.shape.layers as f64
    }

    /// Weights that one token goes through.
    pub fn active(&self) -> f64 {
        self.parameters() - self.experts.map_or(0.0, |e| e.weights * (1.0 - e.share))
    }

    /// FLOPs of the products of one token on the way forward. The output is worked out for own tokens alone.
    fn products(&self, is_own: f64) -> f64 {
        let output = (self.shape.vocabulary * self.shape.hidden) as f64;
        2.0 * (self.active() - self.looked_up - output * (1.0 - is_own))
    }

    /// Weights that `tokens` tokens go through together, each drawing its experts at random.
    pub fn touched(&self, tokens: f64) -> f64 {
        self.parameters()
            - self.experts.map_or(0.0, |e| e.weights * (1.0 - e.share).powf(tokens.max(0.0)))
    }

    /// Bytes of a token's keys and values.
    pub fn cache_bytes(&self, machine: &Machine) -> f64 {
        2.0 * self.layers() * self.shape.kv_width as f64 * machine.number
    }

    pub fn weight_bytes(&self, machine: &Machine) -> f64 {
        self.parameters() * machine.number
    }

    /// Bytes that learning keeps beside the weights.
    pub fn learner_bytes(&self) -> f64 {
        self.learnt * c::LEARNER_BYTES
    }

    /// Whether one GPU holds sampler, learner and so many negotiations at the same time, and need not switch.
    pub fn is_roomy(&self, machine: &Machine, learner: f64, open: usize) -> bool {
        let caches = open as f64 * self.estimate.longest as f64 * self.cache_bytes(machine);
        2.0 * self.weight_bytes(machine) + learner + caches <= machine.memory * c::FILL
    }

    /// Negotiations that fit beside the weights of one GPU, and beside the learner's numbers where it stays.
    pub fn slots(&self, machine: &Machine, learner: f64) -> usize {
        let free = machine.memory * c::FILL - self.weight_bytes(machine) - learner;
        let each = self.estimate.longest as f64 * self.cache_bytes(machine);
        (free / each).max(0.0) as usize
    }

    /// FLOPs of attention, where `tokens` are read behind `before` others each.
    fn attention(&self, tokens: f64, before: f64) -> f64 {
        4.0 * self.layers() * self.queries * tokens * (before + tokens / 2.0)
    }

    pub fn step(&self, machine: &Machine, load: &Load) -> Step {
        let per_byte = 1.0 / (machine.bandwidth * machine.read_share);
        let per_flop = 1.0 / (machine.flops * machine.prefill_share);
        let rows = load.rows as f64;
        let weights = self.touched(rows + load.read) * machine.number * load.copies * per_byte;
        let caches = load.context * self.cache_bytes(machine) * per_byte;
        let attention = 4.0 * self.layers() * self.queries * load.context;
        let products = (self.products(1.0) * rows + attention) * per_flop;
        let read = self.products(0.0) * load.read + self.attention(load.read, load.before);
        let step = Step {
            prompts: read * per_flop,
            fixed: machine.step_s + machine.layer_step_s * self.layers(),
            ..Step::default()
        };
        // Reading memory and multiplying go on at the same time: the longer one counts.
        if products > weights + caches {
            Step { products, ..step }
        } else {
            Step { weights, caches, ..step }
        }
    }

    /// FLOPs to learn from one token of a sequence of this length, a share of which is the learner's own.
    pub fn update_flops(&self, length: f64, own: f64) -> f64 {
        let forward = self.products(own) + self.attention(1.0, length / 2.0);
        // Backwards: to the inputs, and to the weights where all of them learn.
        let backward = if self.adapter { forward } else { 2.0 * forward };
        forward + backward + if self.reference { forward } else { 0.0 }
    }

    /// Seconds of one optimiser step: each GPU has some of the sequences, and the fullest one counts.
    pub fn update(&self, machine: &Machine, gpus: usize, lessons: &Lessons) -> Update {
        let Lessons { sequences, own, micro } = lessons;
        let fullest = fullest(sequences, gpus);
        let mean = sequences.iter().sum::<f64>() / sequences.len().max(1) as f64;
        let share = match self.experts {
            Some(_) => machine.update_share * c::EXPERTS_UPDATE_SHARE / c::UPDATE_SHARE,
            None => machine.update_share,
        };
        let flops = fullest * self.update_flops(mean, *own);
        let pieces = (fullest / micro).ceil();
        let optimiser = self.learner_bytes() * 2.0 / gpus as f64;
        Update {
            products: flops / (machine.flops * share),
            fixed: pieces * machine.layer_update_s * self.layers()
                + optimiser / (machine.bandwidth * machine.read_share),
            exchange: exchange(self.learnt * machine.number, gpus),
        }
    }

    /// Seconds to bring what was learnt to those who sample: `apart` over the network, else it is there already.
    pub fn broadcast(&self, machine: &Machine, apart: bool) -> f64 {
        let told = if apart { self.learnt * machine.number / c::FAR } else { 0.0 };
        // An adapter is merged: all weights are read and written once.
        let merged = if self.adapter { 2.0 * self.weight_bytes(machine) } else { 0.0 };
        told + merged / (machine.bandwidth * machine.read_share)
    }
}

/// What an optimiser step learns from.
#[derive(Clone, Copy, Debug)]
pub struct Lessons<'a> {
    /// Tokens of each sequence.
    pub sequences: &'a [f64],
    /// Share of them that the learner drew.
    pub own: f64,
    /// Tokens of a piece whose activations are in memory at once.
    pub micro: f64,
}

/// Seconds of an update by what they go to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Update {
    pub products: f64,
    pub fixed: f64,
    pub exchange: f64,
}

impl Update {
    pub fn total(&self) -> f64 {
        self.products + self.fixed + self.exchange
    }
}

/// Seconds in which all GPUs add up gradients of so many bytes: a ring, each byte passed on twice.
pub fn exchange(bytes: f64, gpus: usize) -> f64 {
    let link = if gpus <= c::NODE { c::NEAR } else { c::FAR };
    2.0 * bytes * (gpus - 1) as f64 / gpus as f64 / link
}

/// The tokens of the fullest GPU, when the longest sequences are dealt first, each to the emptiest one.
pub fn fullest(sequences: &[f64], gpus: usize) -> f64 {
    let mut longest_first = sequences.to_vec();
    longest_first.sort_by(|a, b| b.total_cmp(a));
    let mut filled = vec![0.0_f64; gpus];
    for sequence in longest_first {
        let emptiest =
            filled.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("a run has at least one GPU");
        *emptiest += sequence;
    }
    filled.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of one layer, with numbers that are easy to follow.
    fn small(experts: Option<Experts>) -> Model {
        let plan = Plan::of("laptop", "").expect("a preset");
        let shape = Shape {
            parameters: 1000,
            layers: 1,
            hidden: 4,
            kv_width: 2,
            feed_forward: 8,
            vocabulary: 10,
            experts: experts.is_some(),
        };
        Model::new(&plan, shape, 4.0, experts, true)
    }

    fn near(left: f64, right: f64) {
        assert!((left - right).abs() <= 1e-9 * right.abs().max(1.0), "{left} and {right}");
    }

    #[test]
    fn experts_are_touched_one_after_the_other() {
        let model = small(Some(Experts { weights: 800.0, share: 0.25 }));
        near(model.active(), 400.0);
        near(model.touched(1.0), 400.0);
        near(model.touched(2.0), 1000.0 - 800.0 * 0.75 * 0.75);
        near(small(None).touched(1.0), 1000.0);
    }

    #[test]
    fn a_step_reads_memory_or_multiplies_whichever_takes_longer() {
        let machine = Machine {
            flops: 1e6,
            bandwidth: 1e6,
            read_share: 1.0,
            prefill_share: 1.0,
            number: 2.0,
            ..CORES
        };
        let model = small(None);
        let one =
            model.step(&machine, &Load { rows: 1, context: 10.0, copies: 1.0, ..Load::default() });
        // 1000 weights of 2 bytes; 10 tokens of 2 x 2 numbers. The products take 2,000 + 160 FLOPs, and are longer.
        near(one.products, 2160e-6);
        near(one.total(), 2160e-6);
        let fast = Machine { flops: 1e9, ..machine };
        let one =
            model.step(&fast, &Load { rows: 1, context: 10.0, copies: 1.0, ..Load::default() });
        near(one.weights, 2000e-6);
        near(one.caches, 80e-6);
        near(one.products, 0.0);
    }

    #[test]
    fn an_adapter_has_no_gradient_of_the_weights() {
        let full = small(None);
        let adapter = Model { adapter: true, ..full.clone() };
        near(full.update_flops(0.0, 1.0), 6.0 * 1000.0 + 3.0 * 4.0 * 4.0 * 0.5);
        near(adapter.update_flops(0.0, 1.0) / full.update_flops(0.0, 1.0), 2.0 / 3.0);
        // A token that is only read has no output: 10 x 4 weights fewer.
        near(full.update_flops(0.0, 1.0) - full.update_flops(0.0, 0.0), 6.0 * 40.0);
        let judged = Model { reference: true, ..full };
        near(judged.update_flops(0.0, 1.0) / adapter.update_flops(0.0, 1.0), 2.0);
    }

    #[test]
    fn the_fullest_gpu_by_hand() {
        near(fullest(&[5.0, 4.0, 3.0, 3.0], 2), 8.0);
        near(fullest(&[5.0, 1.0], 1), 6.0);
        near(fullest(&[5.0], 4), 5.0);
    }

    #[test]
    fn gradients_pass_the_slower_link_beyond_a_node() {
        near(exchange(450e9, 1), 0.0);
        near(exchange(450e9, 2), 1.0);
        near(exchange(50e9, 16), 2.0 * 15.0 / 16.0);
    }

    #[test]
    fn caches_fill_what_weights_leave() {
        let model = small(None);
        let each = model.estimate.longest as f64 * model.cache_bytes(&H200);
        let machine = Machine { memory: (2000.0 + 3.5 * each) / c::FILL, ..H200 };
        assert_eq!(model.slots(&machine, 0.0), 3);
        assert_eq!(model.slots(&machine, 2.0 * each), 1);
        assert_eq!(model.slots(&Machine { memory: 0.0, ..H200 }, 0.0), 0);
    }
}
