//! Who is where, and what can be done for one.

use std::collections::BTreeMap;

use leptos::prelude::*;
use study::desk::ParticipantHead;

use super::{SHORT, cell_name, cents};
use crate::browser;
use crate::format;
use crate::study_desk::StudyPage;

pub fn part(page: &StudyPage) -> AnyView {
    if page.participants.is_empty() {
        return view! { <p>"Nobody was let in yet. Launch the study, and open its link."</p> }
            .into_any();
    }
    let now = browser::now_ms();
    let rows = page.participants.iter().map(|one| row(page, one, now)).collect_view();
    view! {
        {monitor(page)}
        <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Participants">
            <table class="table table-sm">
                <caption class="text-left">"Newest first; looked at every five seconds while the study is open."</caption>
                <thead><tr>
                    <th scope="col">"Participant"</th><th scope="col">"Where"</th><th scope="col">"Condition"</th>
                    <th scope="col">"Seen"</th><th scope="col">"Time left"</th><th scope="col">"Pay"</th>
                    <th scope="col">"Flags"</th><th scope="col">"Do"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// How many are where, and how long people are at each place.
fn monitor(page: &StudyPage) -> AnyView {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for one in &page.participants {
        let place = match one.ended {
            Some(end) => format!("over: {}", end.name().replace('_', " ")),
            None => one.place.clone(),
        };
        *places.entry(place).or_default() += 1;
    }
    let places = places.into_iter().map(|(place, n)| {
        view! { <tr><th scope="row" class="font-normal">{place}</th><td>{n.to_string()}</td></tr> }
    });
    let stages = page.stages.iter().map(|(place, ms, n)| {
        view! { <tr><th scope="row" class="font-normal">{*place}</th><td class="tabular-nums">{format::countdown(*ms)}</td><td>{n.to_string()}</td></tr> }
    });
    view! {
        <div class="flex flex-wrap gap-8 mb-6">
            <section aria-labelledby="where-title">
                <h2 id="where-title" class="section-title">"Where they are"</h2>
                <table class="table table-sm w-auto">
                    <thead><tr><th scope="col">"Place"</th><th scope="col">"Participants"</th></tr></thead>
                    <tbody>{places.collect_view()}</tbody>
                </table>
            </section>
            <section aria-labelledby="stages-title">
                <h2 id="stages-title" class="section-title">"Time at each place"</h2>
                <table class="table table-sm w-auto">
                    <thead><tr><th scope="col">"Place"</th><th scope="col">"Median"</th><th scope="col">"Stays"</th></tr></thead>
                    <tbody>{stages.collect_view()}</tbody>
                </table>
            </section>
        </div>
    }
    .into_any()
}

fn row(page: &StudyPage, one: &ParticipantHead, now: i64) -> AnyView {
    let place = match one.ended {
        Some(end) => format!("over: {}", end.name().replace('_', " ")),
        None => one.place.clone(),
    };
    let left = one.until_ms.filter(|_| one.ended.is_none()).map(|at| format::countdown(at - now));
    let action = format!("/studies/{}/participants/{}", page.card.id, one.id);
    let button = |what: &'static str, label: &'static str| {
        view! { <button class="btn btn-xs" name="do" value=what>{label}</button> }
    };
    let acts = one.ended.is_none().then(|| {
        view! {
            <form method="post" action=action.clone() class="space-y-2 mt-2">
                <label class="block text-sm">"A word to this participant" <input name="text" class="input input-sm w-full" maxlength="500"/></label>
                <div class="flex flex-wrap gap-2">
                    {button("tell", "Send")} {button("extend", "More time")} {button("excuse", "End, with pay")} {button("stop", "End, without pay")}
                </div>
            </form>
        }
    });
    let short: String = one.id.to_string().chars().skip(SHORT).collect();
    view! {
        <tr>
            <th scope="row" class="font-normal"><a class="link" href=format!("/studies/{}?view=participant&who={}", page.card.id, one.id)><code>{short}</code></a> " " {one.source.name()}</th>
            <td>{place}</td>
            <td>{one.cell.map(|cell| cell_name(&page.study, cell))}</td>
            <td>{format::ago(one.seen_ms, now)}</td>
            <td>{left}</td>
            <td>{cents(one.cents.max(0).cast_unsigned())}</td>
            <td>{one.flags.to_string()}</td>
            <td>
                <details>
                    <summary class="cursor-pointer">"Act"</summary>
                    {acts}
                    <form method="post" action=action class="mt-2">
                        <button class="btn btn-xs btn-ghost" name="do" value="erase">"Erase the identity"</button>
                    </form>
                </details>
            </td>
        </tr>
    }
    .into_any()
}
