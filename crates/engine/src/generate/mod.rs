//! One request and its answer.

mod chooser;
mod draw;
mod text;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mistralrs::{
    Constraint, CustomLogitsProcessor, NormalRequest, RequestMessage, Response, SamplingParams,
};
use policy::chat::{End, Sampling};
use policy::prompt::Message;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use crate::error::{EngineError, brief};
use crate::model::{Encoded, Vocabulary};
use crate::registry::InUse;

use chooser::{Answer, Chooser, Wish};
use text::Text;

/// What a model is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub prompt: Prompt,
    pub sampling: Sampling,
    /// Texts at which the answer ends; they are not part of it.
    pub stop: Vec<String>,
    /// The same seed gives the same answer, whatever else the model is asked at the time.
    pub seed: u64,
    /// A Lark grammar in llguidance's dialect that the answer keeps to.
    pub grammar: Option<String>,
}

/// What the answer follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Prompt {
    /// A chat, in the model's own template. What is said in it is never read as special tokens.
    Chat(Vec<Message>),
    /// A text as it stands, in which special tokens are special.
    Text(String),
    /// Token ids as they stand.
    Tokens(Vec<u32>),
}

impl Request {
    /// A chat with a seed; the rest at its defaults.
    pub fn chat(messages: Vec<Message>, seed: u64) -> Request {
        Request {
            prompt: Prompt::Chat(messages),
            sampling: Sampling::default(),
            stop: Vec::new(),
            seed,
            grammar: None,
        }
    }
}

/// Text as it is generated: whole characters, in order, nothing lost. All pieces together are the
/// completion's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
}

/// A token that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    pub id: u32,
    /// Natural logarithm of its probability by the model alone: at temperature 1, without cuts and
    /// without grammar.
    pub logprob: f32,
}

/// Milliseconds since the request came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Until the model had a slot for it.
    pub queue_ms: u64,
    /// Until its first token.
    pub first_token_ms: u64,
    /// Until its last.
    pub total_ms: u64,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    pub text: String,
    /// Every token as it was chosen, the last one's end-of-turn token too.
    pub tokens: Vec<Token>,
    pub end: End,
    pub prompt_tokens: usize,
    pub timing: Timing,
}

/// An answer under way. Dropping it ends it at the next token.
#[derive(Debug)]
pub struct Generation {
    pieces: mpsc::UnboundedReceiver<Piece>,
    result: oneshot::Receiver<Result<Completion, EngineError>>,
    prompt: Encoded,
    name: String,
    words: Words,
    _cancel: CancelOnDrop,
}

struct CancelOnDrop(Arc<Chooser>);

impl std::fmt::Debug for CancelOnDrop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CancelOnDrop")
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// What a model's tokens say, for as long as somebody asks.
#[derive(Clone)]
pub struct Words(Vocabulary);

impl Words {
    /// What a token adds to the text: part of a character perhaps, and nothing where it is a special
    /// token.
    pub fn bytes(&self, id: u32) -> &[u8] {
        self.0.bytes(id)
    }

    /// Each token with its part of the text and its log-probability; a character of several tokens is with the last of
    /// them. What ends the turn has no text and is left out.
    pub fn spelled(&self, tokens: &[Token]) -> Vec<(String, f32)> {
        let mut text = Text::new(Vec::new());
        let written = tokens.iter().map(|token| (self.bytes(token.id), token.logprob));
        let mut spelled: Vec<(String, f32)> = written
            .filter(|(bytes, _)| !bytes.is_empty())
            .map(|(bytes, logprob)| (text.push(bytes), logprob))
            .collect();
        if let Some((last, _)) = spelled.last_mut() {
            last.push_str(&text.finish());
        }
        spelled
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words")
    }
}

impl Generation {
    /// The next piece of text; `None` at the end, of which [`Generation::finish`] tells.
    pub async fn next(&mut self) -> Option<Piece> {
        self.pieces.recv().await
    }

    /// Waits for the whole answer.
    pub async fn finish(self) -> Result<Completion, EngineError> {
        self.result.await.unwrap_or(Err(EngineError::Gone { name: self.name }))
    }

    /// The prompt as the model read it, special tokens in words.
    pub fn prompt_text(&self) -> &str {
        &self.prompt.text
    }

    /// The model's tokens in words.
    pub fn words(&self) -> Words {
        self.words.clone()
    }

    /// The prompt's token ids.
    pub fn prompt_ids(&self) -> &[u32] {
        &self.prompt.ids
    }
}

/// Begins to answer. The model is in use until mistral.rs is done with the request.
pub(crate) async fn begin(
    used: InUse,
    request: Request,
    since: Instant,
) -> Result<Generation, EngineError> {
    let name = used.name().to_owned();
    let prompt = encode(&used, &request.prompt)?;
    let wish = wish(&used, request, prompt.ids.len())?;
    let place = used.slot().await?;
    let queue = since.elapsed();
    let most = wish.sampling.max_tokens;
    let (tell, pieces) = mpsc::unbounded_channel();
    let vocabulary = used.model().vocabulary.clone();
    let words = Words(vocabulary.clone());
    let chooser =
        Chooser::new(prompt.ids.len(), wish, vocabulary, (used.pace(), used.drill()), tell);
    let chooser = Arc::new(chooser);
    let (tx, rx) = mpsc::channel(4);
    let processor: Arc<dyn CustomLogitsProcessor> = chooser.clone();
    let request = mistral_request(prompt.ids.clone(), most, Some(processor), tx);
    if place.lane().sender.send(request).await.is_err() {
        return Err(used.died("its engine had ended"));
    }
    let (done, result) = oneshot::channel();
    let waiting = Waiting { chooser: chooser.clone(), since, queue, prompt: prompt.ids.len() };
    // The receiver lives until mistral.rs has sent its last word, also where nobody waits for it: 0.8.1
    // fails the whole batch, or panics, where it cannot send.
    tokio::spawn(async move {
        let outcome = waiting.wait(&used, rx).await;
        drop(place);
        drop(used);
        let _ = done.send(outcome);
    });
    Ok(Generation { pieces, result, prompt, name, words, _cancel: CancelOnDrop(chooser) })
}

