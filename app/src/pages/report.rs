//! What came of a training run: who learns before and after, beside fixed rules, and in its words.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{for_researchers, missing, run_in_path};
use crate::answer::Answer;
use crate::api;
use crate::curves::Look;
use crate::metrics::Metric;
use crate::parts::{Curve, Drawing, LineKey, Loaded, SignedOut, lines_skeleton};
use crate::report::{Plotted, ReportPage};

#[component]
pub fn Report() -> impl IntoView {
    let id = run_in_path();
    let found = Answer::new(
        move || id.get(),
        |id| async move {
            match id {
                Ok(id) => for_researchers(api::report_of(id)).await,
                Err(fault) => missing(fault),
            }
        },
    );
    view! {
        <Title text="Report"/>
        <Loaded
            resource=found
            skeleton=lines_skeleton
            render=|found| match found {
                Some(report) => board(report),
                None => view! { <SignedOut about="training runs and their rollouts"/> }.into_any(),
            }
        />
    }
}

fn board(report: ReportPage) -> AnyView {
    let ReportPage { head, plots, foot } = report;
    view! {
        <div inner_html=head></div>
        {plots.into_iter().map(plotted).collect_view()}
        <div inner_html=foot></div>
    }
    .into_any()
}

fn plotted(plotted: Plotted) -> AnyView {
    let Plotted { title, names, lines, table, figures } = plotted;
    let mut all = names.into_iter().zip(lines);
    let curve = all.next().map(|(name, series)| {
        let metric = Metric { key: "reward".to_owned(), name: format!("Reward, read out: {name}") };
        let others = all.collect::<Vec<_>>();
        let drawing = Drawing {
            name: StoredValue::new(name),
            series: RwSignal::new(series),
            others: Memo::new(move |_| others.clone()),
            look: Memo::new(|_| Look::default()),
        };
        view! {
            <LineKey drawing/>
            <div class="curve-grid"><Curve metric drawing/></div>
        }
        .into_any()
    });
    let heading = title.clone();
    view! {
        <section class="mt-10" aria-label=title>
            <h2 class="section-title">{heading}</h2>
            {curve}
            <div inner_html=table></div>
        </section>
        <div inner_html=figures></div>
    }
    .into_any()
}
