//! A researcher's page: episodes, API keys, the own password.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;
use wire::{Code, EpisodeQuery, EpisodeSummary};

use super::sheet::Shown;
use crate::account::{Account, ApiKeyInfo, EpisodeCounts};
use crate::answer::Answer;
use crate::api;
use crate::browser;
use crate::fault::Fault;
use crate::format;
use crate::parts::{
    Attempt, EpisodeList, Loaded, Refusal, SignedOut, arriving, boundary, dynamic, lines_skeleton,
};
use crate::sheet;

type Desk = (Account, EpisodeCounts, Vec<EpisodeSummary>, sheet::Sheet);

/// Laid out by the server, as the sheets are.
const LATELY: &str = "/research/overview";

async fn desk() -> Result<Desk, Fault> {
    let Some(account) = api::own_account().await? else {
        let detail = "This page is for researchers. Sign in and come back.";
        return Err(Fault::new(Code::Unauthorized, detail));
    };
    let recent = EpisodeQuery { limit: Some(12), ..Default::default() };
    let lately = api::sheet_at(LATELY.to_owned(), Vec::new()).await?;
    Ok((account, api::counts().await?, api::episodes(recent).await?, lately))
}

#[component]
pub fn Research() -> impl IntoView {
    let desk = Answer::new(
        || (),
        |()| async {
            match desk().await {
                // Said by the page itself, with a way in, rather than as a fault.
                Err(fault) if fault.0.status == 401 => Ok(None),
                other => other.map(Some),
            }
        },
    );
    view! {
        <Title text="Research"/>
        <Loaded
            resource=desk
            skeleton=lines_skeleton
            render=|desk| match desk {
                Some((account, counts, recent, lately)) => {
                    view! { <Desk account counts recent lately/> }.into_any()
                }
                None => view! { <SignedOut about="transcripts, counts, API keys"/> }.into_any(),
            }
        />
    }
}

#[component]
fn Desk(
    account: Account,
    counts: EpisodeCounts,
    recent: Vec<EpisodeSummary>,
    lately: sheet::Sheet,
) -> impl IntoView {
    let figures = [
        ("Episodes", counts.total),
        ("Live", counts.live),
        ("Deals", counts.deals),
        ("Walked away", counts.walked_away),
        ("Ended otherwise", counts.other),
    ];
    view! {
        <div class="flex flex-wrap items-end justify-between gap-3">
            <h1 class="page-title">"Research"</h1>
            <form method="post" action="/auth/sign-out" class="flex items-center gap-3 pb-4 text-sm">
                <span>{account.email.clone()}</span>
                <button class="btn btn-sm">"Sign out"</button>
            </form>
        </div>
        <dl class="stats-row">
            {figures
                .into_iter()
                .map(|(name, n)| view! { <div><dt>{name}</dt><dd class="price">{n}</dd></div> })
                .collect_view()}
        </dl>
        <div class="mt-10 grid gap-10 lg:grid-cols-[3fr_2fr]">
            <section>
                <h2 class="section-title">"What ran"</h2>
                <div class="mb-10"><Shown path=LATELY.to_owned() query=Vec::new() sheet=lately/></div>
                <h2 class="section-title">"Latest episodes"</h2>
                <p class="mb-3 text-sm"><A href="/research/episodes" attr:class="link">"All episodes"</A> ", to search and filter; " <A href="/research/figures" attr:class="link">"figures"</A> ", " <A href="/research/ratings" attr:class="link">"ratings"</A></p>
                {if recent.is_empty() {
                    view! { <p>"No episode yet. Bargain at a stall, or seat two negotiators under Watch."</p> }.into_any()
                } else {
                    view! { <EpisodeList items=recent/> }.into_any()
                }}
            </section>
            <div class="space-y-10">
                <section>
                    <h2 class="section-title">"Language models"</h2>
                    <p>"What is loaded, how fast it answers, and who waits. " <A href="/models" attr:class="link">"See the models"</A></p>
                </section>
                <section>
                    <h2 class="section-title">"Evaluation"</h2>
                    <p>"Negotiators against opponents over the same products: who is better, and how sure that is. " <A href="/evaluate" attr:class="link">"See the suites"</A></p>
                </section>
                <section>
                    <h2 class="section-title">"Ladders"</h2>
                    <p>"Who is better than whom over all that was played, people and models alike. " <A href="/research/ladders" attr:class="link">"See the ladders"</A> ", or " <A href="/research/compare" attr:class="link">"compare two"</A></p>
                </section>
                <section>
                    <h2 class="section-title">"Studies"</h2>
                    <p>"Many stalls and buyers at once, by bargaining, posted prices and an auction. " <A href="/research/markets" attr:class="link">"See a market"</A></p>
                    <p>"Recruited people bargain against models, blind, and are paid by what they earned. " <A href="/research/studies" attr:class="link">"See the studies"</A></p>
                </section>
                <section>
                    <h2 class="section-title">"Training"</h2>
                    <p>"Runs that teach a model to bargain: how they go, and every rollout. " <A href="/train" attr:class="link">"See the runs"</A></p>
                </section>
                <Keys/>
                <Password account/>
            </div>
        </div>
    }
}

