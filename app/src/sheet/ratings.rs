//! How far those who rate episodes agree.

use leptos::prelude::*;
use wire::{Problem, ScaleAgreement};

use super::Sheet;
use crate::backend::{Backend, Caller};
use crate::numbers::number;

pub async fn sheet(backend: &dyn Backend, caller: Caller) -> Result<Sheet, Problem> {
    let scales = backend.rating_agreement(caller).await?;
    let content = if scales.is_empty() {
        view! { <p>"Nobody has rated an episode yet. Open one in the " <a class="link" href="/research/episodes">"table of episodes"</a> ": its page has a form."</p> }
            .into_any()
    } else {
        table(&scales)
    };
    let body = view! {
        <p class="text-sm"><a href="/research" class="link">"Research"</a> ", " <a href="/research/episodes" class="link">"Episodes"</a></p>
        <h1 class="page-title">"Ratings"</h1>
        {content}
    };
    Ok(Sheet { title: "Ratings".to_owned(), body: body.to_html(), again_ms: None })
}

fn table(scales: &[ScaleAgreement]) -> AnyView {
    let rows = scales.iter().map(|scale| {
        view! {
            <tr>
                <th scope="row">{scale.scale.clone()}</th>
                <td class="tabular-nums">{scale.episodes}</td>
                <td class="tabular-nums">{scale.raters}</td>
                <td class="tabular-nums">{scale.ratings}</td>
                <td class="tabular-nums">{number(scale.mean)}</td>
                <td class="tabular-nums">{scale.alpha.map_or_else(|| "cannot be told".to_owned(), number)}</td>
            </tr>
        }
    });
    view! {
        <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Agreement by scale">
            <table class="table table-sm">
                <caption class="pb-1 text-left text-sm">
                    <span class="sticky left-0 inline-block max-w-[85vw]">
                        "Alpha is Krippendorff's for ordered categories, over the episodes that several rated: 1 is agreement, 0 what chance gives. By custom 0.8 and more can be relied on, below 0.667 nothing should be concluded."
                    </span>
                </caption>
                <thead>
                    <tr>
                        <th scope="col">"Scale"</th>
                        <th scope="col">"Episodes"</th>
                        <th scope="col">"Raters"</th>
                        <th scope="col">"Ratings"</th>
                        <th scope="col">"Mean"</th>
                        <th scope="col">"Alpha"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
