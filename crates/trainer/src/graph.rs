//! The model in a tensor library's own operations, on any device and in any float type: the path for
//! graphics processors, and what the processor path is tested against.

use candle_core::backprop::GradStore;
use candle_core::{D, DType, Device, Result, Tensor, Var};

use crate::batch::{self, At, Objective, Outcome, Scored, Sequence};
use crate::config::Config;
use crate::kernel::rope::Table;
use crate::learn::{Adapted, Differentiate, LearnError};
use crate::lora::Adapter;
use crate::params::Params;

/// How the device is used.
#[derive(Clone, Debug)]
pub struct On {
    pub device: Device,
    /// Type of weights and activations; norms, softmax and logits are in f32.
    pub dtype: DType,
    /// Tokens at once, padding included. Default: 8192.
    pub tokens_at_once: usize,
}

impl Default for On {
    fn default() -> On {
        On { device: Device::Cpu, dtype: DType::F32, tokens_at_once: 8192 }
    }
}

/// A model's weights on a device.
#[derive(Debug)]
pub struct Graph {
    config: Config,
    on: On,
    /// In the order of the layout's parts.
    vars: Vec<Var>,
    /// Whether the weights stay as they are on the device, see [`Graph::freeze`].
    frozen: bool,
    /// A and B of each pair, while an adapter is in use.
    pairs: Vec<(Var, Var)>,
    scale: f64,
    cos: Tensor,
    sin: Tensor,
}

/// Sequences padded to one length.
struct Padded {
    ids: Tensor,
    /// Rows that predict, of all tokens of the batch in order.
    rows: Tensor,
    targets: Tensor,
    at: Vec<At>,
}

impl Graph {
    pub fn new(config: &Config, on: On) -> Result<Graph> {
        let theta = config.theta().map_err(candle_core::Error::wrap)?;
        let table = Table::new(config.head_dim, theta, config.max_position_embeddings);
        let shape = (config.max_position_embeddings, config.head_dim / 2);
        let (cos, sin) = table.parts();
        let cos = Tensor::from_slice(cos, shape, &on.device)?;
        let sin = Tensor::from_slice(sin, shape, &on.device)?;
        let layout = Params::zeros(config).layout;
        let vars = layout
            .parts
            .iter()
            .map(|part| Var::zeros(part.shape.as_slice(), on.dtype, &on.device))
            .collect::<Result<_>>()?;
        let (frozen, pairs) = (false, Vec::new());
        Ok(Graph { config: config.clone(), on, vars, frozen, pairs, scale: 0.0, cos, sin })
    }

    /// Brings a base model to the device once and for all: the weights given to later calls are not
    /// looked at. For adapters beside a model that is too large to be moved at every step.
    pub fn freeze(&mut self, base: &Params) -> Result<()> {
        self.frozen = false;
        self.upload(base)?;
        self.frozen = true;
        Ok(())
    }

    /// Logits of one sequence, `tokens x vocabulary`, with an adapter kept apart from its base.
    pub fn logits(
        &mut self,
        params: &Params,
        adapter: Option<&Adapter>,
        ids: &[u32],
    ) -> Result<Tensor> {
        self.upload(params)?;
        self.attach(adapter)?;
        let ids = Tensor::from_slice(ids, (1, ids.len()), &self.on.device)?;
        self.head(params, &self.hidden(params, &ids)?)
    }

    fn attach(&mut self, adapter: Option<&Adapter>) -> Result<()> {
        self.pairs.clear();
        let Some(adapter) = adapter else { return Ok(()) };
        self.scale = f64::from(adapter.scale());
        let rank = adapter.settings.rank;
        for pair in &adapter.pairs {
            let var = |values: &[f32], shape: (usize, usize)| {
                let values = Tensor::from_slice(values, shape, &self.on.device)?;
                Var::from_tensor(&values.to_dtype(self.on.dtype)?)
            };
            let a = var(&adapter.flat[pair.a.clone()], (rank, pair.width_in))?;
            let b = var(&adapter.flat[pair.b.clone()], (pair.width_out, rank))?;
            self.pairs.push((a, b));
        }
        Ok(())
    }

