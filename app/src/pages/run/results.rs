//! What came of a run: alarms, checkpoints, evaluations, and how to do it again.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::components::A;
use wire::{CheckpointCard, CheckpointId, Interval, RunEvaluation, RunPage};

use crate::api;
use crate::curves::number;
use crate::format;
use crate::metrics;
use crate::parts::{Attempt, Refusal, dynamic};

#[component]
pub fn Alarms(page: RwSignal<RunPage>) -> impl IntoView {
    let alarms = Memo::new(move |_| page.with(|page| page.alarms.clone()));
    view! {
        <div role="status">
            {dynamic(move || {
                let alarms = alarms.get();
                (!alarms.is_empty()).then(|| {
                    view! {
                        <section class="alert alert-warning alert-soft mt-4 block" aria-label="Alarms">
                            <h2 class="font-semibold">"To look at"</h2>
                            <ul class="mt-1 list-disc pl-5">
                                {alarms
                                    .into_iter()
                                    .map(|alarm| view! { <li>{format!("Iteration {}: {}", alarm.iteration, alarm.sentence)}</li> })
                                    .collect_view()}
                            </ul>
                        </section>
                    }
                })
            })}
        </div>
    }
}

#[component]
pub fn Checkpoints(page: RwSignal<RunPage>) -> impl IntoView {
    let attempt = Attempt::new();
    let cards = Memo::new(move |_| page.with(|page| page.checkpoints.clone()));
    let publish = Callback::new(move |id: CheckpointId| {
        attempt.run(async move {
            let fresh = api::publish_checkpoint(id).await?;
            page.try_update(|page| {
                for card in page.checkpoints.iter_mut().filter(|card| card.id == fresh.id) {
                    *card = fresh.clone();
                }
            });
            Ok(())
        });
    });
    view! {
        <section aria-labelledby="checkpoints-title">
            <h2 id="checkpoints-title" class="section-title">"Checkpoints"</h2>
            <Refusal attempt/>
            {dynamic(move || {
                let cards = cards.get();
                if cards.is_empty() {
                    return view! { <p>"None is kept yet."</p> }.into_any();
                }
                view! {
                    <ul class="list rounded-box border border-base-300 bg-base-100">
                        {cards.into_iter().map(|card| view! { <Checkpoint card publish attempt/> }).collect_view()}
                    </ul>
                }
                    .into_any()
            })}
        </section>
    }
}

#[component]
fn Checkpoint(
    card: CheckpointCard,
    publish: Callback<CheckpointId>,
    attempt: Attempt,
) -> impl IntoView {
    let CheckpointCard { id, iteration, reward, bytes, published, .. } = card;
    let reward = reward.map(|reward| format!("reward {}, ", number(reward)));
    let size = format::bytes(bytes);
    view! {
        <li class="list-row items-center">
            <div class="list-col-grow min-w-0">
                <p class="font-semibold">{format!("Iteration {iteration}")}</p>
                <p class="text-sm">{reward} {size}</p>
                {published
                    .clone()
                    .map(|name| {
                        view! {
                            <p class="text-sm">
                                "Sits across the table as " <code>{name.to_string()}</code> ". "
                                <A href="/" attr:class="link">"Play this checkpoint at a stall"</A>
                            </p>
                        }
                    })}
            </div>
            {published
                .is_none()
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="btn btn-sm"
                            aria-label=format!("Publish iteration {iteration}")
                            disabled=move || attempt.is_pending()
                            on:click=move |_| publish.run(id)
                        >
                            "Publish"
                        </button>
                    }
                })}
        </li>
    }
}

#[component]
pub fn Evaluations(page: RwSignal<RunPage>) -> impl IntoView {
    let rows = Memo::new(move |_| page.with(|page| page.evaluations.clone()));
    dynamic(move || {
        let rows = rows.get();
        (!rows.is_empty()).then(|| table(rows))
    })
}

fn table(rows: Vec<RunEvaluation>) -> AnyView {
    let keys: BTreeSet<String> = rows.iter().flat_map(|row| row.figures.keys().cloned()).collect();
    view! {
        <section class="mt-10" aria-labelledby="evaluations-title">
            <h2 id="evaluations-title" class="section-title">"Against opponents it never learnt from"</h2>
            <p class="mb-2 text-sm">"In brackets the interval of 95%, with products as clusters."</p>
            <div class="overflow-x-auto" tabindex="0" role="region" aria-labelledby="evaluations-title">
                <table class="table table-sm">
                    <thead>
                        <tr>
                            <th scope="col">"Iteration"</th>
                            <th scope="col">"Against"</th>
                            <th scope="col" class="text-right">"Episodes"</th>
                            {keys.iter().map(|key| view! { <th scope="col" class="text-right">{metrics::name(key)}</th> }).collect_view()}
                        </tr>
                    </thead>
                    <tbody>
                        {rows
                            .into_iter()
                            .map(|row| {
                                let iteration = match row.iteration {
                                    0 => "base".to_owned(),
                                    nth => nth.to_string(),
                                };
                                let figures = keys.iter().map(|key| told(row.figures.get(key).copied()));
                                view! {
                                    <tr>
                                        <th scope="row">{iteration}</th>
                                        <td>{row.against}</td>
                                        <td class="text-right">{row.episodes}</td>
                                        {figures.map(|text| view! { <td class="price text-right">{text}</td> }).collect_view()}
                                    </tr>
                                }
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

/// `0.5 (0.375 to 0.625)`.
fn told(figure: Option<Interval>) -> String {
    let Some(Interval { value: Some(value), low, high }) = figure else { return "none".to_owned() };
    match low.zip(high) {
        Some((low, high)) => format!("{} ({} to {})", number(value), number(low), number(high)),
        None => number(value),
    }
}

/// How it was done, and how to do it again.
#[component]
pub fn Record(page: RunPage) -> impl IntoView {
    let RunPage { settings, command, code_version, seed, products, products_sha256, .. } = page;
    view! {
        <section aria-labelledby="record-title">
            <h2 id="record-title" class="section-title">"To do it again"</h2>
            <pre class="transcript" tabindex="0">{command}</pre>
            <dl class="terms mt-3">
                <div><dt>"Version of the code"</dt><dd>{code_version}</dd></div>
                <div><dt>"Seed"</dt><dd class="price">{seed.to_string()}</dd></div>
                <div><dt>"Products to learn from"</dt><dd class="price">{products}</dd></div>
            </dl>
            <p class="mt-2 text-sm break-all">"SHA-256 of their manifest: " <code>{products_sha256}</code></p>
            <details class="mt-3">
                <summary class="cursor-pointer">"All settings"</summary>
                <pre class="transcript mt-2" tabindex="0">{settings}</pre>
            </details>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_without_a_value_is_none() {
        let whole = Interval { value: Some(0.5), low: Some(0.375), high: Some(0.625) };
        assert_eq!(told(Some(whole)), "0.5 (0.375 to 0.625)");
        assert_eq!(told(Some(Interval { low: None, ..whole })), "0.5");
        assert_eq!(told(Some(Interval { value: None, ..whole })), "none");
        assert_eq!(told(None), "none");
    }
}
