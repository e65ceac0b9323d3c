//! Two agents beside each other, on what both played.

use leptos::prelude::*;
use rules::Role;
use wire::{EpisodeSearch, Interval, PairPage, PairQuery, PowerRow, Problem, ProductId};

use super::Sheet;
use super::episodes::{Offers, offers};
use crate::backend::{Backend, Caller};
use crate::episode_query;
use crate::numbers::number;

const BASE: &str = "/research/compare";

pub async fn sheet(
    backend: &dyn Backend,
    caller: Caller,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let text = |key: &str| get(key).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let role = match text("role").as_deref() {
        Some("seller") => Role::Seller,
        _ => Role::Buyer,
    };
    let search = EpisodeSearch { after: None, ..episode_query::read(&get) };
    let offers = offers(backend, caller).await?;
    let query = text("a").zip(text("b")).map(|(a, b)| PairQuery { role, a, b });
    let page = match &query {
        Some(query) => Some(backend.compare(caller, query.clone(), search.clone()).await?),
        None => None,
    };
    let body = view! {
        <p class="text-sm"><a href="/research" class="link">"Research"</a></p>
        <h1 class="page-title">"Compare two"</h1>
        <p class="mb-4 max-w-prose">
            "On the scenarios that both played in the same role: the same product, opponent and personas. Payoff is the own surplus over |B − C|, 0 without a deal."
        </p>
        {form(role, query.as_ref(), &search, &offers)}
        {query.as_ref().zip(page.as_ref()).map(|(query, page)| result(query, &search, page))}
    };
    Ok(Sheet { title: "Compare two".to_owned(), body: body.to_html(), again_ms: None })
}

fn form(role: Role, query: Option<&PairQuery>, search: &EpisodeSearch, offers: &Offers) -> AnyView {
    let name = |key: &'static str, label: &'static str, value: Option<String>| {
        view! {
            <div>
                <label class="field-label" for=key>{label}</label>
                <input id=key name=key class="input w-full" value=value list="negotiators" required autocomplete="off"/>
            </div>
        }
    };
    let kept = episode_query::conditions(search).into_iter().map(|(key, value)| {
        view! { <input type="hidden" name=key value=value/> }
    });
    let names = offers
        .negotiators
        .iter()
        .map(|(name, title)| view! { <option value=name.clone()>{title.clone()}</option> });
    let roles = Role::BOTH
        .map(|one| view! { <option value=one.name() selected=one == role>{one.name()}</option> });
    view! {
        <form method="get" action=BASE class="panel grid items-end gap-3 sm:grid-cols-4">
            {name("a", "One", query.map(|query| query.a.clone()))}
            {name("b", "The other", query.map(|query| query.b.clone()))}
            <div>
                <label class="field-label" for="role">"As the"</label>
                <select id="role" name="role" class="select w-full">{roles.collect_view()}</select>
            </div>
            {kept.collect_view()}
            <button class="btn btn-primary">"Compare"</button>
            <datalist id="negotiators"><option value="person">"People"</option>{names.collect_view()}</datalist>
        </form>
    }
    .into_any()
}

fn shown(of: Interval) -> String {
    match (of.value, of.low, of.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{} [{}, {}]", number(value), number(low), number(high))
        }
        (Some(value), ..) => number(value),
        (None, ..) => "nothing".to_owned(),
    }
}

fn figure(of: Interval) -> AnyView {
    let ends = of.low.zip(of.high);
    let ends = ends.map(|(low, high)| format!("[{}, {}]", number(low), number(high)));
    view! { <dd class="price">{of.value.map(number)} <span class="block text-sm font-normal">{ends}</span></dd> }.into_any()
}

