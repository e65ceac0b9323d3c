use super::*;
use crate::scenario::Role;

#[test]
fn splitmix_gives_the_published_sequence() {
    let mut chance = SplitMix64::new(1_234_567);
    let first: Vec<u64> = (0..3).map(|_| chance.next_u64()).collect();
    assert_eq!(
        first,
        [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
    );
    assert!((0..1_000).all(|_| chance.below(7) < 7 && chance.uniform() < 1.0));
}

#[test]
fn means_and_slopes_by_hand() {
    let values: Sums = [1.0, 2.0, 6.0].into_iter().map(Sums::unit).sum();
    assert_eq!(values.mean(), Some(3.0));
    assert_eq!(Sums::default().mean(), None);
    // y = 2x + 1
    let line: Sums =
        [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)].map(|(x, y)| Sums::point(x, y)).into_iter().sum();
    assert_eq!(line.slope(), Some(2.0));
    let wall: Sums = [(0.1, 1.0), (0.1, 3.0)].map(|(x, y)| Sums::point(x, y)).into_iter().sum();
    assert_eq!(wall.slope(), None);
}

#[test]
fn an_interval_needs_two_clusters_and_repeats_with_its_seed() {
    let bootstrap = Bootstrap::seeded(3);
    let clusters: Vec<Sums> = (0..20).map(|n| Sums::unit(f64::from(n))).collect();
    assert_eq!(bootstrap.interval(&clusters[..1], Sums::mean), None);
    let interval = bootstrap.interval(&clusters, Sums::mean);
    assert_eq!(interval, bootstrap.interval(&clusters, Sums::mean));
    assert_ne!(interval, Bootstrap::seeded(4).interval(&clusters, Sums::mean));
    let Interval { low, high } = interval.expect("twenty clusters");
    assert!(low < 9.5 && 9.5 < high);
}

/// Wilson's interval for 10 out of 10, worked by hand: low = n / (n + z^2).
#[test]
fn wilson_where_all_agree() {
    let all = wilson(10.0, 10.0);
    assert!((all.low - 10.0 / (10.0 + 3.841_458_820_694_124)).abs() < 1e-9, "{all:?}");
    assert!((all.high - 1.0).abs() < 1e-12);
    let none = wilson(0.0, 10.0);
    assert!((none.high - (1.0 - all.low)).abs() < 1e-9 && none.low == 0.0);
}

/// A normal draw by the sum of twelve uniforms: close enough in the middle.
fn normal(chance: &mut SplitMix64) -> f64 {
    (0..12).map(|_| chance.uniform()).sum::<f64>() - 6.0
}

/// Sixty products of four rollouts, where product and rollout matter the same; the true mean is 0.
fn products(chance: &mut SplitMix64) -> Vec<Vec<f64>> {
    (0..60)
        .map(|_| {
            let product = normal(chance);
            (0..4).map(|_| product + normal(chance)).collect()
        })
        .collect()
}

#[test]
fn clustered_intervals_cover_and_naive_ones_do_not() {
    const SIMULATIONS: u64 = 2_000;
    let mut chance = SplitMix64::new(11);
    let (mut clustered, mut naive) = (0, 0);
    for seed in 0..SIMULATIONS {
        let data = products(&mut chance);
        let bootstrap = Bootstrap { seed, resamples: 400, level: 0.95 };
        let covers = |clusters: &[Sums]| {
            let Interval { low, high } = bootstrap.interval(clusters, Sums::mean).expect("many");
            u64::from(low <= 0.0 && 0.0 <= high)
        };
        let by_product: Vec<Sums> =
            data.iter().map(|all| all.iter().copied().map(Sums::unit).sum()).collect();
        let each: Vec<Sums> = data.iter().flatten().copied().map(Sums::unit).collect();
        clustered += covers(&by_product);
        if seed < 200 {
            naive += covers(&each);
        }
    }
    let coverage = clustered as f64 / SIMULATIONS as f64;
    assert!((0.93..=0.97).contains(&coverage), "clustered: {coverage}");
    let naive = naive as f64 / 200.0;
    assert!(naive < 0.88, "rollouts taken as independent: {naive}");
}

fn beats(a: usize, b: usize, wins: usize, losses: usize) -> Vec<Comparison> {
    let game = |at: usize| Comparison { a, b, score: f64::from(u8::from(at < wins)), cluster: at };
    (0..wins + losses).map(game).collect()
}

