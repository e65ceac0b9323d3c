//! Models as folders in the standard layout, and safetensors files.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use crate::config::{Config, Ids, Unsupported};
use crate::params::Params;
use crate::tokens::{CHAT_TEMPLATE, END, END_OF_TEXT, Tokens, TokensError};

/// How weights are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    F32,
    Bf16,
}

#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("{file}: {source}")]
    File { file: PathBuf, source: std::io::Error },
    #[error("{file}: {source}")]
    Json { file: PathBuf, source: serde_json::Error },
    #[error("{file}: {source}")]
    Tensors { file: PathBuf, source: safetensors::SafeTensorError },
    #[error("the model: {0}")]
    Unsupported(#[from] Unsupported),
    #[error("{0}")]
    Tokens(#[from] TokensError),
    #[error("the index names {0}, which is no safetensors file of its own folder")]
    Elsewhere(String),
    #[error("the tensor {0} is missing")]
    Missing(String),
    #[error("the tensor {name} has the shape {found:?} instead of {expected:?}")]
    Shape { name: String, found: Vec<usize>, expected: Vec<usize> },
    #[error("the tensor {0} belongs to no layer of the model")]
    Stray(String),
    #[error("the adapter: {0}")]
    Adapter(&'static str),
    #[error("the tensor {name} is of {dtype}, which is not read here")]
    Dtype { name: String, dtype: String },
}

/// A tensor to be written: name, shape, values.
pub(crate) type Named<'a> = (String, Vec<usize>, &'a [f32]);

/// Writes a model for mistral.rs and `transformers`: config.json, model.safetensors, generation_config.json
/// and, with `tokens`, the tokenizer's files and the chat template. The folder appears whole or not at all.
pub fn save(
    dir: &Path,
    params: &Params,
    precision: Precision,
    tokens: Option<&Tokens>,
) -> Result<(), FolderError> {
    let mut config = params.config.clone();
    let dtype = match precision {
        Precision::F32 => "float32",
        Precision::Bf16 => "bfloat16",
    };
    config.torch_dtype = Some(dtype.into());
    config.rope_theta = Some(config.theta()?);
    if let Some(tokens) = tokens {
        config.eos_token_id = Some(Ids::Many(vec![tokens.end, tokens.end_of_text]));
        config.pad_token_id = Some(tokens.end_of_text);
    }
    let generation = serde_json::json!({
        "eos_token_id": config.eos_token_id,
        "pad_token_id": config.pad_token_id,
        "do_sample": true,
        "temperature": 1.0,
        "top_k": 0,
        "top_p": 1.0,
    });
    let tensors = params
        .layout
        .parts
        .iter()
        .map(|part| (part.name.clone(), part.shape.clone(), &params.flat[part.range.clone()]));
    let weights = tensors_file(tensors.collect(), precision);
    whole(dir, |dir| {
        write_json(&dir.join("config.json"), &config)?;
        write_json(&dir.join("generation_config.json"), &generation)?;
        write(&dir.join("model.safetensors"), &weights)?;
        match tokens {
            Some(tokens) => save_tokens(dir, tokens, config.max_position_embeddings),
            None => Ok(()),
        }
    })
}

fn save_tokens(dir: &Path, tokens: &Tokens, positions: usize) -> Result<(), FolderError> {
    write(&dir.join("tokenizer.json"), tokens.to_json()?.as_bytes())?;
    write(&dir.join("chat_template.jinja"), CHAT_TEMPLATE.as_bytes())?;
    let about = serde_json::json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": null,
        "eos_token": END,
        "pad_token": END_OF_TEXT,
        "add_bos_token": false,
        "clean_up_tokenization_spaces": false,
        "model_max_length": positions,
        "chat_template": CHAT_TEMPLATE,
    });
    write_json(&dir.join("tokenizer_config.json"), &about)
}

