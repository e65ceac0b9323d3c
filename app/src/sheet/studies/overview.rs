//! State, links, preview, codes, balance, pay so far, what is promised.

use std::collections::BTreeMap;

use leptos::prelude::*;
use study::End;
use study::assignment::outlook;
use study::desk::StudyStatus;

use super::{cell_name, cents, command};
use crate::format;
use crate::numbers::number;
use crate::study_desk::StudyPage;

pub fn part(page: &StudyPage) -> AnyView {
    let flaws = page.flaws.iter().map(|flaw| {
        let part = super::build::part_of(&flaw.place);
        let at = format!("/studies/{}?view=build&part={part}#{}", page.card.id, flaw.place);
        view! { <li><a class="link font-mono" href=at>{flaw.place.clone()}</a> ": " {flaw.sentence.clone()}</li> }
    });
    let launch = match (page.card.status, page.flaws.is_empty()) {
        (StudyStatus::Draft, true) => view! {
            <p class="mb-3">"The file is complete. Launching freezes it, with a preregistration made of it."</p>
            <div class="flex flex-wrap gap-3">
                {command(page, "pilot", "Launch a pilot", "btn")}
                <details>
                    <summary class="btn btn-primary">"Launch"</summary>
                    <p class="my-2">"From then on people can be let in, and the file can no longer be changed."</p>
                    {command(page, "launch", "Yes, launch it", "btn btn-primary")}
                </details>
            </div>
        }
        .into_any(),
        (StudyStatus::Draft, false) => view! {
            <p class="mb-2">"Before it can be launched:"</p>
            <ul class="list-disc pl-5 space-y-1">{flaws.collect_view()}</ul>
            <p class="mt-3 flex flex-wrap gap-3">
                <a class="btn" href=format!("/studies/{}?view=build", page.card.id)>"Change it in forms"</a>
                <a class="btn btn-ghost" href=format!("/studies/{}?view=file", page.card.id)>"Change the file"</a>
            </p>
        }
        .into_any(),
        (StudyStatus::Open, _) => view! {
            <div class="flex flex-wrap gap-3">
                {command(page, "pause", "Pause", "btn")}
                {close(page)}
                {page.card.pilot.then(|| bots(page))}
                {(!page.soft_stop_lifted).then(|| command(page, "lift", "Let people in beyond the soft stop", "btn btn-ghost"))}
            </div>
        }
        .into_any(),
        (StudyStatus::Paused, _) => view! {
            <p class="mb-3">"Pages say that the study is paused; nothing is lost, and no time runs out."</p>
            <div class="flex flex-wrap gap-3">{command(page, "open", "Go on", "btn btn-primary")} {close(page)}</div>
        }
        .into_any(),
        _ => view! { <p>"It is closed: nobody is let in. Who is under way may finish."</p> }.into_any(),
    };
    let study = &page.study;
    let link = format!("/s/{}", page.card.slug);
    let places = [
        "consent",
        "eligibility",
        "instructions",
        "practice",
        "quiz",
        "ready",
        "waiting",
        "choosing",
        "survey",
        "debrief",
        "over",
    ];
    let preview = |at: String, told: String| {
        view! { <li><a class="link" href=format!("/studies/{}/preview/{at}", page.card.id) rel="external">{told}</a></li> }
    };
    let previews = places.map(|place| preview(place.to_owned(), place.to_owned()));
    let tables = study.conditions.iter().enumerate().map(|(n, condition)| {
        preview(format!("negotiating?condition={n}"), format!("talk, {}", condition.name))
    });
    let tables = tables.collect_view();
    let simulated = outlook(study);
    let balance = balance(page);
    view! {
        <section class="panel mb-6" aria-labelledby="state-title">
            <h2 id="state-title" class="section-title">"State"</h2>
            {launch}
        </section>
        <div class="lab-grid">
            <section aria-labelledby="link-title">
                <h2 id="link-title" class="section-title">"Links"</h2>
                <p>"At Prolific, the study's address is this server's with"</p>
                <p><code class="break-all">{format!("{link}?PROLIFIC_PID={{{{%PROLIFIC_PID%}}}}&STUDY_ID={{{{%STUDY_ID%}}}}&SESSION_ID={{{{%SESSION_ID%}}}}")}</code></p>
                <p class="mt-2">"At MTurk the worker's, the assignment's and the HIT's ids are added by the platform."</p>
                {guests(page, &link)}
                <h2 class="section-title mt-6">"Preview"</h2>
                <p>"As participants see it, with nothing stored:"</p>
                <ul class="flex flex-wrap gap-x-4">{previews.into_iter().collect_view()} {tables}</ul>
                <h2 class="section-title mt-6">"Completion codes"</h2>
                <table class="table table-sm w-auto"><tbody>
                    {page.codes.iter().map(|(end, code)| view! { <tr><th scope="row" class="font-normal">{end.name()}</th><td class="font-mono">{code.clone()}</td></tr> }).collect_view()}
                </tbody></table>
            </section>
            <section aria-labelledby="balance-title">
                <h2 id="balance-title" class="section-title">"Balance"</h2>
                <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Balance of conditions"><table class="table table-sm w-auto">
                    <thead><tr><th scope="col">"Condition"</th><th scope="col">"Completed"</th><th scope="col">"Under way"</th></tr></thead>
                    <tbody>
                        {balance.iter().map(|(name, done, going)| view! { <tr><th scope="row" class="font-normal">{name.clone()}</th><td>{done.to_string()}</td><td>{going.to_string()}</td></tr> }).collect_view()}
                    </tbody>
                </table></div>
                <p class="mt-2">{format!("{} of {} completers.", page.card.completed, study.recruitment.completers)}</p>
                <h2 class="section-title mt-6">"Pay so far"</h2>
                <p>{format!("{} of at most {} {}.", cents(page.owed), cents(study.pay.most), study.pay.currency)}</p>
                <progress class="progress progress-primary" max=study.pay.most.to_string() value=page.owed.to_string() aria-label="Pay so far, of the most"></progress>
                <h2 class="section-title mt-6">"Assignment, simulated"</h2>
                <p>{format!(
                    "{} cohorts with 15% who leave: conditions differ by {} completers at the mean, {} at worst; who knows all earlier assignments guesses the next one {} of the time, by chance {}.",
                    simulated.cohorts, number(simulated.imbalance_mean), simulated.imbalance_worst,
                    format::percent(simulated.guessed), format::percent(simulated.by_chance),
                )}</p>
                {page.preregistration.clone().map(|text| view! {
                    <h2 class="section-title mt-6">"Preregistration"</h2>
                    <details><summary class="cursor-pointer">"The document"</summary><pre class="whitespace-pre-wrap text-sm">{text}</pre></details>
                    <p class="mt-2"><a class="btn btn-sm" href=format!("/studies/{}/preregistration.md", page.card.id) rel="external">"Download"</a></p>
                })}
            </section>
        </div>
    }
    .into_any()
}

