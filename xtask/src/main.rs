//! `cargo xtask`: sets up, builds, starts and tests Souk. See docs/ARCHITECTURE.md.

mod apt;
mod postgres;
mod process;
mod report;
mod sqlx_prepare;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use report::Report;
use workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Sets up, builds, starts and tests Souk.")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Rewrite .sqlx from the migrations and the store's queries.
    SqlxPrepare {
        /// Only say whether .sqlx is stale.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let report = Report::start();
    match run(&Cli::parse().task, &report) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report.say(&format!("FAILED: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task, report: &Report) -> Result<()> {
    let workspace = Workspace::locate()?;
    match task {
        Task::SqlxPrepare { check: true } => sqlx_prepare::check(&workspace, report),
        Task::SqlxPrepare { check: false } => sqlx_prepare::prepare(&workspace, report),
    }
}
