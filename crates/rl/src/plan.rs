//! All that decides a run, and the presets.

use policy::{Kind, personas};
use rules::Role;
use rules::reward::RewardSpec;
use serde::{Deserialize, Serialize};

use crate::advantage::Estimator;
use crate::alarm::Thresholds;
use crate::curriculum::Curriculum;
use crate::estimate::Shape;
use crate::loss::{Normalisation, Surrogate};

/// A run's settings: with the products and the base's weights, everything that decides its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The name of the model to begin from.
    pub base: String,
    /// Draws weights of an adapter, products, tokens. Smaller than 2^53.
    pub seed: u64,
    /// Rounds of rolling out and learning.
    pub iterations: u32,
    pub rollout: Rollout,
    pub opponents: Vec<OpponentShare>,
    #[serde(default)]
    pub curriculum: Curriculum,
    pub reward: RewardSpec,
    pub objective: Objective,
    #[serde(default)]
    pub surrogate: Surrogate,
    pub learning: Learning,
    #[serde(default)]
    pub keep: Keep,
    #[serde(default)]
    pub evaluation: Evaluation,
    #[serde(default)]
    pub alarms: Thresholds,
    /// The base's size, for estimates where it is not on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// Who learns. Absent: both sides, against each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Products of an iteration.
    pub products: u32,
    /// Rollouts of each product: a group.
    pub group: u32,
    /// Rounds of a negotiation.
    pub rounds: u32,
    /// Tokens of a message, at most; one that is longer is a format error.
    pub most_tokens: u32,
    /// Negotiations that are open at once.
    pub at_once: u32,
    /// At which an opponent that is a language model draws. Who learns draws at 1: then what was drawn
    /// has the probabilities that the loss is about.
    pub opponent_temperature: f32,
}

/// One kind of opponent, and how many of the groups it gets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpponentShare {
    /// A scripted family, `base` (the weights that the run begins from), `earlier` (a checkpoint of this
    /// run, drawn among those that there are, the base where there is none), or any other negotiator.
    pub name: String,
    /// Its manner; a group's is drawn among them.
    #[serde(default = "neutral")]
    pub personas: Vec<String>,
    /// Against the others' shares.
    #[serde(default = "one")]
    pub share: u32,
}

fn neutral() -> Vec<String> {
    vec!["neutral".to_owned()]
}

fn one() -> u32 {
    1
}

/// The name of the frozen base as an opponent.
pub const BASE: &str = "base";
/// The name of a pool of the run's own checkpoints as an opponent.
pub const EARLIER: &str = "earlier";

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    pub estimator: Estimator,
    pub normalisation: Normalisation,
    /// Times that a batch of rollouts is learnt from.
    pub epochs: u32,
    /// Optimiser steps that a batch is divided into, each time.
    pub minibatches: u32,
    /// How many times the products of an iteration may be played to replace groups whose rewards are all the
    /// same (dynamic sampling, as in DAPO). 1: groups are not replaced.
    pub most_fills: f32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    /// The optimiser's highest rate.
    pub rate: f64,
    /// Iterations in which the rate rises to it.
    pub warmup: u32,
    /// Share of the highest rate that is left at the end, falling evenly. 1: constant.
    pub floor: f64,
    /// Share of a weight lost per step, times the rate.
    pub weight_decay: f32,
    /// Gradients longer than this are scaled down to it.
    pub clip: f32,
    /// Rank of an adapter on all linear layers. Absent: all weights learn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Tokens whose activations are in memory at once. Changes nothing but memory and speed.
    pub micro_tokens: u32,
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keep {
    /// Iterations between checkpoints that can be published; the last one is always kept. Default: 10.
    pub every: u32,
    /// Rollouts to measure the divergence from the base on, where the loss does not ask for all. Default: 32.
    pub divergence_of: u32,
}

impl Default for Keep {
    fn default() -> Keep {
        Keep { every: 10, divergence_of: 32 }
    }
}

/// What a run is judged by: the products of the test split, from which nobody learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evaluation {
    /// Negotiations per product and opponent, before the first iteration and after the last. Default: 4. 0: none.
    pub times: u32,
    /// The same at the checkpoints in between. Default: 1. 0: none.
    pub times_between: u32,
    /// At which who learns draws; others as in training. Default: 0.8, as published checkpoints play.
    pub temperature: f32,
    /// Who judges. Empty: those that [`crate::exam::exams`] tells.
    pub against: Vec<Examiner>,
}

impl Default for Evaluation {
    fn default() -> Evaluation {
        Evaluation { times: 4, times_between: 1, temperature: 0.8, against: Vec::new() }
    }
}

/// Somebody to be evaluated against; families that are held out from training are meant for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examiner {
    pub name: String,
    #[serde(default = "plain")]
    pub persona: String,
}

fn plain() -> String {
    "neutral".to_owned()
}

