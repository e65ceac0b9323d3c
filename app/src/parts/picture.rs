//! A product's picture in its arch.

use leptos::prelude::*;

/// `alt` is empty where the title stands beside it.
#[component]
pub fn Picture(
    src: String,
    #[prop(optional)] alt: String,
    #[prop(optional)] eager: bool,
) -> impl IntoView {
    view! {
        <img
            class="arch block aspect-4/3 w-full bg-base-200 object-cover"
            src=src
            alt=alt
            width="400"
            height="300"
            loading=if eager { "eager" } else { "lazy" }
            decoding="async"
        />
    }
}
