//! One person's browser: its cookie, and requests that are repeated until they are answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, RETRY_AFTER, SET_COOKIE};
use reqwest::redirect::Policy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::figures::Figures;
use crate::pause;
use crate::record::{Entry, Heard, Record, now};

/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(15);
/// A request that was not answered in all this time has failed for good.
const GIVE_UP: Duration = Duration::from_secs(120);

/// What all browsers share.
#[derive(Clone)]
pub struct Web {
    http: reqwest::Client,
    pub address: String,
    pub figures: Arc<Figures>,
    record: Arc<Record>,
    heard: Arc<Record>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Browser {
    web: Web,
    pub cookie: String,
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    cookies: Vec<String>,
    location: Option<String>,
    text: String,
}

/// What a server understood and did not do.
#[derive(Debug)]
pub struct Refused {
    pub status: StatusCode,
    pub text: String,
}

/// What came of one attempt.
enum Attempt {
    Answered(Answer),
    Again { kind: String, pause: Duration },
}

impl Web {
    pub fn new(address: &str, figures: Arc<Figures>) -> Result<Web> {
        // A connection per request: one that a proxy closes while a request is on its way to it is
        // repeated by a real browser without a word, and would count as a failure here.
        Web::with(reqwest::Client::builder().pool_max_idle_per_host(0), address, figures)
    }

    /// Connections are kept and shared, where no proxy closes them.
    pub fn keeping_connections(address: &str, figures: Arc<Figures>) -> Result<Web> {
        Web::with(reqwest::Client::builder(), address, figures)
    }

    fn with(http: reqwest::ClientBuilder, address: &str, figures: Arc<Figures>) -> Result<Web> {
        // Where a form leads is for its sender to see.
        let http = http.timeout(PATIENCE).redirect(Policy::none()).build()?;
        let address = address.trim_end_matches('/').to_owned();
        Ok(Web { http, address, figures, record: Arc::default(), heard: Arc::default() })
    }

    /// Requests that are sent again go into `record`, whatever is answered and told into `heard`.
    pub fn noting(self, record: &Arc<Record>, heard: &Arc<Record>) -> Web {
        Web { record: Arc::clone(record), heard: Arc::clone(heard), ..self }
    }

    /// A GET without a cookie.
    pub async fn fetch<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let url = format!("{}{path}", self.address);
        self.persist(|| self.http.get(&url)).await?.read()
    }

    /// A browser that was never here before.
    pub async fn visitor(&self) -> Result<Browser> {
        let url = format!("{}/api/v1/whoami", self.address);
        let answer = self.persist(|| self.http.get(&url)).await?;
        let cookie = answer.cookies.first().context("no cookie was given")?.clone();
        Ok(Browser { web: self.clone(), cookie })
    }

    /// Repeats a request until it is answered.
    async fn persist(&self, request: impl Fn() -> reqwest::RequestBuilder) -> Result<Answer> {
        let started = Instant::now();
        for attempt in 0.. {
            match attempt_at(request()).await {
                Attempt::Answered(answer) => return Ok(answer),
                Attempt::Again { kind, .. } if started.elapsed() > GIVE_UP => {
                    bail!("not answered within {} s: {kind}", GIVE_UP.as_secs());
                }
                Attempt::Again { kind, pause: wanted } => {
                    self.record.write(&Entry::Again { kind: kind.clone(), at: now() })?;
                    self.figures.error(kind);
                    tokio::time::sleep(pause::before(attempt).max(wanted)).await;
                }
            }
        }
        unreachable!("it ends by an answer or gives up")
    }
}