/// Why a plan cannot be run. Each sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("there is no preset `{0}`: choose laptop, small-dense or paper")]
    NoPreset(String),
    #[error("the settings cannot be read: {0}")]
    Unreadable(Box<toml::de::Error>),
    #[error("`{key}` is {found}: {wanted}")]
    Value { key: &'static str, found: String, wanted: &'static str },
    #[error(
        "`{0}` is kept for evaluation: a model that trained against it could not be judged by it"
    )]
    HeldOut(String),
    #[error("`{name}` does not play the {}", .role.name())]
    Role { name: String, role: Role },
    #[error("there is no persona `{0}`")]
    Persona(String),
}

/// A preset's file.
pub struct Preset {
    pub name: &'static str,
    pub summary: &'static str,
    pub text: &'static str,
}

pub const PRESETS: [Preset; 3] = [
    Preset {
        name: "laptop",
        summary: "The demo model on two cores.",
        text: include_str!("../presets/laptop.toml"),
    },
    Preset {
        name: "small-dense",
        summary: "A dense model of some four thousand million weights, on one graphics processor.",
        text: include_str!("../presets/small-dense.toml"),
    },
    Preset {
        name: "paper",
        summary: "The run that is reported for arXiv 2604.09855.",
        text: include_str!("../presets/paper.toml"),
    },
];

impl Plan {
    /// A preset with settings laid over it, as TOML: tables are merged, everything else is replaced.
    ///
    /// # Errors
    /// What is unknown, unreadable or cannot be.
    pub fn of(preset: &str, over: &str) -> Result<Plan, PlanError> {
        let named = PRESETS.iter().find(|known| known.name == preset);
        let text = named.ok_or_else(|| PlanError::NoPreset(preset.to_owned()))?.text;
        let unreadable = |error| PlanError::Unreadable(Box::new(error));
        let mut table: toml::Table = toml::from_str(text).map_err(unreadable)?;
        lay(&mut table, toml::from_str(over).map_err(unreadable)?);
        let plan: Plan = toml::Value::Table(table).try_into().map_err(unreadable)?;
        plan.check()?;
        Ok(plan)
    }

    /// Rollouts of an iteration.
    pub fn rollouts(&self) -> u32 {
        self.rollout.products * self.rollout.group
    }

    /// The sides that learn.
    pub fn learners(&self) -> Vec<Role> {
        self.rollout.role.map_or(Role::BOTH.to_vec(), |role| vec![role])
    }

    /// The rate of an iteration, from 0.
    pub fn rate(&self, iteration: u32) -> f64 {
        let Learning { rate, warmup, floor, .. } = self.learning;
        if iteration < warmup {
            return rate * f64::from(iteration + 1) / f64::from(warmup);
        }
        let rest = self.iterations.saturating_sub(warmup + 1).max(1);
        let gone = (f64::from(iteration - warmup) / f64::from(rest)).min(1.0);
        rate * (1.0 - (1.0 - floor) * gone)
    }

    fn check(&self) -> Result<(), PlanError> {
        let Rollout { products, group, rounds, most_tokens, at_once, .. } = self.rollout;
        let value = |is_so: bool, key, found: &dyn ToString, wanted| {
            let found = found.to_string();
            if is_so { Ok(()) } else { Err(PlanError::Value { key, found, wanted }) }
        };
        let Objective { epochs, minibatches, most_fills, .. } = self.objective;
        let Learning { rate, floor, ref rank, micro_tokens, .. } = self.learning;
        value(self.seed < 1 << 53, "seed", &self.seed, "take one below 2^53")?;
        value(self.iterations > 0, "iterations", &self.iterations, "take at least 1")?;
        value((1..=4096).contains(&products), "rollout.products", &products, "take 1 to 4096")?;
        value(
            (2..=256).contains(&group),
            "rollout.group",
            &group,
            "take 2 to 256: one has nothing to be compared with",
        )?;
        value((1..=50).contains(&rounds), "rollout.rounds", &rounds, "take 1 to 50")?;
        value(most_tokens > 0, "rollout.most_tokens", &most_tokens, "take at least 1")?;
        value(at_once > 0, "rollout.at_once", &at_once, "take at least 1")?;
        let temperature = self.rollout.opponent_temperature;
        value(
            (0.0..=2.0).contains(&temperature),
            "rollout.opponent_temperature",
            &temperature,
            "take 0 to 2",
        )?;
        value(epochs > 0, "objective.epochs", &epochs, "take at least 1")?;
        let most = products * group;
        value(
            (1..=most).contains(&minibatches),
            "objective.minibatches",
            &minibatches,
            "take from 1 to the number of rollouts",
        )?;
        value(
            (1.0..=8.0).contains(&most_fills),
            "objective.most_fills",
            &most_fills,
            "take 1 to 8",
        )?;
        value(rate.is_finite() && rate > 0.0, "learning.rate", &rate, "take one above 0")?;
        value((0.0..=1.0).contains(&floor), "learning.floor", &floor, "take 0 to 1")?;
        value(
            rank.is_none_or(|rank| rank > 0),
            "learning.rank",
            &0,
            "take at least 1, or leave it out",
        )?;
        value(micro_tokens > 0, "learning.micro_tokens", &micro_tokens, "take at least 1")?;
        let cooled = self.evaluation.temperature;
        value((0.0..=2.0).contains(&cooled), "evaluation.temperature", &cooled, "take 0 to 2")?;
        self.curriculum.check()?;
        self.check_examiners()?;
        self.check_opponents()
    }

