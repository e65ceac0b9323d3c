//! The table of episodes: what fits the conditions of its address, and a form to change them.

use leptos::prelude::*;
use rules::{Outcome, Role};
use wire::{EpisodeHit, EpisodeHits, EpisodeOrder, EpisodeSearch, Problem};

use super::Sheet;
use crate::backend::{Backend, Caller};
use crate::browser;
use crate::episode_query::{
    self, BASE, INTERESTS, conditions, export_href, href, href_under, without,
};
use crate::format;
use crate::numbers::number;
use crate::parts::OutcomeBadge;

/// What the fields of the form offer.
pub struct Offers {
    /// Names and titles.
    pub negotiators: Vec<(String, String)>,
    categories: Vec<String>,
    tags: Vec<String>,
}

pub async fn offers(backend: &dyn Backend, caller: Caller) -> Result<Offers, Problem> {
    let negotiators = backend.negotiators().await?;
    let categories = backend.products(wire::ProductQuery::default()).await?.categories;
    Ok(Offers {
        negotiators: negotiators.into_iter().map(|card| (card.name.0, card.title)).collect(),
        categories: categories.into_iter().map(|counted| counted.category).collect(),
        tags: backend.tags(caller).await?,
    })
}

pub async fn sheet(
    backend: &dyn Backend,
    caller: Caller,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let search = episode_query::read(get);
    let hits = backend.find_episodes(caller, search.clone()).await?;
    let offers = offers(backend, caller).await?;
    let body = view! {
        <p class="text-sm"><a href="/research" class="link">"Research"</a></p>
        <h1 class="page-title">"Episodes"</h1>
        {form(&search, &offers, BASE, true)}
        {chips(&search, BASE)}
        {figures_link(&search, &hits)}
        {table(&search, &hits)}
        {pager(&search, &hits)}
        {(!hits.items.is_empty()).then(|| exports(&search))}
    };
    Ok(Sheet { title: "Episodes".to_owned(), body: body.to_html(), again_ms: None })
}

const ORDERS: [(EpisodeOrder, &str); 5] = [
    (EpisodeOrder::Newest, "Newest first"),
    (EpisodeOrder::BuyerRewardUp, "Worst for the buyer first"),
    (EpisodeOrder::BuyerRewardDown, "Best for the buyer first"),
    (EpisodeOrder::SellerRewardUp, "Worst for the seller first"),
    (EpisodeOrder::SellerRewardDown, "Best for the seller first"),
];

/// Names of conditions for people, by their keys.
fn condition_name(key: &str) -> &'static str {
    match key {
        "q" => "talk",
        "min_price" => "price from",
        "max_price" => "price up to",
        "min_buyer_reward" => "buyer's reward from",
        "max_buyer_reward" => "buyer's reward up to",
        "min_seller_reward" => "seller's reward from",
        "max_seller_reward" => "seller's reward up to",
        "min_moves" => "messages from",
        "max_moves" => "messages up to",
        "interest" => "interests",
        "buyer" => "buyer",
        "seller" => "seller",
        "ending" => "ending",
        "product" => "product",
        "category" => "category",
        "split" => "split",
        "persona" => "persona",
        "tag" => "tag",
        "evaluation" => "evaluation",
        "suite" => "suite",
        "study" => "study",
        "market" => "market",
        _ => "training run",
    }
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

fn figures_link(search: &EpisodeSearch, hits: &EpisodeHits) -> Option<AnyView> {
    let href = href_under(super::figures::BASE, search);
    (!hits.items.is_empty()).then(|| view! { <p class="mt-3"><a class="link" href=href>"Draw figures of all that fit"</a></p> }.into_any())
}

