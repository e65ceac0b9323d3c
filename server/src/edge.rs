//! Errors at the web's edge: one shape, stable codes, a request id, nothing internal.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use wire::{Code, Problem};

use crate::telemetry::RequestId;

/// A [`Problem`] as a response.
#[derive(Clone, Debug)]
pub struct Fault(pub Problem);

pub type Answer<T> = Result<Json<T>, Fault>;

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Fault {
        Fault(problem)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let Fault(problem) = self;
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).expect("a problem has string keys");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = problem.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Told(problem));
        response
    }
}

/// Marks a response whose body is this problem already.
#[derive(Clone)]
struct Told(Problem);

/// Gives every problem its request id, and turns what the framework itself refuses (no such route,
/// wrong method, unreadable body) into a problem.
pub async fn tell_problems(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    // Server functions encode their errors by themselves.
    let function = request.uri().path().starts_with("/fn/");
    let response = next.run(request).await;
    let status = response.status();
    if let Some(Told(problem)) = response.extensions().get().cloned() {
        return with_id(problem, id, response);
    }
    if !(status.is_client_error() || status.is_server_error()) || function || is_own_kind(&response)
    {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = to_bytes(body, 16 * 1024).await.unwrap_or_default();
    let problem = of_status(status, &String::from_utf8_lossy(&text));
    with_id(problem, id, Response::from_parts(parts, Body::empty()))
}

/// Pages and server functions have a shape of their own.
fn is_own_kind(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html") || kind.starts_with("application/json"))
}

fn with_id(mut problem: Problem, id: Option<RequestId>, old: Response) -> Response {
    problem.request_id = id.map(|id| id.0);
    let mut response = Fault(problem).into_response();
    // What the refusal brought along, such as `allow` or a cookie; not what described its body.
    for (name, value) in old.headers() {
        let of_body = [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CACHE_CONTROL];
        if !of_body.contains(name) && !response.headers().contains_key(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

/// A framework's refusal as a problem.
fn of_status(status: StatusCode, text: &str) -> Problem {
    let detail = |default: &str| {
        let text = text.trim();
        if text.is_empty() { default.to_owned() } else { text.to_owned() }
    };
    let (code, title, detail) = match status {
        StatusCode::NOT_FOUND => (
            Code::NotFound.name(),
            Code::NotFound.title(),
            "There is nothing at this address; /api/docs lists what there is.".to_owned(),
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "Not with this method",
            "This address does not answer to this method; see the `allow` header.".to_owned(),
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            "unsupported_media_type",
            "Not in this format",
            detail("Send JSON with `content-type: application/json`."),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "payload_too_large",
            "Too much at once",
            detail("The request is larger than this address takes."),
        ),
        StatusCode::UNPROCESSABLE_ENTITY => {
            ("unreadable_body", "Not the shape that is expected", detail("The body does not fit."))
        }
        StatusCode::SERVICE_UNAVAILABLE => (
            Code::Unavailable.name(),
            Code::Unavailable.title(),
            "Try again in a moment.".to_owned(),
        ),
        status if status.is_server_error() => (
            Code::Internal.name(),
            Code::Internal.title(),
            "Something went wrong on the server. Nothing acknowledged is lost; try again."
                .to_owned(),
        ),
        _ => (
            Code::BadRequest.name(),
            Code::BadRequest.title(),
            detail("The request could not be read."),
        ),
    };
    Problem {
        title: title.to_owned(),
        status: status.as_u16(),
        ..Problem::named(Code::BadRequest, code, detail)
    }
}

/// Problem codes of the edge itself, with what they mean; `/api/errors` lists them.
pub const EDGE_CODES: [(&str, u16, &str); 4] = [
    ("method_not_allowed", 405, "The address exists, but not with this method."),
    ("unsupported_media_type", 415, "The body is not JSON, or does not say so."),
    ("payload_too_large", 413, "The body is larger than the address takes."),
    ("unreadable_body", 422, "The body is JSON, but not of the shape that is expected."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_framework_has_a_code() {
        let table = [
            (404, "not_found"),
            (405, "method_not_allowed"),
            (415, "unsupported_media_type"),
            (413, "payload_too_large"),
            (422, "unreadable_body"),
            (400, "bad_request"),
            (500, "internal"),
            (503, "unavailable"),
        ];
        for (status, code) in table {
            let status = StatusCode::from_u16(status).unwrap();
            let problem = of_status(status, "");
            assert_eq!(problem.code, code);
            assert_eq!(problem.status, status.as_u16());
            assert!(problem.kind.ends_with(code));
        }
    }

    #[test]
    fn an_internal_fault_tells_nothing_of_its_inside() {
        let problem = of_status(StatusCode::INTERNAL_SERVER_ERROR, "secret: connection string");
        assert!(!problem.detail.contains("secret"));
    }
}
