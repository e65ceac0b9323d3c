//! Who comes to a market, in groups, as a file says; drawn by its seed.

use rules::market::{BadMarket, Buyer, MarketScenario, Mechanism, Shock, Stall, Want};
use rules::{Mills, Product, Role};
use serde::{Deserialize, Serialize};

use super::bazaar::{Cast, PERSON, Part};
use crate::{Draw, find, personas};

/// Shares are of a product's list price. Ranges have both ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    pub seed: u64,
    pub mechanism: Mechanism,
    /// Different products, drawn from those that there are.
    pub goods: usize,
    /// Of which categories; none: of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// It closes after so many steps. In each a talk has one message, and a buyer looks around once.
    pub steps: u32,
    /// Of one talk.
    #[serde(default = "six")]
    pub rounds: u32,
    /// Of one buyer.
    #[serde(default = "two")]
    pub talks_at_once: u32,
    /// Stalls that a buyer sees when it looks around.
    #[serde(default = "three")]
    pub sees: usize,
    /// Whether buyers know list prices. Who does not takes the own value for it.
    #[serde(default = "yes")]
    pub list_prices: bool,
    /// Whether buyers go to the best rated of the stalls that they see: the one whose buyers saved most of the list price.
    #[serde(default)]
    pub ratings: bool,
    pub sellers: Vec<SellerGroup>,
    pub buyers: Vec<BuyerGroup>,
    #[serde(default)]
    pub shocks: Vec<ShockGroup>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SellerGroup {
    pub count: usize,
    /// By its name; `person`: seats that people take.
    pub negotiator: String,
    #[serde(default = "neutral")]
    pub persona: String,
    pub cost: [f64; 2],
    #[serde(default)]
    pub spread: Spread,
    #[serde(default = "one_each")]
    pub stock: [u32; 2],
    /// Steps from the first one on.
    #[serde(default = "at_first")]
    pub opens: [u32; 2],
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuyerGroup {
    pub count: usize,
    pub negotiator: String,
    #[serde(default = "neutral")]
    pub persona: String,
    pub value: [f64; 2],
    #[serde(default)]
    pub spread: Spread,
    /// Different goods that each wants.
    #[serde(default = "one")]
    pub wants: usize,
    /// Of the sum of the values; 1: enough for all wants.
    #[serde(default = "whole")]
    pub purse: f64,
    #[serde(default = "at_first")]
    pub arrives: [u32; 2],
    /// Steps until it leaves; absent: until the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stays: Option<u32>,
}

/// How costs and values lie between their ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spread {
    /// Each as likely as any other.
    #[default]
    Even,
    /// Most in the middle: the mean of three even draws.
    Bell,
}

/// In a step, a share of all stalls has another cost from then on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShockGroup {
    pub step: u32,
    pub stalls: f64,
    /// Of the cost before.
    pub cost: f64,
}

fn yes() -> bool {
    true
}
fn one() -> usize {
    1
}
fn two() -> u32 {
    2
}
fn three() -> usize {
    3
}
fn six() -> u32 {
    6
}
fn whole() -> f64 {
    1.0
}
fn neutral() -> String {
    "neutral".to_owned()
}
fn one_each() -> [u32; 2] {
    [1, 1]
}
fn at_first() -> [u32; 2] {
    [1, 1]
}

/// Why a population is none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadPopulation {
    #[error("there is no negotiator {name} that plays the {}; there are {known}", .role.name())]
    NoNegotiator { name: String, role: Role, known: String },
    #[error("there is no persona {name}; there are {known}")]
    NoPersona { name: String, known: String },
    #[error("{goods} goods are asked for, and there are {there} products: take 1 to {there}")]
    TooFewProducts { goods: usize, there: usize },
    #[error("{place}: take a range from low to high, both above 0 and at most 10: [{low}, {high}]")]
    BadRange { place: String, low: f64, high: f64 },
    #[error("{place}: {wants} goods are wanted of {goods}")]
    TooManyWants { place: String, wants: usize, goods: usize },
    #[error(transparent)]
    Market(#[from] BadMarket),
}

/// A market that can be played.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    pub scenario: MarketScenario,
    pub cast: Cast,
}

impl Population {
    /// A market of scripts and people: [`Population::draw_with`] no other negotiators.
    ///
    /// # Errors
    /// What in the file cannot be.
    pub fn draw(&self, products: &[Product]) -> Result<Drawn, BadPopulation> {
        self.draw_with(products, &|_, _| false)
    }

