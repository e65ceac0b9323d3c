//! `souk eval`: two negotiators over many products.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use rules::Role;
use store::{EvaluationId, Store};
use tokio_util::sync::CancellationToken;
use wire::ProductQuery;

use super::database::with_store;
use super::import;
use super::progress::{Progress, spoken};
use super::suite::Suite;
use crate::config::Config;
use crate::eval::{Evaluation, Report, Settings, Standing, Temperatures, report, seat};
use crate::roster::Roster;

#[derive(Args, Clone, Debug)]
pub struct Eval {
    /// The buyer, by name: a scripted negotiator or a language model of the models file.
    #[arg(long, required_unless_present_any = ["resume", "plan"])]
    buyer: Option<String>,
    #[arg(long, required_unless_present_any = ["resume", "plan"])]
    seller: Option<String>,
    #[command(flatten)]
    suite: Suite,
    /// Which products.
    #[arg(long, value_enum, default_value = "test")]
    split: Splits,
    /// How many of them, at most.
    #[arg(long, default_value_t = 128)]
    products: usize,
    /// Episodes of each product.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    rollouts: u32,
    /// The seller's persona.
    #[arg(long, default_value = "neutral")]
    persona: String,
    /// Another seed, other episodes; the same one, the same.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Episodes at once. Changes nothing but the time.
    #[arg(long, default_value_t = 8)]
    concurrency: usize,
    /// Of the language models of this machine, in place of their own.
    #[arg(long)]
    temperature: Option<f32>,
    /// Whose metrics to print.
    #[arg(long, value_enum, default_value = "buyer")]
    side: Sides,
    /// Write all figures to this file too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Go on with an evaluation that was interrupted, by its own settings.
    #[arg(long, value_name = "ID")]
    resume: Option<EvaluationId>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Splits {
    Train,
    Test,
    All,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sides {
    Buyer,
    Seller,
    Both,
}

impl Splits {
    fn stored(self) -> Option<store::Split> {
        match self {
            Splits::Train => Some(store::Split::Train),
            Splits::Test => Some(store::Split::Test),
            Splits::All => None,
        }
    }
}

impl Sides {
    fn roles(self) -> &'static [Role] {
        match self {
            Sides::Buyer => &[Role::Buyer],
            Sides::Seller => &[Role::Seller],
            Sides::Both => &Role::BOTH,
        }
    }
}

impl Eval {
    pub async fn run(self, config: &Config) -> Result<()> {
        if self.suite.is_asked_for() {
            return self.suite.run(config).await;
        }
        let roster = Roster::open(config)?;
        // Before a database is started, so that a mistyped name costs nothing.
        for (name, role) in [(&self.buyer, Role::Buyer), (&self.seller, Role::Seller)] {
            if let Some(name) = name {
                seat(&roster, name, role)?;
            }
        }
        let personas = policy::personas().iter().map(|entry| entry.name);
        if !personas.clone().any(|name| name == self.persona) {
            let names: Vec<&str> = personas.collect();
            bail!("there is no persona {}; there are {}", self.persona, names.join(", "));
        }
        let stop = CancellationToken::new();
        let heard = stop.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                heard.cancel();
            }
        });
        let (file, told) = (
            self.json.clone(),
            with_store(config, |store| async move { self.evaluate(&store, &roster, &stop).await }),
        );
        let report = told.await?;
        print!("{report}");
        if let Some(file) = file {
            let text = serde_json::to_string_pretty(&report).context("figures are plain data")?;
            std::fs::write(&file, text + "\n")
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        if report.finished < report.planned as usize {
            bail!(
                "{} episodes failed: `souk eval --resume {}` tries them again",
                report.planned as usize - report.finished,
                report.evaluation
            );
        }
        Ok(())
    }

    async fn evaluate(
        &self,
        store: &Store,
        roster: &Roster,
        stop: &CancellationToken,
    ) -> Result<Report> {
        let progress = Arc::new(Mutex::new(Progress::new()));
        let say = |line: String| lock(&progress).say(&line);
        let evaluation = match self.resume {
            Some(id) => Evaluation::find(store, id).await?,
            None => self.begin(store, say).await?,
        };
        let Settings { buyer, seller, temperature, .. } = &evaluation.settings;
        let _temperatures = match temperature {
            Some(temperature) => {
                Some(Temperatures::set(roster, &[buyer.clone(), seller.clone()], *temperature)?)
            }
            None => None,
        };
        say(format!("evaluation {}", evaluation.id));
        let told = |standing: Standing| {
            lock(&progress).tell(standing.done + standing.failed == standing.of, || told(standing));
        };
        let ended = evaluation.play(store, roster, self.concurrency, stop, told).await;
        let resume = || format!("`souk eval --resume {}` goes on with it", evaluation.id);
        if !ended.with_context(|| format!("the evaluation was interrupted; {}", resume()))? {
            bail!("stopped; {}", resume());
        }
        report(store, evaluation.id, self.side.roles()).await
    }

    async fn begin(&self, store: &Store, say: impl Fn(String)) -> Result<Evaluation> {
        if store.product_list(&ProductQuery::default()).await?.total == 0 {
            say("filling the market with Souk's own catalogue".to_owned());
            import::own(store).await?;
        }
        let mut products = store.evaluation_products(self.split.stored()).await?;
        if products.is_empty() {
            bail!("there are no products of this split: import some, or choose another --split");
        }
        if products.len() < self.products {
            say(format!("there are {} products, all of which are taken", products.len()));
        }
        products.truncate(self.products);
        let name = |name: &Option<String>| name.clone().context("--buyer and --seller are needed");
        let (buyer, seller) = (name(&self.buyer)?, name(&self.seller)?);
        let settings = Settings {
            persona: self.persona.clone(),
            rollouts: self.rollouts,
            temperature: self.temperature,
            ..Settings::paper(&buyer, &seller, self.seed, products)
        };
        let command: Vec<String> = std::env::args().collect();
        Evaluation::begin(store, settings, self.split.stored(), command.join(" ")).await
    }
}

fn lock(progress: &Mutex<Progress>) -> std::sync::MutexGuard<'_, Progress> {
    // Nothing in it can be left half done.
    progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn told(Standing { done, of, failed, left }: Standing) -> String {
    let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
    // Nothing is known of the time before the first one.
    let left = if left.is_zero() { String::new() } else { format!(", {} left", spoken(left)) };
    format!("{done} of {of} episodes{failed}{left}")
}
