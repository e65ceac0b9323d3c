//! The curve of one metric: a drawing to look at, to read by keys, and to take away.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Div;
use leptos::prelude::*;
use wire::Series;

use super::dynamic::dynamic;
use crate::browser;
use crate::curve_file::{self, DASHES};
use crate::curves::{
    self, BOTTOM, Drawn, HEIGHT, LEFT, Look, Plot, RIGHT, Reading, TOP, WIDTH, number, plot,
    rounded,
};
use crate::metrics::Metric;

/// Rows of a table at most; a file has them all.
const ROWS: usize = 500;

/// What all curves of a page are drawn from.
#[derive(Clone, Copy)]
pub struct Drawing {
    /// The run's label.
    pub name: StoredValue<String>,
    pub series: RwSignal<Series>,
    /// Labels and figures of the runs laid over it.
    pub others: Memo<Vec<(String, Series)>>,
    pub look: Memo<Look>,
}

impl Drawing {
    fn plot(self, metric: &Metric) -> Option<Plot> {
        let look = self.look.get();
        let name = self.name.get_value();
        self.series.with(|own| {
            self.others.with(|others| {
                let own = Drawn { name: &name, series: own };
                let others = others.iter().map(|(name, series)| Drawn { name, series });
                let runs: Vec<Drawn<'_>> = [own].into_iter().chain(others).collect();
                plot(&metric.name, &metric.key, &runs, look)
            })
        })
    }
}

#[component]
pub fn Curve(metric: Metric, drawing: Drawing) -> impl IntoView {
    let name = metric.name.clone();
    let asked = metric.clone();
    let plot = Memo::new(move |_| drawing.plot(&asked));
    // `None`: at the last iteration.
    let cursor = RwSignal::new(None::<usize>);
    let frame = NodeRef::<Div>::new();
    let label = move || plot.with(|plot| plot.as_ref().map(|plot| plot.label.clone()));
    let follow = move |event: PointerEvent| {
        let Some(width) = frame.get_untracked().map(|frame| frame.client_width()) else { return };
        let at = f64::from(event.offset_x()) / f64::from(width.max(1)) * WIDTH;
        let readings = plot.with_untracked(|plot| {
            plot.as_ref().and_then(|plot| curves::nearest(&plot.readings, at))
        });
        cursor.set(readings);
    };
    let press = move |event: KeyboardEvent| {
        let count = plot.with_untracked(|plot| plot.as_ref().map_or(0, |plot| plot.readings.len()));
        if let Some(to) = curves::moved(cursor.get_untracked(), count, &event.key()) {
            event.prevent_default();
            cursor.set(to);
        }
    };
    let told = move || {
        plot.with(|plot| {
            let plot = plot.as_ref()?;
            Some(reading(plot, cursor.get())?.told.clone())
        })
    };
    view! {
        <figure class="curve">
            <figcaption class="field-label">{name}</figcaption>
            <div
                node_ref=frame
                class="curve-frame"
                tabindex="0"
                role="img"
                aria-label=label
                on:pointermove=follow
                on:pointerleave=move |_| cursor.set(None)
                on:keydown=press
            >
                {dynamic(move || plot.get().map(|plot| drawn(plot, cursor)))}
            </div>
            <p class="curve-reading" aria-live="polite">{told}</p>
            {dynamic(move || {
                let left_out = plot.with(|plot| plot.as_ref().map_or(0, |plot| plot.left_out));
                (left_out > 0)
                    .then(|| view! { <p class="text-sm">{format!("{left_out} values at or below 0 have no logarithm and are left out.")}</p> })
            })}
            <Files metric drawing plot/>
        </figure>
    }
}

fn reading(plot: &Plot, cursor: Option<usize>) -> Option<&Reading> {
    match cursor {
        Some(at) => plot.readings.get(at),
        None => plot.readings.iter().rev().find(|reading| reading.value.is_some()),
    }
}

fn drawn(plot: Plot, cursor: RwSignal<Option<usize>>) -> AnyView {
    let marks: Vec<(String, Option<String>)> =
        plot.readings.iter().map(|r| (rounded(r.at), r.height.map(rounded))).collect();
    let marks = StoredValue::new(marks);
    let at = move || cursor.get().and_then(|at| marks.with_value(|marks| marks.get(at).cloned()));
    view! {
        <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true">
            {plot
                .y_ticks
                .into_iter()
                .map(|tick| {
                    let y = rounded(tick.at);
                    view! {
                        <path class="grid-line" d=format!("M{LEFT} {y}H{RIGHT}")></path>
                        <text x=LEFT - 8.0 y=y dy=".35em" text-anchor="end">{tick.text}</text>
                    }
                })
                .collect_view()}
            {plot
                .x_ticks
                .into_iter()
                .map(|tick| view! { <text x=rounded(tick.at) y=BOTTOM + 24.0 text-anchor="middle">{tick.text}</text> })
                .collect_view()}
            {plot.reach.map(|d| view! { <path class="curve-reach" d=d></path> })}
            {plot.band.map(|d| view! { <path class="curve-band" d=d></path> })}
            <path class="axis-line" d=format!("M{LEFT} {TOP}V{BOTTOM}H{RIGHT}")></path>
            {plot
                .lines
                .into_iter()
                .enumerate()
                // The run's own line lies on top.
                .rev()
                .map(|(nth, line)| {
                    let class = format!("curve-line {}", line_class(nth));
                    view! {
                        {line.measured.map(|d| view! { <path class=format!("{class} curve-measured") d=d></path> })}
                        <path class=class.clone() d=line.path stroke-dasharray=dashes(nth)></path>
                    }
                })
                .collect_view()}
            {dynamic(move || {
                at().map(|(x, y)| {
                    view! {
                        <path class="curve-cursor" d=format!("M{x} {TOP}V{BOTTOM}")></path>
                        {y.map(|y| view! { <circle class="curve-mark" cx=x.clone() cy=y r="5"></circle> })}
                    }
                })
            })}
        </svg>
    }
    .into_any()
}

