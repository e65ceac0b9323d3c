//! A reward in words: the formula, the formula with its numbers, and what its letters mean.

use super::{Case, Fault, RewardSpec, case, score};
use crate::episode::Episode;
use crate::event::Outcome;
use crate::scenario::{Interest, Role};

/// How a reward came about. It tells both private limits: for the reveal and for researchers.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub reward: &'static str,
    pub version: u32,
    /// `None`: not scored.
    pub value: Option<f64>,
    /// The formula of a deal, with letters: `clip((B - P) / |B - C|, -1, 1)`.
    pub formula: String,
    /// What applied, with numbers: `clip(($80.00 - $60.00) / |$80.00 - $50.00|, -1, 1) = 0.667`,
    /// `no deal = 0.000`, or why there is no reward.
    pub filled: String,
    pub terms: Vec<Term>,
}

/// A letter of the formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub symbol: &'static str,
    pub meaning: &'static str,
    pub value: String,
}

/// Explains the reward of one side.
pub fn explain(episode: &Episode, role: Role, spec: &RewardSpec) -> Explanation {
    let value = score(episode, role, spec);
    let terms = terms(episode, spec);
    let letters = |symbol: &str| symbol.to_owned();
    let numbers = |symbol: &str| {
        let term = terms.iter().find(|term| term.symbol == symbol);
        term.map_or_else(|| symbol.to_owned(), |term| term.value.clone())
    };
    Explanation {
        reward: spec.name(),
        version: spec.version(),
        value,
        formula: formula(role, spec, letters),
        filled: filled(episode, role, spec, value, &formula(role, spec, numbers)),
        terms,
    }
}

/// The formula of a deal, each letter written by `write`.
fn formula(role: Role, spec: &RewardSpec, write: impl Fn(&str) -> String) -> String {
    let (b, c, p) = (write("B"), write("C"), write("P"));
    let gain = match role {
        Role::Buyer => format!("{b} - {p}"),
        Role::Seller => format!("{p} - {c}"),
    };
    let gap = format!("|{b} - {c}|");
    let gap = if spec.floor_denominator() { format!("max({gap}, $1.00)") } else { gap };
    let share = format!("clip(({gain}) / {gap}, -1, 1)");
    match spec {
        RewardSpec::Paper { .. } | RewardSpec::WalkAwayAware { .. } => share,
        RewardSpec::Threshold { .. } => {
            format!("s if s >= {} else -{}, s = {share}", write("tau"), write("penalty"))
        }
        RewardSpec::Shared => {
            format!("4 max({b} - {p}, 0) max({p} - {c}, 0) / ({b} - {c})^2")
        }
    }
}

fn filled(
    episode: &Episode,
    role: Role,
    spec: &RewardSpec,
    value: Option<f64>,
    deal: &str,
) -> String {
    let (limit, letter, beyond) = match role {
        Role::Buyer => (episode.budget, "B", "above"),
        Role::Seller => (episode.cost, "C", "below"),
    };
    let what = match case(episode, role, spec) {
        Case::NotScored(why) => return format!("not scored: {why}"),
        Case::Fault(Fault::Format) => "a message that could not be read".to_owned(),
        Case::Fault(Fault::Beyond(price)) => format!("{price} is {beyond} {letter} ({limit})"),
        Case::NoDeal { own_quit: true } if value > Some(0.0) => {
            "walked away where B is below C".to_owned()
        }
        Case::NoDeal { .. } => "no deal".to_owned(),
        Case::Deal { .. } if episode.interest() == Interest::Tie => {
            format!("{deal} (0 / 0 counts as 0, a gain as 1)")
        }
        Case::Deal { .. } => deal.to_owned(),
    };
    format!("{what} = {:.3}", value.unwrap_or_default())
}

fn terms(episode: &Episode, spec: &RewardSpec) -> Vec<Term> {
    let term = |symbol, meaning, value| Term { symbol, meaning, value };
    let mut terms = vec![
        term("B", "the buyer's budget", episode.budget.to_string()),
        term("C", "the seller's cost", episode.cost.to_string()),
    ];
    if let Some(Outcome::Deal { price, .. }) = episode.outcome() {
        terms.push(term("P", "the price of the deal", price.to_string()));
    }
    match spec {
        RewardSpec::Threshold { tau, penalty } => {
            terms.push(term("tau", "the least share that counts", tau.to_string()));
            terms.push(term("penalty", "the cost of a lesser deal", penalty.to_string()));
        }
        RewardSpec::WalkAwayAware { walk_away } => {
            let meaning = "the reward for walking away where B is below C";
            terms.push(term("w", meaning, walk_away.to_string()));
        }
        RewardSpec::Paper { .. } | RewardSpec::Shared => {}
    }
    terms
}
