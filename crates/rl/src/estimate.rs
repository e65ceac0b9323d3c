//! What a plan asks of a machine, before anything is loaded.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// The size of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub parameters: u64,
    pub layers: u64,
    pub hidden: u64,
    /// Width of a layer's keys, all heads together.
    pub kv_width: u64,
    /// Width inside the feed-forward part.
    pub feed_forward: u64,
    pub vocabulary: u64,
    /// Whether each token goes through some of several experts only.
    #[serde(default)]
    pub experts: bool,
}

/// Memory in bytes, tokens by iteration. Numbers of 32 bits, as the processor path has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// The base, who learns, who is played against, and the copies that matrix products read.
    pub weights: u64,
    /// Gradient and the optimiser's memory.
    pub learning: u64,
    /// What the update keeps of a piece of a batch on the way forward.
    pub activations: u64,
    /// Keys and values of the open negotiations.
    pub caches: u64,
    /// Tokens that are drawn in an iteration, at most.
    pub drawn_tokens: u64,
    /// Tokens of the longest negotiation: what is read, too.
    pub longest: u64,
}

impl Estimate {
    pub fn memory(&self) -> u64 {
        self.weights + self.learning + self.activations + self.caches
    }
}

const FLOAT: u64 = 4;
/// Tokens that a side reads besides its own: the prompt, and in each round the other's message.
const READ_FIRST: u64 = 100;
const READ_PER_ROUND: u64 = 100;

/// The estimate of a plan over a base of this size.
pub fn estimate(plan: &Plan, shape: &Shape) -> Estimate {
    let rollout = &plan.rollout;
    let wide = |number: u32| u64::from(number);
    let longest = READ_FIRST + wide(rollout.rounds) * (wide(rollout.most_tokens) + READ_PER_ROUND);
    let linears = shape.layers * (2 * shape.kv_width + 6 * shape.hidden + 3 * shape.feed_forward);
    let learnt = match plan.learning.rank {
        None => shape.parameters,
        Some(rank) => wide(rank) * linears,
    };
    // The base; the learner; the sampler's copy of it and the trainer's, each woven for matrix products, the
    // trainer's for the way back too.
    let copies = 7;
    // By token and layer: input, normed input twice, queries and what they found, keys and values, the
    // two gates and their product.
    let kept = shape.layers * (5 * shape.hidden + 2 * shape.kv_width + 3 * shape.feed_forward);
    let logits = 2 * shape.vocabulary;
    let micro = wide(plan.learning.micro_tokens);
    Estimate {
        weights: copies * shape.parameters * FLOAT,
        learning: 3 * learnt * FLOAT,
        activations: micro * kept * FLOAT + micro.min(2048) * logits * FLOAT,
        caches: wide(rollout.at_once) * longest * shape.layers * 2 * shape.kv_width * FLOAT,
        drawn_tokens: wide(plan.rollouts()) * wide(rollout.rounds) * wide(rollout.most_tokens),
        longest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_model_by_hand() {
        let over = "[rollout]\nproducts = 2\ngroup = 2\nrounds = 1\nmost_tokens = 10\nat_once = 1\n\
                    [learning]\nmicro_tokens = 100\n";
        let plan = Plan::of("laptop", over).expect("a plan");
        let shape = Shape {
            parameters: 1000,
            layers: 1,
            hidden: 4,
            kv_width: 2,
            feed_forward: 8,
            vocabulary: 10,
            experts: false,
        };
        let estimate = estimate(&plan, &shape);
        assert_eq!(estimate.weights, 28_000);
        assert_eq!(estimate.learning, 12_000);
        assert_eq!(estimate.activations, 100 * (20 + 4 + 24) * 4 + 100 * 20 * 4);
        assert_eq!((estimate.longest, estimate.drawn_tokens), (210, 40));
        assert_eq!(estimate.caches, 210 * 2 * 2 * 4);
    }
}
