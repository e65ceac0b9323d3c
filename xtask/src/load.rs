//! `cargo xtask load`: one server with thousands of open negotiations under moves at a given rate, all on this
//! machine: how long an acknowledgement takes, what a negotiation costs in memory, and who uses the processors.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;

use crate::fleet::crowd::Told;
use crate::fleet::database::{self, Database};
use crate::fleet::server::{Program, Server, free_ports};
use crate::fleet::{Findings, Given, Place, Programs};
use crate::postgres;
use crate::process::Run;
use crate::report::{Report, clock};
use crate::soak::sample::{Process, children, cpu_s, pss_kb, size};
use crate::workspace::Workspace;

/// Acknowledgements within this time: 99 of 100.
const P99_MS: f64 = 100.0;
/// Of the moves that are due, this share must be made.
const MADE: f64 = 0.99;
/// A small crowd first, so that what a server takes once counts for nobody.
const WARM: [&str; 8] =
    ["--negotiations", "100", "--rate", "50", "--seconds", "10", "--settle-s", "2"];
/// Settings of a PostgreSQL that counts what each statement takes.
const COUNTED: &str =
    "shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track_planning = on\n";
/// Until connections that have ended are forgotten.
const AFTERWARDS: Duration = Duration::from_secs(45);

#[derive(Debug, Args)]
pub struct Plan {
    /// Negotiations of people, open at once, each with a live socket.
    #[arg(long, default_value_t = 5000)]
    negotiations: u32,
    /// Moves of people a second; each is answered by a script, so that twice as many are stored.
    #[arg(long, default_value_t = 500.0)]
    rate: f64,
    /// Seconds of moves.
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// Rounds of a negotiation.
    #[arg(long, default_value_t = 12)]
    rounds: u32,
    /// Who sells.
    #[arg(long, default_value = "persuadable")]
    seller: String,
    /// The server's connections to its database, at most.
    #[arg(long, default_value_t = 16)]
    db_connections: u32,
    /// Tell of so many statements what they cost PostgreSQL, the dearest first; to count takes a little itself.
    #[arg(long, default_value_t = 0)]
    statements: u32,
    #[command(flatten)]
    given: Given,
    /// Keep logs and the database.
    #[arg(long)]
    keep: bool,
}

/// What `crowd load` says at its end.
#[derive(Debug, Deserialize)]
struct Loaded {
    due: u64,
    nobody: u64,
    reopened: u32,
    opening_s: f64,
    #[serde(flatten)]
    told: Told,
}

/// Runs it, prints a table, and fails where a limit is passed.
///
/// # Errors
/// Where a limit is passed, or something was refused, missed or doubled.
pub fn load(workspace: &Workspace, report: &Report, plan: &Plan) -> Result<()> {
    let Programs { souk, site, crowd } = plan.given.released(workspace, report)?;
    enough_descriptors(plan.negotiations)?;
    let bin = postgres::ensure(report)?;
    let mut place = Place::create("load", plan.keep)?;
    let mut settings = database::settings(plan.db_connections + 40);
    if plan.statements > 0 {
        settings.push_str(COUNTED);
    }
    let database = Database::start_with(&bin, &place.folder, &settings, "")?;
    let program = Program {
        souk,
        site,
        database: Some(database.url()),
        place: place.folder.clone(),
        drain_s: 0,
        host: "127.0.0.1".to_owned(),
        namespace: None,
        settings: vec![("SOUK_DB_CONNECTIONS".to_owned(), plan.db_connections.to_string())],
    };
    let outcome = Stage { report, crowd, program, database }.run(plan);
    place.keep |= outcome.is_err();
    if place.keep {
        report.say(&format!("logs are in {}", place.folder.display()));
    }
    outcome
}

/// A socket in the crowd and one in the server for each negotiation, and some for all else.
fn enough_descriptors(negotiations: u32) -> Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let most = line.and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    let wanted = u64::from(negotiations) + 1000;
    ensure!(
        most.is_none_or(|most| most >= wanted),
        "a process may open {} files here: run `ulimit -n {wanted}` first",
        most.unwrap_or_default(),
    );
    Ok(())
}

/// A moment: memory in kilobytes, processor time in seconds since each process began.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: Instant,
    rss: f64,
    anonymous: f64,
    postgres: f64,
    postgres_disk: f64,
    cpu: f64,
    postgres_cpu: f64,
    crowd_cpu: f64,
    transactions: f64,
    /// Bytes of PostgreSQL's log of changes.
    log: f64,
}

struct Stage<'a> {
    report: &'a Report,
    crowd: PathBuf,
    program: Program,
    database: Database,
}

