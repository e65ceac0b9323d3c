//! Waiting for an answer of the server, and saying what went wrong with it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use super::dynamic::{Arrivals, arriving};
use crate::answer::{Answer, Content};

use crate::fault::Fault;

/// Shows a resource: the skeleton while it loads, then the value or the problem. Old content stays
/// while a new answer for the same place is on its way where `keep` is set.
#[component]
pub fn Loaded<T>(
    resource: Answer<T>,
    skeleton: fn() -> AnyView,
    render: fn(T) -> AnyView,
    #[prop(optional)] keep: bool,
) -> impl IntoView
where
    T: Content,
{
    let content = arriving(move || async move {
        match resource.await {
            Ok(value) => render(value),
            Err(fault) => view! { <ProblemView fault/> }.into_any(),
        }
    });
    boundary(content, skeleton, keep)
}

/// Shows what arrives, and the skeleton until then. Not generic, so that it is compiled once.
pub fn boundary(content: Arrivals, skeleton: fn() -> AnyView, keep: bool) -> AnyView {
    if keep {
        view! { <Transition fallback=skeleton>{content}</Transition> }.into_any()
    } else {
        view! { <Suspense fallback=skeleton>{content}</Suspense> }.into_any()
    }
}

/// A problem in full: what happened, and what to do.
#[component]
pub fn ProblemView(fault: Fault) -> impl IntoView {
    let passing = fault.may_pass();
    let missing = fault.0.status == 404;
    let problem = fault.0;
    view! {
        <Title text=problem.title.clone()/>
        <section class="mx-auto max-w-xl py-12 text-center" role="alert">
            <h1 class="font-display text-3xl">{problem.title}</h1>
            <p class="mt-3">{problem.detail}</p>
            <p class="mt-6 flex flex-wrap justify-center gap-3">
                {(!missing)
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="btn btn-primary"
                                on:click=|_| _ = window().location().reload()
                            >
                                {if passing { "Try again now" } else { "Load the page again" }}
                            </button>
                        }
                    })}
                <A href="/" attr:class="btn">"Go to the market"</A>
            </p>
            {problem
                .request_id
                .map(|id| {
                    view! {
                        <p class="mt-6 text-sm">
                            "If you ask for help, quote " <code>{problem.code.clone()}</code> ", request " <code>{id}</code> "."
                        </p>
                    }
                })}
        </section>
    }
}

/// A few grey lines.
pub fn lines_skeleton() -> AnyView {
    view! {
        <div class="space-y-4" aria-busy="true">
            <span class="sr-only" role="status">"Loading"</span>
            <div class="skeleton h-9 w-2/3"></div>
            <div class="skeleton h-5 w-full"></div>
            <div class="skeleton h-5 w-5/6"></div>
            <div class="skeleton h-40 w-full"></div>
        </div>
    }
    .into_any()
}
