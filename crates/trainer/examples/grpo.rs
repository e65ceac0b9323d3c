//! Seconds of a GRPO iteration of the demo model, rollouts and update apart:
//! `cargo run -p trainer --example grpo MODEL [threads] [prompts] [group] [prompt tokens] [drawn tokens]`.
//!
//! What is drawn is rewarded at random. `compare/trl_speed.py` does the same work with TRL.

use std::path::Path;
use std::time::Instant;

use rl::advantage::{Estimator, advantages};
use rl::loss::{Surrogate, Token};
use trainer::batch::{At, Scored, Sequence, Slope};
use trainer::cpu::{Division, Machine};
use trainer::folder;
use trainer::learn::Learner;
use trainer::optim::AdamW;
use trainer::sample::{Next, Sampler, Sampling};

/// After one that warms up.
const TIMES: usize = 3;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = args.first().expect("the model's folder");
    let number = |at: usize, or: usize| args.get(at).and_then(|n| n.parse().ok()).unwrap_or(or);
    let [threads, prompts, group] = [number(1, 2), number(2, 8), number(3, 16)];
    let [given, drawn] = [number(4, 200), number(5, 128)];
    let params = folder::load(Path::new(folder)).expect("a model");
    let config = params.config.clone();
    let mut machine = Machine::new(&config, Division { threads, ..Division::default() });
    let mut sampler = Sampler::new(params.clone(), threads);
    let mut learner = Learner::whole(params);
    let mut gradient = vec![0.0; learner.len()];
    let (mut rollout_s, mut update_s) = (0.0, 0.0);
    for iteration in 0..=TIMES {
        let begun = Instant::now();
        let (sequences, logps) =
            rollouts(&mut sampler, prompts, group, given, drawn, iteration as u64);
        let rolled = begun.elapsed().as_secs_f64();
        let rewards: Vec<f64> =
            (0..prompts * group).map(|n| ((n * 7919) % 101) as f64 / 101.0).collect();
        let advantages: Vec<f64> =
            rewards.chunks(group).flat_map(|group| advantages(group, Estimator::Grpo)).collect();
        let surrogate = Surrogate::default();
        let weight = 1.0 / (prompts * group * drawn) as f64;
        let loss = |at: At, scored: Scored| {
            let old = logps[at.sequence][at.token - given];
            let lost = surrogate.of(Token {
                logp: scored.logp,
                entropy: scored.entropy,
                old,
                drawn: old,
                reference: 0.0,
                advantage: advantages[at.sequence] as f32,
            });
            Slope {
                loss: lost.loss * weight,
                d_logp: lost.d_logp * weight as f32,
                d_entropy: lost.d_entropy * weight as f32,
            }
        };
        let begun = Instant::now();
        gradient.fill(0.0);
        let outcome = learner.gradient(&mut machine, &sequences, &loss, &mut gradient);
        outcome.expect("the sequences fit");
        learner.step(&AdamW::default(), &gradient, 1e-6);
        sampler.replace(learner.params.clone());
        if iteration > 0 {
            rollout_s += rolled / TIMES as f64;
            update_s += begun.elapsed().as_secs_f64() / TIMES as f64;
        }
    }
    println!(
        "{prompts} x {group} rollouts of {given} + {drawn} tokens, {threads} threads: rollouts {rollout_s:.2} s, update {update_s:.2} s"
    );
}

/// Sequences of prompts and drawn tokens, with the sampler's log-probabilities.
fn rollouts(
    sampler: &mut Sampler,
    prompts: usize,
    group: usize,
    given: usize,
    drawn: usize,
    seed: u64,
) -> (Vec<Sequence>, Vec<Vec<f32>>) {
    let vocabulary = 3_000;
    // As in a run: a group's prompt is read once.
    let stems: Vec<_> = (0..prompts).map(|_| sampler.open(0)).collect();
    let read: Vec<_> = stems
        .iter()
        .enumerate()
        .map(|(n, stem)| {
            let ids = (0..given).map(|t| ((t * 7 + n * 31) % vocabulary) as u32 + 3);
            (*stem, Next::Given(ids.collect()))
        })
        .collect();
    sampler.step(&read).expect("the prompts fit");
    let forked = (0..prompts * group)
        .map(|n| sampler.fork(stems[n / group], seed << 32 | n as u64).expect("an open row"));
    let rows: Vec<_> = forked.collect();
    let draws: Vec<_> = rows.iter().map(|row| (*row, Next::Draw(Sampling::default()))).collect();
    let mut logps = vec![Vec::with_capacity(drawn); rows.len()];
    for _ in 0..drawn {
        for (logps, token) in logps.iter_mut().zip(sampler.step(&draws).expect("they fit")) {
            logps.push(token.expect("every row draws").logp);
        }
    }
    let sequences = rows.iter().map(|row| {
        let ids = sampler.ids(*row).expect("an open row").to_vec();
        Sequence { own: (0..ids.len()).map(|t| t >= given).collect(), ids }
    });
    let sequences = sequences.collect();
    for row in rows.into_iter().chain(stems) {
        sampler.close(row).expect("an open row");
    }
    (sequences, logps)
}
