//! What ran lately: the part of the researchers' first page that changes by itself.

use leptos::prelude::*;
use wire::{Problem, RunHead, RunStatus, SuiteHead};

use super::Sheet;
use crate::backend::{Backend, Caller};
use crate::browser;
use crate::format;
use crate::numbers::number;
use crate::parts::run_badge;

/// Of each kind.
const SHOWN: usize = 4;

pub async fn sheet(backend: &dyn Backend, caller: Caller) -> Result<Sheet, Problem> {
    let suites = backend.suites(caller).await?;
    let runs = backend.runs(caller).await?;
    let going_on = |status: RunStatus| !status.is_over();
    let busy = suites.iter().any(|suite| going_on(suite.status))
        || runs.iter().any(|run| going_on(run.status));
    let now = browser::now_ms();
    let suites: Vec<AnyView> =
        suites.iter().take(SHOWN).map(|suite| suite_item(suite, now)).collect();
    let runs: Vec<AnyView> = runs.iter().take(SHOWN).map(|run| run_item(run, now)).collect();
    let body = view! {
        <div class="grid gap-6 sm:grid-cols-2">
            {list("Evaluations", suites, "No suite yet: measure negotiators against opponents.", "/evaluate")}
            {list("Training runs", runs, "No run yet: let a model learn from its own bargaining.", "/train")}
        </div>
    };
    Ok(Sheet {
        title: "Research".to_owned(),
        body: body.to_html(),
        again_ms: busy.then_some(10_000),
    })
}

fn list(
    title: &'static str,
    items: Vec<AnyView>,
    none: &'static str,
    all: &'static str,
) -> AnyView {
    let empty = items.is_empty();
    view! {
        <section class="min-w-0">
            <h3 class="field-label">{title}</h3>
            {if empty {
                view! { <p class="text-sm">{none}</p> }.into_any()
            } else {
                view! { <ul class="space-y-2">{items}</ul> }.into_any()
            }}
            <p class="mt-2 text-sm"><a class="link" href=all>{if empty { "Begin" } else { "All of them" }}</a></p>
        </section>
    }
    .into_any()
}

fn suite_item(suite: &SuiteHead, now: i64) -> AnyView {
    let told =
        format!("{} of {} episodes, {}", suite.done, suite.of, format::ago(suite.created_at, now));
    view! {
        <li>
            <a class="link font-semibold" href=format!("/suites/{}", suite.id)>{suite.label.clone()}</a> " " {run_badge(suite.status)}
            <p class="text-sm">{told}</p>
        </li>
    }
    .into_any()
}

fn run_item(run: &RunHead, now: i64) -> AnyView {
    let reward = run.rewards.last().map(|reward| format!(", reward {}", number(*reward)));
    let told = format!(
        "iteration {} of {}{}, {}",
        run.iteration,
        run.of,
        reward.unwrap_or_default(),
        format::ago(run.created_at, now)
    );
    view! {
        <li>
            <a class="link font-semibold" href=format!("/runs/{}", run.id)>{run.label.clone()}</a> " " {run_badge(run.status)}
            <p class="text-sm">{told}</p>
        </li>
    }
    .into_any()
}
