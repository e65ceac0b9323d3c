//! After the end: both limits, who got how much of what was there, and the reward with its formula.

use leptos::prelude::*;
use rules::{PerRole, Role};
use wire::{Comparison, Reveal, Score};

use crate::format;
use crate::zone::{self, WIDTH, Zone};

/// `me`: the reader's own seat, first in everything.
#[component]
pub fn RevealPanel(reveal: Reveal, me: Option<Role>) -> impl IntoView {
    let order = match me {
        Some(me) => [me, me.other()],
        None => Role::BOTH,
    };
    let scores = reveal.scores.clone();
    let comparison = reveal.comparison.clone();
    view! {
        <section class="card border border-base-300 bg-base-100" aria-labelledby="reveal-title">
            <div class="card-body gap-5 p-4 sm:p-6">
                <h2 id="reveal-title" class="font-display text-2xl">
                    {format::outcome_to(reveal.outcome, me)}
                </h2>
                <Limits reveal=reveal.clone()/>
                <Split reveal=reveal.clone() me/>
                <div class="grid gap-4 sm:grid-cols-2">
                    {order
                        .into_iter()
                        .map(|role| view! { <ScoreCard score=scores.get(role).clone() role me/> })
                        .collect_view()}
                </div>
                <Others comparison/>
            </div>
        </section>
    }
}

#[component]
fn Limits(reveal: Reveal) -> impl IntoView {
    let drawn = zone::zone(&reveal);
    let price = zone::price(reveal.outcome);
    let room = reveal.budget - reveal.cost;
    let told = if drawn.possible {
        format!(
            "The buyer would have paid up to {}; the seller needed at least {}. There were {} between them.",
            format::money(reveal.budget),
            format::money(reveal.cost),
            format::money(room),
        )
    } else {
        format!(
            "The buyer would have paid up to {}, but the seller needed at least {}. No price could serve both: walking away was right.",
            format::money(reveal.budget),
            format::money(reveal.cost),
        )
    };
    let label = match (price, reveal.position) {
        (Some(price), Some(position)) => format!(
            "The price of {} stands at {} of the way from the seller's limit to the buyer's.",
            format::money(price),
            format::percent(position),
        ),
        (Some(price), None) => format!("The price was {}.", format::money(price)),
        (None, _) => "There was no price.".to_owned(),
    };
    view! {
        <div>
            <p>{told}</p>
            <ZoneDrawing drawn label price=price.map(format::money)/>
            <div class="flex flex-wrap justify-between gap-x-6 text-sm">
                <span class="key-seller">{format!("Seller's limit {}", format::money(reveal.cost))}</span>
                <span class="key-buyer">{format!("Buyer's limit {}", format::money(reveal.budget))}</span>
            </div>
        </div>
    }
}

#[component]
fn ZoneDrawing(drawn: Zone, label: String, price: Option<String>) -> impl IntoView {
    let (left, right) = (drawn.cost_x.min(drawn.budget_x), drawn.cost_x.max(drawn.budget_x));
    let zone_class = if drawn.possible { "zone-possible" } else { "zone-none" };
    view! {
        <svg class="zone mt-2 w-full" viewBox=format!("0 0 {WIDTH} 128") role="img" aria-label=label>
            <rect class="zone-track" x="8" y="68" width=WIDTH - 16 height="20" rx="10"></rect>
            <rect class=zone_class x=left y="68" width=(right - left).max(4) height="20"></rect>
            <path class="mark-seller" d=format!("M{} 62l16 16-16 16-16-16z", drawn.cost_x)></path>
            <circle class="mark-buyer" cx=drawn.budget_x cy="78" r="14"></circle>
            {drawn
                .price_x
                .map(|x| {
                    let anchor = if x < 120 { "start" } else if x > WIDTH - 120 { "end" } else { "middle" };
                    view! {
                        <line class="zone-price" x1=x x2=x y1="44" y2="112"></line>
                        <text class="zone-label" x=x y="30" text-anchor=anchor>{price}</text>
                    }
                })}
        </svg>
    }
}

