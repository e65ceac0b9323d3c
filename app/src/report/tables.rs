//! Figures of a report in tables.

use std::collections::BTreeSet;

use leptos::prelude::*;
use wire::{Interval, RunEvaluation, Series};

use super::side::{
    NOVELTIES, Opponent, Side, apart, at, ends_told, figure, title, told, value_told,
};
use crate::metrics;
use crate::numbers::{number, rounded};

/// A table that scrolls by itself where the page is narrow.
fn framed(label: String, first: &'static str, columns: Vec<String>, body: AnyView) -> AnyView {
    let caption = label.clone();
    view! {
        <div class="mt-3 overflow-x-auto" tabindex="0" role="region" aria-label=label>
            <table class="table table-sm">
                <caption class="pb-1 text-left text-sm">
                    // Stays in view, and within the screen, while the table scrolls.
                    <span class="sticky left-0 inline-block max-w-[85vw]">{caption}</span>
                </caption>
                <thead>
                    <tr>
                        <th scope="col">{first}</th>
                        {columns.into_iter().map(|name| view! { <th scope="col" class="whitespace-normal">{name}</th> }).collect_view()}
                    </tr>
                </thead>
                {body}
            </table>
        </div>
    }
    .into_any()
}

fn row(name: String, cells: Vec<AnyView>) -> AnyView {
    view! {
        <tr>
            <th scope="row" class="sticky left-0 bg-base-200">{name}</th>
            {cells}
        </tr>
    }
    .into_any()
}

fn text(text: String) -> AnyView {
    view! { <td class="whitespace-nowrap tabular-nums">{text}</td> }.into_any()
}

/// Every line where something was evaluated.
pub fn lines(title: &str, names: &[String], lines: &[Series]) -> AnyView {
    let evaluated = lines.iter().filter(|series| !series.worked_ms.is_empty());
    let iterations: BTreeSet<u32> =
        evaluated.flat_map(|series| series.iterations.iter().copied()).collect();
    let rows = iterations.into_iter().map(|iteration| {
        let cells = lines
            .iter()
            .map(|series| at(series, iteration).map_or_else(|| "none".to_owned(), number));
        row(iteration.to_string(), cells.map(text).collect())
    });
    let body = view! { <tbody>{rows.collect_view()}</tbody> }.into_any();
    view! {
        <details class="text-sm">
            <summary class="cursor-pointer">"All lines as a table"</summary>
            {framed(title.to_owned(), "Iteration", names.to_vec(), body)}
        </details>
    }
    .into_any()
}

pub fn before_and_after(side: &Side<'_>) -> AnyView {
    let keys = side.figures();
    let groups = NOVELTIES.into_iter().map(|novelty| (novelty, side.of(novelty)));
    let groups = groups.filter(|(_, opponents)| !opponents.is_empty()).map(|(novelty, opponents)| {
        let rows = opponents.into_iter().map(|opponent| {
            let cell = |key: &&str| change(figure(opponent.before, key), figure(opponent.after, key));
            row(opponent.name.clone(), keys.iter().map(cell).collect())
        });
        view! {
            <tbody>
                <tr><th scope="rowgroup" class="font-display text-base" colspan=keys.len() + 1>{title(novelty)}</th></tr>
                {rows.collect_view()}
            </tbody>
        }
        .into_any()
    });
    let body = groups.collect_view().into_any();
    let label = match side.last {
        Some(last) => {
            format!("The base → after {last} iterations. Bold where the intervals do not overlap.")
        }
        None => "The base alone".to_owned(),
    };
    framed(label, "Against", keys.iter().map(|key| metrics::name(key)).collect(), body)
}

/// `−0.1 → 0.5`, with the intervals below.
fn change(before: Option<Interval>, after: Option<Interval>) -> AnyView {
    let Some(after) = after else {
        return text(told(before));
    };
    let after = Some(after);
    let to = match (value_told(after), apart(before, after)) {
        (to, false) => to.into_any(),
        (to, true) => {
            view! { <strong>{to}</strong> <span class="sr-only">", the intervals do not overlap"</span> }
                .into_any()
        }
    };
    let ends = [before, after].map(|one| ends_told(one).unwrap_or_else(|| "none".to_owned()));
    view! {
        <td class="whitespace-nowrap tabular-nums">
            {format!("{} → ", value_told(before))} {to}
            <p class="text-xs">{ends.join(" → ")}</p>
        </td>
    }
    .into_any()
}

