//! When the machinery failed: what happened, and how to go on.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wire::{EpisodeId, IdempotencyKey};

use super::{Attempt, Refusal, dynamic};
use crate::api;
use crate::episode_state::EpisodeState;

/// Why an episode was broken off, and the way on for the one who may take it.
#[component]
pub fn FailureNote(state: EpisodeState) -> impl IntoView {
    let failure = Memo::new(move |_| state.head.with(|head| head.failure.clone()));
    dynamic(move || {
        failure.get().map(|failure| {
            view! {
                <section class="panel" role="alert" aria-labelledby="failure-title">
                    <h2 id="failure-title" class="font-display text-2xl">"The talk was broken off"</h2>
                    <p class="mt-2">{failure.sentence}</p>
                    {failure.stand_in.then(|| view! { <StandIn failed=state.id/> })}
                </section>
            }
        })
    })
}

#[component]
fn StandIn(failed: EpisodeId) -> impl IntoView {
    let navigate = use_navigate();
    let going_on = Attempt::new();
    // One for all clicks: a repeat after a lost answer finds the same talk.
    let key = StoredValue::new(IdempotencyKey::fresh());
    let go_on = move |_| {
        let navigate = navigate.clone();
        going_on.run(async move {
            let id = api::stand_in(failed, key.get_value()).await?;
            navigate(&format!("/talk/{id}"), NavigateOptions::default());
            Ok(())
        });
    };
    view! {
        <div class="mt-4 flex flex-wrap gap-2">
            <button type="button" class="btn btn-primary" disabled=move || going_on.is_pending() on:click=go_on>
                "Go on with a stand-in"
            </button>
            <a class="btn" href="/">"Leave it"</a>
        </div>
        <Refusal attempt=going_on/>
    }
}

/// Where this talk branched off one that failed.
#[component]
pub fn ForkNote(state: EpisodeState) -> impl IntoView {
    let from =
        Memo::new(move |_| state.head.with(|head| head.forked_from.map(|fork| fork.episode)));
    dynamic(move || {
        from.get().map(|id| {
            view! {
                <p class="alert alert-info alert-soft">
                    <span>
                        "This goes on from "
                        <a class="link" href=format!("/replay/{id}")>"a talk whose negotiator failed"</a>
                        ". A script has taken its seat."
                    </span>
                </p>
            }
        })
    })
}
