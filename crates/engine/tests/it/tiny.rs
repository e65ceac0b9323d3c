//! Models that the tests make themselves: real folders, random weights, no download.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use engine::{Definition, Options, Placement, Registry, Source};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

pub const HIDDEN: usize = 32;
const LAYERS: usize = 2;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const HEAD: usize = 8;
const INNER: usize = 64;
pub const CONTEXT: usize = 4096;

pub const START: u32 = 0;
pub const END: u32 = 1;
/// The id of a byte's token.
pub const fn byte(b: u8) -> u32 {
    b as u32 + 2
}
/// Two bytes' token for each of these, behind the bytes.
const MERGES: [(char, char); 5] = [('t', 'h'), ('T', 'a'), ('A', 'c'), ('e', 'r'), ('o', 'n')];
const VOCABULARY: usize = 2 + 256 + MERGES.len();

/// A folder of models, and a registry over it.
pub struct Shelf {
    folder: TempDir,
}

impl Shelf {
    pub fn new() -> Shelf {
        Shelf { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a Qwen3 with random weights.
    pub fn qwen(&self, name: &str, seed: u64) -> Definition {
        self.model(name, qwen_config(), seed)
    }

    /// Writes a Llama with random weights.
    pub fn llama(&self, name: &str, seed: u64) -> Definition {
        self.model(name, llama_config(), seed)
    }

    pub fn model(&self, name: &str, config: Value, seed: u64) -> Definition {
        let path = self.path(name);
        std::fs::create_dir(&path).expect("a folder for the model");
        let weights = random_weights(&config, seed);
        write_model(&path, &config, &weights);
        self.definition(name)
    }

    /// A model of the shelf, on the CPU.
    pub fn definition(&self, name: &str) -> Definition {
        let source = Source::Folder(self.path(name));
        Definition { device: Placement::Cpu, ..Definition::new(name, source) }
    }

    pub fn options(&self) -> Options {
        Options { budget: None, cache: self.path("cache"), offline: true }
    }

    pub fn registry(&self, models: Vec<Definition>) -> Registry {
        Registry::new(models, self.options()).expect("the definitions are right")
    }
}

pub fn write_model(path: &Path, config: &Value, weights: &HashMap<String, Tensor>) {
    write_json(&path.join("config.json"), config);
    write_json(&path.join("tokenizer.json"), &tokenizer());
    std::fs::write(path.join("chat_template.jinja"), CHAT_ML).expect("a template");
    candle_core::safetensors::save(weights, path.join("model.safetensors")).expect("weights");
}

pub fn write_json(path: &Path, value: &Value) {
    std::fs::write(path, value.to_string()).expect("a file");
}

const CHAT_ML: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n\
    {{ message.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}\
    <|im_start|>assistant\n{% endif %}";

fn shape() -> Value {
    json!({
        "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "intermediate_size": INNER,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD, "hidden_act": "silu", "max_position_embeddings": CONTEXT,
        "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true,
        "torch_dtype": "bfloat16"
    })
}

pub fn qwen_config() -> Value {
    let mut config = shape();
    config["architectures"] = json!(["Qwen3ForCausalLM"]);
    config["max_window_layers"] = json!(LAYERS);
    config["use_sliding_window"] = json!(false);
    config["sliding_window"] = Value::Null;
    config
}

/// A Qwen3's config as `transformers` 5 writes it.
pub fn new_qwen_config() -> Value {
    let mut config = shape();
    config["architectures"] = json!(["Qwen3ForCausalLM"]);
    let fields = config.as_object_mut().expect("an object");
    fields.remove("rope_theta");
    config["rope_parameters"] = json!({"rope_theta": 10000.0, "rope_type": "default"});
    config
}

pub fn llama_config() -> Value {
    let mut config = shape();
    config["architectures"] = json!(["LlamaForCausalLM"]);
    config
}

pub fn random_weights(config: &Value, seed: u64) -> HashMap<String, Tensor> {
    let is_qwen = config["architectures"][0] == "Qwen3ForCausalLM";
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut out = HashMap::new();
    let mut add = |name: String, shape: &[usize], scale: f32, middle: f32| {
        let count: usize = shape.iter().product();
        let numbers: Vec<f32> =
            (0..count).map(|_| middle + scale * rng.random_range(-1.0..1.0)).collect();
        let tensor = Tensor::from_vec(numbers, shape, &Device::Cpu).expect("a tensor");
        out.insert(name, tensor.to_dtype(DType::BF16).expect("a tensor"));
    };
    add("model.embed_tokens.weight".into(), &[VOCABULARY, HIDDEN], 0.5, 0.0);
    add("model.norm.weight".into(), &[HIDDEN], 0.0, 1.0);
    for layer in 0..LAYERS {
        let base = format!("model.layers.{layer}");
        for (name, rows, columns) in [
            ("self_attn.q_proj", HEADS * HEAD, HIDDEN),
            ("self_attn.k_proj", KV_HEADS * HEAD, HIDDEN),
            ("self_attn.v_proj", KV_HEADS * HEAD, HIDDEN),
            ("self_attn.o_proj", HIDDEN, HEADS * HEAD),
            ("mlp.gate_proj", INNER, HIDDEN),
            ("mlp.up_proj", INNER, HIDDEN),
            ("mlp.down_proj", HIDDEN, INNER),
        ] {
            add(format!("{base}.{name}.weight"), &[rows, columns], 0.3, 0.0);
        }
        add(format!("{base}.input_layernorm.weight"), &[HIDDEN], 0.0, 1.0);
        add(format!("{base}.post_attention_layernorm.weight"), &[HIDDEN], 0.0, 1.0);
        if is_qwen {
            add(format!("{base}.self_attn.q_norm.weight"), &[HEAD], 0.0, 1.0);
            add(format!("{base}.self_attn.k_norm.weight"), &[HEAD], 0.0, 1.0);
        }
    }
    out
}

pub fn parameters(weights: &HashMap<String, Tensor>) -> u64 {
    weights.values().map(|tensor| tensor.elem_count() as u64).sum()
}

/// Byte-level BPE: the two marks of ChatML, each byte, a few merges.
pub fn tokenizer() -> Value {
    let mut vocabulary = Map::new();
    vocabulary.insert("<|im_start|>".into(), json!(START));
    vocabulary.insert("<|im_end|>".into(), json!(END));
    for b in 0..=255 {
        vocabulary.insert(shown(b).to_string(), json!(byte(b)));
    }
    for (index, (a, b)) in MERGES.iter().enumerate() {
        vocabulary.insert(format!("{a}{b}"), json!(258 + index));
    }
    let merges: Vec<String> = MERGES.iter().map(|(a, b)| format!("{a} {b}")).collect();
    let mark = |id: u32, content: &str| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true})
    };
    let level = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
        "use_regex": true});
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [mark(START, "<|im_start|>"), mark(END, "<|im_end|>")],
        "normalizer": null, "pre_tokenizer": level, "post_processor": null, "decoder": level,
        "model": {"type": "BPE", "dropout": null, "unk_token": null,
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
            "byte_fallback": false, "ignore_merges": false, "vocab": vocabulary, "merges": merges}
    })
}

/// How byte-level BPE writes a byte: itself where it can be seen, else a letter from U+0100 up.
fn shown(b: u8) -> char {
    let is_seen = |b: &u8| matches!(b, 33..=126 | 161..=172 | 174..=255);
    if is_seen(&b) {
        return char::from(b);
    }
    let before = (0..b).filter(|b| !is_seen(b)).count();
    u32::try_from(before).ok().and_then(|n| char::from_u32(0x100 + n)).expect("a letter")
}
