//! Training runs: how each goes, and a new one.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use wire::{NewRun, PresetCard, RunHead, RunId, RunPlace, RunStatus};

use super::for_researchers;
use crate::answer::Answer;
use crate::api;
use crate::browser;
use crate::format;
use crate::parts::{
    Attempt, Choice, Loaded, Refusal, SignedOut, Spark, dynamic, lines_skeleton, progress,
    run_badge,
};

/// Between two looks at the runs.
const LOOK_MS: u32 = 4_000;

#[component]
pub fn Train() -> impl IntoView {
    let page = Answer::new(
        || (),
        |()| for_researchers(async { Ok((api::runs().await?, api::train_presets().await?)) }),
    );
    view! {
        <Title text="Training"/>
        <Loaded
            resource=page
            skeleton=lines_skeleton
            render=|found| match found {
                Some((runs, presets)) => view! { <Board runs presets/> }.into_any(),
                None => view! { <SignedOut about="training runs and their rollouts"/> }.into_any(),
            }
        />
    }
}

#[component]
fn Board(runs: Vec<RunHead>, presets: Vec<PresetCard>) -> impl IntoView {
    let now = RwSignal::new(runs);
    let ids = Memo::new(move |_| now.with(|runs| runs.iter().map(|r| r.id).collect::<Vec<_>>()));
    Effect::new(move |_| spawn_local(keep_looking(now)));
    view! {
        <h1 class="page-title">"Training runs"</h1>
        <p class="mb-4 max-w-prose">
            "A run teaches a model by its own bargaining: it plays each scenario several times, and what earned more than the rest becomes likelier."
        </p>
        <div class="lab-grid">
            <section aria-labelledby="runs-title">
                <h2 id="runs-title" class="section-title">"Runs, newest first"</h2>
                {dynamic(move || {
                    let ids = ids.get();
                    if ids.is_empty() {
                        return view! { <NoRuns/> }.into_any();
                    }
                    view! {
                        <ul class="space-y-4">
                            {ids.into_iter().map(|id| view! { <li><RunItem id now/></li> }).collect_view()}
                        </ul>
                    }
                        .into_any()
                })}
            </section>
            <NewRunForm presets/>
        </div>
    }
}

/// Asks again and again until the page is left; what is missed is asked for at the next look.
async fn keep_looking(now: RwSignal<Vec<RunHead>>) {
    loop {
        browser::sleep(LOOK_MS).await;
        let Some(idle) = now.try_with_untracked(|runs| runs.iter().all(|r| r.status.is_over()))
        else {
            return;
        };
        if !idle
            && let Ok(runs) = api::runs().await
            && now.try_set(runs).is_some()
        {
            return;
        }
    }
}

#[component]
fn NoRuns() -> impl IntoView {
    view! {
        <div class="rounded-box border border-dashed border-base-300 px-6 py-10">
            <h3 class="font-display text-xl">"No run yet"</h3>
            <p class="mt-2 max-w-prose">
                "Choose a preset in the form and start one. It waits in line until a worker takes it, and its curves appear with its first iteration."
            </p>
        </div>
    }
}

#[component]
fn RunItem(id: RunId, now: RwSignal<Vec<RunHead>>) -> impl IntoView {
    let head = Memo::new(move |_| now.with(|runs| runs.iter().find(|r| r.id == id).cloned()));
    let label = head.with_untracked(|head| head.as_ref().map(|h| h.label.clone()));
    let label = label.unwrap_or_default();
    let title = label.clone();
    view! {
        <article class="panel" aria-label=label>
            <header class="flex flex-wrap items-baseline justify-between gap-2">
                <h3 class="font-display text-xl">
                    <A href=format!("/runs/{id}") attr:class="link-hover">{title}</A>
                </h3>
                <span role="status">{dynamic(move || head.get().map(|head| run_badge(head.status)))}</span>
            </header>
            {dynamic(move || head.get().map(summary))}
        </article>
    }
}

