//! `souk eval --plan`: queues a suite and follows it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use store::Store;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wire::{NewSuite, ProductQuery, RunCommand, RunStatus, SuiteHead, SuiteId};

use super::database::with_store;
use super::import;
use super::progress::{Progress, spoken};
use crate::config::Config;
use crate::eval::estimate::estimate;
use crate::eval::plan::Plan;
use crate::eval::{show, suite};
use crate::roster::Roster;
use crate::training::published;

/// Between two looks at a suite.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Args, Clone, Debug)]
pub struct Suite {
    /// A built-in plan in place of one pair: paper-table-1, -2, -3, bilateral-trade, terms or custom.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["buyer", "seller", "resume"])]
    plan: Option<String>,
    /// TOML laid over the plan, such as `measured = ["demo", "linear"]`; may be given several times.
    #[arg(long = "set", value_name = "TOML", requires = "plan")]
    settings: Vec<String>,
    /// The same from a file.
    #[arg(long, value_name = "FILE", requires = "plan")]
    settings_file: Option<PathBuf>,
    /// What the suite is for.
    #[arg(long, default_value = "", requires = "plan")]
    label: String,
    /// Print the plan with what it would take, and queue nothing.
    #[arg(long, requires = "plan")]
    dry_run: bool,
    /// Queue it and do not wait: a worker takes it.
    #[arg(long, requires = "plan")]
    detach: bool,
}

impl Suite {
    pub fn is_asked_for(&self) -> bool {
        self.plan.is_some()
    }

    pub async fn run(self, config: &Config) -> Result<()> {
        let name = self.plan.clone().context("a plan")?;
        let settings = self.settings()?;
        let plan = Plan::of(&name, &settings)?;
        let roster = Roster::open(config)?;
        with_store(config, |store| async move {
            if store.product_list(&ProductQuery::default()).await?.total == 0 {
                eprintln!("souk: filling the market with Souk's own catalogue");
                import::own(&store).await?;
            }
            published::seat(&store, &roster, &config.data).await?;
            if self.dry_run {
                let told = estimate(&store, &roster, &plan).await?;
                print!("{}{}", toml::to_string(&plan)?, show::estimate(&told));
                return Ok(());
            }
            let new = NewSuite { plan: name, label: self.label.clone(), settings };
            let command: Vec<String> = std::env::args().collect();
            let id = suite::start(&store, &roster, None, new, &command.join(" ")).await?;
            println!("suite {id}");
            if self.detach { Ok(()) } else { follow(&store, &roster, id).await }
        })
        .await
    }

    fn settings(&self) -> Result<String> {
        let mut text = self.settings.join("\n");
        if let Some(file) = &self.settings_file {
            let more = std::fs::read_to_string(file)
                .with_context(|| format!("{} cannot be read", file.display()))?;
            text.push('\n');
            text.push_str(&more);
        }
        Ok(text)
    }
}

/// Follows a suite to its end. Where no worker is there, this process is one.
async fn follow(store: &Store, roster: &Roster, id: SuiteId) -> Result<()> {
    let stop = CancellationToken::new();
    let heard = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            heard.cancel();
        }
    });
    let working = async {
        tokio::time::sleep(4 * LOOK).await;
        let owner = Uuid::new_v4();
        while store.suite_find(id).await?.status == RunStatus::Queued {
            suite::work_on_next(store, roster, owner, &stop).await?;
        }
        // Another one works on it.
        stop.cancelled().await;
        anyhow::Ok(())
    };
    let watching = async {
        let mut progress = Progress::new();
        loop {
            let head = show::head(store.suite_find(id).await?);
            let is_over = head.status.is_over() || head.status == RunStatus::Paused;
            progress.tell(is_over, || line(&head));
            if is_over {
                return anyhow::Ok(head);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        head = watching => {
            let head = head?;
            print!("{}", show::table(&show::page(store, id).await?));
            match head.failure {
                Some(failure) => bail!("{}", failure.sentence),
                None => Ok(()),
            }
        }
        worked = working => {
            worked?;
            store.suite_ask(id, RunCommand::Pause).await?;
            bail!("stopped; the suite {id} is paused: resume it from its page")
        }
    }
}

fn line(head: &SuiteHead) -> String {
    let left = head
        .left_ms
        .map_or(String::new(), |left| format!(", {} left", spoken(Duration::from_millis(left))));
    let failed = if head.failed > 0 { format!(", {} failed", head.failed) } else { String::new() };
    format!("{} of {} episodes, {}{failed}{left}", head.done, head.of, head.status.name())
}
