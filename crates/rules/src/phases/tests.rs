use super::*;
use crate::statistics::SplitMix64;
use Phase::{Anchoring, Deadlock, Naive, Persuasion};

/// A stretch of iterations: how many, and their first-offer ratio, deal rate and bargained ratio.
type Stretch = (usize, [f64; 3]);

const START: [f64; 3] = [0.80, 0.62, 0.16];
const LOW: [f64; 3] = [0.45, 0.55, 0.25];
const STUCK: [f64; 3] = [0.30, 0.15, 0.45];
const CONCEDING: [f64; 3] = [0.40, 0.45, 0.60];
const SKILLED: [f64; 3] = [0.40, 0.90, 0.80];

fn point([opening, deals, ratio]: [f64; 3]) -> Point {
    Point { first_offer_ratio: Some(opening), deal_rate: Some(deals), bargained_ratio: Some(ratio) }
}

/// The stretches with uniform noise of `noise` to either side.
fn run(stretches: &[Stretch], noise: f64, seed: u64) -> Vec<Point> {
    let mut chance = SplitMix64::new(seed);
    let mut noisy = |level: f64| level + noise * (2.0 * chance.uniform() - 1.0);
    let levels = stretches.iter().flat_map(|(n, levels)| std::iter::repeat_n(*levels, *n));
    levels.map(|levels| point(levels.map(&mut noisy))).collect()
}

fn detected(points: &[Point]) -> Vec<Span> {
    detect(points, &Settings::default())
}

/// Phases with their first iterations.
fn phases(points: &[Point]) -> Vec<(Phase, usize)> {
    detected(points).into_iter().map(|span| (span.phase, span.first)).collect()
}

/// Without gaps from the first point to the last, neighbours of different phases, and a confidence
/// for every change.
fn check_whole(points: &[Point], spans: &[Span]) {
    assert_eq!(spans.first().map(|span| (span.first, span.confidence)), Some((0, None)));
    assert_eq!(spans.last().map(|span| span.last + 1), Some(points.len()));
    for pair in spans.windows(2) {
        assert_eq!(pair[0].last + 1, pair[1].first);
        assert_ne!(pair[0].phase, pair[1].phase);
        assert!(pair[1].confidence.is_some_and(|c| (0.5..=1.0).contains(&c)), "{pair:?}");
    }
}

/// Each expected phase starts within two iterations of its place, whatever the noise's seed.
fn check(name: &str, stretches: &[Stretch], expected: &[(Phase, usize)]) {
    for (noise, seed) in [(0.0, 0), (0.02, 1), (0.05, 2), (0.05, 3), (0.08, 4), (0.08, 5)] {
        let points = run(stretches, noise, seed);
        let spans = detected(&points);
        check_whole(&points, &spans);
        let found: Vec<Phase> = spans.iter().map(|span| span.phase).collect();
        let names: Vec<Phase> = expected.iter().map(|(phase, _)| *phase).collect();
        assert_eq!(found, names, "{name}, noise {noise}, seed {seed}: {spans:?}");
        for (span, (_, first)) in spans.iter().zip(expected) {
            assert!(span.first.abs_diff(*first) <= 2, "{name}, noise {noise}: {spans:?}");
        }
    }
}