fn summary(head: RunHead) -> AnyView {
    let who = head.role.map_or("buyer and seller", |role| role.name());
    let ago = format::ago(head.created_at, browser::now_ms());
    let left = head.left_ms.map(|ms| format!(", about {} left", format::long_span(ms)));
    view! {
        <p class="text-sm">
            {format!("{}, learns as {who} against {}, asked for {ago}{}", head.preset, head.opponents, left.unwrap_or_default())}
        </p>
        <div class="run-row">
            {progress(&head)}
            <Spark rewards=head.rewards/>
        </div>
        {head.failure.map(|failure| view! { <p class="alert alert-error alert-soft mt-3">{failure.sentence}</p> })}
        {(head.status == RunStatus::Queued && !head.attended).then(unattended)}
    }
    .into_any()
}

/// A run waits and nobody is there to take it.
pub fn unattended() -> AnyView {
    view! {
        <p class="alert alert-warning alert-soft mt-3">
            "No training worker was heard from of late. The run waits until one is there."
        </p>
    }
    .into_any()
}

#[component]
fn NewRunForm(presets: Vec<PresetCard>) -> impl IntoView {
    // The first that can run here.
    let free = presets.iter().find(|card| card.obstacle.is_none()).or(presets.first());
    let chosen = RwSignal::new(free.map(|card| card.name.clone()).unwrap_or_default());
    let (label, settings) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let has_cluster = presets.iter().any(|card| card.has_cluster);
    let place = RwSignal::new(RunPlace::Here);
    let start = Attempt::new();
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let new = NewRun {
            preset: chosen.get_untracked(),
            label: label.get_untracked().trim().to_owned(),
            settings: settings.get_untracked(),
            place: place.get_untracked(),
        };
        let navigate = navigate.clone();
        start.run(async move {
            let id = api::start_run(new).await?;
            navigate(&format!("/runs/{id}"), NavigateOptions::default());
            Ok(())
        });
    };
    let cards = StoredValue::new(presets.clone());
    let card = Memo::new(move |_| {
        chosen.with(|name| cards.with_value(|all| all.iter().find(|c| c.name == *name).cloned()))
    });
    let barred = move || {
        // What stands against a preset stands against this machine.
        let here = place.get() == RunPlace::Here;
        card.with(|card| card.as_ref().is_none_or(|card| here && card.obstacle.is_some()))
            || start.is_pending()
    };
    view! {
        <form class="panel" on:submit=submit aria-labelledby="new-title">
            <h2 id="new-title" class="section-title">"A new run"</h2>
            <fieldset>
                <legend class="field-label">"Preset"</legend>
                <div class="space-y-2">
                    {presets.into_iter().map(|card| view! { <Choice group="preset" name=card.name summary=card.summary obstacle=card.obstacle chosen/> }).collect_view()}
                </div>
            </fieldset>
            {dynamic(move || {
                card.get().map(|card| {
                    view! {
                        <details class="mt-3 text-sm">
                            <summary class="cursor-pointer">{format!("The file of {}", card.name)}</summary>
                            <pre class="transcript mt-2" tabindex="0">{card.text}</pre>
                        </details>
                    }
                })
            })}
            <div class="mt-4">
                <label class="field-label" for="run-label">"What it is for"</label>
                <input id="run-label" class="input w-full" maxlength="80" prop:value=label on:input=move |event| label.set(event_target_value(&event))/>
            </div>
            <div class="mt-4">
                <label class="field-label" for="run-settings">"Settings that differ from the preset"</label>
                <textarea
                    id="run-settings"
                    class="textarea w-full font-mono text-sm"
                    rows="6"
                    spellcheck="false"
                    aria-describedby="run-settings-note"
                    prop:value=settings
                    on:input=move |event| settings.set(event_target_value(&event))
                ></textarea>
                <p id="run-settings-note" class="text-sm">"TOML with the preset's keys, laid over its file. Empty: the preset as it is."</p>
            </div>
            {has_cluster.then(|| places(place))}
            <Refusal attempt=start/>
            <button class="btn btn-primary mt-4" disabled=barred>"Start the run"</button>
        </form>
    }
}

fn places(chosen: RwSignal<RunPlace>) -> AnyView {
    let option = |place: RunPlace| view! { <option value=place.name()>{place.title()}</option> };
    let choose = move |event| {
        chosen.set(RunPlace::named(&event_target_value(&event)).unwrap_or_default());
    };
    view! {
        <div class="mt-4">
            <label class="field-label" for="run-place">"Where it is worked on"</label>
            <select id="run-place" class="select w-full" on:change=choose>{RunPlace::ALL.map(option).into_iter().collect_view()}</select>
        </div>
    }
    .into_any()
}
