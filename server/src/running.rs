//! A server from its start to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use leptos::config::LeptosOptions;
use sha2::{Digest, Sha256};
use store::{Listener, Store};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::assets::Site;
use crate::backend::{House, Souk};
use crate::config::Config;
use crate::driver::{Driver, Pauses};
use crate::environment::Environments;
use crate::limits::Limits;
use crate::live::{self, Health, Hub};
use crate::markets::Clock;
use crate::roster::Roster;
use crate::state::{AppState, Parts};
use crate::training::published;
use crate::{auth, routes, serving, studies, telemetry};

/// How long requests under way may take at the end.
const GRACE: Duration = Duration::from_secs(10);
/// Between two clearings of what the limits remember.
const FORGET: Duration = Duration::from_secs(60);
/// Between two looks whether the months to come have their partitions.
const MAKE_PARTITIONS: Duration = Duration::from_secs(6 * 3600);

/// Connections to one migrated database.
pub struct Database {
    pub store: Store,
    /// A single further connection, to ask whether the store is there.
    pub probe: Store,
}

/// A server that answers.
pub struct Running {
    pub addr: SocketAddr,
    store: Store,
    probe: Store,
    roster: Roster,
    driver: Driver,
    leaving: CancellationToken,
    stop: CancellationToken,
    tasks: TaskTracker,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Starts to answer on `listener`, to drive negotiators and to watch the store.
    ///
    /// # Errors
    /// When the database or the data folder refuses, or a models file cannot be used.
    pub async fn start(
        config: Config,
        database: Database,
        site: Site,
        listener: TcpListener,
    ) -> Result<Running> {
        let roster = Roster::open(&config)?;
        Running::start_with(config, roster, database, site, listener).await
    }

    /// [`Running::start`] with negotiators that no settings name.
    pub async fn start_with(
        config: Config,
        roster: Roster,
        database: Database,
        site: Site,
        listener: TcpListener,
    ) -> Result<Running> {
        let Database { store, probe } = database;
        let addr = listener.local_addr().context("the listener has no address")?;
        let cookie_key = auth::open_key(&config.data)?;
        roster.models().settle_accounts(&store).await?;
        published::seat(&store, &roster, &config.data).await?;
        telemetry::figures();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let hub = Hub::default();
        let pauses = Pauses {
            compose: config.compose,
            left_after: config.left_after,
            people: studies::people(config.study_think_ms),
        };
        let driver = Driver::new(store.clone(), hub.clone(), roster.clone(), pauses, stop.clone());
        let (reports, health) = Health::start();
        let invite_secret = Sha256::digest(cookie_key.signing()).into();
        let souk = Souk::new(
            store.clone(),
            hub.clone(),
            driver.clone(),
            roster.clone(),
            health,
            House {
                invite_secret,
                partner_away: config.partner_away,
                data: config.data.clone(),
                ray: config.ray.clone(),
            },
        );
        let data = config.data.clone();
        let leaving = CancellationToken::new();
        let state = AppState::new(Parts {
            limits: Limits::new(&config),
            signers: studies::signed::Signers::new(config.prolific_keys.clone()),
            souk: Arc::new(souk),
            environments: Environments::default(),
            cookie_key,
            leptos: LeptosOptions::builder().output_name("souk").build(),
            site,
            leaving: leaving.clone(),
            stop: stop.clone(),
            config,
        });
        let notices = Listener::connect(&store).await?;
        tasks.spawn(live::watch(probe.clone(), reports, stop.clone()));
        tasks.spawn(live::relay(notices, hub.clone(), driver.clone(), stop.clone()));
        tasks.spawn(live::look_after(store.clone(), hub, stop.clone()));
        tasks.spawn(driver.clone().sweep());
        tasks.spawn(published::watch(store.clone(), roster.clone(), data, stop.clone()));
        tasks.spawn(Clock::new(state.souk.halls.clone(), stop.clone()).tend());
        tasks.spawn(upkeep(state.clone()));
        tasks.spawn(studies::tend(studies::Studies::new(state.souk.clone()), stop.clone()));
        let slow = state.config.slow;
        let serving = serving::serve(listener, routes::router(state), slow, stop.clone());
        let serving = tokio::spawn(serving);
        Ok(Running { addr, store, probe, roster, driver, leaving, stop, tasks, serving })
    }

    /// Who can be seated.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Waits until the server ends by itself, which it does only when it fails.
    pub async fn failed(&mut self) -> Result<()> {
        (&mut self.serving).await?.context("the server stopped answering")
    }

    /// Says at `/readyz` that it leaves, and goes on answering.
    pub fn leave(&self) {
        self.leaving.cancel();
    }

    /// Ends it: no new requests, live sockets closed with "going away", moves under way finished,
    /// connections closed.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        let finish = async {
            // An error here was told by `failed`.
            let _ = self.serving.await;
            self.tasks.wait().await;
            self.driver.finish().await;
        };
        if tokio::time::timeout(GRACE, finish).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        self.store.close().await;
        self.probe.close().await;
    }
}

async fn upkeep(state: AppState) {
    let figures = tokio::spawn(telemetry::keep_figures());
    let mut every = tokio::time::interval(FORGET);
    let mut daily = tokio::time::interval(MAKE_PARTITIONS);
    loop {
        tokio::select! {
            _ = every.tick() => {
                state.limits.forget_quiet();
                state.environments.forget_idle();
            }
            _ = daily.tick() => {
                if let Err(error) = state.souk.store.partitions_make().await {
                    tracing::warn!(%error, "no room was made for the events of months to come");
                }
            }
            () = state.stop.cancelled() => break,
        }
    }
    figures.abort();
}
