//! What a model is: the fields of a Qwen3 `config.json`.

use serde::{Deserialize, Serialize};

/// A dense Qwen3 decoder, with the names that `transformers` and mistral.rs read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    #[serde(default = "architectures")]
    pub architectures: Vec<String>,
    #[serde(default)]
    pub attention_bias: bool,
    #[serde(default)]
    pub attention_dropout: f64,
    #[serde(default)]
    pub bos_token_id: Option<u32>,
    /// One id or several: a generation ends at any of them.
    #[serde(default)]
    pub eos_token_id: Option<Ids>,
    pub head_dim: usize,
    #[serde(default = "silu")]
    pub hidden_act: String,
    pub hidden_size: usize,
    #[serde(default = "initializer_range")]
    pub initializer_range: f64,
    pub intermediate_size: usize,
    pub max_position_embeddings: usize,
    #[serde(default)]
    pub max_window_layers: usize,
    #[serde(default = "model_type")]
    pub model_type: String,
    pub num_attention_heads: usize,
    pub num_hidden_layers: usize,
    pub num_key_value_heads: usize,
    #[serde(default)]
    pub pad_token_id: Option<u32>,
    pub rms_norm_eps: f64,
    /// At the top level, where mistral.rs looks; newer files have it in `rope_parameters` alone.
    #[serde(default)]
    pub rope_theta: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rope_parameters: Option<Rope>,
    #[serde(default)]
    pub sliding_window: Option<usize>,
    #[serde(default)]
    pub tie_word_embeddings: bool,
    #[serde(default, alias = "dtype")]
    pub torch_dtype: Option<String>,
    #[serde(default = "yes")]
    pub use_cache: bool,
    #[serde(default)]
    pub use_sliding_window: bool,
    pub vocab_size: usize,
}

/// One token id or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ids {
    One(u32),
    Many(Vec<u32>),
}

impl Ids {
    pub fn to_vec(&self) -> Vec<u32> {
        match self {
            Ids::One(id) => vec![*id],
            Ids::Many(ids) => ids.clone(),
        }
    }
}

