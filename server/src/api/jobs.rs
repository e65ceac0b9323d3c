//! For training jobs elsewhere: what they are to do, and what they tell. Each is known by its run's token.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use store::JobRow;
use tower::ServiceExt;
use tower_http::services::ServeFile;
use wire::{Code, JobLine, JobWord, Problem, RunFailure, RunId};

use super::read::InPath;
use crate::auth::{Actor, Via};
use crate::backend::refusal;
use crate::edge::{Answer, Fault};
use crate::state::AppState;
use crate::training::job::files::{self, Untaken};
use crate::training::job::lines::{self, Unkept};
use crate::training::job::spec::{self, JobSpec};

/// The longest body of lines, in bytes: an iteration of some hundred negotiations has a few million.
pub const MAX_LINES: usize = 256 * 1024 * 1024;

/// What the job is to do: settings, products with their limits, the base's files, exams that are stored.
#[utoipa::path(
    get, path = "/api/v1/jobs/{run}", tag = "jobs", params(("run" = RunId, Path)),
    responses((status = 200, body = JobSpec), (status = "default", body = Problem))
)]
pub async fn show_job(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(run): InPath<RunId>,
) -> Answer<JobSpec> {
    job(&actor, run)?;
    let told = spec::spec(&state.souk.store, &state.souk.roster, run).await;
    told.map(Json).map_err(|error| internal(&error))
}

/// A file of the base model.
#[utoipa::path(
    get, path = "/api/v1/jobs/{run}/base/{name}", tag = "jobs",
    params(("run" = RunId, Path), ("name" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = "default", body = Problem))
)]
pub async fn show_base_file(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath((run, name)): InPath<(RunId, String)>,
    request: Request,
) -> Result<Response, Fault> {
    job(&actor, run)?;
    let found = spec::base_file(&state.souk.store, &state.souk.roster, run, &name).await;
    let found = found.map_err(|error| internal(&error))?;
    let path = found.ok_or_else(|| {
        Fault(Problem::new(Code::NotFound, format!("The base has no file {name}.")))
    })?;
    let served = ServeFile::new(path).oneshot(request).await;
    let mut response = served.map(|response| response.map(Body::new)).into_response();
    // Bytes, whatever their name seems to say.
    if let Some(kind) = response.headers_mut().get_mut(header::CONTENT_TYPE) {
        *kind = HeaderValue::from_static("application/octet-stream");
    }
    Ok(response)
}

/// Takes in lines (`wire::JobLine`), one JSON object each, and answers what the job is to do now. Lines before one that
/// is refused are kept.
#[utoipa::path(
    post, path = "/api/v1/jobs/{run}/lines", tag = "jobs", params(("run" = RunId, Path)),
    request_body(content = JobLine, content_type = "application/x-ndjson"),
    responses((status = 200, body = JobWord), (status = "default", body = Problem))
)]
pub async fn tell(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath(run): InPath<RunId>,
    request: Request,
) -> Result<Response, Fault> {
    // Nobody else's body is read: there may be much of it.
    let token = job(&actor, run)?;
    let body = match Bytes::from_request(request, &state).await {
        Ok(body) => body,
        Err(refused) => return Ok(refused.into_response()),
    };
    Ok(take_lines(&state, token, &body).await?.into_response())
}

async fn take_lines(state: &AppState, token: &str, body: &[u8]) -> Answer<JobWord> {
    for (n, text) in body.split(|byte| *byte == b'\n').enumerate() {
        if text.trim_ascii().is_empty() {
            continue;
        }
        let line: JobLine = serde_json::from_slice(text).map_err(|error| {
            let detail = format!("Line {} is none that a job tells: {error}.", n + 1);
            Fault(Problem::new(Code::BadRequest, detail))
        })?;
        let Some(job) = state.souk.store.job_find(token).await.map_err(refusal)? else {
            return Ok(Json(JobWord::Lost));
        };
        let is_end = matches!(line, JobLine::End { .. });
        match lines::keep(&state.souk, &job, line).await {
            Ok(true) if is_end => return Ok(Json(JobWord::Lost)),
            Ok(true) => {}
            Ok(false) => return Ok(Json(JobWord::Lost)),
            Err(Unkept::Wrong(code, sentence)) => {
                return Err(give_up(state, &job, code, sentence).await);
            }
            Err(Unkept::Store(error)) => return Err(refusal(error).into()),
            Err(Unkept::Other(error)) => return Err(internal(&error)),
        }
    }
    let job = state.souk.store.job_find(token).await.map_err(refusal)?;
    Ok(Json(job.as_ref().map_or(JobWord::Lost, lines::word)))
}

