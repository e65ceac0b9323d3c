//! Whether the store is there.

use std::time::Duration;

use metrics::gauge;
use store::Store;
use tokio::sync::watch::{self, Receiver, Sender};
use tokio_util::sync::CancellationToken;
use wire::{LinkState, Problem};

use crate::backend::away;
use crate::telemetry::STORE_UP;

/// Between two questions while the store answers.
const CALM: Duration = Duration::from_millis(500);
/// Between two questions while it does not.
const ALARMED: Duration = Duration::from_millis(200);
/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is known of the store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Health(Receiver<LinkState>);

impl Health {
    /// Starts from "up": the server has just connected.
    pub fn start() -> (Sender<LinkState>, Health) {
        let (sender, receiver) = watch::channel(LinkState::Up);
        (sender, Health(receiver))
    }

    pub fn state(&self) -> LinkState {
        *self.0.borrow()
    }

    /// Refuses at once while the store is away, rather than let requests queue for it.
    pub fn check(&self) -> Result<(), Problem> {
        match self.state() {
            LinkState::Up => Ok(()),
            LinkState::StoreAway => Err(away()),
        }
    }

    /// The next state that differs from the last one seen here.
    pub async fn changed(&mut self) -> LinkState {
        match self.0.changed().await {
            Ok(()) => *self.0.borrow_and_update(),
            // The watch ended with the server.
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits until the store answers.
    pub async fn up(&mut self) {
        // An error means that the watch ended with the server.
        if self.0.wait_for(|state| *state == LinkState::Up).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Asks the store again and again until the server stops. `probe` is a connection of its own: a
/// busy pool is not a store that is away.
pub async fn watch(probe: Store, sender: Sender<LinkState>, stop: CancellationToken) {
    loop {
        let up = matches!(tokio::time::timeout(PATIENCE, probe.ping()).await, Ok(Ok(())));
        let state = if up { LinkState::Up } else { LinkState::StoreAway };
        gauge!(STORE_UP).set(f64::from(u8::from(up)));
        sender.send_if_modified(|known| {
            let changed = *known != state;
            if changed && up {
                tracing::info!("the store is back");
            } else if changed {
                tracing::warn!("the store is away");
            }
            *known = state;
            changed
        });
        let pause = if up { CALM } else { ALARMED };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
    }
}