impl Browser {
    /// Sends a body, the same one again until it is answered: it carries its key.
    pub async fn send<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let url = format!("{}{path}", self.web.address);
        let body = serde_json::to_string(body)?;
        let request = || {
            let post = self.web.http.post(&url).header(COOKIE, &self.cookie);
            post.header(CONTENT_TYPE, "application/json").body(body.clone())
        };
        let answer = self.web.persist(request).await?;
        self.hear(path, &answer.text)?;
        answer.read().with_context(|| path.to_owned())
    }

    /// The same where it may be refused: something else may have come first.
    pub async fn attempt<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Result<T, Refused>> {
        let url = format!("{}{path}", self.web.address);
        let body = serde_json::to_string(body)?;
        let request = || {
            let post = self.web.http.post(&url).header(COOKIE, &self.cookie);
            post.header(CONTENT_TYPE, "application/json").body(body.clone())
        };
        self.answered(path, self.web.persist(request).await?)
    }

    /// A GET that may be refused.
    pub async fn look<T: DeserializeOwned>(&self, path: &str) -> Result<Result<T, Refused>> {
        let url = format!("{}{path}", self.web.address);
        let request = || self.web.http.get(&url).header(COOKIE, &self.cookie);
        self.answered(path, self.web.persist(request).await?)
    }

    /// Posts a form; answers with where it leads. What cookies come are kept.
    pub async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<String> {
        let url = reqwest::Url::parse_with_params(&self.web.address, fields)?;
        let body = url.query().unwrap_or_default().to_owned();
        let url = format!("{}{path}", self.web.address);
        let request = || {
            let post = self.web.http.post(&url).header(COOKIE, &self.cookie);
            post.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.clone())
        };
        let answer = self.web.persist(request).await?;
        let Some(location) = answer.location else {
            bail!("{path}: {}: {}", answer.status, answer.text);
        };
        for cookie in answer.cookies {
            self.cookie = format!("{}; {cookie}", self.cookie);
        }
        Ok(location)
    }

    fn answered<T: DeserializeOwned>(
        &self,
        path: &str,
        answer: Answer,
    ) -> Result<Result<T, Refused>> {
        self.hear(path, &answer.text)?;
        match answer.status.is_client_error() {
            true => Ok(Err(Refused { status: answer.status, text: answer.text })),
            false => answer.read().map(Ok).with_context(|| path.to_owned()),
        }
    }

    /// Notes what was answered, under the id that the path names, else the answer.
    fn hear(&self, path: &str, text: &str) -> Result<()> {
        let named = path.split(['/', '?']).find_map(|part| Uuid::parse_str(part).ok());
        let answered = || serde_json::from_str::<Named>(text).ok().map(|answer| answer.id);
        named.or_else(answered).map_or(Ok(()), |of| self.heard(of, text))
    }

    /// Notes what reached this browser about an episode or a market.
    pub fn heard(&self, of: Uuid, text: &str) -> Result<()> {
        self.web.heard.write(&Heard { of, text: text.to_owned() })
    }

    pub fn figures(&self) -> &Arc<Figures> {
        &self.web.figures
    }

    /// The address of the live socket.
    pub fn live(&self) -> String {
        format!("{}/live", self.web.address.replacen("http", "ws", 1))
    }
}

#[derive(serde::Deserialize)]
struct Named {
    id: Uuid,
}

async fn attempt_at(request: reqwest::RequestBuilder) -> Attempt {
    match ask(request).await {
        Ok(attempt) => attempt,
        Err(error) => {
            let kind = if error.is_timeout() {
                "no answer in time"
            } else if error.is_connect() {
                "no connection"
            } else {
                "the connection broke"
            };
            Attempt::Again { kind: kind.to_owned(), pause: Duration::ZERO }
        }
    }
}

async fn ask(request: reqwest::RequestBuilder) -> reqwest::Result<Attempt> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers());
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if may_pass(status) {
        let seconds = header(RETRY_AFTER).and_then(|text| text.parse().ok()).unwrap_or(0);
        let kind = format!("status {}", status.as_u16());
        return Ok(Attempt::Again { kind, pause: Duration::from_secs(seconds) });
    }
    let cookies = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookies = cookies.filter_map(|cookie| cookie.split(';').next()).map(str::to_owned);
    let (cookies, location) = (cookies.collect(), header(LOCATION).map(str::to_owned));
    Ok(Attempt::Answered(Answer { status, cookies, location, text: response.text().await? }))
}

/// Whether the same request may succeed later without any change to it.
fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

impl Answer {
    fn read<T: DeserializeOwned>(self) -> Result<T> {
        if !self.status.is_success() {
            bail!("{}: {}", self.status, self.text);
        }
        // Of an answer without content.
        let text = if self.text.is_empty() { "null" } else { &self.text };
        serde_json::from_str(text).context("the answer is not understood")
    }
}