fn encode(used: &InUse, prompt: &Prompt) -> Result<Encoded, EngineError> {
    let chat = &used.model().chat;
    let encoded = match prompt {
        Prompt::Chat(messages) => chat.chat(messages)?,
        Prompt::Text(text) => chat.text(text)?,
        Prompt::Tokens(ids) => Encoded { ids: ids.clone(), text: chat.decode(ids) },
    };
    // An unknown id would fail the step of all requests that share it.
    let size = used.model().vocabulary.size();
    if encoded.ids.is_empty() || encoded.ids.iter().any(|id| *id as usize >= size) {
        let detail = "a prompt has at least one token, and only tokens that the model has";
        return Err(EngineError::BadRequest { detail: detail.to_owned() });
    }
    Ok(encoded)
}

fn wish(used: &InUse, request: Request, prompt: usize) -> Result<Wish, EngineError> {
    let context = used.model().context;
    if prompt >= context {
        let name = used.name().to_owned();
        return Err(EngineError::PromptTooLong { name, tokens: prompt, context });
    }
    let mut sampling = request.sampling;
    if let Some(fault) = sampling.fault() {
        return Err(EngineError::BadRequest { detail: fault.to_owned() });
    }
    // 0.8.1 counts the answer alone against the context, and fails beyond it.
    sampling.max_tokens = sampling.max_tokens.min(context - prompt);
    let vocabulary = &used.model().vocabulary;
    let grammar = request.grammar.as_deref().map(|lark| vocabulary.grammar(lark)).transpose()?;
    Ok(Wish { sampling, seed: request.seed, stops: request.stop, grammar })
}

/// Waits for mistral.rs's last word on a request.
struct Waiting {
    chooser: Arc<Chooser>,
    since: Instant,
    queue: Duration,
    prompt: usize,
}

impl Waiting {
    async fn wait(
        self,
        used: &InUse,
        mut rx: mpsc::Receiver<Response>,
    ) -> Result<Completion, EngineError> {
        let last = loop {
            match rx.recv().await {
                Some(Response::CompletionDone(_)) => break Ok(()),
                Some(Response::CompletionModelError(error, _) | Response::ModelError(error, _)) => {
                    break Err(used.failed(brief(error)));
                }
                Some(Response::InternalError(error) | Response::ValidationError(error)) => {
                    break Err(used.failed(brief(error)));
                }
                Some(_) => {}
                None => break Err(used.died("its engine ended")),
            }
        };
        let answer = self.chooser.take();
        last?;
        self.completion(answer, used)
    }

    fn completion(self, answer: Answer, used: &InUse) -> Result<Completion, EngineError> {
        if let Some(fault) = answer.fault {
            return Err(used.failed(fault));
        }
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let total = self.since.elapsed();
        let first = answer.first.map_or(total, |first| first.duration_since(self.since));
        Ok(Completion {
            text: answer.text,
            tokens: answer.tokens,
            end: answer.end.unwrap_or(End::Length),
            prompt_tokens: self.prompt,
            timing: Timing {
                queue_ms: ms(self.queue),
                first_token_ms: ms(first),
                total_ms: ms(total),
            },
        })
    }
}

/// A request as mistral.rs has it: greedy, since the processor chooses.
pub(crate) fn mistral_request(
    ids: Vec<u32>,
    most: usize,
    processor: Option<Arc<dyn CustomLogitsProcessor>>,
    response: mpsc::Sender<Response>,
) -> mistralrs::Request {
    let sampling = SamplingParams { max_len: Some(most), ..SamplingParams::deterministic() };
    mistralrs::Request::Normal(Box::new(NormalRequest {
        messages: RequestMessage::CompletionTokens(ids),
        sampling_params: sampling,
        response,
        return_logprobs: false,
        is_streaming: false,
        id: 0,
        constraint: Constraint::None,
        suffix: None,
        tools: None,
        tool_choice: None,
        logits_processors: processor.map(|processor| vec![processor]),
        return_raw_logits: false,
        web_search_options: None,
        model_id: None,
        truncate_sequence: false,
    }))
}

/// Ends a model's lanes by a panic on their threads, in the middle of what they are at.
pub(crate) async fn crash(used: &InUse) {
    let panics = |_: &candle_core::Tensor, _: &[u32]| -> candle_core::Result<candle_core::Tensor> {
        panic!("a drill: this engine was told to crash")
    };
    let panics: Arc<dyn CustomLogitsProcessor> = Arc::new(panics);
    used.drill().store(true, Ordering::Relaxed);
    let end = used.model().vocabulary.end();
    for lane in &used.model().lanes {
        // For a lane that is at nothing. The receiver is kept until the lane has ended.
        let (tx, _rx) = mpsc::channel(4);
        let request = mistral_request(vec![end], 2, Some(panics.clone()), tx);
        // Where it cannot be sent, the lane has ended already.
        let _ = lane.sender.send(request).await;
        lane.sender.closed().await;
    }
}
