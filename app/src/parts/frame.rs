//! What stands around every page.

use leptos::prelude::*;
use leptos_router::components::A;

use super::dynamic::arriving;
use super::icon::{Icon, Mark};
use super::load::boundary;
use crate::answer::Answer;
use crate::api;
use crate::browser::toggle_theme;

#[component]
pub fn Header() -> impl IntoView {
    let account = Answer::new(|| (), |()| api::own_account());
    view! {
        <header class="bg-base-100">
            <div class="mx-auto flex max-w-6xl flex-wrap items-center gap-x-6 gap-y-1 px-4 pb-2 pt-3 sm:px-6">
                <A href="/" attr:class="flex items-center gap-2 rounded-field">
                    <Mark/>
                    <span class="font-display text-2xl font-semibold tracking-tight">"Souk"</span>
                </A>
                <nav aria-label="Main" class="order-last w-full sm:order-none sm:w-auto sm:grow">
                    <ul class="main-nav -mx-2 flex items-center gap-1">
                        <li><A href="/" exact=true>"Market"</A></li>
                        <li><A href="/watch">"Watch"</A></li>
                        <li><A href="/me">"My talks"</A></li>
                        <li><A href="/about">"How it works"</A></li>
                    </ul>
                </nav>
                <div class="ml-auto flex items-center gap-1">
                    {boundary(arriving(move || async move {
                            match account.await {
                                Ok(Some(_)) => {
                                    view! { <A href="/research" attr:class="btn btn-ghost btn-sm">"Research"</A> }
                                        .into_any()
                                }
                                _ => {
                                    view! { <A href="/sign-in" attr:class="btn btn-ghost btn-sm">"Sign in"</A> }
                                        .into_any()
                                }
                            }
                        }), || ().into_any(), false)}
                    <button
                        type="button"
                        class="btn btn-ghost btn-square btn-sm"
                        aria-label="Switch between light and dark"
                        on:click=|_| toggle_theme()
                    >
                        <span class="theme-sun">{Icon::Sun.draw()}</span>
                        <span class="theme-moon">{Icon::Moon.draw()}</span>
                    </button>
                </div>
            </div>
            <div class="awning" aria-hidden="true"></div>
        </header>
    }
}

#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="border-t border-base-300 bg-base-200 text-sm">
            <div class="mx-auto flex max-w-6xl flex-wrap items-baseline gap-x-6 gap-y-2 px-4 py-6 sm:px-6">
                <p class="grow">
                    "Limits stay private until a talk is over; every talk is kept as an episode anyone can recompute."
                </p>
                <ul class="flex flex-wrap gap-4">
                    <li><A href="/about" attr:class="link">"Rules and rewards"</A></li>
                    <li><A href="/models" attr:class="link">"Models"</A></li>
                    <li><a href="/api/docs" rel="external" class="link">"API"</a></li>
                </ul>
            </div>
        </footer>
    }
}
