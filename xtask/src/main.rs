//! `cargo xtask`: sets up, builds, starts and tests Souk. See docs/ARCHITECTURE.md.

mod apt;
mod browser;
mod build_id;
mod dist;
mod faults;
mod fleet;
mod load;
mod node;
mod page;
mod postgres;
mod process;
mod python;
mod report;
mod serve;
mod setup;
mod site;
mod soak;
mod sqlx_prepare;
mod stamp;
mod style;
mod test;
mod tools;
mod wasm_std;
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
    /// Set up what is missing, build, start the server.
    Serve {
        /// Passed on to `souk serve`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Run every check, or the named steps; crate names narrow the tests.
    Test {
        /// Steps (format, setup, build, ...) or crates (rules, store, ...).
        names: Vec<String>,
    },
    /// Several servers over one database, under a crowd: one is killed, PostgreSQL is restarted,
    /// all are replaced one after the other.
    Fleet(fleet::Plan),
    /// Everything at once on servers that are killed, cut off, paused, out of disk and of time; then a check of
    /// all that was acknowledged and stored. As root, on Linux.
    Faults(faults::Plan),
    /// One server under everything at once for hours: what grows that should not.
    Soak(soak::Plan),
    /// One server with thousands of open negotiations under moves at a given rate.
    Load(load::Plan),
    /// Only set up what is missing on the machine.
    Setup,
    /// Build the page alone.
    Page,
    /// Set up what is missing and build the server and the page.
    Build,
    /// Build one self-contained folder and its archive, start what they hold, and ask it.
    Dist(dist::Plan),
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
        Task::Serve { arguments } => serve::serve(&workspace, report, arguments),
        Task::Test { names } => test::test(&workspace, report, names),
        Task::Fleet(plan) => fleet::fleet(&workspace, report, plan),
        Task::Faults(plan) => faults::faults(&workspace, report, plan),
        Task::Soak(plan) => soak::soak(&workspace, report, plan),
        Task::Load(plan) => load::load(&workspace, report, plan),
        Task::Setup => setup::machine(&workspace, report),
        Task::Page => page::build(&workspace, report).map(drop),
        Task::Build => {
            setup::machine(&workspace, report)?;
            setup::build(&workspace, report).map(drop)
        }
        Task::Dist(plan) => dist::dist(&workspace, report, plan),
        Task::SqlxPrepare { check: true } => sqlx_prepare::check(&workspace, report),
        Task::SqlxPrepare { check: false } => sqlx_prepare::prepare(&workspace, report),
    }
}
