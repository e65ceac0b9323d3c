//! The AmazonHistoryPrice reader: the real set where it is at hand, and broken files.

use std::fs;
use std::path::{Path, PathBuf};

use catalogue::Counts;
use catalogue::amazon_history_price::{COMPLETE, Extent, read, read_category, read_extent};
use proptest::prelude::*;
use rules::Mills;

/// The real set's folder: named by `SOUK_AHP_DIR`, or beside the checkout.
fn real_set() -> Option<PathBuf> {
    if let Some(dir) = std::env::var_os("SOUK_AHP_DIR") {
        return Some(PathBuf::from(dir));
    }
    let beside = |dir: &Path| dir.join("shared/data/amazon-history-price");
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(beside).find(|d| d.is_dir())
}

/// The manifest's hash for the real set: whoever changes the split makes old evaluations
/// incomparable, and should know.
const SPLIT_SHA256: &str = "0a44674dd017d0b71676c1ac04b1cc7a2cb63f1b5d5aa5fa72aaa42e2cbd3fa7";

#[test]
fn the_real_set_passes_its_self_check() {
    let Some(dir) = real_set() else {
        println!("skipped: the AmazonHistoryPrice set is not here (set SOUK_AHP_DIR)");
        return;
    };
    let import = read(&dir).expect("the set is whole");
    assert_eq!(import.counts, COMPLETE);
    assert_eq!(Counts::of(&import.items), COMPLETE);
    assert_eq!(import.manifest.train.len(), 802);
    assert_eq!(import.manifest.test.len(), 128);
    assert_eq!(import.manifest.sha256, SPLIT_SHA256, "the split is the same on every machine");

    let gap = |i: &catalogue::Item| (i.budget - i.cost).0;
    let by_two_mills: Vec<_> =
        import.items.iter().filter(|i| gap(i) == 2).map(|i| i.product.codename.as_str()).collect();
    let expected = [
        "baby-products_6",
        "electronics_109",
        "home-kitchen_20",
        "other_48",
        "other_75",
        "tools-home-improvement_76",
    ];
    assert_eq!(by_two_mills, expected);
    assert_eq!(import.items.iter().filter(|i| gap(i).abs() < 1000).count(), 15);

    let toothpicks = &import.items[import
        .items
        .iter()
        .position(|i| i.product.codename == "health-personal-care_1")
        .expect("it is there")];
    assert_eq!(toothpicks.product.list_price, Mills(45_880));
    assert_eq!((toothpicks.budget, toothpicks.cost), (Mills(36_704), Mills(13_340)));
    assert_eq!(import, read(&dir).expect("the set is whole"), "reading twice gives the same");
}

#[test]
fn a_short_description_falls_back_to_the_features() {
    let record = record().replace("\"A lamp that dims.\"", "\" n/a \"");
    let items = read_category("other", &format!("[{record}]")).expect("it is whole");
    assert_eq!(items[0].product.description, "Dims. Folds.");
    assert_eq!(items[0].product.features, ["Dims.", "Folds."]);
}

#[test]
fn prices_are_exact() {
    let items = read_category("other", &format!("[{}]", record())).expect("it is whole");
    let item = &items[0];
    assert_eq!(item.product.codename, "other_1");
    assert_eq!(item.product.list_price, Mills(1_299_990));
    assert_eq!(item.recorded_list_price, Mills(1_234_560));
    assert_eq!((item.budget, item.cost), (Mills(1_039_992), Mills(499_000)));
    let days: Vec<_> = item.history.iter().map(|p| (p.day, p.price)).collect();
    assert_eq!(days, [(-366, Mills(499_000)), (-1, Mills(1_299_990)), (0, Mills(500_000))]);
}

/// A whole record, as the set writes them.
fn record() -> String {
    r#"{"title": "Lamp", "current_price": "$500.00", "list_price": "$1,234.56",
        "category": "other", "description": "A lamp that dims.", "features": "Dims.\nFolds.\n",
        "lowest_price_date": "Nov 16, 2022", "lowest_price": "$499.00",
        "highest_price_date": "Nov 16, 2023", "highest_price": "$1,299.99",
        "current_price_date": "Nov 17, 2023"}"#
        .to_owned()
}

/// Checks that a second record with `from` replaced by `to` is refused with these words.
fn check_refused(from: &str, to: &str, words: &[&str]) {
    let whole = record().replace("Lamp", "First lamp");
    let broken = record().replace(from, to);
    assert_ne!(broken, record(), "{from} is in the record");
    let text = format!("[{whole}, {broken}]");
    let error = read_category("other", &text).expect_err(to).to_string();
    for word in words.iter().chain(&["other.json", "record 2"]) {
        assert!(error.contains(word), "{error:?} lacks {word:?}");
    }
}

