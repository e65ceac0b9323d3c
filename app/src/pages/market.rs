//! The market: stalls, and ways to find one. All filters stand in the address.

use leptos::html::{Input, Select};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use wire::{ProductPage, ProductQuery};

use crate::answer::Answer;
use crate::api;
use crate::format;
use crate::market_query::{self, SORTS, href, pager, sort_name};
use crate::parts::dynamic;
use crate::parts::{Loaded, ProductGrid};

#[component]
pub fn Market() -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| map.with(|map| market_query::read(|key| map.get(key))));
    let page = Answer::new(
        move || query.get(),
        |query| async move {
            let page = api::products(query.clone()).await?;
            Ok((query, page))
        },
    );
    view! {
        <Title text="Market"/>
        <Welcome/>
        <Filters query/>
        <Loaded
            resource=page
            skeleton=skeleton
            keep=true
            render=|(query, page)| view! { <Results query page/> }.into_any()
        />
    }
}

#[component]
fn Welcome() -> impl IntoView {
    view! {
        <section class="welcome">
            <div>
                <h1>"Name your price"</h1>
                <p class="mt-3 max-w-prose text-lg">
                    "Souk is a market where you bargain over real-looking things with people and programs, each with a private limit."
                </p>
            </div>
            <p class="flex flex-wrap gap-3">
                <a href="#stalls" rel="external" class="btn btn-primary">"Pick a stall"</a>
                <A href="/watch" attr:class="btn">"Watch two agents"</A>
                <a href="/markets" rel="external" class="btn">"See a whole market"</a>
            </p>
        </section>
    }
}

/// A plain form: without scripts its button loads the page anew.
#[component]
fn Filters(query: Memo<ProductQuery>) -> impl IntoView {
    let field =
        move |read: fn(&ProductQuery) -> Option<String>| query.with(read).unwrap_or_default();
    let (words, least, most) = (NodeRef::<Input>::new(), NodeRef::new(), NodeRef::new());
    let sort = NodeRef::<Select>::new();
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = |input: NodeRef<Input>| input.get_untracked().map(|input| input.value());
        let asked = market_query::read(|key| match key {
            "q" => typed(words),
            "min" => typed(least),
            "max" => typed(most),
            "sort" => sort.get_untracked().map(|sort| sort.value()),
            "category" => query.with_untracked(|query| query.category.clone()),
            _ => None,
        });
        navigate(&href(&asked), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    view! {
        <search class="filters" id="stalls">
            <form method="get" action="/" on:submit=submit>
                <div class="filter-row">
                    <div class="grow basis-56">
                        <label class="field-label" for="q">"Search"</label>
                        <input node_ref=words id="q" name="q" type="search" class="input w-full" placeholder="lamp, carpet, radio…" value=move || field(|q| q.search.clone())/>
                    </div>
                    <div class="w-28">
                        <label class="field-label" for="min">"From $"</label>
                        <input node_ref=least id="min" name="min" inputmode="decimal" class="input w-full" value=move || field(|q| q.min_price.map(format::price_field))/>
                    </div>
                    <div class="w-28">
                        <label class="field-label" for="max">"To $"</label>
                        <input node_ref=most id="max" name="max" inputmode="decimal" class="input w-full" value=move || field(|q| q.max_price.map(format::price_field))/>
                    </div>
                    <div class="grow basis-40 sm:max-w-56">
                        <label class="field-label" for="sort">"Sort by"</label>
                        <select node_ref=sort id="sort" name="sort" class="select w-full">
                            {SORTS
                                .into_iter()
                                .map(|(sort, name)| {
                                    view! {
                                        <option value=sort_name(sort) selected=move || query.get().sort == sort>{name}</option>
                                    }
                                })
                                .collect_view()}
                        </select>
                    </div>
                    {dynamic(move || {
                        query
                            .get()
                            .category
                            .map(|category| view! { <input type="hidden" name="category" value=category/> })
                    })}
                    <button class="btn btn-neutral">"Show"</button>
                </div>
            </form>
        </search>
    }
}

#[component]
fn Results(query: ProductQuery, page: ProductPage) -> impl IntoView {
    let ProductPage { items, total, page: number, page_size, categories } = page;
    let pages = u32::try_from(total).unwrap_or(0).div_ceil(page_size.max(1));
    let chip = |category: Option<String>, name: String, count: Option<i64>| {
        let current = query.category == category;
        let target = href(&ProductQuery { category, page: 0, ..query.clone() });
        view! {
            <li>
                <A
                    href=target
                    attr:class=if current { "chip chip-on" } else { "chip" }
                    attr:aria-current=current.then_some("true")
                    scroll=false
                >
                    {name}
                    {count.map(|count| view! { <span class="chip-count">{count}</span> })}
                </A>
            </li>
        }
    };
    view! {
        <nav aria-label="Categories">
            <ul class="chips">
                {chip(None, "All".to_owned(), None)}
                {categories
                    .into_iter()
                    .map(|c| chip(Some(c.category.clone()), format::category(&c.category), Some(c.count)))
                    .collect_view()}
            </ul>
        </nav>
        <p role="status" class="mb-3 mt-5 text-sm">{format::counted(total, "stall", "stalls")}</p>
        {if items.is_empty() {
            view! { <Nothing/> }.into_any()
        } else {
            view! {
                <h2 class="sr-only">"Stalls"</h2>
                <ProductGrid cards=items/>
            }
                .into_any()
        }}
        <Pager query=query.clone() page=number pages/>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <div class="rounded-box border border-dashed border-base-300 px-6 py-14 text-center">
            <p class="font-display text-2xl">"No stall has that"</p>
            <p class="mt-2">"Try fewer words, another category, or a wider range of prices."</p>
            <p class="mt-6"><A href="/" attr:class="btn btn-primary">"Show all stalls"</A></p>
        </div>
    }
}

#[component]
fn Pager(query: ProductQuery, page: u32, pages: u32) -> impl IntoView {
    (pages > 1).then(|| {
        view! {
            <nav aria-label="Pages" class="mt-10 flex justify-center">
                <ul class="join">
                    {pager(page, pages)
                        .into_iter()
                        .map(|shown| match shown {
                            None => view! { <li class="px-3 py-2" aria-hidden="true">"…"</li> }.into_any(),
                            Some(p) => {
                                let target = href(&ProductQuery { page: p, ..query.clone() });
                                view! {
                                    <li>
                                        <A
                                            href=target
                                            attr:class=if p == page { "btn join-item btn-neutral" } else { "btn join-item" }
                                            attr:aria-current=(p == page).then_some("page")
                                            attr:aria-label=format!("Page {}", p + 1)
                                        >
                                            {p + 1}
                                        </A>
                                    </li>
                                }
                                    .into_any()
                            }
                        })
                        .collect_view()}
                </ul>
            </nav>
        }
    })
}

fn skeleton() -> AnyView {
    view! {
        <div aria-busy="true">
            <span class="sr-only" role="status">"Loading the stalls"</span>
            <ul class="stall-grid">
                {(0..8).map(|_| view! { <li><div class="skeleton h-72"></div></li> }).collect_view()}
            </ul>
        </div>
    }
    .into_any()
}
