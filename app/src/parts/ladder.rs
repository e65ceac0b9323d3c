//! The price ladder as a drawing.

use leptos::prelude::*;
use rules::{Mills, PerRole, Role, Table};

use crate::format;
use crate::ladder::{HEIGHT, LEFT, Level, Mark, RIGHT, WIDTH, described, ladder};

/// Draws the offers, the list price and the limits that the reader may see.
#[component]
pub fn LadderView(table: Table, limits: PerRole<Option<Mills>>) -> impl IntoView {
    let drawn = ladder(&table, limits);
    let limit_line = |role: Role| {
        drawn.limits.get(role).map(|level| {
            let name = format!("{}'s limit {}", role.name(), format::money(level.price));
            view! { <LevelLine level class=limit_class(role) name/> }
        })
    };
    view! {
        <figure class="ladder">
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=described(&table) class="w-full">
                {drawn
                    .price_ticks
                    .iter()
                    .map(|tick| {
                        view! {
                            <line class="grid-line" x1=LEFT x2=WIDTH - RIGHT y1=tick.y y2=tick.y></line>
                            <text class="axis" x=LEFT - 12 y=tick.y + 7 text-anchor="end">{short_money(tick.price)}</text>
                        }
                    })
                    .collect_view()}
                {drawn
                    .rounds
                    .iter()
                    .map(|tick| {
                        view! {
                            <text class="axis" x=tick.x y=HEIGHT - 16 text-anchor="middle">{tick.round}</text>
                        }
                    })
                    .collect_view()}
                <LevelLine level=drawn.list_price class="list-line" name="list price".to_owned()/>
                {limit_line(Role::Buyer)}
                {limit_line(Role::Seller)}
                {drawn
                    .deal
                    .map(|level| {
                        view! { <LevelLine level class="deal-line" name=format!("deal {}", format::money(level.price))/> }
                    })}
                <path class="line-buyer" d=drawn.paths.buyer.clone()></path>
                <path class="line-seller" d=drawn.paths.seller.clone()></path>
                {drawn.marks.iter().map(|mark| mark_view(*mark)).collect_view()}
            </svg>
            <figcaption class="ladder-key">
                <span><span class="key-buyer" aria-hidden="true">"●"</span>" buyer's offers"</span>
                <span><span class="key-seller" aria-hidden="true">"◆"</span>" seller's offers"</span>
                <span>"across: rounds"</span>
            </figcaption>
        </figure>
    }
}

fn limit_class(role: Role) -> &'static str {
    match role {
        Role::Buyer => "limit-line limit-buyer",
        Role::Seller => "limit-line limit-seller",
    }
}

#[component]
fn LevelLine(level: Level, class: &'static str, name: String) -> impl IntoView {
    view! {
        <g class=class>
            <line x1=LEFT x2=WIDTH - RIGHT y1=level.y y2=level.y></line>
            <text x=WIDTH - RIGHT - 4 y=level.y - 8 text-anchor="end">{name}</text>
        </g>
    }
}

/// Sides differ by shape as well as by colour.
fn mark_view(mark: Mark) -> impl IntoView {
    let Mark { by, x, y, price, round, stands } = mark;
    let title = format!("round {round}: {} {}", by.name(), format::money(price));
    let label = stands.then(|| {
        // Under the buyer's mark, unless the axis is there.
        let dy = if by == Role::Buyer && y < HEIGHT - 100 { 32 } else { -18 };
        view! { <text class="mark-label" x=x y=y + dy text-anchor="middle">{format::money(price)}</text> }
    });
    let shape = match by {
        Role::Buyer => view! { <circle class="mark-buyer" cx=x cy=y r="9"></circle> }.into_any(),
        Role::Seller => {
            let d = format!("M{x} {}l11 11-11 11-11-11z", y - 11);
            view! { <path class="mark-seller" d=d></path> }.into_any()
        }
    };
    view! { <g><title>{title}</title>{shape}{label}</g> }
}

/// `$1,200` without cents where there are none.
fn short_money(price: Mills) -> String {
    let text = format::money(price);
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}
