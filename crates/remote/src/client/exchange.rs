//! One request and its answer, piece by piece.

use std::time::{Duration, Instant, SystemTime};

use policy::chat::{Answer, End};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use super::Inner;
use crate::account::{Reservation, Tokens, about};
use crate::definition::Protocol;
use crate::error::{RemoteError, brief};
use crate::message::{Chunk, Refusal, Word};
use crate::retry::asked;
use crate::stream::Events;

/// The longest answer, in bytes: many times that of any move.
const LONGEST: usize = 256 * 1024;
/// Of a refusal's body, more is not read.
const LONGEST_REFUSAL: usize = 16 * 1024;

/// Why a try gave no answer, and when the endpoint wants to be asked again.
#[derive(Debug)]
pub struct Setback {
    pub error: RemoteError,
    pub asked: Option<Duration>,
}

impl From<RemoteError> for Setback {
    fn from(error: RemoteError) -> Setback {
        Setback { error, asked: None }
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    text: String,
    end: End,
    tokens: Tokens,
    sent: Instant,
    first: Instant,
    last: Instant,
}

impl Reply {
    /// Tokens per second behind the first one.
    pub fn pace(&self) -> Option<f64> {
        let seconds = self.last.duration_since(self.first).as_secs_f64();
        let later = self.tokens.written.saturating_sub(1);
        (later >= 8 && seconds > 0.0).then(|| later as f64 / seconds)
    }

    pub fn answer(self, since: Instant, cost_microdollars: Option<u64>) -> Answer {
        let ms = |until: Instant| {
            u64::try_from(until.duration_since(since).as_millis()).unwrap_or(u64::MAX)
        };
        let count = |tokens: u64| usize::try_from(tokens).unwrap_or(usize::MAX);
        Answer {
            text: self.text,
            end: self.end,
            prompt_tokens: count(self.tokens.read),
            completion_tokens: count(self.tokens.written),
            tokens: Vec::new(),
            queue_ms: ms(self.sent),
            first_token_ms: ms(self.first),
            total_ms: ms(self.last),
            cost_microdollars,
        }
    }
}

/// A request under way.
pub struct Exchange<'a> {
    inner: &'a Inner,
    reservation: Reservation,
    /// Tokens of the prompt, by estimate.
    read: u64,
    content: String,
    arguments: String,
    /// Pieces that came: about as many as tokens.
    pieces: u64,
    end: Option<End>,
    is_counted: bool,
    sent: Instant,
    first: Option<Instant>,
}

type Listen<'l> = dyn FnMut(&str) + Send + 'l;