/// Without scripts: a form that asks for its own address.
pub fn form(
    search: &EpisodeSearch,
    offers: &Offers,
    action: &'static str,
    ordered: bool,
) -> AnyView {
    let set = conditions(search);
    let value = |key: &str| set.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone());
    let text = |key: &'static str,
                label: &'static str,
                list: Option<&'static str>,
                hint: &'static str| {
        view! {
            <div>
                <label class="field-label" for=key>{label}</label>
                <input id=key name=key class="input w-full" value=value(key) list=list placeholder=hint autocomplete="off"/>
            </div>
        }
        .into_any()
    };
    let select = |key: &'static str, label: &'static str, options: Vec<(String, String)>| {
        let chosen = match key {
            "order" => Some(search.order.name().to_owned()),
            key => value(key),
        };
        let any = (key != "order").then(|| view! { <option value="">"Any"</option> });
        let options = options.into_iter().map(|(name, label)| {
            let selected = chosen.as_ref() == Some(&name);
            view! { <option value=name selected=selected>{label}</option> }
        });
        view! {
            <div>
                <label class="field-label" for=key>{label}</label>
                <select id=key name=key class="select w-full">{any}{options.collect_view()}</select>
            </div>
        }
        .into_any()
    };
    let named = |names: &[&str]| names.iter().map(|n| ((*n).to_owned(), spaced(n))).collect();
    let endings: Vec<&str> = wire::Ending::ALL.iter().map(|ending| ending.name()).collect();
    let interests: Vec<&str> = INTERESTS.iter().map(|(_, name)| *name).collect();
    let orders = ORDERS.iter().map(|(order, label)| (order.name().to_owned(), (*label).to_owned()));
    let categories: Vec<&str> = offers.categories.iter().map(String::as_str).collect();
    // What has no field of its own stays while the others change.
    let kept = ["evaluation", "suite", "run", "market"]
        .map(|key| value(key).map(|value| view! { <input type="hidden" name=key value=value/> }));
    let behind = ["product", "category", "split", "persona", "tag", "study"];
    let opened = set.iter().any(|(key, _)| behind.contains(key) || key.contains("_"));
    let names = offers.negotiators.iter().map(|(name, title)| {
        view! { <option value=name.clone()>{title.clone()}</option> }
    });
    let tags = offers.tags.iter().map(|tag| view! { <option value=tag.clone()></option> });
    view! {
        <form method="get" action=action role="search" aria-label="Episodes" class="panel space-y-4">
            <div class="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
                {text("q", "Said in the talk", None, "\"last price\" or cash, -insult")}
                {text("buyer", "Buyer", Some("negotiators"), "any")}
                {text("seller", "Seller", Some("negotiators"), "any")}
                {select("ending", "Ending", named(&endings))}
                {select("interest", "Interests", named(&interests))}
                {ordered.then(|| select("order", "Order", orders.collect()))}
            </div>
            <details open=opened>
                <summary class="cursor-pointer font-semibold">"More conditions"</summary>
                <div class="mt-3 grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
                    {text("product", "Product", None, "its id, as souk.books_1")}
                    {select("category", "Category", named(&categories))}
                    {select("split", "Split", named(&["train", "test"]))}
                    {text("persona", "Persona", None, "any")}
                    {text("tag", "Tag", Some("tags"), "any")}
                    {text("study", "Study", None, "its name in addresses")}
                    {text("min_price", "Price from, $", None, "")}
                    {text("max_price", "Price up to, $", None, "")}
                    {text("min_buyer_reward", "Buyer's reward from", None, "-1")}
                    {text("max_buyer_reward", "Buyer's reward up to", None, "1")}
                    {text("min_seller_reward", "Seller's reward from", None, "-1")}
                    {text("max_seller_reward", "Seller's reward up to", None, "1")}
                    {text("min_moves", "Messages from", None, "")}
                    {text("max_moves", "Messages up to", None, "")}
                </div>
            </details>
            {kept}
            <datalist id="negotiators"><option value="person">"A person"</option>{names.collect_view()}</datalist>
            <datalist id="tags">{tags.collect_view()}</datalist>
            <p class="flex flex-wrap items-center gap-3">
                <button class="btn btn-primary">"Find"</button>
                <span class="text-sm">"The address of the page keeps the conditions: it is the link to this view."</span>
            </p>
        </form>
    }
    .into_any()
}

/// The conditions that are set, each with a way to drop it.
pub fn chips(search: &EpisodeSearch, base: &'static str) -> Option<AnyView> {
    let set = conditions(search);
    if set.is_empty() {
        return None;
    }
    let chips = set.into_iter().map(|(key, value)| {
        let told = format!("{}: {}", condition_name(key), spaced(&value));
        let label = format!("Drop the condition {told}");
        view! {
            <li>
                <a class="badge badge-soft badge-info h-auto py-1" href=without(base, search, Some(key)) aria-label=label>
                    {told} " ×"
                </a>
            </li>
        }
    });
    Some(
        view! {
            <ul class="mt-4 flex flex-wrap gap-2" aria-label="Conditions">
                {chips.collect_view()}
                <li><a class="link text-sm" href=base>"Drop all"</a></li>
            </ul>
        }
        .into_any(),
    )
}

