//! From what agents earned to their places.

use std::collections::{BTreeMap, BTreeSet};

use rules::Role;
use rules::statistics::{
    Bootstrap, Comparison, Payoff, Rating, compare_payoffs, drop_to_overturn, groups,
    rate_by_payoff, rate_by_wins,
};
use store::Cell;
use wire::{Interval, Ladder, LadderGroup, Lead, Placed, Rung};

/// The same cells, the same ladder.
const SEED: u64 = 1;
/// With many agents and scenarios each resample takes a while; ranks need no third digit.
const RESAMPLES: usize = 400;

/// Who met whom over what: what is taken out of a payoff, beside the role.
type Scene<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>);

/// Ladders of all agents that were compared. Cells are of one agent, role, product, opponent and pair of personas
/// each.
pub fn compute(cells: Vec<Cell>) -> Ladder {
    let mut numbered: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut scenes, mut products) =
        (BTreeMap::<Scene<'_>, usize>::new(), BTreeMap::<&str, usize>::new());
    let mut payoffs = Vec::with_capacity(cells.len());
    for cell in &cells {
        let next = numbered.len();
        let agent = *numbered.entry(&cell.agent).or_insert(next);
        let scene = (
            cell.product.as_str(),
            cell.opponent.as_str(),
            cell.personas.buyer.as_deref(),
            cell.personas.seller.as_deref(),
        );
        let next = scenes.len();
        let scenario = *scenes.entry(scene).or_insert(next);
        let next = products.len();
        let cluster = *products.entry(&cell.product).or_insert(next);
        payoffs.push(Payoff { agent, role: cell.role, scenario, payoff: cell.payoff, cluster });
    }
    let comparisons = compare_payoffs(&payoffs);
    let group_of = groups(numbered.len(), &comparisons);
    let mut agents: Vec<Agent<'_>> = numbered
        .iter()
        .map(|(name, number)| {
            let own = || cells.iter().filter(|cell| cell.agent == *name);
            Agent {
                number: *number,
                name,
                title: own().next().map_or(*name, |cell| cell.title.as_str()),
                episodes: own().map(|cell| cell.episodes).sum(),
            }
        })
        .collect();
    agents.sort_by_key(|agent| agent.number);
    let mut found: Vec<LadderGroup> = Vec::new();
    let mut alone = Vec::new();
    for first in group_of.iter().copied().collect::<BTreeSet<_>>() {
        let members: Vec<&Agent<'_>> =
            agents.iter().filter(|agent| group_of[agent.number] == first).collect();
        match members.as_slice() {
            [one] => alone.push(one.name.to_owned()),
            members => found.push(group(members, &payoffs, &comparisons)),
        }
    }
    found.sort_by_key(|group| std::cmp::Reverse(group.rungs.len()));
    Ladder {
        // Each episode is in a cell of either side.
        episodes: cells.iter().map(|cell| cell.episodes).sum::<i64>() / 2,
        products: u32::try_from(products.len()).unwrap_or(u32::MAX),
        code_version: String::new(),
        groups: found,
        alone,
    }
}

struct Agent<'a> {
    number: usize,
    name: &'a str,
    title: &'a str,
    episodes: i64,
}

