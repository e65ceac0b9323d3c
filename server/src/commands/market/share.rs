//! `souk market share`: what happens when more and more buyers are played by somebody else.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use policy::market::{FIGURES, Figures, compare, figures};
use rules::market::Market;
use rules::statistics::Sums;

use super::{Stage, mean, population, told};
use crate::commands::progress::Progress;
use crate::config::Config;
use crate::markets::{Played, hold, shared};

#[derive(Args)]
pub struct Share {
    /// A population that comes with Souk (plaza, bazaar, shock, thin, thousands), or a file.
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
}

/// One share's markets.
struct Arm {
    share: u8,
    figures: Vec<Figures>,
    /// What a buyer of each kind gains, of the sum of its values.
    gains: [Option<f64>; 2],
}

impl Share {
    pub async fn run(self, config: &Config) -> Result<()> {
        let base = population(&self.population, None)?;
        if base.buyers.iter().all(|group| group.negotiator != self.of) {
            let mut there: Vec<&str> =
                base.buyers.iter().map(|group| group.negotiator.as_str()).collect();
            there.dedup();
            bail!(
                "no buyers of {} are played by {}: there are {}",
                self.population,
                self.of,
                there.join(", ")
            );
        }
        let sellers = base.sellers.iter().map(|group| group.negotiator.as_str());
        let buyers = base.buyers.iter().map(|group| group.negotiator.as_str());
        let names = sellers.chain(buyers).chain([self.by.as_str()]);
        let stage = Stage::of(config, self.products.as_deref(), names, false).await?;
        let result = self.play(&stage, &base).await;
        stage.close().await?;
        print!("{}", self.told(&result?));
        Ok(())
    }

    async fn play(&self, stage: &Stage, base: &policy::market::Population) -> Result<Vec<Arm>> {
        let mut progress = Progress::new();
        let mut arms = Vec::new();
        for share in &self.shares {
            let (mut all, mut gains) = (Vec::new(), [Sums::default(), Sums::default()]);
            for seed in 1..=self.seeds {
                progress.tell(false, || {
                    format!("{share}% {}, market {seed} of {}", self.by, self.seeds)
                });
                let one = policy::market::Population { seed, ..base.clone() };
                let recast = |cast: &mut policy::market::Cast| {
                    shared(cast, seed, &self.of, &self.by, f64::from(*share) / 100.0);
                };
                let played =
                    hold(&stage.roster, &one, &stage.products, None, recast, |_| Ok(())).await?;
                all.push(figures(&played.market, &played.measures));
                for (sums, name) in gains.iter_mut().zip([&self.by, &self.of]) {
                    *sums = [*sums, gained(&played, name)].into_iter().sum();
                }
            }
            let gains = gains.map(|sums| sums.mean());
            arms.push(Arm { share: *share, figures: all, gains });
        }
        Ok(arms)
    }

    fn told(&self, arms: &[Arm]) -> String {
        let mut text = format!(
            "{}: buyers of {} played by {}, {} markets of each share, paired by seed; p after Holm\n",
            self.population, self.of, self.by, self.seeds
        );
        let maybe =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.3}"));
        for arm in arms {
            let [by, of] = arm.gains.map(maybe);
            text += &format!(
                "{}%: of what its goods are worth, a buyer of {} gains {by}, one of {} {of}\n",
                arm.share, self.by, self.of
            );
            let found = compare(&arm.figures, &arms[0].figures);
            for (at, ((figure, _), found)) in FIGURES.iter().zip(found).enumerate() {
                let against = match found {
                    Some(found) if arm.share != arms[0].share => {
                        format!("   against {}%: {}", arms[0].share, told(&found))
                    }
                    _ => String::new(),
                };
                text += &format!("  {figure:<14}{:>8.3}{against}\n", mean(&arm.figures, at));
            }
        }
        text
    }
}

/// Of each buyer that somebody plays: what it gained, of the sum of its values.
fn gained(played: &Played, negotiator: &str) -> Sums {
    let market: &Market = &played.market;
    let parts = played.cast.buyers.iter().enumerate();
    parts
        .filter(|(_, part)| part.negotiator == negotiator)
        .map(|(buyer, _)| {
            let worth: i64 = market.scenario.buyers[buyer].wants.iter().map(|w| w.value.0).sum();
            let sales = market.sales.iter().filter(|sale| sale.buyer == buyer);
            let gain: i64 = sales.map(|sale| (sale.value - sale.price).0).sum();
            Sums::unit(gain as f64 / worth as f64)
        })
        .sum()
}
