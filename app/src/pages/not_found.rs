use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

#[cfg(feature = "ssr")]
pub fn set_status_not_found() {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
}

#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    set_status_not_found();
    view! {
        <Title text="No such page"/>
        <section class="mx-auto max-w-xl py-16 text-center">
            <h1 class="font-display text-4xl">"There is no stall here"</h1>
            <p class="mt-4">"The address leads nowhere. It may be mistyped, or a part of the link was lost."</p>
            <p class="mt-8">
                <A href="/" attr:class="btn btn-primary">"Go to the market"</A>
            </p>
        </section>
    }
}
