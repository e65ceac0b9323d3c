//! `souk train`: queues a training run and follows it; `souk worker`: works on the queue.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use rl::Plan;
use store::Store;
use tokio_util::sync::CancellationToken;
use wire::{
    Interval, NewRun, RunCommand, RunEvaluation, RunHead, RunId, RunPlace, RunReport, RunStatus,
};

use super::database::with_store;
use super::progress::{Progress, spoken};
use crate::config::{Config, ModelsSetting};
use crate::roster::Roster;
use crate::training::ground::{Outlook, gigabytes, outlook};
use crate::training::job::program::{self, Order};
use crate::training::job::supervise::look_after_all;
use crate::training::worker::{Worker, yield_to_others};
use crate::training::{queue, report};

/// Between two looks at a run.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Args, Clone, Debug)]
pub struct Train {
    /// The settings to begin with: laptop, small-dense or paper.
    #[arg(long, default_value = "laptop")]
    preset: String,
    /// TOML laid over the preset, such as `iterations = 5`; may be given several times.
    #[arg(long = "set", value_name = "TOML")]
    settings: Vec<String>,
    /// The same from a file.
    #[arg(long, value_name = "FILE")]
    settings_file: Option<PathBuf>,
    /// What the run is for.
    #[arg(long, default_value = "")]
    label: String,
    /// Print the plan with what it would take, and queue nothing.
    #[arg(long)]
    dry_run: bool,
    /// Queue it and do not wait: a worker takes it.
    #[arg(long)]
    detach: bool,
    /// Where it is worked on: here, ray (Souk's trainer on the cluster of SOUK_RAY_ADDRESS) or ray-trl.
    #[arg(long = "on", value_name = "PLACE", default_value = "here", value_parser = place)]
    place: RunPlace,
}

fn place(name: &str) -> Result<RunPlace, String> {
    RunPlace::named(&name.replace('-', "_")).ok_or_else(|| "take here, ray or ray-trl".to_owned())
}

#[derive(Args, Clone, Debug)]
pub struct Work {
    /// End when there is nothing more to do.
    #[arg(long)]
    once: bool,
    /// End with the process of this number, which started it.
    #[arg(long, value_name = "PID", hide = true)]
    under: Option<u32>,
}