pub fn beside_fixed_rules(side: &Side<'_>) -> AnyView {
    let fixed = |o: &&Opponent<'_>| o.contestants.iter().any(|row| row.baseline.is_some());
    let (first, rest) = (NOVELTIES[0], &NOVELTIES[1..]);
    let all = |opponents: Vec<&Opponent<'_>>| {
        opponents.into_iter().filter(fixed).map(|o| contest(o, side.reach())).collect_view()
    };
    let own = all(side.of(first));
    let others = all(rest.iter().flat_map(|novelty| side.of(*novelty)).collect());
    if own.is_empty() && others.is_empty() {
        return view! { <p>"No scripted negotiator was evaluated in its place."</p> }.into_any();
    }
    let others = (!others.is_empty()).then(|| {
        view! {
            <details class="mt-4">
                <summary class="cursor-pointer">"Against families it never met and hostile manners"</summary>
                {others}
            </details>
        }
    });
    view! { {own} {others} }.into_any()
}

const STRIP_WIDTH: f64 = 160.0;
const STRIP_HEIGHT: f64 = 24.0;
const COLUMNS: [&str; 4] = ["reward", "bargained_ratio", "deal_rate_mi", "deal_rate_ci"];

/// Who sat across from one opponent, by reward.
fn contest(opponent: &Opponent<'_>, reach: (f64, f64)) -> AnyView {
    let rows = opponent.contestants.iter().map(|one| {
        let figures = COLUMNS.iter().map(|key| text(told(figure(Some(one), key))));
        let cells = [strip(one, reach)].into_iter().chain(figures);
        view! {
            <tr>
                <th scope="row" class="sticky left-0 bg-base-200 font-normal">{who(one)}</th>
                {cells.collect_view()}
            </tr>
        }
        .into_any()
    });
    let body = view! { <tbody>{rows.collect_view()}</tbody> }.into_any();
    let outdone = opponent
        .outdone()
        .map(|(below, all)| format!(": who learns gets more than {below} of {all} fixed rules"));
    let label = format!("Against {}{}", opponent.name, outdone.unwrap_or_default());
    let scale = format!("From {} to {}", number(reach.0), number(reach.1));
    let columns = [scale].into_iter().chain(COLUMNS.iter().map(|key| metrics::name(key)));
    framed(label, "Negotiator", columns.collect(), body)
}

fn who(one: &RunEvaluation) -> AnyView {
    match (&one.baseline, one.iteration) {
        (Some(_), _) if one.is_bound => {
            "The best response by search, which knows the limit".into_any()
        }
        (Some(name), _) => name.to_string().into_any(),
        (None, 0) => "The base, before".into_any(),
        (None, last) => {
            view! { <strong>{format!("Who learns, after {last} iterations")}</strong> }.into_any()
        }
    }
}

/// The reward as a dot on its interval, beside 0. The figures stand beside it in words.
fn strip(one: &RunEvaluation, (low, high): (f64, f64)) -> AnyView {
    let place = |value: f64| rounded(6.0 + (STRIP_WIDTH - 12.0) * (value - low) / (high - low));
    let figure = figure(Some(one), "reward");
    let ends = figure.and_then(|figure| figure.low.zip(figure.high));
    let range = ends.map(|(low, high)| format!("M{} 12H{}", place(low), place(high)));
    let value = figure.and_then(|figure| figure.value).map(place);
    let class = if one.baseline.is_some() { "axis-line" } else { "curve-line curve-line-0" };
    view! {
        <td class="strip min-w-40">
            <svg viewBox=format!("0 0 {STRIP_WIDTH} {STRIP_HEIGHT}") aria-hidden="true">
                <path class="grid-line" d=format!("M{} 0V{STRIP_HEIGHT}", place(0.0))></path>
                {range.map(|d| view! { <path class=class d=d></path> })}
                {value.map(|x| view! { <circle class="curve-mark" cx=x cy="12" r="5"></circle> })}
            </svg>
        </td>
    }
    .into_any()
}