impl<'a> Exchange<'a> {
    pub fn new(inner: &'a Inner, reservation: Reservation, bytes: usize) -> Exchange<'a> {
        Exchange {
            inner,
            reservation,
            read: about(bytes),
            content: String::new(),
            arguments: String::new(),
            pieces: 0,
            end: None,
            is_counted: false,
            sent: Instant::now(),
            first: None,
        }
    }

    /// What it has cost, in millionths of a dollar.
    pub fn cost(&self) -> u64 {
        self.reservation.cost()
    }

    pub async fn run(&mut self, body: String, hear: &mut Listen<'_>) -> Result<Reply, Setback> {
        let response = self.send(body).await?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_whole = kind.is_some_and(|kind| kind.starts_with("application/json"));
        if is_whole {
            self.whole(response, hear).await?;
        } else {
            self.stream(response, hear).await?;
        }
        let text = match self.inner.definition.protocol {
            Protocol::Tool if !self.arguments.is_empty() => &mut self.arguments,
            _ => &mut self.content,
        };
        let last = Instant::now();
        Ok(Reply {
            text: std::mem::take(text),
            end: self.end.unwrap_or(End::Eos),
            tokens: self.reservation.tokens(),
            sent: self.sent,
            first: self.first.unwrap_or(last),
            last,
        })
    }

    async fn send(&mut self, body: String) -> Result<Response, Setback> {
        let mut request = self
            .inner
            .client
            .post(self.inner.address.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/json")
            .body(body);
        if let Some(key) = &self.inner.key {
            request = request.header(AUTHORIZATION, key.header());
        }
        // From here on the endpoint may have it, and may want money for reading it.
        self.reservation.estimate(Tokens { read: self.read, written: 0 });
        let response = match self.in_time(request.send()).await? {
            Ok(response) => response,
            Err(error) => {
                if error.is_connect() {
                    self.reservation.forget();
                }
                return Err(self.lost(error).into());
            }
        };
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        self.reservation.waive();
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let asked = after.and_then(|text| asked(text, SystemTime::now()));
        let text = self.refusal_text(response).await;
        Err(Setback { error: self.refused(status, &text, asked), asked })
    }

    /// An answer in events.
    async fn stream(
        &mut self,
        mut response: Response,
        hear: &mut Listen<'_>,
    ) -> Result<(), Setback> {
        let mut events = Events::default();
        loop {
            let bytes = self.in_time(response.chunk()).await?;
            let bytes = bytes.map_err(|error| self.cut(error))?;
            let Some(bytes) = bytes else { break };
            let whole = events.push(&bytes).map_err(|_| self.strange("an event without end"))?;
            for event in whole {
                if self.event(&event, hear)? {
                    return Ok(());
                }
            }
        }
        if let Some(event) = events.finish()
            && self.event(&event, hear)?
        {
            return Ok(());
        }
        match (self.end, self.pieces) {
            (Some(_), _) => Ok(()),
            (None, 0) => Err(self.strange("it holds no events").into()),
            (None, _) => Err(self.cut_by("the stream ended early").into()),
        }
    }

    /// Takes one event; whether it was the last.
    fn event(&mut self, data: &str, hear: &mut Listen<'_>) -> Result<bool, RemoteError> {
        let data = data.trim();
        if data == "[DONE]" {
            return Ok(true);
        }
        if data.is_empty() {
            return Ok(false);
        }
        let chunk = Chunk::read(data).map_err(|_| self.strange(data))?;
        self.take(chunk.word(), hear)?;
        Ok(false)
    }

    /// An answer in one piece, of an endpoint that does not stream.
    async fn whole(
        &mut self,
        mut response: Response,
        hear: &mut Listen<'_>,
    ) -> Result<(), Setback> {
        let mut bytes = Vec::new();
        loop {
            let more = self.in_time(response.chunk()).await?;
            let Some(more) = more.map_err(|error| self.cut(error))? else { break };
            bytes.extend_from_slice(&more);
            if bytes.len() > 4 * LONGEST {
                return Err(self.strange("it has no end").into());
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let chunk = Chunk::read(&text).map_err(|_| self.strange(&text))?;
        self.take(chunk.word(), hear)?;
        if self.end.is_none() {
            return Err(self.strange("it has no choices").into());
        }
        Ok(())
    }

    fn take(&mut self, word: Word, hear: &mut Listen<'_>) -> Result<(), RemoteError> {
        if let Some(refusal) = word.error {
            return Err(self.given_up(&refusal));
        }
        self.first.get_or_insert_with(Instant::now);
        self.end = word.end.or(self.end);
        self.pieces += 1;
        self.content.push_str(&word.content);
        self.arguments.push_str(&word.arguments);
        if self.content.len() + self.arguments.len() > LONGEST {
            return Err(self.strange("it has no end"));
        }
        if let Some(usage) = word.usage {
            self.is_counted = true;
            self.reservation.count(usage);
        } else if !self.is_counted {
            let written = self.pieces.max(about(self.content.len() + self.arguments.len()));
            self.reservation.estimate(Tokens { read: self.read, written });
        }
        let told = match self.inner.definition.protocol {
            Protocol::Text => word.content,
            // What is said beside the call may yet be followed by one.
            Protocol::Tool => word.arguments,
        };
        if !told.is_empty() {
            hear(&told);
        }
        Ok(())
    }

    /// No silence is longer than the wait for the first token.
    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Result<T, RemoteError> {
        let seconds = self.inner.definition.timeouts.first_token_s;
        tokio::time::timeout(Duration::from_secs(seconds), future)
            .await
            .map_err(|_| RemoteError::TimedOut { name: self.inner.name(), seconds })
    }

    async fn refusal_text(&self, mut response: Response) -> String {
        let mut bytes = Vec::new();
        while bytes.len() < LONGEST_REFUSAL {
            match self.in_time(response.chunk()).await {
                Ok(Ok(Some(more))) => bytes.extend_from_slice(&more),
                _ => break,
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A foreign text as it fits a sentence of ours.
    fn quoted(&self, text: &str) -> String {
        let blotted = self.inner.key.as_ref().map(|key| key.blot(text));
        brief(blotted.as_deref().unwrap_or(text))
    }

    fn lost(&self, error: reqwest::Error) -> RemoteError {
        let name = self.inner.name();
        let detail = self.quoted(&reason(error.without_url()));
        let host = self.inner.address.host_str().unwrap_or_default().to_owned();
        RemoteError::Unreachable { name, host, detail }
    }

    fn cut(&self, error: reqwest::Error) -> RemoteError {
        self.cut_by(&reason(error.without_url()))
    }

    fn cut_by(&self, detail: &str) -> RemoteError {
        RemoteError::StreamCut { name: self.inner.name(), detail: self.quoted(detail) }
    }

    fn strange(&self, text: &str) -> RemoteError {
        RemoteError::NotOpenAi { name: self.inner.name(), detail: self.quoted(text) }
    }

    /// An error in the middle of a stream.
    fn given_up(&self, refusal: &Refusal) -> RemoteError {
        RemoteError::ServerError { name: self.inner.name(), detail: self.quoted(&refusal.message) }
    }

    fn refused(&self, status: StatusCode, body: &str, asked: Option<Duration>) -> RemoteError {
        let name = self.inner.name();
        let refusal = Refusal::read(body);
        let said = self.quoted(&refusal.message);
        let mut detail = format!("{status}");
        if !said.is_empty() {
            detail = format!("{detail}: {said}");
        }
        match status.as_u16() {
            401 | 403 => RemoteError::KeyRefused { name, detail },
            402 => RemoteError::NoCredit { name, detail },
            404 => RemoteError::ModelUnknown { name, detail },
            429 if refusal.code == "insufficient_quota" => RemoteError::NoCredit { name, detail },
            429 => {
                let wait = asked.map(|wait| format!("; it asks to wait {} s", wait.as_secs()));
                RemoteError::RateLimited { name, detail: detail + &wait.unwrap_or_default() }
            }
            408 | 409 | 425 | 500.. => RemoteError::ServerError { name, detail },
            300..=399 => RemoteError::NotOpenAi { name, detail: format!("{status}: it sends on") },
            _ => RemoteError::RequestRefused { name, detail },
        }
    }
}

/// The innermost reason of an error, which says most.
fn reason(error: reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
