//! `cargo xtask fleet`: several servers, one database, a reverse proxy, and a crowd. One server is
//! killed, PostgreSQL is restarted without a word, at last all servers are replaced one after the
//! other. Nothing that was acknowledged may be lost or doubled, and everything must end.

pub mod crowd;
pub mod database;
pub mod proxy;
pub mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::page;
use crate::postgres;
use crate::report::{Report, clock};
use crate::setup;
use crate::workspace::Workspace;
use crowd::{Crowd, Size, Told};
use database::Database;
use proxy::Proxy;
use server::{Program, Server, free_ports, resident_mb};

/// A person's browser is back at another server within this time.
const RECONNECT_LIMIT_MS: f64 = 5_000.0;
/// Between the word that a server leaves and its last answer.
const DRAIN_S: u32 = 2;
/// Of the crowd that must not notice that servers are replaced.
const LIGHT: Size = Size { negotiations: 20, watched: 5, games: 1000, think_ms: 500 };

#[derive(Debug, Args)]
pub struct Plan {
    /// Negotiations of people, open at once.
    #[arg(long, default_value_t = 2000)]
    negotiations: u32,
    #[arg(long, default_value_t = 3)]
    servers: u32,
    /// Further ones between two negotiators, driven by one of the servers each.
    #[arg(long, default_value_t = 20)]
    watched: u32,
    /// Negotiations of each person, one after the other.
    #[arg(long, default_value_t = 2)]
    games: u32,
    /// Milliseconds of a person's thought before each move, at the mean; default: ten for each
    /// negotiation, a hundred moves a second, but at least two seconds.
    #[arg(long)]
    think_ms: Option<u64>,
    #[command(flatten)]
    given: Given,
    /// Keep logs and records.
    #[arg(long)]
    keep: bool,
}

impl Plan {
    fn size(&self) -> Size {
        let Self { negotiations, watched, games, think_ms, .. } = *self;
        let think_ms = think_ms.unwrap_or(u64::from(negotiations * 10).max(2_000));
        Size { negotiations, watched, games, think_ms }
    }
}

/// What was found, for the table at the end.
#[derive(Debug, Default)]
pub struct Findings {
    rows: Vec<(String, String)>,
    pub faults: Vec<String>,
}

impl Findings {
    pub fn row(&mut self, what: &str, value: String) {
        self.rows.push((what.to_owned(), value));
    }

    pub fn expect(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.faults.push(fault());
        }
    }

    pub fn crowd(&mut self, who: &str, told: &Told) {
        let rate = told.moves as f64 / told.seconds.max(0.1);
        self.row(&format!("{who}: negotiations"), format!("{} finished", told.finished));
        self.row(
            &format!("{who}: moves"),
            format!("{} in {:.1} s ({rate:.0}/s)", told.moves, told.seconds),
        );
        let times = [
            ("acknowledged", &told.acknowledged),
            ("answered", &told.answered),
            ("reconnected", &told.reconnected),
            ("stood still", &told.stood),
        ];
        for (what, times) in times.into_iter().filter(|(_, times)| times.n > 0) {
            let crowd::Times { n, p50, p99, max } = times;
            let text = format!("{n}; p50 {p50} ms, p99 {p99} ms, longest {max} ms");
            self.row(&format!("{who}: {what}"), text);
        }
        let errors: Vec<String> =
            told.errors.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        self.row(
            &format!("{who}: sent again"),
            format!(
                "{} ({}); {} were stored already",
                told.failed_requests,
                errors.join(", "),
                told.repeated
            ),
        );
        for violation in &told.violations {
            self.faults.push(format!("{who}: {violation}"));
        }
    }

    pub fn print(&self) {
        let width = self.rows.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
        for (what, value) in &self.rows {
            println!("  {what:width$}  {value}");
        }
        for fault in self.faults.iter().take(20) {
            println!("  FAULT: {fault}");
        }
    }
}

/// The folder of one run, removed when it ends well.
pub struct Place {
    pub folder: PathBuf,
    pub keep: bool,
}

