//! The demo model as `transformers` reads it: see `compare/README.md`.

use std::path::Path;

use policy::prompt::{Message, Speaker};
use serde::Deserialize;
use trainer::cpu::{Division, Machine};
use trainer::folder;
use trainer::graph::{Graph, On};
use trainer::tokens::Tokens;

/// Made by `compare.py golden`.
#[derive(Deserialize)]
struct Golden {
    chat: Vec<(String, String)>,
    ids: Vec<u32>,
    /// Behind the last two tokens.
    logits: Vec<Vec<f32>>,
}

fn speaker(name: &str) -> Speaker {
    let all = [Speaker::System, Speaker::User, Speaker::Assistant];
    all.into_iter().find(|speaker| speaker.name() == name).expect("a known speaker")
}

#[test]
fn transformers_reads_the_same_tokens_and_finds_the_same_logits() {
    let golden: Golden = serde_json::from_str(include_str!("demo.json")).expect("plain data");
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo");
    let tokens = Tokens::load(&dir.join("tokenizer.json")).expect("the demo model's");
    let chat: Vec<Message> = golden
        .chat
        .iter()
        .map(|(name, text)| Message { speaker: speaker(name), text: text.clone() })
        .collect();
    assert_eq!(tokens.prompt(&chat), golden.ids);

    let params = folder::load(&dir).expect("the demo model");
    let mut machine = Machine::new(&params.config, Division::default());
    let ours = machine.logits(&params, &golden.ids).expect("logits");
    let mut graph = Graph::new(&params.config, On::default()).expect("a graph");
    let candles = graph.logits(&params, None, &golden.ids).expect("logits");
    let candles = candles.flatten_all().and_then(|all| all.to_vec1::<f32>()).expect("numbers");
    let expected = golden.logits.concat();
    let last = golden.ids.len() * tokens.vocab_size() - expected.len();
    for got in [&ours[last..], &candles[last..]] {
        let off = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(got.len() == expected.len() && off < 1e-3, "off by {off}");
    }
}
