//! One of several files to start from, as a radio button with what it is.

use leptos::prelude::*;

#[component]
pub fn Choice(
    group: &'static str,
    name: String,
    summary: String,
    /// What stands against it here.
    obstacle: Option<String>,
    chosen: RwSignal<String>,
) -> impl IntoView {
    let (picked, own) = (name.clone(), name.clone());
    let first = chosen.with_untracked(|chosen| *chosen == name);
    view! {
        <label class="choice">
            <input
                type="radio"
                name=group
                value=name.clone()
                class="radio radio-sm radio-primary"
                checked=first
                prop:checked=move || chosen.with(|chosen| *chosen == own)
                on:change=move |_| chosen.set(picked.clone())
            />
            <span>
                <span class="font-semibold">{name}</span>
                <span class="block text-sm">{summary}</span>
                {obstacle
                    .map(|obstacle| view! { <span class="block text-sm font-semibold">"Not here: " {obstacle}</span> })}
            </span>
        </label>
    }
}
