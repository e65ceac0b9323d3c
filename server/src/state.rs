//! What every handler may need.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use axum_extra::extract::cookie::Key;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::assets::Site;
use crate::backend::Souk;
use crate::config::Config;
use crate::environment::Environments;
use crate::limits::Limits;
use crate::studies::signed::Signers;

/// Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

pub struct Parts {
    pub config: Config,
    pub souk: Arc<Souk>,
    pub limits: Limits,
    pub signers: Signers,
    pub environments: Environments,
    pub cookie_key: Key,
    pub site: Site,
    pub leptos: LeptosOptions,
    /// Cancelled when the server is about to stop: it answers, and wants no new work.
    pub leaving: CancellationToken,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
}

impl AppState {
    pub fn new(parts: Parts) -> AppState {
        AppState(Arc::new(parts))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> LeptosOptions {
        state.leptos.clone()
    }
}
