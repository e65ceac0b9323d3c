//! An invitation: a button takes the seat, so that a link preview does not.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use wire::{EpisodePage, EpisodeStatus, Seat, Viewer};

use super::episode_resource;
use crate::api;
use crate::format;
use crate::parts::{Attempt, Loaded, Picture, Refusal, lines_skeleton};

#[component]
pub fn Join() -> impl IntoView {
    view! {
        <Title text="You are invited"/>
        <Loaded
            resource=episode_resource()
            skeleton=lines_skeleton
            render=|page| view! { <Invitation page/> }.into_any()
        />
    }
}

#[component]
fn Invitation(page: EpisodePage) -> impl IntoView {
    let head = page.head;
    let id = head.id;
    let params = use_params_map();
    let navigate = use_navigate();
    let taken = head.status != EpisodeStatus::Waiting;
    let own = matches!(head.viewer, Viewer::Seat { .. });
    let role = if matches!(head.seats.buyer, Seat::Open) { "buyer" } else { "seller" };
    let joining = Attempt::new();
    let join = move |_| {
        let token = params.with_untracked(|params| params.get("token")).unwrap_or_default();
        let navigate = navigate.clone();
        joining.run(async move {
            api::join_episode(id, token).await?;
            navigate(&format!("/talk/{id}"), NavigateOptions::default());
            Ok(())
        });
    };
    view! {
        <section class="mx-auto max-w-md py-6 text-center">
            <Picture src=head.product.picture.clone() eager=true/>
            <h1 class="mt-6 font-display text-3xl">"You are invited to bargain"</h1>
            <p class="mt-3">{format!("{}, listed at {}.", head.product.title, format::money(head.product.list_price))}</p>
            {if own {
                view! {
                    <p class="mt-6">"You sit in this negotiation already. Send the link to the other person."</p>
                    <p class="mt-6"><a class="btn btn-primary" href=format!("/talk/{id}")>"Go to your seat"</a></p>
                }
                    .into_any()
            } else if taken {
                view! {
                    <p class="mt-6">"The seat is taken: somebody has used this link."</p>
                    <p class="mt-6"><a class="btn" href=format!("/watch/{id}")>"Watch the talk"</a></p>
                }
                    .into_any()
            } else {
                view! {
                    <p class="mt-3">{format!("You would be the {role}. You get a limit of your own that nobody else sees.")}</p>
                    <Refusal attempt=joining/>
                    <button
                        type="button"
                        class="btn btn-primary btn-lg mt-8"
                        disabled=move || joining.is_pending()
                        on:click=join
                    >
                        "Take the seat"
                    </button>
                }
                    .into_any()
            }}
        </section>
    }
}
