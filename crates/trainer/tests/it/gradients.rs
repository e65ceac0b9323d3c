//! The processor path against the tensor library's own operations and derivatives.

use candle_core::DType;
use rl::loss::{Surrogate, Token};
use trainer::batch::{At, MeanNll, Scored, Slope, predicted};
use trainer::config::Config;
use trainer::cpu::{Division, Machine};
use trainer::graph::{Graph, On};
use trainer::learn::{Adapted, Differentiate};
use trainer::lora::{Adapter, Settings};

use crate::{close, lively, sequences};

fn shapes() -> Vec<Config> {
    let tiny = Config::tiny(40);
    let untied = Config { tie_word_embeddings: false, ..tiny.clone() };
    let wide = Config { head_dim: 48, num_key_value_heads: 1, vocab_size: 70, ..tiny.clone() };
    vec![tiny, untied, wide]
}

/// Depends on place, log-probability and entropy, so that no slope can be left out unnoticed.
fn winding(at: At, scored: Scored) -> Slope {
    let weight = 1.0 + (at.token % 3) as f32 - at.sequence as f32 * 0.25;
    Slope {
        loss: f64::from(weight * scored.logp * scored.logp + 0.3 * scored.entropy),
        d_logp: 2.0 * weight * scored.logp,
        d_entropy: 0.3,
    }
}

#[test]
fn logits_are_the_graphs() {
    for config in shapes() {
        let params = lively(&config);
        let ids: Vec<u32> = (0..50).map(|t| t * 13 % 40).collect();
        let got = Machine::new(&config, Division::default()).logits(&params, &ids);
        let mut graph = Graph::new(&config, On::default()).expect("on the processor");
        let expected =
            graph.logits(&params, None, &ids).and_then(|logits| logits.flatten_all()?.to_vec1());
        close(&got.expect("they fit"), &expected.expect("on the processor"), 1e-5);
    }
}

#[test]
fn gradients_are_the_graphs() {
    for config in shapes() {
        let params = lively(&config);
        let batch = sequences(&[40, 3, 17, 64, 1, 2], 40, 5);
        let mut machine = Machine::new(&config, Division::default());
        let mut graph = Graph::new(&config, On::default()).expect("on the processor");
        let on: [&mut dyn Differentiate; 2] = [&mut machine, &mut graph];
        let [got, expected] = on.map(|on| {
            let mut gradient = vec![0.0; params.flat.len()];
            let outcome = on.gradient(&params, &batch, &winding, &mut gradient);
            (outcome.expect("the batch fits"), gradient)
        });
        assert!((got.0.loss - expected.0.loss).abs() < 1e-4 * expected.0.loss.abs());
        for part in &params.layout.parts {
            close(&got.1[part.range.clone()], &expected.1[part.range.clone()], 1e-4);
        }
        let flat = |scores: &[Vec<Scored>]| -> Vec<f32> {
            scores.iter().flatten().flat_map(|s| [s.logp, s.entropy]).collect()
        };
        close(&flat(&got.0.scores), &flat(&expected.0.scores), 1e-5);
    }
}

/// The only half precision that the tensor library multiplies on the processor; what a graphics processor
/// does in bf16 takes the same way through the code.
#[test]
fn half_precision_follows() {
    let config = Config::tiny(40);
    let params =
        trainer::params::Params::seeded(&Config { initializer_range: 0.1, ..config.clone() }, 2);
    let batch = sequences(&[20, 9], 40, 5);
    let objective = MeanNll { count: predicted(&batch) };
    let [half, full] = [DType::F16, DType::F32].map(|dtype| {
        let on = On { dtype, ..On::default() };
        let mut graph = Graph::new(&config, on).expect("on the processor");
        let mut gradient = vec![0.0; params.flat.len()];
        let outcome = graph.gradient(&params, &batch, &objective, &mut gradient);
        (outcome.expect("the batch fits").loss, gradient)
    });
    assert!((half.0 - full.0).abs() < 1e-2 && half.0 != full.0);
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let cosine = dot(&half.1, &full.1) / (dot(&half.1, &half.1) * dot(&full.1, &full.1)).sqrt();
    assert!(cosine > 0.999, "{cosine}");
}

#[test]
fn how_a_batch_is_divided_changes_nothing_but_rounding() {
    let config = Config::tiny(40);
    let params = lively(&config);
    let batch = sequences(&[40, 3, 17, 64, 30, 22], 40, 6);
    let objective = MeanNll { count: predicted(&batch) };
    let run = |division: Division, parts: usize| {
        let mut machine = Machine::new(&config, division);
        let mut gradient = vec![0.0; params.flat.len()];
        let mut loss = 0.0;
        for part in batch.chunks(parts) {
            let outcome = machine.gradient(&params, part, &objective, &mut gradient);
            loss += outcome.expect("the batch fits").loss;
        }
        (loss, gradient)
    };
    let whole = run(Division::default(), 6);
    assert_eq!(run(Division::default(), 6), whole, "the same division gives the same bits");
    let one = Division { threads: 1, tokens_at_once: 1024, recompute: false };
    let table = [
        (one, 6),
        (one, 2),
        (Division { tokens_at_once: 50, ..one }, 6),
        (Division { threads: 5, ..one }, 4),
        (Division { recompute: true, ..one }, 6),
    ];
    for (division, parts) in table {
        let (loss, gradient) = run(division, parts);
        assert!((loss - whole.0).abs() < 1e-5, "{division:?}");
        close(&gradient, &whole.1, 1e-5);
    }
    let kept = run(one, 6);
    assert_eq!(
        run(Division { recompute: true, ..one }, 6),
        kept,
        "worked out again, the same bits"
    );
}

