//! Plans of suites: who is measured against whom, over what. Pure.

use std::collections::{BTreeMap, HashSet};

use policy::personas;
use rules::{Interest, Role};
use serde::{Deserialize, Serialize};
use wire::PlanCard;

use crate::roster::Roster;

/// All that decides a suite's episodes but the products. Stored with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Names of negotiators.
    pub measured: Vec<String>,
    pub role: Sides,
    /// Everybody measured against everybody measured, in place of `against`.
    #[serde(default)]
    pub round_robin: bool,
    pub split: Splits,
    /// At most.
    pub products: u32,
    /// Negotiations of each product.
    pub rollouts: u32,
    #[serde(default)]
    pub interest: Interests,
    /// Share of the negotiations whose cost is drawn above the budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_gains: Option<f64>,
    pub rounds: u32,
    pub regulated: bool,
    /// Of the language models of this machine, in place of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    pub seed: u64,
    #[serde(default)]
    pub against: Vec<Counterpart>,
    /// Figures of others, to be shown beside, marked as reported.
    #[serde(default)]
    pub reported: Vec<Reported>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    Buyer,
    Seller,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Splits {
    Train,
    Test,
    All,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interests {
    #[default]
    All,
    /// `B > C`.
    Mutual,
    /// `B < C`.
    Conflicting,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterpart {
    pub name: String,
    #[serde(default = "neutral")]
    pub personas: Vec<String>,
}

/// Somebody else's figures, as they were reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reported {
    pub who: String,
    pub source: String,
    /// By the names of `rules::metrics`.
    pub figures: BTreeMap<String, f64>,
}

fn neutral() -> Vec<String> {
    vec![NEUTRAL.to_owned()]
}

const NEUTRAL: &str = "neutral";

/// Who meets whom. Both sides of a pair among the measured are measured.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    pub buyer: String,
    pub seller: String,
    /// Of the side that is not measured; both are neutral in a round robin.
    pub persona: String,
    pub measured: Measured,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measured {
    One(Role),
    Both,
}

impl Measured {
    pub fn roles(self) -> Vec<Role> {
        match self {
            Measured::One(role) => vec![role],
            Measured::Both => Role::BOTH.to_vec(),
        }
    }
}

/// Why a plan cannot be run. Each sentence says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("there is no plan `{given}`: choose {names}", names = PLANS.map(|plan| plan.0).join(", "))]
    NoPlan { given: String },
    #[error("the settings cannot be read: {0}")]
    Unreadable(String),
    #[error("`{key}` is {found}: {wanted}")]
    Value { key: &'static str, found: String, wanted: &'static str },
    #[error("there is no negotiator `{0}`; /api/v1/negotiators lists them")]
    Nobody(String),
    #[error("there is no persona `{0}`")]
    Persona(String),
    #[error("nobody meets anybody: name somebody in `against`, who can play the other side")]
    Empty,
}

/// Built-in plans: name, one sentence, the file.
pub const PLANS: [(&str, &str, &str); 6] = [
    (
        "paper-table-1",
        "Neutral sellers, as the paper's first table.",
        include_str!("../../plans/paper-table-1.toml"),
    ),
    (
        "paper-table-2",
        "Sellers that nobody trains against, and stronger ones.",
        include_str!("../../plans/paper-table-2.toml"),
    ),
    (
        "paper-table-3",
        "Sellers in hostile manners.",
        include_str!("../../plans/paper-table-3.toml"),
    ),
    (
        "bilateral-trade",
        "Everybody against everybody in both roles, a third without gains from trade.",
        include_str!("../../plans/bilateral-trade.toml"),
    ),
    (
        "terms",
        "Held-out families with infeasible episodes, by surplus efficiency.",
        include_str!("../../plans/terms.toml"),
    ),
    ("custom", "A small one to start from.", include_str!("../../plans/custom.toml")),
];

pub fn cards() -> Vec<PlanCard> {
    let card = |(name, summary, text): (&str, &str, &str)| PlanCard {
        name: name.to_owned(),
        summary: summary.to_owned(),
        text: text.to_owned(),
    };
    PLANS.map(card).into()
}

impl Plan {
    /// A built-in plan with settings laid over it, as TOML: lists and values are replaced.
    ///
    /// # Errors
    /// What is unknown, unreadable or cannot be.
    pub fn of(name: &str, over: &str) -> Result<Plan, PlanError> {
        let named = PLANS.iter().find(|known| known.0 == name);
        let (.., text) = named.ok_or_else(|| PlanError::NoPlan { given: name.to_owned() })?;
        let unreadable = |error: toml::de::Error| PlanError::Unreadable(error.to_string());
        let mut table: toml::Table = toml::from_str(text).map_err(unreadable)?;
        table.extend(toml::from_str::<toml::Table>(over).map_err(unreadable)?);
        let plan: Plan = toml::Value::Table(table).try_into().map_err(unreadable)?;
        plan.check()?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), PlanError> {
        let value = |is_so: bool, key, found: &dyn ToString, wanted| {
            let found = found.to_string();
            if is_so { Ok(()) } else { Err(PlanError::Value { key, found, wanted }) }
        };
        let Plan { products, rollouts, rounds, seed, .. } = *self;
        value(!self.measured.is_empty(), "measured", &"empty", "name at least one negotiator")?;
        value((1..=100_000).contains(&products), "products", &products, "take 1 to 100,000")?;
        value((1..=1_000).contains(&rollouts), "rollouts", &rollouts, "take 1 to 1,000")?;
        value((1..=50).contains(&rounds), "rounds", &rounds, "take 1 to 50")?;
        value(seed < 1 << 53, "seed", &seed, "take one below 2^53")?;
        let share = self.no_gains.unwrap_or(0.0);
        value((0.0..=1.0).contains(&share), "no_gains", &share, "take 0 to 1")?;
        let temperature = self.temperature.unwrap_or(1.0);
        value((0.0..=2.0).contains(&temperature), "temperature", &temperature, "take 0 to 2")?;
        let mut named = self.against.iter().flat_map(|one| &one.personas);
        match named.find(|name| !personas().iter().any(|known| known.name == **name)) {
            Some(unknown) => Err(PlanError::Persona(unknown.clone())),
            None => Ok(()),
        }
    }

