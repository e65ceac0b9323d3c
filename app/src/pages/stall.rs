//! One product: what it is, what it used to cost, and with whom to bargain over it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use rules::{PerRole, Protocol, Role};
use wire::{
    EpisodeQuery, IdempotencyKey, NegotiatorCard, NegotiatorKind, NegotiatorName, NewEpisode,
    PricePoint, ProductDetail, ProductId, SeatRequest,
};

use crate::answer::Answer;
use crate::api;
use crate::format;
use crate::history::{self, HEIGHT, WIDTH};
use crate::parts::{Attempt, EpisodeList, Loaded, Picture, Refusal, dynamic, lines_skeleton};

#[component]
pub fn Stall() -> impl IntoView {
    let params = use_params_map();
    let detail = Answer::new(
        move || ProductId(params.with(|params| params.get("id")).unwrap_or_default()),
        |id| async move { Ok((api::product(id).await?, api::negotiators().await?)) },
    );
    view! {
        <Loaded
            resource=detail
            skeleton=lines_skeleton
            render=|(detail, negotiators)| view! { <Product detail negotiators/> }.into_any()
        />
    }
}

#[component]
fn Product(detail: ProductDetail, negotiators: Vec<NegotiatorCard>) -> impl IntoView {
    let ProductDetail { card, description, features, history } = detail;
    let id = card.id.clone();
    let recent = Answer::new(
        move || id.clone(),
        |id| {
            api::episodes(EpisodeQuery { product: Some(id), limit: Some(8), ..Default::default() })
        },
    );
    view! {
        <Title text=card.title.clone()/>
        <div class="grid gap-8 lg:grid-cols-[5fr_6fr]">
            <div>
                <Picture src=card.picture.clone() eager=true/>
                <div class="mt-6 hidden lg:block">
                    <History points=history.clone()/>
                </div>
            </div>
            <div>
                <p class="text-sm">{format::category(&card.category)}</p>
                <h1 class="mt-1 font-display text-3xl leading-tight sm:text-4xl">{card.title.clone()}</h1>
                <p class="mt-3 flex items-baseline gap-3">
                    <span class="price text-2xl">{format::money(card.list_price)}</span>
                    <span class="text-sm">"list price"</span>
                </p>
                <p class="mt-4 max-w-prose">{description}</p>
                {(!features.is_empty())
                    .then(|| {
                        view! {
                            <ul class="features">
                                {features.into_iter().map(|f| view! { <li>{f}</li> }).collect_view()}
                            </ul>
                        }
                    })}
                <StartForm product=card.id.clone() persona=card.persona.clone() negotiators/>
                <div class="mt-8 lg:hidden">
                    <History points=history/>
                </div>
            </div>
        </div>
        <section class="mt-12">
            <h2 class="section-title">"Recent talks at this stall"</h2>
            <Loaded
                resource=recent
                skeleton=lines_skeleton
                render=|items| {
                    if items.is_empty() {
                        view! { <p>"Nobody has bargained here yet. Be the first."</p> }.into_any()
                    } else {
                        view! { <EpisodeList items/> }.into_any()
                    }
                }
            />
        </section>
    }
}

#[component]
fn History(points: Vec<PricePoint>) -> impl IntoView {
    history::chart(&points).map(|chart| {
        let label = format!(
            "List prices of the last {} days, between {} and {}",
            chart.days,
            format::money(chart.low),
            format::money(chart.high),
        );
        view! {
            <figure>
                <figcaption class="field-label">{label.clone()}</figcaption>
                <svg class="history w-full" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label>
                    <path d=chart.line></path>
                </svg>
                <details class="mt-1 text-sm">
                    <summary class="cursor-pointer">"As a table"</summary>
                    <div class="max-h-60 overflow-y-auto" tabindex="0" role="region" aria-label="Price history">
                        <table class="table table-sm">
                            <thead>
                                <tr><th scope="col">"Days ago"</th><th scope="col" class="text-right">"Price"</th></tr>
                            </thead>
                            <tbody>
                                {points
                                    .into_iter()
                                    .rev()
                                    .map(|point| {
                                        view! {
                                            <tr><td>{-point.day}</td><td class="price text-right">{format::money(point.price)}</td></tr>
                                        }
                                    })
                                    .collect_view()}
                            </tbody>
                        </table>
                    </div>
                </details>
            </figure>
        }
    })
}

/// Personas that a seller can be asked to take; `policy` gives them their meaning.
const PERSONAS: [&str; 4] = ["neutral", "begging", "insulting", "unyielding"];

