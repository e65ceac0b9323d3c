//! Log lines, request ids and figures about the running server.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::extract::{MatchedPath, Request};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use store::{CallOutcome, NewCall};
use tracing::Instrument;
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Identifies one request in its answer and in every log line about it.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

pub const MOVES: &str = "souk_moves_total";
pub const MOVE_SECONDS: &str = "souk_move_seconds";
pub const LIVE_SOCKETS: &str = "souk_live_sockets";
pub const OPEN_EPISODES: &str = "souk_open_episodes";
pub const STORE_UP: &str = "souk_store_up";
const TASKS: &str = "souk_tasks";
pub const AGENT_FAULTS: &str = "souk_agent_faults_total";
/// Moves that a model stopped composing, for everybody had left.
pub const MODEL_LEFT: &str = "souk_model_left_total";
pub const MODEL_MOVE_SECONDS: &str = "souk_model_move_seconds";
const MODEL_CALLS: &str = "souk_model_calls_total";
const MODEL_FALLBACKS: &str = "souk_model_fallbacks_total";
const MODEL_FAILURES: &str = "souk_model_failures_total";
const MODEL_TOKENS: &str = "souk_model_tokens_total";
const MODEL_WAIT_SECONDS: &str = "souk_model_wait_seconds";
const MODEL_FIRST_TOKEN_SECONDS: &str = "souk_model_first_token_seconds";
const REQUESTS: &str = "souk_http_requests_total";
const REQUEST_SECONDS: &str = "souk_http_request_seconds";

/// Crates that say much where others say little; `SOUK_LOG` may name them.
const QUIET: &str = "mistralrs=warn,mistralrs_core=warn,mistralrs_quant=warn";

/// Upper bounds of the histograms of language models, in seconds.
const MODEL_SECONDS: [f64; 11] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0];

/// Upper bounds of the latency histograms, in seconds.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Starts writing log lines to standard error.
///
/// # Errors
/// When `SOUK_LOG` is not a filter.
pub fn start_logs(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(format!("warn,{QUIET},{}", config.log)).with_context(|| {
        format!("SOUK_LOG=`{}` is not a filter such as `info` or `info,server=debug`", config.log)
    })?;
    let json = match config.log_format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        lines.json().flatten_event(true).init();
    } else {
        lines.with_target(false).init();
    }
    Ok(())
}

/// The process's figures, for `/metrics`.
pub fn figures() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .expect("the list of bounds is not empty")
            .set_buckets_for_metric(Matcher::Prefix("souk_model_".to_owned()), &MODEL_SECONDS)
            .expect("the list of bounds is not empty")
            .install_recorder()
            .expect("nothing else in this process records figures");
        describe();
        handle
    })
}

fn describe() {
    describe_counter!(MOVES, "Moves stored, by who made them.");
    describe_histogram!(MOVE_SECONDS, Unit::Seconds, "From a move's arrival to its storage.");
    describe_gauge!(LIVE_SOCKETS, "Open live connections (WebSocket and SSE).");
    describe_gauge!(OPEN_EPISODES, "Episodes waiting for a person or being played.");
    describe_gauge!(STORE_UP, "1 when the database answers, else 0.");
    describe_gauge!(TASKS, "Tasks of the runtime that have not ended.");
    describe_counter!(AGENT_FAULTS, "Negotiators' faults, by the boundary at fault.");
    describe_counter!(MODEL_CALLS, "Questions to language models, by model and outcome.");
    describe_counter!(MODEL_FALLBACKS, "Moves that a model could not make, played in its place.");
    describe_counter!(MODEL_FAILURES, "Questions without an answer, by model and code.");
    describe_counter!(MODEL_LEFT, "Moves in the making that everybody had left.");
    describe_counter!(MODEL_TOKENS, "Tokens, by model and kind (prompt, completion).");
    describe_histogram!(MODEL_WAIT_SECONDS, Unit::Seconds, "Until a model had a place.");
    describe_histogram!(MODEL_FIRST_TOKEN_SECONDS, Unit::Seconds, "Until a model's first token.");
    describe_histogram!(MODEL_MOVE_SECONDS, Unit::Seconds, "Until a model's move was decided.");
    describe_counter!(REQUESTS, "Answered requests, by route and status.");
    describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "From a request to its answer's head.");
}

/// Takes a question to a language model into the figures.
pub fn count_call(call: &NewCall) {
    let model = || call.model.clone();
    counter!(MODEL_CALLS, "model" => model(), "outcome" => call.outcome.name()).increment(1);
    counter!(MODEL_TOKENS, "model" => model(), "kind" => "prompt")
        .increment(u64::from(call.prompt_tokens));
    counter!(MODEL_TOKENS, "model" => model(), "kind" => "completion")
        .increment(u64::from(call.completion_tokens));
    if call.fallback {
        counter!(MODEL_FALLBACKS, "model" => model()).increment(1);
    }
    match (call.outcome, &call.error) {
        (CallOutcome::Engine, Some((code, _))) => {
            counter!(MODEL_FAILURES, "model" => model(), "code" => code.clone()).increment(1);
        }
        (CallOutcome::Ok | CallOutcome::Format | CallOutcome::Illegal, _) => {
            let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
            histogram!(MODEL_WAIT_SECONDS, "model" => model()).record(seconds(call.queue_ms));
            histogram!(MODEL_FIRST_TOKEN_SECONDS, "model" => model())
                .record(seconds(call.first_token_ms));
        }
        _ => {}
    }
}

/// Keeps the histograms from growing without bound, and counts the runtime's tasks.
pub async fn keep_figures() {
    let runtime = tokio::runtime::Handle::current().metrics();
    let mut every = tokio::time::interval(Duration::from_secs(5));
    loop {
        every.tick().await;
        gauge!(TASKS).set(runtime.num_alive_tasks() as f64);
        figures().run_upkeep();
    }
}

/// Gives a request its id, a span for its log lines, and a place in the figures.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let id = RequestId(uuid::Uuid::now_v7().simple().to_string());
    let method = request.method().clone();
    // The route rather than the address: an invitation's token belongs in no log.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "(none)".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", request_id = %id.0, %method, %route);
    let started = Instant::now();
    async move {
        let mut response = next.run(request).await;
        let status = response.status().as_u16();
        let elapsed = started.elapsed();
        let label = status.to_string();
        counter!(REQUESTS, "route" => route.clone(), "status" => label).increment(1);
        histogram!(REQUEST_SECONDS, "route" => route).record(elapsed.as_secs_f64());
        let ms = elapsed.as_secs_f64() * 1000.0;
        if status >= 500 {
            tracing::warn!(status, ms, "answered");
        } else {
            tracing::debug!(status, ms, "answered");
        }
        if let Ok(value) = HeaderValue::from_str(&id.0) {
            response.headers_mut().insert("x-request-id", value);
        }
        response
    }
    .instrument(span)
    .await
}
