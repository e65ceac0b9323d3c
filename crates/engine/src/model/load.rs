//! Loading a model into mistral.rs, and trying whether it answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use mistralrs::core::{
    GGUFLoaderBuilder, GGUFSpecificConfig, Loader, NormalLoaderBuilder, NormalSpecificConfig,
    paged_attn_supported, parse_isq_value,
};
use mistralrs::{
    Device, DeviceMapSetting, MemoryGpuConfig, ModelDType, PagedAttentionConfig, PagedCacheType,
    TokenSource,
};

use super::chat::{Chat, Marks};
use super::files::{Folder, gguf_bytes, hub_snapshot};
use super::lane::{Lane, Pipe};
use super::vocabulary::Vocabulary;
use crate::definition::{DType, Definition, Placement, Source};
use crate::error::{EngineError, brief};
use crate::registry::{Options, Stage};

/// Sequences that run at once where the definition does not say.
const CPU_SLOTS: usize = 1;
const GPU_SLOTS: usize = 32;
/// Tokens of all sequences together for which a GPU's cache is made.
const GPU_CACHE_TOKENS: usize = 32_768;

/// Told how a load goes on.
pub trait Progress {
    fn stage(&self, stage: Stage);
    /// Makes room for a model's weights, or says that there is none.
    fn reserve(&self, bytes: u64) -> Result<(), EngineError>;
}

/// A model that answers.
pub struct Loaded {
    pub lanes: Vec<Lane>,
    pub chat: Chat,
    pub vocabulary: Vocabulary,
    /// Tokens of prompt and answer together.
    pub context: usize,
}

/// Where mistral.rs finds the files.
enum Files {
    Folder(PathBuf),
    Gguf(PathBuf),
    Remote { id: String, revision: Option<String> },
}

