//! What a run learnt, told from its evaluations.

use std::collections::BTreeSet;

use rules::Role;
use wire::{Interval, Novelty, RunEvaluation, RunReport, Series};

use crate::format;
use crate::numbers::number;

/// What the tables show, in their order.
const FIGURES: [&str; 9] = [
    "reward",
    "deal_rate_mi",
    "deal_rate_ci",
    "walk_away_correct",
    "bargained_ratio",
    "overshoot_rate",
    "first_offer_ratio",
    "format_error_rate",
    "rounds",
];

pub const NOVELTIES: [Novelty; 3] = [Novelty::Counterpart, Novelty::Family, Novelty::Persona];

pub fn title(novelty: Novelty) -> &'static str {
    match novelty {
        Novelty::Counterpart => "Its own counterpart",
        Novelty::Family => "Families it never met",
        Novelty::Persona => "Hostile manners",
    }
}

fn against(novelty: Novelty) -> &'static str {
    match novelty {
        Novelty::Counterpart => "against its counterpart",
        Novelty::Family => "against families it never met",
        Novelty::Persona => "against hostile manners",
    }
}

/// `late, begging`.
pub fn opponent_name(name: &str, persona: &str) -> String {
    format!("{name}, {persona}")
}

/// All that was measured of one learner.
pub struct Side<'a> {
    pub role: Role,
    /// The latest evaluation of who learns; `None`: the base alone was evaluated.
    pub last: Option<u32>,
    pub worked_ms: u64,
    /// By novelty.
    pub opponents: Vec<Opponent<'a>>,
}

pub struct Opponent<'a> {
    pub name: String,
    pub novelty: Novelty,
    pub before: Option<&'a RunEvaluation>,
    pub after: Option<&'a RunEvaluation>,
    /// By reward, the greatest first.
    pub contestants: Vec<&'a RunEvaluation>,
}

pub fn sides(rows: &[RunEvaluation]) -> Vec<Side<'_>> {
    let there = |role: &Role| rows.iter().any(|row| row.role == *role);
    Role::BOTH.into_iter().filter(there).map(|role| side(rows, role)).collect()
}

fn side(rows: &[RunEvaluation], role: Role) -> Side<'_> {
    let rows: Vec<&RunEvaluation> = rows.iter().filter(|row| row.role == role).collect();
    let learnt = rows.iter().filter(|row| row.baseline.is_none() && row.iteration > 0);
    let latest = learnt.max_by_key(|row| row.iteration);
    let last = latest.map(|row| row.iteration);
    let mut opponents: Vec<Opponent<'_>> = Vec::new();
    for row in &rows {
        let name = opponent_name(&row.against.0, &row.persona);
        if opponents.iter().any(|known| known.name == name) {
            continue;
        }
        let all = rows.iter().copied().filter(|other| across(row, other));
        opponents.push(opponent(name, row.novelty, last, all.collect()));
    }
    opponents.sort_by_key(|opponent| opponent.novelty);
    Side { role, last, worked_ms: latest.map_or(0, |row| row.worked_ms), opponents }
}

fn across(one: &RunEvaluation, other: &RunEvaluation) -> bool {
    one.against == other.against && one.persona == other.persona
}

fn opponent<'a>(
    name: String,
    novelty: Novelty,
    last: Option<u32>,
    rows: Vec<&'a RunEvaluation>,
) -> Opponent<'a> {
    let at = |iteration: u32| {
        rows.iter().copied().find(|row| row.baseline.is_none() && row.iteration == iteration)
    };
    let (before, after) = (at(0), last.and_then(at));
    let mut contestants: Vec<&RunEvaluation> = before.into_iter().chain(after).collect();
    for row in rows.iter().copied().rev().filter(|row| row.baseline.is_some()) {
        // The latest of each: it may have been measured more than once.
        if !contestants.iter().any(|known| known.baseline == row.baseline) {
            contestants.push(row);
        }
    }
    let worth = |row: &RunEvaluation| value(Some(row), "reward").unwrap_or(f64::NEG_INFINITY);
    contestants.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    Opponent { name, novelty, before, after, contestants }
}

pub fn figure(row: Option<&RunEvaluation>, key: &str) -> Option<Interval> {
    row?.figures.get(key).copied()
}

fn value(row: Option<&RunEvaluation>, key: &str) -> Option<f64> {
    figure(row, key)?.value
}