    /// The same population from the same products is the same market. A mechanism changes nothing of what is drawn.
    /// `others` knows who plays a side beside the scripts: language models, by their names.
    ///
    /// # Errors
    /// What in the file cannot be.
    pub fn draw_with(
        &self,
        products: &[Product],
        others: &dyn Fn(&str, Role) -> bool,
    ) -> Result<Drawn, BadPopulation> {
        self.check(self.fitting(products).count(), others)?;
        let goods = self.products(products);
        let (mut stalls, mut sellers) = (Vec::new(), Vec::new());
        for (group, of) in self.sellers.iter().enumerate() {
            let mut draw = Draw::new(&[self.seed, 1, group as u64]);
            for _ in 0..of.count {
                let good = draw.below(goods.len());
                let cost = share(&mut draw, of.cost, of.spread, goods[good].list_price);
                let stock = steps(&mut draw, of.stock);
                let opens = steps(&mut draw, of.opens);
                let part = Part::new(&of.negotiator, &of.persona);
                let (persona, opens) = (part.persona(), part.comes(opens));
                stalls.push(Stall { good, cost, stock, persona, opens, closes: None });
                sellers.push(part);
            }
        }
        let (mut buyers, mut seats) = (Vec::new(), Vec::new());
        for (group, of) in self.buyers.iter().enumerate() {
            let mut draw = Draw::new(&[self.seed, 2, group as u64]);
            for _ in 0..of.count {
                let mut wants: Vec<Want> = Vec::new();
                while wants.len() < of.wants {
                    let good = draw.below(goods.len());
                    if wants.iter().all(|want| want.good != good) {
                        let value = share(&mut draw, of.value, of.spread, goods[good].list_price);
                        wants.push(Want { good, value });
                    }
                }
                let worth: Mills = wants.iter().map(|want| want.value).sum();
                let purse = worth.scale(permille(of.purse), 1000);
                let arrives = steps(&mut draw, of.arrives);
                let part = Part::new(&of.negotiator, &of.persona);
                let leaves = of.stays.filter(|_| !part.is_person()).map(|stays| arrives + stays);
                let (persona, arrives) = (part.persona(), part.comes(arrives));
                buyers.push(Buyer { wants, purse, persona, arrives, leaves });
                seats.push(part);
            }
        }
        let shocks = self.shocks(&stalls);
        let scenario = MarketScenario {
            goods,
            stalls,
            buyers,
            shocks,
            mechanism: self.mechanism,
            rounds: self.rounds,
            steps: self.steps,
            talks_at_once: self.talks_at_once,
            list_prices: self.list_prices,
            ratings: self.ratings,
            seed: self.seed,
        };
        scenario.check()?;
        Ok(Drawn { scenario, cast: Cast { sellers, buyers: seats, sees: self.sees.max(1) } })
    }

    fn products(&self, products: &[Product]) -> Vec<Product> {
        let mut draw = Draw::new(&[self.seed, 0]);
        let mut left: Vec<&Product> = self.fitting(products).collect();
        (0..self.goods).map(|_| left.swap_remove(draw.below(left.len())).clone()).collect()
    }

    fn fitting<'a>(&'a self, products: &'a [Product]) -> impl Iterator<Item = &'a Product> {
        let fits = |product: &&Product| {
            self.categories.is_empty() || self.categories.contains(&product.category)
        };
        products.iter().filter(fits)
    }

    fn shocks(&self, stalls: &[Stall]) -> Vec<Shock> {
        let mut shocks = Vec::new();
        for (nth, group) in self.shocks.iter().enumerate() {
            let mut draw = Draw::new(&[self.seed, 3, nth as u64]);
            for (stall, spec) in stalls.iter().enumerate() {
                if draw.chance(permille(group.stalls)) {
                    let cost = Mills(spec.cost.scale(permille(group.cost), 1000).0.max(1));
                    shocks.push(Shock { step: group.step, stall, cost });
                }
            }
        }
        shocks
    }

    fn check(
        &self,
        there: usize,
        others: &dyn Fn(&str, Role) -> bool,
    ) -> Result<(), BadPopulation> {
        if self.goods == 0 || self.goods > there {
            return Err(BadPopulation::TooFewProducts { goods: self.goods, there });
        }
        for (nth, group) in self.sellers.iter().enumerate() {
            seat(&group.negotiator, &group.persona, Role::Seller, others)?;
            range(format!("sellers[{nth}].cost"), group.cost)?;
        }
        for (nth, group) in self.buyers.iter().enumerate() {
            seat(&group.negotiator, &group.persona, Role::Buyer, others)?;
            range(format!("buyers[{nth}].value"), group.value)?;
            range(format!("buyers[{nth}].purse"), [group.purse; 2])?;
            if group.wants == 0 || group.wants > self.goods {
                let place = format!("buyers[{nth}].wants");
                return Err(BadPopulation::TooManyWants {
                    place,
                    wants: group.wants,
                    goods: self.goods,
                });
            }
        }
        for (nth, group) in self.shocks.iter().enumerate() {
            range(format!("shocks[{nth}].cost"), [group.cost; 2])?;
        }
        Ok(())
    }
}

fn seat(
    name: &str,
    persona: &str,
    role: Role,
    others: &dyn Fn(&str, Role) -> bool,
) -> Result<(), BadPopulation> {
    let script = find(name).is_some_and(|entry| entry.plays(role));
    if !script && name != PERSON && !others(name, role) {
        let all = crate::registry().iter().filter(|entry| entry.plays(role));
        let known = all.map(|entry| entry.name).collect::<Vec<_>>().join(", ");
        return Err(BadPopulation::NoNegotiator { name: name.to_owned(), role, known });
    }
    if !personas().iter().any(|one| one.name == persona) {
        let known = personas().iter().map(|one| one.name).collect::<Vec<_>>().join(", ");
        return Err(BadPopulation::NoPersona { name: persona.to_owned(), known });
    }
    Ok(())
}

fn range(place: String, [low, high]: [f64; 2]) -> Result<(), BadPopulation> {
    match low > 0.0 && low <= high && high <= 10.0 {
        true => Ok(()),
        false => Err(BadPopulation::BadRange { place, low, high }),
    }
}

/// Thousandths, so that what is drawn does not hang on how a machine rounds.
fn permille(share: f64) -> i64 {
    (share * 1000.0).round() as i64
}

/// Of an amount, to whole cents, at least one.
fn share(draw: &mut Draw, [low, high]: [f64; 2], spread: Spread, of: Mills) -> Mills {
    let mut even = || draw.between(permille(low), permille(high));
    let drawn = match spread {
        Spread::Even => even(),
        Spread::Bell => (even() + even() + even()) / 3,
    };
    Mills(of.scale(drawn, 1000).round_to_cents().0.max(10))
}

fn steps(draw: &mut Draw, [low, high]: [u32; 2]) -> u32 {
    u32::try_from(draw.between(i64::from(low), i64::from(high))).unwrap_or(low)
}