/// Reads a model in f32, f16 or bf16, in one file or in several with an index.
pub fn load(dir: &Path) -> Result<Params, FolderError> {
    let config: Config = read_json(&dir.join("config.json"))?;
    config.check()?;
    let mut params = Params::zeros(&config);
    let mut missing: Vec<String> = params.layout.parts.iter().map(|p| p.name.clone()).collect();
    for file in weight_files(dir)? {
        for (name, shape, values) in read_tensors(&file)? {
            let Some(part) = params.layout.part(&name) else { continue };
            if part.shape != shape {
                return Err(FolderError::Shape {
                    name,
                    found: shape,
                    expected: part.shape.clone(),
                });
            }
            params.flat[part.range.clone()].copy_from_slice(&values);
            missing.retain(|left| *left != name);
        }
    }
    match missing.pop() {
        Some(name) => Err(FolderError::Missing(name)),
        None => Ok(params),
    }
}

/// Reads the tokenizer of a model's folder.
pub fn load_tokens(dir: &Path) -> Result<Tokens, FolderError> {
    Ok(Tokens::load(&dir.join("tokenizer.json"))?)
}

fn weight_files(dir: &Path) -> Result<Vec<PathBuf>, FolderError> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: HashMap<String, String>,
    }
    let index = dir.join("model.safetensors.index.json");
    if !index.exists() {
        return Ok(vec![dir.join("model.safetensors")]);
    }
    let index: Index = read_json(&index)?;
    if let Some(name) = index.weight_map.values().find(|name| !is_weights_name(name)) {
        return Err(FolderError::Elsewhere(name.clone()));
    }
    let mut files: Vec<PathBuf> = index.weight_map.values().map(|name| dir.join(name)).collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// An index is as foreign as the weights: it names files of its own folder, and of this kind alone.
fn is_weights_name(name: &str) -> bool {
    let plain = Path::new(name).file_name().is_some_and(|plain| plain == name);
    plain && !name.starts_with('.') && name.ends_with(".safetensors")
}

/// The bytes of a safetensors file.
pub(crate) fn tensors_file(tensors: Vec<Named>, precision: Precision) -> Vec<u8> {
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, shape, values)| (name, shape, to_bytes(values, precision)))
        .collect();
    let dtype = match precision {
        Precision::F32 => Dtype::F32,
        Precision::Bf16 => Dtype::BF16,
    };
    let views = bytes.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(dtype, shape.clone(), bytes);
        (name.as_str(), view.expect("the bytes are those of the shape"))
    });
    // `transformers` refuses a file that does not say so.
    let about = HashMap::from([("format".to_string(), "pt".to_string())]);
    safetensors::serialize(views, Some(about)).expect("the names are distinct")
}

fn to_bytes(values: &[f32], precision: Precision) -> Vec<u8> {
    match precision {
        Precision::F32 => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Precision::Bf16 => values.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect(),
    }
}

/// Reads all tensors of a file as f32.
#[allow(clippy::type_complexity, reason = "the owned form of `Named`")]
pub(crate) fn read_tensors(
    file: &Path,
) -> Result<Vec<(String, Vec<usize>, Vec<f32>)>, FolderError> {
    let bytes = fs::read(file).map_err(|source| FolderError::File { file: file.into(), source })?;
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|source| FolderError::Tensors { file: file.into(), source })?;
    tensors
        .iter()
        .map(|(name, view)| Ok((name.into(), view.shape().to_vec(), to_f32(name, &view)?)))
        .collect()
}

fn to_f32(name: &str, view: &TensorView) -> Result<Vec<f32>, FolderError> {
    let pairs = || view.data().chunks_exact(2).map(|b| [b[0], b[1]]);
    Ok(match view.dtype() {
        Dtype::F32 => view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().expect("chunks of four")))
            .collect(),
        Dtype::BF16 => pairs().map(|b| bf16::from_le_bytes(b).to_f32()).collect(),
        Dtype::F16 => pairs().map(|b| f16::from_le_bytes(b).to_f32()).collect(),
        other => {
            return Err(FolderError::Dtype { name: name.into(), dtype: format!("{other:?}") });
        }
    })
}

/// Fills a folder beside its place and moves it there: a reader sees the old one or the new one.
pub(crate) fn whole(
    dir: &Path,
    fill: impl FnOnce(&Path) -> Result<(), FolderError>,
) -> Result<(), FolderError> {
    let at = |file: &Path| {
        let file = file.to_path_buf();
        move |source| FolderError::File { file, source }
    };
    let beside = |suffix: &str| {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        dir.with_file_name(format!(".{name}.{}.{suffix}", std::process::id()))
    };
    let (partial, old) = (beside("partial"), beside("old"));
    for left in [&partial, &old] {
        if left.exists() {
            fs::remove_dir_all(left).map_err(at(left))?;
        }
    }
    fs::create_dir_all(&partial).map_err(at(&partial))?;
    fill(&partial)?;
    if dir.exists() {
        fs::rename(dir, &old).map_err(at(dir))?;
    }
    fs::rename(&partial, dir).map_err(at(dir))?;
    if old.exists() {
        fs::remove_dir_all(&old).map_err(at(&old))?;
    }
    Ok(())
}

pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let written = File::create(file).and_then(|mut out| {
        out.write_all(bytes)?;
        out.sync_all()
    });
    written.map_err(|source| FolderError::File { file: file.into(), source })
}

pub(crate) fn write_json(file: &Path, value: &impl Serialize) -> Result<(), FolderError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|source| FolderError::Json { file: file.into(), source })?;
    write(file, (text + "\n").as_bytes())
}

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, FolderError> {
    let text = fs::read_to_string(file)
        .map_err(|source| FolderError::File { file: file.into(), source })?;
    serde_json::from_str(&text).map_err(|source| FolderError::Json { file: file.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_leads_to_no_other_folder() {
        for (name, own) in [
            ("model-00001-of-00002.safetensors", true),
            ("../run/model.safetensors", false),
            ("./model.safetensors", false),
            ("/data/model.safetensors", false),
            (".model.safetensors", false),
            ("pytorch_model.bin", false),
            ("..", false),
        ] {
            assert_eq!(is_weights_name(name), own, "{name}");
        }
    }

    #[test]
    fn a_folder_holds_the_model() {
        let home = tempfile::tempdir().expect("a folder");
        let params = Params::seeded(&Config::tiny(40), 3);
        let dir = home.path().join("model");
        save(&dir, &params, Precision::F32, None).expect("writable");
        assert_eq!(load(&dir).expect("what was saved").flat, params.flat);
        save(&dir, &params, Precision::Bf16, None).expect("replaces the first");
        let rounded = load(&dir).expect("what was saved");
        for (a, b) in rounded.flat.iter().zip(&params.flat) {
            assert!((a - b).abs() <= b.abs() / 256.0);
        }
        assert_eq!(rounded.config.torch_dtype.as_deref(), Some("bfloat16"));
        assert_eq!(fs::read_dir(home.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_model_in_several_files_is_read() {
        let home = tempfile::tempdir().expect("a folder");
        let params = Params::seeded(&Config::tiny(40), 3);
        save(home.path().join("m").as_path(), &params, Precision::F32, None).expect("writable");
        let dir = home.path().join("m");
        fs::remove_file(dir.join("model.safetensors")).expect("it was written");
        let mut map = HashMap::new();
        let files = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
        for (n, file) in files.into_iter().enumerate() {
            let parts = params.layout.parts.iter().skip(n).step_by(2);
            let tensors: Vec<Named> = parts
                .map(|p| (p.name.clone(), p.shape.clone(), &params.flat[p.range.clone()]))
                .collect();
            map.extend(tensors.iter().map(|(name, ..)| (name.clone(), file.to_string())));
            write(&dir.join(file), &tensors_file(tensors, Precision::F32)).expect("writable");
        }
        let index = serde_json::json!({ "metadata": {}, "weight_map": map });
        write_json(&dir.join("model.safetensors.index.json"), &index).expect("writable");
        assert_eq!(load(&dir).expect("two files").flat, params.flat);
    }

    #[test]
    fn what_does_not_fit_is_an_error_with_the_tensors_name() {
        let home = tempfile::tempdir().expect("a folder");
        let dir = home.path().join("m");
        save(&dir, &Params::seeded(&Config::tiny(40), 3), Precision::F32, None).expect("writable");
        let mut config = Config::tiny(40);
        config.num_hidden_layers = 3;
        write_json(&dir.join("config.json"), &config).expect("writable");
        let missing = load(&dir).expect_err("a layer too few").to_string();
        assert!(missing.contains("model.layers.2."), "{missing}");
        write_json(&dir.join("config.json"), &Config::tiny(41)).expect("writable");
        let shape = load(&dir).expect_err("a token too few").to_string();
        assert!(shape.contains("[40, 16] instead of [41, 16]"), "{shape}");
    }
}
