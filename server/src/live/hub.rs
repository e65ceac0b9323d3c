//! Who follows which episode in this process, and what wakes them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rules::Role;
use tokio::sync::broadcast;
use wire::{Envelope, EpisodeId};

/// How many beats a follower may be behind before it reads from the store by its cursor instead.
const BACKLOG: usize = 64;

/// Something happened around an episode.
#[derive(Clone, Debug)]
pub enum Beat {
    /// These events were stored, in full: to be filtered for the reader. A short way for this
    /// process's own moves.
    Stored(Arc<[Envelope]>),
    /// Events up to this number are stored.
    Advanced(i64),
    Typing {
        role: Role,
        typing: bool,
    },
    HeadChanged,
}

/// Cheap to clone; one per process.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<HashMap<EpisodeId, broadcast::Sender<Beat>>>>);

impl Hub {
    /// Wakes the followers of one episode; nobody may be there.
    pub fn beat(&self, episode: EpisodeId, beat: Beat) {
        if let Some(sender) = self.topics().get(&episode) {
            // It fails where the last follower just left.
            let _ = sender.send(beat);
        }
    }

    /// Wakes everybody to look again by cursor, after notices may have been missed.
    pub fn beat_all(&self) {
        for sender in self.topics().values() {
            let _ = sender.send(Beat::Advanced(i64::MAX));
        }
    }

    /// What happens around an episode from now on.
    pub fn follow(&self, episode: EpisodeId) -> Following {
        let mut topics = self.topics();
        let sender = topics.entry(episode).or_insert_with(|| broadcast::channel(BACKLOG).0);
        Following { beats: Some(sender.subscribe()), episode, hub: self.clone() }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<EpisodeId, broadcast::Sender<Beat>>> {
        // Nothing in here can be left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A subscription that cleans up after itself.
pub struct Following {
    beats: Option<broadcast::Receiver<Beat>>,
    episode: EpisodeId,
    hub: Hub,
}

impl Following {
    /// The next beat. A follower that fell behind is told to look by its cursor.
    pub async fn next(&mut self) -> Beat {
        let beats = self.beats.as_mut().expect("taken by drop alone");
        match beats.recv().await {
            Ok(beat) => beat,
            Err(broadcast::error::RecvError::Lagged(_)) => Beat::Advanced(i64::MAX),
            // The hub keeps the sender while anybody follows.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut topics = self.hub.topics();
        drop(self.beats.take());
        if topics.get(&self.episode).is_some_and(|sender| sender.receiver_count() == 0) {
            topics.remove(&self.episode);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn followers_hear_their_own_episode_alone() {
        let hub = Hub::default();
        let (one, two) = (EpisodeId::fresh(), EpisodeId::fresh());
        let mut following = hub.follow(one);
        hub.beat(two, Beat::Advanced(1));
        hub.beat(one, Beat::Advanced(2));
        assert!(matches!(following.next().await, Beat::Advanced(2)));
    }

    #[tokio::test]
    async fn a_slow_follower_is_sent_to_the_store() {
        let hub = Hub::default();
        let id = EpisodeId::fresh();
        let mut following = hub.follow(id);
        for seq in 0..=BACKLOG as i64 {
            hub.beat(id, Beat::Advanced(seq));
        }
        assert!(matches!(following.next().await, Beat::Advanced(i64::MAX)));
    }

    #[test]
    fn nothing_is_kept_of_episodes_that_nobody_follows() {
        let hub = Hub::default();
        let id = EpisodeId::fresh();
        let (a, b) = (hub.follow(id), hub.follow(id));
        drop(a);
        assert_eq!(hub.topics().len(), 1);
        drop(b);
        assert!(hub.topics().is_empty());
    }
}