#[test]
fn stories() {
    let none = Phase::None;
    let unreadable = [0.78, 0.10, 0.15];
    let generous = [0.80, 0.95, 0.12];
    type Row<'a> = (&'a str, &'a [Stretch], &'a [(Phase, usize)]);
    let rows: &[Row] = &[
        (
            "the whole story",
            &[(12, START), (10, LOW), (12, STUCK), (26, SKILLED)],
            &[(Naive, 0), (Anchoring, 12), (Deadlock, 22), (Persuasion, 34)],
        ),
        (
            "a way back from the deadlock is not anchoring",
            &[(12, START), (10, LOW), (12, STUCK), (10, CONCEDING), (20, SKILLED)],
            &[(Naive, 0), (Anchoring, 12), (Deadlock, 22), (none, 34), (Persuasion, 44)],
        ),
        (
            "anchoring again once deals are back",
            &[(10, START), (10, STUCK), (10, [0.45, 0.62, 0.25])],
            &[(Naive, 0), (Deadlock, 10), (Anchoring, 20)],
        ),
        (
            "no deadlock",
            &[(15, START), (15, LOW), (30, SKILLED)],
            &[(Naive, 0), (Anchoring, 15), (Persuasion, 30)],
        ),
        (
            "nothing but a rise",
            &[(20, START), (40, [0.75, 0.90, 0.60])],
            &[(Naive, 0), (Persuasion, 20)],
        ),
        ("stuck for good", &[(20, START), (40, STUCK)], &[(Naive, 0), (Deadlock, 20)]),
        (
            "a collapse of a rate that had risen",
            &[(15, START), (15, [0.40, 0.95, 0.30]), (15, [0.30, 0.45, 0.45])],
            &[(Naive, 0), (Anchoring, 15), (Deadlock, 30)],
        ),
        (
            "deals collapse without low openings",
            &[(20, START), (20, unreadable)],
            &[(Naive, 0), (none, 20)],
        ),
        (
            "deals bought with the surplus",
            &[(20, START), (20, generous)],
            &[(Naive, 0), (none, 20)],
        ),
        ("flat", &[(60, START)], &[(Naive, 0)]),
        ("flat from a good start", &[(60, SKILLED)], &[(none, 0)]),
    ];
    for (name, stretches, expected) in rows {
        check(name, stretches, expected);
    }
}

/// On a slope the phases come in the story's order, and the run ends as it does.
#[test]
fn slopes_are_named_too() {
    let knots = [START, LOW, STUCK, SKILLED, SKILLED];
    for (noise, seed) in [(0.0, 0), (0.03, 6), (0.03, 7)] {
        let levels = knots.windows(2).flat_map(|pair| {
            (0..20).map(move |step| {
                let share = f64::from(step) / 20.0;
                let between = |at: usize| pair[0][at] + share * (pair[1][at] - pair[0][at]);
                (1, [between(0), between(1), between(2)])
            })
        });
        let points = run(&levels.collect::<Vec<Stretch>>(), noise, seed);
        let spans = detected(&points);
        check_whole(&points, &spans);
        let found: Vec<Phase> = spans.iter().map(|span| span.phase).collect();
        let named: Vec<Phase> = found.into_iter().filter(|phase| *phase != Phase::None).collect();
        assert_eq!(named, [Naive, Anchoring, Deadlock, Persuasion], "{spans:?}");
    }
}

#[test]
fn short_runs() {
    let whole = |phase, last| vec![Span { phase, first: 0, last, confidence: None }];
    assert_eq!(detected(&[]), []);
    assert_eq!(detected(&run(&[(1, START)], 0.0, 0)), whole(Phase::None, 0));
    assert_eq!(detected(&run(&[(3, START)], 0.0, 0)), whole(Phase::None, 2));
    assert_eq!(detected(&run(&[(4, START)], 0.0, 0)), whole(Naive, 3));
    // Too short for two segments, however large the change.
    assert_eq!(detected(&run(&[(4, START), (3, STUCK)], 0.0, 0)).len(), 1);
    assert_eq!(phases(&run(&[(4, START), (4, STUCK)], 0.0, 0)), [(Naive, 0), (Deadlock, 4)]);
}

#[test]
fn missing_values_count_nowhere() {
    let story = [(12, START), (10, LOW), (12, STUCK), (26, SKILLED)];
    let mut points = run(&story, 0.03, 8);
    for (at, point) in points.iter_mut().enumerate() {
        match at % 5 {
            1 => point.first_offer_ratio = None,
            2 => point.deal_rate = Some(f64::NAN),
            3 => point.bargained_ratio = None,
            _ => {}
        }
    }
    // Nobody deals in the deadlock.
    points[22..34].iter_mut().for_each(|point| point.bargained_ratio = None);
    let spans = detected(&points);
    check_whole(&points, &spans);
    let found: Vec<Phase> = spans.iter().map(|span| span.phase).collect();
    assert_eq!(found, [Naive, Anchoring, Deadlock, Persuasion]);
    for (span, first) in spans.iter().zip([0_usize, 12, 22, 34]) {
        assert!(span.first.abs_diff(first) <= 2, "{spans:?}");
    }
}

