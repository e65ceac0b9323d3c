//! The curves of a run, and how they are looked at: all of that stands in the address.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use wire::{RunId, RunPage, Series};

use super::chart::Phases;
use super::{Overlay, overlays};
use crate::curves::{Axis, Look};
use crate::metrics::{self, Group};
use crate::parts::{Curve, Drawing, LineKey, dynamic};
use crate::run_query::{OTHERS, RunQuery};

#[component]
pub fn Figures(
    id: RunId,
    label: String,
    page: RwSignal<RunPage>,
    series: RwSignal<Series>,
    runs: Vec<(RunId, String)>,
    #[prop(name = "overlays")] found: Vec<Overlay>,
) -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| map.with(|map| RunQuery::read(|key| map.get(key))));
    let with = Memo::new(move |_| query.with(|query| query.with.clone()));
    let laid_over = RwSignal::new(found);
    Effect::new(move |before: Option<()>| {
        let with = with.get();
        // What the page came with is there already.
        if before.is_some() {
            spawn_local(lay_over(with, laid_over));
        }
    });
    let names = StoredValue::new(runs.clone());
    let others = Memo::new(move |_| {
        let with = with.get();
        laid_over.with(|all| {
            let chosen = with.iter().filter_map(|id| all.iter().find(|(other, _)| other == id));
            chosen.map(|(id, series)| (named(names, *id), series.clone())).collect()
        })
    });
    let drawing = Drawing {
        name: StoredValue::new(label),
        series,
        others,
        look: Memo::new(move |_| query.with(|query| query.look)),
    };
    let groups = Memo::new(move |_| series.with(metrics::grouped));
    let candidates = runs.into_iter().filter(|(other, _)| *other != id).collect();
    view! {
        <section class="mt-10" aria-labelledby="curves-title">
            <h2 id="curves-title" class="section-title">"Curves"</h2>
            <Controls id query candidates missing=Memo::new(move |_| with.with(Vec::len) - others.with(Vec::len))/>
            <LineKey drawing/>
            {dynamic(move || {
                let groups = groups.get();
                if groups.is_empty() {
                    return view! { <p class="mt-4">"Nothing is measured yet. The curves begin with the first iteration."</p> }.into_any();
                }
                groups.into_iter().map(|group| view! { <GroupView group drawing page/> }).collect_view().into_any()
            })}
        </section>
    }
}

fn named(names: StoredValue<Vec<(RunId, String)>>, id: RunId) -> String {
    names.with_value(|names| {
        let known = names.iter().find(|(other, _)| *other == id);
        known.map_or_else(|| id.to_string(), |(_, label)| label.clone())
    })
}

/// Fetches those that are not there yet.
async fn lay_over(with: Vec<RunId>, laid_over: RwSignal<Vec<Overlay>>) {
    let there = laid_over.try_with_untracked(|all| all.iter().map(|(id, _)| *id).collect());
    let Some(there): Option<Vec<RunId>> = there else { return };
    let wanted: Vec<RunId> = with.into_iter().filter(|id| !there.contains(id)).collect();
    if wanted.is_empty() {
        return;
    }
    let more = overlays(wanted).await;
    laid_over.try_update(|all| all.extend(more));
}

#[component]
fn GroupView(group: Group, drawing: Drawing, page: RwSignal<RunPage>) -> impl IntoView {
    let phases = group.name == metrics::OUTCOME;
    view! {
        <section class="mt-6" aria-label=group.name>
            <h3 class="font-display text-xl">{group.name}</h3>
            <div class="curve-grid">
                {group.metrics.into_iter().map(|metric| view! { <Curve metric drawing/> }).collect_view()}
            </div>
            {phases.then(|| view! { <div class="curve-grid"><Phases page drawing/></div> })}
        </section>
    }
}

#[component]
fn Controls(
    id: RunId,
    query: Memo<RunQuery>,
    candidates: Vec<(RunId, String)>,
    missing: Memo<usize>,
) -> impl IntoView {
    let navigate = use_navigate();
    let go = Callback::new(move |to: RunQuery| {
        let options =
            NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        navigate(&to.href(id), options);
    });
    let look = move |change: &dyn Fn(&mut Look)| {
        let mut to = query.get_untracked();
        change(&mut to.look);
        go.run(to);
    };
    let axis = move |event| {
        let name = event_target_value(&event);
        let axis = Axis::ALL.into_iter().find(|axis| axis.name() == name).unwrap_or_default();
        look(&|look| look.axis = axis);
    };
    let log = move |event| {
        let log = event_target_checked(&event);
        look(&|look| look.log = log);
    };
    let smooth = move |event| {
        let smooth = event_target_value(&event).parse().unwrap_or(0);
        look(&|look| look.smooth = smooth);
    };
    let smoothness = move || query.with(|query| query.look.smooth.to_string());
    view! {
        <div class="filters" role="group" aria-label="How the curves are drawn">
            <div class="filter-row">
                <div>
                    <label class="field-label" for="axis">"Along the axis"</label>
                    <select id="axis" class="select w-auto" on:change=axis>
                        {Axis::ALL
                            .into_iter()
                            .map(|axis| {
                                view! {
                                    <option value=axis.name() selected=move || query.with(|query| query.look.axis == axis)>{axis.title()}</option>
                                }
                            })
                            .collect_view()}
                    </select>
                </div>
                <div class="grow basis-48">
                    <label class="field-label" for="smooth">"Smoothing " <span class="price">{smoothness} "%"</span></label>
                    <input id="smooth" type="range" class="range range-primary range-sm w-full" min="0" max="98" step="2" value=smoothness prop:value=smoothness on:change=smooth/>
                </div>
                <label class="flex items-center gap-2 pb-2">
                    <input
                        type="checkbox"
                        class="checkbox checkbox-sm checkbox-primary"
                        checked=query.with_untracked(|query| query.look.log)
                        prop:checked=move || query.with(|query| query.look.log)
                        on:change=log
                    />
                    "Logarithmic values"
                </label>
            </div>
            <Others query candidates go/>
            {dynamic(move || {
                (missing.get() > 0)
                    .then(|| view! { <p class="mt-2 text-sm" role="status">"Some of the runs to lay over are not here: they are on their way, or do not exist."</p> })
            })}
        </div>
    }
}

#[component]
fn Others(
    query: Memo<RunQuery>,
    candidates: Vec<(RunId, String)>,
    go: Callback<RunQuery>,
) -> impl IntoView {
    let open = query.with_untracked(|query| !query.with.is_empty());
    let full = Memo::new(move |_| query.with(|query| query.with.len() >= OTHERS));
    (!candidates.is_empty()).then(|| {
        view! {
            <details class="mt-3" open=open>
                <summary class="cursor-pointer">{format!("Lay other runs over this one, up to {OTHERS}")}</summary>
                <ul class="mt-2 max-h-48 space-y-1 overflow-y-auto">
                    {candidates
                        .into_iter()
                        .map(|(id, label)| {
                            let on = Memo::new(move |_| query.with(|query| query.with.contains(&id)));
                            view! {
                                <li>
                                    <label class="flex items-center gap-2">
                                        <input
                                            type="checkbox"
                                            class="checkbox checkbox-sm checkbox-primary"
                                            checked=on.get_untracked()
                                            prop:checked=on
                                            disabled=move || full.get() && !on.get()
                                            on:change=move |_| go.run(query.with_untracked(|query| query.toggled(id)))
                                        />
                                        {label}
                                    </label>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </details>
        }
    })
}
