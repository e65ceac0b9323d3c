//! Tables to watch: those that are live, and new ones to start.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use rules::{PerRole, Role};
use wire::{
    EpisodeId, EpisodePage, EpisodeQuery, IdempotencyKey, NegotiatorCard, NegotiatorName,
    NewEpisode, Pace, ProductId, ProductQuery, SeatRequest,
};

use super::watch_one::{PaceBar, Seats, WatchStatus};
use crate::answer::Answer;
use crate::api;
use crate::browser;
use crate::episode_state::EpisodeState;
use crate::fault::Fault;
use crate::parts::{
    Attempt, ChatLog, LadderView, LinkBanner, Loaded, Refusal, dynamic, lines_skeleton,
};

/// Live tables on the page at most: each is followed over the one socket.
const SHOWN: u32 = 6;

#[component]
pub fn Watch() -> impl IntoView {
    let page = Answer::new(
        || (),
        |()| async {
            let live = EpisodeQuery { live: true, limit: Some(SHOWN), ..Default::default() };
            let live = api::episodes(live).await?.into_iter().map(|e| e.id).collect::<Vec<_>>();
            Ok((live, api::negotiators().await?))
        },
    );
    view! {
        <Title text="Watch"/>
        <h1 class="page-title">"Watch others bargain"</h1>
        <LinkBanner/>
        <Loaded
            resource=page
            skeleton=lines_skeleton
            render=|(live, negotiators)| view! { <Tables live negotiators/> }.into_any()
        />
    }
}

#[component]
fn Tables(live: Vec<EpisodeId>, negotiators: Vec<NegotiatorCard>) -> impl IntoView {
    let tables = RwSignal::new(live);
    let started = Callback::new(move |new: Vec<EpisodeId>| {
        tables.update(|tables| {
            tables.splice(0..0, new);
            tables.truncate(SHOWN as usize);
        });
    });
    view! {
        <StartTables negotiators started/>
        <section aria-labelledby="tables-title" class="mt-8">
            <h2 id="tables-title" class="section-title">"At the tables now"</h2>
            {dynamic(move || {
                tables
                    .with(Vec::is_empty)
                    .then(|| {
                        view! {
                            <p class="rounded-box border border-dashed border-base-300 px-6 py-10 text-center">
                                "Nobody is talking right now. Seat two negotiators above."
                            </p>
                        }
                    })
            })}
            <ul class="table-grid">
                <For each=move || tables.get() key=|id| *id children=|id| view! { <li><LiveCard id/></li> }/>
            </ul>
        </section>
    }
}

#[component]
fn LiveCard(id: EpisodeId) -> impl IntoView {
    let page = Answer::new(move || id, api::episode);
    view! {
        <Loaded resource=page skeleton=card_skeleton render=|page| view! { <LiveTable page/> }.into_any()/>
    }
}

fn card_skeleton() -> AnyView {
    view! { <div class="skeleton h-96" aria-busy="true"></div> }.into_any()
}

#[component]
fn LiveTable(page: EpisodePage) -> impl IntoView {
    let id = page.head.id;
    let title = page.head.product.title.clone();
    let state = EpisodeState::new(page);
    state.follow();
    view! {
        <article class="panel flex h-full flex-col gap-3">
            <header>
                <h3 class="font-display text-lg leading-tight">
                    <A href=format!("/watch/{id}") attr:class="link-hover">{title}</A>
                </h3>
                <p class="text-sm"><Seats state/></p>
            </header>
            <WatchStatus state/>
            <ChatLog state compact=true/>
            {dynamic(move || {
                state.seen.get().map(|seen| view! { <LadderView table=seen.table limits=seen.limits/> })
            })}
            <PaceBar state compact=true/>
        </article>
    }
}

/// What the form asks for.
#[derive(Clone, Debug)]
struct Wanted {
    buyer: NegotiatorName,
    seller: NegotiatorName,
    /// `None`: any product.
    search: Option<String>,
    tables: u32,
    keys: Vec<IdempotencyKey>,
}

async fn start(wanted: Wanted) -> Result<Vec<EpisodeId>, Fault> {
    let mut started = Vec::new();
    for key in wanted.keys.iter().take(wanted.tables as usize) {
        let product = any_product(wanted.search.clone()).await?;
        let seat = |name: &NegotiatorName| SeatRequest::Negotiator { name: name.clone() };
        let new = NewEpisode {
            product,
            seats: PerRole { buyer: seat(&wanted.buyer), seller: seat(&wanted.seller) },
            protocol: None,
            seller_persona: None,
            seed: None,
            pace: Some(Pace { interval_ms: 1_500, paused: false }),
            key: *key,
        };
        started.push(api::start_episode(new).await?);
    }
    Ok(started)
}