/// The negotiators that are chosen at first, the first one that is there: the model that ships with
/// Souk, then the script that listens.
const FAVOURITES: [&str; 2] = ["demo", "persuadable"];

/// The seats for a choice of side and opponent; `None` opponent: a person, by link.
fn seats(me: Role, opponent: Option<NegotiatorName>) -> PerRole<SeatRequest> {
    let other = opponent.map_or(SeatRequest::Invite, |name| SeatRequest::Negotiator { name });
    match me {
        Role::Buyer => PerRole { buyer: SeatRequest::Me, seller: other },
        Role::Seller => PerRole { buyer: other, seller: SeatRequest::Me },
    }
}

/// Two people may also speak freely: ten minutes, forty messages.
const FREE_TALK: Protocol = Protocol::Open { deadline_ms: 600_000, max_moves: 40 };

#[component]
fn StartForm(
    product: ProductId,
    persona: String,
    negotiators: Vec<NegotiatorCard>,
) -> impl IntoView {
    // A link may say who is met, and as what: `?side=seller&with=run-1-60`.
    let asked = use_query_map().get_untracked();
    let sells = asked.get_str("side") == Some(Role::Seller.name());
    let first_side = if sells { Role::Seller } else { Role::Buyer };
    let side = RwSignal::new(first_side);
    let first = |role: Role| {
        let fitting = negotiators.iter().filter(|card| card.roles.contains(&role));
        let place = |card: &&NegotiatorCard| match asked.get_str("with") {
            Some(name) if name == card.name.0 => 0,
            _ => 1 + FAVOURITES.iter().position(|n| card.name.0 == *n).unwrap_or(FAVOURITES.len()),
        };
        fitting.min_by_key(place).map(|card| card.name.clone())
    };
    let firsts = PerRole { buyer: first(Role::Buyer), seller: first(Role::Seller) };
    // `None`: invite a person.
    let opponent = RwSignal::new(firsts.get(first_side.other()).clone());
    let manner = RwSignal::new(persona.clone());
    let free_talk = RwSignal::new(false);
    let key = StoredValue::new(None::<IdempotencyKey>);
    let navigate = use_navigate();
    let start = Attempt::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        // One key for this intended talk: after a lost answer the repeat finds the same one.
        let kept = key.get_value().unwrap_or_else(IdempotencyKey::fresh);
        key.set_value(Some(kept));
        let invites = opponent.with_untracked(Option::is_none);
        let new = NewEpisode {
            product: product.clone(),
            seats: seats(side.get_untracked(), opponent.get_untracked()),
            protocol: (invites && free_talk.get_untracked()).then_some(FREE_TALK),
            seller_persona: (side.get_untracked() == Role::Buyer && !invites)
                .then(|| manner.get_untracked()),
            seed: None,
            pace: None,
            key: kept,
        };
        let navigate = navigate.clone();
        start.run(async move {
            let id = api::start_episode(new).await?;
            navigate(&format!("/talk/{id}"), NavigateOptions::default());
            Ok(())
        });
    };
    let choose_side = move |role: Role| {
        side.set(role);
        key.set_value(None);
        if opponent.with_untracked(Option::is_some) {
            opponent.set(firsts.get(role.other()).clone());
        }
    };
    let cards = StoredValue::new(negotiators);
    view! {
        <form class="start-form" on:submit=submit aria-label="Start bargaining">
            <fieldset>
                <legend class="field-label">"Your side"</legend>
                <div class="choice-row">
                    {Role::BOTH
                        .into_iter()
                        .map(|role| {
                            let choose_side = choose_side.clone();
                            view! {
                                <label class="choice">
                                    <input
                                        type="radio"
                                        name="side"
                                        value=role.name()
                                        class="radio radio-sm radio-primary"
                                        prop:checked=move || side.get() == role
                                        checked=role == first_side
                                        on:change=move |_| choose_side(role)
                                    />
                                    <span>
                                        <span class="font-semibold">{if role == Role::Buyer { "Buy it" } else { "Sell it" }}</span>
                                    </span>
                                </label>
                            }
                        })
                        .collect_view()}
                </div>
            </fieldset>
            <fieldset class="mt-4">
                <legend class="field-label">"Across the table"</legend>
                <div class="choice-list">
                    {dynamic(move || {
                        let across = side.get().other();
                        let cards = cards.get_value();
                        cards
                            .into_iter()
                            .filter(|card| card.roles.contains(&across))
                            .map(|card| view! { <OpponentChoice card opponent key/> })
                            .collect_view()
                    })}
                    <label class="choice">
                        <input
                            type="radio"
                            name="opponent"
                            value="invite"
                            class="radio radio-sm radio-primary"
                            prop:checked=move || opponent.with(Option::is_none)
                            on:change=move |_| {
                                opponent.set(None);
                                key.set_value(None);
                            }
                        />
                        <span>
                            <span class="font-semibold">"A person you invite"</span>
                            <span class="block text-sm">"You get a link to send."</span>
                        </span>
                    </label>
                </div>
            </fieldset>
            {dynamic(move || {
                (side.get() == Role::Buyer && opponent.with(Option::is_some))
                    .then(|| view! { <PersonaField own=persona.clone() manner key/> })
            })}
            {dynamic(move || {
                opponent
                    .with(Option::is_none)
                    .then(|| {
                        view! {
                            <label class="mt-4 flex items-center gap-2">
                                <input
                                    type="checkbox"
                                    class="checkbox checkbox-sm checkbox-primary"
                                    prop:checked=free_talk
                                    on:change=move |event| {
                                        free_talk.set(event_target_checked(&event));
                                        key.set_value(None);
                                    }
                                />
                                "Speak freely: any time, for ten minutes, instead of six rounds in turn"
                            </label>
                        }
                    })
            })}
            <Refusal attempt=start/>
            <button class="btn btn-primary btn-lg mt-5 w-full sm:w-auto" disabled=move || start.is_pending()>
                {dynamic(move || if start.is_pending() { "Going to the stall…" } else { "Bargain" })}
            </button>
        </form>
    }
}