    fn upload(&self, params: &Params) -> Result<()> {
        if self.frozen {
            return Ok(());
        }
        for (part, var) in params.layout.parts.iter().zip(&self.vars) {
            let values = &params.flat[part.range.clone()];
            let values = Tensor::from_slice(values, part.shape.as_slice(), &self.on.device)?;
            var.set(&values.to_dtype(self.on.dtype)?)?;
        }
        Ok(())
    }

    /// A weight; where an adapter learns, one whose gradient nobody asks for.
    fn weight(&self, params: &Params, name: &str) -> Tensor {
        let at = params.layout.parts.iter().position(|part| part.name == name);
        let var = &self.vars[at.expect("the layout has every name of the architecture")];
        if self.pairs.is_empty() { var.as_tensor().clone() } else { var.as_detached_tensor() }
    }

    fn linear(&self, params: &Params, name: &str, x: &Tensor) -> Result<Tensor> {
        let (b, t, h) = x.dims3()?;
        let (x, weight) = (x.reshape((b * t, h))?, self.weight(params, name));
        let mut y = x.matmul(&weight.t()?)?;
        let linear = params.layout.parts.iter().filter(|part| part.is_linear());
        let at = linear.take(self.pairs.len()).position(|part| part.name == name);
        if let Some((a, b)) = at.map(|at| &self.pairs[at]) {
            y = (y + (x.matmul(&a.t()?)?.matmul(&b.t()?)? * self.scale)?)?;
        }
        y.reshape((b, t, weight.dim(0)?))
    }

    fn norm(&self, params: &Params, name: &str, x: &Tensor) -> Result<Tensor> {
        let wide = x.to_dtype(DType::F32)?;
        let mean = wide.sqr()?.mean_keepdim(D::Minus1)?;
        let scaled = wide.broadcast_div(&(mean + self.config.rms_norm_eps)?.sqrt()?)?;
        scaled.to_dtype(self.on.dtype)?.broadcast_mul(&self.weight(params, name))
    }

    /// The last layer's result, `sequences x tokens x hidden`.
    fn hidden(&self, params: &Params, ids: &Tensor) -> Result<Tensor> {
        let (b, t) = ids.dims2()?;
        let embed = self.weight(params, "model.embed_tokens.weight");
        let mut x = embed.index_select(&ids.flatten_all()?, 0)?.reshape((b, t, ()))?;
        let mask = causal(t, &self.on.device)?;
        for n in 0..self.config.num_hidden_layers {
            let name = |part: &str| format!("model.layers.{n}.{part}.weight");
            let normed = self.norm(params, &name("input_layernorm"), &x)?;
            x = (x + self.attention(params, &name, &normed, &mask)?)?;
            let normed = self.norm(params, &name("post_attention_layernorm"), &x)?;
            let gate = self.linear(params, &name("mlp.gate_proj"), &normed)?.silu()?;
            let gated = (gate * self.linear(params, &name("mlp.up_proj"), &normed)?)?;
            x = (x + self.linear(params, &name("mlp.down_proj"), &gated)?)?;
        }
        Ok(x)
    }

    fn attention(
        &self,
        params: &Params,
        name: &dyn Fn(&str) -> String,
        x: &Tensor,
        mask: &Tensor,
    ) -> Result<Tensor> {
        let (b, t, _) = x.dims3()?;
        let (heads, kv_heads) = (self.config.num_attention_heads, self.config.num_key_value_heads);
        let dim = self.config.head_dim;
        let split = |part: &str, heads: usize| {
            self.linear(params, &name(part), x)?.reshape((b, t, heads, dim))
        };
        let q = self.norm(params, &name("self_attn.q_norm"), &split("self_attn.q_proj", heads)?)?;
        let k =
            self.norm(params, &name("self_attn.k_norm"), &split("self_attn.k_proj", kv_heads)?)?;
        let q = self.rotate(&q.transpose(1, 2)?)?;
        let repeat = |kv: Tensor| -> Result<Tensor> {
            let kv = kv.unsqueeze(2)?.expand((b, kv_heads, heads / kv_heads, t, dim))?;
            kv.contiguous()?.reshape((b, heads, t, dim))
        };
        let k = repeat(self.rotate(&k.transpose(1, 2)?)?)?;
        let v = repeat(split("self_attn.v_proj", kv_heads)?.transpose(1, 2)?.contiguous()?)?;
        let raw = (q.matmul(&k.t()?)? / (dim as f64).sqrt())?.to_dtype(DType::F32)?;
        let shares = log_softmax(&raw.broadcast_add(mask)?)?.exp()?.to_dtype(self.on.dtype)?;
        let mixed =
            shares.matmul(&v)?.transpose(1, 2)?.contiguous()?.reshape((b, t, heads * dim))?;
        self.linear(params, &name("self_attn.o_proj"), &mixed)
    }

