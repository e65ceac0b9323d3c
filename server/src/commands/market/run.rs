//! `souk market run`: one population, played to the market's end.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use policy::market::Population;
use rules::market::{Measures, Mechanism};
use serde_json::json;
use uuid::Uuid;
use wire::VisitorId;

use super::{Stage, population};
use crate::config::Config;
use crate::markets::{Keep, MECHANISMS, Played, hold, name};

#[derive(Args)]
pub struct Run {
    /// A population that comes with Souk (plaza, bazaar, models, shock, thin, thousands), or a file.
    population: String,
    /// Another seed: other draws.
    #[arg(long)]
    seed: Option<u64>,
    /// The same draws by every mechanism: bargaining, posted prices, a double auction.
    #[arg(long)]
    compare: bool,
    /// Draw from the AmazonHistoryPrice set in this folder, in place of Souk's own catalogue.
    #[arg(long, value_name = "DIR", conflicts_with = "store")]
    products: Option<PathBuf>,
    /// Write everything that happened, a line of JSON each.
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    log: Option<PathBuf>,
    /// Keep the market, its log and its talks in the database: it can be looked at under /markets.
    #[arg(long)]
    store: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

impl Run {
    pub async fn run(self, config: &Config) -> Result<()> {
        let population = population(&self.population, self.seed)?;
        let stage =
            Stage::open(config, self.products.as_deref(), &[&population], self.store).await?;
        let result = self.play(&stage, &population).await;
        stage.close().await?;
        let all = result?;
        match self.json {
            true => println!(
                "{}",
                serde_json::to_string_pretty(&all.iter().map(told).collect::<Vec<_>>())?
            ),
            false => print!("{}", table(&all)),
        }
        for id in all.iter().filter_map(|one| one.id) {
            println!("kept as {id}: `souk serve` shows it at /markets/{id}");
        }
        Ok(())
    }

    async fn play(&self, stage: &Stage, population: &Population) -> Result<Vec<Played>> {
        let mechanisms = match self.compare {
            true => MECHANISMS.to_vec(),
            false => vec![population.mechanism],
        };
        let mut log = self
            .log
            .as_ref()
            .map(|path| File::create(path).with_context(|| path.display().to_string()))
            .transpose()?
            .map(BufWriter::new);
        let mut all = Vec::new();
        for mechanism in mechanisms {
            let one = Population { mechanism, ..population.clone() };
            let keep = stage.store().filter(|_| self.store).map(|store| Keep {
                store,
                creator: VisitorId(Uuid::new_v4()),
                title: format!("{}, {}, seed {}", self.population, name(mechanism), one.seed),
            });
            let tell = |event: &rules::market::MarketEvent| {
                if let Some(log) = &mut log {
                    serde_json::to_writer(&mut *log, event)?;
                    log.write_all(b"\n")?;
                }
                Ok(())
            };
            all.push(hold(&stage.roster, &one, &stage.products, keep, |_| {}, tell).await?);
        }
        if let Some(mut log) = log {
            log.flush()?;
        }
        Ok(all)
    }
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
    use crate::markets::play;

    #[test]
    fn what_comes_with_souk_plays_by_every_mechanism() {
        let population = population("bazaar", Some(3)).unwrap();
        let products = super::super::products(None).unwrap();
        let all: Vec<Played> = MECHANISMS
            .map(|mechanism| Population { mechanism, ..population.clone() })
            .iter()
            .map(|one| play(one, &products, |_| Ok(())).unwrap())
            .collect();
        for one in &all {
            let efficiency = one.measures.efficiency.unwrap();
            assert!((0.4..=1.0).contains(&efficiency), "{}: {efficiency}", name(mechanism(one)));
            assert_eq!(one.measures.possible, all[0].measures.possible, "the same draws");
        }
        let shown = table(&all);
        assert_eq!(shown.lines().count(), 4);
        assert!(shown.contains("double auction"), "{shown}");
        assert_eq!(told(&all[0])["goods"].as_array().unwrap().len(), 8);
    }

    #[tokio::test]
    async fn a_command_s_market_is_the_page_s() {
        let population = population("thin", None).unwrap();
        let products = super::super::products(None).unwrap();
        let roster = crate::roster::Roster::scripted();
        let held = hold(&roster, &population, &products, None, |_| {}, |_| Ok(())).await.unwrap();
        let played = play(&population, &products, |_| Ok(())).unwrap();
        assert_eq!(held.market, played.market);
        assert_eq!((held.events, held.talks), (played.events, played.talks));
    }
}
