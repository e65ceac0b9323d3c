//! What a demo model is worth: checks over products that it has not seen.
//!
//! The model plays both sides against the scripted families, prompted as in play. What it writes is read
//! once and never repaired: the shares here are of first tries, which in play are repeated.

mod print;
mod reaction;
mod scenes;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use policy::corpus::{Deal, NaiveBuyer, consistent, distinct_2, scratchpad};
use policy::{Draw, personas};
use rules::metrics::{
    Clustering, Estimate, Facts, Metric, Observation, PersonaMarkers, estimate, states_price,
};
use rules::reward::RewardSpec;
use rules::statistics::{Bootstrap, Sums, wilson};
use rules::{PerRole, Role};
use serde::{Deserialize, Serialize};

use super::{PretrainError, Recipe, examples};
use crate::cpu::Machine;
use crate::folder;
use crate::sample::Sampler;
use crate::supervise::evaluate;
use crate::tokens::Tokens;
use reaction::{Answer, Bidder, Manner, answer};
use scenes::{BANDS, OWN_PRICES, scenario, within};
use table::{Game, Said, Writing, play};

pub use print::transcripts;

/// How much is played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    pub seed: u64,
    /// Products, at most. Default: all.
    pub products: Option<usize>,
    /// Default: 1.0, as in play and training, and 0.7.
    pub temperatures: Vec<f32>,
    /// Negotiations of each product with each family, side and temperature. Default: 1.
    pub per_family: usize,
    /// Negotiations of each product in each band of prices, as buyer. Default: 2.
    pub per_band: usize,
    /// Negotiations of each product in each manner, as seller. Default: 4.
    pub per_manner: usize,
    /// Tokens of a message, at most. Default: 160.
    pub most_tokens: usize,
    /// Talks that distinct-2 is taken over, since it falls with their number. Default: 1000.
    pub distinct_over: usize,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            seed: 1,
            products: None,
            temperatures: vec![1.0, 0.7],
            per_family: 1,
            per_band: 2,
            per_manner: 4,
            most_tokens: 160,
            distinct_over: 1000,
        }
    }
}

/// The figures of a model, stored as `check.json` in its folder. Intervals are of 95%, clustered by product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub plan: Plan,
    pub products: usize,
    /// On held-out lessons.
    pub perplexity: f64,
    /// Distinct-2 of as many talks of held-out lessons.
    pub lessons_distinct_2: Option<f64>,
    pub writing: Vec<Written>,
    pub buying: Vec<Bought>,
    pub reactions: Vec<Reaction>,
}

/// What the model wrote on one side against all families.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    pub role: Role,
    pub temperature: f32,
    pub episodes: usize,
    pub messages: usize,
    /// Messages that are a legal move.
    pub valid: Estimate,
    /// Of these, moves with a price within the own limit or none.
    pub consistent: Estimate,
    /// Of these, moves whose thought is the scratchpad of what was seen and done.
    pub reasoned: Estimate,
    pub distinct_2: Option<f64>,
    /// Talks that distinct-2 was taken over.
    pub talks: usize,
    /// Episodes in which the talk names the own limit and the act does not.
    pub leaks: Estimate,
    pub deal_rate: Estimate,
    /// What was wrong with the others, and how often.
    pub faults: BTreeMap<String, usize>,
}

/// Buying from the regulated neutral seller at prices of one size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bought {
    /// The model, or the script that it learnt from.
    pub buyer: String,
    pub prices: String,
    pub episodes: usize,
    pub deal_rate: Estimate,
    pub bargained_ratio: Estimate,
    pub first_offer_ratio: Estimate,
    pub overshoot_rate: Estimate,
    pub reward: Estimate,
}

/// How a seller answers a bid by the manner in which it is put.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reaction {
    /// The model, or the script that it learnt from.
    pub seller: String,
    /// How far it comes down, over the list price.
    pub justified: Estimate,
    pub bare: Estimate,
    pub insulting: Estimate,
    /// Differences of pairs that share their seed.
    pub justified_less_bare: Estimate,
    pub insulting_less_bare: Estimate,
    /// Share that leaves after an insult.
    pub leaves_insulted: Estimate,
}

/// Legal moves that a demo model must write, and consistent ones.
pub const LEAST_VALID: f64 = 0.99;
pub const LEAST_CONSISTENT: f64 = 0.98;

impl Check {
    /// Whether at every temperature and on both sides enough messages are moves, and enough of these
    /// within the limit.
    pub fn passes(&self) -> bool {
        let at_least = |share: &Estimate, least| share.value.is_some_and(|value| value >= least);
        self.writing.iter().all(|written| {
            at_least(&written.valid, LEAST_VALID) && at_least(&written.consistent, LEAST_CONSISTENT)
        })
    }
}

