//! Bodies of requests: how long and how large they may be, before anything reads them.
//!
//! The framework's own bound holds where its extractors read a body; server functions of the pages read it otherwise.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::stream;
use wire::{Code, Problem};

use crate::edge::Fault;
use crate::state::AppState;

/// What programs and the pages' scripts send, in bytes: talk and thought have 4,000 each.
pub const MAX_CALL: usize = 64 * 1024;
/// A form, in bytes: a study's file, or a population's, is among its fields.
pub const MAX_FORM: usize = 2 * 1024 * 1024;
/// A prompt of `/v1`, in bytes: a context of some hundred thousand tokens.
pub const MAX_PROMPT: usize = 4 * 1024 * 1024;

/// How the body of a request to `path` is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taking {
    /// Whole, up to so many bytes.
    Whole(usize),
    /// Piece by piece: a job's weights and lines, which have bounds of their own.
    Pieces,
}

fn taking(path: &str) -> Taking {
    let below = |folder: &str| path.starts_with(folder);
    match () {
        () if below("/api/v1/jobs/") => Taking::Pieces,
        () if below("/v1/") => Taking::Whole(MAX_PROMPT),
        () if below("/api/") || below("/fn/") || below("/env/") => Taking::Whole(MAX_CALL),
        () => Taking::Whole(MAX_FORM),
    }
}

/// Takes a body in before it is read: one that is too large, packed, or too slow is refused.
pub async fn take_in(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if is_packed(request.headers()) {
        return Fault(named(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "content_encoding",
            "Not packed",
            "Send the body as it is, without `content-encoding`.".to_owned(),
        ))
        .into_response();
    }
    let slow = state.config.slow;
    let (parts, body) = request.into_parts();
    let body = match taking(parts.uri.path()) {
        Taking::Pieces => in_pieces(body, slow),
        Taking::Whole(most) => {
            let said = length(&parts.headers).is_some_and(|length| length > most as u64);
            let taken = match said {
                true => Err(Untaken::TooLarge),
                false => match tokio::time::timeout(slow, whole(body, most)).await {
                    Ok(taken) => taken,
                    Err(_) => Err(Untaken::TooSlow),
                },
            };
            match taken {
                Ok(bytes) => Body::from(bytes),
                Err(why) => return refused(&why, most, slow),
            }
        }
    };
    next.run(Request::from_parts(parts, body)).await
}

fn is_packed(headers: &HeaderMap) -> bool {
    let is = |value: &HeaderValue| !value.as_bytes().eq_ignore_ascii_case(b"identity");
    headers.get_all(header::CONTENT_ENCODING).iter().any(is)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[derive(Debug)]
enum Untaken {
    TooLarge,
    TooSlow,
    Broken,
}

async fn whole(body: Body, most: usize) -> Result<Bytes, Untaken> {
    let mut pieces = body.into_data_stream();
    let Some(first) = pieces.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|_| Untaken::Broken)?;
    let mut taken = Vec::from(first);
    while taken.len() <= most {
        let Some(piece) = pieces.next().await else { return Ok(taken.into()) };
        taken.extend_from_slice(&piece.map_err(|_| Untaken::Broken)?);
    }
    Err(Untaken::TooLarge)
}

/// Breaks off where the next piece does not come in time.
fn in_pieces(body: Body, slow: Duration) -> Body {
    let pieces = stream::unfold(Some(body.into_data_stream()), move |pieces| async move {
        let mut pieces = pieces?;
        match tokio::time::timeout(slow, pieces.next()).await {
            Ok(None) => None,
            Ok(Some(piece)) => Some((piece, Some(pieces))),
            Err(_) => {
                let late = io::Error::new(io::ErrorKind::TimedOut, "the body does not go on");
                Some((Err(axum::Error::new(late)), None))
            }
        }
    });
    Body::from_stream(pieces)
}

fn refused(why: &Untaken, most: usize, slow: Duration) -> Response {
    let problem = match why {
        Untaken::TooLarge => named(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            "Too much at once",
            format!("This address takes up to {most} bytes."),
        ),
        Untaken::TooSlow => named(
            StatusCode::REQUEST_TIMEOUT,
            "request_too_slow",
            "Too slow",
            format!("The body did not come within {} s.", slow.as_secs()),
        ),
        Untaken::Broken => Problem::new(Code::BadRequest, "The body broke off."),
    };
    let mut response = Fault(problem).into_response();
    // What is still to come of the body is not read.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn named(status: StatusCode, code: &str, title: &str, detail: String) -> Problem {
    Problem {
        title: title.to_owned(),
        status: status.as_u16(),
        ..Problem::named(Code::BadRequest, code, detail)
    }
}

/// Problem codes of bodies, for `/api/errors`; `payload_too_large` is the edge's.
pub const CODES: [(&str, u16, &str); 2] = [
    ("content_encoding", 415, "The body is packed."),
    ("request_too_slow", 408, "The body did not come in time."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_bound() {
        let table = [
            ("/fn/move", Taking::Whole(MAX_CALL)),
            ("/api/v1/episodes", Taking::Whole(MAX_CALL)),
            ("/env/step", Taking::Whole(MAX_CALL)),
            ("/v1/chat/completions", Taking::Whole(MAX_PROMPT)),
            ("/api/v1/jobs/x/lines", Taking::Pieces),
            ("/studies/x/file", Taking::Whole(MAX_FORM)),
            ("/anything", Taking::Whole(MAX_FORM)),
        ];
        for (path, expected) in table {
            assert_eq!(taking(path), expected, "{path}");
        }
    }

    #[tokio::test]
    async fn a_body_is_taken_up_to_its_bound() {
        let body = |bytes: usize| {
            Body::from_stream(stream::iter((0..bytes).map(|_| Ok::<_, io::Error>("x"))))
        };
        assert_eq!(whole(body(0), 4).await.unwrap().len(), 0);
        assert_eq!(whole(body(4), 4).await.unwrap().len(), 4);
        assert!(matches!(whole(body(5), 4).await, Err(Untaken::TooLarge)));
    }

    #[tokio::test]
    async fn pieces_that_do_not_come_break_the_body_off() {
        let slow = Duration::from_millis(30);
        let come = stream::iter([Ok::<_, io::Error>("x")]);
        let mut pieces =
            in_pieces(Body::from_stream(come.chain(stream::pending())), slow).into_data_stream();
        assert_eq!(pieces.next().await.unwrap().unwrap(), "x");
        assert!(pieces.next().await.unwrap().is_err());
        assert!(pieces.next().await.is_none());
    }
}
