//! Low-rank adapters (Hu et al., 2021) on all linear layers: `W + (alpha / rank) B A`.
//!
//! On the processor an adapter is merged before each pass, and its gradient is taken from that of the
//! merged weight: `∂A = s Bᵀ ∂W`, `∂B = s ∂W Aᵀ`. For the small models that are trained there this costs
//! less than two more products per token. The graph keeps it apart, so that a large base needs no gradient.

use std::ops::Range;
use std::path::Path;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::draw::uniform;
use crate::folder::{self, FolderError, Named, Precision};
use crate::kernel::gemm::{Into, Rows, Scratch, product, product_of_columns};
use crate::kernel::pack::Packed;
use crate::params::{Layout, Params};

/// An adapter's size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Rank of each layer's change. Default: 16.
    pub rank: usize,
    /// The change is scaled by `alpha / rank`. Default: 32.
    pub alpha: f32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { rank: 16, alpha: 32.0 }
    }
}

/// One linear layer's pair of matrices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The weight's name, as in the model's layout.
    pub name: String,
    pub weight: Range<usize>,
    pub width_in: usize,
    pub width_out: usize,
    /// `rank x in`, within the adapter's flat vector.
    pub a: Range<usize>,
    /// `out x rank`.
    pub b: Range<usize>,
}

/// An adapter's weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    pub settings: Settings,
    pub pairs: Vec<Pair>,
    pub flat: Vec<f32>,
}

/// What `peft` reads beside the weights.
#[derive(Serialize, Deserialize)]
struct PeftConfig {
    peft_type: String,
    task_type: String,
    base_model_name_or_path: Option<String>,
    r: usize,
    lora_alpha: f32,
    lora_dropout: f32,
    target_modules: Vec<String>,
    bias: String,
    fan_in_fan_out: bool,
    inference_mode: bool,
    init_lora_weights: bool,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    modules_to_save: Option<Vec<String>>,
}

impl Adapter {
    /// An adapter that changes nothing yet: A uniform within `1 / sqrt(in)` as in `peft`, B zero.
    pub fn seeded(config: &Config, settings: Settings, seed: u64) -> Adapter {
        let mut adapter = Adapter::zeros(config, settings);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for pair in &adapter.pairs {
            let bound = 1.0 / (pair.width_in as f32).sqrt();
            for value in &mut adapter.flat[pair.a.clone()] {
                *value = bound * (2.0 * uniform(&mut rng) - 1.0);
            }
        }
        adapter
    }

    fn zeros(config: &Config, settings: Settings) -> Adapter {
        let (mut pairs, mut end) = (Vec::new(), 0);
        for part in Layout::new(config).parts.into_iter().filter(|part| part.is_linear()) {
            let (width_out, width_in) = (part.shape[0], part.shape[1]);
            let a = end..end + settings.rank * width_in;
            let b = a.end..a.end + width_out * settings.rank;
            end = b.end;
            pairs.push(Pair { name: part.name, weight: part.range, width_in, width_out, a, b });
        }
        Adapter { settings, pairs, flat: vec![0.0; end] }
    }

    pub fn scale(&self) -> f32 {
        self.settings.alpha / self.settings.rank as f32
    }

    /// Writes the base with the adapter's change into `merged`.
    pub fn merge_into(&self, base: &Params, merged: &mut Params) {
        merged.flat.copy_from_slice(&base.flat);
        let rank = self.settings.rank;
        let mut scaled = Vec::new();
        for pair in &self.pairs {
            scaled.clear();
            scaled.extend(self.flat[pair.b.clone()].iter().map(|b| self.scale() * b));
            let b = Rows { data: &scaled, stride: rank, count: pair.width_out };
            let a = &self.flat[pair.a.clone()];
            let a = Packed::from_rows(a, rank, pair.width_in, pair.width_in);
            let weight = &mut merged.flat[pair.weight.clone()];
            product(b, &a, (rank, pair.width_in), weight, pair.width_in, Into::Added);
        }
    }

    /// The base with the adapter's change.
    pub fn merged(&self, base: &Params) -> Params {
        let mut merged = base.clone();
        self.merge_into(base, &mut merged);
        merged
    }

