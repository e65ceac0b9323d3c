//! `souk market share`: what happens when more and more buyers are played by somebody else.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use policy::market::{FIGURES, compare};
use uuid::Uuid;

use super::{Stage, mean, population, told};
use crate::commands::progress::Progress;
use crate::config::Config;
use crate::eval::code_version;
use crate::markets::{Question, Sweep, sweep};

#[derive(Args)]
pub struct Share {
    /// A population that comes with Souk (plaza, bazaar, models, shock, thin, thousands), or a file.
    population: String,
    /// Whose buyers are replaced, such as a model before its training.
    #[arg(long)]
    of: String,
    /// Who plays them then, such as a checkpoint that was published.
    #[arg(long)]
    by: String,
    /// Percentages of those buyers.
    #[arg(long, value_delimiter = ',', default_value = "0,25,50,75,100")]
    shares: Vec<u8>,
    /// Markets of each share, with the seeds from 1 on.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// Draw from the AmazonHistoryPrice set in this folder, in place of Souk's own catalogue.
    #[arg(long, value_name = "DIR")]
    products: Option<PathBuf>,
    /// Keep the figures in the database: /research/markets shows them.
    #[arg(long)]
    store: bool,
}

impl Share {
    pub async fn run(self, config: &Config) -> Result<()> {
        let base = population(&self.population, None)?;
        let sellers = base.sellers.iter().map(|group| group.negotiator.as_str());
        let buyers = base.buyers.iter().map(|group| group.negotiator.as_str());
        let names = sellers.chain(buyers).chain([self.by.as_str()]);
        let stage = Stage::of(config, self.products.as_deref(), names, self.store).await?;
        let result = self.play(&stage, &base).await;
        stage.close().await?;
        print!("{}", result?);
        Ok(())
    }

    async fn play(&self, stage: &Stage, base: &policy::market::Population) -> Result<String> {
        let mut progress = Progress::new();
        let question = Question {
            name: &self.population,
            population: base,
            of: &self.of,
            by: &self.by,
            shares: &self.shares,
            seeds: self.seeds,
        };
        let tell = |done, all| progress.tell(false, || format!("{done} of {all} markets"));
        let found = sweep(&stage.roster, &stage.products, &question, tell).await?;
        drop(progress);
        let mut text = table(&found);
        if let Some(store) = stage.store().filter(|_| self.store) {
            let id = Uuid::now_v7();
            let command = std::env::args().collect::<Vec<_>>().join(" ");
            let value = serde_json::to_value(&found)?;
            store.market_sweep_add(id, &value, &command, &code_version(), None).await?;
            text += &format!("kept: /research/markets?view=shares&id={id} shows it\n");
        }
        Ok(text)
    }
}

fn table(found: &Sweep) -> String {
    let mut text = format!(
        "{}: buyers of {} played by {}, {} markets of each share, paired by seed; p after Holm\n",
        found.population, found.of, found.by, found.seeds
    );
    let maybe = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.3}"));
    for arm in &found.arms {
        text += &format!(
            "{}%: of what its goods are worth, a buyer of {} gains {}, one of {} {}\n",
            arm.share,
            found.by,
            maybe(arm.gain_by),
            found.of,
            maybe(arm.gain_of)
        );
        let first = &found.arms[0];
        let against = compare(&arm.figures, &first.figures);
        for (at, ((figure, _), against)) in FIGURES.iter().zip(against).enumerate() {
            let against = match against {
                Some(against) if arm.share != first.share => {
                    format!("   against {}%: {}", first.share, told(&against))
                }
                _ => String::new(),
            };
            text += &format!("  {figure:<14}{:>8.3}{against}\n", mean(&arm.figures, at));
        }
    }
    text
}
