//! Tokens per second of the demo model:
//! `cargo run -p trainer --example throughput [threads] [supervised|sampling]`.
//!
//! Where other programs share the machine, tokens per second of processor time say more than those of the
//! clock. `compare/README.md` sets the same work in PyTorch beside it.

use std::time::Instant;

use trainer::batch::{MeanNll, Sequence, predicted};
use trainer::config::Config;
use trainer::cpu::{Division, Machine};
use trainer::learn::Learner;
use trainer::optim::AdamW;
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

/// Whole optimiser steps on 16 sequences of 200 to 500 tokens, 40% of them own.
fn supervised(threads: usize) {
    let config = Config::demo(2048);
    let sequences: Vec<Sequence> = (0..16u32)
        .map(|n| {
            let ids: Vec<u32> = (0..200 + 20 * n).map(|t| (t * 7 + n * 31) % 2048).collect();
            Sequence { own: ids.iter().enumerate().map(|(t, _)| t % 5 < 2).collect(), ids }
        })
        .collect();
    let tokens: usize = sequences.iter().map(|s| s.ids.len()).sum();
    let mut learner = Learner::whole(Params::seeded(&config, 1));
    let mut machine = Machine::new(&config, Division { threads, ..Division::default() });
    let objective = MeanNll { count: predicted(&sequences) };
    let mut gradient = vec![0.0; learner.len()];
    let parameters = learner.len();
    let step = || {
        gradient.fill(0.0);
        let outcome = learner.gradient(&mut machine, &sequences, &objective, &mut gradient);
        outcome.expect("the sequences fit");
        learner.step(&AdamW::default(), &gradient, 1e-4);
    };
    let speed = measure(10, tokens, step);
    println!(
        "supervised: {parameters} parameters, {threads} threads, {tokens} tokens a step: {speed}"
    );
}

/// 64 rows: prompts of 200 tokens, then 128 tokens drawn for each.
fn sampling(threads: usize) {
    let params = Params::seeded(&Config::demo(2048), 1);
    let mut sampler = Sampler::new(params, threads);
    let rows: Vec<_> = (0..64).map(|seed| sampler.open(seed)).collect();
    let prompt = |n: u32| Next::Given((0..200).map(|t| (t * 7 + n * 31) % 2048).collect());
    let prompts: Vec<_> = rows.iter().zip(0..).map(|(row, n)| (*row, prompt(n))).collect();
    let read = measure(1, 64 * 200, || {
        sampler.step(&prompts).expect("the prompts fit");
    });
    let draws: Vec<_> = rows.iter().map(|row| (*row, Next::Draw(Sampling::default()))).collect();
    let drawn = measure(128, 64, || {
        sampler.step(&draws).expect("328 tokens fit");
    });
    println!("sampling: {threads} threads, 64 rows: read {read}\n  drawn {drawn}");
}

/// Runs `work` so many times and tells its tokens per second.
fn measure(times: usize, tokens: usize, mut work: impl FnMut()) -> String {
    let (begun, spent) = (Instant::now(), processor_seconds());
    let mut best = f64::MAX;
    for _ in 0..times {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    let all = (times * tokens) as f64;
    let mean = all / begun.elapsed().as_secs_f64();
    let best = tokens as f64 / best;
    let processor = match (spent, processor_seconds()) {
        (Some(before), Some(after)) => format!("{:.0}", all / (after - before)),
        _ => "unknown".into(),
    };
    format!("{mean:.0} tokens/s, best {best:.0}, per second of one processor {processor}")
}

/// Processor time of this process, where Linux tells it: in ticks of a hundredth of a second.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks: f64 = fields.get(11..13)?.iter().filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    Some(ticks / 100.0)
}
