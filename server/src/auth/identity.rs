//! Makes out who asks, before anything else looks at the request.

use std::net::{IpAddr, SocketAddr};

use app::backend::Caller;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{CookieJar, SignedCookieJar};
use ipnet::IpNet;
use store::{ApiKeyRow, JOB_TOKEN};
use uuid::Uuid;
use wire::{Code, Problem, RunId, UserId, VisitorId};

use super::cookies::{SESSION, VISITOR, read_visitor, visitor};
use super::scope::Scope;
use crate::backend::{Guard, refusal};
use crate::edge::Fault;
use crate::state::AppState;

/// Who asks, and how it was made out.
#[derive(Clone, Debug)]
pub struct Actor {
    pub caller: Caller,
    pub via: Via,
    /// The network address that asks.
    pub from: IpAddr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    Browser,
    Key(Vec<Scope>),
    /// A training job, with its token.
    Job(RunId, String),
}

impl Actor {
    /// Refuses a key without this scope. A browser's rights follow from its session.
    pub fn needs(&self, scope: Scope) -> Result<(), Problem> {
        match &self.via {
            Via::Key(scopes) if !scopes.contains(&scope) => Err(Problem::named(
                Code::Forbidden,
                "scope_missing",
                format!("This API key does not have the scope `{}`.", scope.name()),
            )),
            Via::Job(..) if scope != Scope::Play => Err(Problem::named(
                Code::Forbidden,
                "scope_missing",
                "A training job plays for its run, and asks for nothing else.",
            )),
            _ => Ok(()),
        }
    }

    /// The run for which it plays.
    pub fn run(&self) -> Option<RunId> {
        match self.via {
            Via::Job(run, _) => Some(run),
            _ => None,
        }
    }

    /// A program is judged by the rules; a person is kept from slips.
    pub fn guard(&self) -> Guard {
        match self.via {
            Via::Browser => Guard::Protected,
            Via::Key(_) | Via::Job(..) => Guard::Judged,
        }
    }
}

/// Puts the [`Actor`] into the request, gives a new browser its cookie, and counts the request
/// against what its session may ask.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let from = address(&request, &state.config.trusted_proxies);
    let headers = request.headers().clone();
    let (actor, fresh) = match bearer(&headers) {
        Some(key) => match by_key(&state, key, from).await {
            Ok(actor) => (actor, None),
            Err(problem) => return Fault(problem).into_response(),
        },
        None => match by_cookies(&state, &headers, from, looks(request.method())).await {
            Ok(found) => found,
            Err(problem) => return Fault(problem).into_response(),
        },
    };
    if let Err(problem) = pages_are_for_browsers(&actor, request.method(), request.uri().path()) {
        return Fault(problem).into_response();
    }
    if let Err(problem) = state.limits.request(actor.caller.visitor.0) {
        return Fault(problem).into_response();
    }
    request.extensions_mut().insert(actor.caller);
    request.extensions_mut().insert(actor);
    let response = next.run(request).await;
    match fresh {
        Some(jar) => (jar, response).into_response(),
        None => response,
    }
}

