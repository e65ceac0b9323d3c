//! Distributions and scatter of the episodes that fit the conditions of the address.

use std::collections::BTreeMap;

use leptos::prelude::*;
use rules::statistics::{Bootstrap, Sums};
use rules::{Interest, Mills, PerRole, Role};
use wire::{EpisodePoint, EpisodeSample, EpisodeSearch, Problem};

use super::Sheet;
use super::chart::{Chart, FILE_SIZE, Part};
use super::episodes::{chips, form, offers};
use crate::backend::{Backend, Caller};
use crate::episode_query;
use crate::format;
use crate::numbers::number;

pub const BASE: &str = "/research/figures";

pub async fn sheet(
    backend: &dyn Backend,
    caller: Caller,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Sheet, Problem> {
    let search = EpisodeSearch { after: None, ..episode_query::read(get) };
    let sample = backend.episode_sample(caller, search.clone()).await?;
    let offers = offers(backend, caller).await?;
    let charts = charts(&sample);
    let told = match sample.more {
        true => {
            format!("The newest {} scored episodes that fit; there are more.", sample.points.len())
        }
        false => format!("All {} scored episodes that fit.", sample.points.len()),
    };
    let table = episode_query::href(&search);
    let body = view! {
        <p class="text-sm"><a href="/research" class="link">"Research"</a></p>
        <h1 class="page-title">"Figures"</h1>
        {form(&search, &offers, BASE, false)}
        {chips(&search, BASE)}
        <p class="mt-4">{told} " " <a class="link" href=table>"See them in the table"</a></p>
        {if sample.points.is_empty() {
            view! { <p class="mt-4">"Nothing to draw. Drop a condition, or let some episodes be played."</p> }.into_any()
        } else {
            let figures = charts.iter().map(|chart| figure(chart, &search)).collect_view();
            view! { <div class="mt-6 grid gap-8 lg:grid-cols-2">{figures}</div> }.into_any()
        }}
    };
    Ok(Sheet { title: "Figures".to_owned(), body: body.to_html(), again_ms: None })
}

/// One drawing as a file: its text and type.
pub fn file(sample: &EpisodeSample, name: &str, csv: bool) -> Option<String> {
    let chart = charts(sample).into_iter().find(|chart| chart.name == name)?;
    Some(if csv { chart.csv() } else { chart.svg() })
}

fn figure(chart: &Chart, search: &EpisodeSearch) -> AnyView {
    let address = |kind: &str| {
        let query = episode_query::href_under(&format!("{BASE}/{}.{kind}", chart.name), search);
        (query, format!("{}.{kind}", chart.name))
    };
    let links = [("svg", "SVG"), ("csv", "CSV")].map(|(kind, label)| {
        let (href, file) = address(kind);
        view! { <a class="btn btn-xs" href=href rel="external" download=file>{label}</a> }
    });
    let (png, file) = address("svg");
    let size = format!("{} {}", FILE_SIZE.0, FILE_SIZE.1);
    view! {
        <figure class="panel ratings min-w-0">
            <figcaption class="field-label">{chart.title} ": " {chart.y_title}</figcaption>
            <div inner_html=chart.inline()></div>
            <div class="mt-2 flex flex-wrap gap-2">
                {links.collect_view()}
                <button type="button" class="btn btn-xs" data-png=png data-size=size data-name=file.replace(".svg", ".png")>"PNG"</button>
            </div>
            {behind(chart)}
        </figure>
    }
    .into_any()
}

/// The numbers of a drawing, for whoever does not look.
pub fn behind(chart: &Chart) -> AnyView {
    let heads =
        chart.heads.iter().map(|head| view! { <th scope="col">{*head}</th> }).collect_view();
    let rows = chart.rows.iter().take(100).map(|row| {
        let cells = row.iter().map(|cell| view! { <td class="tabular-nums">{cell.clone()}</td> });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    let rows = rows.collect_view();
    let left_out = chart.rows.len().saturating_sub(100);
    view! {
        <details class="mt-2 text-sm">
            <summary class="cursor-pointer">"As a table"</summary>
            <div class="max-h-80 overflow-auto" tabindex="0" role="region" aria-label=format!("{}, as a table", chart.title)>
                <table class="table table-xs"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>
            </div>
            {(left_out > 0).then(|| format!("{left_out} more rows are in the file."))}
        </details>
    }
    .into_any()
}

fn charts(sample: &EpisodeSample) -> Vec<Chart> {
    let points = &sample.points;
    if points.is_empty() {
        return Vec::new();
    }
    vec![by_round(points), opening(points), shares(points), rewards(points)]
}

fn share_of(price: Mills, of: Mills) -> f64 {
    price.0 as f64 / of.0 as f64
}

/// The value at a share of sorted ones.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((q * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Offers over the list price, by the side's own message number.
fn by_round(points: &[EpisodePoint]) -> Chart {
    let mut found: BTreeMap<(bool, u32), Vec<f64>> = BTreeMap::new();
    for point in points.iter().filter(|point| point.list_price > Mills::ZERO) {
        for (by, round, price) in &point.offers {
            let key = (*by == Role::Seller, *round);
            found.entry(key).or_default().push(share_of(*price, point.list_price));
        }
    }
    // What few said would stretch the axes.
    let most = found.values().map(Vec::len).max().unwrap_or(0);
    found.retain(|_, prices| prices.len() * 50 >= most);
    for prices in found.values_mut() {
        prices.sort_by(f64::total_cmp);
    }
    let rounds = || found.keys().map(|(_, round)| f64::from(*round));
    let ends = found.values().flat_map(|prices| [quantile(prices, 0.1), quantile(prices, 0.9)]);
    let mut chart = Chart::new(
        "offers_by_round",
        "Offers by round",
        ("Round", "offer over list price, mean; 10 to 90% shaded"),
        rounds(),
        ends,
    );
    chart.heads = vec!["side", "round", "offers", "mean", "q10", "q50", "q90"];
    for (seller, parts) in [
        (false, (Part::BuyerBand, Part::BuyerLine, Part::Buyer)),
        (true, (Part::SellerBand, Part::SellerLine, Part::Seller)),
    ] {
        let side = if seller { "seller" } else { "buyer" };
        let rows: Vec<(f64, &Vec<f64>)> = found
            .iter()
            .filter(|((own, _), _)| *own == seller)
            .map(|((_, round), prices)| (f64::from(*round), prices))
            .collect();
        let mean = |prices: &[f64]| prices.iter().sum::<f64>() / prices.len() as f64;
        let band: Vec<(f64, f64, f64)> =
            rows.iter().map(|(x, p)| (*x, quantile(p, 0.1), quantile(p, 0.9))).collect();
        chart.band(parts.0, &band);
        chart.line(parts.1, rows.iter().map(|(x, prices)| (*x, mean(prices))));
        for (round, prices) in rows {
            let told = format!(
                "{side}, round {round}: {} over {} offers",
                number(mean(prices)),
                prices.len()
            );
            chart.point(parts.2, round, mean(prices), 6.0, Some(told));
            chart.rows.push(vec![
                side.to_owned(),
                round.to_string(),
                prices.len().to_string(),
                mean(prices).to_string(),
                quantile(prices, 0.1).to_string(),
                quantile(prices, 0.5).to_string(),
                quantile(prices, 0.9).to_string(),
            ]);
        }
    }
    chart
}

/// Deals: price over list price against the buyer's opening over list price.
fn opening(points: &[EpisodePoint]) -> Chart {
    let deals: Vec<(&EpisodePoint, f64, f64)> = points
        .iter()
        .filter(|point| point.list_price > Mills::ZERO)
        .filter_map(|point| {
            let (.., first) = point.offers.iter().find(|(by, ..)| *by == Role::Buyer)?;
            let price = point.price?;
            Some((point, share_of(*first, point.list_price), share_of(price, point.list_price)))
        })
        .collect();
    let mut chart = Chart::new(
        "price_by_opening",
        "Anchoring",
        ("Buyer's first offer over list price", "price of the deal over list price"),
        deals.iter().map(|(_, x, _)| *x),
        deals.iter().map(|(.., y)| *y),
    );
    chart.heads = vec!["episode", "first_offer_over_list", "price_over_list"];
    let sums: Sums = deals.iter().map(|(_, x, y)| Sums::point(*x, *y)).sum();
    for (point, x, y) in &deals {
        chart.point(Part::Buyer, *x, *y, 3.0, None);
        chart.rows.push(vec![point.id.to_string(), x.to_string(), y.to_string()]);
    }
    if let Some(slope) = sums.slope() {
        let base = (sums.y - slope * sums.x) / sums.n;
        let ends = [chart.x.first(), chart.x.last()];
        chart.line(Part::SellerLine, ends.into_iter().map(|x| (x, base + slope * x)));
    }
    chart
}

/// The seller's share of the surplus by category, with intervals.
fn shares(points: &[EpisodePoint]) -> Chart {
    let mut found: BTreeMap<&str, Vec<Sums>> = BTreeMap::new();
    for point in points.iter().filter(|point| point.interest() == Interest::Mutual) {
        if let Some(price) = point.price {
            let share = share_of(price - point.cost, point.budget - point.cost);
            found.entry(&point.category).or_default().push(Sums::unit(share));
        }
    }
    let bootstrap = Bootstrap { resamples: 400, ..Bootstrap::seeded(1) };
    let rows: Vec<(&str, usize, f64, f64, f64)> = found
        .iter()
        .filter_map(|(category, units)| {
            let mean = units.iter().copied().sum::<Sums>().mean()?;
            let ends = bootstrap.interval(units, Sums::mean);
            let (low, high) = ends.map_or((mean, mean), |ends| (ends.low, ends.high));
            Some((*category, units.len(), mean, low, high))
        })
        .collect();
    let count = rows.len() as f64;
    let mut chart = Chart::new(
        "surplus_share_by_category",
        "Surplus by category",
        ("Seller's share of the surplus, deals where both can gain", "mean and 95% interval"),
        rows.iter().flat_map(|(.., low, high)| [*low, *high]).chain([0.0, 1.0]),
        [0.0, count].into_iter(),
    );
    chart.heads = vec!["category", "deals", "mean", "low", "high"];
    for (at, (category, n, mean, low, high)) in rows.into_iter().enumerate() {
        let y = count - at as f64 - 0.5;
        chart.name_at(y, format::category(category));
        chart.span(Part::Whisker, y, low, high);
        let told = format!(
            "{category}: {} [{}, {}] over {n} deals",
            number(mean),
            number(low),
            number(high)
        );
        chart.point(Part::Seller, mean, y, 4.0, Some(told));
        chart.rows.push(vec![
            category.to_owned(),
            n.to_string(),
            mean.to_string(),
            low.to_string(),
            high.to_string(),
        ]);
    }
    chart
}

/// How rewards of both sides are distributed.
fn rewards(points: &[EpisodePoint]) -> Chart {
    const BINS: usize = 20;
    let mut counts = [PerRole { buyer: 0_u32, seller: 0 }; BINS];
    for point in points {
        for role in Role::BOTH {
            if let Some(reward) = point.rewards.get(role) {
                let place = (reward + 1.0) / 2.0 * BINS as f64;
                *counts[(place.max(0.0) as usize).min(BINS - 1)].get_mut(role) += 1;
            }
        }
    }
    let most = counts.iter().map(|both| both.buyer.max(both.seller)).max().unwrap_or(0);
    let mut chart = Chart::new(
        "rewards",
        "Rewards",
        ("Reward", "episodes per tenth; buyer left, seller right in each"),
        [-1.0, 1.0].into_iter(),
        [0.0, f64::from(most)].into_iter(),
    );
    chart.heads = vec!["from", "to", "buyer", "seller"];
    let wide = 2.0 / BINS as f64;
    for (bin, both) in counts.iter().enumerate() {
        let from = -1.0 + wide * bin as f64;
        for (side, (role, part)) in
            [(Role::Buyer, Part::Buyer), (Role::Seller, Part::Seller)].into_iter().enumerate()
        {
            let left = from + wide / 2.0 * side as f64;
            let n = *both.get(role);
            if n > 0 {
                let told = format!(
                    "{}, {} to {}: {n} episodes",
                    role.name(),
                    number(from),
                    number(from + wide)
                );
                chart.bar(part, left, left + wide / 2.0, f64::from(n), told);
            }
        }
        chart.rows.push(vec![
            number(from),
            number(from + wide),
            both.buyer.to_string(),
            both.seller.to_string(),
        ]);
    }
    chart
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::EpisodeId;

    fn point(n: u128, opening: i64, price: Option<i64>) -> EpisodePoint {
        let usd = Mills::from_dollars;
        EpisodePoint {
            id: EpisodeId(uuid::Uuid::from_u128(n)),
            category: if n.is_multiple_of(2) { "books".into() } else { "tools".into() },
            list_price: usd(100),
            budget: usd(80),
            cost: usd(40),
            price: price.map(usd),
            rewards: PerRole { buyer: Some(0.25), seller: Some(0.75) },
            offers: vec![
                (Role::Buyer, 1, usd(opening)),
                (Role::Seller, 1, usd(95)),
                (Role::Buyer, 2, usd(opening + 10)),
            ],
        }
    }

    fn sample() -> EpisodeSample {
        let points = (0..40).map(|n| point(n, 30 + n as i64 % 20, (n % 4 > 0).then_some(60)));
        EpisodeSample { points: points.collect(), more: false }
    }

    #[test]
    fn each_drawing_has_its_numbers() {
        let sample = sample();
        let rounds = file(&sample, "offers_by_round", true).unwrap();
        assert!(
            rounds.starts_with("side,round,offers,mean,q10,q50,q90\nbuyer,1,40,0.395,"),
            "{rounds}"
        );
        assert_eq!(rounds.lines().count(), 4);
        let anchoring = file(&sample, "price_by_opening", true).unwrap();
        assert_eq!(anchoring.lines().count(), 31, "deals alone");
        let shares = file(&sample, "surplus_share_by_category", true).unwrap();
        assert!(
            shares.contains("books,10,0.5,0.5,0.5") && shares.contains("tools,20,0.5"),
            "{shares}"
        );
        let rewards = file(&sample, "rewards", true).unwrap();
        assert!(rewards.contains("0.2,0.3,40,0") && rewards.contains("0.7,0.8,0,40"), "{rewards}");
        assert!(file(&sample, "rewards", false).unwrap().starts_with("<svg xmlns"));
        assert_eq!(file(&sample, "unheard", false), None);
        assert_eq!(charts(&EpisodeSample::default()), []);
    }
}