fn badge(kind: NegotiatorKind) -> Option<&'static str> {
    match kind {
        NegotiatorKind::Scripted => None,
        NegotiatorKind::HeldOut => Some("held out"),
        NegotiatorKind::Model => Some("language model"),
    }
}

#[component]
fn OpponentChoice(
    card: NegotiatorCard,
    opponent: RwSignal<Option<NegotiatorName>>,
    key: StoredValue<Option<IdempotencyKey>>,
) -> impl IntoView {
    let name = card.name.clone();
    let chosen = card.name.clone();
    let first = opponent.with_untracked(|o| o.as_ref() == Some(&card.name));
    view! {
        <label class="choice">
            <input
                type="radio"
                name="opponent"
                value=card.name.to_string()
                class="radio radio-sm radio-primary"
                checked=first
                prop:checked=move || opponent.with(|o| o.as_ref() == Some(&chosen))
                on:change=move |_| {
                    opponent.set(Some(name.clone()));
                    key.set_value(None);
                }
            />
            <span>
                <span class="font-semibold">{card.title}</span>
                {badge(card.kind)
                    .map(|text| view! { " " <span class="badge badge-soft badge-sm">{text}</span> })}
                <span class="block text-sm">{card.summary}</span>
            </span>
        </label>
    }
}

#[component]
fn PersonaField(
    own: String,
    manner: RwSignal<String>,
    key: StoredValue<Option<IdempotencyKey>>,
) -> impl IntoView {
    let mut personas = vec![own.clone()];
    personas.extend(PERSONAS.into_iter().filter(|p| *p != own).map(str::to_owned));
    view! {
        <div class="mt-4">
            <label class="field-label" for="persona">"The seller's manner"</label>
            <select
                id="persona"
                class="select w-full sm:w-64"
                on:change=move |event| {
                    manner.set(event_target_value(&event));
                    key.set_value(None);
                }
            >
                {personas
                    .into_iter()
                    .map(|persona| {
                        let name = if persona == own {
                            format!("{} (this stall's own)", format::capitalised(&persona))
                        } else {
                            format::capitalised(&persona)
                        };
                        let selected = manner.with_untracked(|m| *m == persona);
                        view! { <option value=persona selected=selected>{name}</option> }
                    })
                    .collect_view()}
            </select>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_seat_goes_to_whom_one_chose() {
        let name = NegotiatorName("boulware".into());
        let buying = seats(Role::Buyer, Some(name.clone()));
        assert_eq!(buying.buyer, SeatRequest::Me);
        assert_eq!(buying.seller, SeatRequest::Negotiator { name });
        let selling = seats(Role::Seller, None);
        assert_eq!((selling.buyer, selling.seller), (SeatRequest::Invite, SeatRequest::Me));
    }
}
