use std::time::Instant;

use rules::Mills;
use serde_json::json;
use store::{Imported, NewProduct, Split, Store, StoreError};
use testkit::{product, usd};
use wire::{PricePoint, ProductId, ProductQuery, ProductSort};

use crate::fixture::{SOURCE, between_people, empty_store, kettle, kettle_id, store};

fn listed(codename: &str, category: &str, title: &str, price: &str) -> NewProduct {
    let product = product()
        .codename(codename)
        .category(category)
        .title(title)
        .description("Made for travelling.")
        .features(&["Rechargeable batteries"])
        .list_price(usd(price));
    NewProduct { product: product.build(), ..kettle() }
}

async fn lamps_and_bags() -> Store {
    let store = empty_store().await;
    let products = [
        listed("lamps_1", "lamps", "Reading lamp", "30"),
        listed("lamps_2", "lamps", "Camping lantern", "45"),
        listed("bags_1", "bags", "Backpack with a lamp", "80"),
        listed("bags_2", "bags", "100% wool bag", "60"),
    ];
    store.products_replace(SOURCE, &products, &json!({ "n": 4 })).await.expect("is imported");
    store
}

async fn found(store: &Store, query: ProductQuery) -> Vec<String> {
    let page = store.product_list(&query).await.expect("is listed");
    assert_eq!(page.total, i64::try_from(page.items.len()).expect("few"), "one page");
    page.items.into_iter().map(|card| card.codename).collect()
}

fn search(text: &str) -> ProductQuery {
    ProductQuery { search: Some(text.to_owned()), ..ProductQuery::default() }
}