fn group(members: &[&Agent<'_>], payoffs: &[Payoff], comparisons: &[Comparison]) -> LadderGroup {
    let place: BTreeMap<usize, usize> =
        members.iter().enumerate().map(|(place, agent)| (agent.number, place)).collect();
    let own_payoffs: Vec<Payoff> = payoffs
        .iter()
        .filter_map(|payoff| Some(Payoff { agent: *place.get(&payoff.agent)?, ..*payoff }))
        .collect();
    let own_comparisons: Vec<Comparison> = comparisons
        .iter()
        .filter_map(|one| {
            Some(Comparison { a: *place.get(&one.a)?, b: *place.get(&one.b)?, ..*one })
        })
        .collect();
    let bootstrap = Bootstrap { seed: SEED, resamples: RESAMPLES, ..Bootstrap::default() };
    let by_payoff = rate_by_payoff(members.len(), &own_payoffs, &bootstrap);
    let by_wins = rate_by_wins(members.len(), &own_comparisons, &bootstrap);
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by(|a, b| by_payoff[*b].rating.total_cmp(&by_payoff[*a].rating));
    let rungs = order.iter().map(|at| Rung {
        agent: members[*at].name.to_owned(),
        title: members[*at].title.to_owned(),
        episodes: members[*at].episodes,
        payoff: placed(&by_payoff[*at]),
        wins: placed(&by_wins[*at]),
    });
    LadderGroup {
        rungs: rungs.collect(),
        wins: matrix(&order, &own_comparisons),
        lead: match order.as_slice() {
            [first, second, ..] => Some(Lead {
                first: members[*first].name.to_owned(),
                second: members[*second].name.to_owned(),
                ..lead(*first, *second, &own_payoffs)
            }),
            _ => None,
        },
    }
}

fn placed(rating: &Rating) -> Placed {
    let number = |rank: usize| u32::try_from(rank).unwrap_or(u32::MAX);
    Placed {
        rating: Interval {
            value: Some(rating.rating),
            low: Some(rating.interval.low),
            high: Some(rating.interval.high),
        },
        rank: number(rating.rank),
        best_rank: number(rating.best_rank),
        worst_rank: number(rating.worst_rank),
    }
}

/// Shares of comparisons won, in the order of the rungs.
fn matrix(order: &[usize], comparisons: &[Comparison]) -> Vec<Vec<Option<f64>>> {
    let mut won: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
    for Comparison { a, b, score, .. } in comparisons {
        for (pair, score) in [((*a, *b), *score), ((*b, *a), 1.0 - score)] {
            let (wins, games) = won.entry(pair).or_default();
            *wins += score;
            *games += 1.0;
        }
    }
    let share =
        |row: &usize, column: &usize| won.get(&(*row, *column)).map(|(wins, games)| wins / games);
    order.iter().map(|row| order.iter().map(|column| share(row, column)).collect()).collect()
}

/// How many products the first one's lead rests on, over the scenarios where both played the same role.
fn lead(first: usize, second: usize, payoffs: &[Payoff]) -> Lead {
    let mut both: BTreeMap<(Role, usize), [Option<f64>; 2]> = BTreeMap::new();
    let mut cluster_of = BTreeMap::new();
    for payoff in payoffs {
        let side = match payoff.agent {
            agent if agent == first => 0,
            agent if agent == second => 1,
            _ => continue,
        };
        both.entry((payoff.role, payoff.scenario)).or_default()[side] = Some(payoff.payoff);
        cluster_of.insert(payoff.scenario, payoff.cluster);
    }
    let mut by_product: BTreeMap<usize, f64> = BTreeMap::new();
    for ((_, scenario), pair) in both {
        if let [Some(first), Some(second)] = pair {
            *by_product.entry(cluster_of[&scenario]).or_default() += first - second;
        }
    }
    let differences: Vec<f64> = by_product.into_values().collect();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Lead {
        first: String::new(),
        second: String::new(),
        products: number(differences.len()),
        without: drop_to_overturn(&differences).map(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::PerRole;
    use rules::statistics::SplitMix64;

    fn cell(agent: &str, opponent: &str, role: Role, product: usize, payoff: f64) -> Cell {
        Cell {
            agent: agent.into(),
            title: agent.to_uppercase(),
            role,
            product: format!("souk.books_{product}"),
            opponent: opponent.into(),
            personas: PerRole::default(),
            episodes: 2,
            payoff,
        }
    }

    /// Buyers whose payoffs lie 0.1 apart, with noise, over many products against the same two sellers.
    fn buyers() -> Vec<Cell> {
        let mut chance = SplitMix64::new(3);
        let mut cells = Vec::new();
        for product in 0..60 {
            let ease = chance.uniform();
            for (opponent, worth) in [("hard", -0.2), ("soft", 0.2)] {
                for (agent, strength) in [("weak", 0.1), ("middling", 0.2), ("strong", 0.3)] {
                    let noise = 0.1 * (chance.uniform() - 0.5);
                    let payoff = ease + worth + strength + noise;
                    cells.push(cell(agent, opponent, Role::Buyer, product, payoff));
                    cells.push(cell(opponent, agent, Role::Seller, product, 1.0 - payoff));
                }
            }
        }
        cells
    }

    #[test]
    fn the_stronger_stands_higher_and_sides_are_apart() {
        let ladder = compute(buyers());
        assert_eq!((ladder.episodes, ladder.products), (720, 60));
        assert_eq!(ladder.alone, [""; 0]);
        let [first, second] = &ladder.groups[..] else { panic!("{:?}", ladder.groups.len()) };
        let names: Vec<&str> = first.rungs.iter().map(|rung| rung.agent.as_str()).collect();
        assert_eq!(names, ["strong", "middling", "weak"]);
        let names: Vec<&str> = second.rungs.iter().map(|rung| rung.agent.as_str()).collect();
        assert_eq!(names, ["hard", "soft"]);
        for (rung, effect) in first.rungs.iter().zip([0.1, 0.0, -0.1]) {
            let Interval { low, high, value } = rung.payoff.rating;
            assert!((value.unwrap() - effect).abs() < 0.02, "{rung:?}");
            assert!(low.unwrap() <= effect && effect <= high.unwrap(), "{rung:?}");
            assert_eq!(
                (rung.payoff.best_rank, rung.payoff.worst_rank),
                (rung.payoff.rank, rung.payoff.rank)
            );
            assert_eq!(rung.wins.rank, rung.payoff.rank);
        }
        assert_eq!(first.wins[0][0], None);
        assert!(first.wins[0][2].unwrap() > 0.95 && first.wins[2][0].unwrap() < 0.05);
        let lead = first.lead.clone().unwrap();
        assert_eq!(
            (lead.first.as_str(), lead.second.as_str(), lead.products),
            ("strong", "middling", 60)
        );
        assert!(lead.without.unwrap() > 40, "{lead:?}");
    }

    #[test]
    fn who_met_nobody_is_told_and_no_cells_are_no_ladder() {
        let mut cells = buyers();
        cells.push(cell("hermit", "nobody-else", Role::Buyer, 1, 0.5));
        assert_eq!(compute(cells).alone, ["hermit"]);
        assert_eq!(compute(Vec::new()), Ladder::default());
    }
}