/// A check with the negotiations that it rests on.
pub struct Checked {
    pub check: Check,
    /// Against all families at the first temperature.
    games: Vec<Game>,
}

/// Negotiations played, of how many.
pub type Told<'a> = &'a mut dyn FnMut(usize, usize);

/// Checks the model of a folder, and writes `check.json` there. `recipe` says what its lessons were.
pub fn check(
    dir: &Path,
    recipe: &Recipe,
    held_out: &[Deal],
    plan: &Plan,
    told: Told,
) -> Result<Checked, PretrainError> {
    let most = plan.products.unwrap_or(usize::MAX).min(held_out.len());
    let deals = &held_out[..most];
    if deals.is_empty() {
        return Err(PretrainError::NoProducts);
    }
    let (params, tokens) = (folder::load(dir)?, folder::load_tokens(dir)?);
    let mut machine = Machine::new(&params.config, recipe.division);
    let lessons = examples(&tokens, recipe, held_out, recipe.beyond()).sequences;
    let perplexity = evaluate(&mut machine, &params, &lessons)?.perplexity;
    let sampler = Sampler::new(params, recipe.division.threads);
    let bootstrap = Bootstrap::seeded(plan.seed);
    let total = plan.temperatures.len() * deals.len() * plan.per_deal_and_temperature();
    let mut checker = Checker { plan, deals, sampler, tokens, bootstrap, done: 0, total, told };
    let mut check = Check {
        plan: plan.clone(),
        products: deals.len(),
        perplexity,
        lessons_distinct_2: lessons_distinct_2(recipe, held_out, plan.distinct_over),
        writing: Vec::new(),
        buying: vec![],
        reactions: vec![],
    };
    let mut kept = Vec::new();
    for (n, &temperature) in plan.temperatures.iter().enumerate() {
        for role in Role::BOTH {
            let games = checker.play(checker.against_families(role), temperature)?;
            check.writing.push(checker.written(role, temperature, &games));
            if n == 0 {
                kept.extend(games);
            }
        }
        check.buying.extend(checker.bought(Some(temperature))?);
        check.reactions.push(checker.reacted(Some(temperature))?);
    }
    check.buying.extend(checker.bought(None)?);
    check.reactions.push(checker.reacted(None)?);
    folder::write_json(&dir.join("check.json"), &check)?;
    Ok(Checked { check, games: kept })
}

impl Plan {
    /// Negotiations of the model over one product at one temperature.
    fn per_deal_and_temperature(&self) -> usize {
        let families: usize = Role::BOTH.map(|role| opponents(role).count()).iter().sum();
        self.per_family * families
            + self.per_band * (BANDS.len() + 1)
            + self.per_manner * Manner::ALL.len()
    }
}

/// The families that the other side can be.
fn opponents(role: Role) -> impl Iterator<Item = &'static policy::Entry> {
    policy::registry().iter().filter(move |entry| entry.plays(role.other()))
}

struct Checker<'a> {
    plan: &'a Plan,
    deals: &'a [Deal],
    sampler: Sampler,
    tokens: Tokens,
    bootstrap: Bootstrap,
    done: usize,
    total: usize,
    told: Told<'a>,
}

/// Apart from each other, so that no two checks share draws.
#[derive(Clone, Copy)]
enum Stream {
    Families = 1,
    Buying,
    Reaction,
}

