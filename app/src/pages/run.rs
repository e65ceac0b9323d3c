//! One training run: how it goes, live, and what came of it.

mod chart;
mod figures;
mod results;

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};
use wire::{RunCommand, RunHead, RunId, RunPage, RunStatus, Series};

use super::train::unattended;
use super::{for_researchers, missing, run_in_path};
use crate::answer::Answer;
use crate::api;
use crate::browser;
use crate::fault::Fault;
use crate::format;
use crate::parts::{
    Attempt, Confirm, Loaded, Refusal, SignedOut, ask, dynamic, lines_skeleton, progress, run_badge,
};
use crate::run_query::RunQuery;
use crate::series;
use figures::Figures;
use results::{Alarms, Checkpoints, Record};

/// Between two looks at a run that is not over.
const LOOK_MS: u32 = 2_000;

/// Another run as it is laid over this one.
pub type Overlay = (RunId, Series);

#[derive(Clone, Serialize, Deserialize)]
struct Found {
    page: RunPage,
    series: Series,
    /// All runs, by label: what could be laid over this one.
    runs: Vec<(RunId, String)>,
    overlays: Vec<Overlay>,
}

#[component]
pub fn Run() -> impl IntoView {
    let id = run_in_path();
    let map = use_query_map();
    // The address changes with every look at the curves; only another run is asked for anew.
    let with = move || map.with_untracked(|map| RunQuery::read(|key| map.get(key)).with);
    let found = Answer::new(
        move || (id.get(), with()),
        |(id, with)| async move {
            match id {
                Ok(id) => for_researchers(find(id, with)).await,
                Err(fault) => missing(fault),
            }
        },
    );
    view! {
        <Loaded
            resource=found
            skeleton=lines_skeleton
            render=|found| match found {
                Some(found) => view! { <Board found/> }.into_any(),
                None => view! { <Title text="Training"/> <SignedOut about="training runs and their rollouts"/> }.into_any(),
            }
        />
    }
}

async fn find(id: RunId, with: Vec<RunId>) -> Result<Found, Fault> {
    let page = api::run(id).await?;
    let series = api::run_series(id, 0).await?;
    let runs = api::runs().await?.into_iter().map(|head| (head.id, head.label)).collect();
    let overlays = overlays(with).await;
    Ok(Found { page, series, runs, overlays })
}

/// Those that can be had; the page says that others are missing.
async fn overlays(ids: Vec<RunId>) -> Vec<Overlay> {
    let mut found = Vec::new();
    for id in ids {
        if let Ok(series) = api::run_series(id, 0).await {
            found.push((id, series));
        }
    }
    found
}

#[component]
fn Board(found: Found) -> impl IntoView {
    let Found { page, series, runs, overlays } = found;
    let id = page.head.id;
    let label = page.head.label.clone();
    let page = RwSignal::new(page);
    let series = RwSignal::new(series);
    Effect::new(move |_| spawn_local(follow(id, page, series)));
    let head = Memo::new(move |_| page.with(|page| page.head.clone()));
    let evaluated = Memo::new(move |_| page.with(|page| page.evaluated.iter().max().copied()));
    view! {
        <Title text=label.clone()/>
        <p class="text-sm"><A href="/train" attr:class="link">"All runs"</A></p>
        <div class="flex flex-wrap items-baseline justify-between gap-3">
            <h1 class="page-title">{label.clone()}</h1>
            <span role="status">{dynamic(move || run_badge(head.get().status))}</span>
        </div>
        <div class="run-head">
            <div>{dynamic(move || standing(&head.get()))}</div>
            <Commands page head/>
        </div>
        <Alarms page/>
        <p class="mt-4 flex flex-wrap items-center gap-2">
            <A href=format!("/runs/{id}/rollouts") attr:class="btn">"Read the rollouts"</A>
            <A href=format!("/research/run-log?run={id}") attr:class="btn">"Log"</A>
            {dynamic(move || evaluated.get().map(|last| report_link(id, last)))}
        </p>
        <Figures id label page series runs overlays/>
        <div class="lab-grid mt-10">
            <Checkpoints page/>
            <Record page=page.get_untracked()/>
        </div>
    }
}

