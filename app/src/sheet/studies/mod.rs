//! Studies for researchers: the list, and one by its parts.

mod build;
mod file;
mod overview;
mod participant;
mod participants;
mod payments;
mod results;

pub use file::refused as file_refused;

use leptos::prelude::*;
use study::Study;
use study::desk::{StudyHead, StudyStatus};
use wire::{Problem, StudyId};

use super::Sheet;
use crate::backend::{Backend, Caller};
use crate::browser;
use crate::format;
use crate::study_desk::StudyPage;

/// Between two looks at a study that is under way.
const LOOK_MS: u32 = 5_000;
/// A participant is called by the id's characters from here on.
const SHORT: usize = 30;

pub async fn list(
    backend: &dyn Backend,
    caller: Caller,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let studies = backend.studies(caller).await?;
    let now = browser::now_ms();
    let items = studies.iter().map(|study| {
        view! {
            <li class="panel">
                <a class="link font-semibold" href=format!("/studies/{}", study.id)>{study.title.clone()}</a>
                <p class="text-sm">{format!("{}, {}", state(study), format::ago(study.created_ms, now))}</p>
                <p class="text-sm">{format!("{} completed, {} under way", study.completed, study.under_way)}</p>
            </li>
        }
    });
    let items = items.collect_view();
    let problem = get("problem").map(|code| match code.as_str() {
        "study_slug_unique" => "Another study has this name in addresses: choose another.",
        _ => "The name in addresses is 3 to 40 of a-z, 0-9 and -.",
    });
    let bases = studies.iter().map(|study| {
        view! { <option value=study.id.to_string()>{format!("{} ({})", study.title, study.slug)}</option> }
    });
    let body = view! {
        <p class="text-sm"><a href="/research" class="link">"Research"</a></p>
        <h1 class="page-title">"Studies"</h1>
        <p class="mb-4 max-w-prose">
            "Recruited people bargain against models, or against each other, without knowing which. What they do is stored as episodes beside all others."
        </p>
        <div class="lab-grid">
            <section aria-labelledby="studies-title">
                <h2 id="studies-title" class="section-title">"Studies, newest first"</h2>
                {if studies.is_empty() {
                    view! { <p>"No study yet. The form makes one from the study that comes with Souk: base against trained."</p> }.into_any()
                } else {
                    view! { <ul class="space-y-3">{items}</ul> }.into_any()
                }}
            </section>
            <section aria-labelledby="new-title">
                <h2 id="new-title" class="section-title">"A new study"</h2>
                {problem.map(|told| view! { <p role="alert" class="alert alert-error alert-soft mb-3">{told}</p> })}
                <form method="post" action="/research/studies" class="panel space-y-3">
                    <div>
                        <label class="field-label" for="slug">"Name in addresses"</label>
                        <input id="slug" name="slug" required class="input w-full" pattern="[a-z0-9\\-]{3,40}" placeholder="selling-by-chat"/>
                    </div>
                    <div>
                        <label class="field-label" for="from">"Begin with"</label>
                        <select id="from" name="from" class="select w-full">
                            <option value="">"Base against RLVR-trained, as it comes with Souk"</option>
                            {bases.collect_view()}
                        </select>
                    </div>
                    <button class="btn btn-primary">"Make a draft"</button>
                </form>
            </section>
        </div>
    };
    Ok(Sheet { title: "Studies".to_owned(), body: body.to_html(), again_ms: None })
}

fn state(study: &StudyHead) -> String {
    format!("{}{}", study.status.name(), if study.pilot { ", a pilot" } else { "" })
}

pub async fn one(
    backend: &dyn Backend,
    caller: Caller,
    id: StudyId,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let page = backend.study(caller, id).await?;
    let under_way =
        page.card.status == StudyStatus::Open && get("view").is_none_or(|v| v == "participants");
    let told = get("refused").map(|why| {
        view! { <p role="alert" class="alert alert-error alert-soft mb-4">{why}</p> }
    });
    let view = get("view").unwrap_or_else(|| "overview".to_owned());
    let part = match view.as_str() {
        "build" => build::part(&page, get("part")),
        "file" => file::part(&page, get("compare")),
        "participants" => participants::part(&page),
        "participant" => match get("who").and_then(|who| who.parse().ok()) {
            Some(who) => participant::part(&backend.study_participant(caller, id, who).await?),
            None => participants::part(&page),
        },
        "results" => results::part(&page, &backend.study_results(caller, id).await?),
        "payments" => payments::part(&page),
        _ => overview::part(&page),
    };
    let tabs = [
        ("overview", "Overview"),
        ("build", "Build"),
        ("file", "File"),
        ("participants", "Participants"),
        ("results", "Results"),
        ("payments", "Pay and privacy"),
    ];
    let tabs = tabs.map(|(name, title)| {
        let within = view == "participant" && name == "participants";
        let here = (name == view || within).then_some("page");
        view! { <li><a class="btn btn-sm" href=format!("/studies/{id}?view={name}") aria-current=here>{title}</a></li> }
    });
    let body = view! {
        <p class="text-sm"><a href="/research/studies" class="link">"Studies"</a></p>
        <h1 class="page-title">{page.card.title.clone()}</h1>
        <p class="mb-4">{format!("{}; {} completed, {} under way", state(&page.card), page.card.completed, page.card.under_way)}</p>
        {told}
        <nav aria-label="Parts of the study" class="mb-6"><ul class="flex flex-wrap gap-2">{tabs.into_iter().collect_view()}</ul></nav>
        {part}
    };
    Ok(Sheet {
        title: format!("Study: {}", page.card.title),
        body: body.to_html(),
        again_ms: under_way.then_some(LOOK_MS),
    })
}

fn command(
    page: &StudyPage,
    what: &'static str,
    label: &'static str,
    class: &'static str,
) -> AnyView {
    view! {
        <form method="post" action=format!("/studies/{}/do", page.card.id)>
            <button class=class name="do" value=what>{label}</button>
        </form>
    }
    .into_any()
}

fn cents(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// What a cell of the assignment is called: its condition, or their order.
fn cell_name(study: &Study, cell: usize) -> String {
    let cell = study::cells::cells(study).into_iter().nth(cell).unwrap_or_default();
    let mut names: Vec<&str> =
        cell.iter().filter_map(|n| study.conditions.get(*n)).map(|c| c.name.as_str()).collect();
    names.dedup();
    names.join(", then ")
}
