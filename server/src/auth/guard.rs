//! Protection against requests that another site makes a browser send, and headers that keep a
//! page from doing more than it should.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use wire::{Code, Problem};

use crate::edge::Fault;
use crate::state::AppState;

/// Refuses a request that changes something, or opens a live socket, where the browser says that
/// another site made it. Programs send neither header; their keys do not travel by themselves.
pub async fn same_site(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let socket = request.headers().contains_key(header::UPGRADE);
    if (!safe || socket) && !is_same_site(request.headers(), state.config.origin.as_deref()) {
        let refusal = Problem::named(
            Code::Forbidden,
            "cross_site",
            "This request comes from another site's page. Open Souk's own page and try there.",
        );
        return Fault(refusal).into_response();
    }
    next.run(request).await
}

/// `origin` is the configured one; without it, the request's own host counts.
fn is_same_site(headers: &HeaderMap, origin: Option<&str>) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    match text(header::ORIGIN) {
        Some(from) => match origin {
            Some(own) => from.eq_ignore_ascii_case(own),
            None => {
                let host = from.split_once("://").map(|(_, host)| host);
                host.is_some() && host == text(header::HOST)
            }
        },
        None => {
            headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none")
        }
    }
}

/// Headers of every answer.
pub async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Everything here depends on who asks, unless it says otherwise.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    // A page says its own, with the nonce of its scripts; anything else runs nothing.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(k, v)| ((*k).parse().unwrap(), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn another_sites_page_is_refused_and_programs_are_not() {
        let table = [
            (headers(&[("host", "a:1"), ("origin", "http://a:1")]), None, true),
            (headers(&[("host", "a:1"), ("origin", "http://a:2")]), None, false),
            (headers(&[("host", "a:1"), ("origin", "http://evil")]), None, false),
            (headers(&[("host", "a:1"), ("origin", "null")]), None, false),
            (headers(&[("host", "a:1")]), None, true),
            (headers(&[("host", "a:1"), ("sec-fetch-site", "cross-site")]), None, false),
            (headers(&[("host", "a:1"), ("sec-fetch-site", "same-site")]), None, false),
            (headers(&[("host", "a:1"), ("sec-fetch-site", "same-origin")]), None, true),
            (headers(&[("host", "in"), ("origin", "https://out")]), Some("https://out"), true),
            (headers(&[("host", "in"), ("origin", "https://in")]), Some("https://out"), false),
        ];
        for (headers, origin, allowed) in table {
            assert_eq!(is_same_site(&headers, origin), allowed, "{headers:?} {origin:?}");
        }
    }
}
