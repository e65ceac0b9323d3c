//! Souk as an environment for trainers and outside programs, in OpenEnv's protocol: `/env/ws` with an environment for
//! each socket, and the same by HTTP with one for each caller. A client's base address is `/env`.

mod http;
mod session;
mod socket;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{get, post};
use uuid::Uuid;

use crate::auth::Via;
use crate::state::AppState;
use session::Session;

/// Environments of all sockets and callers at the same time.
const MOST: usize = 512;
/// Of these, so many for visitors without a key: those who train are not kept out by who has no name.
const MOST_OF_VISITORS: usize = 256;
/// An environment by HTTP that nobody asked for so long is closed, as an idle socket is.
const IDLE: Duration = Duration::from_secs(600);

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/env/ws", get(socket::open))
        .route("/env/reset", post(http::reset))
        .route("/env/step", post(http::step))
        .route("/env/state", get(http::state))
        .route("/env/health", get(http::health))
        .route("/env/metadata", get(http::metadata))
        .route("/env/schema", get(http::schema))
}

/// Environments by HTTP, and how many there are of all.
pub struct Environments<S = Session> {
    by_caller: Mutex<HashMap<Uuid, Kept<S>>>,
    open: Arc<AtomicUsize>,
}

struct Kept<S> {
    session: Arc<tokio::sync::Mutex<S>>,
    used: Instant,
}

/// One environment's place among those that there may be.
struct Place(Arc<AtomicUsize>);

impl<S> Default for Environments<S> {
    fn default() -> Environments<S> {
        Environments { by_caller: Mutex::default(), open: Arc::default() }
    }
}

impl<S> Environments<S> {
    fn place(&self, via: &Via) -> Option<Place> {
        let most = if *via == Via::Browser { MOST_OF_VISITORS } else { MOST };
        let open = Arc::clone(&self.open);
        let taken = open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| {
            (open < most).then_some(open + 1)
        });
        taken.ok().map(|_| Place(open))
    }

    fn of(&self, caller: Uuid) -> Option<Arc<tokio::sync::Mutex<S>>> {
        let mut known = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = known.get_mut(&caller)?;
        kept.used = Instant::now();
        Some(Arc::clone(&kept.session))
    }

    /// The last environment of a caller gives way to its next.
    fn keep(&self, caller: Uuid, session: S) -> Arc<tokio::sync::Mutex<S>> {
        let session = Arc::new(tokio::sync::Mutex::new(session));
        let mut known = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(caller, Kept { session: Arc::clone(&session), used: Instant::now() });
        session
    }

    /// Closes those by HTTP that nobody asks any more.
    pub fn forget_idle(&self) {
        self.forget(IDLE);
    }

    fn forget(&self, idle: Duration) {
        let mut known = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waits for an answer holds it too.
        known.retain(|_, kept| Arc::strong_count(&kept.session) > 1 || kept.used.elapsed() < idle);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_nobody_asks_any_more_is_closed_with_its_place() {
        let environments: Environments<Place> = Environments::default();
        let caller = Uuid::new_v4();
        let place = environments.place(&Via::Browser).expect("there is room");
        let answered = environments.keep(caller, place);
        environments.forget(Duration::from_secs(3600));
        assert!(environments.of(caller).is_some(), "it was asked a moment ago");
        environments.forget(Duration::ZERO);
        assert!(environments.of(caller).is_some(), "somebody waits for its answer");
        drop(answered);
        environments.forget(Duration::ZERO);
        assert!(environments.of(caller).is_none());
        assert_eq!(environments.open.load(Ordering::Relaxed), 0);
    }
}
