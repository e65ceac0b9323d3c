//! Answers in OpenAI's shapes, whole and streamed.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use engine::{Completion, End, Generation, Words};
use futures::stream::{self, Stream, StreamExt};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::refusal::Refusal;
use crate::auth::Actor;

const HEARTBEAT: Duration = Duration::from_secs(15);

/// Which of the two protocols an answer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Chat,
    Text,
}

/// What all parts of an answer share.
#[derive(Clone, Debug)]
pub struct Head {
    pub kind: Kind,
    pub id: String,
    pub created_s: u64,
    pub model: String,
    pub is_stream: bool,
    /// Whether a stream ends with what it has used.
    pub tells_usage: bool,
    /// Whether the chosen tokens' log-probabilities are told.
    pub tells_logprobs: bool,
}

/// Seconds since the Unix epoch.
pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl Head {
    pub fn new(kind: Kind, model: String) -> Head {
        let prefix = match kind {
            Kind::Chat => "chatcmpl",
            Kind::Text => "cmpl",
        };
        Head {
            kind,
            id: format!("{prefix}-{}", Uuid::now_v7().simple()),
            created_s: now_s(),
            model,
            is_stream: false,
            tells_usage: false,
            tells_logprobs: false,
        }
    }

    fn object(&self, is_part: bool) -> &'static str {
        match (self.kind, is_part) {
            (Kind::Chat, false) => "chat.completion",
            (Kind::Chat, true) => "chat.completion.chunk",
            (Kind::Text, _) => "text_completion",
        }
    }

    fn envelope(&self, is_part: bool, choices: Value) -> Value {
        json!({
            "id": self.id,
            "object": self.object(is_part),
            "created": self.created_s,
            "model": self.model,
            "choices": choices,
        })
    }

    /// A part of a stream. `said` is `None` in the first part, which only names the speaker.
    fn part(&self, said: Option<&str>, end: Option<&Completion>, words: &Words) -> Value {
        let reason = end.map(|completion| finish_reason(completion.end));
        // Tokens and pieces of text do not end at the same places: all tokens are told at the end.
        let logprobs = end.filter(|_| self.tells_logprobs).map(|c| self.logprobs(c, words));
        let mut choice = json!({ "index": 0, "finish_reason": reason, "logprobs": logprobs.unwrap_or_default() });
        match self.kind {
            Kind::Text => choice["text"] = json!(said.unwrap_or_default()),
            Kind::Chat if end.is_some() => choice["delta"] = json!({}),
            Kind::Chat => {
                choice["delta"] = match said {
                    Some(text) => json!({ "content": text }),
                    None => json!({ "role": "assistant", "content": "" }),
                }
            }
        }
        let mut part = self.envelope(true, json!([choice]));
        if self.tells_usage {
            part["usage"] = Value::Null;
        }
        part
    }

    fn usage_part(&self, completion: &Completion) -> Value {
        let mut part = self.envelope(true, json!([]));
        part["usage"] = usage(completion);
        part
    }

    fn logprobs(&self, completion: &Completion, words: &Words) -> Value {
        let written = tokens(completion, words);
        match self.kind {
            Kind::Chat => {
                let content: Vec<Value> = written
                    .map(|(token, bytes, logprob)| {
                        json!({
                            "token": token, "bytes": bytes, "logprob": logprob, "top_logprobs": []
                        })
                    })
                    .collect();
                json!({ "content": content, "refusal": null })
            }
            Kind::Text => {
                let (mut texts, mut logprobs, mut offsets) = (Vec::new(), Vec::new(), Vec::new());
                let mut at = 0;
                for (token, _, logprob) in written {
                    offsets.push(at);
                    at += token.chars().count();
                    texts.push(token);
                    logprobs.push(logprob);
                }
                json!({
                    "tokens": texts, "token_logprobs": logprobs, "top_logprobs": null,
                    "text_offset": offsets
                })
            }
        }
    }
}

/// The tokens that have text, with their bytes and the natural logarithm of their probability.
fn tokens<'a>(
    completion: &'a Completion,
    words: &'a Words,
) -> impl Iterator<Item = (String, &'a [u8], f32)> {
    completion.tokens.iter().filter_map(|token| {
        let bytes = words.bytes(token.id);
        let text = || String::from_utf8_lossy(bytes).into_owned();
        (!bytes.is_empty()).then(|| (text(), bytes, token.logprob))
    })
}

fn finish_reason(end: End) -> &'static str {
    match end {
        End::Eos | End::Stop | End::Cancelled => "stop",
        End::Length => "length",
    }
}

/// Every token that was computed, the one that ends the turn included.
fn usage(completion: &Completion) -> Value {
    let (read, written) = (completion.prompt_tokens, completion.tokens.len());
    json!({
        "prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written
    })
}

/// An answer in one piece.
pub fn whole(head: &Head, completion: &Completion, words: &Words) -> Json<Value> {
    let logprobs = head.tells_logprobs.then(|| head.logprobs(completion, words));
    let mut choice = json!({
        "index": 0, "finish_reason": finish_reason(completion.end),
        "logprobs": logprobs.unwrap_or_default()
    });
    match head.kind {
        Kind::Chat => {
            choice["message"] =
                json!({ "role": "assistant", "content": completion.text, "refusal": null });
        }
        Kind::Text => choice["text"] = json!(completion.text),
    }
    let mut body = head.envelope(false, json!([choice]));
    body["usage"] = usage(completion);
    Json(body)
}

/// An answer as it is written.
struct Streaming {
    head: Head,
    /// Gone once the answer has ended.
    generation: Option<Generation>,
    words: Words,
    actor: Actor,
    is_begun: bool,
}

/// Streams an answer until its end, or until the server stops.
pub fn stream(
    head: Head,
    generation: Generation,
    actor: Actor,
    stop: CancellationToken,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let words = generation.words();
    let is_begun = head.kind == Kind::Text;
    let streaming = Streaming { head, generation: Some(generation), words, actor, is_begun };
    let parts = stream::unfold(streaming, |mut streaming| async {
        let parts = streaming.next().await?;
        Some((stream::iter(parts), streaming))
    });
    let events = parts.flatten().map(|data| Ok(Event::default().data(data)));
    let until_stop = events.take_until(async move { stop.cancelled().await });
    Sse::new(until_stop).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

impl Streaming {
    /// The parts that follow, as text; `None` after the last.
    async fn next(&mut self) -> Option<Vec<String>> {
        let generation = self.generation.as_mut()?;
        if !self.is_begun {
            self.is_begun = true;
            return Some(vec![self.head.part(None, None, &self.words).to_string()]);
        }
        if let Some(piece) = generation.next().await {
            return Some(vec![self.head.part(Some(&piece.text), None, &self.words).to_string()]);
        }
        let outcome = self.generation.take()?.finish().await;
        let completion = match outcome {
            Ok(completion) => completion,
            Err(error) => {
                let refusal = Refusal::of_engine(&error, &self.actor);
                return Some(vec![refusal.body().to_string()]);
            }
        };
        let mut parts = vec![self.head.part(None, Some(&completion), &self.words).to_string()];
        if self.head.tells_usage {
            parts.push(self.head.usage_part(&completion).to_string());
        }
        parts.push("[DONE]".to_owned());
        Some(parts)
    }
}
