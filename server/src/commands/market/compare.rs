//! `souk market compare`: two ways to hold the same markets, paired by seed.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use policy::market::{Figures, Population, figures};
use rules::market::Mechanism;

use super::{Stage, differences, population};
use crate::config::Config;
use crate::markets::{hold, name};

#[derive(Args)]
pub struct Compare {
    /// A population that comes with Souk (plaza, bazaar, models, shock, thin, thousands), or a file.
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

impl Compare {
    pub async fn run(self, config: &Config) -> Result<()> {
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
        let all: Vec<&Population> =
            std::iter::once(&base).chain(others.iter().map(|(_, other)| other)).collect();
        let stage = Stage::open(config, self.products.as_deref(), &all, false).await?;
        let result = self.print(&stage, &base, &others).await;
        stage.close().await?;
        result
    }

    async fn print(
        &self,
        stage: &Stage,
        base: &Population,
        others: &[(String, Population)],
    ) -> Result<()> {
        let first = self.arm(stage, base).await?;
        for (told, other) in others {
            let arm = self.arm(stage, other).await?;
            print!("{}", differences(told, &self.population, &arm, &first));
        }
        Ok(())
    }

    async fn arm(&self, stage: &Stage, of: &Population) -> Result<Vec<Figures>> {
        let mut arm = Vec::new();
        for seed in 1..=self.seeds {
            let one = Population { seed, ..of.clone() };
            let played =
                hold(&stage.roster, &one, &stage.products, None, |_| {}, |_| Ok(())).await?;
            arm.push(figures(&played.market, &played.measures));
        }
        Ok(arm)
    }
}