/// Whether a request changes nothing.
fn looks(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Server functions and forms do not ask for scopes: what they do, a key does by the API or not at all.
fn pages_are_for_browsers(actor: &Actor, method: &Method, path: &str) -> Result<(), Problem> {
    let for_keys = ["/api/", "/env/", "/v1/"].iter().any(|folder| path.starts_with(folder));
    if actor.via == Via::Browser || looks(method) || for_keys {
        return Ok(());
    }
    Err(Problem::named(
        Code::Forbidden,
        "not_by_key",
        "This address is for browsers: with a key, ask at /api/v1, /env or /v1.",
    ))
}

fn address(request: &Request, proxies: &[IpNet]) -> IpAddr {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = info.map_or(IpAddr::from([127, 0, 0, 1]), |ConnectInfo(address)| address.ip());
    client_address(peer, request.headers(), proxies)
}

/// The nearest address that is none of the trusted proxies'. What stands before it in `X-Forwarded-For` was written
/// by whoever has that address, and counts for nothing.
fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|net| net.contains(&address));
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let mut told = lines.iter().flat_map(|line| line.split(',')).rev().map(str::trim);
    let mut address = peer.to_canonical();
    while is_proxy(address) {
        let Some(next) = told.next().and_then(|text| text.parse::<IpAddr>().ok()) else { break };
        address = next.to_canonical();
    }
    address
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn by_key(state: &AppState, key: &str, from: IpAddr) -> Result<Actor, Problem> {
    state.souk.health.check()?;
    if key.starts_with(JOB_TOKEN) {
        let Some(job) = state.souk.store.job_find(key).await.map_err(refusal)? else {
            state.limits.sign_in(from)?;
            return Err(Problem::new(
                Code::Unauthorized,
                "This token is no job's any more: the run was ended, or given to another job.",
            ));
        };
        // A run sits at its tables as nobody else does.
        let caller = Caller { visitor: VisitorId(job.run.0), researcher: None };
        return Ok(Actor { caller, via: Via::Job(job.run, key.to_owned()), from });
    }
    let found = state.souk.store.api_key_find(key).await.map_err(refusal)?;
    let Some(ApiKeyRow { user, visitor, scopes, .. }) = found else {
        // Guessing keys counts like guessing passwords.
        state.limits.sign_in(from)?;
        return Err(Problem::new(
            Code::Unauthorized,
            "This API key is not known: it was mistyped, revoked or has expired.",
        ));
    };
    let scopes: Vec<Scope> = scopes.iter().filter_map(|name| Scope::named(name)).collect();
    let reads = scopes.iter().any(|scope| matches!(scope, Scope::Read | Scope::Admin));
    let caller = Caller { visitor, researcher: reads.then_some(user) };
    Ok(Actor { caller, via: Via::Key(scopes), from })
}

type Found = (Actor, Option<SignedCookieJar>);

/// A session that cannot be looked up now counts as none for who only looks: the pages stay readable while the store is
/// away. What would change something is asked for again.
async fn by_cookies(
    state: &AppState,
    headers: &HeaderMap,
    from: IpAddr,
    looks: bool,
) -> Result<Found, Problem> {
    let jar = SignedCookieJar::from_headers(headers, state.cookie_key.clone());
    let known = jar.get(VISITOR).as_ref().and_then(read_visitor);
    let (id, fresh) = match known {
        Some(id) => (id, None),
        None => {
            state.limits.new_session(from)?;
            let id = VisitorId(Uuid::now_v7());
            (id, Some(jar.add(visitor(id, state.config.secure_cookies()))))
        }
    };
    let researcher = match CookieJar::from_headers(headers).get(SESSION) {
        Some(cookie) => match session(state, cookie.value()).await {
            Err(problem) if !looks => return Err(problem),
            found => found.unwrap_or(None),
        },
        None => None,
    };
    let caller = Caller { visitor: id, researcher };
    Ok((Actor { caller, via: Via::Browser, from }, fresh))
}

async fn session(state: &AppState, token: &str) -> Result<Option<UserId>, Problem> {
    state.souk.health.check()?;
    let found = state.souk.store.session_find(token).await.map_err(refusal)?;
    Ok(found.map(|row| row.user))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let proxies: [IpNet; 2] =
            ["10.0.0.0/8", "2001:db8::/32"].map(|net| net.parse().expect("a network"));
        let table = [
            // Nobody's proxy: what it says of itself counts for nothing.
            ("203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.1", vec!["203.0.113.9"], "203.0.113.9"),
            // Forged by the visitor, before the proxy wrote the last one.
            ("10.0.0.1", vec!["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.1", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", vec!["10.9.9.9, 203.0.113.9"], "203.0.113.9"),
            ("2001:db8::1", vec!["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["unknown"], "10.0.0.1"),
        ];
        for (peer, lines, expected) in table {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append("x-forwarded-for", HeaderValue::from_static(line));
            }
            let found = client_address(peer.parse().expect("an address"), &headers, &proxies);
            assert_eq!(found, expected.parse::<IpAddr>().expect("an address"), "{peer} {lines:?}");
        }
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.9"));
        let peer = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(client_address(peer, &headers, &[]), peer, "none is trusted by default");
    }
}
