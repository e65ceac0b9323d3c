//! Episodes as lines of a list.

use leptos::prelude::*;
use leptos_router::components::A;
use rules::Outcome;
use wire::{EpisodeStatus, EpisodeSummary};

use crate::browser;
use crate::format;

#[component]
pub fn OutcomeBadge(status: EpisodeStatus, outcome: Option<Outcome>) -> impl IntoView {
    let (text, class) = match (status, outcome) {
        (_, Some(outcome @ Outcome::Deal { .. })) => {
            (format::outcome_short(outcome), "badge-success")
        }
        (_, Some(outcome)) => (format::outcome_short(outcome), "badge-neutral"),
        (EpisodeStatus::Waiting, None) => ("Waiting for a person".to_owned(), "badge-info"),
        (_, None) => ("Talking".to_owned(), "badge-accent"),
    };
    view! { <span class=format!("badge badge-soft h-auto py-0.5 {class}")>{text}</span> }
}

/// Where a line leads: into a talk of one's own, to watching, or to the replay.
fn href(summary: &EpisodeSummary, own: bool) -> String {
    let id = summary.id;
    match (summary.status, own) {
        (_, true) => format!("/talk/{id}"),
        (EpisodeStatus::Over, false) => format!("/replay/{id}"),
        (_, false) => format!("/watch/{id}"),
    }
}

/// `own`: the reader sits in all of them.
#[component]
pub fn EpisodeList(items: Vec<EpisodeSummary>, #[prop(optional)] own: bool) -> impl IntoView {
    let now = browser::now_ms();
    view! {
        <ul class="list rounded-box border border-base-300 bg-base-100">
            {items
                .into_iter()
                .map(|item| {
                    let href = href(&item, own);
                    let seats = format!(
                        "{} buys from {}",
                        format::capitalised(&format::seat_name(&item.seats.buyer)),
                        format::seat_name(&item.seats.seller),
                    );
                    view! {
                        <li class="list-row items-center">
                            <img class="size-14 rounded-field bg-base-200 object-cover" src=item.picture alt="" width="56" height="56" loading="lazy"/>
                            <div class="min-w-0">
                                <A href=href attr:class="link link-hover font-semibold">{item.title}</A>
                                <p class="text-sm">{seats}</p>
                                <p class="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
                                    <OutcomeBadge status=item.status outcome=item.outcome/>
                                    <span>{format::counted(i64::from(item.moves), "message", "messages")}</span>
                                    <time>{format::ago(item.created_ms, now)}</time>
                                </p>
                            </div>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}