/// Loads a model. Blocks, and may panic where mistral.rs does: for a thread of its own.
pub fn load(
    definition: &Definition,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Loaded, EngineError> {
    progress.stage(Stage::Checking);
    let (files, bytes) = look(definition, options, progress)?;
    let device = device(definition)?;
    let share = Share::of(definition, &device);
    let needed =
        |bytes| share.lanes as u64 * definition.memory_mb.map_or(bytes, |mb| mb * 1_000_000);
    progress.reserve(needed(bytes))?;
    progress.stage(Stage::Reading);
    let pipeline = read(definition, &files, &device)?;
    let (chat, vocabulary, context) = facts(definition, &pipeline)?;
    let mut lanes = vec![Lane::start(&definition.name, pipeline, share.slots)?];
    while lanes.len() < share.lanes {
        let pipeline = read(definition, &files, &device)?;
        lanes.push(Lane::start(&definition.name, pipeline, share.slots)?);
    }
    if let Files::Remote { id, revision } = &files
        && let Some(snapshot) = hub_snapshot(id, revision.as_deref())
    {
        let parameters = Folder::inspect(&snapshot)?.parameters()?;
        progress.reserve(needed(estimate(definition, parameters)))?;
    }
    progress.stage(Stage::Trying);
    lanes.iter().try_for_each(|lane| lane.try_one_token(&definition.name, vocabulary.end()))?;
    Ok(Loaded { lanes, chat, vocabulary, context })
}

/// How the requests of a model are shared out.
struct Share {
    lanes: usize,
    /// Of each lane.
    slots: usize,
}

impl Share {
    /// On a CPU each request has a lane to itself, with weights of its own. 0.8.1 computes the attention
    /// of a batch wrongly there: each sequence gets the last one's.
    fn of(definition: &Definition, device: &Device) -> Share {
        if device.is_cpu() {
            Share { lanes: definition.slots.unwrap_or(CPU_SLOTS), slots: 1 }
        } else {
            Share { lanes: 1, slots: definition.slots.unwrap_or(GPU_SLOTS) }
        }
    }
}

/// Checks the files and estimates the memory of the weights.
fn look(
    definition: &Definition,
    options: &Options,
    progress: &dyn Progress,
) -> Result<(Files, u64), EngineError> {
    let folder = match &definition.source {
        Source::Folder(path) => path.clone(),
        Source::Gguf(path) => return Ok((Files::Gguf(path.clone()), gguf_bytes(path)?)),
        Source::Hub { id, revision } => match hub_snapshot(id, revision.as_deref()) {
            Some(snapshot) => snapshot,
            None if options.offline => {
                let detail = "it is not in the hub's cache, and the network is not to be used";
                return Err(EngineError::Hub { id: id.clone(), detail: detail.to_owned() });
            }
            None => {
                let files = Files::Remote { id: id.clone(), revision: revision.clone() };
                return Ok((files, 0));
            }
        },
    };
    let folder = Folder::inspect(&folder)?;
    let bytes = estimate(definition, folder.parameters()?);
    let adapter = definition.adapter.as_deref();
    if adapter.is_some() {
        progress.stage(Stage::Merging);
    }
    let prepared = folder.prepared(adapter, &options.cache)?;
    Ok((Files::Folder(prepared), bytes))
}

/// Bytes of so many numbers in the type or quantisation of a definition.
fn estimate(definition: &Definition, parameters: u64) -> u64 {
    let on_cpu = matches!(definition.device, Placement::Cpu)
        || matches!(definition.device, Placement::Auto) && !has_accelerator();
    let eighths = match (&definition.isq, definition.dtype) {
        // A quantised number is its bits and a share of its block's scale.
        (Some(isq), _) => 1 + isq.chars().find_map(|c| c.to_digit(10)).map_or(16, u64::from),
        (None, DType::F32) => 32,
        (None, DType::Auto) if on_cpu => 32,
        (None, _) => 16,
    };
    parameters * eighths / 8
}

fn has_accelerator() -> bool {
    cfg!(any(feature = "cuda", feature = "metal"))
}

fn device(definition: &Definition) -> Result<Device, EngineError> {
    let refuse = |detail: String| EngineError::NoDevice {
        name: definition.name.clone(),
        device: definition.device.to_string(),
        detail,
    };
    let opened = |open: fn(usize) -> mistralrs::Result<Device>, index| {
        // The driver's library is loaded on first use, and its absence is a panic.
        catch_unwind(AssertUnwindSafe(|| open(index)))
            .map_err(|_| refuse("its driver was not found".to_owned()))?
            .map_err(|error| refuse(brief(error)))
    };
    match definition.device {
        Placement::Cpu => Ok(Device::Cpu),
        Placement::Cuda(index) => opened(Device::new_cuda, index),
        Placement::Metal => opened(Device::new_metal, 0),
        Placement::Auto if cfg!(feature = "cuda") => {
            Ok(opened(Device::new_cuda, 0).unwrap_or(Device::Cpu))
        }
        Placement::Auto if cfg!(feature = "metal") => {
            Ok(opened(Device::new_metal, 0).unwrap_or(Device::Cpu))
        }
        Placement::Auto => Ok(Device::Cpu),
    }
}

fn read(definition: &Definition, files: &Files, device: &Device) -> Result<Pipe, EngineError> {
    let loader = loader(files, &definition.name)?;
    let failed = |detail: String| match files {
        Files::Remote { id, .. } => EngineError::Hub { id: id.clone(), detail },
        Files::Gguf(path) => EngineError::BadGguf { path: path.clone(), detail },
        Files::Folder(path)
            if detail.contains("missing field") || detail.contains("invalid type") =>
        {
            EngineError::BadConfig { path: path.join("config.json"), detail }
        }
        Files::Folder(_) => EngineError::LoadFailed { name: definition.name.clone(), detail },
    };
    let isq = definition.isq.as_deref().map(|isq| parse_isq_value(isq, Some(device))).transpose();
    let isq = isq.map_err(|detail| EngineError::BadDefinition {
        name: definition.name.clone(),
        detail: brief(detail),
    })?;
    let revision = match files {
        Files::Remote { revision, .. } => revision.clone(),
        Files::Folder(_) | Files::Gguf(_) => None,
    };
    let loaded = catch_unwind(AssertUnwindSafe(|| {
        loader.load_model_from_hf(
            revision,
            TokenSource::EnvVar("HF_TOKEN".to_owned()),
            &dtype(definition.dtype, device),
            device,
            true,
            DeviceMapSetting::dummy(),
            isq,
            paged(device),
        )
    }));
    match loaded {
        Ok(Ok(pipeline)) => Ok(pipeline),
        Ok(Err(error)) => Err(failed(brief(format!("{error:#}")))),
        Err(panic) => Err(failed(crate::error::panic_text(&*panic))),
    }
}

fn loader(files: &Files, name: &str) -> Result<Box<dyn Loader>, EngineError> {
    let id = match files {
        Files::Folder(path) => path.to_string_lossy().into_owned(),
        Files::Remote { id, .. } => id.clone(),
        Files::Gguf(path) => {
            let folder = path.parent().unwrap_or(Path::new(".")).to_string_lossy().into_owned();
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let config = GGUFSpecificConfig::default();
            let builder =
                GGUFLoaderBuilder::new(None, None, folder, vec![file], config, false, None);
            return Ok(builder.build());
        }
    };
    let config = NormalSpecificConfig::default();
    NormalLoaderBuilder::new(config, None, None, Some(id), false, None)
        .build(None)
        .map_err(|error| EngineError::LoadFailed { name: name.to_owned(), detail: brief(error) })
}

/// On a CPU 0.8.1 takes F16 of itself, and BF16 fails at the first token.
fn dtype(wanted: DType, device: &Device) -> ModelDType {
    match wanted {
        DType::Auto if device.is_cpu() => ModelDType::F32,
        DType::Auto => ModelDType::Auto,
        DType::F32 => ModelDType::F32,
        DType::F16 => ModelDType::F16,
        DType::Bf16 => ModelDType::BF16,
    }
}

fn paged(device: &Device) -> Option<PagedAttentionConfig> {
    if device.is_cpu() || !paged_attn_supported() {
        return None;
    }
    let memory = MemoryGpuConfig::ContextSize(GPU_CACHE_TOKENS);
    PagedAttentionConfig::new(None, memory, PagedCacheType::Auto).ok()
}

/// What is read off a pipeline and is the same for all lanes.
fn facts(
    definition: &Definition,
    pipeline: &Pipe,
) -> Result<(Chat, Vocabulary, usize), EngineError> {
    let failed = |detail: String| EngineError::LoadFailed { name: definition.name.clone(), detail };
    let free = "nobody else holds the pipeline while it is loaded";
    let (metadata, tokenizer, template) = {
        let pipeline = pipeline.try_lock().expect(free);
        (pipeline.get_metadata(), pipeline.tokenizer(), pipeline.get_chat_template())
    };
    let tokenizer = tokenizer.ok_or_else(|| failed("it has no tokenizer".to_owned()))?;
    let tokenizer = tokenizer.to_string(false).map_err(|error| failed(brief(error)))?;
    let marks = Marks {
        bos: template.as_ref().and_then(|template| template.bos_tok()),
        eos: template.as_ref().and_then(|template| template.eos_tok()),
        thinking: definition.thinking,
    };
    let template = template.as_ref().and_then(|template| template.chat_template.as_ref());
    let template = template.and_then(|value| match value.0.as_ref().left() {
        Some(text) => Some(text.clone()),
        None => named_template(value.0.as_ref().right()?),
    });
    let chat = Chat::new(&definition.name, &tokenizer, template, marks)?;
    let factory = metadata.llg_factory.clone();
    let vocabulary = factory.and_then(|factory| Vocabulary::new(factory, metadata.eos_tok.clone()));
    let vocabulary = vocabulary.ok_or_else(|| {
        failed("no token ends an answer: name `eos_token_id` in generation_config.json".to_owned())
    })?;
    Ok((chat, vocabulary, whole_blocks(metadata.max_seq_len)))
}

/// The cache grows by blocks of this many tokens, and never beyond the context.
const BLOCK: usize = 512;

/// How much of a context can be used: 0.8.1 fails where the last block does not fit whole.
fn whole_blocks(context: usize) -> usize {
    if context < BLOCK { context } else { context - context % BLOCK }
}

/// The template named `default` of several.
fn named_template(templates: &[std::collections::HashMap<String, String>]) -> Option<String> {
    let default = |map: &&std::collections::HashMap<String, String>| {
        map.get("name").is_some_and(|name| name == "default")
    };
    templates.iter().find(default)?.get("template").cloned()
}

impl Loaded {
    /// Whether the thread of one of its lanes has ended.
    pub fn is_dead(&self) -> bool {
        self.lanes.iter().any(Lane::is_dead)
    }

    /// Ends all lanes at their next step, whatever they are at.
    pub fn terminate(&self) {
        self.lanes.iter().for_each(Lane::terminate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_follows_the_type() {
        let model = Definition::new("m", Source::Folder("m".into()));
        let cpu = Definition { device: Placement::Cpu, ..model };
        let table = [
            (cpu.clone(), 4_000),
            (Definition { dtype: DType::F16, ..cpu.clone() }, 2_000),
            (Definition { isq: Some("q4k".into()), ..cpu.clone() }, 625),
            (Definition { isq: Some("8".into()), ..cpu }, 1_125),
        ];
        for (definition, bytes) in table {
            assert_eq!(estimate(&definition, 1_000), bytes);
        }
    }
}
