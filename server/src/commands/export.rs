//! `souk export`, and `souk import export`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use app::episode_query;
use clap::Args;

use super::database::with_store;
use super::progress::Progress;
use crate::config::Config;
use crate::export::{self, Format, Imported, Order, Sink};

#[derive(Args, Clone, Debug)]
pub struct Export {
    /// A new folder.
    folder: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Which episodes, as the address of the table of episodes has it: `suite=ID&seller=persuadable`. All without;
    /// rollouts by `run=ID` alone.
    #[arg(long, value_name = "CONDITIONS", default_value = "")]
    r#where: String,
    /// Only these tables, e.g. `episodes,moves`. An import needs products, episodes and events.
    #[arg(long, value_delimiter = ',')]
    tables: Vec<String>,
}

impl Export {
    pub async fn run(self, config: &Config) -> Result<()> {
        let Export { folder, format, r#where, tables } = self;
        let search = episode_query::parse(&r#where).map_err(|wrong| {
            anyhow::anyhow!("{wrong}: conditions look like `seller=persuadable&ending=deal`")
        })?;
        let sink = Sink::folder(folder.clone())?;
        with_store(config, |store| async move {
            let mut progress = Progress::new();
            let tell = move |table: &str, rows: u64| {
                progress.tell(false, || format!("{table}: {rows} rows"))
            };
            let conditions = episode_query::href(&search);
            let conditions = conditions.split_once('?').map_or("", |(_, query)| query).to_owned();
            let order = Order { search, conditions, format, tables };
            let manifest = export::export(&store, order, sink, tell).await?;
            for file in manifest.files {
                println!("{:<18} {:>10} rows {:>12} bytes", file.name, file.rows, file.bytes);
            }
            println!("{}", folder.join("manifest.json").display());
            Ok(())
        })
        .await
    }
}

#[derive(Args, Clone, Debug)]
pub struct Import {
    /// With a manifest.json.
    folder: PathBuf,
    /// Compare hashes and rewards, and store nothing.
    #[arg(long)]
    check: bool,
}

impl Import {
    pub async fn run(self, config: &Config) -> Result<()> {
        let Import { folder, check } = self;
        let progress = Arc::new(Mutex::new(Progress::new()));
        let told = Arc::clone(&progress);
        let tell = move |episodes: u64| {
            let mut progress = told.lock().unwrap_or_else(PoisonError::into_inner);
            progress.tell(false, || format!("{episodes} episodes"));
        };
        let imported = if check {
            export::import(None, folder, tell).await?
        } else {
            with_store(config, |store| export::import(Some(store), folder, tell)).await?
        };
        drop(progress);
        let Imported { checked, stored, products } = imported;
        println!("{checked} episodes replayed, with the rewards that the export says");
        if !check {
            println!("{stored} episodes and {products} products are new here");
        }
        Ok(())
    }
}