    /// Adds to `gradient`, laid out as the adapter, what follows from the gradient of the merged weights.
    pub fn pull(&self, whole: &[f32], gradient: &mut [f32]) {
        let rank = self.settings.rank;
        let mut scratch = Scratch::default();
        for pair in &self.pairs {
            let (wide, out) = (pair.width_in, pair.width_out);
            let d: Vec<f32> = whole[pair.weight.clone()].iter().map(|d| self.scale() * d).collect();
            let d = Rows { data: &d, stride: wide, count: out };
            let b = Rows { data: &self.flat[pair.b.clone()], stride: rank, count: out };
            let d_a = &mut gradient[pair.a.clone()];
            product_of_columns(b, rank, d, wide, d_a, Into::Added, &mut scratch);
            let a = Packed::from_transposed(&self.flat[pair.a.clone()], wide, rank, wide);
            let d_b = &mut gradient[pair.b.clone()];
            product(d, &a, (wide, rank), d_b, rank, Into::Added);
        }
    }

    fn named(&self) -> Vec<Named<'_>> {
        let rank = self.settings.rank;
        let pairs = self.pairs.iter().flat_map(|pair| {
            let [a, b] = peft_names(&pair.name);
            [
                (a, vec![rank, pair.width_in], &self.flat[pair.a.clone()]),
                (b, vec![pair.width_out, rank], &self.flat[pair.b.clone()]),
            ]
        });
        pairs.collect()
    }

    /// Writes the adapter as `peft` reads it; `base` is the model's name or path.
    pub fn save(&self, dir: &Path, base: Option<&str>) -> Result<(), FolderError> {
        folder::whole(dir, |dir| self.write(dir, base))
    }

    pub(crate) fn write(&self, dir: &Path, base: Option<&str>) -> Result<(), FolderError> {
        let mut targets: Vec<String> = self.pairs.iter().map(|pair| module(&pair.name)).collect();
        targets.sort();
        targets.dedup();
        let config = PeftConfig {
            peft_type: "LORA".into(),
            task_type: "CAUSAL_LM".into(),
            base_model_name_or_path: base.map(str::to_string),
            r: self.settings.rank,
            lora_alpha: self.settings.alpha,
            lora_dropout: 0.0,
            target_modules: targets,
            bias: "none".into(),
            fan_in_fan_out: false,
            inference_mode: true,
            init_lora_weights: true,
            use_rslora: false,
            use_dora: false,
            modules_to_save: None,
        };
        folder::write_json(&dir.join("adapter_config.json"), &config)?;
        let file = folder::tensors_file(self.named(), Precision::F32);
        folder::write(&dir.join("adapter_model.safetensors"), &file)
    }

    /// Reads a `peft` adapter for a model of this configuration. Layers that it leaves out are left as
    /// they are; a tensor that belongs to none is an error.
    pub fn load(dir: &Path, config: &Config) -> Result<Adapter, FolderError> {
        let about: PeftConfig = folder::read_json(&dir.join("adapter_config.json"))?;
        let mut settings = Settings { rank: about.r, alpha: about.lora_alpha };
        if about.use_dora || about.modules_to_save.is_some_and(|modules| !modules.is_empty()) {
            return Err(FolderError::Adapter("DoRA and whole saved modules are not read here"));
        }
        if about.use_rslora {
            settings.alpha *= (about.r as f32).sqrt();
        }
        let mut adapter = Adapter::zeros(config, settings);
        for (name, shape, values) in folder::read_tensors(&dir.join("adapter_model.safetensors"))? {
            let place = adapter.pairs.iter().find_map(|pair| {
                let [a, b] = peft_names(&pair.name);
                if name == a {
                    Some((pair.a.clone(), vec![settings.rank, pair.width_in]))
                } else if name == b {
                    Some((pair.b.clone(), vec![pair.width_out, settings.rank]))
                } else {
                    None
                }
            });
            let Some((range, expected)) = place else { return Err(FolderError::Stray(name)) };
            if shape != expected {
                return Err(FolderError::Shape { name, found: shape, expected });
            }
            adapter.flat[range].copy_from_slice(&values);
        }
        Ok(adapter)
    }
}

