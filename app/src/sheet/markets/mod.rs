//! Markets of scripted agents: the same draws by every mechanism, supply and demand, the way of prices.

mod shares;

use leptos::prelude::*;
use rules::Mills;
use rules::market::{GoodMeasures, Sale};
use wire::Problem;

use super::Sheet;
use super::chart::{Chart, Part};
use super::figures::behind;
use crate::address;
use crate::backend::{Backend, Caller};
use crate::format;
use crate::market_desk::{MarketWanted, MarketsPage, PlayedMarket};
use crate::numbers::number;

const BASE: &str = "/research/markets";

pub async fn sheet(
    backend: &dyn Backend,
    caller: Caller,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    if get("view").as_deref() == Some("shares") {
        return shares::sheet(backend, caller, get).await;
    }
    let at = |key: &str| get(key).and_then(|value| value.trim().parse::<u32>().ok());
    let wanted = MarketWanted {
        population: get("population")
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "bazaar".to_owned()),
        seed: u64::from(at("seed").unwrap_or(1)),
        talks_at_once: at("talks").filter(|talks| *talks > 0),
        sees: at("sees").filter(|sees| *sees > 0).map(|sees| sees as usize),
    };
    let page = backend.markets(caller, wanted.clone()).await?;
    let shown = get("mechanism").unwrap_or_default();
    let chosen = page.played.iter().find(|one| one.mechanism == shown).or(page.played.first());
    let good = at("good").unwrap_or(0) as usize;
    let figures = chosen.map(|one| drawings(one, good, &wanted, &page));
    let body = view! {
        <p class="text-sm"><a href="/research" class="link">"Research"</a></p>
        <h1 class="page-title">"Markets"</h1>
        {views(false)}
        <p class="mb-4 max-w-prose">"Many stalls and many buyers, who talk to several stalls at once, or meet posted prices, or bid in an auction: the same people with the same costs and values each time. "<code>"souk market"</code>" plays larger ones, and files of your own."</p>
        {form(&wanted, &page)}
        {mechanisms(&page)}
        {figures}
    };
    Ok(Sheet { title: "Markets".to_owned(), body: body.to_html(), again_ms: None })
}

/// The two kinds of pages, and where markets are watched.
fn views(shares: bool) -> AnyView {
    let here = |is: bool| is.then_some("page");
    view! {
        <nav aria-label="Kinds of markets" class="mb-4">
            <ul class="flex flex-wrap gap-x-4">
                <li><a class="link" href=BASE aria-current=here(!shares)>"By mechanism"</a></li>
                <li><a class="link" href=format!("{BASE}?view=shares") aria-current=here(shares)>"With other buyers"</a></li>
                <li><a class="link" href="/markets" rel="external">"Under way, to watch and to join"</a></li>
            </ul>
        </nav>
    }
    .into_any()
}

fn form(wanted: &MarketWanted, page: &MarketsPage) -> AnyView {
    let options = page.populations.iter().map(|name| {
        let selected = *name == wanted.population;
        view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
    });
    let number = |name: &'static str, label: &'static str, value: Option<String>| {
        view! {
            <div>
                <label class="field-label" for=name>{label}</label>
                <input id=name name=name type="number" min="0" max="4000000000" class="input w-full" value=value placeholder="as in the file"/>
            </div>
        }
    };
    view! {
        <form method="get" action=BASE class="panel mb-6 field-grid">
            <div>
                <label class="field-label" for="population">"Population"</label>
                <select id="population" name="population" class="select w-full">{options.collect_view()}</select>
            </div>
            {number("seed", "Seed", Some(wanted.seed.to_string()))}
            {number("talks", "Talks that a buyer holds at once", wanted.talks_at_once.map(|n| n.to_string()))}
            {number("sees", "Stalls that a buyer sees", wanted.sees.map(|n| n.to_string()))}
            <button class="btn btn-primary">"Play it"</button>
        </form>
    }
    .into_any()
}

