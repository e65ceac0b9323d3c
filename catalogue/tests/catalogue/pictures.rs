//! Product pictures: whole, small, harmless, and each its own.

use std::collections::BTreeSet;

use catalogue::picture::{self, Subject};
use catalogue::{CATEGORIES, SEED, own_catalogue};
use proptest::prelude::*;

/// Checks what every picture promises.
fn check_picture(svg: &str, name: &str) {
    assert!(svg.len() < 6_000, "{name} has {} bytes", svg.len());
    let start =
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240" role="img"><title>"#;
    assert!(svg.starts_with(start) && svg.ends_with("</svg>"), "{name}");
    for harmful in ["<script", "href", "<image", "<foreignObject", "<text", "<style", "data:"] {
        assert!(!svg.contains(harmful), "{harmful} in {name}");
    }
    assert!(!svg.contains(['{', '}']), "{name} has an unpainted part");
    check_nesting(svg, name);
}

/// Every element is closed, in order, and its attributes are quoted in pairs.
fn check_nesting(svg: &str, name: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect(name);
        assert_eq!(tag.matches('"').count() % 2, 0, "{name}: <{tag}>");
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().expect("a tag has a name"));
        }
    }
    assert!(open.is_empty(), "{name} leaves {open:?} open");
}

#[test]
fn every_drawing_is_whole_with_every_ground_and_pattern() {
    let names: BTreeSet<_> = picture::drawing_names().collect();
    assert!(names.len() >= 60, "{} drawings", names.len());
    assert_eq!(names.len(), picture::drawing_names().count(), "names are unique");
    for name in names {
        for seed in 0..40 {
            let subject = Subject { id: "x_1", title: name, drawing: name, colour: None, seed };
            check_picture(&picture::draw(&subject), name);
        }
    }
}

#[test]
fn every_own_product_has_its_own_picture() {
    let items = own_catalogue(SEED);
    let mut seen = BTreeSet::new();
    for item in &items {
        let codename = &item.product.codename;
        check_picture(&item.picture, codename);
        let body = item.picture.split_once("</title>").expect("a picture has a title").1;
        assert!(seen.insert(body.replace(codename, "")), "{codename}'s picture is another's");
    }
}

#[test]
fn imported_titles_find_a_fitting_drawing() {
    let drawn = |category: &str, title: &str| picture::for_listing("a_1", category, title);
    let same_as = |drawing, category, title: &str| {
        let body = |svg: String| svg.split_once("</title>").expect("a title").1.to_owned();
        let colourless = Subject {
            id: "a_1",
            title,
            drawing,
            colour: picture::colour_of(title),
            seed: picture::listing_seed("a_1"),
        };
        assert_eq!(body(drawn(category, title)), body(picture::draw(&colourless)), "{title}");
    };
    same_as("headphones", "electronics", "Acme HD 650 Audiophile Headphone, Titan");
    same_as("air_fryer", "other", "Acme Foodi 10 Quart 6-in-1 XL Air Fryer with 2 Baskets");
    same_as("tent", "other", "Acme 8-Person Tent for Camping, Green");
    same_as("disc_case", "movies-tv", "Some Film: The Final Cut [4K UHD]");
    same_as("drill", "tools-home-improvement", "20V MAX Cordless Drill Driver Kit, Yellow");
    same_as("blocks", "toys-games", "Skyline Collection Building Set Model Kit");
    for category in CATEGORIES {
        let svg = drawn(category, "Something that has no word we know");
        check_picture(&svg, category);
    }
}

proptest! {
    #[test]
    fn no_title_breaks_a_picture(title in "\\PC{0,80}", category in 0usize..18) {
        let svg = picture::for_listing("other_1", CATEGORIES[category], &title);
        check_nesting(&svg, &title);
        let script = svg.contains("<script");
        prop_assert!(!script);
    }
}
