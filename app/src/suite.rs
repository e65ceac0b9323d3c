//! A suite's page as the browser gets it: its head to follow, and markup of all figures.
//!
//! As in [`crate::report`] the server lays the tables out: as data with views in the browser they would
//! weigh much, and nothing in them is pressed.

use serde::{Deserialize, Serialize};
use wire::SuiteHead;

/// Markup is the server's own, made by [`page`], with what people wrote escaped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteMarkup {
    pub head: SuiteHead,
    /// Markup: matrices, differences, reported figures, settings.
    pub figures: String,
}

#[cfg(feature = "ssr")]
mod markup {
    use std::collections::BTreeSet;

    use leptos::prelude::*;
    use rules::Role;
    use wire::{Interval, NegotiatorName, ReportedFigures, SuiteCell, SuiteDifference, SuitePage};

    use super::SuiteMarkup;
    use crate::metrics;
    use crate::numbers::number;

    /// Figures of the table, in its order.
    const COLUMNS: [&str; 10] = [
        "reward",
        "deal_rate",
        "bargained_ratio",
        "surplus_efficiency",
        "feasible_agreement",
        "infeasible_agreement",
        "walk_away_correctness",
        "first_offer_ratio",
        "overshoot_rate",
        "format_validity",
    ];

    pub fn page(page: SuitePage) -> SuiteMarkup {
        let sides = Role::BOTH.map(|role| side(role, &page));
        let figures = view! {
            {sides.into_iter().collect_view()}
            {differences(&page.differences)}
            {how(&page)}
        };
        SuiteMarkup { figures: figures.to_html(), head: page.head }
    }

    fn side(role: Role, page: &SuitePage) -> Option<AnyView> {
        let cells: Vec<&SuiteCell> = page.cells.iter().filter(|cell| cell.role == role).collect();
        if cells.is_empty() {
            return None;
        }
        let title = format!("As the {}", role.name());
        let heading = title.clone();
        Some(
            view! {
                <section class="mt-10" aria-label=title>
                    <h2 class="section-title">{heading}</h2>
                    {matrix(&cells)}
                    {table(&cells, &page.reported)}
                    {slices(&cells)}
                </section>
            }
            .into_any(),
        )
    }

    /// Mean reward of each negotiator against each opponent, shaded; only where there are several of either.
    fn matrix(cells: &[&SuiteCell]) -> Option<AnyView> {
        let names: Vec<&NegotiatorName> = ordered(cells.iter().map(|cell| &cell.negotiator));
        let opponents: Vec<String> = ordered(cells.iter().map(|cell| opponent(cell)));
        if names.len() < 2 || opponents.len() < 2 {
            return None;
        }
        let rows = names.into_iter().map(|name| {
            let shaded = opponents.iter().map(|against| {
                let found = cells.iter().find(|c| c.negotiator == *name && opponent(c) == *against);
                let value = found.and_then(|cell| cell.figures.get("reward")?.value);
                match value {
                    None => view! { <td>"none yet"</td> }.into_any(),
                    Some(value) => {
                        let class = format!("text-right tabular-nums {}", shade(value));
                        view! { <td class=class>{number(value)}</td> }.into_any()
                    }
                }
            });
            view! {
                <tr>
                    <th scope="row" class="sticky left-0 bg-base-200">{name.to_string()}</th>
                    {shaded.collect_view()}
                </tr>
            }
        });
        let rows = rows.collect_view();
        Some(
            view! {
                <div class="mt-3 overflow-x-auto" tabindex="0" role="region" aria-label="Mean reward by opponent">
                    <table class="table table-sm">
                        <caption class="pb-1 text-left text-sm">
                            <span class="sticky left-0 inline-block max-w-[85vw]">"Mean reward: rows are who is measured, columns whom they met."</span>
                        </caption>
                        <thead>
                            <tr>
                                <th scope="col">"Negotiator"</th>
                                {opponents.iter().map(|name| view! { <th scope="col" class="whitespace-normal">{name.clone()}</th> }).collect_view()}
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            }
            .into_any(),
        )
    }