impl Stage<'_> {
    fn run(&self, plan: &Plan) -> Result<()> {
        let ports = free_ports(1)?;
        let mut server = Server::start(&self.program, *ports.first().context("a port")?)?;
        server.await_ready()?;
        let process = server.process().context("it runs")?;
        let address = format!("http://{}", server.address());
        self.report.step("warming up", || {
            let mut crowd = Crowd::start(&self.crowd, &address, &plan.crowd(), &WARM)?;
            crowd.line("open")?;
            crowd.line("begin")?;
            crowd.line("end")?;
            crowd.told().map(drop)
        })?;
        sleep(AFTERWARDS);
        let before = self.moment(process, None)?;
        let size = [
            "--negotiations".to_owned(),
            plan.negotiations.to_string(),
            "--rate".to_owned(),
            plan.rate.to_string(),
            "--seconds".to_owned(),
            plan.seconds.to_string(),
        ];
        let size: Vec<&str> = size.iter().map(String::as_str).collect();
        let mut crowd = Crowd::start(&self.crowd, &address, &plan.crowd(), &size)?;
        self.report.step("opening all", || crowd.line("open"))?;
        crowd.line("begin")?;
        if plan.statements > 0 {
            self.database.query(
                "create extension if not exists pg_stat_statements; select pg_stat_statements_reset()",
            )?;
        }
        let open = self.moment(process, Some(&crowd))?;
        let counted = || -> Result<(u64, u64)> {
            let row = self.database.query(
                "select count(*) filter (where status = 'playing') || ',' || sum(moves) from episodes",
            )?;
            let (open, moves) = row.trim().split_once(',').context("two figures")?;
            Ok((open.parse()?, moves.parse()?))
        };
        let (at_begin, moves_before) = counted()?;
        self.report.step("moves", || crowd.line("end"))?;
        let after = self.moment(process, Some(&crowd))?;
        let (at_end, moves_after) = counted()?;
        let statements = self.statements(plan.statements)?;
        let loaded = crowd.told()?;
        sleep(AFTERWARDS);
        let left = self.moment(process, None)?;
        let mut findings = Findings::default();
        let at = format!(
            "{at_begin} at the first move, {at_end} after the last, those of the warming up among them"
        );
        findings.row("open negotiations", at);
        let stored = (moves_after - moves_before) as f64;
        let rate = stored / (after.at - open.at).as_secs_f64();
        findings.row("moves stored, of both sides", format!("{stored:.0} ({rate:.0}/s)"));
        tell(plan, &[before, open, after, left], &loaded, &mut findings);
        for statement in statements {
            findings.row("a statement", statement.line(loaded.told.acknowledged.n));
        }
        findings.print();
        match findings.faults.len() {
            0 => Ok(()),
            count => bail!("{count} things do not hold"),
        }
    }

    /// The dearest statements since they were counted from nothing.
    fn statements(&self, most: u32) -> Result<Vec<Statement>> {
        if most == 0 {
            return Ok(Vec::new());
        }
        let rows = self.database.query(&format!(
            "select calls, total_plan_time, total_exec_time, regexp_replace(left(query, 200), '\\s+', ' ', 'g')
             from pg_stat_statements order by total_plan_time + total_exec_time desc limit {most}"
        ))?;
        rows.lines().map(Statement::read).collect()
    }

    fn moment(&self, process: u32, crowd: Option<&Crowd>) -> Result<Moment> {
        let server = Process::look(process)?;
        let postmaster = self.database.process()?.unsigned_abs();
        let postgres: Vec<u32> = children(postmaster).into_iter().chain([postmaster]).collect();
        // PostgreSQL's figures are some seconds old, and so are those to compare with.
        let counted = self.database.query(
            "select (select xact_commit + xact_rollback from pg_stat_database
                     where datname = current_database()) || ',' || (select wal_bytes from pg_stat_wal)",
        )?;
        let (transactions, log) = counted.trim().split_once(',').context("two figures")?;
        Ok(Moment {
            transactions: transactions.parse()?,
            log: log.parse()?,
            at: Instant::now(),
            rss: server.rss_kb,
            anonymous: server.anonymous_kb,
            postgres: postgres.iter().map(|id| pss_kb(*id)).sum(),
            postgres_disk: size(&self.program.place.join("postgres/data/base")) as f64 / 1024.0,
            cpu: server.cpu_s,
            postgres_cpu: postgres.iter().map(|id| cpu_s(*id)).sum(),
            crowd_cpu: crowd.map_or(0.0, |crowd| cpu_s(crowd.process.id())),
        })
    }
}

/// What one statement took, all its calls together.
struct Statement {
    calls: f64,
    planned_ms: f64,
    executed_ms: f64,
    text: String,
}

impl Statement {
    fn read(row: &str) -> Result<Self> {
        let mut columns = row.splitn(4, '|');
        let mut next = || columns.next().context("four columns");
        Ok(Self {
            calls: next()?.parse()?,
            planned_ms: next()?.parse()?,
            executed_ms: next()?.parse()?,
            text: next()?.to_owned(),
        })
    }

