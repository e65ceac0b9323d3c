//! How an episode might have gone on: both arms side by side.

use leptos::prelude::*;
use rules::{Mills, Role};
use wire::{
    Arm, CounterfactualId, CounterfactualPage, Dossier, EpisodeSearch, Interval, NegotiatorCard,
    NewCounterfactual, Problem,
};

use super::Sheet;
use crate::backend::{Backend, Caller};
use crate::episode_query;
use crate::format;
use crate::numbers::number;

/// Between two looks at one that is played.
const LOOK_MS: u32 = 1_500;

pub async fn sheet(
    backend: &dyn Backend,
    caller: Caller,
    id: CounterfactualId,
) -> Result<Sheet, Problem> {
    let page = backend.counterfactual(caller, id).await?;
    let episode = format!("/research/episodes/{}", page.episode);
    let title = format!("What if: {}", page.title);
    let body = view! {
        <p class="text-sm">
            <a href="/research" class="link">"Research"</a> ", " <a href=episode.clone() class="link">"The episode as it was"</a>
        </p>
        <h1 class="page-title">{title.clone()}</h1>
        <p class="max-w-prose">{asked(&page)}</p>
        {standing(&page)}
        {chart(&page)}
        {table(&page)}
        <p class="mt-4 max-w-prose text-sm">
            "Both arms draw the same seeds, so what differs between them is what was changed. Intervals of 95% are over these rollouts alone: they say nothing of other products."
        </p>
    };
    Ok(Sheet { title, body: body.to_html(), again_ms: page.going_on.then_some(LOOK_MS) })
}

/// What was changed, in words.
fn asked(page: &CounterfactualPage) -> String {
    let NewCounterfactual { after, seats, personas, offer, rollouts } = &page.asked;
    let mut changes: Vec<String> = Vec::new();
    if let Some(price) = offer {
        changes.push(format!("the next message offers {}", format::money(*price)));
    }
    for role in Role::BOTH {
        if let Some(name) = seats.get(role) {
            changes.push(format!("{name} is the {}", role.name()));
        }
        if let Some(persona) = personas.get(role) {
            changes.push(format!("the {} is {persona}", role.name()));
        }
    }
    let kept = match after {
        0 => "From the beginning".to_owned(),
        after => format!("Behind message {after}"),
    };
    let changes = match changes.is_empty() {
        true => "nothing is changed but the draws".to_owned(),
        false => changes.join(", "),
    };
    format!(
        "{kept}, {changes}; {} each.",
        format::counted(i64::from(*rollouts), "rollout", "rollouts")
    )
}

fn standing(page: &CounterfactualPage) -> AnyView {
    let of = page.asked.rollouts * if page.control.is_some() { 2 } else { 1 };
    let done = page.changed.done + page.control.as_ref().map_or(0, |arm| arm.done);
    let told = match (&page.failure, page.going_on) {
        (Some(why), _) => format!("It broke off after {done} of {of} episodes: {why}."),
        (None, true) => format!("{done} of {of} episodes are played."),
        (None, false) if done < of => format!("{done} of {of} episodes were played."),
        (None, false) => format!("All {of} episodes are played."),
    };
    let again = (!page.going_on && done < of).then(|| {
        view! {
            <form method="post" action=format!("/research/counterfactuals/{}/again", page.id) class="mt-2">
                <button class="btn btn-sm">"Go on"</button>
            </form>
        }
    });
    let bar = page.going_on.then(|| view! { <progress class="progress progress-primary mt-2 block w-full max-w-md" max=of value=done aria-label="Episodes played"></progress> });
    view! { <div class="mt-3"><p role="status">{told}</p>{bar}{again}</div> }.into_any()
}

