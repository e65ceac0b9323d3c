//! A negotiation from one's own seat.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use rules::Role;
use wire::{EpisodeHead, EpisodePage, EpisodeStatus, IdempotencyKey};

use super::episode_resource;
use crate::answer::Answer;
use crate::api;
use crate::browser;
use crate::episode_state::EpisodeState;
use crate::format;
use crate::moves::MoveSender;
use crate::parts::{
    Attempt, ChatLog, Composer, CopyLink, FailureNote, ForkNote, Icon, LadderView, LinkBanner,
    Loaded, ModelWait, Picture, Refusal, RevealPanel, arriving, boundary, dynamic, lines_skeleton,
};
use crate::status;

#[component]
pub fn Talk() -> impl IntoView {
    view! {
        <Loaded
            resource=episode_resource()
            skeleton=lines_skeleton
            render=|page| view! { <Negotiation page/> }.into_any()
        />
    }
}

#[component]
fn Negotiation(page: EpisodePage) -> impl IntoView {
    let title = page.head.product.title.clone();
    let product = page.head.product.clone();
    let state = EpisodeState::new(page);
    state.follow();
    let sender = MoveSender::new(state);
    let over = Memo::new(move |_| state.is_over());
    let waiting = Memo::new(move |_| {
        !over.get() && state.head.with(|head| head.status == EpisodeStatus::Waiting)
    });
    let seated = Memo::new(move |_| state.role().is_some());
    let playing = Memo::new(move |_| seated.get() && !over.get() && !waiting.get());
    let watching = Memo::new(move |_| !seated.get() && !over.get());
    view! {
        <Title text=title.clone()/>
        <LinkBanner/>
        <div class="talk-head">
            <div class="w-20 shrink-0 sm:w-24"><Picture src=product.picture eager=true/></div>
            <div class="min-w-0">
                <h1 class="font-display text-xl leading-tight sm:text-2xl">
                    <a href=format!("/stall/{}", product.id) class="link-hover">{title}</a>
                </h1>
                <p class="mt-1 text-sm">
                    "Listed at " <span class="price">{format::money(product.list_price)}</span> ". " <Across state/>
                </p>
            </div>
        </div>
        <div class="talk-grid">
            <div class="talk-main">
                <StatusLine state sender/>
                <ForkNote state/>
                {dynamic(move || over.get().then(|| view! { <Ending state/> }))}
                {dynamic(move || waiting.get().then(|| view! { <InviteBox state/> }))}
                <ChatLog state sender=sender/>
                {dynamic(move || playing.get().then(|| view! { <Composer state sender/> }))}
                {dynamic(move || watching.get().then(|| view! { <p class="alert">"You watch this talk: it is between two others."</p> }))}
            </div>
            <aside class="talk-side" aria-label="Your limit and the offers">
                <OwnLimit state/>
                <LadderCard state/>
            </aside>
        </div>
    }
}

/// Who sits across, and their manner.
#[component]
fn Across(state: EpisodeState) -> impl IntoView {
    dynamic(move || {
        let role = state.role()?;
        let seat = state.head.with(|head| head.seats.get(role.other()).clone());
        if seat == wire::Seat::Open {
            return Some(format!("You are the {}.", role.name()));
        }
        let seat = format::seat_name(&seat);
        Some(match role {
            Role::Buyer => format!("You buy from {seat}."),
            Role::Seller => format!("You sell to {seat}."),
        })
    })
}

#[component]
fn StatusLine(state: EpisodeState, sender: MoveSender) -> impl IntoView {
    let line = Memo::new(move |_| {
        let sending = sender.pending.with(Option::is_some);
        let status = state.head.with(|head| head.status);
        state.seen.with(|seen| match seen {
            Some(seen) => Some(status::line(seen, status, state.typing.get(), sending)),
            // The talk has not been opened: its limits are given when both are seated.
            None => (status == EpisodeStatus::Waiting).then(|| status::WAITING.to_owned()),
        })
    });
    let theirs = move || {
        let role = state.role()?;
        let turn = state.seen.with(|seen| seen.as_ref().and_then(|seen| seen.table.turn_of()));
        (turn == Some(role.other()) || *state.typing.get().get(role.other())).then_some(())
    };
    view! {
        // After the end the reveal says it in large; the line still announces it.
        <div class=move || if state.is_over() { "sr-only" } else { "status-line" }>
            <p role="status" class="flex items-center gap-2 font-semibold">
                {dynamic(move || {
                    theirs()
                        .map(|()| view! { <span class="loading loading-dots loading-sm" aria-hidden="true"></span> })
                })}
                {line}
            </p>
            <ModelWait state/>
            <Clock state/>
        </div>
    }
}

/// The time left in the open protocol. Counts in the browser, so it starts there.
#[component]
fn Clock(state: EpisodeState) -> impl IntoView {
    let now = RwSignal::new(None::<i64>);
    Effect::new(move |_| {
        now.set(Some(browser::now_ms()));
        let tick = move || _ = now.try_set(Some(browser::now_ms()));
        if let Ok(ticking) = set_interval_with_handle(tick, std::time::Duration::from_secs(1)) {
            on_cleanup(move || ticking.clear());
        }
    });
    dynamic(move || {
        let deadline = state.seen.with(|seen| {
            let table = &seen.as_ref()?.table;
            if table.is_over() { None } else { table.deadline_ms() }
        })?;
        let left = format::countdown(deadline - now.get()?);
        Some(view! { <span class="price text-sm" role="timer">{format!("{left} left")}</span> })
    })
}