#[test]
fn without_a_series_its_phases_do_not_occur() {
    let story = run(&[(12, START), (10, LOW), (12, STUCK), (26, SKILLED)], 0.03, 9);
    let occurs = |points: &[Point], phase| detected(points).iter().any(|s| s.phase == phase);
    let without = |hide: fn(&mut Point)| {
        let mut points = story.clone();
        points.iter_mut().for_each(hide);
        points
    };
    let deals_unknown = without(|point| point.deal_rate = None);
    assert_eq!(phases(&deals_unknown), [(Phase::None, 0)]);
    let ratio_unknown = without(|point| point.bargained_ratio = None);
    assert!(occurs(&ratio_unknown, Deadlock) && !occurs(&ratio_unknown, Persuasion));
    let openings_unknown = without(|point| point.first_offer_ratio = None);
    assert!(occurs(&openings_unknown, Persuasion) && !occurs(&openings_unknown, Deadlock));
    assert_eq!(phases(&[Point::default(); 20]), [(Phase::None, 0)]);
}

/// One series of 0 0 1 1 in units of 1 with a noise of 1: a change in the middle saves
/// 4 x 0.5^2 = 1, BIC asks for 2 ln 4 = 2.77.
#[test]
fn costs_and_penalty_by_hand() {
    let series = [Series::of([0.0, 0.0, 1.0, 1.0].into_iter().map(Some))];
    assert_eq!(change::drop_in_cost(&series, 0, 2, 4), 1.0);
    assert!((change::drop_in_cost(&series, 1, 2, 4) - 2.0 / 3.0).abs() < 1e-12);
    assert!((change::bic(&series) - 2.0 * 4.0_f64.ln()).abs() < 1e-12);
    assert_eq!(change::partition(&series, 4, 2, 2.0 * 4.0_f64.ln()), [0]);
    assert_eq!(change::partition(&series, 4, 2, 0.9), [0, 2]);
    assert_eq!(change::partition(&series, 4, 3, 0.9), [0]);
    assert_eq!(change::partition(&series, 4, 1, 0.9), [0, 2]);
}

/// 0 1 0 1 10 differs by 1 -1 1 9: median 1, deviations 0 2 0 8, their median 1. The series' median
/// is 1. A slope has no noise at all and falls back on the least.
#[test]
fn noise_by_hand() {
    let scaled = Series::of([0.0, 1.0, 0.0, 1.0, 10.0].into_iter().map(Some)).scaled(0.01);
    let last = scaled.mean(4, 5).expect("known");
    assert!((last - 9.0 * 2.0_f64.sqrt() / 1.4826).abs() < 1e-12, "{last}");
    let slope = Series::of((0..5).map(|n| Some(f64::from(n)))).scaled(0.5);
    assert_eq!(slope.mean(4, 5), Some(4.0));
}

/// Eight iterations, a step of 0.03 in one of two series at a noise floor of 0.01: the drop is
/// 8 x 1.5^2 = 18, the penalty 3 ln 8, the confidence 1 / (1 + exp(-(18 - 3 ln 8) / 2)).
#[test]
fn confidence_by_hand() {
    let levels = [0.50, 0.50, 0.50, 0.50, 0.47, 0.47, 0.47, 0.47];
    let mut points =
        levels.map(|opening| Point { first_offer_ratio: Some(opening), ..Point::default() });
    // Constant, and so without a cost, but measured: the penalty counts it.
    points.iter_mut().for_each(|point| point.deal_rate = Some(0.6));
    let settings = Settings { opening_fall: 0.02, ..Settings::default() };
    let spans = detect(&points, &settings);
    let expected = 1.0 / (1.0 + (-(18.0 - 3.0 * 8.0_f64.ln()) / 2.0).exp());
    assert_eq!(spans.len(), 2, "{spans:?}");
    assert_eq!((spans[0].phase, spans[1].phase, spans[1].first), (Naive, Anchoring, 4));
    let confidence = spans[1].confidence.expect("a change");
    assert!((confidence - expected).abs() < 1e-9, "{confidence} {expected}");
    // A step of a third of that is not worth the penalty.
    points[4..].iter_mut().for_each(|point| point.first_offer_ratio = Some(0.49));
    assert_eq!(detect(&points, &settings).len(), 1);
    // At three times the price neither is the large one.
    points[4..].iter_mut().for_each(|point| point.first_offer_ratio = Some(0.47));
    assert_eq!(detect(&points, &Settings { penalty: 3.0, ..settings }).len(), 1);
}

#[test]
fn noise_alone_makes_no_phase() {
    for seed in 0..200 {
        let points = run(&[(100, START)], 0.1, seed);
        assert_eq!(phases(&points), [(Naive, 0)], "seed {seed}");
    }
}