/// Prices of deals in bins, the changed arm above the control.
fn chart(page: &CounterfactualPage) -> Option<AnyView> {
    const WIDTH: f64 = 720.0;
    const LEFT: f64 = 16.0;
    const BINS: usize = 24;
    const TALL: f64 = 110.0;
    let arms: Vec<(&str, &Arm)> =
        [("changed", Some(&page.changed)), ("as it was", page.control.as_ref())]
            .into_iter()
            .filter_map(|(name, arm)| Some((name, arm?)))
            .collect();
    let prices = || arms.iter().flat_map(|(_, arm)| arm.prices.iter().copied());
    prices().next()?;
    let known = [page.budget, page.cost].into_iter().chain(page.was);
    let low = prices().chain(known.clone()).min()?.0 as f64;
    let high = prices().chain(known).max()?.0 as f64;
    let span = (high - low).max(1.0);
    let inner = WIDTH - 2.0 * LEFT;
    let x = |price: Mills| (LEFT + inner * (price.0 as f64 - low) / span).round();
    let counts: Vec<[u32; BINS]> = arms
        .iter()
        .map(|(_, arm)| {
            let mut bins = [0; BINS];
            for price in &arm.prices {
                let place = (price.0 as f64 - low) / span * BINS as f64;
                bins[(place as usize).min(BINS - 1)] += 1;
            }
            bins
        })
        .collect();
    let most = counts.iter().flatten().copied().max().unwrap_or(1).max(1);
    let height = (TALL + 34.0) * arms.len() as f64 + 40.0;
    let rows = arms.iter().zip(&counts).enumerate().map(|(at, ((name, arm), bins))| {
        let base = (TALL + 34.0) * (at as f64 + 1.0);
        let bars = bins.iter().enumerate().filter(|(_, n)| **n > 0).map(|(bin, n)| {
            let wide = inner / BINS as f64;
            let left = (LEFT + wide * bin as f64).round();
            let tall = (TALL * f64::from(*n) / f64::from(most)).round().max(2.0);
            let from = Mills((low + span * bin as f64 / BINS as f64) as i64).round_to_cents();
            let to = Mills((low + span * (bin + 1) as f64 / BINS as f64) as i64).round_to_cents();
            let told = format!("{name}: {n} deals from {} to {}", format::money(from), format::money(to));
            let class = if at == 0 { "bar-changed" } else { "bar-control" };
            view! { <rect class=class x=left y=base - tall width=(wide - 2.0).round() height=tall><title>{told}</title></rect> }
        });
        let told = format!("{name}: {} of {} were deals", arm.deals, arm.done);
        view! {
            <g>
                <text class="axis" x=LEFT y=base - TALL - 8.0>{told}</text>
                <line class="grid-line" x1=LEFT x2=WIDTH - LEFT y1=base y2=base></line>
                {bars.collect_view()}
            </g>
        }
    });
    let marks = [
        ("C", Some(page.cost), "limit-line limit-seller"),
        ("B", Some(page.budget), "limit-line limit-buyer"),
        ("was", page.was, "deal-line"),
    ];
    let marks = marks.into_iter().filter_map(|(name, price, class)| {
        let at = x(price?);
        Some(view! {
            <g class=class>
                <line x1=at x2=at y1="24" y2=height - 36.0></line>
                <text x=at y=height - 14.0 text-anchor="middle">{name}</text>
            </g>
        })
    });
    let label = "Prices of the deals of both arms; the table below has the numbers";
    Some(
        view! {
            <figure class="ladder ratings mt-6 max-w-3xl">
                <svg viewBox=format!("0 0 {WIDTH} {height}") role="img" aria-label=label class="w-full">
                    {rows.collect_view()}
                    {marks.collect_view()}
                </svg>
                <figcaption class="text-sm">
                    {format!(
                        "Prices of deals, from {} to {}. C is the seller's limit, B the buyer's{}.",
                        format::money(Mills(low as i64)),
                        format::money(Mills(high as i64)),
                        if page.was.is_some() { "; “was” is the price of the episode itself" } else { "" },
                    )}
                </figcaption>
            </figure>
        }
        .into_any(),
    )
}

