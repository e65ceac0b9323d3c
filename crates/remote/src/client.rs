//! One endpoint: its connections, its key, its account.

mod exchange;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use policy::chat::{Answer, Failure, Hear, Piece, Question};
use reqwest::{Client, Url};
use serde::Serialize;
use serde_json::Value;

use crate::account::{Account, Book, Spent, Tokens, at_most};
use crate::definition::Definition;
use crate::error::RemoteError;
use crate::key::Key;
use crate::message;
use crate::reach::{Guarded, Reach};
use crate::retry::pause;
use exchange::{Exchange, Reply, Setback};

/// One endpoint's model. A clone is the same one, with the same account.
#[derive(Clone, Debug)]
pub struct Remote(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    definition: Definition,
    address: Url,
    client: Client,
    key: Option<Key>,
    book: Arc<Book>,
    in_flight: AtomicUsize,
    recent: Mutex<Recent>,
}

/// What the last requests were like.
#[derive(Debug, Default)]
struct Recent {
    tokens_per_second: Option<f64>,
    trouble: Option<Trouble>,
}

/// An endpoint as a page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    pub name: String,
    pub title: String,
    /// Questions that are being answered.
    pub in_flight: usize,
    /// Requests since the server started.
    pub requests: u64,
    /// Tokens written since then.
    pub tokens: u64,
    /// Of the last answer.
    pub tokens_per_second: Option<f64>,
    /// What was wrong with the last question; `None` where it was answered.
    pub trouble: Option<Trouble>,
}

/// What is wrong with an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// Of [`RemoteError::code`].
    pub code: &'static str,
    pub sentence: String,
}

impl Remote {
    /// An endpoint with its key from this process's environment. Nothing is sent yet: an endpoint that
    /// is away, or a key that is missing, is told by the first question.
    ///
    /// # Errors
    /// [`RemoteError::BadDefinition`].
    pub fn open(definition: Definition) -> Result<Remote, RemoteError> {
        Remote::open_with(definition, |name| std::env::var(name).ok())
    }

    /// An endpoint with its key from elsewhere: `look_up` is asked for the name in `key_env`.
    ///
    /// # Errors
    /// [`RemoteError::BadDefinition`].
    pub fn open_with(
        definition: Definition,
        look_up: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Remote, RemoteError> {
        let address = definition.address()?;
        let key = definition.key_env.as_deref().and_then(look_up).and_then(|text| Key::new(&text));
        let is_near = is_loopback(&address);
        if key.is_some() && address.scheme() == "http" && !is_near {
            let name = &definition.name;
            tracing::warn!(name, "the key of a remote model travels unencrypted: write https");
        }
        // A redirection would take the question, and with it a side's limit, to another place.
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(definition.timeouts.connect_s))
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(Guarded(Reach::of(definition.private, &address))))
            .user_agent("souk");
        let client = if is_near { client.no_proxy() } else { client };
        let client = client.build().map_err(|error| RemoteError::BadDefinition {
            name: definition.name.clone(),
            detail: format!("no connection can be made from here: {}", error.without_url()),
        })?;
        let book = Arc::new(Book::new(definition.prices, definition.budget));
        Ok(Remote(Arc::new(Inner {
            definition,
            address,
            client,
            key,
            book,
            in_flight: AtomicUsize::new(0),
            recent: Mutex::default(),
        })))
    }

    pub fn definition(&self) -> &Definition {
        &self.0.definition
    }

    /// What its questions have cost so far.
    pub fn account(&self) -> Account {
        self.0.book.account()
    }

    /// Adds what was spent before this process began, so that a budget holds over restarts.
    pub fn book(&self, before: Account) {
        self.0.book.add(before);
    }

    /// The endpoint as it is now.
    pub fn status(&self) -> Status {
        let account = self.account();
        let recent = self.0.recent();
        Status {
            name: self.0.definition.name.clone(),
            title: self.0.definition.shown().to_owned(),
            in_flight: self.0.in_flight.load(Ordering::Relaxed),
            requests: account.requests,
            tokens: account.completion_tokens,
            tokens_per_second: recent.tokens_per_second,
            trouble: recent.trouble.clone(),
        }
    }

    /// Puts a question, again and again where the endpoint is busy or breaks off.
    pub(crate) async fn ask(
        &self,
        definition: &Definition,
        question: &Question<'_>,
        hear: &mut Hear<'_>,
    ) -> Result<Answer, Failure> {
        let _counted = Counted::new(&self.0.in_flight);
        let mut asking = Asking {
            inner: &self.0,
            body: message::body(definition, question),
            most_tokens: definition.sampling.max_tokens,
            since: Instant::now(),
            cost: 0,
        };
        let outcome = asking.answer(hear).await;
        let cost = self.0.is_paid().then_some(asking.cost);
        let mut recent = self.0.recent();
        match outcome {
            Ok(reply) => {
                recent.trouble = None;
                recent.tokens_per_second = reply.pace().or(recent.tokens_per_second);
                Ok(reply.answer(asking.since, cost))
            }
            Err(error) => {
                let (code, sentence) = (error.code(), error.to_string());
                tracing::warn!(model = self.0.definition.name, code, sentence, "no answer");
                recent.trouble = Some(Trouble { code, sentence });
                Err(error.failure(cost))
            }
        }
    }
}

