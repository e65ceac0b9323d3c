//! The boards as this process left them last: most moves are answered by the process that stored them, and need not be
//! read again. Nobody is believed: a move is stored only behind the event that its board ends with.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
use rules::Episode;
use wire::EpisodeId;

/// Boards of some 4 kB.
const MOST: usize = 10_000;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Known(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    boards: Mutex<LruCache<EpisodeId, (Era, Board)>>,
    era: AtomicU64,
}

/// Between two new connections. Behind each there may be another database, which went on from an earlier state (a standby, a
/// backup): with another event under the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Era(u64);

/// An episode behind one of its events.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Board {
    /// Number of that event, and its time.
    pub seq: i64,
    pub last_ms: i64,
    pub episode: Episode,
}

impl Default for Known {
    fn default() -> Known {
        Known(Arc::new(Inner {
            boards: Mutex::new(LruCache::new(MOST)),
            era: AtomicU64::default(),
        }))
    }
}

impl Known {
    pub fn begin_era(&self) {
        self.0.era.fetch_add(1, Ordering::SeqCst);
        self.boards().clear();
    }

    pub fn era(&self) -> Era {
        Era(self.0.era.load(Ordering::SeqCst))
    }

    /// Takes it out: what becomes of it is not known before the move is stored.
    pub fn take(&self, id: EpisodeId, now: Era) -> Option<Board> {
        let (era, board) = self.boards().remove(&id)?;
        (era == now).then_some(board)
    }

    /// Keeps what was stored in `era`.
    pub fn keep(&self, id: EpisodeId, era: Era, board: Board) {
        if !board.episode.table.is_over() {
            self.boards().insert(id, (era, board));
        }
    }

    /// Somebody else went on with it.
    pub fn forget(&self, id: EpisodeId) {
        self.boards().remove(&id);
    }

    fn boards(&self) -> MutexGuard<'_, LruCache<EpisodeId, (Era, Board)>> {
        // Nothing in here can be left half done.
        self.0.boards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use rules::{Ending, Millis};

    use super::*;

    fn board() -> Board {
        let episode = Episode::start(&testkit::scenario().build(), Millis(0));
        Board { seq: 4, last_ms: 0, episode }
    }

    #[test]
    fn a_board_is_taken_once_in_its_era() {
        let (known, id) = (Known::default(), EpisodeId::fresh());
        known.keep(id, known.era(), board());
        assert_eq!(known.take(id, known.era()), Some(board()));
        assert_eq!(known.take(id, known.era()), None);

        let before = known.era();
        known.keep(id, before, board());
        known.begin_era();
        assert_eq!(known.take(id, known.era()), None);
        // A move that was under way when the connection was made.
        known.keep(id, before, board());
        assert_eq!(known.take(id, known.era()), None);
    }

    #[test]
    fn what_is_over_or_was_gone_on_with_elsewhere_is_not_kept() {
        let (known, id) = (Known::default(), EpisodeId::fresh());
        known.keep(id, known.era(), board());
        known.forget(id);
        assert_eq!(known.take(id, known.era()), None);

        let mut over = board();
        let ended = rules::conclude(&over.episode, Ending::EngineFailure).expect("it is open");
        over.episode.absorb_all(&ended);
        known.keep(id, known.era(), over);
        assert_eq!(known.take(id, known.era()), None);
    }
}