impl Place {
    pub fn create(name: &str, keep: bool) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("souk-{name}-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // PostgreSQL runs as another user, who must be able to enter.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        Ok(Self { folder, keep })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.keep {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Runs it all, prints a table, and fails where anything does not hold.
pub fn fleet(workspace: &Workspace, report: &Report, plan: &Plan) -> Result<()> {
    let Programs { souk, site, crowd } = plan.given.programs(workspace, report)?;
    let bin = postgres::ensure(report)?;
    let nginx = proxy::nginx(workspace, report)?;
    let mut place = Place::create("fleet", plan.keep)?;
    let database = Database::start(&bin, &place.folder, 40 * plan.servers + 20)?;
    let program = Program {
        souk,
        site,
        database: Some(database.url()),
        place: place.folder.clone(),
        drain_s: DRAIN_S,
        host: "127.0.0.1".to_owned(),
        namespace: None,
        settings: Vec::new(),
    };
    let stage = Stage { report, crowd, place: place.folder.clone(), database };
    let outcome = stage.run(plan, &program, &nginx);
    if outcome.is_err() {
        place.keep = true;
        report.say(&format!("logs and records are in {}", place.folder.display()));
    }
    outcome
}

/// Programs in place of those that would be built.
#[derive(Debug, Args)]
pub struct Given {
    /// A `souk` to run in place of the one that would be built; its page is SOUK_SITE.
    #[arg(long)]
    program: Option<PathBuf>,
    /// A `crowd` in place of the one that would be built, with `--program` alone.
    #[arg(long, requires = "program")]
    crowd: Option<PathBuf>,
}

/// What a run starts.
pub struct Programs {
    pub souk: PathBuf,
    pub site: PathBuf,
    pub crowd: PathBuf,
}

impl Given {
    /// [`Given::programs`], optimised: for how fast they are.
    pub fn released(&self, workspace: &Workspace, report: &Report) -> Result<Programs> {
        if self.program.is_some() {
            return self.programs(workspace, report);
        }
        setup::machine(workspace, report)?;
        setup::release(workspace, report)?;
        page::build(workspace, report)?;
        let program = |name| workspace.released(name);
        Ok(Programs { souk: program("souk"), site: workspace.site(), crowd: program("crowd") })
    }

    /// Those that were given; the others are built.
    pub fn programs(&self, workspace: &Workspace, report: &Report) -> Result<Programs> {
        let crowd = || workspace.target.join("debug/crowd");
        let Some(souk) = &self.program else {
            setup::machine(workspace, report)?;
            setup::build(workspace, report)?;
            return Ok(Programs { souk: workspace.souk(), site: workspace.site(), crowd: crowd() });
        };
        if self.crowd.is_none() {
            setup::crowd(workspace, report)?;
        }
        let site = std::env::var_os("SOUK_SITE").map(PathBuf::from);
        Ok(Programs {
            souk: souk.clone(),
            site: site.unwrap_or_else(|| workspace.site()),
            crowd: self.crowd.clone().unwrap_or_else(crowd),
        })
    }
}

/// What all acts of a run need.
struct Stage<'a> {
    report: &'a Report,
    crowd: PathBuf,
    place: PathBuf,
    database: Database,
}

impl Stage<'_> {
    fn run(&self, plan: &Plan, program: &Program, nginx: &Path) -> Result<()> {
        let mut findings = Findings::default();
        let ports = free_ports(plan.servers as usize + 1)?;
        let (front, ports) = ports.split_first().context("there is a port in front")?;
        let mut servers = self.start_all(program, ports, &mut findings)?;
        let addresses: Vec<String> = servers.iter().map(Server::address).collect();
        let proxy = Proxy::start(nginx, &self.place, *front, &addresses)?;
        let (rough, gentle) = (self.place.join("rough.ndjson"), self.place.join("gentle.ndjson"));
        let moments = self.disturb(plan, &proxy, &mut servers, &rough, &mut findings)?;
        self.replace_all(&proxy, &mut servers, &gentle, &mut findings)?;
        let records = [rough, gentle];
        let checked = self.report.step("checking what was acknowledged", || {
            crowd::check(&self.crowd, &self.database, &self.place, &records, &moments)
        });
        findings.print();
        checked?;
        match findings.faults.len() {
            0 => Ok(()),
            count => bail!("{count} things do not hold"),
        }
    }