/// By cell: who completed it, and who is under way.
fn balance(page: &StudyPage) -> Vec<(String, u32, u32)> {
    let cells = 0..study::cells::cells(&page.study).len();
    let mut counts: BTreeMap<usize, (u32, u32)> = cells.map(|cell| (cell, (0, 0))).collect();
    for one in &page.participants {
        let Some(count) = one.cell.and_then(|cell| counts.get_mut(&cell)) else { continue };
        count.0 += u32::from(one.ended == Some(End::Complete));
        count.1 += u32::from(one.ended.is_none());
    }
    let named = |(cell, (done, going))| (cell_name(&page.study, cell), done, going);
    counts.into_iter().map(named).collect()
}

/// Programs that try a pilot out.
fn bots(page: &StudyPage) -> AnyView {
    view! {
        <form method="post" action=format!("/studies/{}/do", page.card.id) class="flex flex-wrap items-center gap-2">
            <label class="text-sm" for="bots">"Bots"</label>
            <input id="bots" name="text" class="input input-sm w-20" inputmode="numeric" value="20"/>
            <button class="btn btn-sm" name="do" value="bots">"Let them take part"</button>
        </form>
    }
    .into_any()
}

/// Links of the researchers' own.
fn guests(page: &StudyPage, link: &str) -> AnyView {
    let rows = page.guests.iter().map(|(name, token, came)| {
        let came = if *came { "came" } else { "not yet" };
        view! { <tr><th scope="row" class="font-normal">{name.clone()}</th><td><code class="break-all">{format!("{link}?guest={token}")}</code></td><td>{came}</td></tr> }
    });
    let rows = rows.collect_view();
    let list = (!page.guests.is_empty()).then(|| {
        view! {
            <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Links of your own"><table class="table table-sm">
                <thead><tr><th scope="col">"Guest"</th><th scope="col">"Link"</th><th scope="col">"Came"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
    });
    let more = (page.card.status != StudyStatus::Closed && page.has_identities).then(|| {
        view! {
            <form method="post" action=format!("/studies/{}/do", page.card.id) class="space-y-2 mt-2">
                <label class="field-label" for="guests">"Links of your own: names, one in a line"</label>
                <textarea id="guests" name="text" class="textarea w-full" rows="3"></textarea>
                <button class="btn btn-sm" name="do" value="invite">"Make links"</button>
            </form>
        }
    });
    view! { <div class="mt-3">{list} {more}</div> }.into_any()
}

fn close(page: &StudyPage) -> AnyView {
    view! {
        <details>
            <summary class="btn">"Close"</summary>
            <p class="my-2">"Nobody is let in any more. It cannot be opened again."</p>
            {command(page, "close", "Yes, close it", "btn btn-error btn-sm")}
        </details>
    }
    .into_any()
}
