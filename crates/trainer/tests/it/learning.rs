//! Whole runs of supervised learning on a tiny model.

use trainer::batch::Sequence;
use trainer::config::Config;
use trainer::cpu::{Division, Machine};
use trainer::learn::Learner;
use trainer::lora::{self, Adapter};
use trainer::optim::{Decay, Schedule};
use trainer::params::Params;
use trainer::supervise::{Flow, LearnError, Run, Settings, evaluate, steps_of};

fn fresh() -> Learner {
    Learner::whole(Params::seeded(&Config::tiny(40), 1))
}

fn machine() -> Machine {
    Machine::new(&Config::tiny(40), Division::default())
}

/// Counting by a step that the first two tokens show: the rest can be known.
fn counting(n: u32) -> Sequence {
    let ids: Vec<u32> = (0..14).map(|t| (n + t * (1 + n % 3)) % 40).collect();
    Sequence { own: (0..14).map(|t| t > 1).collect(), ids }
}

fn settings(steps: u64) -> Settings {
    Settings {
        seed: 3,
        steps,
        batch_tokens: 200,
        schedule: Schedule { peak: 1e-2, warmup: 5, decay: Decay::Cosine, floor: 0.1 },
        evaluate_every: 0,
        checkpoint_every: 7,
        ..Settings::default()
    }
}

#[test]
fn a_tiny_model_learns_to_count() {
    let (examples, held_out): (Vec<u32>, Vec<u32>) = (0..120).partition(|n| n % 10 != 0);
    let examples: Vec<Sequence> = examples.into_iter().map(counting).collect();
    let held_out: Vec<Sequence> = held_out.into_iter().map(counting).collect();
    let mut run = Run::new(settings(200), fresh());
    let mut machine = machine();
    let before = evaluate(&mut machine, run.params(), &held_out).expect("they fit");
    assert!((before.loss - 40f64.ln()).abs() < 0.1, "{before:?}");
    let mut reports = Vec::new();
    let told = &mut |progress: &_| {
        reports.push(*progress);
        Flow::On
    };
    run.train(&mut machine, &examples, &held_out, told).expect("it runs");
    let last = reports.last().expect("200 reports");
    let after = last.evaluation.expect("one at the end");
    assert!(after.loss < 0.4 && after.perplexity < 1.5, "{after:?}");
    assert_eq!((reports.len(), last.step, last.of), (200, 200, 200));
    assert!(last.left.is_zero() && last.tokens_per_s > 0.0 && last.rate < 1.1e-3);
}

fn with_adapter() -> Learner {
    let base = Params::seeded(&Config { initializer_range: 0.3, ..Config::tiny(40) }, 1);
    let settings = lora::Settings { rank: 4, alpha: 8.0 };
    let adapter = Adapter::seeded(&base.config, settings, 2);
    Learner::adapted(base, adapter)
}

#[test]
fn a_run_broken_off_and_resumed_is_the_unbroken_one() {
    let examples: Vec<Sequence> = (0..60).map(counting).collect();
    for fresh in [fresh(), with_adapter()] {
        let mut unbroken = Run::new(settings(20), fresh.clone());
        unbroken.train(&mut machine(), &examples, &[], &mut |_| Flow::On).expect("it runs");
        let home = tempfile::tempdir().expect("a folder");
        let begin =
            || Run::resume_or_new(home.path(), settings(20), || fresh.clone()).expect("readable");
        for stop in [6, 9, 16, 99] {
            let told = &mut |progress: &trainer::supervise::Progress| match progress.step {
                step if step == stop => Flow::Stop,
                _ => Flow::On,
            };
            begin().train(&mut machine(), &examples, &[], told).expect("it runs");
        }
        assert_eq!(begin().learner, unbroken.learner);
    }
}

#[test]
fn an_adapter_learns_and_its_base_does_not() {
    let examples: Vec<Sequence> = (0..60).map(counting).collect();
    let learner = with_adapter();
    let base = learner.params.clone();
    let mut machine = machine();
    let before = evaluate(&mut machine, &base, &examples).expect("they fit");
    let mut run = Run::new(settings(60), learner);
    run.train(&mut machine, &examples, &[], &mut |_| Flow::On).expect("it runs");
    let after = evaluate(&mut machine, run.params(), &examples).expect("they fit");
    assert!(after.loss < before.loss - 0.5, "{before:?} {after:?}");
    let adapted = run.learner.adapted.as_ref().expect("it began with one");
    assert_eq!(adapted.base, base);
    assert_eq!(adapted.adapter.merged(&base), *run.params());
    assert!(run.learner.len() < base.flat.len());
}

#[test]
fn faults_are_named() {
    let train = |run: &mut Run, examples: &[Sequence]| {
        run.train(&mut machine(), examples, &[], &mut |_| Flow::On)
    };
    let silent = Sequence { ids: vec![1, 2], own: vec![false, false] };
    let mut run = Run::new(settings(2), fresh());
    assert!(matches!(train(&mut run, &[silent]), Err(LearnError::NoExamples)));
    let strange = Sequence::plain(vec![1, 40]);
    assert!(matches!(train(&mut run, &[strange]), Err(LearnError::Batch(_))));
    run.learner.params.flat[0] = f32::NAN;
    assert!(matches!(train(&mut run, &[counting(0)]), Err(LearnError::NotFinite(0))));

    let home = tempfile::tempdir().expect("a folder");
    let mut run = Run::resume_or_new(home.path(), settings(2), fresh).expect("new");
    train(&mut run, &[counting(1)]).expect("it runs");
    let other = Run::resume_or_new(home.path(), settings(3), fresh);
    assert!(matches!(other, Err(LearnError::OtherSettings)));
}

#[test]
fn steps_are_counted_over_passes() {
    // 3 sequences of 100 tokens to a batch that reaches 200: 2 batches a pass.
    let lens = [100; 3];
    assert_eq!(steps_of(5, &lens, &settings(0)), 10);
}
