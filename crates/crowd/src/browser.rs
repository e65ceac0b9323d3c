//! One person's browser: its cookie, and requests that are repeated until they are answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, COOKIE, RETRY_AFTER, SET_COOKIE};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::figures::Figures;
use crate::pause;

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
    cookie: Option<String>,
    text: String,
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
        let http =
            reqwest::Client::builder().timeout(PATIENCE).pool_max_idle_per_host(0).build()?;
        Ok(Web { http, address: address.trim_end_matches('/').to_owned(), figures })
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
        let cookie = answer.cookie.context("no cookie was given")?;
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
        self.web.persist(request).await?.read().with_context(|| path.to_owned())
    }

    pub fn figures(&self) -> &Arc<Figures> {
        &self.web.figures
    }

    /// The address of the live socket.
    pub fn live(&self) -> String {
        format!("{}/live", self.web.address.replacen("http", "ws", 1))
    }
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
    let cookie = header(SET_COOKIE).and_then(|cookie| cookie.split(';').next());
    let cookie = cookie.map(str::to_owned);
    Ok(Attempt::Answered(Answer { status, cookie, text: response.text().await? }))
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
        serde_json::from_str(&self.text).context("the answer is not understood")
    }
}
