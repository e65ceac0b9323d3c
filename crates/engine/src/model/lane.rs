//! One thread of mistral.rs with a model of its own.

use std::sync::Arc;

use mistralrs::core::{MistralRsBuilder, Pipeline};
use mistralrs::{DefaultSchedulerMethod, MistralRs, Response, SchedulerConfig};
use tokio::sync::mpsc;

use crate::error::{EngineError, brief};
use crate::generate::mistral_request;

/// A model as mistral.rs loads it.
pub type Pipe = Arc<tokio::sync::Mutex<dyn Pipeline + Send + Sync>>;

/// Answers so many requests at once.
pub struct Lane {
    /// Its end is the end of the thread.
    _mistral: Arc<MistralRs>,
    pub sender: mpsc::Sender<mistralrs::Request>,
    pub slots: usize,
}

impl Lane {
    /// Starts a thread over a model that nobody else holds.
    pub fn start(name: &str, pipeline: Pipe, slots: usize) -> Result<Lane, EngineError> {
        let failed = |detail: String| EngineError::LoadFailed { name: name.to_owned(), detail };
        let metadata = {
            let pipeline = pipeline.try_lock();
            pipeline.map_err(|_| failed("its pipeline is in use".to_owned()))?.get_metadata()
        };
        let is_paged = metadata.cache_config.is_some();
        let scheduler = match &metadata.cache_config {
            Some(config) => {
                SchedulerConfig::PagedAttentionMeta { max_num_seqs: slots, config: config.clone() }
            }
            None => SchedulerConfig::DefaultScheduler {
                method: DefaultSchedulerMethod::Fixed(
                    slots.try_into().expect("a definition has at least one slot"),
                ),
            },
        };
        let builder = MistralRsBuilder::new(pipeline, scheduler, false, None)
            // Without pages it is never emptied on a CPU, and hides the prompt from processors.
            .with_no_prefix_cache(!is_paged);
        // On a runtime of one thread mistral.rs makes no trial run, whose failure it would only log.
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|error| failed(brief(error)))?;
        let mistral = runtime.block_on(builder.build());
        let sender = mistral.get_sender(None).map_err(|error| failed(brief(error)))?;
        Ok(Lane { _mistral: mistral, sender, slots })
    }

    /// Whether the thread has ended.
    pub fn is_dead(&self) -> bool {
        self.sender.is_closed()
    }

    /// Ends the thread at its next step, whatever it is at.
    pub fn terminate(&self) {
        // Where the line is full or the thread gone, there is nothing to end.
        let _ = self.sender.try_send(mistralrs::Request::Terminate);
    }

    /// Has the model answer one token: what loads well may still fail at the first step.
    pub fn try_one_token(&self, name: &str, prompt: u32) -> Result<(), EngineError> {
        let failed = |detail: String| EngineError::LoadFailed {
            name: name.to_owned(),
            detail: format!("its first token failed: {detail}"),
        };
        let ended = || failed("the engine ended".to_owned());
        let (tx, mut rx) = mpsc::channel(4);
        let request = mistral_request(vec![prompt], 1, None, tx);
        self.sender.blocking_send(request).map_err(|_| ended())?;
        match rx.blocking_recv() {
            Some(Response::CompletionDone(_)) => Ok(()),
            Some(Response::CompletionModelError(error, _)) => Err(failed(brief(error))),
            Some(Response::InternalError(error) | Response::ValidationError(error)) => {
                Err(failed(brief(error)))
            }
            Some(_) => Err(failed("it gave no completion".to_owned())),
            None => Err(ended()),
        }
    }
}