/// A product drawn among all that match.
async fn any_product(search: Option<String>) -> Result<ProductId, Fault> {
    let query = ProductQuery { search, ..Default::default() };
    let first = api::products(query.clone()).await?;
    let matching = usize::try_from(first.total).unwrap_or(0);
    if matching == 0 {
        let detail = "No stall has that. Try other words, or leave the field empty.";
        return Err(Fault::new(wire::Code::NotFound, detail));
    }
    let (page, place) = drawn(browser::roll(), matching, first.page_size.max(1) as usize);
    let mut items = if page == 0 {
        first.items
    } else {
        api::products(ProductQuery { page, ..query }).await?.items
    };
    let place = place.min(items.len().saturating_sub(1));
    Ok(items.swap_remove(place).id)
}

/// The page and the place on it of the product that a number in 0..1 points to.
fn drawn(roll: f64, matching: usize, page_size: usize) -> (u32, usize) {
    let index = ((roll * matching as f64) as usize).min(matching - 1);
    (u32::try_from(index / page_size).unwrap_or(0), index % page_size)
}

#[component]
fn StartTables(
    negotiators: Vec<NegotiatorCard>,
    started: Callback<Vec<EpisodeId>>,
) -> impl IntoView {
    let of = |role: Role| -> Vec<NegotiatorCard> {
        negotiators.iter().filter(|card| card.roles.contains(&role)).cloned().collect()
    };
    let (buyers, sellers) = (of(Role::Buyer), of(Role::Seller));
    let asked = use_query_map().get_untracked();
    // A link may name both: `/watch?buyer=run-1-60&seller=demo`.
    let chosen = |role: Role, cards: &[NegotiatorCard]| {
        let asked = asked.get(role.name());
        let named = cards.iter().find(|card| asked.as_ref() == Some(&card.name.0));
        let name = named.or(cards.first()).map(|card| card.name.0.clone());
        RwSignal::new(name.unwrap_or_default())
    };
    let (buyer, seller) = (chosen(Role::Buyer, &buyers), chosen(Role::Seller, &sellers));
    let search = RwSignal::new(String::new());
    let tables = RwSignal::new(1_u32);
    let starting = Attempt::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let words = search.get_untracked().trim().to_owned();
        let wanted = Wanted {
            buyer: NegotiatorName(buyer.get_untracked()),
            seller: NegotiatorName(seller.get_untracked()),
            search: (!words.is_empty()).then_some(words),
            tables: tables.get_untracked(),
            keys: (0..4).map(|_| IdempotencyKey::fresh()).collect(),
        };
        starting.run(async move {
            started.run(start(wanted).await?);
            Ok(())
        });
    };
    view! {
        <form class="panel" on:submit=submit aria-label="Seat two negotiators">
            <div class="filter-row">
                <Choice id="buyer" label="Buyer" cards=buyers chosen=buyer/>
                <Choice id="seller" label="Seller" cards=sellers chosen=seller/>
                <div class="grow basis-48">
                    <label class="field-label" for="over">"Over"</label>
                    <input id="over" class="input w-full" placeholder="anything, or search words" prop:value=search on:input=move |event| search.set(event_target_value(&event))/>
                </div>
                <div class="w-28">
                    <label class="field-label" for="tables">"Tables"</label>
                    <select id="tables" class="select w-full" on:change=move |event| tables.set(event_target_value(&event).parse().unwrap_or(1))>
                        {(1..=4).map(|n| view! { <option value=n>{n}</option> }).collect_view()}
                    </select>
                </div>
                <button class="btn btn-primary" disabled=move || starting.is_pending()>"Let them talk"</button>
            </div>
            <Refusal attempt=starting/>
        </form>
    }
}

#[component]
fn Choice(
    id: &'static str,
    label: &'static str,
    cards: Vec<NegotiatorCard>,
    chosen: RwSignal<String>,
) -> impl IntoView {
    view! {
        <div class="grow basis-40">
            <label class="field-label" for=id>{label}</label>
            <select id=id class="select w-full" on:change=move |event| chosen.set(event_target_value(&event))>
                {cards
                    .into_iter()
                    .map(|card| {
                        let selected = chosen.with_untracked(|name| *name == card.name.0);
                        view! { <option value=card.name.0 title=card.summary selected=selected>{card.title}</option> }
                    })
                    .collect_view()}
            </select>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::drawn;

    #[test]
    fn every_product_can_be_drawn_and_no_other() {
        assert_eq!(drawn(0.0, 50, 24), (0, 0));
        assert_eq!(drawn(0.999_999, 50, 24), (2, 1));
        assert_eq!(drawn(1.0, 1, 24), (0, 0));
    }
}
