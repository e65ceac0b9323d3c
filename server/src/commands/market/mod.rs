//! `souk market`: markets of many agents, played as fast as they can be.

mod compare;
mod run;
mod share;

use std::path::Path;

use anyhow::{Context, Result};
use clap::Subcommand;
use policy::market::{FIGURES, Figures, PERSON, Population, compare as contrast};
use rules::Product;
use rules::statistics::Difference;
use store::Store;

use super::database::Opened;
use super::import;
use crate::config::Config;
use crate::markets::{POPULATIONS, bundled, own_products, read};
use crate::roster::Roster;
use crate::training::published;

#[derive(Subcommand)]
pub enum Market {
    /// Play a population to the market's end, and print how well it did.
    Run(run::Run),
    /// Play two populations, or one by each mechanism, with many seeds, and print how they differ.
    Compare(compare::Compare),
    /// Play one population with a growing share of its buyers played by somebody else, and print what that does.
    Share(share::Share),
}

impl Market {
    pub async fn run(self, config: &Config) -> Result<()> {
        match self {
            Market::Run(run) => run.run(config).await,
            Market::Compare(compare) => compare.run(config).await,
            Market::Share(share) => share.run(config).await,
        }
    }
}

/// What markets are played with. A database is opened where they are kept, or where a checkpoint may be meant.
struct Stage {
    roster: Roster,
    products: Vec<Product>,
    opened: Option<Opened>,
}

impl Stage {
    async fn open(
        config: &Config,
        dir: Option<&Path>,
        populations: &[&Population],
        keeps: bool,
    ) -> Result<Stage> {
        let names = populations.iter().flat_map(|one| {
            let sellers = one.sellers.iter().map(|group| group.negotiator.as_str());
            sellers.chain(one.buyers.iter().map(|group| group.negotiator.as_str()))
        });
        Stage::of(config, dir, names, keeps).await
    }

    async fn of<'a>(
        config: &Config,
        dir: Option<&Path>,
        names: impl Iterator<Item = &'a str>,
        keeps: bool,
    ) -> Result<Stage> {
        let products = products(dir)?;
        let models: Vec<&str> =
            names.filter(|name| policy::find(name).is_none() && *name != PERSON).collect();
        let roster = match models.is_empty() {
            true => Roster::scripted(),
            false => Roster::open(config)?,
        };
        let unknown = models.iter().any(|name| roster.find(name).is_none());
        let opened = match keeps || unknown {
            false => None,
            true => {
                let opened = Opened::open(config).await?;
                let store = &opened.database.store;
                if keeps && store.import_last(crate::markets::MARKET_SOURCE).await?.is_none() {
                    import::own(store).await?;
                }
                if unknown {
                    published::seat(store, &roster, &config.data).await?;
                }
                Some(opened)
            }
        };
        Ok(Stage { roster, products, opened })
    }

    fn store(&self) -> Option<&Store> {
        self.opened.as_ref().map(|opened| &opened.database.store)
    }

    async fn close(self) -> Result<()> {
        match self.opened {
            Some(opened) => opened.close().await,
            None => Ok(()),
        }
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
    let Some(dir) = dir else { return Ok(own_products()) };
    let items = catalogue::amazon_history_price::read(dir)?.items;
    Ok(items.into_iter().map(|item| item.product).collect())
}

/// `a` less `b`, figure by figure.
fn differences(a: &str, b: &str, of_a: &[Figures], of_b: &[Figures]) -> String {
    let mut text =
        format!("{a} less {b}, {} markets of each, paired by seed; p after Holm\n", of_a.len());
    for (at, ((figure, meaning), found)) in FIGURES.iter().zip(contrast(of_a, of_b)).enumerate() {
        let Some(found) = found else { continue };
        text += &format!(
            "  {figure:<14}{:>8.3}{:>8.3}   {}  ({meaning})\n",
            mean(of_a, at),
            mean(of_b, at),
            told(&found)
        );
    }
    text
}

fn mean(of: &[Figures], at: usize) -> f64 {
    let all: Vec<f64> = of.iter().filter_map(|one| one[at]).collect();
    all.iter().sum::<f64>() / all.len() as f64
}

fn told(found: &Difference) -> String {
    let interval = found
        .interval
        .map_or_else(String::new, |ends| format!(" [{:.3}, {:.3}]", ends.low, ends.high));
    format!("{:+.3}{interval}, p = {:.4}", found.value, found.p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_population_says_so() {
        let missing = population("nowhere.toml", None).unwrap_err().to_string();
        assert!(missing.contains("plaza, bazaar, models"), "{missing}");
        for (name, _) in POPULATIONS {
            assert!(population(name, None).is_ok(), "{name}");
        }
    }
}
