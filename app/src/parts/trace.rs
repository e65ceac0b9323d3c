//! The tokens of a rollout, coloured by what is known of them.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, EventTarget, HtmlElement};
use wire::TraceToken;

use super::dynamic::dynamic;
use crate::shade::{self, Quantity};

/// What the colours say.
#[component]
pub fn Legend(colour: Memo<Quantity>) -> impl IntoView {
    view! {
        <div class="text-sm">
            {dynamic(move || {
                let steps = colour.get().legend();
                (!steps.is_empty()).then(|| {
                    view! {
                        <ul class="line-key" aria-label=format!("Colours: {}", colour.get().title())>
                            {steps
                                .into_iter()
                                .map(|(class, text)| view! { <li><span class=format!("shade-key {class}") aria-hidden="true"></span> {text}</li> })
                                .collect_view()}
                        </ul>
                    }
                })
            })}
            <p>"Tokens of the one who learns are underlined, those that it read are not. Hover over a token for its values, or go to one with Tab and on with the left and right keys."</p>
        </div>
    }
}

#[component]
pub fn Trace(
    tokens: Vec<TraceToken>,
    advantage: f64,
    colour: Memo<Quantity>,
    #[prop(into)] label: String,
) -> impl IntoView {
    let read = RwSignal::new(String::new());
    let tokens = StoredValue::new(tokens);
    let show = move |target: Option<EventTarget>| {
        if let Some(token) = element(target)
            && let Some(values) = token.get_attribute("title")
        {
            read.set(format!("“{}”: {values}", token.text_content().unwrap_or_default().trim()));
        }
    };
    let press = move |event: KeyboardEvent| {
        let step: fn(&Element) -> Option<Element> = match event.key().as_str() {
            "ArrowRight" => Element::next_element_sibling,
            "ArrowLeft" => Element::previous_element_sibling,
            _ => return,
        };
        let mut at = element(event.target()).and_then(|token| step(&token));
        while let Some(token) = at {
            if token.has_attribute("title") {
                event.prevent_default();
                if let Ok(token) = token.dyn_into::<HtmlElement>() {
                    // Fails only where the element is gone.
                    _ = token.focus();
                }
                return;
            }
            at = step(&token);
        }
    };
    view! {
        <div
            class="transcript trace"
            role="group"
            aria-label=label
            on:keydown=press
            on:focusin=move |event| show(event.target())
            on:pointerover=move |event| show(event.target())
        >
            {dynamic(move || {
                let colour = colour.get();
                tokens.with_value(|tokens| drawn(tokens, advantage, colour))
            })}
        </div>
        <p class="curve-reading" aria-live="polite">{read}</p>
    }
}

fn element(target: Option<EventTarget>) -> Option<Element> {
    target.and_then(|target| target.dyn_into().ok())
}

fn drawn(tokens: &[TraceToken], advantage: f64, colour: Quantity) -> AnyView {
    // One stop of the Tab key per transcript; the arrow keys go on from there.
    let first = tokens.iter().position(|token| token.own.is_some());
    let token = |(nth, token): (usize, &TraceToken)| match token.own {
        None => view! { <span class="token-read">{token.text.clone()}</span> }.into_any(),
        Some(own) => {
            let class = format!("token-own {}", shade::class(colour, token, advantage));
            let stop = if first == Some(nth) { "0" } else { "-1" };
            view! { <span class=class title=shade::told(own, advantage) tabindex=stop>{token.text.clone()}</span> }
                .into_any()
        }
    };
    tokens.iter().enumerate().map(token).collect_view().into_any()
}
