//! What the language models of an episode were asked and answered, for researchers.

use leptos::prelude::*;
use wire::{EpisodeId, ModelCall};

use super::{arriving, boundary, lines_skeleton};
use crate::answer::Answer;
use crate::api;
use crate::format;

#[component]
pub fn ModelCalls(episode: EpisodeId) -> impl IntoView {
    let calls = Answer::new(move || episode, api::model_calls);
    let list = arriving(move || async move {
        match calls.await {
            Ok(calls) if calls.is_empty() => ().into_any(),
            Ok(calls) => view! { <CallList calls/> }.into_any(),
            Err(fault) => view! { <p class="alert alert-warning">{fault.0.detail}</p> }.into_any(),
        }
    });
    boundary(list, lines_skeleton, false)
}

#[component]
pub fn CallList(calls: Vec<ModelCall>) -> impl IntoView {
    view! {
        <section class="mt-8" aria-labelledby="calls-title">
            <h2 id="calls-title" class="section-title">"What the models were asked"</h2>
            <ol class="space-y-2">
                {calls.into_iter().map(|call| view! { <li><Call call/></li> }).collect_view()}
            </ol>
        </section>
    }
}

#[component]
fn Call(call: ModelCall) -> impl IntoView {
    let told = summary(&call);
    let texts = call.prompt.into_iter().map(|message| (message.speaker, message.text));
    let texts = texts.chain([("answer".to_owned(), call.output)]);
    view! {
        <details class="panel">
            <summary class="cursor-pointer">{told}</summary>
            {call.error.map(|error| view! { <p class="alert alert-warning alert-soft mt-3">{error}</p> })}
            <dl class="mt-3 space-y-3">
                {texts
                    .map(|(speaker, text)| {
                        view! {
                            <div>
                                <dt class="field-label">{format::capitalised(&speaker)}</dt>
                                <dd class="transcript">{text}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
        </details>
    }
}

/// `Seller, message 4, demo: ok, 61 tokens in 480 ms, the first after 90 ms`.
fn summary(call: &ModelCall) -> String {
    let again = match call.attempt {
        0 => String::new(),
        attempt => format!(", attempt {}", attempt + 1),
    };
    format!(
        "{}, message {}{again}, {}: {}, {} in {}, the first after {}{}",
        format::capitalised(call.role.name()),
        call.turn + 1,
        call.model,
        call.outcome,
        format::counted(i64::from(call.completion_tokens), "token", "tokens"),
        format::span(call.total_ms),
        format::span(call.first_token_ms),
        if call.fallback { "; the move was a fallback" } else { "" },
    )
}