    /// Rotates `sequences x heads x tokens x dim` by position.
    fn rotate(&self, x: &Tensor) -> Result<Tensor> {
        let t = x.dim(2)?;
        let half = self.config.head_dim / 2;
        let cos = self.cos.narrow(0, 0, t)?.to_dtype(self.on.dtype)?;
        let sin = self.sin.narrow(0, 0, t)?.to_dtype(self.on.dtype)?;
        let (a, b) = (x.narrow(3, 0, half)?, x.narrow(3, half, half)?);
        let first = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
        let second = (b.broadcast_mul(&cos)? + a.broadcast_mul(&sin)?)?;
        Tensor::cat(&[first, second], 3)?.contiguous()
    }

    /// Logits in f32 of rows `n x hidden`, or of `1 x n x hidden`.
    fn head(&self, params: &Params, x: &Tensor) -> Result<Tensor> {
        let x = x.reshape(((), self.config.hidden_size))?;
        let name = match self.config.tie_word_embeddings {
            true => "model.embed_tokens.weight",
            false => "lm_head.weight",
        };
        let normed = self.norm(params, "model.norm.weight", &x)?;
        normed.matmul(&self.weight(params, name).t()?)?.to_dtype(DType::F32)
    }

    fn padded(&self, sequences: &[Sequence], which: &[usize]) -> Result<Option<Padded>> {
        let longest = which.iter().map(|&n| sequences[n].ids.len()).max().unwrap_or(0);
        let (mut ids, mut rows, mut targets, mut at) = (vec![], vec![], vec![], vec![]);
        for (row, &n) in which.iter().enumerate() {
            let sequence = &sequences[n];
            ids.extend(&sequence.ids);
            // What fills up lies after all that is looked at, so any token will do.
            ids.resize((row + 1) * longest, 0u32);
            for token in sequence.predicted() {
                rows.push((row * longest + token - 1) as u32);
                targets.push(sequence.ids[token]);
                at.push(At { sequence: n, token });
            }
        }
        if at.is_empty() {
            return Ok(None);
        }
        let device = &self.on.device;
        let ids = Tensor::from_vec(ids, (which.len(), longest), device)?;
        let (rows, targets) = (Tensor::new(rows, device)?, Tensor::new(targets, device)?);
        Ok(Some(Padded { ids, rows, targets, at }))
    }

    /// Log-probabilities and entropies of the predicted tokens of a padded batch.
    fn scores(&self, params: &Params, padded: &Padded) -> Result<(Tensor, Tensor)> {
        let x = self.hidden(params, &padded.ids)?.flatten(0, 1)?;
        let all = log_softmax(&self.head(params, &x.index_select(&padded.rows, 0)?)?)?;
        let entropy = (all.exp()? * &all)?.sum(D::Minus1)?.neg()?;
        let logp = all.gather(&padded.targets.unsqueeze(1)?, 1)?.squeeze(1)?;
        Ok((logp, entropy))
    }