    /// All at once, over an empty database.
    fn start_all(
        &self,
        program: &Program,
        ports: &[u16],
        findings: &mut Findings,
    ) -> Result<Vec<Server>> {
        self.report.step("starting the servers together", || {
            let started = Instant::now();
            let servers: Result<Vec<Server>> =
                ports.iter().map(|port| Server::start(program, *port)).collect();
            let mut servers = servers?;
            for server in &mut servers {
                server.await_ready()?;
            }
            findings.row("servers ready", clock(started.elapsed()));
            Ok(servers)
        })
    }

    /// A crowd, a killed server, a restarted database.
    fn disturb(
        &self,
        plan: &Plan,
        proxy: &Proxy,
        servers: &mut [Server],
        record: &Path,
        findings: &mut Findings,
    ) -> Result<Vec<(&'static str, i64)>> {
        let size = plan.size();
        let some = Duration::from_millis(size.think_ms).mul_f64(1.5).max(Duration::from_secs(3));
        let opening = Instant::now();
        let mut crowd = Crowd::start(&self.crowd, &proxy.address(), size, record)?;
        crowd.await_open()?;
        findings.row("all open", clock(opening.elapsed()));
        self.report.say(&format!("{} negotiations are open", size.negotiations + size.watched));
        sleep(some);

        let open = self.database.query("select count(*) from episodes where status = 'playing'")?;
        findings.row("open at the kill", open.trim().to_owned());
        findings.row("memory of all servers", format!("{} MB", resident_mb(servers)));
        let killed = now();
        servers[0].kill()?;
        self.report.say("a server was killed");
        sleep(some.min(Duration::from_secs(10)));
        servers[0].start_again()?;
        servers[0].await_ready()?;
        self.report.say("it is back");
        // What it drove has been taken over by then, so that each disturbance has figures of its own.
        sleep(some.max(Duration::from_secs(8)));

        let open = self.database.query("select count(*) from episodes where status = 'playing'")?;
        findings.row("open at the failover", open.trim().to_owned());
        let failed = now();
        let before = Instant::now();
        self.database.fail_over()?;
        findings.row("PostgreSQL was away", clock(before.elapsed()));
        self.report.say("PostgreSQL was restarted");
        let told = crowd.told()?;
        self.report.say("the crowd has done");
        findings.crowd("crowd", &told);
        let expected = size.negotiations * size.games;
        findings.expect(told.finished >= expected, || {
            format!("{} of {expected} negotiations were finished", told.finished)
        });
        findings.expect(told.reconnected.max <= RECONNECT_LIMIT_MS, || {
            format!("a follower was back only after {} ms", told.reconnected.max)
        });
        Ok(vec![("the kill", killed), ("the failover", failed)])
    }

    /// One server after the other is replaced, as an operator does; nobody may notice.
    fn replace_all(
        &self,
        proxy: &Proxy,
        servers: &mut [Server],
        record: &Path,
        findings: &mut Findings,
    ) -> Result<()> {
        let mut crowd = Crowd::start(&self.crowd, &proxy.address(), LIGHT, record)?;
        crowd.await_open()?;
        let all: Vec<String> = servers.iter().map(Server::address).collect();
        for server in servers.iter_mut() {
            let own = server.address();
            let others: Vec<String> = all.iter().filter(|one| **one != own).cloned().collect();
            server.tell_to_end()?;
            // Whoever watches over the servers sees that it is not ready, and sends nobody there.
            while server.is_ready() {
                sleep(Duration::from_millis(50));
            }
            proxy.serve_by(&others)?;
            server.await_end()?;
            server.start_again()?;
            server.await_ready()?;
            proxy.serve_by(&all)?;
            // Long enough for the next requests to come to it.
            sleep(Duration::from_secs(1));
        }
        self.report.say("all servers were replaced");
        crowd.tell_to_end()?;
        let told = crowd.told()?;
        findings.crowd("rolling", &told);
        findings.expect(told.failed_requests == 0, || {
            format!("{} requests failed while servers were replaced", told.failed_requests)
        });
        findings.expect(told.reconnected.max <= RECONNECT_LIMIT_MS, || {
            format!("a follower was back only after {} ms", told.reconnected.max)
        });
        Ok(())
    }
}

/// Milliseconds since the Unix epoch.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
