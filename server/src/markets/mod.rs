//! Markets of many: populations, markets under way, their clocks, and what people do in them.

mod act;
mod clock;
mod hall;
mod hold;
mod look;
mod open;
mod page;
mod populations;
mod sweep;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::{Store, StoreError};
use tokio::sync::MutexGuard;
use wire::MarketId;

use crate::roster::Roster;

pub use act::CODES as ACT_CODES;
pub use clock::Clock;
pub use hall::Hall;
pub use hold::{Keep, hold};
pub use open::{CODES as OPEN_CODES, MARKET_SOURCE, Opening, agents, opened};
pub use page::routes;
pub use populations::{MECHANISMS, POPULATIONS, Played, bundled, name, own_products, play, read};
pub use sweep::{Arm, Question, Sweep, sweep};

/// Between two looks for what other processes did, at least.
const LOOK: Duration = Duration::from_millis(200);
/// A market that nobody looked at for so long is read again when somebody does.
const FORGET: Duration = Duration::from_secs(600);

/// The markets that this process knows. Each is the fold of its log, and anybody's to read on from where it was.
#[derive(Clone)]
pub struct Halls(Arc<Inner>);

struct Inner {
    store: Store,
    roster: Roster,
    known: Mutex<HashMap<MarketId, Arc<Place>>>,
}

struct Place {
    hall: tokio::sync::Mutex<Option<Hall>>,
    used: Mutex<Instant>,
}

impl Halls {
    pub fn new(store: Store, roster: Roster) -> Halls {
        Halls(Arc::new(Inner { store, roster, known: Mutex::default() }))
    }

    fn place(&self, id: MarketId) -> Arc<Place> {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || {
            Arc::new(Place {
                hall: tokio::sync::Mutex::new(None),
                used: Mutex::new(Instant::now()),
            })
        };
        let place = Arc::clone(known.entry(id).or_insert_with(fresh));
        *place.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        place
    }

    /// Drops what nobody looked at for long.
    fn forget(&self) {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, place| {
            let used = *place.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.elapsed() < FORGET
        });
    }

    /// A market as it is, or was a moment ago, for as long as `with` looks at it.
    async fn look<T>(&self, id: MarketId, with: impl FnOnce(&Hall) -> T) -> Result<T, StoreError> {
        let place = self.place(id);
        let mut guard = place.hall.lock().await;
        self.read_on(id, &mut guard, LOOK).await?;
        match guard.as_ref() {
            Some(hall) => Ok(with(hall)),
            None => Err(StoreError::NotFound("market")),
        }
    }

    /// Reads what the log has further, unless that was looked for a moment ago.
    async fn read_on(
        &self,
        id: MarketId,
        guard: &mut MutexGuard<'_, Option<Hall>>,
        unless_within: Duration,
    ) -> Result<(), StoreError> {
        let store = &self.0.store;
        let mut hall = match guard.take() {
            Some(hall) => hall,
            None => Hall::read(store, id).await?,
        };
        if hall.looked.is_none_or(|at| at.elapsed() >= unless_within) {
            // Dropped where it fails half-way: it is read anew then.
            hall.read_on(store).await?;
        }
        **guard = Some(hall);
        Ok(())
    }
}
