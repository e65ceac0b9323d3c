//! What models wrote, coloured by how likely each token was to them.

use leptos::prelude::*;
use wire::{Dossier, ModelCall, OwnToken, TraceToken, WrittenToken};

use crate::curves::number;
use crate::format;
use crate::shade::{self, Quantity};

/// Tokens that a call's table names.
const LEAST: usize = 5;

/// Nothing where no model told.
pub fn words(dossier: &Dossier) -> Option<AnyView> {
    let told = |call: &ModelCall| dossier.written.get(&call.id).map(|tokens| one(call, tokens));
    let calls: Vec<AnyView> = dossier.calls.iter().filter_map(told).collect();
    if calls.is_empty() {
        return None;
    }
    let legend = Quantity::Logp.legend().into_iter().map(|(class, text)| {
        view! { <li><span class=format!("shade-key {class}") aria-hidden="true"></span> {text}</li> }
    });
    let view = view! {
        <section class="mt-8" aria-labelledby="words-title">
            <h2 id="words-title" class="section-title">"Words by probability"</h2>
            <p class="text-sm mb-2">"How likely each token was to the model when it was drawn, at temperature 1."</p>
            <ul class="line-key" aria-label="Probability of a token">{legend.collect_view()}</ul>
            <ol class="mt-3 space-y-2">{calls}</ol>
        </section>
    };
    Some(view.into_any())
}

fn one(call: &ModelCall, tokens: &[WrittenToken]) -> AnyView {
    let mean = tokens.iter().map(|token| f64::from(token.logp)).sum::<f64>();
    let mean = mean / tokens.len().max(1) as f64;
    let spans = tokens.iter().map(|WrittenToken { text, logp }| {
        let own = Some(OwnToken { logp: *logp, entropy: 0.0 });
        let class = shade::class(Quantity::Logp, &TraceToken { text: text.clone(), own }, 0.0);
        view! { <span class=format!("token-own {class}") title=probability(*logp)>{text.clone()}</span> }
    });
    let mut least: Vec<&WrittenToken> = tokens.iter().collect();
    least.sort_by(|a, b| a.logp.total_cmp(&b.logp));
    let rows = least.into_iter().take(LEAST).map(|token| {
        view! { <tr><td class="transcript">{token.text.clone()}</td><td>{probability(token.logp)}</td></tr> }
    });
    let told = format!(
        "{}, message {}, {}: {}, perplexity {}",
        format::capitalised(call.role.name()),
        call.turn + 1,
        call.model,
        format::counted(tokens.len() as i64, "token", "tokens"),
        number((-mean).exp())
    );
    let view = view! {
        <li>
            <details class="panel">
                <summary class="cursor-pointer">{told}</summary>
                <p class="transcript trace mt-3">{spans.collect_view()}</p>
                <table class="table table-sm mt-3 w-auto">
                    <caption class="text-left">"Least likely"</caption>
                    <thead><tr><th scope="col">"Token"</th><th scope="col">"Probability"</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </details>
        </li>
    };
    view.into_any()
}

fn probability(logp: f32) -> String {
    format!("{}%", number(100.0 * f64::from(logp).exp()))
}
