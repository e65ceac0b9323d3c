//! The market's filters as they stand in its address.

use rules::Mills;
use wire::{ProductQuery, ProductSort};

use crate::address;

/// Reads filters from the address; what cannot be read counts as not set.
pub fn read(get: impl Fn(&str) -> Option<String>) -> ProductQuery {
    let text = |key| get(key).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let price = |key| text(key).and_then(|v| v.parse::<Mills>().ok());
    ProductQuery {
        search: text("q"),
        category: text("category"),
        min_price: price("min"),
        max_price: price("max"),
        sort: text("sort").and_then(|v| sort_named(&v)).unwrap_or_default(),
        // People count pages from 1.
        page: text("page").and_then(|v| v.parse::<u32>().ok()).unwrap_or(1).saturating_sub(1),
    }
}

/// The market's address with these filters.
pub fn href(query: &ProductQuery) -> String {
    let price = |m: Option<Mills>| m.map(crate::format::price_field);
    let sort = (query.sort != ProductSort::default()).then(|| sort_name(query.sort).to_owned());
    let pairs = [
        ("q", query.search.clone()),
        ("category", query.category.clone()),
        ("min", price(query.min_price)),
        ("max", price(query.max_price)),
        ("sort", sort),
        ("page", (query.page > 0).then(|| (query.page + 1).to_string())),
    ];
    address::href("/", pairs)
}

pub const SORTS: [(ProductSort, &str); 4] = [
    (ProductSort::Featured, "Featured"),
    (ProductSort::PriceUp, "Price, low to high"),
    (ProductSort::PriceDown, "Price, high to low"),
    (ProductSort::Title, "Title"),
];

pub fn sort_name(sort: ProductSort) -> &'static str {
    match sort {
        ProductSort::Featured => "featured",
        ProductSort::PriceUp => "price-up",
        ProductSort::PriceDown => "price-down",
        ProductSort::Title => "title",
    }
}

fn sort_named(name: &str) -> Option<ProductSort> {
    SORTS.into_iter().map(|(sort, _)| sort).find(|sort| sort_name(*sort) == name)
}

/// The pages to link to around `page` (both from 0): first, last and the neighbours; `None` is a gap.
pub fn pager(page: u32, pages: u32) -> Vec<Option<u32>> {
    let mut shown = Vec::new();
    let mut before = None;
    for p in 0..pages {
        if p == 0 || p + 1 == pages || p.abs_diff(page) <= 1 {
            if before.is_some_and(|b| p > b + 1) {
                shown.push(None);
            }
            shown.push(Some(p));
            before = Some(p);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reread(href: &str) -> ProductQuery {
        let query = href.split_once('?').map_or("", |(_, q)| q).to_owned();
        read(|key| {
            let pair = query.split('&').find_map(|p| p.strip_prefix(&format!("{key}=")))?;
            Some(pair.replace("%20", " ").replace("%26", "&").replace("%C3%A9", "é"))
        })
    }

    #[test]
    fn filters_survive_the_address() {
        let query = ProductQuery {
            search: Some("café & bar".into()),
            category: Some("home-kitchen".into()),
            min_price: Some(Mills(12_500)),
            max_price: Some(Mills::from_dollars(80)),
            sort: ProductSort::PriceDown,
            page: 2,
        };
        assert_eq!(reread(&href(&query)), query);
        assert_eq!(href(&ProductQuery::default()), "/");
    }

    #[test]
    fn nonsense_in_the_address_is_no_filter() {
        let query = read(|key| (key != "q").then(|| "x".to_owned()));
        assert_eq!(query, ProductQuery { category: Some("x".into()), ..Default::default() });
        assert_eq!(read(|key| (key == "page").then(|| "0".to_owned())).page, 0);
    }

    #[test]
    fn a_pager_leaves_gaps() {
        assert_eq!(pager(0, 1), [Some(0)]);
        assert_eq!(pager(5, 12), [Some(0), None, Some(4), Some(5), Some(6), None, Some(11)]);
    }
}
