//! Ratings of agents: by wins (Bradley-Terry) and by payoff, side by side.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Bootstrap, Interval};
use crate::scenario::Role;

/// Agent `a` against agent `b` on equal terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    pub a: usize,
    pub b: usize,
    /// 1: `a` did better, 0: `b` did, 0.5: the same.
    pub score: f64,
    /// Resampled together, see [`Bootstrap`]. From 0 without gaps.
    pub cluster: usize,
}

/// What an agent earned in one role of one scenario.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Payoff {
    pub agent: usize,
    pub role: Role,
    pub scenario: usize,
    /// Own surplus over `|B - C|`, 0 without a deal, or any other continuous payoff.
    pub payoff: f64,
    /// Resampled together, see [`Bootstrap`]. From 0 without gaps.
    pub cluster: usize,
}

/// An agent's place among the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    /// Log strength or payoff effect; the mean over agents is 0.
    pub rating: f64,
    pub interval: Interval,
    /// From 1, the best. Equals share the better rank.
    pub rank: usize,
    /// Ranks between which the agent stays in the middle `level` of all resamples.
    pub best_rank: usize,
    pub worst_rank: usize,
}

/// All pairs of different agents that played the same role of the same scenario.
pub fn compare_payoffs(payoffs: &[Payoff]) -> Vec<Comparison> {
    let mut cells: BTreeMap<(Role, usize), Vec<&Payoff>> = BTreeMap::new();
    for payoff in payoffs {
        cells.entry((payoff.role, payoff.scenario)).or_default().push(payoff);
    }
    let pairs = cells.values().flat_map(|cell| {
        let later = |at: usize| cell[at + 1..].iter();
        cell.iter().enumerate().flat_map(move |(at, a)| later(at).map(move |b| (*a, *b)))
    });
    pairs
        .filter(|(a, b)| a.agent != b.agent)
        .map(|(a, b)| {
            let score = match a.payoff.total_cmp(&b.payoff) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
            Comparison { a: a.agent, b: b.agent, score, cluster: a.cluster }
        })
        .collect()
}

/// For each agent the first agent that it is compared with, directly or through others: agents of one
/// group have the same. Ratings of agents of different groups say nothing about each other.
pub fn groups(agents: usize, comparisons: &[Comparison]) -> Vec<usize> {
    let mut met = vec![false; agents * agents];
    for comparison in comparisons {
        met[comparison.a * agents + comparison.b] = true;
        met[comparison.b * agents + comparison.a] = true;
    }
    let mut group = vec![usize::MAX; agents];
    for first in 0..agents {
        let mut frontier = vec![first];
        while let Some(agent) = frontier.pop().filter(|_| group[first] >= first) {
            if group[agent] != usize::MAX {
                continue;
            }
            group[agent] = first;
            frontier.extend((0..agents).filter(|other| met[agent * agents + other]));
        }
    }
    group
}

/// Whether every agent is compared, directly or through others, with every other.
pub fn connected(agents: usize, comparisons: &[Comparison]) -> bool {
    groups(agents, comparisons).into_iter().all(|group| group == 0)
}

/// How many of the clusters that speak most for it must be left out until a sum of differences is no
/// longer above 0: how much a lead rests on few of them (after Broderick, Giordano and Meager, 2020).
/// `None` where it is not above 0 to begin with.
pub fn drop_to_overturn(differences: &[f64]) -> Option<usize> {
    let mut left: f64 = differences.iter().sum();
    if left <= 0.0 {
        return None;
    }
    let mut sorted = differences.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let needed = sorted.into_iter().take_while(|difference| {
        let goes_on = left > 0.0;
        left -= difference;
        goes_on
    });
    Some(needed.count())
}

/// Wins and games of every pair, weighted: small, whatever the number of comparisons.
struct Tournament {
    wins: Vec<f64>,
    /// Row by row, symmetric.
    games: Vec<f64>,
}

impl Tournament {
    fn new(agents: usize, comparisons: &[Comparison], weights: &[f64]) -> Tournament {
        let mut wins = vec![0.0; agents];
        let mut games = vec![0.0; agents * agents];
        for comparison in comparisons {
            let Comparison { a, b, score, cluster } = *comparison;
            let weight = weights[cluster];
            wins[a] += weight * score;
            wins[b] += weight * (1.0 - score);
            games[a * agents + b] += weight;
            games[b * agents + a] += weight;
        }
        Tournament { wins, games }
    }
}

const MOST_ITERATIONS: usize = 2_000;
const CONVERGED: f64 = 1e-9;