fn line_class(nth: usize) -> &'static str {
    const CLASSES: [&str; 5] =
        ["curve-line-0", "curve-line-1", "curve-line-2", "curve-line-3", "curve-line-4"];
    CLASSES[nth % CLASSES.len()]
}

fn dashes(nth: usize) -> Option<&'static str> {
    Some(DASHES[nth % DASHES.len()]).filter(|dashes| !dashes.is_empty())
}

/// Which line is whose, where there are several.
#[component]
pub fn LineKey(drawing: Drawing) -> impl IntoView {
    dynamic(move || {
        let others = drawing
            .others
            .with(|others| others.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        let several = !others.is_empty();
        let names = [drawing.name.get_value()].into_iter().chain(others).enumerate();
        several.then(|| {
            view! {
                <ul class="line-key" aria-label="Lines">
                    {names
                        .map(|(nth, name)| {
                            view! {
                                <li>
                                    <svg viewBox="0 0 40 8" width="40" height="8" aria-hidden="true">
                                        <path class=format!("curve-line {}", line_class(nth)) d="M2 4H38" stroke-dasharray=dashes(nth)></path>
                                    </svg>
                                    {name}
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            }
        })
    })
}

/// The values as a table, and the curve as files.
#[component]
fn Files(metric: Metric, drawing: Drawing, plot: Memo<Option<Plot>>) -> impl IntoView {
    // A table of each curve from the start would be most of the page.
    let open = RwSignal::new(false);
    let name = metric.name.clone();
    let key = StoredValue::new(metric.key);
    let title = StoredValue::new(metric.name);
    let file = move |ending: &str| format!("{}.{ending}", key.get_value());
    let csv = move |_| {
        let text = drawing.series.with_untracked(|series| {
            key.with_value(|key| match key.as_str() {
                "reward" => {
                    let keys = ["reward", "reward_std", "reward_min", "reward_max"];
                    curve_file::csv(series, &keys)
                }
                key => curve_file::csv(series, &[key]),
            })
        });
        browser::download(&file("csv"), "text/csv", &text);
    };
    let picture = move || {
        let axis = drawing.look.get_untracked().axis.title();
        plot.with_untracked(|plot| {
            let plot = plot.as_ref()?;
            let svg = title.with_value(|title| curve_file::svg(title, axis, plot));
            Some((svg, curve_file::size(plot)))
        })
    };
    let svg = move |_| {
        if let Some((svg, _)) = picture() {
            browser::download(&file("svg"), "image/svg+xml", &svg);
        }
    };
    let png = move |_| {
        if let Some((svg, size)) = picture() {
            browser::download_png(file("png"), &svg, size);
        }
    };
    let button = move |text: &'static str| format!("{name} as {text}");
    view! {
        <details class="text-sm" on:toggle=move |_| open.update(|open| *open = !*open)>
            <summary class="cursor-pointer">"Values and files"</summary>
            <p class="my-2 flex flex-wrap gap-2">
                <button type="button" class="btn btn-xs" aria-label=button("CSV") on:click=csv>"CSV"</button>
                <button type="button" class="btn btn-xs" aria-label=button("SVG") on:click=svg>"SVG"</button>
                <button type="button" class="btn btn-xs" aria-label=button("PNG") on:click=png>"PNG"</button>
            </p>
            {dynamic(move || open.get().then(|| plot.with(|plot| plot.as_ref().map(table))))}
        </details>
    }
}

fn table(plot: &Plot) -> AnyView {
    let more = plot.readings.len().saturating_sub(ROWS);
    view! {
        <div class="max-h-60 overflow-y-auto" tabindex="0" role="region" aria-label="Values">
            <table class="table table-sm">
                <thead>
                    <tr><th scope="col">"Iteration"</th><th scope="col" class="text-right">"Value"</th></tr>
                </thead>
                <tbody>
                    {plot
                        .readings
                        .iter()
                        .rev()
                        .take(ROWS)
                        .map(|reading| {
                            let value = reading.value.map_or_else(|| "none".to_owned(), number);
                            view! { <tr><td>{reading.iteration}</td><td class="price text-right">{value}</td></tr> }
                        })
                        .collect_view()}
                </tbody>
            </table>
            {(more > 0).then(|| view! { <p>{format!("{more} earlier iterations are in the CSV file.")}</p> })}
        </div>
    }
    .into_any()
}
