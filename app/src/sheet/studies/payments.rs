//! The ledger, the platforms' file, and erasure.

use std::collections::BTreeMap;

use leptos::prelude::*;
use study::desk::Source;

use super::{SHORT, cents, command};
use crate::browser;
use crate::format;
use crate::study_desk::{Payment, StudyPage};

pub fn part(page: &StudyPage) -> AnyView {
    let open: u64 = page
        .payments
        .iter()
        .filter(|line| line.paid_ms.is_none())
        .map(|line| u64::from(line.cents))
        .sum();
    let now = browser::now_ms();
    let rows = page.payments.iter().map(|line| payment(line, now)).collect_view();
    view! {
        <section class="panel mb-6" aria-labelledby="pay-title">
            <h2 id="pay-title" class="section-title">"Pay"</h2>
            <p class="mb-3">{format!("{} {} are not told to a platform yet.", cents(open), page.study.pay.currency)}</p>
            <div class="flex flex-wrap gap-3">{platforms(page)}</div>
            <p class="mt-2 text-sm max-w-prose">"Approving a complete submission pays its base: the files for Prolific and MTurk have bonuses, and all that is due to those who could not complete. Each line is in one file only."</p>
            {files(page, now)}
        </section>
        <section class="panel mb-6" aria-labelledby="privacy-title">
            <h2 id="privacy-title" class="section-title">"Privacy"</h2>
            {if page.has_identities {
                view! {
                    <p class="mb-3">{format!("Platforms' ids are kept apart from all else, for {} days after the study is closed.", page.study.privacy.identities_days)}</p>
                    <details>
                        <summary class="btn">"Erase all identities"</summary>
                        <p class="my-2">"Nobody can be paid, recognised, or asked afterwards. What they did stays, under pseudonyms that nobody can undo."</p>
                        {command(page, "erase", "Yes, erase them", "btn btn-error btn-sm")}
                    </details>
                }.into_any()
            } else {
                view! { <p>"All identities are erased."</p> }.into_any()
            }}
        </section>
        <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Ledger"><table class="table table-sm">
            <caption class="text-left">"The ledger: what is due, and which talk each cent comes from."</caption>
            <thead><tr><th scope="col">"Participant"</th><th scope="col">"For"</th><th scope="col">"Amount"</th><th scope="col">"From"</th><th scope="col">"Told"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}

/// A button for each platform that has something new to be told.
fn platforms(page: &StudyPage) -> AnyView {
    let buttons = Source::ALL.into_iter().filter_map(|source| {
        let new = page.payments.iter().filter(|line| line.source == source && line.file.is_none());
        let (lines, sum) = new.fold((0, 0), |(n, sum), line| (n + 1, sum + u64::from(line.cents)));
        let name = named(source);
        (lines > 0).then(|| {
            view! {
                <form method="post" action=format!("/studies/{}/payments.csv", page.card.id)>
                    <button class="btn btn-primary" name="source" value=source.name()>{format!("Make the file for {name}: {}", cents(sum))}</button>
                </form>
            }
        })
    });
    let buttons: Vec<_> = buttons.collect();
    match buttons.is_empty() {
        true => view! { <p>"Nothing is new to any platform."</p> }.into_any(),
        false => buttons.into_any(),
    }
}

fn named(source: Source) -> &'static str {
    match source {
        Source::Prolific => "Prolific",
        Source::Mturk => "MTurk",
        Source::Link => "own links",
        Source::Bot => "bots",
    }
}

/// Files that were made, to be had again.
fn files(page: &StudyPage, now: i64) -> Option<AnyView> {
    let mut made: BTreeMap<&str, (Source, i64, u64)> = BTreeMap::new();
    for line in &page.payments {
        let (Some(file), Some(at)) = (&line.file, line.paid_ms) else { continue };
        made.entry(file).or_insert((line.source, at, 0)).2 += u64::from(line.cents);
    }
    let items = made.iter().rev().map(|(file, (source, at, sum))| {
        let told = format!("for {}, {}: {}", named(*source), format::ago(*at, now), cents(*sum));
        view! { <li><a class="link" rel="external" href=format!("/studies/{}/payments/{file}", page.card.id)>{told}</a></li> }
    });
    (!made.is_empty()).then(|| {
        view! {
            <h3 class="font-semibold mt-4">"Files made before"</h3>
            <ul class="list-disc pl-5">{items.collect_view()}</ul>
        }
        .into_any()
    })
}

fn payment(line: &Payment, now: i64) -> AnyView {
    let of = line.of.iter().map(|(episode, cents_of)| {
        view! { <li><a class="link" href=format!("/research/episodes/{episode}")>{cents(u64::from(*cents_of))}</a></li> }
    });
    let short: String = line.participant.to_string().chars().skip(SHORT).collect();
    view! {
        <tr>
            <th scope="row" class="font-normal"><code>{short}</code></th>
            <td>{line.kind.clone()}</td>
            <td>{cents(u64::from(line.cents))}</td>
            <td><ul class="flex flex-wrap gap-2">{of.collect_view()}</ul></td>
            <td>{line.paid_ms.map(|at| format::ago(at, now))}</td>
        </tr>
    }
    .into_any()
}