/// Log strengths of the Bradley-Terry model (1952), `P(a beats b) = s_a / (s_a + s_b)`, by Hunter's
/// minorisation-maximisation (2004), a tie as half a win for each. `weights` has one weight per
/// cluster. Every agent also plays one drawn game against an agent of strength 1, which keeps the
/// strength of one who always or never wins finite. Centred: the mean is 0.
pub fn bradley_terry(agents: usize, comparisons: &[Comparison], weights: &[f64]) -> Vec<f64> {
    let tournament = Tournament::new(agents, comparisons, weights);
    let mut strengths = vec![1.0; agents];
    for _ in 0..MOST_ITERATIONS {
        let mut change = 0.0_f64;
        for a in 0..agents {
            let row = &tournament.games[a * agents..(a + 1) * agents];
            let expected: f64 = row
                .iter()
                .zip(&strengths)
                .map(|(games, strength)| games / (strengths[a] + strength))
                .sum();
            let prior = 1.0 / (strengths[a] + 1.0);
            let updated = (tournament.wins[a] + 0.5) / (expected + prior);
            change = change.max((updated / strengths[a]).ln().abs());
            strengths[a] = updated;
        }
        if change < CONVERGED {
            break;
        }
    }
    centred(strengths.into_iter().map(f64::ln).collect())
}

/// Agents' effects in `payoff = agent + role in scenario + noise`, least squares by alternating
/// means: a scenario's effect is the mean of what its payoffs leave over their agents' effects, and
/// the other way round, until nothing moves. Centred. Leaves out who the counterpart was: let all
/// agents meet the same counterparts.
pub fn payoff_effects(agents: usize, payoffs: &[Payoff], weights: &[f64]) -> Vec<f64> {
    let cells = cells_of(payoffs);
    let cell_count = cells.iter().max().map_or(0, |last| last + 1);
    let mut effects = vec![0.0; agents];
    for _ in 0..MOST_ITERATIONS {
        let levels = residual_means(cell_count, payoffs, weights, |at| {
            (cells[at], effects[payoffs[at].agent])
        });
        let updated = centred(residual_means(agents, payoffs, weights, |at| {
            (payoffs[at].agent, levels[cells[at]])
        }));
        let change = updated.iter().zip(&effects).map(|(new, old): (&f64, &f64)| (new - old).abs());
        let converged = change.fold(0.0, f64::max) < CONVERGED;
        effects = updated;
        if converged {
            break;
        }
    }
    effects
}

/// A number for each payoff's role in its scenario, from 0 without gaps.
fn cells_of(payoffs: &[Payoff]) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    payoffs
        .iter()
        .map(|p| {
            let next = numbers.len();
            *numbers.entry((p.role, p.scenario)).or_insert(next)
        })
        .collect()
}

/// Weighted means per group of payoffs less an offset; `place` gives group and offset.
fn residual_means(
    groups: usize,
    payoffs: &[Payoff],
    weights: &[f64],
    place: impl Fn(usize) -> (usize, f64),
) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); groups];
    for (at, payoff) in payoffs.iter().enumerate() {
        let (group, offset) = place(at);
        let weight = weights[payoff.cluster];
        sums[group].0 += weight * (payoff.payoff - offset);
        sums[group].1 += weight;
    }
    sums.into_iter().map(|(sum, weight)| if weight > 0.0 { sum / weight } else { 0.0 }).collect()
}

fn centred(values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / (values.len().max(1)) as f64;
    values.into_iter().map(|value| value - mean).collect()
}

/// Bradley-Terry ratings with intervals of rating and rank.
pub fn rate_by_wins(
    agents: usize,
    comparisons: &[Comparison],
    bootstrap: &Bootstrap,
) -> Vec<Rating> {
    let clusters = comparisons.iter().map(|c| c.cluster + 1).max().unwrap_or(0);
    rate(clusters, bootstrap, |weights| bradley_terry(agents, comparisons, weights))
}

/// Payoff ratings with intervals of rating and rank.
pub fn rate_by_payoff(agents: usize, payoffs: &[Payoff], bootstrap: &Bootstrap) -> Vec<Rating> {
    let clusters = payoffs.iter().map(|p| p.cluster + 1).max().unwrap_or(0);
    rate(clusters, bootstrap, |weights| payoff_effects(agents, payoffs, weights))
}

fn rate(clusters: usize, bootstrap: &Bootstrap, fit: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Rating> {
    let ratings = fit(&vec![1.0; clusters]);
    let resampled: Vec<Vec<f64>> = match clusters {
        0 => Vec::new(),
        _ => bootstrap.weights(clusters).map(|weights| fit(&weights)).collect(),
    };
    let resampled_ranks: Vec<Vec<usize>> = resampled.iter().map(|all| ranks(all)).collect();
    let ranks = ranks(&ratings);
    let place = |agent: usize| {
        let rating = ratings[agent];
        let of = resampled.iter().map(|all| all[agent]).collect();
        let rank_of = resampled_ranks.iter().map(|all| all[agent] as f64).collect();
        let interval = bootstrap.middle(of).unwrap_or(Interval { low: rating, high: rating });
        let rank = ranks[agent];
        let span = bootstrap.middle(rank_of);
        let best_rank = span.map_or(rank, |s| s.low.floor() as usize);
        let worst_rank = span.map_or(rank, |s| s.high.ceil() as usize);
        Rating { rating, interval, rank, best_rank, worst_rank }
    };
    (0..ratings.len()).map(place).collect()
}

/// The rank of each value, from 1 for the highest.
fn ranks(values: &[f64]) -> Vec<usize> {
    values.iter().map(|v| 1 + values.iter().filter(|other| *other > v).count()).collect()
}