#[component]
fn Split(reveal: Reveal, me: Option<Role>) -> impl IntoView {
    let PerRole { buyer, seller } = reveal.surplus;
    zone::split(&reveal).map(|(buyer_share, seller_share)| {
        let name = |role: Role| match me {
            Some(me) if me == role => "You".to_owned(),
            _ => format::capitalised(role.name()),
        };
        let text = |role, amount, share| format!("{} {} ({share}%)", name(role), format::money(amount));
        let seller_width = WIDTH * seller_share.cast_signed() / 100;
        view! {
            <div>
                <h3 class="field-label">"How the surplus was split"</h3>
                <svg class="w-full" viewBox=format!("0 0 {WIDTH} 28") aria-hidden="true" preserveAspectRatio="none">
                    <rect class="split-seller" x="0" y="0" width=seller_width height="28"></rect>
                    <rect class="split-buyer" x=seller_width y="0" width=WIDTH - seller_width height="28"></rect>
                </svg>
                <div class="mt-1 flex flex-wrap justify-between gap-x-6 text-sm">
                    <span class="key-seller">{text(Role::Seller, seller, seller_share)}</span>
                    <span class="key-buyer">{text(Role::Buyer, buyer, buyer_share)}</span>
                </div>
            </div>
        }
    })
}

#[component]
pub fn ScoreCard(score: Score, role: Role, me: Option<Role>) -> impl IntoView {
    let whose = match me {
        Some(me) if me == role => "Your reward".to_owned(),
        _ => format!("The {}'s reward", role.name()),
    };
    view! {
        <div class="rounded-box bg-base-200 p-4">
            <h3 class="field-label">{whose}</h3>
            <p class="font-display text-4xl">
                {score.value.map_or_else(|| "not scored".to_owned(), format::decimal)}
            </p>
            <p class="formula mt-2">{score.formula}</p>
            <p class="formula">{score.filled}</p>
            {(!score.terms.is_empty())
                .then(|| {
                    view! {
                        <dl class="terms mt-2">
                            {score
                                .terms
                                .into_iter()
                                .map(|term| {
                                    view! {
                                        <div>
                                            <dt><code>{term.symbol}</code>" "{term.meaning}</dt>
                                            <dd class="price">{term.value}</dd>
                                        </div>
                                    }
                                })
                                .collect_view()}
                        </dl>
                    }
                })}
            <p class="mt-2 text-sm">{format!("Reward “{}”, version {}", score.reward, score.version)}</p>
        </div>
    }
}

#[component]
pub fn Others(comparison: Comparison) -> impl IntoView {
    if comparison.rows.is_empty() {
        return view! { <p class="text-sm">"You are the first to finish a talk over this product."</p> }.into_any();
    }
    view! {
        <div>
            <h3 class="field-label">"How others did over this product"</h3>
            <div class="overflow-x-auto" tabindex="0" role="region" aria-label="How others did">
                <table class="table table-sm">
                    <thead>
                        <tr>
                            <th scope="col">"Who"</th>
                            <th scope="col">"As"</th>
                            <th scope="col" class="text-right">"Talks"</th>
                            <th scope="col" class="text-right">"Deals"</th>
                            <th scope="col" class="text-right">"Mean price"</th>
                            <th scope="col" class="text-right">"Mean reward"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {comparison
                            .rows
                            .into_iter()
                            .map(|row| {
                                view! {
                                    <tr>
                                        <th scope="row">{row.label}</th>
                                        <td>{row.role.name()}</td>
                                        <td class="text-right">{row.episodes}</td>
                                        <td class="text-right">{row.deals}</td>
                                        <td class="price text-right">{row.mean_price.map_or("none".to_owned(), |p| format::money(p.round_to_cents()))}</td>
                                        <td class="price text-right">{format::decimal(row.mean_reward)}</td>
                                    </tr>
                                }
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
        </div>
    }
    .into_any()
}
