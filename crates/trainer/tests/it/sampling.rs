//! Decoding with caches against whole forward passes.

use trainer::batch::Sequence;
use trainer::config::Config;
use trainer::cpu::{Division, Machine};
use trainer::params::Params;
use trainer::sample::{Next, SampleError, Sampler, Sampling};

use crate::{close, lively};

fn ids(len: u32, salt: u32) -> Vec<u32> {
    (0..len).map(|t| (t * 17 + salt * 5) % 40).collect()
}

fn last_logits(params: &Params, ids: &[u32]) -> Vec<f32> {
    let all = Machine::new(&params.config, Division::default()).logits(params, ids);
    let all = all.expect("they fit");
    all[all.len() - params.config.vocab_size..].to_vec()
}

#[test]
fn ragged_rows_decode_to_the_logits_of_whole_passes() {
    let wide = Config { head_dim: 48, num_key_value_heads: 1, ..Config::tiny(40) };
    for config in [Config::tiny(40), wide] {
        let config = Config { max_position_embeddings: 256, ..config };
        let params = lively(&config);
        let mut sampler = Sampler::new(params.clone(), 2);
        let rows: Vec<_> = (0..5).map(|seed| sampler.open(seed)).collect();
        // Prompts of every length, then single tokens, then others' words of some rows only.
        for lens in [[1, 31, 33, 70, 2], [1, 1, 1, 1, 1], [0, 40, 1, 0, 3], [1, 1, 1, 1, 90]] {
            let steps: Vec<_> = rows
                .iter()
                .zip(lens)
                .filter(|(_, len)| *len > 0)
                .map(|(row, len)| (*row, Next::Given(ids(len, len))))
                .collect();
            sampler.step(&steps).expect("room enough");
            for row in &rows {
                let expected = last_logits(&params, sampler.ids(*row).expect("open"));
                close(sampler.logits(*row).expect("fed"), &expected, 1e-5);
            }
        }
    }
}

#[test]
fn a_rows_draws_do_not_depend_on_the_batch() {
    let params = lively(&Config::tiny(40));
    let drawn = |threads: usize, others: u32| {
        let mut sampler = Sampler::new(params.clone(), threads);
        let mut steps = Vec::new();
        for n in 0..others {
            steps.push((sampler.open(99 + u64::from(n)), Next::Given(ids(3 + n, n))));
        }
        let row = sampler.open(7);
        steps.push((row, Next::Given(ids(9, 1))));
        sampler.step(&steps).expect("room enough");
        let rows: Vec<_> = steps.iter().map(|(row, _)| *row).collect();
        let generated = sampler.generate(&rows, Sampling::default(), &[], 20).expect("room enough");
        generated.last().expect("the row").clone()
    };
    let alone = drawn(1, 0);
    assert_eq!(alone.drawn.len(), 20);
    for (threads, others) in [(1, 4), (2, 1), (3, 11)] {
        assert_eq!(drawn(threads, others).ids(), alone.ids());
    }
}

#[test]
fn told_log_probabilities_are_those_of_a_scoring_pass() {
    let params = lively(&Config::tiny(40));
    let mut sampler = Sampler::new(params.clone(), 2);
    let row = sampler.open(3);
    sampler.step(&[(row, Next::Given(ids(5, 0)))]).expect("room enough");
    let sampling = Sampling { temperature: 0.7, top_k: 9, top_p: 0.9 };
    let told = sampler.generate(&[row], sampling, &[], 30).expect("room enough").remove(0);
    let all = sampler.ids(row).expect("open").to_vec();
    let own = (0..all.len()).map(|t| t >= 5).collect();
    let mut machine = Machine::new(&params.config, Division::default());
    let scored = machine.score(&params, &[Sequence { ids: all, own }]).expect("it fits");
    for (told, scored) in told.drawn.iter().zip(&scored.scores[0]) {
        assert!((told.logp - scored.logp).abs() < 1e-4, "{told:?} {scored:?}");
    }
}

#[test]
fn forks_share_a_prompt_and_go_their_own_ways() {
    let params = lively(&Config::tiny(40));
    let mut sampler = Sampler::new(params.clone(), 2);
    let first = sampler.open(1);
    sampler.step(&[(first, Next::Given(ids(12, 4)))]).expect("room enough");
    let rows =
        [first, sampler.fork(first, 2).expect("open"), sampler.fork(first, 1).expect("open")];
    let [a, b, c] =
        &sampler.generate(&rows, Sampling::default(), &[], 12).expect("room enough")[..]
    else {
        panic!("three rows")
    };
    assert!(a == c && a != b);
    let expected = last_logits(&params, sampler.ids(rows[1]).expect("open"));
    close(sampler.logits(rows[1]).expect("fed"), &expected, 1e-5);
}

#[test]
fn a_stop_token_ends_a_row_alone() {
    let params = lively(&Config::tiny(40));
    let mut sampler = Sampler::new(params, 1);
    let rows: Vec<_> = (0..6).map(|seed| sampler.open(seed)).collect();
    let steps: Vec<_> = rows.iter().map(|row| (*row, Next::Given(vec![3]))).collect();
    sampler.step(&steps).expect("room enough");
    let stop: Vec<u32> = (0..6).collect();
    let generated = sampler.generate(&rows, Sampling::default(), &stop, 15).expect("room enough");
    assert!(generated.iter().any(|one| one.stopped && one.drawn.len() < 15));
    for (one, row) in generated.iter().zip(&rows) {
        let ends = one.ids().iter().position(|id| stop.contains(id)).map(|at| at + 1);
        assert_eq!((ends.is_some(), ends.unwrap_or(15)), (one.stopped, one.drawn.len()));
        assert_eq!(sampler.ids(*row).expect("open")[1..], one.ids());
    }
}

#[test]
fn refused_steps_change_nothing() {
    let mut sampler = Sampler::new(lively(&Config::tiny(40)), 1);
    let (row, empty) = (sampler.open(1), sampler.open(2));
    sampler.step(&[(row, Next::Given(vec![1, 2]))]).expect("room enough");
    let draw = || Next::Draw(Sampling::default());
    let table = [
        (vec![(row, draw()), (row, draw())], SampleError::Row(row)),
        (vec![(row, draw()), (empty, draw())], SampleError::Empty(empty)),
        (vec![(row, Next::Given(vec![40]))], SampleError::NoSuchToken(40)),
        (vec![(row, Next::Given(vec![1; 63]))], SampleError::TooLong { row, len: 65, most: 64 }),
    ];
    for (steps, expected) in table {
        assert_eq!(sampler.step(&steps), Err(expected));
        assert_eq!(sampler.ids(row), Ok(&[1, 2][..]));
    }
    sampler.close(empty).expect("open");
    assert_eq!(sampler.close(empty), Err(SampleError::Row(empty)));
}