impl Opponent<'_> {
    /// Rewards before and after.
    fn rewards(&self) -> Option<(f64, f64)> {
        value(self.before, "reward").zip(value(self.after, "reward"))
    }

    /// How many fixed rules get less than who learns, of how many; `None` where there are none or
    /// nothing was learnt yet.
    pub fn outdone(&self) -> Option<(usize, usize)> {
        let own = value(self.after, "reward")?;
        let is_rule = |row: &&&RunEvaluation| row.baseline.is_some() && !row.is_bound;
        let fixed = || self.contestants.iter().filter(is_rule);
        let below = fixed().filter(|row| value(Some(row), "reward").is_some_and(|v| v < own));
        Some((below.count(), fixed().count())).filter(|(_, all)| *all > 0)
    }
}

impl<'a> Side<'a> {
    pub fn of(&self, novelty: Novelty) -> Vec<&Opponent<'a>> {
        self.opponents.iter().filter(|opponent| opponent.novelty == novelty).collect()
    }

    /// Those figures that have a value somewhere.
    pub fn figures(&self) -> Vec<&'static str> {
        let there = |key: &str| {
            let rows = self.opponents.iter().flat_map(|o| [o.before, o.after]);
            rows.into_iter().any(|row| value(row, key).is_some())
        };
        FIGURES.into_iter().filter(|key| there(key)).collect()
    }

    /// Mean rewards before and after, over opponents of that novelty that have both.
    fn rewards(&self, novelty: Novelty) -> Option<(f64, f64)> {
        let all: Vec<(f64, f64)> = self.of(novelty).iter().filter_map(|o| o.rewards()).collect();
        Some((mean(all.iter().map(|r| r.0))?, mean(all.iter().map(|r| r.1))?))
    }

    fn gain(&self, novelty: Novelty) -> Option<f64> {
        self.rewards(novelty).map(|(before, after)| after - before)
    }

    /// The gain there as a share of that against the counterparts, where something was gained.
    fn kept(&self, novelty: Novelty) -> Option<f64> {
        let own = self.gain(Novelty::Counterpart).filter(|own| *own > 0.0)?;
        Some(self.gain(novelty)? / own)
    }

    pub fn summary(&self) -> String {
        let Some(last) = self.last else {
            return format!(
                "The base is evaluated as {}. The run has not been evaluated after learning yet.",
                self.role.name()
            );
        };
        let mut told = format!(
            "After {}, {} of work, ",
            format::counted(i64::from(last), "iteration", "iterations"),
            format::long_span(self.worked_ms),
        );
        match self.rewards(Novelty::Counterpart) {
            None => {
                told += &format!(
                    "the {} was not evaluated against its counterpart before and after: no gain to compare with is known.",
                    self.role.name()
                )
            }
            Some((before, after)) => told += &self.own_gain(before, after),
        }
        for novelty in [Novelty::Family, Novelty::Persona] {
            if let Some(sentence) = self.elsewhere(novelty) {
                told.push(' ');
                told += &sentence;
            }
        }
        told
    }

    fn own_gain(&self, before: f64, after: f64) -> String {
        let counterparts = self.of(Novelty::Counterpart);
        let who = self.role.name();
        let (across, from, to, may_be_chance) = match counterparts.as_slice() {
            [one] => {
                let (from, to) = (figure(one.before, "reward"), figure(one.after, "reward"));
                let across = "its counterpart".to_owned();
                (across, told(from), told(to), overlap(from, to))
            }
            // The means of several have no interval: the parts meet the same products.
            many => {
                let across = format!("its {} counterparts, on average,", many.len());
                (across, number(before), number(after), false)
            }
        };
        let mut told = format!("the {who}'s reward against {across} went from {from} to {to}.");
        if after <= before {
            told += " Nothing was gained there, so there is no share of a gain to keep elsewhere.";
        } else if may_be_chance {
            told += " The intervals overlap: this gain may be chance.";
        }
        told
    }

    fn elsewhere(&self, novelty: Novelty) -> Option<String> {
        let gain = self.gain(novelty)?;
        let across = against(novelty);
        Some(match self.kept(novelty) {
            Some(kept) if kept >= 0.0 => {
                format!("It keeps {} of this gain {across}.", format::percent(kept))
            }
            _ if gain > 0.0 => {
                format!("{} its reward rose by {}.", format::capitalised(across), number(gain))
            }
            _ if gain < 0.0 => {
                format!("{} its reward fell by {}.", format::capitalised(across), number(-gain))
            }
            _ => format!("{} its reward stayed as it was.", format::capitalised(across)),
        })
    }

    /// The least and the greatest reward of all contestants with their intervals, 0 among them.
    pub fn reach(&self) -> (f64, f64) {
        let rows = self.opponents.iter().flat_map(|opponent| &opponent.contestants);
        let ends = rows.filter_map(|row| figure(Some(row), "reward"));
        let (low, high) = ends
            .flat_map(|figure| [figure.value, figure.low, figure.high])
            .flatten()
            .filter(|end| end.is_finite())
            .fold((0.0_f64, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
        if high > low { (low, high) } else { (0.0, 1.0) }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// `0.5`; `none` without a value.
pub fn value_told(figure: Option<Interval>) -> String {
    figure.and_then(|figure| figure.value).map_or_else(|| "none".to_owned(), number)
}

/// `[0.375, 0.625]`.
pub fn ends_told(figure: Option<Interval>) -> Option<String> {
    let figure = figure?;
    let (low, high) = figure.low.zip(figure.high)?;
    Some(format!("[{}, {}]", number(low), number(high)))
}

/// `0.5 [0.375, 0.625]`.
pub fn told(figure: Option<Interval>) -> String {
    let mut told = value_told(figure);
    if let Some(ends) = ends_told(figure) {
        told.push(' ');
        told += &ends;
    }
    told
}

/// Whether both intervals are known and have nothing in common.
pub fn apart(one: Option<Interval>, other: Option<Interval>) -> bool {
    ends(one, other).is_some_and(|(a, b)| a.1 < b.0 || b.1 < a.0)
}

fn overlap(one: Option<Interval>, other: Option<Interval>) -> bool {
    ends(one, other).is_some() && !apart(one, other)
}

type Ends = (f64, f64);

fn ends(one: Option<Interval>, other: Option<Interval>) -> Option<(Ends, Ends)> {
    let (one, other) = one.zip(other)?;
    one.low.zip(one.high).zip(other.low.zip(other.high))
}

/// Lines of the reward by iteration: a mean over the opponents of each novelty, then what the run
/// saw while it trained.
pub fn lines(report: &RunReport, role: Role) -> Vec<(String, Series)> {
    let of = |novelty: &Novelty| {
        let rows = report
            .evaluations
            .iter()
            .filter(|row| row.role == role && row.novelty == *novelty && row.baseline.is_none());
        let rows: Vec<&RunEvaluation> = rows.collect();
        (title(*novelty).to_owned(), evaluated(&rows))
    };
    let training = || (report.head.role == Some(role)).then(|| trained(report));
    let lines = NOVELTIES.iter().map(of).chain(training().map(|t| ("In training".to_owned(), t)));
    lines.filter(|(_, series)| !series.iterations.is_empty()).collect()
}

fn evaluated(rows: &[&RunEvaluation]) -> Series {
    let mut series = Series::default();
    let mut rewards = Vec::new();
    let iterations: BTreeSet<u32> = rows.iter().map(|row| row.iteration).collect();
    for iteration in iterations {
        let at = || rows.iter().filter(|row| row.iteration == iteration);
        series.iterations.push(iteration);
        series.worked_ms.push(at().map(|row| row.worked_ms).max().unwrap_or(0));
        series.episodes.push(at().map(|row| u64::from(row.episodes)).sum());
        rewards.push(mean(at().filter_map(|row| value(Some(row), "reward"))));
    }
    series.columns.insert("reward".to_owned(), rewards);
    series
}

/// The rewards of the run's head, which may be thinned: evenly over its iterations.
fn trained(report: &RunReport) -> Series {
    let (rewards, done) = (&report.head.rewards, u64::from(report.head.iteration));
    let many = rewards.len() as u64;
    let place = |nth: u64| (done * nth / many.max(1)) as u32;
    let rewards = rewards.iter().map(|reward| Some(*reward)).collect();
    Series {
        iterations: (1..=many).map(place).collect(),
        columns: [("reward".to_owned(), rewards)].into(),
        ..Series::default()
    }
}

/// The reward of a line at an iteration.
pub fn at(series: &Series, iteration: u32) -> Option<f64> {
    let place = series.iterations.iter().position(|known| *known == iteration)?;
    series.columns.get("reward")?.get(place).copied().flatten()
}

#[cfg(test)]
mod tests;
