//! The study's file, its versions, and what each changed.

use leptos::prelude::*;
use similar::{ChangeTag, TextDiff};

use crate::browser;
use crate::format;
use crate::study_desk::StudyPage;

pub fn part(page: &StudyPage, compare: Option<String>) -> AnyView {
    let now = browser::now_ms();
    let versions = page.versions.iter().map(|one| {
        let told = format!("Version {}, {}, by {}, {}", one.version, one.note, one.by, format::ago(one.at_ms, now));
        let changed = (one.version > 1).then(|| {
            view! { <a class="link" href=format!("/studies/{}?view=file&compare={}", page.card.id, one.version)>{format!("What version {} changed", one.version)}</a> }
        });
        view! { <li><a class="link" href=format!("/studies/{}/files/{}", page.card.id, one.version) rel="external">{told}</a> " " <code class="text-xs">{one.hash.chars().take(12).collect::<String>()}</code> " " {changed}</li> }
    });
    let editor = if page.is_frozen {
        view! {
            <p class="mb-2">"It is frozen since the launch. To change something, begin another study from it."</p>
            <pre class="panel overflow-x-auto text-sm">{page.file.clone()}</pre>
        }
        .into_any()
    } else {
        editor(page, &page.file, "")
    };
    view! {
        <div class="lab-grid">
            <section aria-labelledby="file-title"><h2 id="file-title" class="section-title">{format!("Version {}", page.version)}</h2>{editor}</section>
            <section aria-labelledby="versions-title">
                <h2 id="versions-title" class="section-title">"Versions"</h2>
                <ul class="space-y-1 text-sm">{versions.collect_view()}</ul>
                {compare.and_then(|version| changes(page, &version))}
            </section>
        </div>
    }
    .into_any()
}

fn editor(page: &StudyPage, file: &str, note: &str) -> AnyView {
    view! {
        <form method="post" action=format!("/studies/{}/file", page.card.id) class="space-y-3">
            <label class="field-label" for="file">"The study, as TOML. Paste another study's file to import it."</label>
            // A browser drops the first line break of a text.
            <textarea id="file" name="file" class="textarea w-full font-mono text-sm" rows="32" spellcheck="false">{format!("\n{file}")}</textarea>
            <div>
                <label class="field-label" for="note">"What is changed"</label>
                <input id="note" name="note" class="input w-full" maxlength="200" value=note.to_owned()/>
            </div>
            <button class="btn btn-primary">"Keep this version"</button>
        </form>
    }
    .into_any()
}

/// A document with a file that cannot be kept, as it was written, so that nothing of it is lost.
pub fn refused(page: &StudyPage, file: &str, note: &str, why: &str, css: &str) -> String {
    let document = view! {
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{format!("Not kept: {}", page.card.title)}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=css.to_owned()/>
            </head>
            <body>
                <main id="main" class="mx-auto w-full max-w-4xl px-4 py-6">
                    <p class="text-sm"><a href=format!("/studies/{}?view=file", page.card.id) class="link">"Back, and drop what is changed here"</a></p>
                    <h1 class="page-title">"This file is not kept yet"</h1>
                    <div role="alert" class="alert alert-error alert-soft mb-4"><pre class="whitespace-pre-wrap text-sm">{why.to_owned()}</pre></div>
                    {editor(page, file, note)}
                </main>
            </body>
        </html>
    };
    format!("<!DOCTYPE html>{}", document.to_html())
}

/// What a version changed of the one before it.
fn changes(page: &StudyPage, version: &str) -> Option<AnyView> {
    let at = page.versions.iter().position(|one| one.version.to_string() == version)?;
    let (new, old) = (page.versions.get(at)?, page.versions.get(at + 1)?);
    let diff = TextDiff::from_lines(&old.file, &new.file);
    let lines = diff.grouped_ops(2).into_iter().flatten().flat_map(|op| {
        let lines: Vec<AnyView> = diff
            .iter_changes(&op)
            .map(|change| {
                let text = change.value().trim_end_matches('\n').to_owned();
                match change.tag() {
                    ChangeTag::Delete => {
                        view! { <del class="diff-line">{format!("\u{2212} {text}")}</del> }
                            .into_any()
                    }
                    ChangeTag::Insert => {
                        view! { <ins class="diff-line">{format!("+ {text}")}</ins> }.into_any()
                    }
                    ChangeTag::Equal => {
                        view! { <span class="diff-line">{format!("  {text}")}</span> }.into_any()
                    }
                }
            })
            .collect();
        lines
    });
    let view = view! {
        <h2 class="section-title mt-6">{format!("Version {} against {}", new.version, old.version)}</h2>
        <pre class="panel overflow-x-auto text-sm" tabindex="0" role="region" aria-label="Changes">{lines.collect_view()}</pre>
    };
    Some(view.into_any())
}