impl Train {
    pub async fn run(self, config: &Config) -> Result<()> {
        let settings = self.settings()?;
        let plan = Plan::of(&self.preset, &settings)?;
        let roster = Roster::open(config)?;
        let outlook = outlook(&roster, &plan);
        if self.dry_run {
            print!("{}", told(&plan, &outlook)?);
        }
        if let Some(obstacle) = outlook.obstacle.as_ref().filter(|_| self.place == RunPlace::Here) {
            bail!("{obstacle}");
        }
        if self.dry_run {
            return Ok(());
        }
        let place = self.place;
        let new =
            NewRun { preset: self.preset.clone(), label: self.label.clone(), settings, place };
        let detach = self.detach;
        with_store(config, |store| async move {
            let id = queue::start(&store, &roster, config.ray.as_ref(), None, new).await?;
            println!("run {id}");
            if detach { Ok(()) } else { follow(&store, roster, config, id).await }
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

/// The plan as TOML, and what it would take.
fn told(plan: &Plan, outlook: &Outlook) -> Result<String> {
    let mut text = toml::to_string(plan).context("a plan is plain data")?;
    let Some((shape, estimate)) = outlook.estimate else { return Ok(text) };
    text.push_str(&format!(
        "\n# {} weights. Memory: {} (weights {}, learning {}, activations {}, caches {}).\n\
         # {} negotiations an iteration, of at most {} tokens each; at most {} tokens drawn an iteration, \
         {} in all.\n",
        shape.parameters,
        gigabytes(estimate.memory()),
        gigabytes(estimate.weights),
        gigabytes(estimate.learning),
        gigabytes(estimate.activations),
        gigabytes(estimate.caches),
        plan.rollouts(),
        estimate.longest,
        estimate.drawn_tokens,
        estimate.drawn_tokens * u64::from(plan.iterations),
    ));
    Ok(text)
}

/// Follows a run to its end. Where no worker is there, this process is one.
async fn follow(store: &Store, roster: Roster, config: &Config, id: RunId) -> Result<()> {
    let stop = CancellationToken::new();
    let heard = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            heard.cancel();
        }
    });
    let worker = Worker::new(store.clone(), roster, config);
    let working = async {
        tokio::time::sleep(4 * LOOK).await;
        let head = queue::head(store, id).await?;
        if head.status == RunStatus::Queued {
            match (head.place, &config.ray) {
                (RunPlace::Here, _) | (_, None) => {
                    yield_to_others();
                    worker.work(true, &stop).await?;
                }
                (_, Some(ray)) => look_after_all(store.clone(), ray.clone(), stop.clone()).await,
            }
        }
        // Another one works on it.
        stop.cancelled().await;
        anyhow::Ok(())
    };
    let watching = async {
        let mut progress = Progress::new();
        loop {
            let head = queue::head(store, id).await?;
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
            ended(&head)?;
            let row = store.run_find(id).await?;
            print!("{}", table(&report::report(store, row).await?));
            Ok(())
        }
        worked = working => {
            worked?;
            // A pause asked for here is the worker's, which may be another process.
            queue::ask(store, id, RunCommand::Pause).await?;
            bail!("stopped; the run {id} is paused: resume it from its page")
        }
    }
}

fn line(head: &RunHead) -> String {
    let reward =
        head.rewards.last().map_or(String::new(), |reward| format!(", reward {reward:.3}"));
    let stage = head.stage.as_deref().unwrap_or(head.status.name());
    let left = head
        .left_ms
        .map_or(String::new(), |left| format!(", {} left", spoken(Duration::from_millis(left))));
    format!("iteration {} of {}, {stage}{reward}{left}", head.iteration, head.of)
}

fn ended(head: &RunHead) -> Result<()> {
    match (&head.failure, head.status) {
        (Some(failure), _) => bail!("the run failed ({}): {}", failure.code, failure.sentence),
        (None, RunStatus::Done) => {
            println!("done; see /runs/{}", head.id);
            Ok(())
        }
        (None, status) => bail!("the run {} is {}", head.id, status.name()),
    }
}

/// What `souk train` says at a run's end: a line per opponent, before and after.
fn table(report: &RunReport) -> String {
    let last = report.evaluations.iter().map(|row| row.iteration).max().unwrap_or_default();
    if last == 0 {
        return String::new();
    }
    let mut text = format!(
        "On {} products of the test split, temperature {}, after {last} iterations ({} of training); \
         intervals of 95%, clustered by product.\n{:<34}{:<44}{:<44}{:<34}{}\n",
        report.products,
        report.temperature,
        spoken(Duration::from_millis(report.head.worked_ms)),
        "",
        "reward",
        "bargained ratio",
        "deals where B > C",
        "overshoots"
    );
    for after in report.evaluations.iter().filter(|row| row.iteration == last) {
        let who = (after.role, &after.against, &after.persona);
        let before = report.evaluations.iter().find(|row| {
            row.iteration == 0
                && row.baseline.is_none()
                && (row.role, &row.against, &row.persona) == who
        });
        let cell = |name: &str| {
            let of = |row: &RunEvaluation| row.figures.get(name).copied().unwrap_or_default();
            let was = before.map(of).and_then(|figure| figure.value);
            format!("{} -> {}", was.map_or("-".into(), |v| format!("{v:.3}")), figure(of(after)))
        };
        let against = format!("{} ({})", after.against, after.persona);
        text.push_str(&format!(
            "{against:<34}{:<44}{:<44}{:<34}{}\n",
            cell("reward"),
            cell("bargained_ratio"),
            cell("deal_rate_mi"),
            cell("overshoot_rate")
        ));
    }
    text
}

fn figure(figure: Interval) -> String {
    match figure {
        Interval { value: Some(value), low: Some(low), high: Some(high) } => {
            format!("{value:.3} [{low:.3}, {high:.3}]")
        }
        Interval { value: Some(value), .. } => format!("{value:.3}"),
        Interval { value: None, .. } => "-".to_owned(),
    }
}

impl Work {
    pub async fn run(self, config: &Config) -> Result<()> {
        let roster = Roster::open(config)?;
        yield_to_others();
        let stop = until_told()?;
        if let Some(parent) = self.under {
            tokio::spawn(outlived(parent, stop.clone()));
        }
        let once = self.once;
        with_store(config, |store| async move {
            let jobs = config.ray.clone().filter(|_| !once);
            let jobs =
                jobs.map(|ray| tokio::spawn(look_after_all(store.clone(), ray, stop.clone())));
            Worker::new(store, roster, config).work(once, &stop).await?;
            if let Some(jobs) = jobs {
                jobs.await.context("the cluster's jobs were not looked after")?;
            }
            Ok(())
        })
        .await
    }
}

#[derive(Args, Clone, Debug)]
pub struct Job {
    /// Where the base and the run's state are kept, so that a job begun again goes on: a folder that the
    /// cluster's nodes share. Default: SOUK_JOB_FOLDER, else `souk-runs`.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl Job {
    pub async fn run(self, config: &Config) -> Result<()> {
        let told = |name: &str| {
            std::env::var(name)
                .with_context(|| format!("{name} is not set: Souk sets it for its jobs"))
        };
        let folder = self.folder.or_else(|| std::env::var_os("SOUK_JOB_FOLDER").map(PathBuf::from));
        let order = Order {
            run: told("SOUK_RUN")?,
            souk: told("SOUK_ADDRESS")?,
            token: told("SOUK_JOB_TOKEN")?,
            folder: folder.unwrap_or_else(|| PathBuf::from("souk-runs")),
        };
        let stop = until_told()?;
        // Opponents are scripts and the run's own models.
        let alone = Config { models: ModelsSetting::Nowhere, ..config.clone() };
        program::work(order, Roster::open(&alone)?, &stop).await
    }
}

/// Cancelled when this process is told to end.
fn until_told() -> Result<CancellationToken> {
    let (stop, told) = (CancellationToken::new(), super::serve::told_to_stop()?);
    let heard = stop.clone();
    tokio::spawn(async move {
        told.await;
        heard.cancel();
    });
    Ok(stop)
}

/// Stops when the process that started this one is gone.
async fn outlived(parent: u32, stop: CancellationToken) {
    let is_there = || std::os::unix::process::parent_id() == parent;
    while is_there() {
        tokio::time::sleep(LOOK).await;
    }
    stop.cancel();
}
