//! One participant: where the time went, what was answered, bargained and earned, and what should be looked at.

use leptos::prelude::*;
use study::progress::How;

use super::{SHORT, cell_name, cents};
use crate::browser;
use crate::format;
use crate::numbers::number;
use crate::study_desk::{Bargained, Flagged, ParticipantPage};

pub fn part(page: &ParticipantPage) -> AnyView {
    let now = browser::now_ms();
    let short: String = page.head.id.to_string().chars().skip(SHORT).collect();
    let cell = page.head.cell.map(|cell| cell_name(&page.study, cell));
    let place = match page.head.ended {
        Some(end) => format!("over: {}", end.name().replace('_', " ")),
        None => page.head.place.clone(),
    };
    let history = page.history.iter().map(|(at, told)| {
        view! { <tr><td class="tabular-nums">{format::countdown(at - page.head.entered_ms)}</td><td>{told.clone()}</td></tr> }
    });
    let stages = page.stages.iter().map(|stage| {
        view! { <tr><th scope="row" class="font-normal">{stage.place}</th><td class="tabular-nums">{format::countdown(stage.ms)}</td></tr> }
    });
    let answers = page.answers.iter().map(|(part, name, value)| {
        view! { <tr><td>{*part}</td><th scope="row" class="font-normal"><code>{name.clone()}</code></th><td>{value.clone()}</td></tr> }
    });
    let messages = page
        .messages
        .iter()
        .map(|(at, text)| view! { <li>{format!("{}: {text}", format::ago(*at, now))}</li> });
    view! {
        <h2 class="section-title">{format!("Participant {short}")}</h2>
        <p class="mb-4">{format!("{}, {place}{}; seen {}", page.head.source.name(), cell.map(|cell| format!(", {cell}")).unwrap_or_default(), format::ago(page.head.seen_ms, now))}</p>
        <div class="lab-grid">
            <section aria-labelledby="talks-title">
                <h3 id="talks-title" class="section-title">"Talks"</h3>
                {if page.talks.is_empty() {
                    view! { <p>"None yet."</p> }.into_any()
                } else {
                    view! { <ul class="space-y-1">{page.talks.iter().map(talk).collect_view()}</ul> }.into_any()
                }}
                <h3 class="section-title mt-6">"To look at"</h3>
                <p class="text-sm max-w-prose">"Flags decide nothing: nobody is left out or unpaid for one."</p>
                {if page.flags.is_empty() {
                    view! { <p>"Nothing."</p> }.into_any()
                } else {
                    view! { <ul class="space-y-1">{page.flags.iter().map(flagged).collect_view()}</ul> }.into_any()
                }}
                <h3 class="section-title mt-6">"Answers"</h3>
                <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Answers"><table class="table table-sm">
                    <thead><tr><th scope="col">"Part"</th><th scope="col">"Question"</th><th scope="col">"Answer"</th></tr></thead>
                    <tbody>{answers.collect_view()}</tbody>
                </table></div>
                {(!page.messages.is_empty()).then(|| view! { <h3 class="section-title mt-6">"Words to this participant"</h3> <ul class="list-disc pl-5">{messages.collect_view()}</ul> })}
            </section>
            <section aria-labelledby="time-title">
                <h3 id="time-title" class="section-title">"Time at each place"</h3>
                <table class="table table-sm w-auto">
                    <thead><tr><th scope="col">"Place"</th><th scope="col">"Time"</th></tr></thead>
                    <tbody>{stages.collect_view()}</tbody>
                </table>
                <h3 class="section-title mt-6">"What happened"</h3>
                <table class="table table-sm w-auto">
                    <thead><tr><th scope="col">"After"</th><th scope="col">"What"</th></tr></thead>
                    <tbody>{history.collect_view()}</tbody>
                </table>
            </section>
        </div>
    }
    .into_any()
}

fn talk(one: &Bargained) -> AnyView {
    let how = match one.how {
        How::Counts => "",
        How::PartnerLeft => ", the partner left",
        How::Left => ", left",
        How::Broken => ", the machinery broke",
    };
    let reward = one
        .reward
        .map_or_else(|| "not scored".to_owned(), |reward| format!("reward {}", number(reward)));
    let told = format!("{}: {reward}{how}, bonus {}", one.condition, cents(u64::from(one.cents)));
    view! { <li><a class="link" href=format!("/research/episodes/{}", one.episode)>{told}</a></li> }
        .into_any()
}

fn flagged(one: &Flagged) -> AnyView {
    let turn = one.turn.map(|turn| format!(", message {}", turn + 1)).unwrap_or_default();
    let told = format!("{}{turn}", one.flag.replace('_', " "));
    let told = match one.episode {
        Some(episode) => {
            view! { <a class="link" href=format!("/research/episodes/{episode}")>{told}</a> }
                .into_any()
        }
        None => told.into_any(),
    };
    view! { <li>{told} " " <code class="text-xs break-all">{one.detail.clone()}</code></li> }
        .into_any()
}
