//! The report of a run as the page gets it: curves to draw, and markup of all that stands still.
//!
//! The server words and lays out a report. As data with views in the browser it would be a fifth of
//! the code of the training pages.

#[cfg(feature = "ssr")]
mod side;
#[cfg(feature = "ssr")]
mod tables;
#[cfg(feature = "ssr")]
mod talks;

use serde::{Deserialize, Serialize};
use wire::Series;

/// Markup is the server's own, made by [`page`], with what people and models wrote escaped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportPage {
    /// Markup: title, summary.
    pub head: String,
    pub plots: Vec<Plotted>,
    /// Markup: sample dialogues.
    pub foot: String,
}

/// The reward by iteration of one learner, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plotted {
    pub title: String,
    pub names: Vec<String>,
    pub lines: Vec<Series>,
    /// Markup: the lines as a table.
    pub table: String,
    /// Markup: the figures before and after, and beside fixed rules.
    pub figures: String,
}

#[cfg(feature = "ssr")]
mod markup {
    use leptos::prelude::*;
    use wire::RunReport;

    use super::side::{Side, lines, sides};
    use super::{Plotted, ReportPage, tables, talks};
    use crate::numbers::number;

    pub fn page(report: RunReport) -> ReportPage {
        let sides = sides(&report.evaluations);
        let several = sides.len() > 1;
        ReportPage {
            head: head(&report, &sides).to_html(),
            plots: sides.iter().map(|side| plotted(&report, side, several)).collect(),
            foot: talks::before_and_after(report.dialogues).to_html(),
        }
    }

    fn head(report: &RunReport, sides: &[Side<'_>]) -> AnyView {
        let heading = format!("Report: {}", report.head.label);
        let run = format!("/runs/{}", report.head.id);
        view! {
            <p class="text-sm">
                <a href="/train" class="link">"All runs"</a> ", "
                <a href=run class="link">{report.head.label.clone()}</a>
            </p>
            <h1 class="page-title">{heading}</h1>
            {if sides.is_empty() { nothing_yet() } else { summary(report, sides) }}
        }
        .into_any()
    }

    fn nothing_yet() -> AnyView {
        view! {
            <p>"This run has not been evaluated. An evaluation comes before the first iteration, at checkpoints and at the end."</p>
            <p class="mt-2">
                "It is switched on in the settings of a run: " <code>"times"</code> " and " <code>"times_between"</code> ", above 0, under "
                <code>"[evaluation]"</code> "."
            </p>
        }
        .into_any()
    }

    fn summary(report: &RunReport, sides: &[Side<'_>]) -> AnyView {
        let told = format!(
            "Base {}. Evaluated on {} products of the test split, from which nobody learns, at temperature {}. In brackets are intervals of 95%, clustered by product.",
            report.base,
            report.products,
            number(f64::from(report.temperature)),
        );
        view! {
            {sides.iter().map(|side| view! { <p>{side.summary()}</p> }).collect_view()}
            <p class="mt-2 text-sm">{told}</p>
        }
        .into_any()
    }

    /// `several`: whether the side must be said.
    fn plotted(report: &RunReport, side: &Side<'_>, several: bool) -> Plotted {
        let who = if several { format!(" as the {}", side.role.name()) } else { String::new() };
        let (names, lines): (Vec<_>, Vec<_>) = lines(report, side.role).into_iter().unzip();
        let title = format!("Reward by iteration{who}");
        let figures = [
            section(format!("Before and after{who}"), tables::before_and_after(side)),
            section(format!("Beside fixed rules{who}"), tables::beside_fixed_rules(side)),
        ];
        Plotted {
            table: tables::lines(&title, &names, &lines).to_html(),
            title,
            names,
            lines,
            figures: figures.map(RenderHtml::to_html).concat(),
        }
    }

    pub fn section(title: String, content: AnyView) -> AnyView {
        let heading = title.clone();
        view! {
            <section class="mt-10" aria-label=title>
                <h2 class="section-title">{heading}</h2>
                {content}
            </section>
        }
        .into_any()
    }
}

#[cfg(feature = "ssr")]
pub use markup::page;
