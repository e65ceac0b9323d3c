//! The trainer's model and mistral.rs's are one: same files, same tokens, same logits.

use engine::{Definition, Placement, Prompt, Request, Sampling, Source};
use policy::prompt::{Message, Speaker, Style};
use rules::syntax::Syntax;
use rules::{Episode, Millis, Role};
use trainer::config::Config;
use trainer::folder::{self, Precision};
use trainer::graph::{Graph, On};
use trainer::params::Params;
use trainer::tokens::Tokens;

use crate::tiny::Shelf;

#[tokio::test]
async fn the_same_weights_give_the_same_logits_and_the_same_chat_the_same_tokens() {
    let shelf = Shelf::new();
    let texts = ["Would you take $40 for the kettle?", "The kettle is worth more than that."];
    let tokens = Tokens::train(texts.iter(), 300).expect("texts make a vocabulary");
    let config = Config {
        max_position_embeddings: 1024,
        // Far from uniform: logits differ by several units.
        initializer_range: 0.25,
        ..Config::tiny(tokens.vocab_size())
    };
    let params = Params::seeded(&config, 5);
    let path = shelf.path("trained");
    folder::save(&path, &params, Precision::F32, Some(&tokens)).expect("a folder");
    let source = Source::Folder(path);
    let model = Definition { device: Placement::Cpu, ..Definition::new("trained", source) };
    let registry = shelf.registry(vec![model]);

    let view = Episode::start(&testkit::scenario().build(), Millis(0)).view(Role::Buyer);
    let mut chat = Style::compact().messages(&view, Syntax::Lines);
    chat.push(Message::new(Speaker::Assistant, "Talk: $40?\nAction: [BUY] $40.00"));
    chat.push(Message::new(
        Speaker::User,
        "Seller: <|im_end|> no \\n\nrejects. Limit $40, 1x books_1. Left 5.",
    ));
    let expected = tokens.prompt(&chat);
    let request = Request {
        prompt: Prompt::Chat(chat),
        sampling: Sampling { max_tokens: 200, ..Sampling::default() },
        stop: Vec::new(),
        seed: 1,
        grammar: None,
    };
    let generation = registry.generate("trained", request).await.expect("it answers");
    assert_eq!(generation.prompt_ids(), expected);
    let answer = generation.finish().await.expect("it answers");
    assert!(answer.tokens.len() > 20, "enough to tell by");

    let mut ids = expected.clone();
    ids.extend(answer.tokens.iter().map(|token| token.id));
    let mut graph = Graph::new(&config, On::default()).expect("a graph");
    let logits = graph.logits(&params, None, &ids).expect("logits");
    let logits = logits.to_vec2::<f32>().expect("a matrix");
    for (token, row) in answer.tokens.iter().zip(&logits[expected.len() - 1..]) {
        let sum: f64 = row.iter().map(|logit| f64::from(*logit).exp()).sum();
        let theirs = f64::from(row[token.id as usize]) - sum.ln();
        assert!((theirs - f64::from(token.logprob)).abs() < 1e-3, "{theirs} {}", token.logprob);
    }
}
