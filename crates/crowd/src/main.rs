//! Many people at once against a running Souk, and whether all that they were told holds.
//!
//! `crowd play` is as many browsers as one likes, each as careful as the page: a move carries its key
//! and is sent again with it until it is acknowledged, live events are followed by cursor, a lost
//! connection comes back by itself. `crowd check` holds what was acknowledged against the database.

mod browser;
mod check;
mod figures;
mod live;
mod load;
mod pause;
mod pilot;
mod play;
mod record;
mod trade;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Many people at once against a running Souk.")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Negotiate, and say how it went.
    Play(Play),
    /// Take seats in markets, and bargain.
    Trade(trade::Trade),
    /// Make moves at a given rate in many open negotiations, and time them.
    Load(load::Load),
    /// Launch a study as a pilot, and send programs through it again and again.
    Pilot(pilot::Pilot),
    /// Hold what was acknowledged against what is stored.
    Check(Box<Check>),
}

/// Ends early, but no negotiation in the middle, at SIGTERM or Ctrl-C.
#[derive(Clone, Args)]
struct Play {
    /// Where Souk answers.
    #[arg(long, default_value = "http://127.0.0.1:3030")]
    address: String,
    /// Negotiations open at once, each of a person of its own.
    #[arg(long, default_value_t = 200)]
    negotiations: u32,
    /// Negotiations that each person plays, one after the other.
    #[arg(long, default_value_t = 3)]
    games: u32,
    /// Milliseconds of thought before each move, spread evenly up to twice this.
    #[arg(long, default_value_t = 1000)]
    think_ms: u64,
    /// Who sells.
    #[arg(long, default_value = "persuadable")]
    seller: String,
    /// Further negotiations between two negotiators, watched at one move a second.
    #[arg(long, default_value_t = 0)]
    watched: u32,
    /// Play only once all first negotiations are open, and say so in a line.
    #[arg(long)]
    together: bool,
    /// A file for what was acknowledged, a line of JSON each, as it is acknowledged.
    #[arg(long)]
    record: Option<PathBuf>,
    /// A file for all that the people's browsers got about their negotiations, a line of JSON each.
    #[arg(long)]
    heard: Option<PathBuf>,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Check {
    /// The files of `crowd play --record` and `crowd trade --record`.
    #[arg(long)]
    record: Vec<PathBuf>,
    /// The files of `--heard`: looked through for limits.
    #[arg(long)]
    heard: Vec<PathBuf>,
    /// Lines of JSON with `episode`, `seq`, `at`, `kind`, `body` of all events.
    #[arg(long)]
    events: PathBuf,
    /// Lines of JSON with `episode`, `seq`, `status`, `outcome`, `buyer_reward`, `seller_reward` of
    /// all episodes; more in `check::played::Row`.
    #[arg(long)]
    episodes: PathBuf,
    /// Lines of JSON with `episode`, `key`, `first_seq`, `last_seq` of all keys that were seen.
    #[arg(long)]
    keys: PathBuf,
    /// `market`, `scenario`, `seq`, `sold`, `status` of all markets.
    #[arg(long, requires = "market_log")]
    markets: Option<PathBuf>,
    /// `market`, `first`, `last`, `key`, `events` of their log.
    #[arg(long)]
    market_log: Option<PathBuf>,
    /// `study`, `file` of all studies, as they were launched.
    #[arg(long, requires_all = ["participants", "participant_events", "payments"])]
    studies: Option<PathBuf>,
    /// `participant`, `study`, `visitor`, `seq`, `ended`.
    #[arg(long)]
    participants: Option<PathBuf>,
    /// `participant`, `seq`, `at`, `event`.
    #[arg(long)]
    participant_events: Option<PathBuf>,
    /// `participant`, `kind`, `cents`.
    #[arg(long)]
    payments: Option<PathBuf>,
    /// `run`, `status`, `iteration`, `planned`, `settings` of all training runs.
    #[arg(long, requires_all = ["steps", "rollouts"])]
    runs: Option<PathBuf>,
    /// `run`, `iteration`, `episodes` of their iterations.
    #[arg(long)]
    steps: Option<PathBuf>,
    /// `run`, `iteration`, `group`, `member`, `role`, `episode`, `reward`.
    #[arg(long)]
    rollouts: Option<PathBuf>,
    /// A moment of interest, as `NAME=MILLISECONDS` since the Unix epoch or `NAME=FROM..TO`; several
    /// may have one name.
    #[arg(long)]
    moment: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome: Result<bool> = match Cli::parse().task {
        Task::Play(args) => play::crowd(args).await,
        Task::Trade(args) => trade::trade(args).await,
        Task::Load(args) => load::load(args).await,
        Task::Pilot(args) => pilot::pilot(args).await,
        Task::Check(args) => check::check(&args),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("crowd: {error:#}");
            ExitCode::FAILURE
        }
    }
}