/// `model.layers.0.self_attn.q_proj.weight` to the names of its pair in `peft`.
fn peft_names(weight: &str) -> [String; 2] {
    let layer = weight.trim_end_matches(".weight");
    ["A", "B"].map(|which| format!("base_model.model.{layer}.lora_{which}.weight"))
}

/// The layer's own name, such as `q_proj`.
fn module(weight: &str) -> String {
    let layer = weight.trim_end_matches(".weight");
    layer.rsplit('.').next().unwrap_or(layer).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::normal;

    fn adapter(seed: u64) -> Adapter {
        let settings = Settings { rank: 3, alpha: 6.0 };
        let mut adapter = Adapter::seeded(&Config::tiny(40), settings, seed);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        adapter.flat.iter_mut().for_each(|value| *value += 0.1 * normal(&mut rng));
        adapter
    }

    #[test]
    fn a_fresh_adapter_changes_nothing() {
        let base = Params::seeded(&Config::tiny(40), 1);
        let fresh = Adapter::seeded(&base.config, Settings::default(), 2);
        assert_eq!(fresh.merged(&base), base);
        assert_eq!(fresh.pairs.len(), 2 * 7);
    }

    #[test]
    fn a_change_worked_out_plainly() {
        let base = Params::seeded(&Config::tiny(40), 1);
        let adapter = adapter(2);
        let merged = adapter.merged(&base);
        let pair = &adapter.pairs[9];
        let (a, b) = (&adapter.flat[pair.a.clone()], &adapter.flat[pair.b.clone()]);
        for o in 0..pair.width_out {
            for i in 0..pair.width_in {
                let change: f32 = (0..3).map(|r| b[o * 3 + r] * a[r * pair.width_in + i]).sum();
                let at = pair.weight.start + o * pair.width_in + i;
                assert!((merged.flat[at] - base.flat[at] - 2.0 * change).abs() < 1e-5);
            }
        }
        let untouched = base.layout.part("model.layers.0.input_layernorm.weight").expect("there");
        assert_eq!(merged.flat[untouched.range.clone()], base.flat[untouched.range.clone()]);
    }

    #[test]
    fn the_gradient() {
        let base = Params::seeded(&Config::tiny(8), 1);
        let mut adapter = Adapter::seeded(&base.config, Settings { rank: 2, alpha: 1.0 }, 1);
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        adapter.flat.iter_mut().for_each(|value| *value = normal(&mut rng));
        let d: Vec<f32> = base.flat.iter().map(|_| normal(&mut rng)).collect();
        let mut got = vec![0.0; adapter.flat.len()];
        adapter.pull(&d, &mut got);
        let pair = adapter.pairs[3].clone();
        for range in [pair.a, pair.b] {
            let at = adapter.flat[range.clone()].to_vec();
            crate::kernel::check::gradient(&at, &got[range.clone()], |x| {
                let mut adapter = adapter.clone();
                adapter.flat[range.clone()].copy_from_slice(x);
                let merged = adapter.merged(&base);
                crate::kernel::check::dot(
                    &merged.flat[pair.weight.clone()],
                    &d[pair.weight.clone()],
                )
            });
        }
    }

    #[test]
    fn a_folder_holds_the_adapter_under_pefts_names() {
        let home = tempfile::tempdir().expect("a folder");
        let dir = home.path().join("adapter");
        let adapter = adapter(4);
        adapter.save(&dir, Some("souk/demo")).expect("writable");
        assert_eq!(Adapter::load(&dir, &Config::tiny(40)).expect("what was saved"), adapter);
        let names: Vec<String> = folder::read_tensors(&dir.join("adapter_model.safetensors"))
            .expect("a file")
            .into_iter()
            .map(|(name, ..)| name)
            .collect();
        for name in [
            "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
            "base_model.model.model.layers.1.mlp.down_proj.lora_B.weight",
        ] {
            assert!(names.iter().any(|have| have == name), "{name}");
        }
        let smaller = Config { num_hidden_layers: 1, ..Config::tiny(40) };
        assert!(matches!(Adapter::load(&dir, &smaller), Err(FolderError::Stray(_))));
    }
}
