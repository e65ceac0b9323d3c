//! The same scenarios as the base played them and as what was learnt does.

use leptos::prelude::*;
use rules::Role;
use wire::{BeforeAfter, Dialogue, NegotiatorName, Seat};

use super::markup::section;
use super::side::opponent_name;
use crate::format;
use crate::numbers::number;
use crate::parts::Bubble;

pub fn before_and_after(all: Vec<BeforeAfter>) -> Option<AnyView> {
    if all.is_empty() {
        return None;
    }
    let title = "How it bargained, before and after".to_owned();
    Some(section(title, all.into_iter().map(pair).collect_view().into_any()))
}

fn pair(one: BeforeAfter) -> AnyView {
    let BeforeAfter { title, list_price, budget, cost, role, against, persona, before, after } =
        one;
    let told = format!(
        "The list price is {}. The buyer pays up to {}, the seller asks for {} at least. It bargains as the {} against {}.",
        format::money(list_price),
        format::money(budget),
        format::money(cost),
        role.name(),
        opponent_name(&against.0, &persona),
    );
    let columns = [("Before", before), ("After", after)]
        .map(|(when, dialogue)| column(when, &title, dialogue, role, &against));
    view! {
        <article class="mb-8">
            <h3 class="font-display text-xl">{title}</h3>
            <p class="text-sm">{told}</p>
            <ul class="members">{columns.collect_view()}</ul>
        </article>
    }
    .into_any()
}

fn column(
    when: &'static str,
    title: &str,
    dialogue: Dialogue,
    role: Role,
    against: &NegotiatorName,
) -> AnyView {
    let Dialogue { episode, reward, outcome, turns } = dialogue;
    let outcome = outcome.map_or_else(|| "No ending".to_owned(), format::outcome_short);
    let reward = reward.map_or_else(|| "no reward".to_owned(), |r| format!("reward {}", number(r)));
    let bubbles = turns.into_iter().map(|turn| {
        let title = if turn.by == role { "who learns".to_owned() } else { against.to_string() };
        let seat = Seat::Negotiator { name: against.clone(), title };
        view! { <Bubble turn me=None seat/> }.into_any()
    });
    let link = format!("Replay {title}, {}", when.to_ascii_lowercase());
    view! {
        <li class="panel">
            <h4 class="font-semibold">{when}</h4>
            <p class="mb-2 text-sm">{outcome} ", " {reward} ". " <a href=format!("/replay/{episode}") class="link" aria-label=link>"Replay"</a></p>
            <div class="chat-log" tabindex="0" role="region" aria-label=format!("{title}, {when}")>
                {bubbles.collect_view()}
            </div>
        </li>
    }
    .into_any()
}
