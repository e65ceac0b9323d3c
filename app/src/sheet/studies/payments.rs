//! The ledger, the platforms' file, and erasure.

use leptos::prelude::*;

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
            <form method="post" action=format!("/studies/{}/payments.csv", page.card.id)>
                <button class="btn btn-primary">"Make the file for the platforms"</button>
            </form>
            <p class="mt-2 text-sm">"Each line is in one file only: who presses twice gets an empty one."</p>
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
