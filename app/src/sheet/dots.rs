//! Values with their intervals, one below the other, beside 0. A table next to it has the numbers.

use leptos::prelude::*;

use crate::numbers::number;

pub struct Dot {
    pub name: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 200.0;
const ROW: f64 = 30.0;

pub fn figure(dots: &[Dot], label: String, caption: &'static str) -> AnyView {
    let ends = || dots.iter().flat_map(|dot| [dot.low, dot.high]).chain([0.0]);
    let low = ends().fold(f64::INFINITY, f64::min);
    let high = ends().fold(f64::NEG_INFINITY, f64::max);
    let span = (high - low).max(1e-6);
    let x = |value: f64| (LEFT + (WIDTH - LEFT - 20.0) * (value - low) / span).round();
    let height = ROW * dots.len() as f64 + 34.0;
    let rows = dots.iter().enumerate().map(|(at, dot)| {
        let y = ROW * at as f64 + 18.0;
        let Dot { name, value, low, high } = dot;
        let told = format!("{name}: {} [{}, {}]", number(*value), number(*low), number(*high));
        view! {
            <g>
                <title>{told}</title>
                <text class="axis" x=LEFT - 12.0 y=y + 6.0 text-anchor="end">{name.clone()}</text>
                <line class="whisker" x1=x(*low) x2=x(*high) y1=y y2=y></line>
                <circle class="mark-buyer" cx=x(*value) cy=y r="7"></circle>
            </g>
        }
    });
    let zero = x(0.0);
    view! {
        <figure class="ratings mt-2 max-w-3xl">
            <svg viewBox=format!("0 0 {WIDTH} {height}") role="img" aria-label=label class="w-full">
                <line class="grid-line" x1=zero x2=zero y1="4" y2=height - 28.0></line>
                <text class="axis" x=zero y=height - 6.0 text-anchor="middle">"0"</text>
                {rows.collect_view()}
            </svg>
            <figcaption class="text-sm">{caption}</figcaption>
        </figure>
    }
    .into_any()
}