/// Takes in a file of a checkpoint. The line that tells the checkpoint has its hash.
#[utoipa::path(
    put, path = "/api/v1/jobs/{run}/files/{iteration}/{name}", tag = "jobs",
    params(("run" = RunId, Path), ("iteration" = u32, Path), ("name" = String, Path)),
    request_body(content_type = "application/octet-stream"),
    responses((status = 204), (status = "default", body = Problem))
)]
pub async fn put_file(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    InPath((run, iteration, name)): InPath<(RunId, u32, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Fault> {
    job(&actor, run)?;
    if !spec::is_model_file(&name) {
        let detail = format!("{name} is no name of a model's file: send JSON and safetensors.");
        return Err(Problem::new(Code::Unprocessable, detail).into());
    }
    let (store, roster) = (&state.souk.store, &state.souk.roster);
    let room = spec::room(store, roster, run).await.map_err(|error| internal(&error))?;
    if iteration > room.iterations {
        let detail =
            format!("The run has {} iterations, and no more checkpoints.", room.iterations);
        return Err(Problem::new(Code::Unprocessable, detail).into());
    }
    let said = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let taken = match said {
        Some(length) if length > room.bytes => Err(Untaken::TooLarge),
        _ => {
            let (data, body) = (&state.souk.house.data, body.into_data_stream());
            files::take(data, (run, iteration), &name, room.bytes, body).await
        }
    };
    match taken {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(Untaken::TooLarge) => {
            let most = room.bytes;
            let detail = format!("A checkpoint of this run has {most} bytes at most.");
            let problem = Problem::named(Code::BadRequest, "payload_too_large", detail);
            Err(Fault(Problem { status: 413, title: "Too much at once".to_owned(), ..problem }))
        }
        Err(Untaken::Broken(detail)) => Err(Problem::new(Code::BadRequest, detail).into()),
        Err(Untaken::Other(error)) => Err(internal(&error)),
    }
}

/// The token of the run's job, where it is its job that asks.
fn job(actor: &Actor, run: RunId) -> Result<&str, Fault> {
    match &actor.via {
        Via::Job(of, token) if *of == run => Ok(token),
        _ => Err(Fault(Problem::named(
            Code::Forbidden,
            "not_this_job",
            "Only the job that works on this run may ask, with the token that it was given.",
        ))),
    }
}

/// Ends the run over what its job told.
async fn give_up(state: &AppState, job: &JobRow, code: &str, sentence: String) -> Fault {
    tracing::warn!(run = %job.run, code, sentence, "a job told what cannot be so");
    let store = &state.souk.store;
    let ended = async {
        store.run_log_add(job.run, std::slice::from_ref(&sentence)).await?;
        if let Some(owner) = job.owner {
            let failure = RunFailure { code: code.to_owned(), sentence: sentence.clone() };
            store.run_settle(job.run, owner, &store::RunEnd::Failed(failure)).await?;
        }
        store.job_drop(job.run).await
    };
    if let Err(error) = ended.await {
        tracing::error!(run = %job.run, %error, "a run's end was not stored");
    }
    Fault(Problem::named(Code::Unprocessable, "not_so", sentence))
}

fn internal(error: &anyhow::Error) -> Fault {
    tracing::error!(error = format!("{error:#}"), "a job was not served");
    Fault(Problem::new(
        Code::Internal,
        "Something went wrong; the server's log says what. Ask again.",
    ))
}
