//! Tokens per second of the demo model: `cargo run -p trainer --example throughput [threads]`.

use std::time::Instant;

use trainer::batch::{MeanNll, Sequence, predicted};
use trainer::config::Config;
use trainer::cpu::{Division, Machine};
use trainer::params::Params;

fn main() {
    let given: Option<usize> = std::env::args().nth(1).and_then(|n| n.parse().ok());
    for threads in given.map_or(vec![1, 2], |n| vec![n]) {
        supervised(threads);
    }
}

/// 16 sequences of 200 to 500 tokens, 40% of them own, several times over.
fn supervised(threads: usize) {
    let config = Config::demo(2048);
    let params = Params::seeded(&config, 1);
    let sequences: Vec<Sequence> = (0..16u32)
        .map(|n| {
            let ids: Vec<u32> = (0..200 + 20 * n).map(|t| (t * 7 + n * 31) % 2048).collect();
            Sequence { own: ids.iter().enumerate().map(|(t, _)| t % 5 < 2).collect(), ids }
        })
        .collect();
    let tokens: usize = sequences.iter().map(|s| s.ids.len()).sum();
    let mut machine = Machine::new(&config, Division { threads, ..Division::default() });
    let objective = MeanNll { count: predicted(&sequences) };
    let mut gradient = vec![0.0; params.flat.len()];
    let mut times = Vec::new();
    for _ in 0..6 {
        let start = Instant::now();
        gradient.fill(0.0);
        let outcome = machine.gradient(&params, &sequences, &objective, &mut gradient);
        outcome.expect("the sequences fit");
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let (best, middle) = (tokens as f64 / times[0], tokens as f64 / times[times.len() / 2]);
    println!(
        "supervised: {} parameters, {threads} threads, {tokens} tokens a step: best {best:.0} tokens/s, \
         median {middle:.0} tokens/s",
        params.flat.len()
    );
}
