//! Tokens per second of the demo model:
//! `cargo run -p trainer --example throughput [threads] [supervised|sampling]`.

use std::time::Instant;

use trainer::batch::{MeanNll, Sequence, predicted};
use trainer::config::Config;
use trainer::cpu::{Division, Machine};
use trainer::params::Params;
use trainer::sample::{Next, Sampler, Sampling};

fn main() {
    let given: Option<usize> = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let what = std::env::args().nth(2);
    for threads in given.map_or(vec![1, 2], |n| vec![n]) {
        if what.as_deref() != Some("sampling") {
            supervised(threads);
        }
        if what.as_deref() != Some("supervised") {
            sampling(threads);
        }
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

/// 64 rows: prompts of 200 tokens, then 128 tokens drawn for each.
fn sampling(threads: usize) {
    let params = Params::seeded(&Config::demo(2048), 1);
    let mut sampler = Sampler::new(params, threads);
    let rows: Vec<_> = (0..64).map(|seed| sampler.open(seed)).collect();
    let prompt = |n: u32| Next::Given((0..200).map(|t| (t * 7 + n * 31) % 2048).collect());
    let start = Instant::now();
    let steps: Vec<_> = rows.iter().zip(0..).map(|(row, n)| (*row, prompt(n))).collect();
    sampler.step(&steps).expect("the prompts fit");
    let read = 64.0 * 200.0 / start.elapsed().as_secs_f64();
    let mut times = Vec::new();
    for _ in 0..128 {
        let start = Instant::now();
        let steps: Vec<_> =
            rows.iter().map(|row| (*row, Next::Draw(Sampling::default()))).collect();
        sampler.step(&steps).expect("328 tokens fit");
        times.push(start.elapsed().as_secs_f64());
    }
    let total: f64 = times.iter().sum();
    times.sort_by(f64::total_cmp);
    println!(
        "sampling: {threads} threads, 64 rows: read {read:.0} tokens/s, drawn {:.0} tokens/s over all, \
         {:.0} at the median step ({:.2} ms)",
        64.0 * 128.0 / total,
        64.0 / times[64],
        1e3 * times[64]
    );
}