#[test]
fn bradley_terry_recovers_odds() {
    // With thousands of games the drawn game against strength 1 weighs nothing.
    let games = beats(0, 1, 7_500, 2_500);
    let strengths = bradley_terry(2, &games, &vec![1.0; 10_000]);
    assert!((strengths[0] - strengths[1] - 3.0_f64.ln()).abs() < 1e-3, "{strengths:?}");
    assert!((strengths[0] + strengths[1]).abs() < 1e-9);
    let always = bradley_terry(2, &beats(0, 1, 10, 0), &[1.0; 10]);
    assert!(always[0].is_finite() && always[0] > always[1]);
}

#[test]
fn ranks_are_certain_only_where_the_games_say_so() {
    let games = [beats(0, 1, 80, 20), beats(0, 2, 80, 20), beats(1, 2, 50, 50)].concat();
    let ratings = rate_by_wins(3, &games, &Bootstrap { resamples: 200, ..Bootstrap::seeded(1) });
    assert_eq!((ratings[0].rank, ratings[0].best_rank, ratings[0].worst_rank), (1, 1, 1));
    assert_eq!((ratings[1].best_rank, ratings[1].worst_rank), (2, 3));
    assert!(ratings[0].interval.low > ratings[1].interval.high);
    assert!(rate_by_wins(0, &[], &Bootstrap::seeded(1)).is_empty());
}

fn payoff(agent: usize, role: Role, scenario: usize, payoff: f64) -> Payoff {
    Payoff { agent, role, scenario, payoff, cluster: scenario }
}

