//! What happens to markets when more and more buyers are played by somebody else.

use leptos::prelude::*;
use wire::Problem;

use super::super::Sheet;
use super::super::chart::{Chart, Part};
use super::{BASE, figure, views};
use crate::backend::{Backend, Caller};
use crate::browser::now_ms;
use crate::format;
use crate::market_desk::{ShareArm, ShareHead, SharePage, SharesPage};
use crate::numbers::number;

pub async fn sheet(
    backend: &dyn Backend,
    caller: Caller,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let id = get("id").and_then(|id| id.parse().ok());
    let page = backend.market_shares(caller, id).await?;
    let problem = get("problem").filter(|problem| !problem.is_empty());
    let shown = page.shown.as_ref().map(shown);
    let body = view! {
        <p class="text-sm"><a href="/research" class="link">"Research"</a></p>
        <h1 class="page-title">"Markets with other buyers"</h1>
        {views(true)}
        <p class="mb-4 max-w-prose">"The same markets with a growing share of their buyers played by somebody else: what becomes of prices, gains and of those who go without. A buyer that is replaced at one share is so at all larger ones, and markets of one seed are pairs."</p>
        {problem.map(|problem| view! { <p role="alert" class="field-error mb-4">{problem}</p> })}
        {shown}
        {known(&page)}
        {form(&page)}
    };
    Ok(Sheet {
        title: "Markets with other buyers".to_owned(),
        body: body.to_html(),
        again_ms: None,
    })
}

fn name(head: &ShareHead) -> String {
    format!("{}: {} in place of {}", head.population, head.by, head.of)
}

