//! A link to hand on.

use leptos::prelude::*;

use super::dynamic::dynamic;
use super::icon::Icon;
use crate::browser;

/// Copies the whole address of a path of this server.
#[component]
pub fn CopyLink(
    #[prop(into)] path: String,
    label: &'static str,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    let copied = RwSignal::new(None::<bool>);
    let click = move |_| {
        let done = move |ok| _ = copied.try_set(Some(ok));
        browser::copy(&browser::absolute(&path), done);
    };
    view! {
        <span class="inline-flex flex-wrap items-center gap-2">
            <button type="button" class=format!("btn {class}") on:click=click>
                {Icon::Copy.draw()}
                {label}
            </button>
            <span role="status" class="text-sm">
                {dynamic(move || match copied.get() {
                    None => "",
                    Some(true) => "Copied.",
                    Some(false) => "The browser did not allow it: copy the address by hand.",
                })}
            </span>
        </span>
    }
}