#[test]
fn payoff_effects_allow_for_hard_scenarios() {
    // Agent 0 is 0.2 better, but plays the hard scenarios more often: raw means say the contrary.
    let level = |scenario: usize| if scenario < 4 { 0.1 } else { 0.7 };
    let mut all = Vec::new();
    for scenario in 0..8 {
        let times = if scenario < 4 { 3 } else { 1 };
        all.extend(vec![payoff(0, Role::Buyer, scenario, level(scenario) + 0.2); times]);
        all.extend(vec![payoff(1, Role::Buyer, scenario, level(scenario)); 4 - times]);
    }
    let mean = |agent| {
        let own: Vec<f64> = all.iter().filter(|p| p.agent == agent).map(|p| p.payoff).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    assert!(mean(0) < mean(1));
    let effects = payoff_effects(2, &all, &[1.0; 8]);
    assert!((effects[0] - 0.1).abs() < 1e-6 && (effects[1] + 0.1).abs() < 1e-6, "{effects:?}");
    let ratings = rate_by_payoff(2, &all, &Bootstrap { resamples: 100, ..Bootstrap::seeded(2) });
    assert_eq!((ratings[0].rank, ratings[0].worst_rank, ratings[1].best_rank), (1, 1, 2));
}

#[test]
fn payoffs_compare_within_role_and_scenario_only() {
    let all = [
        payoff(0, Role::Buyer, 0, 0.5),
        payoff(1, Role::Buyer, 0, 0.5),
        payoff(2, Role::Buyer, 0, 0.1),
        payoff(0, Role::Seller, 0, 0.9),
        payoff(2, Role::Buyer, 1, 0.9),
        payoff(2, Role::Buyer, 1, 0.2),
    ];
    let pairs: Vec<_> = compare_payoffs(&all).iter().map(|c| (c.a, c.b, c.score)).collect();
    assert_eq!(pairs, [(0, 1, 0.5), (0, 2, 1.0), (1, 2, 1.0)]);
    assert!(connected(3, &compare_payoffs(&all)));
    assert!(!connected(4, &compare_payoffs(&all)), "agent 3 met nobody");
}

fn paired(pairs: &[(f64, f64)]) -> Vec<Paired> {
    pairs.iter().map(|(a, b)| Paired { a: Sums::unit(*a), b: Sums::unit(*b) }).collect()
}

/// Three clusters, always 1 better: of eight ways to swap, the two that swap all or none are as far.
#[test]
fn a_difference_by_hand() {
    let clusters = paired(&[(2.0, 1.0), (5.0, 4.0), (9.0, 8.0)]);
    let seen = contrast(&clusters, Sums::mean, &Bootstrap::seeded(1)).expect("three");
    assert!((seen.value - 1.0).abs() < 1e-12);
    assert_eq!((seen.p, seen.clusters), (0.25, 3));
    let interval = seen.interval.expect("three clusters");
    assert!((interval.low - 1.0).abs() < 1e-9 && (interval.high - 1.0).abs() < 1e-9);
    // A cluster that only one side has says nothing.
    let mut more = clusters.clone();
    more.push(Paired { a: Sums::unit(100.0), b: Sums::default() });
    assert_eq!(contrast(&more, Sums::mean, &Bootstrap::seeded(1)), Some(seen));
    assert_eq!(contrast(&[], Sums::mean, &Bootstrap::seeded(1)), None);
}

#[test]
fn the_test_is_wrong_as_often_as_it_says_and_sees_what_is_there() {
    const SIMULATIONS: u64 = 400;
    let mut chance = SplitMix64::new(5);
    let mut share = |shift: f64, clusters: usize| {
        let found = (0..SIMULATIONS).filter(|seed| {
            // What the product brings is the same for both, and large.
            let pairs: Vec<(f64, f64)> = (0..clusters)
                .map(|_| {
                    let product = 5.0 * normal(&mut chance);
                    (product + shift + normal(&mut chance), product + normal(&mut chance))
                })
                .collect();
            let bootstrap = Bootstrap { seed: *seed, resamples: 199, level: 0.95 };
            let seen = contrast(&paired(&pairs), Sums::mean, &bootstrap);
            seen.expect("many clusters").p <= 0.05
        });
        found.count() as f64 / SIMULATIONS as f64
    };
    for clusters in [12, 40] {
        let false_alarms = share(0.0, clusters);
        assert!((0.02..=0.08).contains(&false_alarms), "{clusters}: {false_alarms}");
    }
    // 0.7 is 3.1 standard errors of 40 paired differences: seen 88 times in 100.
    let seen = share(0.7, 40);
    assert!((0.8..=0.95).contains(&seen), "{seen}");
}

#[test]
fn holms_adjustment_by_hand() {
    assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
    assert_eq!(holm(&[0.6, 0.9]), [1.0, 1.0]);
    assert!(holm(&[]).is_empty());
}

/// Krippendorff's own example: four observers, twelve things, some of them not judged by all.
#[test]
fn agreement_is_that_of_the_published_example() {
    let units: Vec<Vec<u8>> =
        ["111", "2223", "3333", "3333", "2222", "1234", "4444", "1121", "2222", "555", "11", "3"]
            .into_iter()
            .map(|judged| judged.bytes().map(|digit| digit - b'0').collect())
            .collect();
    let alpha = ordinal_alpha(&units).expect("it can be told");
    assert!((alpha - 0.815).abs() < 5e-4, "{alpha}");
    assert_eq!(ordinal_alpha(&[vec![1, 1], vec![4, 4]]), Some(1.0));
    // As far apart as can be, both times: worse than chance.
    assert!(ordinal_alpha(&[vec![1, 5], vec![5, 1]]).is_some_and(|alpha| alpha < 0.0));
    assert_eq!(ordinal_alpha(&[vec![3], vec![4]]), None);
    assert_eq!(ordinal_alpha(&[vec![2, 2], vec![2, 2]]), None);
}

#[test]
fn agents_that_never_met_are_of_different_groups() {
    let met = |a, b| Comparison { a, b, score: 1.0, cluster: 0 };
    assert_eq!(groups(6, &[met(0, 3), met(4, 2), met(3, 5)]), [0, 1, 2, 0, 2, 0]);
    assert_eq!(groups(0, &[]), [0_usize; 0]);
    assert!(connected(3, &[met(0, 1), met(2, 1)]));
    assert!(!connected(3, &[met(0, 1)]));
}

#[test]
fn a_lead_that_rests_on_few_is_overturned_by_few() {
    // 0.9 of 1.0 comes from one of them.
    assert_eq!(drop_to_overturn(&[0.9, -0.1, 0.1, 0.1]), Some(2));
    assert_eq!(drop_to_overturn(&[5.0, -1.0, -1.0]), Some(1));
    assert_eq!(drop_to_overturn(&[0.1; 10]), Some(10));
    assert_eq!(drop_to_overturn(&[1.0, -1.0]), None);
    assert_eq!(drop_to_overturn(&[]), None);
}
