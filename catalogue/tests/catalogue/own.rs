//! Souk's own catalogue: that it reads well, that its limits follow the rule, and that its pictures
//! are whole.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::{CATEGORIES, Counts, Item, SEED, Split, own_catalogue, own_manifest};
use rules::{Interest, Mills};

#[test]
fn it_is_large_varied_and_the_same_each_time() {
    let items = own_catalogue(SEED);
    let counts = Counts::of(&items);
    assert!(counts.products >= 360, "{counts}");
    assert_eq!((counts.categories, counts.ties), (18, 0));
    let conflicting = counts.conflicting as f64 / counts.products as f64;
    assert!((0.04..0.06).contains(&conflicting), "{counts}");
    assert_eq!(items, own_catalogue(SEED));
    assert_ne!(items[0].product.title, own_catalogue(SEED + 1)[0].product.title);
    for category in CATEGORIES {
        let shelf: Vec<_> = items.iter().filter(|i| i.product.category == category).collect();
        assert!(shelf.len() >= 15, "{category} has {}", shelf.len());
        for (index, item) in shelf.iter().enumerate() {
            assert_eq!(item.product.codename, format!("{category}_{}", index + 1));
        }
    }
}

#[test]
fn the_manifest_is_of_these_very_products() {
    let items = own_catalogue(SEED);
    let manifest = own_manifest(SEED, &items);
    assert_eq!(manifest.train.len() + manifest.test.len(), items.len());
    let test_share = manifest.test.len() as f64 / items.len() as f64;
    assert!((test_share - 128.0 / 930.0).abs() < 0.005, "{test_share}");
    let of_test = |i: &&Item| i.split == Split::Test;
    assert!(items.iter().filter(of_test).all(|i| manifest.test.contains(&i.product.codename)));
    let mut other = items.clone();
    other[3].cost = other[3].cost + Mills(1);
    assert_ne!(own_manifest(SEED, &other).sha256, manifest.sha256);
}

#[test]
fn limits_follow_from_the_prices() {
    for item in own_catalogue(SEED) {
        let name = &item.product.codename;
        let prices: Vec<Mills> = item.history.iter().map(|p| p.price).collect();
        assert_eq!(prices.len(), 24, "{name}");
        assert_eq!(prices.iter().max(), Some(&item.highest_price), "{name}");
        assert_eq!(prices.iter().min(), Some(&item.lowest_price), "{name}");
        assert_eq!(item.product.list_price, item.highest_price.max(item.recorded_list_price));
        assert_eq!(item.budget, item.product.list_price.scale(4, 5), "{name}");
        assert_eq!(item.cost, item.lowest_price, "{name}");
        assert!(item.product.list_price >= Mills::from_dollars(5), "{name}");
        assert!(item.product.list_price <= Mills::from_dollars(4_300), "{name}");
        assert!(item.cost.is_price() && item.cost < item.product.list_price, "{name}");
        assert!(item.history.is_sorted_by(|a, b| a.day < b.day), "{name}");
        assert_eq!(item.history.last().map(|p| p.day), Some(0), "{name}");
        assert!(item.history[0].day >= -730, "{name}");
    }
}

/// The lowest price shown must not follow the cost: it is the floor, which anybody can work out
/// from the list price, or more.
#[test]
fn the_public_history_does_not_tell_the_cost() {
    let items = own_catalogue(SEED);
    let mut silent = 0;
    for item in &items {
        let floor = item.product.list_price.scale(9, 10).round_to_cents();
        let shown = item.public_history();
        silent += usize::from(shown.is_empty());
        assert!(shown.iter().all(|p| p.price >= floor && p.price > item.cost));
        let mut cheaper = item.clone();
        let third = Mills(item.cost.0 / 3);
        cheaper.cost = third;
        for point in &mut cheaper.history {
            if point.price == item.cost {
                point.price = third;
            }
        }
        assert_eq!(cheaper.public_history(), shown, "{}", item.product.codename);
    }
    assert!(silent > 0 && silent < items.len() / 5, "{silent} show none");
}

fn texts(item: &Item) -> Vec<&str> {
    let product = &item.product;
    let mut all = vec![product.title.as_str(), product.description.as_str()];
    all.extend(product.features.iter().map(String::as_str));
    all
}

#[test]
fn titles_are_unique_and_texts_are_clean() {
    let items = own_catalogue(SEED);
    let titles: BTreeSet<_> = items.iter().map(|i| i.product.title.to_lowercase()).collect();
    assert_eq!(titles.len(), items.len());
    let texts_seen: BTreeSet<_> = items.iter().map(|i| &i.product.description).collect();
    assert_eq!(texts_seen.len(), items.len(), "descriptions are unique too");
    for item in &items {
        let product = &item.product;
        assert!((15..=120).contains(&product.title.chars().count()), "{}", product.title);
        let sentences = product.description.matches(". ").count() + 1;
        assert!((2..=6).contains(&sentences), "{}", product.description);
        assert!((90..=520).contains(&product.description.len()), "{}", product.description);
        assert!((3..=5).contains(&product.features.len()), "{}", product.codename);
        assert!(product.features.iter().all(|f| f.len() >= 8 && !f.ends_with('.')));
        for text in texts(item) {
            let broken = ["  ", "{", "}", "|", " ,", " .", "..", ",,", "\n"];
            for mark in broken {
                assert!(!text.contains(mark), "{mark:?} in {text:?}");
            }
            assert_eq!(text, text.trim());
            let first = text.chars().next().expect("no text is empty");
            assert!(first.is_uppercase() || first.is_numeric(), "{text:?}");
            check_articles(text);
            check_repeats(text);
        }
    }
}

fn check_articles(text: &str) {
    let words: Vec<&str> = text.split([' ', '(', '"']).filter(|w| !w.is_empty()).collect();
    for pair in words.windows(2) {
        let lower = pair[1].to_lowercase();
        let by_letter = lower.starts_with(['a', 'e', 'i', 'o', 'u']);
        let a_before_vowel =
            ["one", "usb", "uni", "use", "eu"].iter().any(|w| lower.starts_with(w));
        let eight = lower.starts_with('8') || lower.starts_with("11-") || lower.starts_with("18");
        let spelt_out = ["led", "lcd", "hd", "hour", "sos"].iter().any(|w| lower.starts_with(w));
        let an = (by_letter && !a_before_vowel) || eight || spelt_out;
        match pair[0] {
            "a" | "A" => assert!(!an, "\"{} {}\" in {text:?}", pair[0], pair[1]),
            "an" | "An" => assert!(an, "\"{} {}\" in {text:?}", pair[0], pair[1]),
            _ => {}
        }
    }
}

fn check_repeats(text: &str) {
    let words: Vec<&str> = text.split_whitespace().collect();
    for pair in words.windows(2) {
        assert_ne!(pair[0].to_lowercase(), pair[1].to_lowercase(), "{text:?}");
    }
}

#[test]
fn personas_are_mixed() {
    let mut shares: BTreeMap<String, usize> = BTreeMap::new();
    let items = own_catalogue(SEED);
    for item in &items {
        *shares.entry(item.persona.clone()).or_default() += 1;
    }
    assert_eq!(shares.len(), catalogue::STALL_PERSONAS.len());
    for (persona, percent) in catalogue::STALL_PERSONAS {
        let share = shares[persona] * 100 / items.len();
        assert!(share.abs_diff(percent as usize) <= 7, "{persona}: {share}%");
    }
    let conflicting = items.iter().filter(|i| i.interest() == Interest::Conflicting);
    assert!(conflicting.map(|i| &i.persona).collect::<BTreeSet<_>>().len() > 1);
}
