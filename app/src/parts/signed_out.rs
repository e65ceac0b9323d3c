//! What stands on a page for researchers where nobody is signed in.

use leptos::prelude::*;
use leptos_router::components::A;

#[component]
pub fn SignedOut(about: &'static str) -> impl IntoView {
    view! {
        <section class="mx-auto max-w-md py-12 text-center">
            <h1 class="font-display text-3xl">"Sign in first"</h1>
            <p class="mt-3">{format!("This page is for researchers: {about}.")}</p>
            <p class="mt-6"><A href="/sign-in" attr:class="btn btn-primary">"Sign in"</A></p>
        </section>
    }
}