/// Where transformers 5 keeps the rotation's base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rope {
    pub rope_theta: f64,
    #[serde(default = "default_rope")]
    pub rope_type: String,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unsupported {
    #[error("the architecture is {0}, not Qwen3ForCausalLM")]
    Architecture(String),
    #[error("{0} is set, which is not supported here")]
    Setting(&'static str),
    #[error("the activation {0} is not silu")]
    Activation(String),
    #[error("{heads} query heads cannot share {kv} key heads")]
    Heads { heads: usize, kv: usize },
    #[error("{0} is zero or odd where it cannot be")]
    Size(&'static str),
    #[error("neither rope_theta nor rope_parameters is given")]
    NoRope,
}

impl Config {
    /// The demo model's shape; `vocab_size`, the special tokens and sizes may be changed after.
    pub fn demo(vocab_size: usize) -> Config {
        Config {
            architectures: architectures(),
            attention_bias: false,
            attention_dropout: 0.0,
            bos_token_id: None,
            eos_token_id: None,
            head_dim: 32,
            hidden_act: silu(),
            hidden_size: 192,
            initializer_range: initializer_range(),
            intermediate_size: 640,
            max_position_embeddings: 2048,
            max_window_layers: 6,
            model_type: model_type(),
            num_attention_heads: 6,
            num_hidden_layers: 6,
            num_key_value_heads: 2,
            pad_token_id: None,
            rms_norm_eps: 1e-6,
            rope_theta: Some(10_000.0),
            rope_parameters: None,
            sliding_window: None,
            tie_word_embeddings: true,
            torch_dtype: Some("float32".into()),
            use_cache: true,
            use_sliding_window: false,
            vocab_size,
        }
    }

    /// The smallest shape that has all parts, for tests.
    pub fn tiny(vocab_size: usize) -> Config {
        Config {
            head_dim: 8,
            hidden_size: 16,
            intermediate_size: 24,
            max_position_embeddings: 64,
            max_window_layers: 2,
            num_attention_heads: 4,
            num_hidden_layers: 2,
            num_key_value_heads: 2,
            ..Config::demo(vocab_size)
        }
    }

    /// Refuses what the forward pass would get wrong, so that no file is loaded into nonsense.
    pub fn check(&self) -> Result<(), Unsupported> {
        match self.architectures.as_slice() {
            [one] if one == "Qwen3ForCausalLM" => {}
            others => return Err(Unsupported::Architecture(others.join(", "))),
        }
        if self.hidden_act != "silu" {
            return Err(Unsupported::Activation(self.hidden_act.clone()));
        }
        let (heads, kv) = (self.num_attention_heads, self.num_key_value_heads);
        if kv == 0 || heads % kv != 0 || heads == 0 {
            return Err(Unsupported::Heads { heads, kv });
        }
        let settings = [
            (self.attention_bias, "attention_bias"),
            (self.use_sliding_window, "use_sliding_window"),
            (self.attention_dropout != 0.0, "attention_dropout"),
            (
                self.rope_parameters.as_ref().is_some_and(|r| r.rope_type != default_rope()),
                "rope_type",
            ),
        ];
        if let Some((_, name)) = settings.iter().find(|(set, _)| *set) {
            return Err(Unsupported::Setting(name));
        }
        let sizes = [
            (self.head_dim == 0 || !self.head_dim.is_multiple_of(2), "head_dim"),
            (self.hidden_size == 0, "hidden_size"),
            (self.intermediate_size == 0, "intermediate_size"),
            (self.num_hidden_layers == 0, "num_hidden_layers"),
            (self.vocab_size == 0, "vocab_size"),
        ];
        if let Some((_, name)) = sizes.iter().find(|(wrong, _)| *wrong) {
            return Err(Unsupported::Size(name));
        }
        self.theta().map(|_| ())
    }

    /// The rotation's base, wherever the file keeps it.
    pub fn theta(&self) -> Result<f64, Unsupported> {
        let nested = self.rope_parameters.as_ref().map(|rope| rope.rope_theta);
        self.rope_theta.or(nested).ok_or(Unsupported::NoRope)
    }

    pub fn q_width(&self) -> usize {
        self.num_attention_heads * self.head_dim
    }

    pub fn kv_width(&self) -> usize {
        self.num_key_value_heads * self.head_dim
    }

    /// Floating-point operations of a training step per token, without attention's products: 6 per weight
    /// that takes part in a matrix product (2 forward, 4 backward).
    pub fn flops_per_token(&self) -> usize {
        let layer = self.hidden_size * (2 * self.q_width() + 2 * self.kv_width())
            + 3 * self.hidden_size * self.intermediate_size;
        6 * (self.num_hidden_layers * layer + self.vocab_size * self.hidden_size)
    }
}

fn architectures() -> Vec<String> {
    vec!["Qwen3ForCausalLM".into()]
}

fn silu() -> String {
    "silu".into()
}

fn model_type() -> String {
    "qwen3".into()
}

fn default_rope() -> String {
    "default".into()
}

fn initializer_range() -> f64 {
    0.02
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_transformers_5_is_read() {
        let text = r#"{"architectures":["Qwen3ForCausalLM"],"head_dim":8,"hidden_size":16,
            "intermediate_size":24,"max_position_embeddings":64,"num_attention_heads":4,
            "num_hidden_layers":2,"num_key_value_heads":2,"rms_norm_eps":1e-6,"dtype":"bfloat16",
            "rope_parameters":{"rope_theta":5000.0,"rope_type":"default"},"vocab_size":40,
            "eos_token_id":[1,2],"layer_types":["full_attention","full_attention"]}"#;
        let config: Config = serde_json::from_str(text).expect("a complete file");
        assert_eq!(config.check(), Ok(()));
        assert_eq!(config.theta(), Ok(5000.0));
        assert_eq!(config.torch_dtype.as_deref(), Some("bfloat16"));
        assert_eq!(config.eos_token_id.map(|ids| ids.to_vec()), Some(vec![1, 2]));
    }

    #[test]
    fn what_would_be_computed_wrongly_is_refused() {
        type Change = fn(&mut Config);
        let table: [(Change, Unsupported); 6] = [
            (|c| c.attention_bias = true, Unsupported::Setting("attention_bias")),
            (|c| c.use_sliding_window = true, Unsupported::Setting("use_sliding_window")),
            (|c| c.hidden_act = "gelu".into(), Unsupported::Activation("gelu".into())),
            (|c| c.num_key_value_heads = 3, Unsupported::Heads { heads: 4, kv: 3 }),
            (|c| c.rope_theta = None, Unsupported::NoRope),
            (|c| c.head_dim = 7, Unsupported::Size("head_dim")),
        ];
        for (change, expected) in table {
            let mut config = Config::tiny(40);
            change(&mut config);
            assert_eq!(config.check(), Err(expected));
        }
    }
}