    fn pass(
        &mut self,
        params: &Params,
        adapter: Option<&Adapter>,
        sequences: &[Sequence],
        mut learn: Option<(&dyn Objective, &mut [f32])>,
    ) -> std::result::Result<Outcome, LearnError> {
        let config = &self.config;
        batch::check(sequences, config.vocab_size, config.max_position_embeddings)?;
        self.upload(params)?;
        self.attach(adapter)?;
        let mut outcome = Outcome { loss: 0.0, scores: vec![Vec::new(); sequences.len()] };
        for which in by_length(sequences, self.on.tokens_at_once) {
            let Some(padded) = self.padded(sequences, &which)? else { continue };
            let (logp, entropy) = self.scores(params, &padded)?;
            let (logps, entropies) = (logp.to_vec1::<f32>()?, entropy.to_vec1::<f32>()?);
            let scored = logps.into_iter().zip(entropies);
            let scored = scored.map(|(logp, entropy)| Scored { logp, entropy });
            let (mut d_logp, mut d_entropy) = (Vec::new(), Vec::new());
            for (&at, scored) in padded.at.iter().zip(scored) {
                outcome.scores[at.sequence].push(scored);
                if let Some((objective, _)) = &learn {
                    let slope = objective.slope(at, scored);
                    outcome.loss += slope.loss;
                    d_logp.push(slope.d_logp);
                    d_entropy.push(slope.d_entropy);
                }
            }
            if let Some((_, gradient)) = &mut learn {
                // A sum weighted with the slopes has the objective's gradient.
                let by = |slopes: Vec<f32>| Tensor::new(slopes, &self.on.device);
                let weighted = ((logp * by(d_logp)?)? + (entropy * by(d_entropy)?)?)?;
                self.collect(params, adapter, &weighted.sum_all()?.backward()?, gradient)?;
            }
        }
        Ok(outcome)
    }

    fn collect(
        &self,
        params: &Params,
        adapter: Option<&Adapter>,
        grads: &GradStore,
        gradient: &mut [f32],
    ) -> Result<()> {
        let places: Vec<(&Var, std::ops::Range<usize>)> = match adapter {
            None => {
                let ranges = params.layout.parts.iter().map(|part| part.range.clone());
                self.vars.iter().zip(ranges).collect()
            }
            Some(adapter) => {
                let pairs = self.pairs.iter().zip(&adapter.pairs);
                pairs.flat_map(|((a, b), at)| [(a, at.a.clone()), (b, at.b.clone())]).collect()
            }
        };
        for (var, range) in places {
            if let Some(grad) = grads.get(var) {
                let values = grad.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
                crate::kernel::point::add(&mut gradient[range], &values);
            }
        }
        Ok(())
    }
}

impl Differentiate for Graph {
    fn gradient(
        &mut self,
        params: &Params,
        sequences: &[Sequence],
        objective: &dyn Objective,
        gradient: &mut [f32],
    ) -> std::result::Result<Outcome, LearnError> {
        self.pass(params, None, sequences, Some((objective, gradient)))
    }

    fn gradient_of_adapter(
        &mut self,
        adapted: &Adapted,
        _: &Params,
        sequences: &[Sequence],
        objective: &dyn Objective,
        gradient: &mut [f32],
    ) -> std::result::Result<Outcome, LearnError> {
        let Adapted { base, adapter } = adapted;
        self.pass(base, Some(adapter), sequences, Some((objective, gradient)))
    }

    fn score(
        &mut self,
        params: &Params,
        sequences: &[Sequence],
    ) -> std::result::Result<Outcome, LearnError> {
        self.pass(params, None, sequences, None)
    }
}

/// Sequences in groups of like length, each of at most `most` tokens with its padding.
fn by_length(sequences: &[Sequence], most: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    order.sort_by_key(|&n| (sequences[n].ids.len(), n));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for n in order {
        match groups.last_mut() {
            Some(group) if (group.len() + 1) * sequences[n].ids.len() <= most => group.push(n),
            _ => groups.push(vec![n]),
        }
    }
    groups
}

/// 0 where a query may look, minus infinity where it may not.
fn causal(t: usize, device: &Device) -> Result<Tensor> {
    let mask: Vec<f32> =
        (0..t * t).map(|i| if i % t > i / t { f32::NEG_INFINITY } else { 0.0 }).collect();
    Tensor::from_vec(mask, (t, t), device)
}

fn log_softmax(x: &Tensor) -> Result<Tensor> {
    let x = x.broadcast_sub(&x.max_keepdim(D::Minus1)?.detach())?;
    x.broadcast_sub(&x.exp()?.sum_keepdim(D::Minus1)?.log()?)
}
