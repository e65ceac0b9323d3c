//! What happened to a training run, and what its job printed.

use leptos::prelude::*;
use wire::{Code, Problem, RunId, RunLogLine};

use super::Sheet;
use crate::backend::{Backend, Caller};
use crate::format::span;

/// Between two looks at the log of a run that goes on.
const AGAIN_MS: u32 = 4_000;

pub async fn sheet(
    backend: &dyn Backend,
    caller: Caller,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let id: RunId = get("run").and_then(|id| id.parse().ok()).ok_or_else(|| {
        Problem::new(Code::NotFound, "A log is a run's: open it from the run's page.")
    })?;
    let head = backend.run(caller, id).await?.head;
    let lines = backend.run_log(caller, id).await?;
    let title = format!("Log of {}", head.label);
    let content = if lines.is_empty() {
        view! { <p>"Nothing has happened to this run yet."</p> }.into_any()
    } else {
        list(head.created_at, &lines)
    };
    let body = view! {
        <p class="text-sm">
            <a href="/train" class="link">"All runs"</a> ", " <a href=format!("/runs/{id}") class="link">{head.label.clone()}</a>
        </p>
        <h1 class="page-title">{title.clone()}</h1>
        <p class="mb-4 max-w-prose">
            {format!("Worked on by {}. Times are since it was asked for; the last thousand lines are shown, the newest last.", head.place.title())}
        </p>
        {content}
    };
    let again_ms = (!head.status.is_over()).then_some(AGAIN_MS);
    Ok(Sheet { title, body: body.to_html(), again_ms })
}

fn list(asked: i64, lines: &[RunLogLine]) -> AnyView {
    let rows = lines.iter().map(|RunLogLine { at, line }| {
        view! {
            <tr>
                <th scope="row" class="whitespace-nowrap align-top font-normal">{format!("+{}", span((at - asked).max(0).cast_unsigned()))}</th>
                <td class="transcript">{line.clone()}</td>
            </tr>
        }
    });
    view! {
        <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Lines of the log">
            <table class="table table-sm">
                <thead><tr><th scope="col">"After"</th><th scope="col">"What"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