#[test]
fn scores_without_a_gradient_are_those_with_one() {
    let config = Config::tiny(40);
    let params = lively(&config);
    let batch = sequences(&[9, 33], 40, 7);
    let mut machine = Machine::new(&config, Division::default());
    let mut gradient = vec![0.0; params.flat.len()];
    let with = machine.gradient(&params, &batch, &winding, &mut gradient).expect("it fits");
    let without = machine.score(&params, &batch).expect("it fits");
    assert_eq!(with.scores, without.scores);
}

fn lively_adapter(config: &Config) -> Adapter {
    let mut adapter = Adapter::seeded(config, Settings { rank: 3, alpha: 5.0 }, 8);
    let fresh = Adapter::seeded(config, Settings { rank: 3, alpha: 5.0 }, 9);
    for (i, value) in adapter.flat.iter_mut().enumerate() {
        *value += fresh.flat[(i * 7) % fresh.flat.len()];
    }
    adapter
}

#[test]
fn a_merged_adapter_is_the_adapter_apart() {
    let config = Config::tiny(40);
    let (base, adapter) = (lively(&config), lively_adapter(&config));
    let ids: Vec<u32> = (0..30).map(|t| t * 13 % 40).collect();
    let merged = adapter.merged(&base);
    let mut machine = Machine::new(&config, Division::default());
    let got = machine.logits(&merged, &ids).expect("they fit");
    let mut graph = Graph::new(&config, On::default()).expect("on the processor");
    let apart = graph.logits(&base, Some(&adapter), &ids);
    let apart = apart.and_then(|logits| logits.flatten_all()?.to_vec1()).expect("on the processor");
    close(&got, &apart, 1e-5);
    let without = machine.logits(&base, &ids).expect("they fit");
    assert!(got.iter().zip(&without).any(|(a, b)| (a - b).abs() > 0.1));
}

#[test]
fn an_adapters_gradient_is_the_same_merged_and_apart() {
    let config = Config::tiny(40);
    let (base, adapter) = (lively(&config), lively_adapter(&config));
    let merged = adapter.merged(&base);
    let batch = sequences(&[40, 3, 17], 40, 5);
    let mut machine = Machine::new(&config, Division::default());
    let mut graph = Graph::new(&config, On::default()).expect("on the processor");
    graph.freeze(&base).expect("on the processor");
    let adapted = Adapted { base, adapter };
    let on: [&mut dyn Differentiate; 2] = [&mut machine, &mut graph];
    let [got, expected] = on.map(|on| {
        let mut gradient = vec![0.0; adapted.adapter.flat.len()];
        let outcome = on.gradient_of_adapter(&adapted, &merged, &batch, &winding, &mut gradient);
        outcome.expect("the batch fits");
        gradient
    });
    close(&got, &expected, 1e-4);
}

/// The loss of reinforcement learning, its clips and divergence included, through a tiny model.
#[test]
fn the_surrogates_gradient_is_a_finite_difference() {
    let config = Config::tiny(40);
    let params = lively(&config);
    let batch = sequences(&[12, 20, 7], 40, 8);
    let mut machine = Machine::new(&config, Division::default());
    let now = Differentiate::score(&mut machine, &params, &batch).expect("the batch fits").scores;
    let surrogate = Surrogate { kl: 0.2, entropy_bonus: 0.05, ..Surrogate::default() };
    // Old and reference lie beside what the model says, so that some tokens are clipped on either side.
    let loss = |at: At, scored: Scored| {
        let nth = batch[at.sequence].predicted().position(|t| t == at.token).expect("predicted");
        let logp = now[at.sequence][nth].logp;
        let away = [-0.6, -0.1, 0.05, 0.5][(at.token + at.sequence) % 4];
        let lost = surrogate.of(Token {
            logp: scored.logp,
            entropy: scored.entropy,
            old: logp + away,
            drawn: logp + away - 0.2,
            reference: logp + 0.3,
            advantage: [1.0, -0.7, 0.4][at.sequence],
        });
        Slope { loss: lost.loss, d_logp: lost.d_logp, d_entropy: lost.d_entropy }
    };
    let mut gradient = vec![0.0; params.flat.len()];
    machine.gradient(&params, &batch, &loss, &mut gradient).expect("the batch fits");
    let mut at = |place: usize, by: f32| {
        let mut moved = params.clone();
        moved.flat[place] += by;
        let mut unused = vec![0.0; params.flat.len()];
        machine.gradient(&moved, &batch, &loss, &mut unused).expect("the batch fits").loss
    };
    let largest = gradient.iter().fold(0f32, |top, g| top.max(g.abs()));
    for place in (0..gradient.len()).step_by(gradient.len() / 60) {
        let step = 2e-3;
        let slope = (at(place, step) - at(place, -step)) / f64::from(2.0 * step);
        let told = f64::from(gradient[place]);
        let off = (slope - told).abs();
        assert!(off < 0.02 * f64::from(largest), "{place}: {slope} instead of {told}");
    }
}
