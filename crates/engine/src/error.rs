//! What can go wrong with a model, as sentences that say what to do.

use std::path::PathBuf;

/// Why a model was not loaded or gave no answer. Never a reason to stop the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    #[error("there is no model named `{name}`: the models file names {known}")]
    Unknown { name: String, known: String },
    #[error("the models file {path} cannot be used: {detail}")]
    BadModelsFile { path: PathBuf, detail: String },
    #[error("the definition of the model `{name}` cannot be used: {detail}")]
    BadDefinition { name: String, detail: String },
    #[error(
        "{path} is missing: put the file there, or correct the model's `source` in the models file"
    )]
    MissingFile { path: PathBuf },
    #[error("{path} cannot be read: {detail}")]
    Unreadable { path: PathBuf, detail: String },
    #[error("{path} is not a model's configuration: {detail}")]
    BadConfig { path: PathBuf, detail: String },
    #[error(
        "{path} asks for the architecture `{found}`, which is not supported: use one of {supported}"
    )]
    UnsupportedArchitecture { path: PathBuf, found: String, supported: String },
    #[error("{path} is not a GGUF file that can be read: {detail}")]
    BadGguf { path: PathBuf, detail: String },
    #[error("the adapter {path} cannot be merged: {detail}")]
    BadAdapter { path: PathBuf, detail: String },
    #[error("the chat template of `{name}` cannot be used: {detail}")]
    BadTemplate { name: String, detail: String },
    #[error(
        "`{id}` could not be fetched from the hub ({detail}): check the network, or download the \
         model and give its folder as `source`"
    )]
    Hub { id: String, detail: String },
    #[error(
        "`{name}` needs about {needed_mb} MB and {budget_mb} MB are allowed, of which other models \
         hold {held_mb} MB: raise `budget_mb`, unload a model, or quantise this one with `isq`"
    )]
    OverBudget { name: String, needed_mb: u64, held_mb: u64, budget_mb: u64 },
    #[error("`{name}` cannot run on `{device}`: {detail}")]
    NoDevice { name: String, device: String, detail: String },
    #[error("`{name}` could not be loaded: {detail}")]
    LoadFailed { name: String, detail: String },
    #[error("`{name}` stopped working ({detail}): load it again")]
    Died { name: String, detail: String },
    #[error("`{name}` was unloaded while it was answering: ask again")]
    Gone { name: String },
    #[error("`{name}` is in use: wait until its requests have ended")]
    InUse { name: String },
    #[error("the prompt has {tokens} tokens and `{name}` reads {context}: shorten it")]
    PromptTooLong { name: String, tokens: usize, context: usize },
    #[error("the request cannot be answered: {detail}")]
    BadRequest { detail: String },
    #[error("the grammar cannot be used: {detail}")]
    BadGrammar { detail: String },
    #[error("`{name}` failed on this request: {detail}")]
    Failed { name: String, detail: String },
}

impl EngineError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            EngineError::Unknown { .. } => "unknown_model",
            EngineError::BadModelsFile { .. } => "bad_models_file",
            EngineError::BadDefinition { .. } => "bad_definition",
            EngineError::MissingFile { .. } => "missing_file",
            EngineError::Unreadable { .. } => "unreadable_file",
            EngineError::BadConfig { .. } => "bad_config",
            EngineError::UnsupportedArchitecture { .. } => "unsupported_architecture",
            EngineError::BadGguf { .. } => "bad_gguf",
            EngineError::BadAdapter { .. } => "bad_adapter",
            EngineError::BadTemplate { .. } => "bad_template",
            EngineError::Hub { .. } => "hub_unreachable",
            EngineError::OverBudget { .. } => "over_budget",
            EngineError::NoDevice { .. } => "no_device",
            EngineError::LoadFailed { .. } => "load_failed",
            EngineError::Died { .. } => "engine_died",
            EngineError::Gone { .. } => "model_unloaded",
            EngineError::InUse { .. } => "model_in_use",
            EngineError::PromptTooLong { .. } => "prompt_too_long",
            EngineError::BadRequest { .. } => "bad_request",
            EngineError::BadGrammar { .. } => "bad_grammar",
            EngineError::Failed { .. } => "generation_failed",
        }
    }

    /// Whether the fault is the request's and not the model's: asking in the same way again is of no
    /// use, and the model is well.
    pub fn is_of_request(&self) -> bool {
        matches!(
            self,
            EngineError::PromptTooLong { .. }
                | EngineError::BadRequest { .. }
                | EngineError::BadGrammar { .. }
        )
    }
}

/// The first line of a foreign error, cut to what fits a sentence, without a full stop at its end.
pub(crate) fn brief(error: impl ToString) -> String {
    const LONGEST: usize = 300;
    let text = error.to_string();
    let line =
        text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given");
    let cut: String = line.chars().take(LONGEST).collect();
    cut.trim_end_matches('.').to_owned()
}

/// What a panic said.
pub(crate) fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    brief(text.unwrap_or_else(|| "it panicked without a message".to_owned()))
}
