//! One episode on the page: its head, its events so far, and what follows live.

use leptos::prelude::*;
use leptos::task::spawn_local;
use rules::{Event, Outcome, PerRole, Role};
use wire::{EpisodeHead, EpisodeId, EpisodePage, ServerFrame, Viewer};

use crate::api;
use crate::feed::{Feed, Seen};
use crate::live::Live;

#[derive(Clone, Copy)]
pub struct EpisodeState {
    pub id: EpisodeId,
    pub head: RwSignal<EpisodeHead>,
    pub feed: RwSignal<Feed>,
    /// `None` where the server sent an episode without its opening.
    pub seen: Memo<Option<Seen>>,
    /// Who is composing a move.
    pub typing: RwSignal<PerRole<bool>>,
    /// The talk so far of moves in the making.
    pub spoken: RwSignal<PerRole<String>>,
}

impl EpisodeState {
    pub fn new(page: EpisodePage) -> EpisodeState {
        let id = page.head.id;
        let feed = RwSignal::new(Feed::new(page.events));
        let head = RwSignal::new(page.head);
        let seen = Memo::new(move |_| {
            let viewer = head.with(|head| head.viewer);
            feed.with(|feed| Seen::fold(viewer, feed.gapless().iter().map(|e| &e.event)))
        });
        EpisodeState {
            id,
            head,
            feed,
            seen,
            typing: RwSignal::default(),
            spoken: RwSignal::default(),
        }
    }

    /// Follows the episode from where the page stands, in the browser.
    pub fn follow(self) {
        let live = Live::expect();
        Effect::new(move |_| {
            live.follow(
                self.id,
                move || self.feed.try_with_untracked(Feed::cursor).unwrap_or(0),
                move |frame| self.receive(frame),
            );
        });
    }

    fn receive(self, frame: ServerFrame) {
        match frame {
            ServerFrame::Event { envelope } => {
                match envelope.event {
                    Event::Moved { by, .. } => {
                        self.typing.update(|typing| *typing.get_mut(by) = false);
                        self.unsay(by);
                    }
                    Event::Ended { outcome } => {
                        Role::BOTH.into_iter().for_each(|role| self.unsay(role));
                        // Why it failed stands in the head.
                        if outcome == Outcome::EngineFailure {
                            self.fetch_head();
                        }
                    }
                    _ => {}
                }
                self.absorb([envelope]);
            }
            ServerFrame::CaughtUp { .. } => {
                Role::BOTH.into_iter().for_each(|role| self.unsay(role));
            }
            ServerFrame::Speaking { role, text, .. } => {
                self.spoken.update(|spoken| spoken.get_mut(role).push_str(&text));
            }
            ServerFrame::Unsaid { role, .. } => self.unsay(role),
            ServerFrame::Typing { role, typing, .. } => {
                self.typing.update(|t| *t.get_mut(role) = typing);
            }
            ServerFrame::HeadChanged { .. } => self.fetch_head(),
            _ => {}
        }
    }

    fn unsay(self, role: Role) {
        if self.spoken.with_untracked(|spoken| !spoken.get(role).is_empty()) {
            self.spoken.update(|spoken| spoken.get_mut(role).clear());
        }
    }

    pub fn absorb(self, events: impl IntoIterator<Item = wire::Envelope>) {
        let new: Vec<_> = events.into_iter().collect();
        // `try_`: the answer to a move may arrive after the page has been left.
        self.feed.try_update(|feed| new.into_iter().for_each(|e| _ = feed.absorb(e)));
    }

    pub fn fetch_head(self) {
        spawn_local(async move {
            if let Ok(page) = api::episode(self.id).await {
                self.absorb(page.events);
                self.head.try_set(page.head);
            }
        });
    }

    /// The reader's own seat's role.
    pub fn role(self) -> Option<Role> {
        match self.head.with(|head| head.viewer) {
            Viewer::Seat { role } => Some(role),
            _ => None,
        }
    }

    pub fn is_over(self) -> bool {
        self.seen.with(|seen| seen.as_ref().is_some_and(|seen| seen.table.is_over()))
    }
}
