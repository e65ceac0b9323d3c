//! The phases of a run, below its curves.

use leptos::prelude::*;
use wire::{Phase, PhaseSpan, RunPage, Series};

use crate::curves::{WIDTH, rounded, stretch};
use crate::format;
use crate::metrics::phase_name;
use crate::parts::{Drawing, dynamic};

const HEIGHT: f64 = 22.0;

#[component]
pub fn Phases(page: RwSignal<RunPage>, drawing: Drawing) -> impl IntoView {
    let phases = Memo::new(move |_| page.with(|page| page.phases.clone()));
    dynamic(move || {
        let phases = phases.get();
        (!phases.is_empty()).then(|| ribbon(phases, drawing))
    })
}

fn ribbon(phases: Vec<PhaseSpan>, drawing: Drawing) -> AnyView {
    let axis = drawing.look.get().axis;
    let drawn = drawing.series.with(|own| {
        drawing.others.with(|others| {
            let others = others.iter().map(|(_, series)| series);
            let runs: Vec<&Series> = [own].into_iter().chain(others).collect();
            let place = |s: &PhaseSpan| Some((*s, stretch(&runs, axis, s.first, s.last)?));
            phases.iter().filter_map(place).collect::<Vec<_>>()
        })
    });
    view! {
        <figure class="phases">
            <figcaption class="field-label">"Phases"</figcaption>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true">
                {drawn
                    .into_iter()
                    .map(|(span, at)| view! { <rect class=class(span.phase) x=rounded(at.at) y="1" width=rounded(at.width) height=HEIGHT - 2.0></rect> })
                    .collect_view()}
            </svg>
            <ol class="line-key">
                {phases
                    .into_iter()
                    .map(|span| view! { <li><span class=format!("phase-key {}", class(span.phase)) aria-hidden="true"></span> {told(span)}</li> })
                    .collect_view()}
            </ol>
        </figure>
    }
    .into_any()
}

fn class(phase: Phase) -> &'static str {
    match phase {
        Phase::Naive => "phase-naive",
        Phase::Anchoring => "phase-anchoring",
        Phase::Deadlock => "phase-deadlock",
        Phase::Persuasion => "phase-persuasion",
        Phase::None => "phase-none",
    }
}

/// `9 to 20: anchoring, begins there with 60%`.
fn told(span: PhaseSpan) -> String {
    let confidence = span
        .confidence
        .map(|c| format!(", a change at {} with {}", span.first, format::percent(c)));
    let name = phase_name(span.phase);
    format!("{} to {}: {name}{}", span.first, span.last, confidence.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_told_with_its_confidence() {
        let span = PhaseSpan { phase: Phase::None, first: 9, last: 20, confidence: Some(0.6) };
        assert_eq!(told(span), "9 to 20: no phase with a name, a change at 9 with 60%");
        let first = PhaseSpan { phase: Phase::Naive, first: 1, last: 8, confidence: None };
        assert_eq!(told(first), "1 to 8: naive");
    }
}
