//! One LISTEN connection of the process wakes everybody who follows.

use store::{Listener, Notice};
use tokio_util::sync::CancellationToken;

use super::{Beat, Hub};
use crate::driver::Driver;

/// Passes notices on until the server stops.
pub async fn relay(mut listener: Listener, hub: Hub, driver: Driver, stop: CancellationToken) {
    loop {
        let notice = tokio::select! {
            notice = listener.next() => notice,
            () = stop.cancelled() => return,
        };
        match notice {
            Notice::Events { episode, seq } => hub.beat(episode, Beat::Advanced(seq)),
            Notice::Head { episode } => {
                hub.beat(episode, Beat::HeadChanged);
                // Another process may have taken the request, while this one drives the episode.
                driver.nudge(episode);
            }
            Notice::Typing { episode, role, typing } => {
                hub.beat(episode, Beat::Typing { role, typing });
            }
            Notice::Lost => {}
            Notice::Reconnected => hub.beat_all(),
        }
    }
}