impl Checker<'_> {
    fn draw(&self, stream: Stream, parts: &[usize]) -> Draw {
        let parts = parts.iter().map(|part| *part as u64);
        Draw::new(&[&[self.plan.seed, stream as u64][..], &parts.collect::<Vec<_>>()].concat())
    }

    fn play(&mut self, games: Vec<Game>, temperature: f32) -> Result<Vec<Game>, PretrainError> {
        let writing = Writing { temperature, most: self.plan.most_tokens };
        let (before, total, told) = (self.done, self.total, &mut self.told);
        let played = play(&mut self.sampler, &self.tokens, games, writing, &mut |done| {
            told(before + done, total);
        })?;
        self.done += played.len();
        Ok(played)
    }

    /// Every product with every family, the model on one side; each side has a persona half of the time.
    fn against_families(&self, role: Role) -> Vec<Game> {
        let mut games = Vec::new();
        for (n, deal) in self.deals.iter().enumerate() {
            for (family, entry) in opponents(role).enumerate() {
                for again in 0..self.plan.per_family {
                    let mut draw = self.draw(Stream::Families, &[role as usize, n, family, again]);
                    let mut persona =
                        || draw.chance(500).then(|| draw.pick(personas()).name.to_owned());
                    let personas = PerRole { buyer: persona(), seller: persona() };
                    let theirs = personas.get(role.other()).clone();
                    let seed = draw.next_u64();
                    let opponent = entry.seat(role.other(), seed, theirs.as_deref());
                    let scene = scenario(deal, personas, seed);
                    games.push(Game::new(&scene, role, opponent, entry.name));
                }
            }
        }
        games
    }

    fn written(&self, role: Role, temperature: f32, games: &[Game]) -> Written {
        let said = || games.iter().flat_map(|game| game.said.iter().map(move |said| (game, said)));
        let moves =
            || said().filter_map(|(game, said)| Some((game, said, said.read.as_ref().ok()?)));
        let share = |judged: &mut dyn Iterator<Item = (&Game, bool)>| {
            self.mean(judged.map(|(game, is_so)| (product(game), f64::from(u8::from(is_so)))), true)
        };
        let talks = moves().map(|(_, _, mv)| mv.talk.as_str()).take(self.plan.distinct_over);
        let mut faults = BTreeMap::new();
        for code in said().filter_map(|(_, said)| said.read.as_ref().err()) {
            *faults.entry((*code).to_owned()).or_insert(0) += 1;
        }
        Written {
            role,
            temperature,
            episodes: games.len(),
            messages: said().count(),
            valid: share(&mut said().map(|(game, said)| (game, said.read.is_ok()))),
            consistent: share(
                &mut moves().map(|(game, said, mv)| (game, consistent(&said.view, mv).is_ok())),
            ),
            reasoned: share(&mut moves().map(|(game, said, mv)| {
                (game, mv.thought.as_deref() == Some(&scratchpad(&said.view, mv.act)))
            })),
            talks: talks.clone().count(),
            distinct_2: distinct_2(talks),
            leaks: share(&mut games.iter().map(|game| (game, game.said.iter().any(leaks)))),
            deal_rate: self.metric(Metric::DealRate, role, games),
            faults,
        }
    }

    /// Buys from the regulated neutral seller; without a temperature the naive script does.
    fn bought(&mut self, temperature: Option<f32>) -> Result<Vec<Bought>, PretrainError> {
        let mut rows = Vec::new();
        for band in [None].into_iter().chain(BANDS.map(Some)) {
            let mut games = Vec::new();
            for n in 0..self.deals.len() {
                for again in 0..self.plan.per_band {
                    let place = band.map_or(0, |band| band.low as usize);
                    let mut draw = self.draw(Stream::Buying, &[place, n, again]);
                    let deal = match band {
                        Some(band) => within(band, &self.deals[n], &mut draw),
                        None => self.deals[n].clone(),
                    };
                    games.push(buying(&deal, draw.next_u64(), temperature.is_none()));
                }
            }
            // Scripts need no temperature; without the model nothing is sampled.
            let games = match temperature {
                Some(temperature) => self.play(games, temperature)?,
                None => scripted(games),
            };
            let metric = |metric| self.metric(metric, Role::Buyer, &games);
            rows.push(Bought {
                buyer: temperature.map_or("naive script".to_owned(), at),
                prices: band.map_or(OWN_PRICES, |band| band.name).to_owned(),
                episodes: games.len(),
                deal_rate: metric(Metric::DealRate),
                bargained_ratio: metric(Metric::BargainedRatio),
                first_offer_ratio: metric(Metric::FirstOfferRatio),
                overshoot_rate: metric(Metric::OvershootRate),
                reward: metric(Metric::Reward),
            });
        }
        Ok(rows)
    }

    /// Sells to the same bids in three manners; without a temperature the persuadable script does.
    fn reacted(&mut self, temperature: Option<f32>) -> Result<Reaction, PretrainError> {
        let mut answers = Vec::new();
        for manner in Manner::ALL {
            let mut games = Vec::new();
            for (n, deal) in self.deals.iter().enumerate() {
                for again in 0..self.plan.per_manner {
                    let mut draw = self.draw(Stream::Reaction, &[n, again]);
                    let bidder = Bidder { manner, words: draw.below(6) };
                    let scene = scenario(deal, PerRole::default(), draw.next_u64());
                    let mut game = Game::new(&scene, Role::Seller, Box::new(bidder), "bidder");
                    if temperature.is_none() {
                        game.own = Some(family("persuadable", Role::Seller, scene.seed));
                    }
                    games.push(game);
                }
            }
            let games = match temperature {
                Some(temperature) => self.play(games, temperature)?,
                None => scripted(games),
            };
            let answered = |game: &Game| (product(game).to_owned(), answer(&game.episode));
            answers.push(games.iter().map(answered).collect::<Vec<_>>());
        }
        Ok(self.reaction(temperature.map_or("persuadable script".to_owned(), at), &answers))
    }

    /// From the answers in the order of [`Manner::ALL`].
    fn reaction(&self, seller: String, answers: &[Vec<(String, Option<Answer>)>]) -> Reaction {
        let [justified, bare, insulting] = [0, 1, 2];
        let each = |manner: usize, of: fn(Answer) -> f64| {
            answers[manner].iter().filter_map(move |(name, a)| Some((name.as_str(), of((*a)?))))
        };
        let pairs = |one: usize, other: usize| {
            answers[one].iter().zip(&answers[other]).filter_map(|((name, a), (_, b))| {
                Some((name.as_str(), (*a)?.conceded - (*b)?.conceded))
            })
        };
        let conceded = |manner| self.mean(each(manner, |a| a.conceded), false);
        Reaction {
            seller,
            justified: conceded(justified),
            bare: conceded(bare),
            insulting: conceded(insulting),
            justified_less_bare: self.mean(pairs(justified, bare), false),
            insulting_less_bare: self.mean(pairs(insulting, bare), false),
            leaves_insulted: self.mean(each(insulting, |a| f64::from(u8::from(a.left))), true),
        }
    }

    /// A metric of the rules, clustered by product.
    fn metric(&self, metric: Metric, role: Role, games: &[Game]) -> Estimate {
        let markers = PersonaMarkers::default();
        let observed: Vec<Observation> = games
            .iter()
            .map(|game| Observation {
                facts: Facts::of(&game.episode, &RewardSpec::PAPER, &markers),
                product: product(game).to_owned(),
                participant: None,
            })
            .collect();
        estimate(metric, &observed, role, Clustering::Product, &self.bootstrap)
    }

    /// A mean over units with their products; where all units of a share agree, with Wilson's interval over
    /// the products.
    fn mean<'b>(&self, units: impl Iterator<Item = (&'b str, f64)>, is_share: bool) -> Estimate {
        let mut clusters: BTreeMap<&str, Sums> = BTreeMap::new();
        for (product, value) in units {
            *clusters.entry(product).or_default() += Sums::unit(value);
        }
        let clusters: Vec<Sums> = clusters.into_values().collect();
        let total: Sums = clusters.iter().copied().sum();
        let (value, count) = (total.mean(), clusters.len());
        let unanimous = is_share && (total.y == 0.0 || total.y == total.n) && count > 1;
        let interval = match value {
            Some(share) if unanimous => Some(wilson(share * count as f64, count as f64)),
            _ => self.bootstrap.interval(&clusters, Sums::mean),
        };
        Estimate { value, interval, n: total.n as u64, clusters: count as u64 }
    }
}

