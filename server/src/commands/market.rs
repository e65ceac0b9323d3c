//! `souk market`: markets of scripted agents, played to their end. Needs no database.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use catalogue::{SEED, own_catalogue};
use clap::{Args, Subcommand};
use policy::market::{FIGURES, Population, compare, figures};
use rules::Product;
use rules::market::{Measures, Mechanism};
use serde_json::json;

use crate::markets::{MECHANISMS, POPULATIONS, Played, bundled, name, play, read};

#[derive(Subcommand)]
pub enum Market {
    /// Play a population to the market's end, and print how well it did.
    Run(Run),
    /// Play two populations, or one by each mechanism, with many seeds, and print how they differ.
    Compare(Compare),
}

#[derive(Args)]
pub struct Compare {
    /// A population that comes with Souk (bazaar, shock, thin, thousands), or a file.
    population: String,
    /// Another one. Left out: the first one by posted prices and by a double auction, each against its bargaining.
    other: Option<String>,
    /// Markets of each, with the seeds from 1 on.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// Draw from the AmazonHistoryPrice set in this folder, in place of Souk's own catalogue.
    #[arg(long, value_name = "DIR")]
    products: Option<PathBuf>,
}

#[derive(Args)]
pub struct Run {
    /// A population that comes with Souk (bazaar, shock, thin, thousands), or a file.
    population: String,
    /// Another seed: other draws.
    #[arg(long)]
    seed: Option<u64>,
    /// The same draws by every mechanism: bargaining, posted prices, a double auction.
    #[arg(long)]
    compare: bool,
    /// Draw from the AmazonHistoryPrice set in this folder, in place of Souk's own catalogue.
    #[arg(long, value_name = "DIR")]
    products: Option<PathBuf>,
    /// Write everything that happened, a line of JSON each.
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    log: Option<PathBuf>,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

impl Market {
    pub fn run(self) -> Result<()> {
        match self {
            Market::Run(run) => run.run(),
            Market::Compare(compare) => compare.run(),
        }
    }
}

impl Compare {
    fn run(self) -> Result<()> {
        let products = products(self.products.as_deref())?;
        let base = population(&self.population, None)?;
        let others = match &self.other {
            Some(other) => vec![(other.clone(), population(other, None)?)],
            None => [Mechanism::PostedPrice, Mechanism::DoubleAuction]
                .map(|mechanism| {
                    (name(mechanism).to_owned(), Population { mechanism, ..base.clone() })
                })
                .to_vec(),
        };
        let base = match self.other {
            Some(_) => base,
            None => Population { mechanism: Mechanism::Bargaining, ..base },
        };
        let arm = |of: &Population| -> Result<Vec<[Option<f64>; 6]>> {
            let mut arm = Vec::new();
            for seed in 1..=self.seeds {
                let played = play(&Population { seed, ..of.clone() }, &products, |_| Ok(()))?;
                arm.push(figures(&played.market, &played.measures));
            }
            Ok(arm)
        };
        let first = arm(&base)?;
        for (told, other) in others {
            print!("{}", differences(&told, &self.population, &arm(&other)?, &first));
        }
        Ok(())
    }
}

/// `a` less `b`, figure by figure.
fn differences(a: &str, b: &str, of_a: &[[Option<f64>; 6]], of_b: &[[Option<f64>; 6]]) -> String {
    let mean = |of: &[[Option<f64>; 6]], at: usize| {
        let all: Vec<f64> = of.iter().filter_map(|one| one[at]).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let mut text =
        format!("{a} less {b}, {} markets of each, paired by seed; p after Holm\n", of_a.len());
    for (at, ((figure, meaning), found)) in FIGURES.iter().zip(compare(of_a, of_b)).enumerate() {
        let Some(found) = found else { continue };
        let interval = found
            .interval
            .map_or_else(String::new, |ends| format!(" [{:.3}, {:.3}]", ends.low, ends.high));
        text += &format!(
            "  {figure:<14}{:>8.3}{:>8.3}   {:+.3}{interval}, p = {:.4}  ({meaning})\n",
            mean(of_a, at),
            mean(of_b, at),
            found.value,
            found.p
        );
    }
    text
}

impl Run {
    fn run(self) -> Result<()> {
        let run = self;
        let population = population(&run.population, run.seed)?;
        let products = products(run.products.as_deref())?;
        let mechanisms = match run.compare {
            true => MECHANISMS.to_vec(),
            false => vec![population.mechanism],
        };
        let mut log = run
            .log
            .map(|path| File::create(&path).with_context(|| path.display().to_string()))
            .transpose()?
            .map(BufWriter::new);
        let mut all = Vec::new();
        for mechanism in mechanisms {
            let one = Population { mechanism, ..population.clone() };
            all.push(play(&one, &products, |event| {
                if let Some(log) = &mut log {
                    serde_json::to_writer(&mut *log, event)?;
                    log.write_all(b"\n")?;
                }
                Ok(())
            })?);
        }
        if let Some(mut log) = log {
            log.flush()?;
        }
        match run.json {
            true => println!(
                "{}",
                serde_json::to_string_pretty(&all.iter().map(told).collect::<Vec<_>>())?
            ),
            false => print!("{}", table(&all)),
        }
        Ok(())
    }
}

fn population(name: &str, seed: Option<u64>) -> Result<Population> {
    let mut population = match bundled(name) {
        Some(known) => known?,
        None => {
            let text = std::fs::read_to_string(name).with_context(|| {
                let known = POPULATIONS.map(|(known, _)| known).join(", ");
                format!("`{name}` is neither a file nor one of {known}")
            })?;
            read(&text, name)?
        }
    };
    population.seed = seed.unwrap_or(population.seed);
    Ok(population)
}

fn products(dir: Option<&Path>) -> Result<Vec<Product>> {
    let items = match dir {
        Some(dir) => catalogue::amazon_history_price::read(dir)?.items,
        None => own_catalogue(SEED),
    };
    Ok(items.into_iter().map(|item| item.product).collect())
}

fn mechanism(of: &Played) -> Mechanism {
    of.market.scenario.mechanism
}

/// Mean over the goods that have one.
fn dispersion(measures: &Measures) -> Option<f64> {
    let all: Vec<f64> = measures.goods.iter().filter_map(|good| good.dispersion).collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

fn excluded(measures: &Measures) -> usize {
    measures.goods.iter().map(|good| good.excluded).sum()
}

fn table(all: &[Played]) -> String {
    let mut text = format!(
        "{:<16}{:>8}{:>12}{:>16}{:>16}{:>12}{:>10}{:>10}{:>10}{:>12}{:>10}\n",
        "mechanism",
        "sold",
        "efficiency",
        "buyers' gain",
        "sellers' gain",
        "dispersion",
        "excluded",
        "steps",
        "talks",
        "events",
        "seconds"
    );
    let maybe =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    for one in all {
        let measures = &one.measures;
        text += &format!(
            "{:<16}{:>8}{:>12}{:>16}{:>16}{:>12}{:>10}{:>10}{:>10}{:>12}{:>10.2}\n",
            name(mechanism(one)),
            one.market.sales.len(),
            maybe(measures.efficiency),
            measures.surplus.buyer.to_string(),
            measures.surplus.seller.to_string(),
            maybe(dispersion(measures)),
            excluded(measures),
            measures.steps_to_deal.map_or_else(|| "-".to_owned(), |steps| format!("{steps:.1}")),
            one.talks,
            one.events,
            one.took.as_secs_f64(),
        );
    }
    text
}

fn told(one: &Played) -> serde_json::Value {
    let goods: Vec<_> = one
        .measures
        .goods
        .iter()
        .map(|good| {
            json!({
                "good": good.good,
                "sold": good.sold,
                "possible_quantity": good.possible.quantity,
                "clearing_prices_mills": good.possible.prices.map(|(low, high)| [low.0, high.0]),
                "possible_gains_mills": good.possible.gains.0,
                "realised_gains_mills": good.realised.0,
                "mean_price_mills": good.mean_price,
                "dispersion": good.dispersion,
                "excluded": good.excluded,
            })
        })
        .collect();
    json!({
        "mechanism": mechanism(one),
        "sold": one.market.sales.len(),
        "talks": one.talks,
        "events": one.events,
        "seconds": one.took.as_secs_f64(),
        "efficiency": one.measures.efficiency,
        "possible_gains_mills": one.measures.possible.0,
        "realised_gains_mills": one.measures.realised.0,
        "buyers_surplus_mills": one.measures.surplus.buyer.0,
        "sellers_surplus_mills": one.measures.surplus.seller.0,
        "steps_to_deal": one.measures.steps_to_deal,
        "last_sale_step": one.measures.cleared,
        "goods": goods,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_souk_plays_by_every_mechanism() {
        let population = population("bazaar", Some(3)).unwrap();
        let products = products(None).unwrap();
        let all: Vec<Played> =
            [Mechanism::Bargaining, Mechanism::PostedPrice, Mechanism::DoubleAuction]
                .map(|mechanism| Population { mechanism, ..population.clone() })
                .iter()
                .map(|one| play(one, &products, |_| Ok(())).unwrap())
                .collect();
        for one in &all {
            let efficiency = one.measures.efficiency.unwrap();
            assert!((0.4..=1.0).contains(&efficiency), "{}: {efficiency}", name(mechanism(one)));
            assert_eq!(one.measures.possible, all[0].measures.possible, "the same draws");
        }
        let of = |one: &Played| vec![figures(&one.market, &one.measures); 4];
        let arms = [of(&all[2]), of(&all[0])];
        let compared = differences("auction", "bazaar", &arms[0], &arms[1]);
        assert!(compared.contains("efficiency") && compared.contains("p ="), "{compared}");
        let shown = table(&all);
        assert_eq!(shown.lines().count(), 4);
        assert!(shown.contains("double auction"), "{shown}");
        assert_eq!(told(&all[0])["goods"].as_array().unwrap().len(), 8);
    }

    #[test]
    fn what_is_no_population_says_so() {
        let missing = population("nowhere.toml", None).unwrap_err().to_string();
        assert!(missing.contains("bazaar, shock"), "{missing}");
        for (name, _) in POPULATIONS {
            assert!(population(name, None).is_ok(), "{name}");
        }
    }
}