    /// Who meets whom, in the order of the plan; pairs whose sides cannot be played are left out.
    ///
    /// # Errors
    /// Unknown names, and where nobody is left.
    pub fn pairs(&self, roster: &Roster) -> Result<Vec<Pair>, PlanError> {
        let plays = |name: &str, role| roster.find(name).is_some_and(|member| member.plays(role));
        let names = self.measured.iter().chain(self.against.iter().map(|one| &one.name));
        if let Some(unknown) = names.into_iter().find(|name| roster.find(name).is_none()) {
            return Err(PlanError::Nobody(unknown.clone()));
        }
        let mut pairs = self.all_pairs();
        pairs.retain(|pair| plays(&pair.buyer, Role::Buyer) && plays(&pair.seller, Role::Seller));
        let mut seen = HashSet::new();
        pairs.retain(|pair| seen.insert(pair.clone()));
        if pairs.is_empty() { Err(PlanError::Empty) } else { Ok(pairs) }
    }

    fn all_pairs(&self) -> Vec<Pair> {
        if self.round_robin {
            let each = |buyer: &String| {
                let buyer = buyer.clone();
                self.measured.iter().map(move |seller| Pair {
                    buyer: buyer.clone(),
                    seller: seller.clone(),
                    persona: NEUTRAL.to_owned(),
                    measured: Measured::Both,
                })
            };
            return self.measured.iter().flat_map(each).collect();
        }
        let roles: &[Role] = match self.role {
            Sides::Buyer => &[Role::Buyer],
            Sides::Seller => &[Role::Seller],
            Sides::Both => &Role::BOTH,
        };
        let mut pairs = Vec::new();
        for role in roles {
            for one in &self.measured {
                for other in &self.against {
                    for persona in &other.personas {
                        let (buyer, seller) = match role {
                            Role::Buyer => (one, &other.name),
                            Role::Seller => (&other.name, one),
                        };
                        pairs.push(Pair {
                            buyer: buyer.clone(),
                            seller: seller.clone(),
                            persona: persona.clone(),
                            measured: Measured::One(*role),
                        });
                    }
                }
            }
        }
        pairs
    }
}

impl Interests {
    pub fn holds(self, interest: Interest) -> bool {
        match self {
            Interests::All => true,
            Interests::Mutual => interest == Interest::Mutual,
            Interests::Conflicting => interest == Interest::Conflicting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_plans_can_be_read_and_explain_themselves() {
        for (name, summary, text) in PLANS {
            let plan = Plan::of(name, "").unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(text.starts_with("# ") && summary.ends_with('.'), "{name}");
            let stored = serde_json::to_value(&plan).expect("plain data");
            assert_eq!(serde_json::from_value::<Plan>(stored).expect("stored"), plan);
        }
    }

    #[test]
    fn pairs_are_who_can_meet() {
        let roster = Roster::scripted();
        let over = "measured = [\"linear\", \"boulware\"]\nrole = \"both\"\nagainst = \
                    [{ name = \"persuadable\", personas = [\"neutral\", \"begging\"] }]";
        let plan = Plan::of("custom", over).expect("a plan");
        let pairs = plan.pairs(&roster).expect("somebody");
        // The persuadable family only sells.
        assert_eq!(pairs.len(), 4);
        assert!(pairs.iter().all(|pair| pair.measured == Measured::One(Role::Buyer)));
        let robin = format!("{over}\nround_robin = true");
        let pairs = Plan::of("custom", &robin).expect("a plan").pairs(&roster).expect("somebody");
        assert_eq!(pairs.len(), 4);
        assert!(pairs.iter().any(|pair| pair.buyer == pair.seller));
    }

    #[test]
    fn what_cannot_be_is_told() {
        let refused = |over: &str| {
            let plan = Plan::of("custom", over);
            let pairs = plan.and_then(|plan| plan.pairs(&Roster::scripted()));
            pairs.expect_err("it cannot be").to_string()
        };
        assert!(refused("products = 0").contains("take 1 to 100,000"));
        assert!(refused("measured = []").contains("at least one"));
        assert!(refused("produkte = 4").contains("unknown field"));
        assert!(refused("measured = [\"nemo\"]").contains("no negotiator `nemo`"));
        assert!(refused("measured = [\"linear\"]\nagainst = []").contains("nobody meets"));
        let persona = "against = [{ name = \"linear\", personas = [\"grumpy\"] }]";
        assert!(refused(persona).contains("no persona `grumpy`"));
        let none = Plan::of("table", "").expect_err("none").to_string();
        assert!(none.contains("paper-table-1, "), "{none}");
    }
}
