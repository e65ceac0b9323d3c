//! The language models of this server: what they do now, and for researchers the switches.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use wire::{ModelCard, ModelKind, ModelState};

use crate::answer::Answer;
use crate::api;
use crate::browser;
use crate::format;
use crate::loading::{Loading, loading};
use crate::parts::{Attempt, Loaded, Refusal, dynamic, lines_skeleton};

/// Between two looks at the models: while one is loaded or answers, and else.
const BUSY_MS: u32 = 700;
const CALM_MS: u32 = 4_000;

#[component]
pub fn Models() -> impl IntoView {
    let models = Answer::new(
        || (),
        |()| async { Ok((api::models().await?, api::own_account().await?.is_some())) },
    );
    view! {
        <Title text="Models"/>
        <h1 class="page-title">"Language models"</h1>
        <Loaded
            resource=models
            skeleton=lines_skeleton
            render=|(cards, researcher)| view! { <Board cards researcher/> }.into_any()
        />
    }
}

#[component]
fn Board(cards: Vec<ModelCard>, researcher: bool) -> impl IntoView {
    if cards.is_empty() {
        return view! { <NoModels/> }.into_any();
    }
    let names: Vec<String> = cards.iter().map(|card| card.name.clone()).collect();
    let now = RwSignal::new(cards);
    let switch = Attempt::new();
    Effect::new(move |_| spawn_local(keep_looking(now)));
    view! {
        <p class="mb-4 max-w-prose">
            "Each of these can be seated at a stall or under Watch. A model is loaded when it is first asked, and makes room for another one when the memory that Souk may use is full."
        </p>
        <Refusal attempt=switch/>
        <ul class="grid gap-5 lg:grid-cols-2">
            {names
                .into_iter()
                .map(|name| view! { <li><Model name now researcher switch/></li> })
                .collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn NoModels() -> impl IntoView {
    view! {
        <div class="rounded-box border border-dashed border-base-300 px-6 py-10">
            <h2 class="section-title">"No language model is set up"</h2>
            <p class="max-w-prose">
                "Scripts sit at the stalls meanwhile. Souk reads its models from " <code>"models/models.toml"</code>
                ", or from the file that " <code>"SOUK_MODELS"</code> " names. "
                <code>"souk pretrain"</code> " makes the demo model."
            </p>
        </div>
    }
}

/// Asks again and again until the page is left; what is missed is asked for at the next look.
async fn keep_looking(now: RwSignal<Vec<ModelCard>>) {
    loop {
        let Some(busy) = now.try_with_untracked(|cards| cards.iter().any(is_busy)) else { return };
        browser::sleep(if busy { BUSY_MS } else { CALM_MS }).await;
        if let Ok(cards) = api::models().await
            && now.try_set(cards).is_some()
        {
            return;
        }
    }
}

fn is_busy(card: &ModelCard) -> bool {
    card.state == ModelState::Loading || card.in_flight + card.queued > 0
}

#[component]
fn Model(
    name: String,
    now: RwSignal<Vec<ModelCard>>,
    researcher: bool,
    switch: Attempt,
) -> impl IntoView {
    let named = name.clone();
    let card =
        Memo::new(move |_| now.with(|cards| cards.iter().find(|card| card.name == named).cloned()));
    let state = Memo::new(move |_| card.with(|card| card.as_ref().map(|card| card.state)));
    let title =
        card.with_untracked(|card| card.as_ref().map(|card| (card.title.clone(), kind(card.kind))));
    let (title, kind) = title.unwrap_or_default();
    view! {
        <article class="panel h-full" aria-label=title.clone()>
            <header class="flex flex-wrap items-baseline justify-between gap-2">
                <h2 class="font-display text-2xl">{title.clone()}</h2>
                <span role="status">
                    {dynamic(move || {
                        let (class, text) = state_badge(state.get()?);
                        Some(view! { <span class=format!("badge {class}")>{text}</span> })
                    })}
                </span>
            </header>
            <p class="text-sm"><code>{name.clone()}</code> ", " {kind}</p>
            {dynamic(move || card.get().and_then(|card| progress(&card)))}
            {dynamic(move || {
                card.get()
                    .and_then(|card| card.sentence)
                    .map(|sentence| view! { <p class="alert alert-error alert-soft mt-3">{sentence}</p> })
            })}
            {dynamic(move || card.get().map(|card| figures(&card)))}
            {researcher.then(|| view! { <Switches name state now switch/> })}
        </article>
    }
}

fn kind(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Folder => "a folder on this machine",
        ModelKind::Hub => "from the Hugging Face hub",
        ModelKind::Gguf => "a GGUF file on this machine",
        ModelKind::Remote => "runs elsewhere",
    }
}

fn state_badge(state: ModelState) -> (&'static str, &'static str) {
    match state {
        ModelState::Absent => ("badge-soft", "not loaded"),
        ModelState::Loading => ("badge-info badge-soft", "loading"),
        ModelState::Ready => ("badge-success badge-soft", "ready"),
        ModelState::Failed => ("badge-error badge-soft", "failed"),
    }
}

fn progress(card: &ModelCard) -> Option<AnyView> {
    let Loading { told, value, most } = loading(card)?;
    let view = view! {
        <div class="mt-3">
            <p class="text-sm">{told.clone()}</p>
            <progress class="progress progress-primary w-full" value=value.to_string() max=most.to_string() aria-label=told></progress>
        </div>
    };
    Some(view.into_any())
}

fn figures(card: &ModelCard) -> AnyView {
    let counted =
        |n: u64, one, many| format::counted(i64::try_from(n).unwrap_or(i64::MAX), one, many);
    let speed = card.tokens_per_second.map_or_else(
        || "not yet known".to_owned(),
        |rate| format!("{} tokens/s", rate.round() as i64),
    );
    let rows = [
        ("Memory", format::bytes(card.memory_bytes)),
        ("Speed of late", speed),
        ("Answering now", card.in_flight.to_string()),
        ("Waiting in line", card.queued.to_string()),
        ("Longest wait", format::span(card.longest_wait_ms)),
        (
            "Answered since the start",
            format!(
                "{}, {}",
                counted(card.requests, "request", "requests"),
                counted(card.tokens, "token", "tokens")
            ),
        ),
    ];
    view! {
        <dl class="terms mt-3">
            {rows
                .into_iter()
                .map(|(name, value)| view! { <div><dt>{name}</dt><dd class="price">{value}</dd></div> })
                .collect_view()}
        </dl>
    }
    .into_any()
}

#[component]
fn Switches(
    name: String,
    state: Memo<Option<ModelState>>,
    now: RwSignal<Vec<ModelCard>>,
    switch: Attempt,
) -> impl IntoView {
    let turn = Callback::new(move |on: bool| {
        let name = name.clone();
        switch.run(async move {
            if on {
                api::load_model(name).await?
            } else {
                api::unload_model(name).await?
            }
            now.try_set(api::models().await?);
            Ok(())
        });
    });
    view! {
        <p class="mt-4">
            {dynamic(move || {
                let (text, on) = match state.get()? {
                    ModelState::Ready => ("Unload", false),
                    ModelState::Absent => ("Load", true),
                    ModelState::Failed => ("Try again", true),
                    ModelState::Loading => return None,
                };
                Some(
                    view! {
                        <button type="button" class="btn btn-sm" disabled=move || switch.is_pending() on:click=move |_| turn.run(on)>
                            {text}
                        </button>
                    },
                )
            })}
        </p>
    }
}
