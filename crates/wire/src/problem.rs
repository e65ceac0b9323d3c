//! Errors as programs and people read them.

use serde::{Deserialize, Serialize};

/// The body of every error (RFC 9457, `application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{detail}")]
pub struct Problem {
    /// `/api/errors#{code}`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short name of the kind of error.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, for programs: one of [`Code`], a rule's code (`rules::Illegal::code`), or the name of
    /// a database constraint.
    pub code: String,
    /// A sentence that a person can act on.
    pub detail: String,
    /// Quote it when you ask for help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Seconds after which a repeat may work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

/// The kinds of error that do not come from the rules or from a named constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    Conflict,
    Unprocessable,
    TooManyRequests,
    /// The database or an engine is away for the moment; nothing was lost.
    Unavailable,
    Internal,
}

impl Code {
    pub const ALL: [Code; 9] = [
        Code::BadRequest,
        Code::Unauthorized,
        Code::Forbidden,
        Code::NotFound,
        Code::Conflict,
        Code::Unprocessable,
        Code::TooManyRequests,
        Code::Unavailable,
        Code::Internal,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Code::BadRequest => "bad_request",
            Code::Unauthorized => "unauthorized",
            Code::Forbidden => "forbidden",
            Code::NotFound => "not_found",
            Code::Conflict => "conflict",
            Code::Unprocessable => "unprocessable",
            Code::TooManyRequests => "too_many_requests",
            Code::Unavailable => "unavailable",
            Code::Internal => "internal",
        }
    }

    pub fn status(self) -> u16 {
        match self {
            Code::BadRequest => 400,
            Code::Unauthorized => 401,
            Code::Forbidden => 403,
            Code::NotFound => 404,
            Code::Conflict => 409,
            Code::Unprocessable => 422,
            Code::TooManyRequests => 429,
            Code::Unavailable => 503,
            Code::Internal => 500,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Code::BadRequest => "The request could not be read",
            Code::Unauthorized => "Sign in first",
            Code::Forbidden => "Not yours to do",
            Code::NotFound => "Not found",
            Code::Conflict => "Something changed meanwhile",
            Code::Unprocessable => "Not possible as asked",
            Code::TooManyRequests => "Too many requests",
            Code::Unavailable => "Not available for the moment",
            Code::Internal => "A fault of ours",
        }
    }
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem::named(code, code.name(), detail)
    }

    /// A problem with a code of its own, such as a rule's.
    pub fn named(kind: Code, code: &str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("/api/errors#{code}"),
            title: kind.title().to_owned(),
            status: kind.status(),
            code: code.to_owned(),
            detail: detail.into(),
            request_id: None,
            retry_after_s: None,
        }
    }

    /// A move that the rules refuse: 422 with the rule's own code.
    pub fn illegal(why: rules::Illegal) -> Problem {
        let kind = match why {
            rules::Illegal::NotYourTurn { .. }
            | rules::Illegal::Over
            | rules::Illegal::OfferChanged { .. } => Code::Conflict,
            _ => Code::Unprocessable,
        };
        Problem::named(kind, why.code(), sentence(&why.to_string()))
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    format!("{}{}.", first.to_uppercase(), chars.as_str())
}