fn table(search: &EpisodeSearch, hits: &EpisodeHits) -> AnyView {
    if hits.items.is_empty() {
        return nothing(search).into_any();
    }
    let now = browser::now_ms();
    let rows = hits.items.iter().map(|hit| row(hit, now));
    view! {
        <div class="mt-4 overflow-x-auto" tabindex="0" role="region" aria-label="Episodes that fit">
            <table class="table table-sm">
                <thead>
                    <tr>
                        <th scope="col">"Product"</th>
                        <th scope="col">"Buyer"</th>
                        <th scope="col">"Seller"</th>
                        <th scope="col">"Ending"</th>
                        <th scope="col">"Seller's limit"</th>
                        <th scope="col">"Buyer's limit"</th>
                        <th scope="col">"Reward, buyer"</th>
                        <th scope="col">"Reward, seller"</th>
                        <th scope="col">"Messages"</th>
                        <th scope="col">"Begun"</th>
                        <th scope="col">"Tags"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn nothing(search: &EpisodeSearch) -> impl IntoView + use<> {
    let told = if search.after.is_some() {
        "There are no more."
    } else if *search == EpisodeSearch::default() {
        "No episode yet. Bargain at a stall, or seat two negotiators under Watch."
    } else {
        "No episode fits all of these conditions. Drop one of them."
    };
    view! { <p class="mt-6">{told}</p> }
}

fn row(hit: &EpisodeHit, now: i64) -> impl IntoView + use<> {
    let summary = &hit.summary;
    let seat = |role: Role| {
        let name = format::capitalised(&format::seat_name(summary.seats.get(role)));
        let persona = hit.personas.get(role).clone().filter(|persona| persona != "neutral");
        match persona {
            Some(persona) => format!("{name} ({persona})"),
            None => name,
        }
    };
    let limit = |role: Role| hit.limits.map(|limits| format::money(*limits.get(role)));
    let reward = |role: Role| hit.rewards.get(role).map(number);
    let price = match summary.outcome {
        // The badge says a deal's price.
        Some(Outcome::BudgetViolation { price, .. }) => {
            Some(format!(" at {}", format::money(price)))
        }
        _ => None,
    };
    let href = format!("/research/episodes/{}", summary.id);
    let tags = hit.tags.iter().map(|tag| {
        let of = href_of_tag(tag);
        view! { <a class="badge badge-soft badge-info h-auto py-0.5" href=of>{tag.clone()}</a> " " }
    });
    view! {
        <tr>
            <th scope="row" class="sticky left-0 bg-base-200">
                <a class="link line-clamp-2 w-32 sm:w-52" href=href>{summary.title.clone()}</a>
            </th>
            <td>{seat(Role::Buyer)}</td>
            <td>{seat(Role::Seller)}</td>
            <td class="whitespace-nowrap"><OutcomeBadge status=summary.status outcome=summary.outcome/> {price}</td>
            <td class="tabular-nums">{limit(Role::Seller)}</td>
            <td class="tabular-nums">{limit(Role::Buyer)}</td>
            <td class="tabular-nums">{reward(Role::Buyer)}</td>
            <td class="tabular-nums">{reward(Role::Seller)}</td>
            <td class="tabular-nums">{summary.moves}</td>
            <td class="whitespace-nowrap">{format::ago(summary.created_ms, now)}</td>
            <td>{tags.collect_view()}</td>
        </tr>
    }
}

fn href_of_tag(tag: &str) -> String {
    href(&EpisodeSearch { tag: Some(tag.to_owned()), ..EpisodeSearch::default() })
}

fn pager(search: &EpisodeSearch, hits: &EpisodeHits) -> AnyView {
    let first = EpisodeSearch { after: None, ..search.clone() };
    let first = search
        .after
        .map(|_| view! { <a class="btn btn-sm" href=href(&first)>"To the first page"</a> });
    let next = hits.items.last().filter(|_| hits.more).map(|last| {
        let next = EpisodeSearch { after: Some(last.summary.id), ..search.clone() };
        view! { <a class="btn btn-sm" href=href(&next) rel="next">"Next page"</a> }
    });
    view! { <nav class="mt-4 flex gap-2" aria-label="Pages">{first}{next}</nav> }.into_any()
}

/// Files of all that fits, not of this page alone.
fn exports(search: &EpisodeSearch) -> AnyView {
    let links = [("parquet", "Parquet"), ("jsonl", "JSON lines"), ("csv", "CSV")].map(|(format, name)| {
        let href = export_href(search, format);
        view! { <a class="btn btn-sm" href=href rel="external" download="souk-export.zip">{name}</a> }
    });
    view! {
        <section class="mt-8" aria-label="Export">
            <h2 class="section-title">"Export all that fit"</h2>
            <p class="mb-3 max-w-prose text-sm">
                "Episodes, moves, events, calls of models, ratings and runs as a zip archive, with a codebook and hashes. "
                "People are pseudonyms in it. For many episodes use the command: " <code>{command(search)}</code>
            </p>
            <div class="flex flex-wrap gap-2">{links.collect_view()}</div>
        </section>
    }
    .into_any()
}

fn command(search: &EpisodeSearch) -> String {
    let whole = EpisodeSearch { after: None, order: EpisodeOrder::default(), ..search.clone() };
    match href(&whole).split_once('?') {
        Some((_, query)) => format!("souk export FOLDER --where '{query}'"),
        None => "souk export FOLDER".to_owned(),
    }
}