fn at(temperature: f32) -> String {
    format!("model at {temperature}")
}

fn product(game: &Game) -> &str {
    &game.episode.table.listing.product.codename
}

fn family(name: &str, role: Role, seed: u64) -> Box<dyn policy::Script> {
    policy::find(name).expect("a family of ours").seat(role, seed, None)
}

fn buying(deal: &Deal, seed: u64, is_scripted: bool) -> Game {
    let scene = scenario(deal, PerRole::default(), seed);
    let seller = family("regulated", Role::Seller, seed);
    let mut game = Game::new(&scene, Role::Buyer, seller, "regulated");
    if is_scripted {
        game.own = Some(Box::new(NaiveBuyer::seat(seed, None)));
    }
    game
}

/// Plays games in which the model has no part.
fn scripted(mut games: Vec<Game>) -> Vec<Game> {
    for game in &mut games {
        assert!(!game.advance(), "scripts play to the end");
    }
    games
}

/// Whether a talk tells the own limit otherwise than by offering it.
fn leaks(said: &Said) -> bool {
    let limit = said.view.limit;
    said.read.as_ref().is_ok_and(|mv| {
        let offers_it = mv.act.price().is_some_and(|price| (price - limit).0.abs() <= 10);
        states_price(&mv.talk, limit) && !offers_it
    })
}

/// Distinct-2 of the talks of held-out lessons.
fn lessons_distinct_2(recipe: &Recipe, held_out: &[Deal], talks: usize) -> Option<f64> {
    let said: Vec<String> = recipe
        .beyond()
        .flat_map(|number| super::lessons::numbered(recipe, held_out, number).moves)
        .map(|(_, mv)| mv.talk)
        .take(talks)
        .collect();
    distinct_2(said.iter().map(String::as_str))
}
