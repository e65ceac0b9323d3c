//! Suites of evaluations: how each stands, and a new one.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use wire::{NewSuite, PlanCard, RunStatus, SuiteEstimate, SuiteHead, SuiteId};

use super::for_researchers;
use super::train::unattended;
use crate::answer::Answer;
use crate::api;
use crate::browser;
use crate::format;
use crate::numbers::number;
use crate::parts::{
    Attempt, Choice, Loaded, Refusal, SignedOut, dynamic, lines_skeleton, run_badge,
};

/// Between two looks at the suites.
const LOOK_MS: u32 = 3_000;

#[component]
pub fn Evaluate() -> impl IntoView {
    let page = Answer::new(
        || (),
        |()| for_researchers(async { Ok((api::suites().await?, api::suite_plans().await?)) }),
    );
    view! {
        <Title text="Evaluate"/>
        <Loaded
            resource=page
            skeleton=lines_skeleton
            render=|found| match found {
                Some((suites, plans)) => view! { <Board suites plans/> }.into_any(),
                None => view! { <SignedOut about="evaluations and their figures"/> }.into_any(),
            }
        />
    }
}

#[component]
fn Board(suites: Vec<SuiteHead>, plans: Vec<PlanCard>) -> impl IntoView {
    let now = RwSignal::new(suites);
    let ids = Memo::new(move |_| now.with(|all| all.iter().map(|s| s.id).collect::<Vec<_>>()));
    Effect::new(move |_| spawn_local(keep_looking(now)));
    view! {
        <h1 class="page-title">"Evaluate"</h1>
        <p class="mb-4 max-w-prose">
            "A suite has each of some negotiators meet each of some opponents over the same products, and tells who is better and how sure that is."
        </p>
        <div class="lab-grid">
            <section aria-labelledby="suites-title">
                <h2 id="suites-title" class="section-title">"Suites, newest first"</h2>
                {dynamic(move || {
                    let ids = ids.get();
                    if ids.is_empty() {
                        return view! { <NoSuites/> }.into_any();
                    }
                    view! {
                        <ul class="space-y-4">
                            {ids.into_iter().map(|id| view! { <li><SuiteItem id now/></li> }).collect_view()}
                        </ul>
                    }
                        .into_any()
                })}
            </section>
            <NewSuiteForm plans/>
        </div>
    }
}

/// Asks again and again until the page is left; what is missed is asked for at the next look.
async fn keep_looking(now: RwSignal<Vec<SuiteHead>>) {
    loop {
        browser::sleep(LOOK_MS).await;
        let Some(idle) = now.try_with_untracked(|all| all.iter().all(|s| s.status.is_over()))
        else {
            return;
        };
        if !idle
            && let Ok(suites) = api::suites().await
            && now.try_set(suites).is_some()
        {
            return;
        }
    }
}

#[component]
fn NoSuites() -> impl IntoView {
    view! {
        <div class="rounded-box border border-dashed border-base-300 px-6 py-10">
            <h3 class="font-display text-xl">"No suite yet"</h3>
            <p class="mt-2 max-w-prose">
                "Choose a plan in the form, name who is to be measured, and start it. Its figures appear with its first episodes."
            </p>
        </div>
    }
}

#[component]
fn SuiteItem(id: SuiteId, now: RwSignal<Vec<SuiteHead>>) -> impl IntoView {
    let head = Memo::new(move |_| now.with(|all| all.iter().find(|s| s.id == id).cloned()));
    let label = head.with_untracked(|head| head.as_ref().map(|h| h.label.clone()));
    let label = label.unwrap_or_default();
    let title = label.clone();
    view! {
        <article class="panel" aria-label=label>
            <header class="flex flex-wrap items-baseline justify-between gap-2">
                <h3 class="font-display text-xl">
                    <A href=format!("/suites/{id}") attr:class="link-hover">{title}</A>
                </h3>
                <span role="status">{dynamic(move || head.get().map(|head| run_badge(head.status)))}</span>
            </header>
            {dynamic(move || head.get().map(|head| standing(&head)))}
        </article>
    }
}

/// Who meets whom, how far it is, and what stands against it.
pub fn standing(head: &SuiteHead) -> AnyView {
    let ago = format::ago(head.created_at, browser::now_ms());
    let left = head.left_ms.filter(|_| head.status == RunStatus::Running);
    let left = left.map(|ms| format!(", about {} left", format::long_span(ms))).unwrap_or_default();
    let failed = match head.failed {
        0 => String::new(),
        failed => format!(", {failed} attempts failed"),
    };
    let told = format!("{} of {} episodes{failed}{left}", head.done, head.of);
    view! {
        <p class="text-sm">
            {format!("{}: {} against {}, asked for {ago}", head.plan, head.measured, head.against)}
        </p>
        <p class="mt-2 text-sm">{told.clone()}</p>
        <progress class="progress progress-primary w-full" value=head.done.to_string() max=head.of.max(1).to_string() aria-label=told></progress>
        {head.failure.clone().map(|failure| view! { <p class="alert alert-error alert-soft mt-3">{failure.sentence}</p> })}
        {(head.status == RunStatus::Queued && !head.attended).then(unattended)}
    }
    .into_any()
}

