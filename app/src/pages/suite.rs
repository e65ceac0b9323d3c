//! One suite: how far it is, and its figures so far.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::components::A;
use wire::{RunCommand, SuiteHead};

use super::evaluate::standing;
use super::{for_researchers, missing, suite_in_path};
use crate::answer::Answer;
use crate::api;
use crate::browser;
use crate::parts::{
    Attempt, Confirm, Loaded, Refusal, SignedOut, ask, dynamic, lines_skeleton, run_badge,
};
use crate::suite::SuiteMarkup;

/// Between two looks at a suite that goes on.
const LOOK_MS: u32 = 4_000;

#[component]
pub fn Suite() -> impl IntoView {
    let id = suite_in_path();
    let found = Answer::new(
        move || id.get(),
        |id| async move {
            match id {
                Ok(id) => for_researchers(api::suite_of(id)).await,
                Err(fault) => missing(fault),
            }
        },
    );
    view! {
        <Title text="Suite"/>
        <Loaded
            resource=found
            skeleton=lines_skeleton
            render=|found| match found {
                Some(suite) => view! { <Board suite/> }.into_any(),
                None => view! { <SignedOut about="evaluations and their figures"/> }.into_any(),
            }
        />
    }
}

#[component]
fn Board(suite: SuiteMarkup) -> impl IntoView {
    let title = suite.head.label.clone();
    let now = RwSignal::new(suite);
    let head = Memo::new(move |_| now.with(|suite| suite.head.clone()));
    let figures = Memo::new(move |_| now.with(|suite| suite.figures.clone()));
    Effect::new(move |_| spawn_local(keep_looking(now)));
    view! {
        <p class="text-sm"><A href="/evaluate" attr:class="link">"All suites"</A></p>
        <div class="flex flex-wrap items-end justify-between gap-3">
            <h1 class="page-title">{title}</h1>
            <span role="status" class="pb-4">{dynamic(move || run_badge(head.with(|head| head.status)))}</span>
        </div>
        {dynamic(move || head.with(standing))}
        <Commands now head/>
        <div inner_html=move || figures.get()></div>
    }
}

async fn keep_looking(now: RwSignal<SuiteMarkup>) {
    loop {
        browser::sleep(LOOK_MS).await;
        let seen = now.try_with_untracked(|suite| (suite.head.id, suite.head.status.is_over()));
        let Some((id, is_over)) = seen else { return };
        if !is_over
            && let Ok(suite) = api::suite_of(id).await
            && now.try_set(suite).is_some()
        {
            return;
        }
    }
}

const COMMANDS: [(RunCommand, &str); 4] = [
    (RunCommand::Pause, "Pause"),
    (RunCommand::Resume, "Resume"),
    (RunCommand::Cancel, "Cancel the suite"),
    (RunCommand::Retry, "Try again"),
];

#[component]
fn Commands(now: RwSignal<SuiteMarkup>, head: Memo<SuiteHead>) -> impl IntoView {
    let attempt = Attempt::new();
    let dialog = NodeRef::<Dialog>::new();
    let id = head.with_untracked(|head| head.id);
    let command = Callback::new(move |command: RunCommand| {
        attempt.run(async move {
            let head = api::command_suite(id, command).await?;
            now.try_update(|suite| suite.head = head);
            Ok(())
        });
    });
    let press = move |asked: RunCommand| match asked {
        RunCommand::Cancel => ask(dialog),
        other => command.run(other),
    };
    view! {
        <div class="mt-3 flex flex-wrap gap-2" role="group" aria-label="Commands">
            {COMMANDS
                .into_iter()
                .map(|(asked, name)| {
                    let takes = Memo::new(move |_| head.with(|head| head.status.takes(asked) && head.asked != Some(asked)));
                    view! {
                        <button type="button" class="btn btn-sm" disabled=move || !takes.get() || attempt.is_pending() on:click=move |_| press(asked)>
                            {name}
                        </button>
                    }
                })
                .collect_view()}
        </div>
        <Refusal attempt/>
        <Confirm
            dialog
            id="cancel-title"
            title="Cancel this suite?"
            action="Cancel the suite"
            action_class="btn-error"
            on_confirm=Callback::new(move |()| command.run(RunCommand::Cancel))
        >
            <p>"It stops within seconds. What was played is kept and stays in the figures, and it can be gone on with."</p>
        </Confirm>
    }
}
