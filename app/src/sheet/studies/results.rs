//! What came out.

use leptos::prelude::*;
use study::results::{Excluded, Results};

use crate::format;
use crate::numbers::number;
use crate::sheet::dots::{self, Dot};
use crate::study_desk::{StudyPage, StudyResults};

pub fn part(page: &StudyPage, came: &StudyResults) -> AnyView {
    let study = &page.study;
    let found = &came.results;
    if found.conditions.iter().all(|condition| condition.participants == 0)
        && found.excluded.is_empty()
    {
        return view! { <p>"Nobody has completed it yet."</p> }.into_any();
    }
    let span = |low: f64, high: f64| format!("[{low:.3}, {high:.3}]");
    let rows = found.conditions.iter().map(|one| {
        let interval = one.interval.map(|ends| span(ends.low, ends.high));
        view! {
            <tr>
                <th scope="row" class="font-normal">{one.name.clone()}</th>
                <td>{one.participants.to_string()}</td>
                <td>{one.reward.map(|reward| format!("{reward:.3}"))}</td>
                <td>{interval}</td>
            </tr>
        }
    });
    let differences = found.differences.iter().map(|one| {
        let interval = one.interval.map(|(low, high)| span(low, high)).unwrap_or_default();
        view! { <li>{format!("{} less {}: {:.3} {interval}, p = {:.4}", one.of, one.less, one.difference, one.p)}</li> }
    });
    let excluded = found.excluded.iter().map(|(why, n)| {
        let why = match why {
            Excluded::FailedAttention => "failed an attention check",
            Excluded::Spoilt => "met a partner that left or a machinery that broke",
            Excluded::TooFast => "was too fast",
        };
        view! { <li>{format!("{n}: {why}")}</li> }
    });
    let excluded = excluded.collect_view();
    let questions = study.survey.iter().filter_map(|question| {
        let first = study.languages.first().map_or("en", String::as_str);
        let told: Vec<_> = found
            .conditions
            .iter()
            .map(|one| {
                let values = one.survey.get(&question.name);
                let told = values.map(|values| {
                    let one = |(name, value): (&String, &f64)| match name.as_str() {
                        "mean" => format!("{value:.2}"),
                        name => format!("{name} {}", format::percent(*value)),
                    };
                    values.iter().map(one).collect::<Vec<_>>().join(", ")
                });
                view! { <td>{told}</td> }
            })
            .collect();
        let asked = found.conditions.iter().any(|one| one.survey.contains_key(&question.name));
        asked.then(|| view! { <tr><th scope="row" class="font-normal">{study.say(&question.text, first).to_owned()}</th>{told}</tr> })
    });
    let heads =
        found.conditions.iter().map(|one| view! { <th scope="col">{one.name.clone()}</th> });
    let drawn = drawing(found);
    view! {
        <section class="mb-6" aria-labelledby="reward-title">
            <h2 id="reward-title" class="section-title">"What participants earned"</h2>
            {drawn}
            <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Rewards by condition"><table class="table table-sm w-auto">
                <caption class="text-left">"Means over participants of their mean reward, with intervals of 95% by drawing participants again."</caption>
                <thead><tr><th scope="col">"Condition"</th><th scope="col">"Participants"</th><th scope="col">"Reward"</th><th scope="col">"95%"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table></div>
            <ul class="mt-3">{differences.collect_view()}</ul>
            <p class="mt-3"><a class="link" href=format!("/research/episodes?study={}", page.card.slug)>"The talks behind these figures"</a></p>
            <p class="mt-3">"Left out, as promised beforehand:"</p>
            {if found.excluded.is_empty() { view! { <p>"nobody"</p> }.into_any() } else { view! { <ul class="list-disc pl-5">{excluded}</ul> }.into_any() }}
        </section>
        {power_table(&came.power)}
        <section aria-labelledby="survey-title">
            <h2 id="survey-title" class="section-title">"Survey"</h2>
            <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Survey by condition"><table class="table table-sm">
                <thead><tr><th scope="col">"Question"</th>{heads.collect_view()}</tr></thead>
                <tbody>{questions.collect_view()}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

/// Means of the conditions and their differences, with intervals.
fn drawing(found: &Results) -> Option<AnyView> {
    let means = found.conditions.iter().filter_map(|one| {
        let ends = one.interval?;
        Some(Dot { name: one.name.clone(), value: one.reward?, low: ends.low, high: ends.high })
    });
    let differences = found.differences.iter().filter_map(|one| {
        let (low, high) = one.interval?;
        Some(Dot {
            name: format!("{} less {}", one.of, one.less),
            value: one.difference,
            low,
            high,
        })
    });
    let dots: Vec<Dot> = means.chain(differences).collect();
    let label = "Rewards by condition, and their differences, with intervals; the table below has the numbers";
    (!dots.is_empty()).then(|| {
        dots::figure(
            &dots,
            label.to_owned(),
            "Mean reward by condition, then differences, with intervals of 95%. A difference whose interval leaves out 0 is seen.",
        )
    })
}

fn power_table(power: &[(f64, Option<u32>)]) -> Option<AnyView> {
    if power.is_empty() {
        return None;
    }
    let rows = power.iter().map(|(difference, each)| {
        let each = each.map_or_else(|| "more than 1,000".to_owned(), |each| each.to_string());
        view! { <tr><th scope="row" class="font-normal">{number(*difference)}</th><td>{each}</td></tr> }
    });
    let view = view! {
        <section class="mb-6" aria-labelledby="power-title">
            <h2 id="power-title" class="section-title">"How many it takes"</h2>
            <table class="table table-sm w-auto">
                <caption class="text-left">"Participants of each condition for a power of 80% at 5%, by drawing from these."</caption>
                <thead><tr><th scope="col">"Difference"</th><th scope="col">"Of each"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    };
    Some(view.into_any())
}
