//! One reader of one episode: the gap by its cursor, then what happens, filtered for its eyes.

use std::collections::VecDeque;
use std::sync::Arc;

use app::backend::Caller;
use rules::{Audience, Role};
use wire::{Code, Envelope, EpisodeId, Problem, ServerFrame};

use super::{Beat, Following, Health, Speech};
use crate::backend::{Souk, audience};

/// An endless source of frames.
pub struct Follower {
    souk: Arc<Souk>,
    health: Health,
    following: Following,
    caller: Caller,
    id: EpisodeId,
    reader: Audience,
    /// Everything up to here was handed out.
    cursor: i64,
    /// Whether the store may have more than what was handed out.
    behind: bool,
    caught_up: bool,
    /// Whether talk may have been missed.
    is_deaf: bool,
    heard: Heard,
    waiting: VecDeque<ServerFrame>,
}

/// How much was handed out of which utterance.
#[derive(Clone, Copy)]
struct Heard {
    role: Role,
    number: u64,
    bytes: usize,
}

impl Follower {
    /// Follows an episode from a cursor on.
    ///
    /// # Errors
    /// Where there is no such episode, or the store is away.
    pub async fn open(
        souk: Arc<Souk>,
        caller: Caller,
        id: EpisodeId,
        after: i64,
    ) -> Result<Follower, Problem> {
        // Before the row is read, so that nothing falls in between.
        let following = souk.hub.follow(id);
        let row = souk.row(caller, id).await?;
        if after < 0 || after > row.seq {
            return Err(Problem::named(
                Code::Unprocessable,
                "cursor_ahead",
                "The cursor is not one of this episode: follow it from 0.",
            ));
        }
        if row.acting_negotiators().next().is_some() {
            // A model that waited for somebody to be there goes on.
            souk.driver.attend(id);
        }
        Ok(Follower {
            health: souk.health.clone(),
            reader: audience(&row, caller),
            souk,
            following,
            caller,
            id,
            cursor: after,
            behind: true,
            caught_up: false,
            is_deaf: true,
            heard: Heard { role: Role::Buyer, number: 0, bytes: 0 },
            waiting: VecDeque::new(),
        })
    }

    /// The next frame; waits as long as it takes, also for a store that is away.
    pub async fn next(&mut self) -> ServerFrame {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return frame;
            }
            if self.behind {
                self.read_gap().await;
                continue;
            }
            if self.is_deaf {
                self.hear_again();
                continue;
            }
            match self.following.next().await {
                Beat::Stored(events) => self.take(&events),
                Beat::Advanced(seq) => self.behind = seq > self.cursor,
                Beat::Typing { role, typing } => {
                    return ServerFrame::Typing { episode: self.id, role, typing };
                }
                Beat::Speaking { role, number, from, text } => {
                    self.hear(role, number, from, &text);
                }
                Beat::Unsaid { role, number } => self.unhear(role, number),
                Beat::HeadChanged => {
                    self.look_again().await;
                    return ServerFrame::HeadChanged { episode: self.id };
                }
                Beat::Lagged => (self.behind, self.is_deaf) = (true, true),
            }
        }
    }

    /// Talk as it comes; what was handed out before is not told twice.
    fn hear(&mut self, role: Role, number: u64, from: usize, text: &str) {
        if number < self.heard.number {
            return;
        }
        if number > self.heard.number {
            self.heard = Heard { role, number, bytes: 0 };
        }
        if from > self.heard.bytes {
            self.is_deaf = true;
            return;
        }
        if let Some(new) = text.get(self.heard.bytes - from..).filter(|new| !new.is_empty()) {
            let new = new.to_owned();
            self.heard.bytes += new.len();
            self.waiting.push_back(ServerFrame::Speaking { episode: self.id, role, text: new });
        }
    }

    fn unhear(&mut self, role: Role, number: u64) {
        if number >= self.heard.number {
            // Nothing more of this utterance is of interest.
            self.heard = Heard { role, number: number + 1, bytes: 0 };
            self.waiting.push_back(ServerFrame::Unsaid { episode: self.id, role });
        }
    }

    /// All that is being said now, in place of what may have been missed.
    fn hear_again(&mut self) {
        self.is_deaf = false;
        let episode = self.id;
        if self.heard.bytes > 0 {
            self.heard.bytes = 0;
            self.waiting.push_back(ServerFrame::Unsaid { episode, role: self.heard.role });
        }
        let Some(Speech { role, number, text }) = self.following.speech() else { return };
        self.heard = Heard { role, number, bytes: text.len() };
        self.waiting.push_back(ServerFrame::Typing { episode, role, typing: true });
        if !text.is_empty() {
            self.waiting.push_back(ServerFrame::Speaking { episode, role, text });
        }
    }

    async fn read_gap(&mut self) {
        match self.souk.events(self.id, self.cursor, self.reader).await {
            Ok(events) => {
                events.into_iter().for_each(|envelope| self.hand_out(envelope));
                self.behind = false;
                if !self.caught_up {
                    self.caught_up = true;
                    let seq = self.cursor;
                    self.waiting.push_back(ServerFrame::CaughtUp { episode: self.id, seq });
                }
            }
            Err(problem) => {
                tracing::debug!(episode = %self.id, %problem, "a follower waits for the store");
                // The health may not have noticed yet.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                self.health.up().await;
            }
        }
    }

    /// Events straight from the process that stored them, unless some before them are missing.
    fn take(&mut self, events: &[Envelope]) {
        if events.first().is_some_and(|first| first.seq > self.cursor + 1) {
            self.behind = true;
            return;
        }
        for envelope in events {
            if envelope.seq > self.cursor {
                let event = envelope.event.clone().shown_to(self.reader);
                self.hand_out(Envelope { event, ..*envelope });
            }
        }
    }

    fn hand_out(&mut self, envelope: Envelope) {
        self.cursor = envelope.seq;
        self.waiting.push_back(ServerFrame::Event { envelope });
    }

    /// A spectator may have taken the open seat.
    async fn look_again(&mut self) {
        if let Ok(row) = self.souk.row(self.caller, self.id).await {
            self.reader = audience(&row, self.caller);
        }
    }
}
