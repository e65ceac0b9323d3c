//! Weights as one flat vector, with the names and shapes of their parts.

use std::ops::Range;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::config::Config;
use crate::draw::normal;

/// One named tensor within the flat vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As `transformers` names it.
    pub name: String,
    pub shape: Vec<usize>,
    pub range: Range<usize>,
}

/// Where each tensor lies. Tensors that are multiplied with the same input lie side by side (query, key
/// and value; gate and up), so that one matrix product serves them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub parts: Vec<Part>,
    pub layers: Vec<Layer>,
    pub embed: Range<usize>,
    pub norm: Range<usize>,
    /// The output head; the embedding itself where they are tied.
    pub head: Range<usize>,
    pub len: usize,
}

/// The ranges of one decoder layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    pub input_norm: Range<usize>,
    /// Query, key and value, one below the other: `(q + 2 kv) x hidden`.
    pub qkv: Range<usize>,
    pub q_norm: Range<usize>,
    pub k_norm: Range<usize>,
    pub o: Range<usize>,
    pub post_norm: Range<usize>,
    /// Gate and up, one below the other: `2 intermediate x hidden`.
    pub gate_up: Range<usize>,
    pub down: Range<usize>,
}

impl Layout {
    pub fn new(config: &Config) -> Layout {
        let mut parts = Vec::new();
        let mut end = 0;
        let mut add = |name: String, shape: &[usize]| {
            let range = end..end + shape.iter().product::<usize>();
            end = range.end;
            parts.push(Part { name, shape: shape.to_vec(), range: range.clone() });
            range
        };
        let (h, d) = (config.hidden_size, config.head_dim);
        let (q, kv, ff) = (config.q_width(), config.kv_width(), config.intermediate_size);
        let embed = add("model.embed_tokens.weight".into(), &[config.vocab_size, h]);
        let mut layers = Vec::new();
        for n in 0..config.num_hidden_layers {
            let mut add =
                |name: &str, shape: &[usize]| add(format!("model.layers.{n}.{name}.weight"), shape);
            let input_norm = add("input_layernorm", &[h]);
            let first = add("self_attn.q_proj", &[q, h]).start;
            add("self_attn.k_proj", &[kv, h]);
            let qkv = first..add("self_attn.v_proj", &[kv, h]).end;
            let q_norm = add("self_attn.q_norm", &[d]);
            let k_norm = add("self_attn.k_norm", &[d]);
            let o = add("self_attn.o_proj", &[h, q]);
            let post_norm = add("post_attention_layernorm", &[h]);
            let first = add("mlp.gate_proj", &[ff, h]).start;
            let gate_up = first..add("mlp.up_proj", &[ff, h]).end;
            let down = add("mlp.down_proj", &[h, ff]);
            layers.push(Layer { input_norm, qkv, q_norm, k_norm, o, post_norm, gate_up, down });
        }
        let norm = add("model.norm.weight".into(), &[h]);
        let head = match config.tie_word_embeddings {
            true => embed.clone(),
            false => add("lm_head.weight".into(), &[config.vocab_size, h]),
        };
        Layout { parts, layers, embed, norm, head, len: end }
    }

    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }
}

impl Part {
    /// Weight decay is for matrices; norms are left alone.
    pub fn decays(&self) -> bool {
        self.shape.len() > 1
    }

    /// The linear layers that an adapter may change.
    pub fn is_linear(&self) -> bool {
        self.shape.len() > 1 && self.name.starts_with("model.layers.")
    }
}

/// A model's weights in f32.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    pub config: Config,
    pub layout: Layout,
    pub flat: Vec<f32>,
}

impl Params {
    /// Random weights: normal with deviation `initializer_range`, those that write into the residual
    /// stream smaller by the root of twice the number of layers, norms one.
    pub fn seeded(config: &Config, seed: u64) -> Params {
        let mut params = Params::zeros(config);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let deviation = config.initializer_range as f32;
        let residual = deviation / (2.0 * config.num_hidden_layers as f32).sqrt();
        for part in &params.layout.parts {
            let writes =
                part.name.ends_with("o_proj.weight") || part.name.ends_with("down_proj.weight");
            let deviation = if writes { residual } else { deviation };
            for value in &mut params.flat[part.range.clone()] {
                *value = if part.decays() { deviation * normal(&mut rng) } else { 1.0 };
            }
        }
        params
    }

    pub fn zeros(config: &Config) -> Params {
        let layout = Layout::new(config);
        Params { config: config.clone(), flat: vec![0.0; layout.len], layout }
    }

    /// A tensor by its name, row-major.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.layout.part(name).map(|part| &self.flat[part.range.clone()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_vector_without_gaps() {
        for tied in [true, false] {
            let config = Config { tie_word_embeddings: tied, ..Config::tiny(40) };
            let layout = Layout::new(&config);
            let mut end = 0;
            for part in &layout.parts {
                assert_eq!(part.range.start, end, "{}", part.name);
                assert_eq!(part.range.len(), part.shape.iter().product::<usize>());
                end = part.range.end;
            }
            assert_eq!(end, layout.len);
            assert_eq!(layout.part("lm_head.weight").is_some(), !tied);
        }
    }

    #[test]
    fn names_are_those_of_transformers() {
        let layout = Layout::new(&Config::tiny(40));
        let names: Vec<&str> = layout.parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names.len(), 2 + 2 * 11);
        for name in [
            "model.embed_tokens.weight",
            "model.layers.1.self_attn.q_proj.weight",
            "model.layers.0.self_attn.k_norm.weight",
            "model.layers.0.mlp.down_proj.weight",
            "model.layers.1.post_attention_layernorm.weight",
            "model.norm.weight",
        ] {
            assert!(names.contains(&name), "{name}");
        }
    }

    #[test]
    fn the_seed_decides_the_weights() {
        let config = Config::tiny(40);
        assert_eq!(Params::seeded(&config, 5), Params::seeded(&config, 5));
        assert_ne!(Params::seeded(&config, 5), Params::seeded(&config, 6));
        let params = Params::seeded(&Config::demo(512), 1);
        let spread = |name: &str| {
            let values = params.get(name).expect("a part of every model");
            (values.iter().map(|x| x * x).sum::<f32>() / values.len() as f32).sqrt()
        };
        assert!((spread("model.embed_tokens.weight") - 0.02).abs() < 2e-4);
        assert!((spread("model.layers.3.mlp.down_proj.weight") - 0.02 / 12f32.sqrt()).abs() < 1e-4);
        assert_eq!(spread("model.norm.weight"), 1.0);
    }
}
