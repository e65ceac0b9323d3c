//! Signing in: plain forms, which work without scripts.

use crate::parts::dynamic;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// What a problem's code in the address means to the one who signs in.
fn explained(code: &str) -> &'static str {
    match code {
        "link_used" => {
            "That link has been used or is too old. The server prints a new one when it starts without a password set."
        }
        "too_many_requests" => "Too many attempts. Wait a minute and try again.",
        "unavailable" => "Souk's database is away for the moment. Try again shortly.",
        _ => "E-mail or password are wrong.",
    }
}

#[component]
pub fn SignIn() -> impl IntoView {
    let query = use_query_map();
    let problem = move || query.with(|query| query.get("problem"));
    view! {
        <Title text="Sign in"/>
        <section class="mx-auto max-w-sm py-8">
            <h1 class="font-display text-3xl">"Sign in to research"</h1>
            <p class="mt-2">"Bargaining needs no account. Researchers sign in to read transcripts and to make API keys."</p>
            <div role="alert">
                {dynamic(move || {
                    problem()
                        .map(|code| view! { <p class="alert alert-error alert-soft mt-4">{explained(&code)}</p> })
                })}
            </div>
            <form method="post" action="/auth/sign-in" rel="external" class="mt-6 space-y-4">
                <div>
                    <label class="field-label" for="email">"E-mail"</label>
                    <input id="email" name="email" type="email" required autocomplete="username" class="input w-full"/>
                </div>
                <div>
                    <label class="field-label" for="password">"Password"</label>
                    <input id="password" name="password" type="password" required autocomplete="current-password" class="input w-full"/>
                </div>
                <button class="btn btn-primary w-full">"Sign in"</button>
            </form>
            <p class="mt-6 text-sm">
                "First time here? The server prints a sign-in link to its terminal when it starts."
            </p>
        </section>
    }
}

/// The first-run link: a button, so that a link preview does not use it up.
#[component]
pub fn FirstLink() -> impl IntoView {
    let params = use_params_map();
    let action = move || {
        format!("/auth/link/{}", params.with(|params| params.get("token")).unwrap_or_default())
    };
    view! {
        <Title text="Sign in by link"/>
        <section class="mx-auto max-w-sm py-16 text-center">
            <h1 class="font-display text-3xl">"Welcome to Souk"</h1>
            <p class="mt-3">"This link signs you in as the researcher. It works once."</p>
            <form method="post" action=action class="mt-8">
                <button class="btn btn-primary btn-lg">"Sign in"</button>
            </form>
        </section>
    }
}