fn report_link(id: RunId, last: u32) -> AnyView {
    let told = match last {
        0 => "The base is evaluated".to_owned(),
        last => format!("Evaluated after iteration {last}"),
    };
    view! {
        <A href=format!("/runs/{id}/report") attr:class="btn">"Report: before and after"</A>
        <span class="text-sm">{told}</span>
    }
    .into_any()
}

/// Asks again and again until the page is left: for the run as it stands, and for the iterations
/// that are new. A run that is over changes by a command of this page alone.
async fn follow(id: RunId, page: RwSignal<RunPage>, series: RwSignal<Series>) {
    loop {
        browser::sleep(LOOK_MS).await;
        let head = page.try_with_untracked(|p| (p.head.status.is_over(), p.head.iteration));
        let Some(((over, done), known)) = head.zip(series.try_with_untracked(series::last)) else {
            return;
        };
        if over && known >= done {
            continue;
        }
        let Ok(fresh) = api::run(id).await else { continue };
        let done = fresh.head.iteration;
        if page.try_with_untracked(|page| *page != fresh) == Some(true) {
            page.try_set(fresh);
        }
        if done < known {
            // It was tried again, from a checkpoint.
            series.try_update(|series| series::cut(series, done));
        } else if done > known
            && let Ok(more) = api::run_series(id, known).await
        {
            series.try_update(|series| series::extend(series, &more));
        }
    }
}

/// How far it is, in words.
fn standing(head: &RunHead) -> AnyView {
    let who = head.role.map_or("buyer and seller", |role| role.name());
    let worked = match head.worked_ms {
        0 => String::new(),
        ms => format!("Worked {}. ", format::long_span(ms)),
    };
    let left = head.left_ms.filter(|_| !head.status.is_over());
    let left = left.map(|ms| format!("About {} left. ", format::long_span(ms)));
    let stage = head.stage.as_ref().filter(|_| head.status == RunStatus::Running);
    let stage = stage.map(|stage| format!("Now: {stage}."));
    let asked = head.asked.map(|command| match command {
        RunCommand::Pause => "It pauses at the end of this iteration.",
        RunCommand::Resume => "It goes on as soon as a worker takes it.",
        RunCommand::Cancel => "It is being cancelled.",
        RunCommand::Retry => "It is tried again as soon as a worker takes it.",
    });
    view! {
        {progress(head)}
        <p class="mt-1 text-sm">{worked} {left} {stage}</p>
        <p class="text-sm">{format!("Preset {}, learns as {who} against {}.", head.preset, head.opponents)}</p>
        <div role="status">{asked.map(|told| view! { <p class="alert alert-info alert-soft mt-3">{told}</p> })}</div>
        {head
            .failure
            .clone()
            .map(|failure| {
                view! {
                    <div class="alert alert-error alert-soft mt-3 block" role="alert">
                        <p>{failure.sentence}</p>
                        <p class="text-sm">"If you ask for help, quote " <code>{failure.code}</code> "."</p>
                    </div>
                }
            })}
        {(head.status == RunStatus::Queued && !head.attended).then(unattended)}
    }
    .into_any()
}

const COMMANDS: [(RunCommand, &str); 4] = [
    (RunCommand::Pause, "Pause"),
    (RunCommand::Resume, "Resume"),
    (RunCommand::Cancel, "Cancel the run"),
    (RunCommand::Retry, "Try again"),
];

#[component]
fn Commands(page: RwSignal<RunPage>, head: Memo<RunHead>) -> impl IntoView {
    let attempt = Attempt::new();
    let dialog = NodeRef::<Dialog>::new();
    let id = head.with_untracked(|head| head.id);
    let command = Callback::new(move |command: RunCommand| {
        attempt.run(async move {
            let head = api::command_run(id, command).await?;
            page.try_update(|page| page.head = head);
            Ok(())
        });
    });
    let press = move |asked: RunCommand| match asked {
        RunCommand::Cancel => ask(dialog),
        other => command.run(other),
    };
    view! {
        <div>
            <div class="flex flex-wrap gap-2" role="group" aria-label="Commands">
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
                title="Cancel this run?"
                action="Cancel the run"
                action_class="btn-error"
                on_confirm=Callback::new(move |()| command.run(RunCommand::Cancel))
            >
                <p>"It stops at once. What was learnt up to the last iteration is kept, and the run can be tried again from its last checkpoint."</p>
            </Confirm>
        </div>
    }
}
