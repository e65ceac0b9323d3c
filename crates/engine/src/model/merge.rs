//! A LoRA adapter made part of the weights.
//!
//! mistral.rs 0.8.1 refuses a local adapter folder, and what it merges from the hub leaks from one load
//! to the next. So we merge: `W + s B A`, with `s = alpha / r`, or `alpha / sqrt(r)` for rsLoRA.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use super::files::unreadable;
use crate::error::{EngineError, brief};

/// What PEFT's adapter_config.json says that matters here.
#[derive(Deserialize)]
struct AdapterConfig {
    peft_type: String,
    r: f64,
    lora_alpha: f64,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    bias: Option<String>,
    #[serde(default)]
    rank_pattern: HashMap<String, f64>,
    #[serde(default)]
    alpha_pattern: HashMap<String, f64>,
}

impl AdapterConfig {
    fn fault(&self) -> Option<&'static str> {
        let none = self.bias.as_deref().is_none_or(|bias| bias == "none");
        let plain = self.rank_pattern.is_empty() && self.alpha_pattern.is_empty();
        match () {
            () if self.peft_type != "LORA" => Some("only adapters of type LORA can be merged"),
            () if self.use_dora => Some("DoRA is not supported"),
            () if self.fan_in_fan_out => Some("`fan_in_fan_out` is not supported"),
            () if !none => Some("trained biases are not supported"),
            () if !plain => Some("patterns of ranks are not supported"),
            () if self.r < 1.0 => Some("`r` is at least 1"),
            () => None,
        }
    }

    fn scale(&self) -> f64 {
        self.lora_alpha / if self.use_rslora { self.r.sqrt() } else { self.r }
    }
}

/// The two factors of one weight.
#[derive(Default)]
struct Factors {
    a: Option<Tensor>,
    b: Option<Tensor>,
}

/// Writes each weight file that the adapter changes into `out`, with the changed weights in F32, and
/// returns the names of those files.
pub fn merge(
    adapter: &Path,
    weights: &[PathBuf],
    out: &Path,
) -> Result<Vec<OsString>, EngineError> {
    let bad = |detail: String| EngineError::BadAdapter { path: adapter.to_owned(), detail };
    let config = read_config(adapter)?;
    if let Some(fault) = config.fault() {
        return Err(bad(fault.to_owned()));
    }
    let mut factors = read_factors(adapter)?;
    let mut written = Vec::new();
    for path in weights {
        let tensors = candle_core::safetensors::load(path, &Device::Cpu);
        let mut tensors = tensors.map_err(|error| unreadable(path, error))?;
        let mut changed = false;
        for (name, weight) in &mut tensors {
            let Some(pair) = factors.remove(name.as_str()) else { continue };
            *weight = merged(weight, &pair, config.scale())
                .map_err(|error| bad(format!("`{name}`: {}", brief(error))))?;
            changed = true;
        }
        if changed {
            let name = path.file_name().expect("a weight file has a name").to_owned();
            let target = out.join(&name);
            candle_core::safetensors::save(&tensors, &target)
                .map_err(|error| unreadable(&target, error))?;
            written.push(name);
        }
    }
    match factors.keys().min() {
        Some(name) => Err(bad(format!("the model has no weight `{name}`"))),
        None => Ok(written),
    }
}

fn read_config(adapter: &Path) -> Result<AdapterConfig, EngineError> {
    let path = adapter.join("adapter_config.json");
    let text = std::fs::read_to_string(&path)
        .map_err(|_| EngineError::MissingFile { path: path.clone() })?;
    serde_json::from_str(&text).map_err(|error| unreadable(&path, error))
}

/// The factors by the name of the weight that they change.
fn read_factors(adapter: &Path) -> Result<HashMap<String, Factors>, EngineError> {
    let path = adapter.join("adapter_model.safetensors");
    if !path.is_file() {
        return Err(EngineError::MissingFile { path });
    }
    let tensors = candle_core::safetensors::load(&path, &Device::Cpu);
    let tensors = tensors.map_err(|error| unreadable(&path, error))?;
    let mut factors: HashMap<String, Factors> = HashMap::new();
    for (name, tensor) in tensors {
        let bare = name.strip_prefix("base_model.model.").unwrap_or(&name);
        let split = bare.strip_suffix(".lora_A.weight").map(|weight| (weight, true));
        let split = split.or_else(|| bare.strip_suffix(".lora_B.weight").map(|w| (w, false)));
        let Some((weight, is_a)) = split else {
            let detail = format!("`{name}` is not a LoRA factor");
            return Err(EngineError::BadAdapter { path: adapter.to_owned(), detail });
        };
        let pair = factors.entry(format!("{weight}.weight")).or_default();
        *if is_a { &mut pair.a } else { &mut pair.b } = Some(tensor);
    }
    Ok(factors)
}

/// `weight` is (out, in), A is (r, in), B is (out, r).
fn merged(weight: &Tensor, pair: &Factors, scale: f64) -> candle_core::Result<Tensor> {
    let (Some(a), Some(b)) = (&pair.a, &pair.b) else {
        candle_core::bail!("one of its two factors is missing")
    };
    let product = b.to_dtype(DType::F32)?.matmul(&a.to_dtype(DType::F32)?)?;
    weight.to_dtype(DType::F32)? + (product * scale)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_is_scaled_and_added() {
        let tensor = |rows: &[[f32; 2]; 2]| Tensor::new(rows, &Device::Cpu).expect("a matrix");
        let weight = tensor(&[[1.0, 2.0], [3.0, 4.0]]);
        let a = Tensor::new(&[[1f32, 10.0]], &Device::Cpu).expect("a row");
        let b = Tensor::new(&[[1f32], [2.0]], &Device::Cpu).expect("a column");
        let pair = Factors { a: Some(a), b: Some(b) };
        let sum = merged(&weight, &pair, 0.5).expect("the shapes fit");
        let rows = sum.to_vec2::<f32>().expect("a matrix");
        assert_eq!(rows, [[1.5, 7.0], [4.0, 14.0]]);
        assert!(merged(&weight, &Factors::default(), 0.5).is_err());
    }
}