#[component]
fn NewSuiteForm(plans: Vec<PlanCard>) -> impl IntoView {
    let first = plans.first().map(|card| card.name.clone()).unwrap_or_default();
    let chosen = RwSignal::new(first);
    let (measured, label) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let settings = RwSignal::new(String::new());
    let (start, weigh) = (Attempt::new(), Attempt::new());
    let estimate = RwSignal::new(None::<SuiteEstimate>);
    let asked = move || {
        let names = measured.get_untracked();
        let names = names.split([',', ' ', '\n']).map(str::trim).filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
        let mut text = settings.get_untracked();
        if !names.is_empty() {
            text = format!("measured = [{}]\n{text}", names.join(", "));
        }
        NewSuite {
            plan: chosen.get_untracked(),
            label: label.get_untracked().trim().to_owned(),
            settings: text,
        }
    };
    // What was weighed is not what stands in the form any more.
    Effect::new(move |_| {
        chosen.track();
        measured.track();
        settings.track();
        estimate.set(None);
    });
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (new, navigate) = (asked(), navigate.clone());
        start.run(async move {
            let id = api::start_suite(new).await?;
            navigate(&format!("/suites/{id}"), NavigateOptions::default());
            Ok(())
        });
    };
    let weigh_it = move |_| {
        let new = asked();
        weigh.run(async move {
            let told = api::estimate_suite(new).await?;
            estimate.try_set(Some(told));
            Ok(())
        });
    };
    let cards = StoredValue::new(plans.clone());
    let text = Memo::new(move |_| {
        let find = |all: &Vec<PlanCard>| {
            chosen.with(|name| all.iter().find(|c| c.name == *name).map(|card| card.text.clone()))
        };
        cards.with_value(find)
    });
    view! {
        <form class="panel" on:submit=submit aria-labelledby="new-title">
            <h2 id="new-title" class="section-title">"A new suite"</h2>
            <fieldset>
                <legend class="field-label">"Plan"</legend>
                <div class="space-y-2">
                    {plans
                        .into_iter()
                        .map(|card| view! { <Choice group="plan" name=card.name summary=card.summary obstacle=None chosen/> })
                        .collect_view()}
                </div>
            </fieldset>
            {dynamic(move || {
                text.get().map(|text| {
                    view! {
                        <details class="mt-3 text-sm">
                            <summary class="cursor-pointer">"The plan's file"</summary>
                            <pre class="transcript mt-2" tabindex="0">{text}</pre>
                        </details>
                    }
                })
            })}
            <div class="mt-4">
                <label class="field-label" for="suite-measured">"Who is measured"</label>
                <input
                    id="suite-measured"
                    class="input w-full"
                    placeholder="demo, linear"
                    aria-describedby="suite-measured-note"
                    prop:value=measured
                    on:input=move |event| measured.set(event_target_value(&event))
                />
                <p id="suite-measured-note" class="text-sm">"Names of negotiators, with commas: scripts, models, published checkpoints. Empty: the plan's."</p>
            </div>
            <div class="mt-4">
                <label class="field-label" for="suite-label">"What it is for"</label>
                <input id="suite-label" class="input w-full" maxlength="80" prop:value=label on:input=move |event| label.set(event_target_value(&event))/>
            </div>
            <div class="mt-4">
                <label class="field-label" for="suite-settings">"Settings that differ from the plan"</label>
                <textarea
                    id="suite-settings"
                    class="textarea w-full font-mono text-sm"
                    rows="5"
                    spellcheck="false"
                    aria-describedby="suite-settings-note"
                    prop:value=settings
                    on:input=move |event| settings.set(event_target_value(&event))
                ></textarea>
                <p id="suite-settings-note" class="text-sm">"TOML with the plan's keys, such as products = 32. Empty: the plan as it is."</p>
            </div>
            <Refusal attempt=start/>
            <Refusal attempt=weigh/>
            <p class="mt-3 text-sm" role="status">{dynamic(move || estimate.get().map(|told| weighed(&told)))}</p>
            <div class="mt-4 flex flex-wrap gap-2">
                <button class="btn btn-primary" disabled=move || start.is_pending()>"Start the suite"</button>
                <button type="button" class="btn" disabled=move || weigh.is_pending() on:click=weigh_it>"What would it take?"</button>
            </div>
        </form>
    }
}

fn weighed(told: &SuiteEstimate) -> String {
    let time = told.ms.map(|ms| format!(", about {}", format::long_span(ms))).unwrap_or_default();
    let cost = match told.micro_dollars {
        0 => String::new(),
        micro => format!(", about ${}", number(micro as f64 / 1e6)),
    };
    let guessed: Vec<&str> = told.guessed.iter().map(|name| name.0.as_str()).collect();
    let guess = match guessed.as_slice() {
        [] => String::new(),
        names => format!(" A guess for {}, of whom no answer is known here.", names.join(", ")),
    };
    format!("{} pairs, {} episodes{time}{cost}.{guess}", told.cells, told.episodes)
}
