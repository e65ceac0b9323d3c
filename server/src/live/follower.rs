//! One reader of one episode: the gap by its cursor, then what happens, filtered for its eyes.

use std::collections::VecDeque;
use std::sync::Arc;

use app::backend::Caller;
use rules::Audience;
use wire::{Code, Envelope, EpisodeId, Problem, ServerFrame};

use super::{Beat, Following, Health};
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
    waiting: VecDeque<ServerFrame>,
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
        let row = souk.row(id).await?;
        if after < 0 || after > row.seq {
            return Err(Problem::named(
                Code::Unprocessable,
                "cursor_ahead",
                "The cursor is not one of this episode: follow it from 0.",
            ));
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
            match self.following.next().await {
                Beat::Stored(events) => self.take(&events),
                Beat::Advanced(seq) => self.behind = seq > self.cursor,
                Beat::Typing { role, typing } => {
                    return ServerFrame::Typing { episode: self.id, role, typing };
                }
                Beat::HeadChanged => {
                    self.look_again().await;
                    return ServerFrame::HeadChanged { episode: self.id };
                }
            }
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
        if let Ok(row) = self.souk.row(self.id).await {
            self.reader = audience(&row, self.caller);
        }
    }
}
