//! Errors as OpenAI's clients read them.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::EngineError;
use serde_json::{Value, json};
use wire::Problem;

use crate::auth::{Actor, Scope, Via};
use crate::backend::failure_sentence;

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub message: String,
    pub code: String,
    /// The field at fault.
    pub param: Option<String>,
    pub retry_after_s: Option<u64>,
}

impl Refusal {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Refusal {
        let (code, message) = (code.to_owned(), message.into());
        Refusal { status, message, code, param: None, retry_after_s: None }
    }

    /// A field whose value cannot be meant.
    pub fn bad_value(param: &str, message: impl Into<String>) -> Refusal {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "invalid_value", message);
        Refusal { param: Some(param.to_owned()), ..refusal }
    }

    /// A field that this server does not serve.
    pub fn unsupported(param: &str, message: impl Into<String>) -> Refusal {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "unsupported_parameter", message);
        Refusal { param: Some(param.to_owned()), ..refusal }
    }

    pub fn unreadable(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, "unreadable_body", message)
    }

    pub fn no_key() -> Refusal {
        let message = "Send an API key of this Souk with the scope `models`: `Authorization: Bearer \
            souk_…`. Researchers make keys; `souk admin key create` does too.";
        Refusal::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message)
    }

    pub fn scope_missing() -> Refusal {
        let message = "This API key does not have the scope `models`.";
        Refusal::new(StatusCode::FORBIDDEN, "scope_missing", message)
    }

    pub fn unknown_address() -> Refusal {
        let message = "There is nothing at this address: /v1/models, /v1/chat/completions and \
            /v1/completions are served.";
        Refusal::new(StatusCode::NOT_FOUND, "unknown_url", message)
    }

    pub fn unknown_model(name: &str) -> Refusal {
        let message = format!("The model `{name}` does not exist: /v1/models lists those that do.");
        let refusal = Refusal::new(StatusCode::NOT_FOUND, "model_not_found", message);
        Refusal { param: Some("model".to_owned()), ..refusal }
    }

    /// An error of the engine. Sentences that may name files are for researchers' eyes.
    pub fn of_engine(error: &EngineError, actor: &Actor) -> Refusal {
        let code = error.code();
        let bad = |code, param: &str| {
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, code, error.to_string());
            Refusal { param: Some(param.to_owned()), ..refusal }
        };
        match error {
            EngineError::Unknown { name, .. } => Refusal::unknown_model(name),
            EngineError::PromptTooLong { .. } => bad("context_length_exceeded", "messages"),
            EngineError::BadGrammar { .. } => bad(code, "response_format"),
            // A template that does not take these roles in this order: no other try would help.
            EngineError::BadTemplate { .. } => bad(code, "messages"),
            error if error.is_of_request() => {
                Refusal::new(StatusCode::BAD_REQUEST, code, error.to_string())
            }
            error => {
                let reads = matches!(&actor.via, Via::Key(scopes)
                    if scopes.contains(&Scope::Read) || scopes.contains(&Scope::Admin));
                let message =
                    if reads { error.to_string() } else { failure_sentence(code).to_owned() };
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
            }
        }
    }

    /// The body of the error.
    pub fn body(&self) -> Value {
        let kind = match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        let Refusal { message, code, param, .. } = self;
        json!({ "error": { "message": message, "type": kind, "param": param, "code": code } })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        let status = StatusCode::from_u16(problem.status);
        let code = match problem.status {
            401 => "invalid_api_key",
            429 => "rate_limit_exceeded",
            _ => &problem.code,
        };
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let refusal = Refusal::new(status, code, problem.detail);
        Refusal { retry_after_s: problem.retry_after_s, ..refusal }
    }
}

/// Says what the rest of the server refuses (an unknown key, too many requests, a wrong method) in
/// OpenAI's words.
pub async fn in_openais_words(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let is_own = kind.is_some_and(|kind| kind.starts_with("application/json"));
    if !(status.is_client_error() || status.is_server_error()) || is_own {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = to_bytes(body, 16 * 1024).await.unwrap_or_default();
    let refusal = match serde_json::from_slice::<Problem>(&text) {
        Ok(problem) => Refusal::from(problem),
        Err(_) => of_framework(status, &String::from_utf8_lossy(&text)),
    };
    let mut response = refusal.into_response();
    if let Some(methods) = parts.headers.get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, methods.clone());
    }
    response
}

fn of_framework(status: StatusCode, text: &str) -> Refusal {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            let message = "This address does not answer to this method; see the `allow` header.";
            Refusal::new(status, "method_not_allowed", message)
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            Refusal::new(status, "payload_too_large", "The request is larger than 4 MiB.")
        }
        status if status.is_server_error() => {
            Refusal::new(status, "internal", "Something went wrong on the server; try again.")
        }
        status => Refusal::new(status, "bad_request", text.trim()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use app::backend::Caller;
    use uuid::Uuid;
    use wire::{Code, VisitorId};

    use super::*;

    fn actor(scopes: &[Scope]) -> Actor {
        let caller = Caller { visitor: VisitorId(Uuid::nil()), researcher: None };
        Actor { caller, via: Via::Key(scopes.to_vec()), from: IpAddr::from([127, 0, 0, 1]) }
    }

    #[test]
    fn errors_of_the_engine_have_openais_codes_and_no_paths_for_strangers() {
        let plain = actor(&[Scope::Models]);
        let name = || "demo".to_owned();
        let missing = EngineError::MissingFile { path: "/secret/model.safetensors".into() };
        let table = [
            (EngineError::Unknown { name: name(), known: name() }, 404, "model_not_found"),
            (
                EngineError::PromptTooLong { name: name(), tokens: 9, context: 8 },
                400,
                "context_length_exceeded",
            ),
            (EngineError::BadGrammar { detail: name() }, 400, "bad_grammar"),
            (EngineError::BadTemplate { name: name(), detail: name() }, 400, "bad_template"),
            (EngineError::BadRequest { detail: name() }, 400, "bad_request"),
            (EngineError::Gone { name: name() }, 503, "model_unloaded"),
            (missing.clone(), 503, "missing_file"),
        ];
        for (error, status, code) in table {
            let refusal = Refusal::of_engine(&error, &plain);
            assert_eq!((refusal.status.as_u16(), refusal.code.as_str()), (status, code));
        }
        let text = |actor: &Actor| Refusal::of_engine(&missing, actor).body().to_string();
        assert!(!text(&plain).contains("secret"));
        assert!(text(&actor(&[Scope::Models, Scope::Read])).contains("secret"));
    }

    #[test]
    fn the_servers_problems_are_told_in_openais_words() {
        let mut problem = Problem::new(Code::TooManyRequests, "Wait 2 s.");
        problem.retry_after_s = Some(2);
        let refusal = Refusal::from(problem);
        assert_eq!(refusal.retry_after_s, Some(2));
        let expected = json!({ "error": {
            "message": "Wait 2 s.", "type": "rate_limit_error", "param": null,
            "code": "rate_limit_exceeded"
        } });
        assert_eq!(refusal.body(), expected);
        let unknown = Refusal::from(Problem::new(Code::Unauthorized, "No."));
        assert_eq!((unknown.status.as_u16(), unknown.code.as_str()), (401, "invalid_api_key"));
    }
}