    /// Rewards lie between -1 and 1.
    fn shade(reward: f64) -> &'static str {
        match reward {
            r if r <= -0.3 => "shade-minus-2",
            r if r < 0.0 => "shade-minus-1",
            r if r < 0.3 => "",
            r if r < 0.5 => "shade-plus-1",
            _ => "shade-plus-2",
        }
    }

    fn ordered<T: Ord + Clone>(all: impl Iterator<Item = T>) -> Vec<T> {
        let mut seen = BTreeSet::new();
        all.filter(|one| seen.insert(one.clone())).collect()
    }

    fn opponent(cell: &SuiteCell) -> String {
        match cell.persona.as_str() {
            "neutral" => cell.against.to_string(),
            persona => format!("{} ({persona})", cell.against),
        }
    }

    fn table(cells: &[&SuiteCell], reported: &[ReportedFigures]) -> AnyView {
        let own = cells.iter().map(|cell| {
            let figures = COLUMNS.iter().map(|key| figure(cell.figures.get(*key).copied()));
            // What went worst comes first: that is what a figure makes one ask for.
            let episodes = format!(
                "/research/episodes?evaluation={}&order={}_reward_up",
                cell.evaluation,
                cell.role.name()
            );
            view! {
                <tr>
                    <th scope="row" class="sticky left-0 bg-base-200">{cell.negotiator.to_string()}</th>
                    <td>{opponent(cell)}</td>
                    <td class="tabular-nums">
                        <a class="link" href=episodes>{cell.done}</a>
                        {(cell.done < cell.of).then(|| format!(" of {}", cell.of))}
                    </td>
                    {figures.collect_view()}
                </tr>
            }
        });
        let own = own.collect_view();
        let others = reported.iter().map(|of| {
            let figures = COLUMNS.iter().map(|key| {
                let value = of.figures.get(*key).map(|value| number(*value));
                view! { <td class="tabular-nums italic">{value}</td> }
            });
            view! {
                <tr>
                    <th scope="row" class="sticky left-0 bg-base-200 font-normal italic">{of.who.clone()}</th>
                    <td class="italic" colspan="2">{format!("reported: {}", of.source)}</td>
                    {figures.collect_view()}
                </tr>
            }
        });
        let others = others.collect_view();
        view! {
            <div class="mt-3 overflow-x-auto" tabindex="0" role="region" aria-label="Figures of each pair">
                <table class="table table-sm">
                    <caption class="pb-1 text-left text-sm">
                        <span class="sticky left-0 inline-block max-w-[85vw]">
                            "In brackets are intervals of 95%, clustered by product. Rows in italics are figures as others reported them."
                        </span>
                    </caption>
                    <thead>
                        <tr>
                            <th scope="col">"Negotiator"</th>
                            <th scope="col">"Against"</th>
                            <th scope="col">"Episodes"</th>
                            {COLUMNS.iter().map(|key| view! { <th scope="col" class="whitespace-normal">{metrics::name(key)}</th> }).collect_view()}
                        </tr>
                    </thead>
                    <tbody>{own} {others}</tbody>
                </table>
            </div>
        }
        .into_any()
    }

    /// The mean reward by interests and by price, behind a summary.
    fn slices(cells: &[&SuiteCell]) -> Option<AnyView> {
        const PARTS: [(&str, &str); 7] = [
            ("mutual", "Both can gain"),
            ("conflicting", "They cannot"),
            ("price_1", "Cheapest fifth"),
            ("price_2", "Second"),
            ("price_3", "Third"),
            ("price_4", "Fourth"),
            ("price_5", "Dearest fifth"),
        ];
        if cells.iter().all(|cell| cell.slices.is_empty()) {
            return None;
        }
        let rows = cells.iter().map(|cell| {
            let parts = PARTS.iter().map(|(name, _)| {
                let part = cell.slices.iter().find(|slice| slice.name == *name);
                figure(part.map(|slice| slice.reward))
            });
            view! {
                <tr>
                    <th scope="row" class="sticky left-0 bg-base-200">{cell.negotiator.to_string()}</th>
                    <td>{opponent(cell)}</td>
                    {parts.collect_view()}
                </tr>
            }
        });
        let rows = rows.collect_view();
        Some(
            view! {
                <details class="mt-3">
                    <summary class="cursor-pointer">"Mean reward by interests and by price"</summary>
                    <div class="mt-2 overflow-x-auto" tabindex="0" role="region" aria-label="Mean reward by interests and by price">
                        <table class="table table-sm">
                            <caption class="pb-1 text-left text-sm">
                                <span class="sticky left-0 inline-block max-w-[85vw]">
                                    "Fifths of the products by list price. Each part is small: among so many some will stand out by chance."
                                </span>
                            </caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Negotiator"</th>
                                    <th scope="col">"Against"</th>
                                    {PARTS.iter().map(|(_, title)| view! { <th scope="col">{*title}</th> }).collect_view()}
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </details>
            }
            .into_any(),
        )
    }

    fn figure(figure: Option<Interval>) -> AnyView {
        let Some(Interval { value: Some(value), low, high }) = figure else {
            return view! { <td></td> }.into_any();
        };
        let ends = low.zip(high).map(|(low, high)| format!("[{}, {}]", number(low), number(high)));
        view! {
            <td class="whitespace-nowrap tabular-nums">
                {number(value)} {ends.map(|ends| view! { <p class="text-xs">{ends}</p> })}
            </td>
        }
        .into_any()
    }

    fn differences(all: &[SuiteDifference]) -> Option<AnyView> {
        if all.is_empty() {
            return None;
        }
        let rows = all.iter().map(|one| {
            let sure = one.p_adjusted <= 0.05;
            view! {
                <tr>
                    <th scope="row" class="sticky left-0 bg-base-200">{one.better.to_string()}</th>
                    <td>{one.worse.to_string()}</td>
                    <td>{one.role.name()}</td>
                    {figure(Some(one.reward))}
                    <td class="tabular-nums">{number(one.p)}</td>
                    <td class="tabular-nums">{number(one.p_adjusted)}</td>
                    <td>{if sure { "yes" } else { "not sure" }}</td>
                    <td class="tabular-nums">{one.products}</td>
                </tr>
            }
        });
        let rows = rows.collect_view();
        let note = format!(
            "Differences of the mean reward on the same scenarios, paired by product. p by permutation, two-sided; adjusted for {} by Holm's method.",
            match all.len() {
                1 => "one comparison".to_owned(),
                several => format!("{several} comparisons"),
            }
        );
        Some(
            view! {
                <section class="mt-10" aria-label="Who is better">
                    <h2 class="section-title">"Who is better"</h2>
                    <div class="mt-3 overflow-x-auto" tabindex="0" role="region" aria-label="Differences">
                        <table class="table table-sm">
                            <caption class="pb-1 text-left text-sm">
                                <span class="sticky left-0 inline-block max-w-[85vw]">{note}</span>
                            </caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Ahead"</th>
                                    <th scope="col">"Of"</th>
                                    <th scope="col">"As"</th>
                                    <th scope="col">"By"</th>
                                    <th scope="col">"p"</th>
                                    <th scope="col">"p, adjusted"</th>
                                    <th scope="col">"At 5%"</th>
                                    <th scope="col">"Products"</th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </section>
            }
            .into_any(),
        )
    }

    fn how(page: &SuitePage) -> AnyView {
        let told = format!(
            "{} products, seed {}, code {}. The same again: ",
            page.products, page.seed, page.code_version
        );
        view! {
            <section class="mt-10" aria-label="How it was done">
                <h2 class="section-title">"How it was done"</h2>
                <p class="text-sm">{told} <code>{page.command.clone()}</code></p>
                <details class="mt-3 text-sm">
                    <summary class="cursor-pointer">"The plan as it was resolved"</summary>
                    <pre class="transcript mt-2" tabindex="0">{page.settings.clone()}</pre>
                </details>
            </section>
        }
        .into_any()
    }
}

#[cfg(feature = "ssr")]
pub use markup::page;
