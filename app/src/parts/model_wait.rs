//! Why the negotiator across has not begun to speak.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::Seat;

use super::dynamic;
use crate::api;
use crate::browser;
use crate::episode_state::EpisodeState;
use crate::loading::waiting;

/// A wait that is not worth a word.
const PATIENCE_MS: u32 = 1_500;
const LOOK_AGAIN_MS: u32 = 1_000;

/// While the side across is to move and says nothing for a while: what its model is doing. Empty for
/// people and scripts.
#[component]
pub fn ModelWait(state: EpisodeState) -> impl IntoView {
    let told = RwSignal::new(None::<String>);
    // Counts the waits, so that a look for an earlier one ends.
    let wait = StoredValue::new(0_u32);
    let waits = Memo::new(move |_| {
        let across = state.role()?.other();
        let turn = state.seen.with(|seen| seen.as_ref().and_then(|seen| seen.table.turn_of()));
        let is_silent = state.spoken.with(|spoken| spoken.get(across).is_empty());
        match state.head.with(|head| head.seats.get(across).clone()) {
            Seat::Negotiator { name, .. } if turn == Some(across) && is_silent => Some(name.0),
            _ => None,
        }
    });
    Effect::new(move |_| {
        let name = waits.get();
        told.set(None);
        wait.update_value(|n| *n += 1);
        let own = wait.get_value();
        if let Some(name) = name {
            spawn_local(async move {
                browser::sleep(PATIENCE_MS).await;
                while wait.try_get_value() == Some(own) {
                    if let Ok(cards) = api::models().await
                        && wait.try_get_value() == Some(own)
                    {
                        let card = cards.iter().find(|card| card.name == name);
                        told.try_set(card.and_then(waiting));
                    }
                    browser::sleep(LOOK_AGAIN_MS).await;
                }
            });
        }
    });
    dynamic(move || told.get().map(|told| view! { <p class="text-sm">{told}</p> }))
}