#[component]
fn Keys() -> impl IntoView {
    let label = RwSignal::new(String::new());
    let change = Attempt::new();
    let fresh = RwSignal::new(None::<String>);
    // Each change asks for the keys anew.
    let changes = RwSignal::new(0_u32);
    let keys = Answer::new(move || changes.get(), |_| api::api_keys());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let text = label.get_untracked().trim().to_owned();
        if text.is_empty() {
            return;
        }
        change.run(async move {
            let new = api::create_api_key(text).await?;
            fresh.try_set(Some(new.secret));
            label.try_set(String::new());
            changes.try_update(|n| *n += 1);
            Ok(())
        });
    };
    let revoke = Callback::new(move |id: Uuid| {
        change.run(async move {
            api::revoke_api_key(id).await?;
            fresh.try_set(None);
            changes.try_update(|n| *n += 1);
            Ok(())
        });
    });
    view! {
        <section>
            <h2 class="section-title">"API keys"</h2>
            <form on:submit=submit class="flex flex-wrap items-end gap-2">
                <div class="grow">
                    <label class="field-label" for="key-label">"What the key is for"</label>
                    <input id="key-label" class="input w-full" maxlength="80" required prop:value=label on:input=move |event| label.set(event_target_value(&event))/>
                </div>
                <button class="btn btn-primary" disabled=move || change.is_pending()>"Make a key"</button>
            </form>
            <Refusal attempt=change/>
            <div role="status">
                {dynamic(move || {
                    fresh
                        .get()
                        .map(|secret| {
                            view! {
                                <div class="alert alert-success alert-soft mt-3 block">
                                    <p>"Copy it now: it is not shown again."</p>
                                    <p class="mt-1 break-all"><code>{secret}</code></p>
                                </div>
                            }
                        })
                })}
            </div>
            {boundary(arriving(move || async move {
                    match keys.await {
                        Ok(keys) => view! { <KeyList keys revoke change/> }.into_any(),
                        Err(fault) => view! { <p class="mt-3">{fault.0.detail}</p> }.into_any(),
                    }
                }), lines_skeleton, true)}
        </section>
    }
}

#[component]
fn KeyList(keys: Vec<ApiKeyInfo>, revoke: Callback<Uuid>, change: Attempt) -> impl IntoView {
    let now = browser::now_ms();
    if keys.is_empty() {
        return view! { <p class="mt-3 text-sm">"You have no key yet."</p> }.into_any();
    }
    view! {
        <ul class="list mt-3 rounded-box border border-base-300 bg-base-100">
            {keys
                .into_iter()
                .map(|key| {
                    let used = match key.last_used_ms {
                        Some(at) => format!("used {}", format::ago(at, now)),
                        None => "never used".to_owned(),
                    };
                    let id = key.id;
                    view! {
                        <li class="list-row items-center">
                            <div class="list-col-grow min-w-0">
                                <p class="font-semibold">{key.label.clone()}</p>
                                <p class="text-sm"><code>{format!("{}…", key.prefix)}</code> ", " {used}</p>
                            </div>
                            <button
                                type="button"
                                class="btn btn-sm"
                                aria-label=format!("Revoke the key {}", key.label)
                                disabled=move || change.is_pending()
                                on:click=move |_| revoke.run(id)
                            >
                                "Revoke"
                            </button>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn Password(account: Account) -> impl IntoView {
    let query = use_query_map();
    let problem = move || query.with(|query| query.get("problem"));
    let done = move || query.with(|query| query.get("done").is_some());
    view! {
        <section>
            <h2 class="section-title">{if account.has_password { "Change your password" } else { "Set a password" }}</h2>
            {(!account.has_password)
                .then(|| view! { <p class="mb-3">"Until you set one, Souk answers on this machine alone."</p> })}
            <div role="status">
                {dynamic(move || done().then(|| view! { <p class="alert alert-success alert-soft mb-3">"The password is set."</p> }))}
            </div>
            <div role="alert">
                {dynamic(move || {
                    problem()
                        .map(|_| {
                            view! {
                                <p class="alert alert-error alert-soft mb-3">
                                    "The password was not set: write the same one twice, at least 10 characters."
                                </p>
                            }
                        })
                })}
            </div>
            <form method="post" action="/auth/password" class="space-y-3">
                <input type="hidden" name="username" value=account.email autocomplete="username"/>
                <div>
                    <label class="field-label" for="password">"New password"</label>
                    <input id="password" name="password" type="password" minlength="10" required autocomplete="new-password" class="input w-full"/>
                </div>
                <div>
                    <label class="field-label" for="again">"Once more"</label>
                    <input id="again" name="again" type="password" minlength="10" required autocomplete="new-password" class="input w-full"/>
                </div>
                <button class="btn">"Set the password"</button>
            </form>
        </section>
    }
}
