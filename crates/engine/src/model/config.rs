//! A model's config.json: what mistral.rs 0.8.1 would stumble over is said before it does, and what
//! newer `transformers` leave out is added.

use std::path::Path;

use mistralrs::NormalLoaderType;
use serde_json::{Map, Value, json};

use crate::error::EngineError;

/// Architectures that are known to answer on a CPU; others that mistral.rs has are let pass.
const TRIED: &str = "Qwen3ForCausalLM, Qwen2ForCausalLM, LlamaForCausalLM, MistralForCausalLM, \
    Phi3ForCausalLM, SmolLM3ForCausalLM, Gemma2ForCausalLM";

/// Keys that hold positive whole numbers in every architecture of TRIED.
const COUNTS: [&str; 5] =
    ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"];

/// Reads and checks the text of a config.json.
pub fn read(path: &Path, text: &str) -> Result<Map<String, Value>, EngineError> {
    let bad = |detail: String| EngineError::BadConfig { path: path.to_owned(), detail };
    let value: Value = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    let Value::Object(config) = value else {
        return Err(bad("it is not a JSON object".to_owned()));
    };
    let architecture =
        match config.get("architectures").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::String(name)]) => name.clone(),
            _ => return Err(bad("`architectures` must be a list of exactly one name".to_owned())),
        };
    if NormalLoaderType::from_causal_lm_name(&architecture).is_err() {
        return Err(EngineError::UnsupportedArchitecture {
            path: path.to_owned(),
            found: architecture,
            supported: TRIED.to_owned(),
        });
    }
    for key in COUNTS {
        match config.get(key).map(Value::as_u64) {
            Some(Some(1..)) => {}
            Some(_) => return Err(bad(format!("`{key}` must be a positive whole number"))),
            None => return Err(bad(format!("`{key}` is missing"))),
        }
    }
    Ok(config)
}

/// The config with what 0.8.1 needs at the top level, where something was missing.
///
/// `transformers` 5 writes `rope_parameters` in place of `rope_theta` and `rope_scaling`, and leaves
/// out `max_window_layers` and `use_sliding_window`, which Qwen3 wants.
pub fn repaired(config: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut out = config.clone();
    let mut add = |key: &str, value: Value| {
        out.entry(key).or_insert(value);
    };
    if let Some(Value::Object(rope)) = config.get("rope_parameters") {
        if let Some(theta) = rope.get("rope_theta") {
            add("rope_theta", theta.clone());
        }
        if rope.get("rope_type").and_then(Value::as_str).is_some_and(|kind| kind != "default") {
            add("rope_scaling", Value::Object(rope.clone()));
        }
    }
    if config["architectures"][0].as_str().is_some_and(|name| name.starts_with("Qwen")) {
        add("rope_theta", json!(10_000.0));
        add("max_window_layers", config["num_hidden_layers"].clone());
        add("use_sliding_window", json!(false));
        add("sliding_window", Value::Null);
    }
    (out != *config).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qwen() -> Value {
        json!({
            "architectures": ["Qwen3ForCausalLM"], "vocab_size": 8, "hidden_size": 8,
            "intermediate_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
            "rope_parameters": {"rope_theta": 5e5, "rope_type": "default"}
        })
    }

    fn read(value: &Value) -> Result<Map<String, Value>, EngineError> {
        super::read(Path::new("config.json"), &value.to_string())
    }

    #[test]
    fn what_newer_writers_leave_out_is_added_once() {
        let config = read(&qwen()).expect("it is well-formed");
        let repaired = super::repaired(&config).expect("keys are missing");
        assert_eq!(repaired["rope_theta"], json!(5e5));
        assert_eq!(repaired["max_window_layers"], json!(2));
        assert_eq!(repaired["use_sliding_window"], json!(false));
        assert!(!repaired.contains_key("rope_scaling"));
        assert_eq!(super::repaired(&repaired), None);
    }

    #[test]
    fn the_key_that_is_wrong_is_named() {
        let table = [
            ("architectures", json!(["A", "B"]), "bad_config", "`architectures`"),
            ("architectures", json!(["BertModel"]), "unsupported_architecture", "`BertModel`"),
            ("hidden_size", json!("many"), "bad_config", "`hidden_size`"),
            ("num_hidden_layers", json!(0), "bad_config", "`num_hidden_layers`"),
        ];
        for (key, value, code, named) in table {
            let mut config = qwen();
            config[key] = value;
            let error = read(&config).expect_err(key);
            assert_eq!(error.code(), code);
            assert!(error.to_string().contains(named), "{error}");
        }
        let error = super::read(Path::new("config.json"), "{,}").expect_err("not JSON");
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