impl Inner {
    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_paid(&self) -> bool {
        self.definition.prices != Default::default()
    }

    fn name(&self) -> String {
        self.definition.name.clone()
    }
}

/// One question on its way.
struct Asking<'a> {
    inner: &'a Inner,
    body: Value,
    most_tokens: usize,
    since: Instant,
    /// Of all tries, in millionths of a dollar.
    cost: u64,
}

impl Asking<'_> {
    async fn answer(&mut self, hear: &mut Hear<'_>) -> Result<Reply, RemoteError> {
        let inner = self.inner;
        if let (Some(variable), None) = (&inner.definition.key_env, &inner.key) {
            return Err(RemoteError::NoKey { name: inner.name(), variable: variable.clone() });
        }
        let total = Duration::from_secs(inner.definition.timeouts.total_s);
        let end = tokio::time::Instant::from_std(self.since + total);
        let mut failed = 0;
        loop {
            let mut heard = false;
            let mut listen = |text: &str| {
                heard = true;
                hear(Piece::More(text));
            };
            let setback = match self.attempt(end, &mut listen).await {
                Ok(reply) => return Ok(reply),
                Err(setback) => setback,
            };
            if heard {
                hear(Piece::Anew);
            }
            failed += 1;
            if failed > inner.definition.retries || !setback.error.may_pass() {
                return Err(setback.error);
            }
            let first = Duration::from_millis(inner.definition.backoff_ms);
            let pause = pause(first, failed, setback.asked, rand::random());
            if tokio::time::Instant::now() + pause >= end {
                return Err(setback.error);
            }
            let (model, ms) = (&inner.definition.name, pause.as_millis());
            tracing::info!(model, failed, ms, why = %setback.error, "a remote model is asked again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(
        &mut self,
        end: tokio::time::Instant,
        hear: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Reply, Setback> {
        let inner = self.inner;
        let body = self.body.to_string();
        let most = Tokens { read: at_most(body.len()), written: self.most_tokens as u64 };
        let reservation = inner.book.reserve(most).map_err(|Spent { spent, budget }| {
            RemoteError::BudgetSpent { name: inner.name(), spent, budget }
        })?;
        let mut exchange = Exchange::new(inner, reservation, body.len());
        let outcome = tokio::time::timeout_at(end, exchange.run(body, hear)).await;
        self.cost += exchange.cost();
        outcome.unwrap_or_else(|_| {
            let seconds = inner.definition.timeouts.total_s;
            Err(RemoteError::TimedOut { name: inner.name(), seconds }.into())
        })
    }
}

/// Whether an address is this machine's own, to which no proxy leads.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// One more while it lives.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Counted<'a> {
        count.fetch_add(1, Ordering::Relaxed);
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_in_no_debug_form() {
        let mut definition = Definition::new("a", "https://a.example/v1", "m");
        definition.key_env = Some("A_KEY".to_owned());
        let look_up = |name: &str| (name == "A_KEY").then(|| "sk-123456789".to_owned());
        let remote = Remote::open_with(definition, look_up).expect("it is right");
        let shown = format!("{remote:?}");
        assert!(shown.contains("[key]") && !shown.contains("123456789"), "{shown}");
    }

    #[test]
    fn loopback_is_known_by_its_address() {
        let table = [
            ("http://127.0.0.1:3030/v1", true),
            ("http://[::1]/v1", true),
            ("http://localhost:1", true),
            ("https://localhost.example", false),
            ("http://10.0.0.1", false),
        ];
        for (url, expected) in table {
            assert_eq!(is_loopback(&url.parse().expect(url)), expected, "{url}");
        }
    }
}
