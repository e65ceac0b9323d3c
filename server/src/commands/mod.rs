//! The commands of `souk`.

mod admin;
mod archive;
mod backup;
mod database;
mod eval;
mod export;
mod import;
mod market;
#[cfg(feature = "trainer")]
mod pretrain;
mod progress;
mod serve;
mod suite;
#[cfg(feature = "trainer")]
mod train;

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::config::{Config, VARIABLES};
use crate::telemetry;

pub(crate) use progress::spoken;

/// A market where people and agents bargain with private limits.
#[derive(Parser)]
#[command(name = "souk", version, long_version = VERSIONS.as_str(), after_help = settings())]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the market, the API and live negotiations.
    #[command(after_help = settings())]
    Serve,
    /// Bring the database's schema up to date, and stop.
    Migrate,
    /// Import products.
    #[command(subcommand)]
    Import(Import),
    /// Have two negotiators bargain over many products, and print every metric with its interval.
    Eval(eval::Eval),
    /// Markets of many buyers and sellers.
    #[command(subcommand)]
    Market(market::Market),
    /// Write episodes, moves, calls, runs and ratings into files, with a codebook and hashes.
    Export(export::Export),
    /// Train a negotiator by its rewards: queue a run, and follow it.
    #[cfg(feature = "trainer")]
    Train(train::Train),
    /// Work on the queue of training runs. `souk serve` starts one.
    #[cfg(feature = "trainer")]
    Worker(train::Work),
    /// Work on one run for a Souk elsewhere: the job of a Ray cluster. Needs no database.
    #[cfg(feature = "trainer")]
    Job(train::Job),
    /// Make the demo model from nothing but its recipe, and check it. Needs no database.
    #[cfg(feature = "trainer")]
    Pretrain(pretrain::Pretrain),
    /// Move the events of old months out of the database, into Parquet in a folder or a bucket. Pages, exports and the
    /// search in talk go on to find them.
    #[command(after_help = settings())]
    Archive(archive::Archive),
    /// Write all data into a new folder, while servers run.
    #[command(long_about = backup::BACKUP, after_help = settings())]
    Backup(backup::Backup),
    /// Take a backup in again, where there is no data yet.
    #[command(long_about = backup::RESTORE, after_help = settings())]
    Restore(backup::Restore),
    /// Researchers' accounts and keys of programs.
    #[command(subcommand)]
    Admin(admin::Admin),
}

#[derive(Subcommand)]
enum Import {
    /// The AmazonHistoryPrice set, from a folder with its 18 JSON files.
    AmazonHistoryPrice { dir: PathBuf },
    /// Souk's own catalogue of invented products.
    Catalogue,
    /// Episodes that `souk export` wrote, here or elsewhere: hashes and rewards are checked.
    Export(export::Import),
}

/// What `--version` tells beyond `-V`: what docs/COMPATIBILITY.md speaks of.
static VERSIONS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{}\nschema {}\nAPI v1, OpenAPI's info.version {0}\nexports {}\nbuild {}",
        env!("CARGO_PKG_VERSION"),
        store::newest_schema(),
        crate::export::SCHEMA,
        crate::assets::BUILD_ID,
    )
});

fn settings() -> String {
    let mut text = String::from("Settings, as environment variables:\n");
    for (name, meaning) in VARIABLES {
        writeln!(text, "  {name:<29} {meaning}").expect("a string takes any text");
    }
    text
}

impl Cli {
    /// Runs the command to its end.
    ///
    /// # Errors
    /// Sentences that say what to do.
    pub fn run(self) -> Result<()> {
        let config = Config::from_env()?;
        telemetry::start_logs(&config)?;
        tokio::runtime::Runtime::new()
            .context("the runtime does not start")?
            .block_on(self.command.run(config))
    }
}

impl Command {
    async fn run(self, config: Config) -> Result<()> {
        match self {
            Command::Serve => serve::serve(config).await,
            Command::Migrate => database::with_store(&config, |_| async { Ok(()) }).await,
            Command::Import(Import::AmazonHistoryPrice { dir }) => {
                import::amazon_history_price(&config, dir).await
            }
            Command::Import(Import::Catalogue) => import::catalogue(&config).await,
            Command::Import(Import::Export(import)) => import.run(&config).await,
            Command::Export(export) => export.run(&config).await,
            Command::Archive(archive) => archive.run(&config).await,
            Command::Backup(backup) => backup.run(&config).await,
            Command::Restore(restore) => restore.run(&config).await,
            Command::Eval(eval) => eval.run(&config).await,
            Command::Market(market) => market.run(&config).await,
            #[cfg(feature = "trainer")]
            Command::Train(train) => train.run(&config).await,
            #[cfg(feature = "trainer")]
            Command::Worker(work) => work.run(&config).await,
            #[cfg(feature = "trainer")]
            Command::Job(job) => job.run(&config).await,
            #[cfg(feature = "trainer")]
            Command::Pretrain(pretrain) => pretrain.run(&config).await,
            Command::Admin(admin) => admin.run(&config).await,
        }
    }
}
