use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use wire::{EpisodeQuery, EpisodeStatus, EpisodeSummary};

use crate::answer::Answer;
use crate::api;
use crate::parts::{EpisodeList, Loaded, lines_skeleton};

/// The visitor's own negotiations, by the browser's cookie.
#[component]
pub fn Mine() -> impl IntoView {
    let own = Answer::new(
        || (),
        |()| api::episodes(EpisodeQuery { mine: true, limit: Some(100), ..Default::default() }),
    );
    view! {
        <Title text="My talks"/>
        <h1 class="page-title">"My talks"</h1>
        <Loaded resource=own skeleton=lines_skeleton render=|items| view! { <Sorted items/> }.into_any()/>
    }
}

#[component]
fn Sorted(items: Vec<EpisodeSummary>) -> impl IntoView {
    let (over, open): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| item.status == EpisodeStatus::Over);
    if over.is_empty() && open.is_empty() {
        return view! {
            <div class="rounded-box border border-dashed border-base-300 px-6 py-14 text-center">
                <p class="font-display text-2xl">"You have not bargained yet"</p>
                <p class="mt-2">"Pick a stall, choose a side, and say something."</p>
                <p class="mt-6"><A href="/" attr:class="btn btn-primary">"Go to the market"</A></p>
            </div>
        }
        .into_any();
    }
    view! {
        {(!open.is_empty())
            .then(|| {
                view! {
                    <section class="mb-8">
                        <h2 class="section-title">"Still open"</h2>
                        <EpisodeList items=open own=true/>
                    </section>
                }
            })}
        {(!over.is_empty())
            .then(|| {
                view! {
                    <section>
                        <h2 class="section-title">"Finished"</h2>
                        <EpisodeList items=over own=true/>
                    </section>
                }
            })}
    }
    .into_any()
}
