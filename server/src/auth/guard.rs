//! Protection against requests that another site makes a browser send, and headers that keep a
//! page from doing more than it should.

use std::net::IpAddr;

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
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if state.config.origin.is_none() && !state.config.is_public() && !is_this_machine(host) {
        let refusal = Problem::named(
            Code::Forbidden,
            "not_this_host",
            "This server is for its own machine, and goes by localhost. Set SOUK_ORIGIN to the address that browsers use.",
        );
        return Fault(refusal).into_response();
    }
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

/// Whether the name by which a server that only this machine reaches was asked for is this machine's. Another one is
/// that of a page elsewhere, whose own name was made to lead here: to the browser the two are one site.
fn is_this_machine(host: Option<&str>) -> bool {
    let Some(host) = host else { return true };
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || bare.parse::<IpAddr>().is_ok()
}

/// Headers of every answer.
pub async fn harden(State(state): State<AppState>, request: Request, next: Next) -> Response {
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
    if state.config.secure_cookies() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
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

    #[test]
    fn a_machines_own_names_are_known() {
        for (host, own) in [
            ("localhost:3030", true),
            ("LOCALHOST", true),
            ("souk.localhost:1", true),
            ("127.0.0.1:3030", true),
            ("[::1]:3030", true),
            ("192.168.0.7", true),
            ("evil.example:3030", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:3030", false),
        ] {
            assert_eq!(is_this_machine(Some(host)), own, "{host}");
        }
    }

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
