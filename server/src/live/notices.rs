//! One LISTEN connection of the process wakes everybody who follows.

use std::time::Duration;

use store::{Listener, Notice, Store};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wire::EpisodeId;

use super::{Beat, Hub};
use crate::driver::Driver;

/// What is stored from here its followers are told right away. Its notice is faster still, and would send each of them to
/// the store for it; it counts for those who were not told, as where whoever moved hung up in between.
const OWN: Duration = Duration::from_millis(100);

/// Between two looks for what nobody told.
const LOOK: Duration = Duration::from_secs(5);

/// Events of this process up to a number, to be told then.
struct Late {
    at: Instant,
    episode: EpisodeId,
    seq: i64,
}

/// Passes notices on until the server stops.
pub async fn relay(mut listener: Listener, hub: Hub, driver: Driver, stop: CancellationToken) {
    let (own, late) = mpsc::unbounded_channel();
    let lagging = tokio::spawn(relay_late(late, hub.clone()));
    loop {
        let notice = tokio::select! {
            notice = listener.next() => notice,
            () = stop.cancelled() => break,
        };
        match notice {
            Notice::Events { episode, seq, own: true } => {
                // It ends with this task alone.
                let _ = own.send(Late { at: Instant::now() + OWN, episode, seq });
            }
            Notice::Events { episode, seq, own: false } => hub.beat(episode, Beat::Advanced(seq)),
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
    lagging.abort();
}

/// Looks now and then whether followers missed something: a process that ended right after it stored a move told nobody.
pub async fn look_after(store: Store, hub: Hub, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
        let followed = hub.followed();
        if followed.is_empty() {
            continue;
        }
        match store.episode_seqs(&followed).await {
            Ok(found) => found.into_iter().for_each(|(episode, seq)| hub.catch_up(episode, seq)),
            Err(error) => tracing::debug!(%error, "what was missed is looked for later"),
        }
    }
}

async fn relay_late(mut late: mpsc::UnboundedReceiver<Late>, hub: Hub) {
    while let Some(Late { at, episode, seq }) = late.recv().await {
        tokio::time::sleep_until(at).await;
        hub.beat(episode, Beat::Advanced(seq));
    }
}