fn known(page: &SharesPage) -> AnyView {
    if page.known.is_empty() {
        let none = "Nothing was compared yet. Compare scripts below; `souk market share --store` compares language models and checkpoints, and keeps what it finds here.";
        return view! { <p class="max-w-prose mb-6">{none}</p> }.into_any();
    }
    let rows = page.known.iter().map(|head| {
        let here = page.shown.as_ref().is_some_and(|shown| shown.head.id == head.id);
        let href = format!("{BASE}?view=shares&id={}", head.id);
        let when = format::ago(head.created_ms, now_ms());
        view! {
            <li>
                <a class="link" href=href aria-current=here.then_some("page")>{name(head)}</a>
                {format!(", {} markets of each share, {when}", head.seeds)}
            </li>
        }
    });
    view! {
        <section aria-labelledby="known-title" class="mb-6">
            <h2 id="known-title" class="section-title">"Compared before"</h2>
            <ul class="list-disc pl-5">{rows.collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn shown(page: &SharePage) -> AnyView {
    let maybe = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), number);
    let arms = &page.arms;
    let names: Vec<_> = arms.first().map(|arm| arm.figures.clone()).unwrap_or_default();
    let gains = arms.iter().map(|arm| {
        view! {
            <tr>
                <th scope="row" class="font-normal">{arm.share.to_string()} "%"</th>
                <td>{maybe(arm.gain_by)}</td>
                <td>{maybe(arm.gain_of)}</td>
            </tr>
        }
    });
    let charts = names.iter().enumerate().filter_map(|(at, figure_of)| {
        let there = arms.iter().any(|arm| arm.figures[at].mean.is_some());
        there.then(|| figure(&chart(arms, at, figure_of.name, figure_of.meaning)))
    });
    let charts = charts.collect_view();
    view! {
        <section aria-labelledby="shown-title" class="mb-8">
            <h2 id="shown-title" class="section-title">{name(&page.head)}</h2>
            <p class="mb-3">{format!("{} markets of each share. Made by ", page.head.seeds)}<code>{page.command.clone()}</code>{format!(", {}.", page.code_version)}</p>
            <div class="overflow-x-auto mb-4" tabindex="0" role="region" aria-label="What a buyer gains"><table class="table table-sm w-auto">
                <caption class="text-left">"What a buyer gains, of what its goods are worth to it, at the mean of buyers"</caption>
                <thead><tr><th scope="col">"Share"</th><th scope="col">{page.head.by.clone()}</th><th scope="col">{page.head.of.clone()}</th></tr></thead>
                <tbody>{gains.collect_view()}</tbody>
            </table></div>
            {differences(arms)}
            <div class="grid gap-8 lg:grid-cols-2">{charts}</div>
        </section>
    }
    .into_any()
}

/// The largest share against the first, figure by figure.
fn differences(arms: &[ShareArm]) -> Option<AnyView> {
    let (first, last) = (arms.first()?, arms.last()?);
    let rows = last.figures.iter().filter_map(|figure| {
        let found = figure.difference?;
        let interval = found.interval.map_or_else(String::new, |ends| {
            format!(" [{}, {}]", number(ends.low), number(ends.high))
        });
        Some(view! {
            <tr>
                <th scope="row" class="font-normal">{figure.name} <span class="block text-sm">{figure.meaning}</span></th>
                <td>{number(found.value)} {interval}</td>
                <td>{number(found.p)}</td>
            </tr>
        })
    });
    let caption = format!(
        "{}% less {}%, paired by seed; p by permutation, after Holm",
        last.share, first.share
    );
    let view = view! {
        <div class="overflow-x-auto mb-6" tabindex="0" role="region" aria-label="Differences"><table class="table table-sm w-auto">
            <caption class="text-left">{caption}</caption>
            <thead><tr><th scope="col">"Figure"</th><th scope="col">"Difference"</th><th scope="col">"p"</th></tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table></div>
    };
    Some(view.into_any())
}

fn chart(arms: &[ShareArm], at: usize, name: &'static str, meaning: &'static str) -> Chart {
    let ends = arms.iter().flat_map(|arm| {
        let figure = &arm.figures[at];
        let interval = figure.interval.map(|ends| [ends.low, ends.high]);
        interval.into_iter().flatten().chain(figure.mean)
    });
    let shares = arms.iter().map(|arm| f64::from(arm.share));
    let mut chart = Chart::new(name, name, ("Percent of the buyers", meaning), shares, ends);
    chart.heads = vec!["share", "mean", "low", "high"];
    let band: Vec<(f64, f64, f64)> = arms
        .iter()
        .filter_map(|arm| {
            let ends = arm.figures[at].interval?;
            Some((f64::from(arm.share), ends.low, ends.high))
        })
        .collect();
    chart.band(Part::BuyerBand, &band);
    let means = arms.iter().filter_map(|arm| Some((f64::from(arm.share), arm.figures[at].mean?)));
    chart.line(Part::BuyerLine, means.clone());
    for (share, mean) in means {
        chart.point(Part::Buyer, share, mean, 5.0, Some(format!("{share}%: {}", number(mean))));
    }
    for arm in arms {
        let figure = &arm.figures[at];
        let ends = figure.interval.map(|ends| [ends.low, ends.high]);
        let cell = |value: Option<f64>| value.map(number).unwrap_or_default();
        chart.rows.push(vec![
            arm.share.to_string(),
            cell(figure.mean),
            cell(ends.map(|ends| ends[0])),
            cell(ends.map(|ends| ends[1])),
        ]);
    }
    chart
}

fn form(page: &SharesPage) -> AnyView {
    let populations = page.populations.iter().map(|(name, scripts)| {
        view! { <option value=name.clone()>{format!("{name} ({})", scripts.join(", "))}</option> }
    });
    let mut there: Vec<&String> = page.populations.iter().flat_map(|(_, all)| all).collect();
    there.sort_unstable();
    there.dedup();
    let there =
        there.into_iter().map(|name| view! { <option value=name.clone()>{name.clone()}</option> });
    let scripts = page
        .scripts
        .iter()
        .map(|name| view! { <option value=name.clone()>{name.clone()}</option> });
    view! {
        <section aria-labelledby="form-title">
            <h2 id="form-title" class="section-title">"Compare scripts"</h2>
            <form method="post" action="/research/markets/shares" class="panel field-grid">
                <div><label class="field-label" for="population">"Population (its buyers)"</label><select id="population" name="population" class="select w-full">{populations.collect_view()}</select></div>
                <div><label class="field-label" for="of">"Buyers who are replaced"</label><select id="of" name="of" class="select w-full">{there.collect_view()}</select></div>
                <div><label class="field-label" for="by">"Who plays them then"</label><select id="by" name="by" class="select w-full">{scripts.collect_view()}</select></div>
                <div><label class="field-label" for="seeds">"Markets of each share"</label><input id="seeds" name="seeds" type="number" min="2" max="20" value="10" class="input w-full"/></div>
                <button class="btn btn-primary">"Play them"</button>
            </form>
        </section>
    }
    .into_any()
}