#[test]
fn a_broken_record_is_named() {
    check_refused(
        r#""title": "Lamp","#,
        "",
        &["without a title", "\"title\" is missing", "add it"],
    );
    check_refused(
        r#""$499.00""#,
        "499.0",
        &["\"Lamp\"", "\"lowest_price\" must be text", "a number"],
    );
    check_refused(r#""$499.00""#, r#""$1,23.00""#, &["\"$1,23.00\", not a price", "$1,234.56"]);
    check_refused(r#""$499.00""#, r#""-$4.00""#, &["not a price"]);
    check_refused(r#""$499.00""#, r#""$0.00""#, &["not a price", "above $0"]);
    check_refused(r#""$499.00""#, r#""""#, &["\"lowest_price\" is empty"]);
    check_refused(r#""$499.00""#, r#""$2,000.00""#, &["above the highest", "$1299.99"]);
    check_refused("Nov 16, 2022", "16.11.2022", &["\"16.11.2022\", not a date", "Nov 16, 2023"]);
    check_refused(r#""category": "other""#, r#""category": "books""#, &["\"books\"", "\"other\""]);
    check_refused("Lamp", "First lamp", &["record 1 has the same title"]);
    check_refused(r#""Lamp""#, "[]", &["\"title\" must be text", "a list"]);
    check_refused("A lamp", r"A \u0000 lamp", &["U+0000", "\"description\""]);
}

#[test]
fn text_that_is_not_a_list_of_objects_is_refused() {
    for (text, words) in [
        ("", "record 1"),
        ("{}", "a list of records"),
        ("[1]", "an object with fields, but this is a number"),
        ("[]x", "record 1"),
        ("[{\"title\": \"Lamp\"", "record 1"),
    ] {
        let error = read_category("other", text).expect_err(text).to_string();
        assert!(error.contains(words), "{error:?} lacks {words:?}");
    }
    let truncated = format!("[{}, {}", record(), &record()[..60]);
    let error = read_category("other", &truncated).expect_err("it breaks off").to_string();
    assert!(error.contains("other.json") && error.contains("record 2"), "{error}");
    assert!(error.contains("get the file again"), "{error}");
}

#[test]
fn a_folder_is_read_whole_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| dir.path().join(name);
    let refused = |extent, words: &str| {
        let error = read_extent(dir.path(), extent).expect_err(words).to_string();
        assert!(error.contains(words), "{error:?} lacks {words:?}");
    };
    refused(Extent::Partial, "holds no category files");
    fs::write(at("LICENSE"), "not read").expect("a file");
    fs::write(at("other.json"), format!("[{}]", record())).expect("a file");
    refused(Extent::Complete, "books.json");
    refused(Extent::Complete, "--partial");
    let part = read_extent(dir.path(), Extent::Partial).expect("a part is whole");
    assert_eq!((part.counts.products, part.counts.mutual), (1, 1));
    assert_eq!(part.manifest.sha256.len(), 64);

    fs::write(at("books.json"), "[").expect("a file");
    refused(Extent::Partial, "books.json breaks off");
    fs::write(at("books.json"), b"[\"\xff\"]").expect("a file");
    refused(Extent::Partial, "not UTF-8 text from byte 2");
    fs::remove_file(at("books.json")).expect("a file");
    fs::write(at("cars.json"), "[]").expect("a file");
    refused(Extent::Partial, "cars.json is not one of the set's 18 categories");
    fs::remove_file(at("cars.json")).expect("a file");

    for category in catalogue::CATEGORIES {
        let text = format!("[{}]", record().replace("\"other\"", &format!("\"{category}\"")));
        fs::write(at(&format!("{category}.json")), text).expect("a file");
    }
    refused(Extent::Complete, "18 products, 18 categories");
    refused(Extent::Complete, "930 products");
    let gone = read(&at("nowhere")).expect_err("there is no such folder").to_string();
    assert!(gone.contains("nowhere") && gone.contains("cannot be read"), "{gone}");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        let _ = read_category("other", &text);
    }

    #[test]
    fn no_damage_makes_the_reader_panic(at in 0usize..420, byte in any::<u8>()) {
        let mut bytes = format!("[{}]", record()).into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes) {
            let _ = read_category("other", &text);
        }
    }
}