fn table(page: &CounterfactualPage) -> AnyView {
    let arms = [("Changed", Some(&page.changed)), ("As it was", page.control.as_ref())];
    let rows = arms.into_iter().filter_map(|(name, arm)| {
        let arm = arm?;
        let all = EpisodeSearch { evaluation: Some(arm.evaluation), ..EpisodeSearch::default() };
        let quartile = |q: f64| {
            let last = arm.prices.len().checked_sub(1)?;
            arm.prices.get((q * last as f64).round() as usize).map(|price| format::money(*price))
        };
        Some(view! {
            <tr>
                <th scope="row" class="sticky left-0 bg-base-200">{name}</th>
                <td class="tabular-nums"><a class="link" href=episode_query::href(&all)>{arm.done}</a></td>
                {interval(arm.deal_rate)}
                <td class="tabular-nums">{quartile(0.25)}</td>
                <td class="tabular-nums">{quartile(0.5)}</td>
                <td class="tabular-nums">{quartile(0.75)}</td>
                {interval(arm.rewards.buyer)}
                {interval(arm.rewards.seller)}
            </tr>
        })
    });
    let rows = rows.collect_view();
    view! {
        <div class="mt-4 overflow-x-auto" tabindex="0" role="region" aria-label="Outcomes of both arms">
            <table class="table table-sm">
                <thead>
                    <tr>
                        <th scope="col">"Arm"</th>
                        <th scope="col">"Episodes"</th>
                        <th scope="col">"Deals"</th>
                        <th scope="col">"Price, 25%"</th>
                        <th scope="col">"Median"</th>
                        <th scope="col">"75%"</th>
                        <th scope="col">"Reward, buyer"</th>
                        <th scope="col">"Reward, seller"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {page.control.is_none().then(|| view! { <p class="mt-2 text-sm">"There is no arm as it was: a person sat there, or nothing was left to play."</p> })}
    }
    .into_any()
}

fn interval(of: Interval) -> AnyView {
    let ends =
        of.low.zip(of.high).map(|(low, high)| format!(" [{}, {}]", number(low), number(high)));
    view! { <td class="whitespace-nowrap tabular-nums">{of.value.map(number)} <span class="text-xs">{ends}</span></td> }
        .into_any()
}

/// In an episode's page: those that there are, and a form for another one.
pub fn section(
    dossier: &Dossier,
    negotiators: &[NegotiatorCard],
    messages: u32,
    after: Option<u32>,
    problem: Option<String>,
) -> AnyView {
    let id = dossier.page.head.id;
    let items = dossier.counterfactuals.iter().map(|(one, after)| {
        let name = match after {
            0 => "From the beginning".to_owned(),
            after => format!("Behind message {after}"),
        };
        view! { <li><a class="link" href=format!("/research/counterfactuals/{one}")>{name}</a></li> }
    });
    let items = items.collect_view();
    let seat = |role: Role, id: &'static str, name: &'static str, label: &'static str| {
        let cards = negotiators.iter().filter(|card| card.roles.contains(&role));
        let options = cards
            .map(|card| view! { <option value=card.name.0.clone()>{card.title.clone()}</option> });
        view! {
            <div>
                <label class="field-label" for=id>{label}</label>
                <select id=id name=name class="select select-sm w-full">
                    <option value="">"As it was"</option>
                    {options.collect_view()}
                </select>
            </div>
        }
    };
    let behind = (0..=messages).map(|n| {
        let label = if n == 0 { "the beginning".to_owned() } else { format!("message {n}") };
        view! { <option value=n selected=after == Some(n)>{label}</option> }
    });
    view! {
        <section class="panel" id="what-if">
            <h2 class="field-label">"What if"</h2>
            {(!dossier.counterfactuals.is_empty()).then(|| view! { <ul class="mb-3 text-sm">{items}</ul> })}
            {problem.map(|told| view! { <p role="alert" class="alert alert-error alert-soft mb-3">{told}</p> })}
            <form method="post" action=format!("/research/episodes/{id}/counterfactuals") class="space-y-2">
                <div>
                    <label class="field-label" for="after">"Keep all up to"</label>
                    <select id="after" name="after" class="select select-sm w-full">{behind.collect_view()}</select>
                </div>
                <div>
                    <label class="field-label" for="offer">"The next message offers, $"</label>
                    <input id="offer" name="offer" class="input input-sm w-full" inputmode="decimal" placeholder="whatever comes" autocomplete="off"/>
                </div>
                {seat(Role::Buyer, "other-buyer", "buyer", "Buyer")}
                {seat(Role::Seller, "other-seller", "seller", "Seller")}
                <div>
                    <label class="field-label" for="other-persona">"The seller's persona"</label>
                    <input id="other-persona" name="seller_persona" class="input input-sm w-full" placeholder="as it was" autocomplete="off" list="personas"/>
                    <datalist id="personas">{["neutral", "begging", "insulting", "unyielding"].map(|name| view! { <option value=name></option> }).collect_view()}</datalist>
                </div>
                <div>
                    <label class="field-label" for="rollouts">"Rollouts"</label>
                    <input id="rollouts" name="rollouts" type="number" min="1" max="500" value="40" required class="input input-sm w-full"/>
                </div>
                <button class="btn btn-sm">"Play it on"</button>
            </form>
        </section>
    }
    .into_any()
}