fn mechanisms(page: &MarketsPage) -> AnyView {
    let maybe = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), number);
    let rows = page.played.iter().map(|one| {
        let measures = &one.measures;
        let excluded: usize = measures.goods.iter().map(|good| good.excluded).sum();
        let spreads: Vec<f64> = measures.goods.iter().filter_map(|good| good.dispersion).collect();
        let spread =
            (!spreads.is_empty()).then(|| spreads.iter().sum::<f64>() / spreads.len() as f64);
        view! {
            <tr>
                <th scope="row" class="font-normal">{one.mechanism}</th>
                <td>{one.market.sales.len().to_string()}</td>
                <td>{measures.efficiency.map(format::percent)}</td>
                <td>{measures.surplus.buyer.to_string()}</td>
                <td>{measures.surplus.seller.to_string()}</td>
                <td>{maybe(spread)}</td>
                <td>{excluded.to_string()}</td>
                <td>{maybe(measures.steps_to_deal)}</td>
                <td>{one.talks.to_string()}</td>
            </tr>
        }
    });
    view! {
        <section aria-labelledby="mechanisms-title" class="mb-6">
            <h2 id="mechanisms-title" class="section-title">"By mechanism"</h2>
            <div class="overflow-x-auto" tabindex="0" role="region" aria-label="By mechanism"><table class="table table-sm w-auto">
                <caption class="text-left">"Efficiency is realised of possible gains from trade; excluded are those who trade in the optimum and were not served."</caption>
                <thead><tr>
                    <th scope="col">"Mechanism"</th><th scope="col">"Sold"</th><th scope="col">"Efficiency"</th>
                    <th scope="col">"Buyers' gain"</th><th scope="col">"Sellers' gain"</th><th scope="col">"Dispersion"</th>
                    <th scope="col">"Excluded"</th><th scope="col">"Steps to a deal"</th><th scope="col">"Talks"</th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

fn drawings(one: &PlayedMarket, good: usize, wanted: &MarketWanted, page: &MarketsPage) -> AnyView {
    let goods = &one.market.scenario.goods;
    let good = good.min(goods.len().saturating_sub(1));
    let href = |mechanism: &str, good: usize| {
        let query = [
            ("population", Some(wanted.population.clone())),
            ("seed", Some(wanted.seed.to_string())),
            ("talks", wanted.talks_at_once.map(|n| n.to_string())),
            ("sees", wanted.sees.map(|n| n.to_string())),
            ("mechanism", Some(mechanism.to_owned())),
            ("good", Some(good.to_string())),
        ];
        address::href(BASE, query)
    };
    let link = |told: String, href: String, here: bool| {
        view! { <li><a class="link" href=href aria-current=here.then_some("page")>{told}</a></li> }
    };
    let by_mechanism = page.played.iter().map(|other| {
        link(
            other.mechanism.to_owned(),
            href(other.mechanism, good),
            other.mechanism == one.mechanism,
        )
    });
    let by_good = goods
        .iter()
        .enumerate()
        .map(|(at, product)| link(product.title.clone(), href(one.mechanism, at), at == good));
    let by_mechanism = by_mechanism.collect_view();
    let by_good = by_good.collect_view();
    let found = one.measures.goods.get(good).map(|measures| {
        let sales: Vec<&Sale> = one.market.sales.iter().filter(|sale| sale.good == good).collect();
        view! {
            <p class="mb-3">{told(measures)}</p>
            <div class="grid gap-8 lg:grid-cols-2">
                {figure(&supply_and_demand(one, measures, &sales))}
                {figure(&path(measures, &sales))}
            </div>
        }
    });
    view! {
        <section aria-labelledby="good-title">
            <h2 id="good-title" class="section-title">"One good"</h2>
            <nav aria-label="Mechanism"><ul class="flex flex-wrap gap-x-4">{by_mechanism}</ul></nav>
            <nav aria-label="Good" class="mb-3"><ul class="flex flex-wrap gap-x-4">{by_good}</ul></nav>
            {found}
        </section>
    }
    .into_any()
}

fn told(measures: &GoodMeasures) -> String {
    let clearing = match measures.possible.prices {
        Some((low, high)) => {
            format!("{} would be traded at {low} to {high}", measures.possible.quantity)
        }
        None => "nothing could be traded".to_owned(),
    };
    let mean =
        measures.mean_price.map(|mean| format!(", at a mean of {}", Mills(mean.round() as i64)));
    format!("In equilibrium {clearing}; {} were sold{}.", measures.sold, mean.unwrap_or_default())
}

fn dollars(amount: Mills) -> f64 {
    amount.0 as f64 / 1000.0
}

/// Costs going up, values going down, the clearing prices where they meet, and each sale in its order.
fn supply_and_demand(one: &PlayedMarket, measures: &GoodMeasures, sales: &[&Sale]) -> Chart {
    let scenario = &one.market.scenario;
    let stalls = scenario.stalls.iter().filter(|stall| stall.good == measures.good);
    let mut costs: Vec<Mills> =
        stalls.flat_map(|stall| std::iter::repeat_n(stall.cost, stall.stock as usize)).collect();
    costs.sort_unstable();
    let wants = scenario.buyers.iter().flat_map(|buyer| &buyer.wants);
    let mut values: Vec<Mills> =
        wants.filter(|want| want.good == measures.good).map(|want| want.value).collect();
    values.sort_unstable_by(|a, b| b.cmp(a));
    let prices = sales.iter().map(|sale| sale.price);
    let all = costs.iter().chain(&values).copied().chain(prices).map(dollars);
    let most = costs.len().max(values.len()) as f64;
    let mut chart = Chart::new(
        "supply_and_demand",
        "Supply and demand",
        (
            "Units",
            "dollars; between the grey lines just as many want to buy as to sell; points are sales",
        ),
        [0.0, most].into_iter(),
        all,
    );
    chart.heads = vec!["unit", "cost", "value", "price"];
    let stairs = |levels: &[Mills]| {
        let steps: Vec<(f64, f64)> = levels
            .iter()
            .enumerate()
            .flat_map(|(n, level)| [(n as f64, dollars(*level)), (n as f64 + 1.0, dollars(*level))])
            .collect();
        steps
    };
    chart.line(Part::SellerLine, stairs(&costs).into_iter());
    chart.line(Part::BuyerLine, stairs(&values).into_iter());
    if let Some((low, high)) = measures.possible.prices {
        for price in [low, high] {
            chart.span(Part::Whisker, dollars(price), 0.0, most);
        }
    }
    for (n, sale) in sales.iter().enumerate() {
        let told = format!("sold in step {} for {}", sale.step, sale.price);
        chart.point(Part::Buyer, n as f64 + 0.5, dollars(sale.price), 4.0, Some(told));
    }
    let cell = |of: Option<&Mills>| of.map(|amount| number(dollars(*amount))).unwrap_or_default();
    for n in 0..costs.len().max(values.len()) {
        let price = sales.get(n).map(|sale| sale.price);
        let row = vec![
            (n + 1).to_string(),
            cell(costs.get(n)),
            cell(values.get(n)),
            cell(price.as_ref()),
        ];
        chart.rows.push(row);
    }
    chart
}

fn path(measures: &GoodMeasures, sales: &[&Sale]) -> Chart {
    let clearing = measures.possible.prices.into_iter().flat_map(|(low, high)| [low, high]);
    let prices = sales.iter().map(|sale| sale.price).chain(clearing).map(dollars);
    let last = sales.iter().map(|sale| sale.step).max().unwrap_or(1);
    let mut chart = Chart::new(
        "prices",
        "The way of prices",
        ("Step", "dollars; between the grey lines are clearing prices"),
        [0.0, f64::from(last)].into_iter(),
        prices,
    );
    chart.heads = vec!["step", "price", "value", "cost"];
    if let Some((low, high)) = measures.possible.prices {
        for price in [low, high] {
            chart.span(Part::Whisker, dollars(price), 0.0, f64::from(last));
        }
    }
    for sale in sales {
        let told = format!("step {}: {}", sale.step, sale.price);
        chart.point(Part::Buyer, f64::from(sale.step), dollars(sale.price), 4.0, Some(told));
        let amounts = [sale.price, sale.value, sale.cost].map(|amount| number(dollars(amount)));
        chart.rows.push(std::iter::once(sale.step.to_string()).chain(amounts).collect());
    }
    chart
}

fn figure(chart: &Chart) -> AnyView {
    view! {
        <figure class="panel ratings min-w-0">
            <figcaption class="field-label">{chart.title} ": " {chart.y_title}</figcaption>
            <div inner_html=chart.inline()></div>
            {behind(chart)}
        </figure>
    }
    .into_any()
}