#[tokio::test]
async fn a_product_is_found_with_limits_picture_and_the_public_history() {
    let store = empty_store().await;
    let history = vec![
        PricePoint { day: -9, price: usd("25") },
        PricePoint { day: -2, price: usd("48") },
        PricePoint { day: 0, price: usd("50") },
    ];
    let new = NewProduct { history: history.clone(), split: Split::Test, ..kettle() };
    store.products_replace(SOURCE, &[new], &json!({})).await.expect("is imported");

    let row = store.product_find(&kettle_id()).await.expect("is there");
    assert_eq!(row.product(), product().build());
    assert_eq!((row.budget, row.cost, row.split), (usd("40"), usd("25"), Split::Test));
    assert_eq!(row.detail.history, history[1..], "the lowest price is the cost");
    assert_eq!(row.detail.card.picture, "/pictures/test.home-kitchen_1.svg");
    assert_eq!(row.detail.card.negotiations, 0);
    assert_eq!(store.product_picture(&kettle_id()).await.expect("is there"), "<svg/>");

    let unknown = ProductId("test.nothing_1".to_owned());
    assert!(matches!(store.product_find(&unknown).await, Err(StoreError::NotFound(_))));
    assert!(matches!(store.product_picture(&unknown).await, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn an_import_replaces_its_source_and_retires_what_is_gone() {
    let store = store().await;
    let episode = between_people(&store).await;
    let first = store.import_last(SOURCE).await.expect("can be asked");

    let lamp = listed("lamps_1", "lamps", "Reading lamp", "30");
    let done = store.products_replace(SOURCE, &[lamp], &json!({ "n": 2 })).await;
    assert_eq!(done.expect("is imported"), Imported { products: 1, retired: 1 });
    assert_ne!(store.import_last(SOURCE).await.expect("can be asked"), first);
    assert_eq!(store.import_last("other").await.expect("can be asked"), None);

    assert_eq!(found(&store, ProductQuery::default()).await, ["lamps_1"]);
    assert!(store.product_find(&kettle_id()).await.expect("is kept").retired);
    assert_eq!(store.episode_find(episode).await.expect("is kept").product, kettle_id());

    store.products_replace("other", &[], &json!({})).await.expect("touches no other source");
    store.products_replace(SOURCE, &[kettle()], &json!({})).await.expect("is imported");
    assert_eq!(found(&store, ProductQuery::default()).await, ["home-kitchen_1"]);
}

#[tokio::test]
async fn a_broken_import_changes_nothing_and_names_the_constraint() {
    let store = store().await;
    let lamp = listed("lamps_1", "lamps", "Reading lamp", "30");
    let table = [
        ("product_cost_positive", NewProduct { cost: Mills(0), ..lamp.clone() }),
        ("product_budget_positive", NewProduct { budget: Mills(-1), ..lamp.clone() }),
        ("product_list_price_positive", listed("lamps_2", "lamps", "Free", "1").priced(Mills(0))),
    ];
    for (name, broken) in table {
        let refused = store.products_replace(SOURCE, &[lamp.clone(), broken], &json!({})).await;
        assert_eq!(refused.expect_err("is broken").constraint(), Some(name));
    }
    assert_eq!(found(&store, ProductQuery::default()).await, ["home-kitchen_1"]);
}

trait Priced {
    fn priced(self, price: Mills) -> Self;
}

impl Priced for NewProduct {
    fn priced(mut self, price: Mills) -> Self {
        self.product.list_price = price;
        self
    }
}

#[tokio::test]
async fn search_finds_words_beginnings_and_stems() {
    let store = lamps_and_bags().await;
    let table: [(&str, &[&str]); 11] = [
        ("reading", &["lamps_1"]),
        ("READ", &["lamps_1"]),
        ("lant", &["lamps_2"]),
        ("reading lam", &["lamps_1"]),
        ("backpack bags", &["bags_1"]),
        ("bags_2", &["bags_2"]),
        ("nothing such", &[]),
        ("with a", &["bags_1"]),
        ("100%", &["bags_2"]),
        ("wool & !(bag", &["bags_2"]),
        ("';--", &["lamps_1", "bags_1", "lamps_2", "bags_2"]),
    ];
    for (text, expected) in table {
        let mut found = found(&store, search(text)).await;
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }
    assert_eq!(found(&store, search("battery")).await.len(), 4, "features, by their stem");
    assert_eq!(found(&store, search("lamp")).await[0], "lamps_1", "the title counts most");
}

#[tokio::test]
async fn filters_combine_and_categories_count_under_the_others() {
    let store = lamps_and_bags().await;
    let lamps = |query: ProductQuery| ProductQuery { category: Some("lamps".to_owned()), ..query };
    assert_eq!(found(&store, lamps(search("lamp"))).await, ["lamps_1", "lamps_2"]);
    assert_eq!(found(&store, lamps(search("reading"))).await, ["lamps_1"]);

    let mid = ProductQuery {
        min_price: Some(usd("40")),
        max_price: Some(usd("60")),
        ..ProductQuery::default()
    };
    assert_eq!(found(&store, mid.clone()).await, ["bags_2", "lamps_2"]);

    let page = store.product_list(&lamps(mid)).await.expect("is listed");
    let counts: Vec<_> = page.categories.iter().map(|c| (c.category.as_str(), c.count)).collect();
    assert_eq!(counts, [("bags", 1), ("lamps", 1)], "the category's own filter is left out");
    assert_eq!(page.total, 1);

    let sorted = |sort| ProductQuery { sort, ..ProductQuery::default() };
    let up = found(&store, sorted(ProductSort::PriceUp)).await;
    assert_eq!(up, ["lamps_1", "lamps_2", "bags_2", "bags_1"]);
    let down = found(&store, sorted(ProductSort::PriceDown)).await;
    assert_eq!(down, ["bags_1", "bags_2", "lamps_2", "lamps_1"]);
    let title = found(&store, sorted(ProductSort::Title)).await;
    assert_eq!(title, ["bags_2", "bags_1", "lamps_2", "lamps_1"]);
    let featured = found(&store, ProductQuery::default()).await;
    assert_eq!(featured, ["bags_1", "lamps_1", "bags_2", "lamps_2"], "one of each category first");
}

#[tokio::test]
async fn a_thousand_products_are_paged() {
    let store = empty_store().await;
    let products: Vec<_> = (1..=1000)
        .map(|n| listed(&format!("c{}_{n}", n % 18), &format!("c{}", n % 18), "Thing", "10"))
        .collect();
    store.products_replace(SOURCE, &products, &json!({})).await.expect("is imported");

    let mut seen = std::collections::BTreeSet::new();
    let mut page_number = 0;
    let started = Instant::now();
    loop {
        let query = ProductQuery { page: page_number, ..search("thing") };
        let page = store.product_list(&query).await.expect("is listed");
        assert_eq!((page.total, page.categories.len()), (1000, 18));
        if page.items.is_empty() {
            break;
        }
        seen.extend(page.items.into_iter().map(|card| card.id));
        page_number += 1;
    }
    let each = started.elapsed() / (page_number + 1);
    println!("a page of 1,000 products: {each:?}");
    assert_eq!((seen.len(), page_number), (1000, 42), "each product once");
}
