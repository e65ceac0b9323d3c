use std::collections::BTreeMap;

use policy::corpus::Deal;
use rules::{Mills, Product};

use super::check::{Check, Plan, check, transcripts};
use super::*;
use crate::supervise::Progress;

/// Big enough to be a model, small enough to be made in a second.
fn recipe() -> Recipe {
    let text = r#"
        seed = 7
        lessons = 30
        held_out = 4
        vocabulary = 400
        vocabulary_lessons = 20
        longest = 2000
        passes = 1
        [shape]
        hidden = 16
        feed_forward = 24
        layers = 1
        heads = 2
        kv_heads = 1
        head_dim = 8
        positions = 4096
        rope_theta = 10000.0
        [training]
        batch_tokens = 4000
        evaluate_every = 0
        checkpoint_every = 2
        [training.schedule]
        warmup = 2
        [division]
        threads = 2
    "#;
    toml::from_str(text).expect("a recipe")
}

fn deals(names: std::ops::Range<i64>) -> Vec<Deal> {
    let deal = |n: i64| {
        let list_price = Mills::from_dollars(20 * n + 15);
        let product = Product {
            codename: format!("books_{n}"),
            category: "books".into(),
            title: format!("Atlas of the {n} Seas"),
            description: "All known waters.".into(),
            features: Vec::new(),
            list_price,
        };
        Deal { product, budget: list_price.scale(4, 5), cost: list_price.scale(1, 2) }
    };
    names.map(deal).collect()
}

/// Makes the model in `home`; stopped after so many steps where that is said.
fn make(home: &Path, name: &str, stop_after: Option<u64>) -> Option<Record> {
    let (train, test) = (deals(1..5), deals(5..7));
    let products = Products { train: &train, test: &test };
    let mut told = |news: News| match news {
        News::Step(Progress { step, .. }) if Some(*step) == stop_after => Flow::Stop,
        _ => Flow::On,
    };
    let (work, out) = (home.join(format!("{name}-work")), home.join(name));
    run(&recipe(), products, &work, &out, &mut told).expect("a model")
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            let bytes = fs::read(entry.path()).expect("a file");
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        })
        .collect()
}

#[test]
fn a_recipe_gives_one_model_also_when_it_was_cut_off() {
    let home = tempfile::tempdir().expect("a folder");
    let record = make(home.path(), "once", None).expect("not stopped");
    assert!(record.steps > 3, "{record:?}");
    assert!(record.held_out_perplexity < 400.0 && record.held_out_loss > 0.0);
    let once = files(&home.path().join("once"));
    assert!(once.contains_key("pretrain.json") && once.contains_key("tokenizer.json"));
    make(home.path(), "again", None).expect("not stopped");
    assert!(files(&home.path().join("again")) == once, "made twice, another model");
    assert!(make(home.path(), "cut", Some(3)).is_none());
    assert!(!home.path().join("cut").exists());
    make(home.path(), "cut", None).expect("not stopped");
    assert!(files(&home.path().join("cut")) == once, "resumed, another model");
}

#[test]
fn a_model_that_has_learnt_nothing_is_said_to_write_nothing_of_use() {
    let home = tempfile::tempdir().expect("a folder");
    make(home.path(), "model", None).expect("not stopped");
    let dir = home.path().join("model");
    let plan = Plan {
        temperatures: vec![1.0],
        per_band: 1,
        per_manner: 1,
        most_tokens: 20,
        ..Plan::default()
    };
    let (mut last, test) = ((0, 1), deals(5..7));
    let checked = check(&dir, &recipe(), &test, &plan, &mut |done, of| last = (done, of));
    let checked = checked.expect("a model to check");
    assert_eq!(last.0, last.1, "all that were announced were played");
    let figures = &checked.check;
    assert!(!figures.passes());
    for written in &figures.writing {
        assert_eq!(written.valid.value, Some(0.0), "{written:?}");
        assert_eq!(written.consistent.value, None);
        assert_eq!(written.messages, written.episodes);
        assert_eq!(written.faults.values().sum::<usize>(), written.messages);
    }
    // The references know nothing of the model.
    let naive = figures.buying.iter().filter(|row| row.buyer == "naive script");
    let first_offers: Vec<f64> = naive.filter_map(|row| row.first_offer_ratio.value).collect();
    assert_eq!(first_offers.len(), 5);
    assert!(first_offers.iter().all(|ratio| (0.6..1.0).contains(ratio)), "{first_offers:?}");
    let [model, script] = &figures.reactions[..] else { panic!("{:?}", figures.reactions) };
    assert_eq!((model.justified.n, script.justified.n), (0, 2));
    let stored = fs::read_to_string(dir.join("check.json")).expect("what the check wrote");
    assert_eq!(stored.trim(), serde_json::to_string_pretty(figures).expect("plain data"));
    assert!(serde_json::from_str::<Check>(&stored).is_ok());
    assert!(figures.to_string().contains("FAILS"));
    let read = transcripts(&checked, 4);
    assert!(read.contains("--- 4") && read.contains("KEY"), "{read}");
}
