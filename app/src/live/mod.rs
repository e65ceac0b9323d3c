//! Live events on the page: one socket, shared by everything on it that follows an episode.

mod backoff;
#[cfg(feature = "hydrate")]
mod socket;

use leptos::prelude::*;
use wire::{Cursor, EpisodeId, ServerFrame};

pub use backoff::delay_ms;

/// The state of the connection, for the banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "only the browser connects"))]
pub enum Link {
    /// Not needed yet, or being opened for the first time.
    Idle,
    Up,
    /// Lost; the page tries again by itself.
    Reconnecting,
    /// The server is there, its database is not.
    StoreAway,
}

/// The page's live connection. Does nothing while the page is rendered on the server.
#[derive(Clone, Copy)]
pub struct Live {
    pub link: RwSignal<Link>,
    #[cfg(feature = "hydrate")]
    hub: StoredValue<socket::Hub, LocalStorage>,
}

impl Live {
    pub fn provide() {
        let link = RwSignal::new(Link::Idle);
        provide_context(Live {
            link,
            #[cfg(feature = "hydrate")]
            hub: StoredValue::new_local(socket::Hub::new(link)),
        });
    }

    pub fn expect() -> Live {
        expect_context()
    }

    /// Follows an episode until the current owner is cleaned up. `cursor` is asked at each
    /// (re)connection; `deliver` gets the frames about this episode.
    pub fn follow(
        self,
        episode: EpisodeId,
        cursor: impl Fn() -> Cursor + 'static,
        deliver: impl Fn(ServerFrame) + 'static,
    ) {
        #[cfg(feature = "hydrate")]
        {
            let hub = self.hub;
            let id = hub.with_value(|hub| hub.follow(episode, cursor, deliver));
            on_cleanup(move || _ = hub.try_with_value(|hub| hub.unfollow(id)));
        }
        #[cfg(not(feature = "hydrate"))]
        {
            _ = (episode, cursor, deliver);
        }
    }
}