    fn line(&self, moves: u64) -> String {
        let each = |all: f64| all / moves.max(1) as f64;
        let Self { calls, planned_ms, executed_ms, text } = self;
        let text: String = text.chars().take(90).collect();
        format!(
            "{:.2} a move, {:.3} ms planned, {:.3} ms run: {text}",
            each(*calls),
            each(*planned_ms),
            each(*executed_ms)
        )
    }
}

impl Plan {
    fn crowd(&self) -> Vec<String> {
        let rounds = self.rounds.to_string();
        ["--seller", &self.seller, "--rounds", &rounds].map(str::to_owned).to_vec()
    }
}

fn tell(plan: &Plan, moments: &[Moment; 4], loaded: &Loaded, findings: &mut Findings) {
    let [before, open, after, left] = moments;
    let many = f64::from(plan.negotiations);
    findings.row("opened in", clock(Duration::from_secs_f64(loaded.opening_s)));
    let mb = |of: fn(&Moment) -> f64| {
        moments.map(|moment| format!("{:.0}", of(&moment) / 1000.0)).join(", ")
    };
    findings.row("server, resident (before, open, after, left)", format!("{} MB", mb(|m| m.rss)));
    findings.row("server, its own", format!("{} MB", mb(|m| m.anonymous)));
    findings.row("PostgreSQL, its share", format!("{} MB", mb(|m| m.postgres)));
    let each = |now: f64, then: f64| format!("{:.1} kB", (now - then) / many);
    findings.row("an open negotiation: server", each(open.anonymous, before.anonymous));
    findings.row("the same, after the moves", each(after.anonymous, before.anonymous));
    findings.row("an open negotiation: PostgreSQL, memory", each(open.postgres, before.postgres));
    findings.row("the same, files", each(open.postgres_disk, before.postgres_disk));
    let made = loaded.told.acknowledged.n;
    let of = |of: fn(&Moment) -> f64| {
        let used = of(after) - of(open);
        let seconds = (after.at - open.at).as_secs_f64();
        let share = used / seconds * 100.0;
        format!("{share:.0}% of a processor, {:.2} ms a move", used * 1000.0 / made.max(1) as f64)
    };
    findings.row("processors, server", of(|moment| moment.cpu));
    findings.row("processors, PostgreSQL", of(|moment| moment.postgres_cpu));
    findings.row("processors, crowd", of(|moment| moment.crowd_cpu));
    let each = |of: fn(&Moment) -> f64| (of(after) - of(open)) / made.max(1) as f64;
    let (transactions, log) =
        (each(|moment| moment.transactions), each(|moment| moment.log) / 1024.0);
    findings.row(
        "of PostgreSQL for a move",
        format!("{transactions:.1} transactions, {log:.1} kB of log"),
    );
    let text = format!("{}, {} of them with nobody free", loaded.due, loaded.nobody);
    findings.row("moves that were due", text);
    findings.row("negotiations opened meanwhile", loaded.reopened.to_string());
    findings.crowd("crowd", &loaded.told);
    let p99 = loaded.told.acknowledged.p99;
    findings.expect(p99 <= P99_MS, || format!("p99 of {p99} ms, {P99_MS} ms is the limit"));
    findings.expect(made as f64 >= loaded.due as f64 * MADE, || {
        format!("{made} of {} moves were acknowledged", loaded.due)
    });
    let rest = (left.anonymous - before.anonymous) / 1000.0;
    findings.row("kept afterwards", format!("{rest:.0} MB"));
}

/// `crowd load`; killed when dropped.
struct Crowd {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Crowd {
    fn start(program: &Path, address: &str, all: &[String], size: &[&str]) -> Result<Self> {
        let run = Run::new(program).args(["load", "--address", address]);
        let run = run.args(all.to_vec()).args(size.iter().copied());
        let mut process = run.into_command().stdout(Stdio::piped()).spawn()?;
        let stdout = process.stdout.take().context("its output is ours")?;
        Ok(Self { process, lines: BufReader::new(stdout).lines() })
    }

    fn line(&mut self, expected: &str) -> Result<()> {
        match self.lines.next().transpose()?.as_deref() {
            Some(line) if line == expected => Ok(()),
            other => bail!("the crowd said {other:?} in place of `{expected}`"),
        }
    }

    fn told(mut self) -> Result<Loaded> {
        let line = self.lines.next().transpose()?.context("the crowd left without a word")?;
        let loaded = serde_json::from_str(&line).context("the figures are not understood")?;
        // Its sockets are closed with its end.
        self.process.wait()?;
        Ok(loaded)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // Where it has ended there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
