//! The events of one episode as they reach the page: over the socket, with an acknowledgement, with
//! a fetched page, in any order and more than once.

use rules::{Event, Mills, PerRole, Role, Table, View, fold_public};
use wire::{Cursor, Envelope, Viewer};

/// Events by sequence number, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    sorted: Vec<Envelope>,
}

impl Feed {
    pub fn new(events: impl IntoIterator<Item = Envelope>) -> Feed {
        let mut feed = Feed::default();
        events.into_iter().for_each(|event| _ = feed.absorb(event));
        feed
    }

    /// Takes an event; `false` where its number is known already.
    pub fn absorb(&mut self, event: Envelope) -> bool {
        match self.sorted.binary_search_by_key(&event.seq, |e| e.seq) {
            Ok(_) => false,
            Err(place) => {
                self.sorted.insert(place, event);
                true
            }
        }
    }

    /// The number up to which nothing is missing: from here on the server shall send.
    pub fn cursor(&self) -> Cursor {
        self.gapless().last().map_or(0, |e| e.seq)
    }

    /// The events before the first gap: what may be folded.
    pub fn gapless(&self) -> &[Envelope] {
        let whole = self.sorted.iter().zip(1..).take_while(|(e, seq)| e.seq == *seq).count();
        &self.sorted[..whole]
    }
}

/// What the reader knows of an episode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub table: Table,
    /// The reader's own seat.
    pub seat: Option<View>,
    /// The limits that the reader may see: the own one, both for researchers and after the reveal.
    pub limits: PerRole<Option<Mills>>,
}

impl Seen {
    /// `None` until the episode's opening has been seen.
    pub fn fold<'a>(
        viewer: Viewer,
        events: impl Iterator<Item = &'a Event> + Clone,
    ) -> Option<Seen> {
        let mut limits = PerRole::default();
        for event in events.clone() {
            match event {
                Event::LimitSet { role, limit } => *limits.get_mut(*role) = Some(*limit),
                Event::Revealed { budget, cost } => {
                    limits = PerRole { buyer: Some(*budget), seller: Some(*cost) };
                }
                _ => {}
            }
        }
        let seat = match viewer {
            Viewer::Seat { role } => View::fold(role, events.clone()),
            _ => None,
        };
        Some(Seen { table: fold_public(events)?, seat, limits })
    }

    pub fn role(&self) -> Option<Role> {
        self.seat.as_ref().map(|view| view.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::EpisodeId;

    fn hidden(seq: i64) -> Envelope {
        let episode = EpisodeId(uuid::Uuid::nil());
        Envelope { episode, seq, at: 0, event: Event::Hidden }
    }

    #[test]
    fn an_event_counts_once_and_waits_for_those_before_it() {
        let mut feed = Feed::new([hidden(1), hidden(2)]);
        assert_eq!(feed.cursor(), 2);
        assert!(!feed.absorb(hidden(2)), "known already");
        assert!(feed.absorb(hidden(4)));
        assert_eq!(feed.cursor(), 2, "3 is missing");
        assert!(feed.absorb(hidden(3)));
        assert_eq!(feed.cursor(), 4);
        assert_eq!(feed.gapless().len(), 4);
    }

    #[test]
    fn a_feed_without_its_start_has_nothing_to_fold() {
        let feed = Feed::new([hidden(2)]);
        assert_eq!(feed.cursor(), 0);
        assert!(feed.gapless().is_empty());
    }
}
