//! Stalls as cards.

use leptos::prelude::*;
use leptos_router::components::A;
use wire::ProductCard;

use super::Picture;
use crate::format;

#[component]
pub fn StallCard(card: ProductCard) -> impl IntoView {
    let href = format!("/stall/{}", card.id);
    view! {
        <article class="stall card h-full border border-base-300 bg-base-100">
            <figure class="px-3 pt-3">
                <Picture src=card.picture/>
            </figure>
            <div class="card-body gap-2 p-4">
                <div class="flex flex-wrap items-start justify-between gap-x-2 gap-y-1 text-sm">
                    <span>{format::category(&card.category)}</span>
                    <span class="badge badge-soft badge-secondary badge-sm">{card.persona}</span>
                </div>
                <h3 class="card-title text-base leading-snug">
                    <A href=href attr:class="stall-link">{card.title}</A>
                </h3>
                <div class="mt-auto flex items-baseline justify-between gap-2 pt-1">
                    <span class="price text-lg">{format::money(card.list_price)}</span>
                    <span class="text-sm">
                        {match card.negotiations {
                            0 => "no talks yet".to_owned(),
                            n => format::counted(n, "talk", "talks"),
                        }}
                    </span>
                </div>
            </div>
        </article>
    }
}

#[component]
pub fn ProductGrid(cards: Vec<ProductCard>) -> impl IntoView {
    view! {
        <ul class="stall-grid">
            {cards
                .into_iter()
                .map(|card| view! { <li><StallCard card/></li> })
                .collect_view()}
        </ul>
    }
}