    fn check_examiners(&self) -> Result<(), PlanError> {
        let learners = self.learners();
        for Examiner { name, persona } in &self.evaluation.against {
            let plays = |entry: &policy::Entry| learners.iter().any(|r| entry.plays(r.other()));
            if policy::find(name).is_some_and(|entry| !plays(entry)) {
                return Err(PlanError::Role { name: name.clone(), role: learners[0].other() });
            }
            if personas().iter().all(|entry| entry.name != *persona) {
                return Err(PlanError::Persona(persona.clone()));
            }
        }
        Ok(())
    }

    fn check_opponents(&self) -> Result<(), PlanError> {
        let Some(role) = self.rollout.role else {
            if self.opponents.is_empty() {
                return Ok(());
            }
            let found = format!("{} of them", self.opponents.len());
            let wanted =
                "where both sides learn they play each other: leave it empty, or set rollout.role";
            return Err(PlanError::Value { key: "opponents", found, wanted });
        };
        if self.opponents.iter().all(|opponent| opponent.share == 0) {
            let (key, wanted) = ("opponents", "name at least one with a share above 0");
            return Err(PlanError::Value { key, found: "nobody".into(), wanted });
        }
        for OpponentShare { name, personas: manners, .. } in &self.opponents {
            if let Some(entry) = policy::find(name) {
                if entry.kind == Kind::HeldOut {
                    return Err(PlanError::HeldOut(name.clone()));
                }
                if !entry.plays(role.other()) {
                    return Err(PlanError::Role { name: name.clone(), role: role.other() });
                }
            }
            let unknown = |manner: &&String| personas().iter().all(|entry| entry.name != **manner);
            if let Some(manner) = manners.iter().find(unknown) {
                return Err(PlanError::Persona(manner.clone()));
            }
            if manners.is_empty() {
                let (key, wanted) = ("opponents.personas", "name at least one, such as neutral");
                return Err(PlanError::Value { key, found: "empty".into(), wanted });
            }
        }
        Ok(())
    }
}

fn lay(below: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(over)) => lay(below, over),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_plan_and_says_so_again() {
        for preset in PRESETS {
            let plan = Plan::of(preset.name, "").expect(preset.name);
            let text = toml::to_string(&plan).expect("a plan is plain data");
            assert_eq!(toml::from_str::<Plan>(&text).expect("what was written"), plan);
        }
    }

    #[test]
    fn settings_are_laid_over_a_preset() {
        let plan = Plan::of("laptop", "iterations = 3\n[rollout]\ngroup = 4\n").expect("a plan");
        let preset = Plan::of("laptop", "").expect("a plan");
        assert_eq!((plan.iterations, plan.rollout.group), (3, 4));
        assert_eq!(plan.rollout.products, preset.rollout.products);
        assert_eq!(plan.opponents, preset.opponents);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let table = [
            ("iteration = 3", "unknown field `iteration`"),
            ("[rollout]\ngroup = 1", "nothing to be compared with"),
            ("[[opponents]]\nname = \"haggler-heldout\"", "kept for evaluation"),
            ("[[opponents]]\nname = \"linear\"\npersonas = [\"angry\"]", "no persona `angry`"),
            ("opponents = []", "at least one"),
            ("[rollout]\nrole = \"seller\"", "does not play the buyer"),
            ("seed = 9007199254740992", "below 2^53"),
            (
                "[[evaluation.against]]\nname = \"linear\"\npersona = \"angry\"",
                "no persona `angry`",
            ),
            ("[evaluation]\ntemperature = -1.0", "take 0 to 2"),
        ];
        for (over, expected) in table {
            let said = Plan::of("laptop", over).expect_err(over).to_string();
            assert!(said.contains(expected), "{over}: {said}");
        }
        assert!(matches!(Plan::of("desktop", ""), Err(PlanError::NoPreset(_))));
    }

    #[test]
    fn the_rate_rises_and_falls() {
        let over = "iterations = 12\n[learning]\nrate = 1.0\nwarmup = 2\nfloor = 0.1\n";
        let plan = Plan::of("laptop", over).expect("a plan");
        for (iteration, rate) in [(0, 0.5), (1, 1.0), (2, 1.0), (11, 0.1)] {
            assert!((plan.rate(iteration) - rate).abs() < 1e-12, "{iteration}");
        }
    }
}
