//! Sending moves: one idempotency key per intended move, kept until the server has acknowledged it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use rules::{Move, Role, Table};
use serde::{Deserialize, Serialize};
use wire::{IdempotencyKey, MoveRequest};

use crate::api;
use crate::browser;
use crate::episode_state::EpisodeState;
use crate::fault::Fault;
use crate::live::delay_ms;

/// A move that the server has not acknowledged yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub request: MoveRequest,
    pub by: Role,
    /// How many moves its side had made before it.
    pub own_before: usize,
    /// Failed attempts so far.
    pub attempts: u32,
}

impl Pending {
    /// Whether the table shows the move already: it came over the socket before its
    /// acknowledgement.
    pub fn is_on(&self, table: &Table) -> bool {
        own_moves(table, self.by) > self.own_before
    }
}

pub fn own_moves(table: &Table, by: Role) -> usize {
    table.turns.iter().filter(|turn| turn.by == by).count()
}

#[derive(Clone, Copy)]
pub struct MoveSender {
    state: EpisodeState,
    pub pending: RwSignal<Option<Pending>>,
    /// Why the last move was not taken. Its words go back to the composer.
    pub refused: RwSignal<Option<(Fault, Move)>>,
}

impl MoveSender {
    pub fn new(state: EpisodeState) -> MoveSender {
        let sender =
            MoveSender { state, pending: RwSignal::new(None), refused: RwSignal::new(None) };
        Effect::new(move |_| sender.resume());
        sender
    }

    /// Sends a move. While one is on its way nothing else is sent: a double click is one move.
    pub fn send(self, mv: Move) {
        if self.pending.with_untracked(Option::is_some) {
            return;
        }
        let Some((by, own_before)) = self.state.seen.with_untracked(|seen| {
            let seen = seen.as_ref()?;
            let by = seen.role()?;
            Some((by, own_moves(&seen.table, by)))
        }) else {
            return;
        };
        let request = MoveRequest { key: IdempotencyKey::fresh(), mv };
        self.start(Pending { request, by, own_before, attempts: 0 });
    }

    /// Sends again what a reload interrupted.
    fn resume(self) {
        let kept = browser::kept_pending(self.state.id);
        if let Some(pending) = kept.and_then(|json| serde_json::from_str(&json).ok()) {
            self.start(pending);
        }
    }

    fn start(self, pending: Pending) {
        if let Ok(json) = serde_json::to_string(&pending) {
            browser::keep_pending(self.state.id, &json);
        }
        self.refused.set(None);
        self.pending.set(Some(pending.clone()));
        spawn_local(self.deliver(pending));
    }

    /// Repeats the same request, key included, until it is answered.
    async fn deliver(self, mut pending: Pending) {
        loop {
            match api::play_move(self.state.id, pending.request.clone()).await {
                Ok(ack) => {
                    browser::forget_pending(self.state.id);
                    self.state.absorb(ack.events);
                    self.pending.try_set(None);
                    return;
                }
                Err(fault) if fault.may_pass() => {
                    let own = u64::from(delay_ms(pending.attempts, browser::roll()));
                    let wanted = fault.0.retry_after_s.unwrap_or(0).saturating_mul(1000);
                    browser::sleep(u32::try_from(own.max(wanted)).unwrap_or(u32::MAX)).await;
                    pending.attempts += 1;
                    // The page was left: the kept copy is sent when it is opened again.
                    if self.pending.try_set(Some(pending.clone())).is_some() {
                        return;
                    }
                }
                Err(fault) => {
                    browser::forget_pending(self.state.id);
                    self.pending.try_set(None);
                    self.refused.try_set(Some((fault, pending.request.mv)));
                    // Most refusals mean that this page was behind.
                    self.state.fetch_head();
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::view;
    use rules::{Act, Mills};

    #[test]
    fn a_pending_move_gives_way_to_itself() {
        let mv = Move::new("", Act::Offer(Mills::from_dollars(60)));
        let request = MoveRequest { key: IdempotencyKey::fresh(), mv };
        let pending = Pending { request, by: Role::Buyer, own_before: 0, attempts: 0 };
        assert!(!pending.is_on(&view(Role::Buyer, &[]).table));
        assert!(pending.is_on(&view(Role::Buyer, &[60]).table));
        let json = serde_json::to_string(&pending).expect("plain data");
        assert_eq!(serde_json::from_str::<Pending>(&json).expect("its own text"), pending);
    }
}