fn result(query: &PairQuery, search: &EpisodeSearch, page: &PairPage) -> AnyView {
    let PairQuery { a, b, role } = query;
    if page.scenarios == 0 {
        let told = format!(
            "{a} and {b} never played the same scenario as the {}. Run a suite that measures both.",
            role.name()
        );
        return view! { <p class="mt-6">{told}</p> <p class="mt-2"><a class="link" href="/evaluate">"To the suites"</a></p> }
            .into_any();
    }
    let sure = page.p.is_some_and(|p| p <= 0.05);
    let verdict = match (sure, page.difference.value) {
        (true, Some(gap)) if gap > 0.0 => format!("{a} earns more than {b}."),
        (true, _) => format!("{b} earns more than {a}."),
        (false, _) => "It cannot be told who earns more.".to_owned(),
    };
    let own = |name: &str| {
        let mut own = search.clone();
        match role {
            Role::Buyer => own.buyer = Some(name.to_owned()),
            Role::Seller => own.seller = Some(name.to_owned()),
        }
        episode_query::href(&own)
    };
    let told = format!(
        "{} scenarios over {} products. Intervals of 95% are clustered by product; p is two-sided, by permutation of who is who in whole products.",
        page.scenarios, page.products
    );
    view! {
        <section class="mt-8" aria-labelledby="verdict">
            <h2 id="verdict" class="section-title">{verdict}</h2>
            <dl class="stats-row">
                <div><dt><a class="link" href=own(a)>{a.clone()}</a></dt>{figure(page.a)}</div>
                <div><dt><a class="link" href=own(b)>{b.clone()}</a></dt>{figure(page.b)}</div>
                <div><dt>"Difference"</dt>{figure(page.difference)}</div>
                <div><dt>"p"</dt><dd class="price">{page.p.map(number)}</dd></div>
            </dl>
            <p class="mt-3 max-w-prose text-sm">{told}</p>
        </section>
        <div class="mt-8 grid gap-8 lg:grid-cols-2">
            {parts("By opponent", "Opponent", &page.by_opponent)}
            {parts("By category", "Category", &page.by_category)}
            {products(&format!("Where {a} lost most to {b}"), search, &page.lost)}
            {products(&format!("Where {a} won most"), search, &page.won)}
            {power(page)}
        </div>
    }
    .into_any()
}

fn parts(title: &'static str, head: &'static str, rows: &[(String, u32, Interval)]) -> AnyView {
    let count = rows.len();
    let rows = rows.iter().map(|(name, n, gap)| {
        view! { <tr><th scope="row">{name.clone()}</th><td class="tabular-nums">{*n}</td><td class="tabular-nums whitespace-nowrap">{shown(*gap)}</td></tr> }
    });
    let rows = rows.collect_view();
    view! {
        <section class="min-w-0" aria-label=title>
            <h3 class="section-title">{title}</h3>
            <div class="overflow-x-auto" tabindex="0" role="region" aria-label=format!("{title}, table")>
                <table class="table table-sm">
                    <thead><tr><th scope="col">{head}</th><th scope="col">"Scenarios"</th><th scope="col">"Difference"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {(count > 1).then(|| view! { <p class="mt-1 text-sm">{format!("{count} parts are looked at: some will stand out by chance.")}</p> })}
        </section>
    }
    .into_any()
}

/// Each leads to its episodes.
fn products(title: &str, search: &EpisodeSearch, rows: &[(String, f64)]) -> AnyView {
    let none = rows.is_empty();
    let rows = rows.iter().map(|(product, gap)| {
        let all = EpisodeSearch { product: Some(ProductId(product.clone())), ..search.clone() };
        view! { <tr><th scope="row"><a class="link" href=episode_query::href(&all)>{product.clone()}</a></th><td class="tabular-nums">{number(*gap)}</td></tr> }
    });
    let rows = rows.collect_view();
    view! {
        <section class="min-w-0" aria-label=title.to_owned()>
            <h3 class="section-title">{title.to_owned()}</h3>
            {if none {
                view! { <p>"Nowhere."</p> }.into_any()
            } else {
                view! {
                    <div class="overflow-x-auto" tabindex="0" role="region" aria-label=format!("{title}, table")>
                        <table class="table table-sm">
                            <thead><tr><th scope="col">"Product"</th><th scope="col">"Difference"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }
                    .into_any()
            }}
        </section>
    }
    .into_any()
}

fn power(page: &PairPage) -> Option<AnyView> {
    if page.power.is_empty() {
        return None;
    }
    let rows = page.power.iter().map(|PowerRow { products, scenarios, difference }| {
        view! { <tr><td class="tabular-nums">{*products}</td><td class="tabular-nums">{*scenarios}</td><td class="tabular-nums">{number(*difference)}</td></tr> }
    });
    let rows = rows.collect_view();
    let needed: Vec<String> =
        page.needed.iter().map(|(gap, n)| format!("{} for {}", n, number(*gap))).collect();
    let told = format!("Products that it takes with one scenario each: {}.", needed.join(", "));
    Some(
        view! {
            <section class="min-w-0" aria-label="What would be seen">
                <h3 class="section-title">"What would be seen"</h3>
                <p class="mb-2 text-sm">"The smallest difference that 80% of evaluations of this size would show at p ≤ 0.05, by the spread of the differences above."</p>
                <div class="overflow-x-auto" tabindex="0" role="region" aria-label="What would be seen, table">
                    <table class="table table-sm">
                        <thead><tr><th scope="col">"Products"</th><th scope="col">"Scenarios of each"</th><th scope="col">"Difference"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                <p class="mt-1 text-sm">{told}</p>
            </section>
        }
        .into_any(),
    )
}