#[component]
fn OwnLimit(state: EpisodeState) -> impl IntoView {
    let own = Memo::new(move |_| {
        state.seen.with(|seen| {
            let view = seen.as_ref()?.seat.as_ref()?;
            Some((view.role, view.limit, view.table.is_over()))
        })
    });
    dynamic(move || {
        own.get().map(|(role, limit, over)| {
            let name = match role {
                Role::Buyer => "Your limit: pay at most",
                Role::Seller => "Your limit: take at least",
            };
            view! {
                <section class="own-limit">
                    <h2 class="field-label flex items-center gap-1.5">{Icon::Lock.draw()} {name}</h2>
                    <p class="price text-3xl" data-testid="own-limit">{format::money(limit)}</p>
                    {(!over).then(|| view! { <p class="mt-1 text-sm">{status::limit_meaning(role)}</p> })}
                </section>
            }
        })
    })
}

#[component]
pub fn LadderCard(state: EpisodeState) -> impl IntoView {
    dynamic(move || {
        state.seen.get().map(|seen| {
            view! {
                <section class="panel">
                    <h2 class="field-label">"Price ladder"</h2>
                    <LadderView table=seen.table limits=seen.limits/>
                </section>
            }
        })
    })
}

#[component]
fn InviteBox(state: EpisodeState) -> impl IntoView {
    dynamic(move || {
        let invite = state.head.with(|head| head.invite.clone());
        invite.map(|path| {
            let shown = path.clone();
            // The whole address is known in the browser alone; the path stands there until then.
            let address = RwSignal::new(path.clone());
            Effect::new(move |_| address.set(browser::absolute(&shown)));
            view! {
                <section class="panel" aria-labelledby="invite-title">
                    <h2 id="invite-title" class="font-display text-xl">"Invite the other person"</h2>
                    <p class="mt-1">"Send this link. Whoever opens it first and takes the seat bargains with you; the talk begins here by itself."</p>
                    <input class="input mt-3 w-full" readonly aria-label="Invitation link" prop:value=address value=path.clone()/>
                    <p class="mt-3"><CopyLink path label="Copy the link" class="btn-primary"/></p>
                </section>
            }
        })
    })
}

/// The reveal, and what to do next.
#[component]
fn Ending(state: EpisodeState) -> impl IntoView {
    let id = state.id;
    let reveal = Answer::new(move || id, api::reveal_of);
    let shown = arriving(move || async move {
        match reveal.await {
            Ok(Some(reveal)) => view! { <RevealPanel reveal me=state.role()/> }.into_any(),
            Ok(None) => {
                view! { <p class="alert">"The limits of this talk stay private."</p> }.into_any()
            }
            Err(fault) => view! { <p class="alert alert-warning">{fault.0.detail}</p> }.into_any(),
        }
    });
    view! {
        <FailureNote state/>
        {boundary(shown, lines_skeleton, false)}
        <Next state/>
    }
}

#[component]
fn Next(state: EpisodeState) -> impl IntoView {
    let id = state.id;
    let navigate = use_navigate();
    let again = Attempt::new();
    // One key per kind of rematch, so that a repeat finds the first one's episode.
    let keys = StoredValue::new((IdempotencyKey::fresh(), IdempotencyKey::fresh()));
    let role = move || state.role();
    let start = Callback::new(move |swap: bool| {
        let Some(me) = state.head.with_untracked(seat_of) else { return };
        let (same, swapped) = keys.get_value();
        let (role, key) = if swap { (me.other(), swapped) } else { (me, same) };
        let navigate = navigate.clone();
        again.run(async move {
            let id = api::rematch(id, role, key).await?;
            navigate(&format!("/talk/{id}"), NavigateOptions::default());
            Ok(())
        });
    });
    view! {
        <div class="flex flex-wrap items-center gap-2">
            {dynamic(move || {
                role()
                    .map(|_| {
                        view! {
                            <button type="button" class="btn btn-primary" disabled=move || again.is_pending() on:click=move |_| start.run(false)>
                                {Icon::Again.draw()}
                                "Rematch"
                            </button>
                            <button type="button" class="btn" disabled=move || again.is_pending() on:click=move |_| start.run(true)>
                                {Icon::Swap.draw()}
                                "Swap sides"
                            </button>
                        }
                    })
            })}
            <a class="btn btn-ghost" href=format!("/replay/{id}")>{Icon::Play.draw()} "Replay"</a>
            <CopyLink path=format!("/replay/{id}") label="Copy the replay's link" class="btn-ghost"/>
        </div>
        <Refusal attempt=again/>
    }
}

fn seat_of(head: &EpisodeHead) -> Option<Role> {
    match head.viewer {
        wire::Viewer::Seat { role } => Some(role),
        _ => None,
    }
}
