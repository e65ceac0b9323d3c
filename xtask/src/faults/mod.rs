//! `cargo xtask faults`: mixed load on two servers, a worker, a PostgreSQL on a small disk and an engine elsewhere, each
//! process in a network of its own; one thing after the other is broken and mended; then all that was acknowledged
//! and stored is checked. docs/RELIABILITY.md has what came out.

mod disk;
mod evidence;
mod gate;
mod load;
mod network;
mod schedule;
mod time;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use nix::sys::signal::Signal;
use nix::unistd::Uid;

use crate::fleet::database::Database;
use crate::fleet::proxy::{self, Proxy};
use crate::fleet::server::{EMAIL, Program, Server, free_ports};
use crate::fleet::{Findings, Given, Place, Programs, now};
use crate::postgres;
use crate::report::{Report, clock};
use crate::workspace::Workspace;
use disk::Disk;
use gate::{Gate, Way};
use load::{Load, Worker};
use network::{Link, Network};
use schedule::{Fault, Schedule, Stroke};
use time::Clock;

/// Servers that people reach; the worker's room comes after theirs.
const SERVERS: usize = 2;
const WORKER: usize = SERVERS;
/// Goes by a clock that jumps.
const CLOCKED: usize = 1;
const PORT: u16 = 3030;
/// An hour, in seconds.
const JUMP_S: i64 = 3600;
/// Between two faults, so that each has figures of its own: `crowd check` counts what begins up to
/// five seconds after one.
const CALM: Duration = Duration::from_secs(6);
/// Until all servers are ready again after a fault.
const RECOVERY: Duration = Duration::from_secs(90);
/// Until what is left comes to its end once nothing is broken any more.
const AFTERWARDS: Duration = Duration::from_secs(420);

#[derive(Debug, Args)]
pub struct Plan {
    /// Minutes of load, during which things are broken.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Gives the faults, their order and how long they last; default: another one each time.
    #[arg(long)]
    seed: Option<u64>,
    /// Leave out the faults whose name has this in it, e.g. "disk".
    #[arg(long)]
    without: Vec<String>,
    /// Megabytes of the disk for PostgreSQL and Souk.
    #[arg(long, default_value_t = 1500)]
    disk_mb: u64,
    #[command(flatten)]
    given: Given,
    /// Keep logs and records.
    #[arg(long)]
    keep: bool,
}

/// Runs it all, prints tables, and fails where anything does not hold.
pub fn faults(workspace: &Workspace, report: &Report, plan: &Plan) -> Result<()> {
    if !Uid::effective().is_root() {
        bail!("namespaces, a mounted disk and a clock are root's: run it as root");
    }
    let Programs { souk, site, crowd } = plan.given.programs(workspace, report)?;
    let seed = plan.seed.unwrap_or_else(|| now().unsigned_abs());
    report.say(&format!("the faults follow from --seed {seed}"));
    let mut place = Place::create("faults", plan.keep)?;
    let outcome = Stage::set(workspace, report, plan, &place.folder, &souk, &site)
        .and_then(|stage| stage.run(plan, seed, &crowd));
    if outcome.is_err() {
        place.keep = true;
        report.say(&format!("logs and records are in {}", place.folder.display()));
    }
    outcome
}

/// All that is broken and mended. Fields are dropped in this order: processes before what is under them.
struct Stage<'a> {
    report: &'a Report,
    proxy: Proxy,
    worker: Worker,
    engine: Server,
    servers: Vec<Server>,
    gate: Gate,
    clock: Clock,
    database: Database,
    /// For commands: as a server, but on this side.
    program: Program,
    network: Network,
    disk: Disk,
    place: PathBuf,
}

impl<'a> Stage<'a> {
    fn set(
        workspace: &Workspace,
        report: &'a Report,
        plan: &Plan,
        place: &Path,
        souk: &Path,
        site: &Path,
    ) -> Result<Self> {
        let bin = postgres::ensure(report)?;
        let nginx = proxy::nginx(workspace, report)?;
        let clock = Clock::create(workspace, report, place)?;
        let disk = Disk::create(place, plan.disk_mb).context("a small disk cannot be made")?;
        let network = Network::create(SERVERS + 1)?;
        let ports = free_ports(2)?;
        let [front, engine_port] = ports[..] else { bail!("two ports") };
        let database = report.step("starting PostgreSQL on a small disk", || {
            let addresses: Vec<String> = (0..=WORKER).map(Network::database).collect();
            // Of the small disk the log of changes gets a small part.
            let settings = format!(
                "listen_addresses = '{}'\nmax_connections = 120\nmax_wal_size = '192MB'\n",
                addresses.join(",")
            );
            Database::start_with(&bin, &disk.folder, &settings, Network::HOSTS)
        })?;
        // Where servers wait for an engine that is elsewhere.
        let engine = Program {
            souk: souk.to_path_buf(),
            site: site.to_path_buf(),
            database: None,
            place: place.to_path_buf(),
            drain_s: 0,
            host: "127.0.0.1".to_owned(),
            namespace: None,
            settings: vec![
                ("SOUK_DATA".to_owned(), place.join("engine").display().to_string()),
                ("SOUK_MODELS".to_owned(), place.join("engine.toml").display().to_string()),
            ],
        };
        let folder = workspace.root.join("models/demo");
        fs::write(place.join("engine.toml"), model(&folder))?;
        let (engine, key) = report.step("starting the engine elsewhere", || {
            engine.set_password()?;
            let key = ["admin", "key", "create", EMAIL, "--label", "faults", "--scopes", "models"];
            let key = engine.command(&key).output()?.trim().to_owned();
            let mut server = Server::start(&engine, engine_port)?;
            server.await_ready()?;
            Ok((server, key))
        })?;
        let gate = Gate::open(SocketAddr::from(([127, 0, 0, 1], engine_port)))?;
        let models = place.join("models.toml");
        fs::write(&models, model(&folder) + &remote(&Network::front(WORKER), gate.port))?;
        let data = disk.folder.join("souk");
        let program = Program {
            database: Some(database.url()),
            settings: [
                ("SOUK_DATA", data.display().to_string()),
                ("SOUK_MODELS", models.display().to_string()),
                ("SOUK_STUDY_THINK_MS", "0".to_owned()),
                ("ENGINE_KEY", key),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
            ..engine.program().clone()
        };
        program.set_password()?;
        let in_room = |room: usize| {
            let mut program = program.clone();
            let host = Network::database(room);
            program.database = Some(format!("postgres://souk@{host}/postgres"));
            program.namespace = Some(network.room(room));
            program.host = Network::inside(room);
            if room == CLOCKED {
                program.settings.extend(clock.settings());
            }
            program
        };
        let servers = report.step("starting the servers", || {
            let servers = (0..SERVERS).map(|room| {
                let mut program = in_room(room);
                program.place = place.join(format!("server-{room}"));
                fs::create_dir(&program.place)?;
                Server::start(&program, PORT)
            });
            let mut servers = servers.collect::<Result<Vec<Server>>>()?;
            servers.iter_mut().try_for_each(|server| server.await_ready().map(drop))?;
            Ok(servers)
        })?;
        let worker = Worker::start(&in_room(WORKER))?;
        let addresses: Vec<String> = servers.iter().map(Server::address).collect();
        let proxy = Proxy::start(&nginx, place, front, &addresses)?;
        Ok(Self {
            report,
            proxy,
            worker,
            engine,
            servers,
            gate,
            clock,
            database,
            program,
            network,
            disk,
            place: place.to_path_buf(),
        })
    }

    fn run(mut self, plan: &Plan, seed: u64, crowd: &Path) -> Result<()> {
        let mut findings = Findings::default();
        let load = self.report.step("everything begins", || {
            let address = self.proxy.address();
            Load::start(crowd, &address, &self.program, &self.place, plan.minutes)
        })?;
        let (records, heard) = (load.records.clone(), load.heard.clone());
        let moments = self.disturb(plan, seed, &mut findings)?;
        self.report.step("everything comes to its end", || load.end(&mut findings))?;
        self.await_quiet()?;
        let checked = self.report.step("checking what was acknowledged and stored", || {
            evidence::check(crowd, &self.database, &self.place, &records, &heard, &moments)
        });
        findings.print();
        checked.context("something that was acknowledged does not hold")?;
        match findings.faults.len() {
            0 => Ok(()),
            count => bail!("{count} things do not hold"),
        }
    }

    /// Breaks one thing after the other, and tells when, by name.
    fn disturb(&mut self, plan: &Plan, seed: u64, findings: &mut Findings) -> Result<Vec<String>> {
        let (begun, mut moments) = (Instant::now(), Vec::new());
        let (mut count, mut slowest) = (0, Duration::ZERO);
        sleep(CALM);
        let is_wanted = |stroke: &Stroke| {
            !plan.without.iter().any(|part| stroke.fault.name().contains(part.as_str()))
        };
        for stroke in Schedule::new(seed, SERVERS).filter(is_wanted) {
            if begun.elapsed().as_secs_f64() > plan.minutes * 60.0 {
                break;
            }
            let from = now();
            self.strike(&stroke)?;
            sleep(stroke.lasts);
            self.mend(&stroke).with_context(|| stroke.fault.name().to_owned())?;
            let recovery = self.await_ready()?;
            let (name, lasted) = (stroke.fault.name(), clock(stroke.lasts));
            let ready = clock(recovery);
            self.report.say(&format!("{name}, {lasted}; all ready again after {ready}"));
            moments.push(format!("{name}={from}..{}", now()));
            (count, slowest) = (count + 1, slowest.max(recovery));
            sleep(CALM);
        }
        findings.row("faults", format!("{count} in {}", clock(begun.elapsed())));
        findings.row("ready again after", format!("at most {}", clock(slowest)));
        Ok(moments)
    }

    fn strike(&mut self, stroke: &Stroke) -> Result<()> {
        let Stroke { fault, server, .. } = *stroke;
        match fault {
            Fault::ServerKilled => self.servers[server].kill(),
            Fault::WorkerKilled => self.worker.kill(),
            Fault::PostgresKilled => self.database.kill(),
            Fault::BackendKilled => self.database.kill_backend(),
            Fault::PostgresStopped => self.database.stop_at_once(),
            Fault::EngineKilled => self.engine.kill(),
            Fault::EngineHangs => {
                self.gate.set(Way::Hangs);
                Ok(())
            }
            Fault::EngineCuts => {
                self.gate.set(Way::Cuts);
                Ok(())
            }
            Fault::EngineGarbled => {
                self.gate.set(Way::Garbles);
                Ok(())
            }
            Fault::ServerPaused => self.servers[server].signal(Signal::SIGSTOP),
            Fault::DiskFull => self.disk.fill(),
            Fault::DatabaseLinkCut => self.network.cut(server, Link::Database),
            Fault::DatabaseLinkSlow => self.network.narrow(server, Link::Database),
            Fault::FrontLinkCut => self.network.cut(server, Link::Front),
            Fault::WorkerLinkCut => self.network.cut(WORKER, Link::Database),
            Fault::ClockForward => self.clock.set(JUMP_S),
            Fault::ClockBack => self.clock.set(-JUMP_S),
        }
    }

    fn mend(&mut self, stroke: &Stroke) -> Result<()> {
        let Stroke { fault, server, .. } = *stroke;
        match fault {
            Fault::ServerKilled => self.servers[server].start_again(),
            Fault::WorkerKilled => self.worker.start_again().map(drop),
            Fault::PostgresKilled | Fault::BackendKilled | Fault::PostgresStopped => {
                self.database.revive(RECOVERY)
            }
            Fault::EngineKilled => self.engine.start_again(),
            Fault::EngineHangs | Fault::EngineCuts | Fault::EngineGarbled => {
                self.gate.set(Way::Open);
                Ok(())
            }
            Fault::ServerPaused => self.servers[server].signal(Signal::SIGCONT),
            Fault::DiskFull => {
                self.disk.free()?;
                self.database.revive(RECOVERY)
            }
            Fault::DatabaseLinkCut => self.network.mend(server, Link::Database),
            Fault::DatabaseLinkSlow => self.network.mend(server, Link::Database),
            Fault::FrontLinkCut => self.network.mend(server, Link::Front),
            Fault::WorkerLinkCut => self.network.mend(WORKER, Link::Database),
            Fault::ClockForward | Fault::ClockBack => self.clock.set(0),
        }
    }

    /// Until all that should run is ready. A process that ended by a fault of something else is started again, as
    /// whoever watches over processes does, and that is told.
    fn await_ready(&mut self) -> Result<Duration> {
        let started = Instant::now();
        if self.worker.start_again()? {
            self.report.say("the worker had ended, and was started again");
        }
        for server in self.servers.iter_mut().chain([&mut self.engine]) {
            while !server.is_ready() {
                if server.has_ended()? {
                    self.report
                        .say(&format!("{} had ended, and is started again", server.address()));
                    server.start_again()?;
                }
                if started.elapsed() > RECOVERY {
                    bail!("{} is not ready after {}", server.address(), clock(RECOVERY));
                }
                sleep(Duration::from_millis(50));
            }
        }
        Ok(started.elapsed())
    }

    /// Until runs are done, participants are over, and nothing waits for a negotiator; what does not come to its end
    /// is for the check to tell.
    fn await_quiet(&self) -> Result<()> {
        let started = Instant::now();
        let left = "select
            (select count(*) from training_runs where status in ('queued', 'running'))
            + (select count(*) from participants where ended is null)
            + (select count(*) from markets where status <> 'over')
            + (select count(*) from episodes where awaits_agent)";
        self.report.step("what is left comes to its end", || {
            while started.elapsed() < AFTERWARDS && self.database.query(left)?.trim() != "0" {
                sleep(Duration::from_secs(1));
            }
            Ok(())
        })
    }
}

/// A models file with the demo model.
fn model(folder: &Path) -> String {
    format!(
        "[[models]]\nname = \"demo\"\ntitle = \"Demo bargainer\"\nsource = {{ folder = \"{}\" }}\n\
         style = \"compact\"\nsampling = {{ temperature = 0.8, max_tokens = 160 }}\n",
        folder.display()
    )
}

/// The same model elsewhere, as any endpoint is reached; given up sooner than by default.
fn remote(host: &str, port: u16) -> String {
    format!(
        "\n[[remotes]]\nname = \"remote\"\nbase_url = \"http://{host}:{port}/v1\"\nmodel = \"demo\"\n\
         key_env = \"ENGINE_KEY\"\nstyle = \"compact\"\nconstrained = true\nretries = 2\n\
         backoff_ms = 200\nsampling = {{ temperature = 0.8, max_tokens = 160 }}\n\
         timeouts = {{ connect_s = 2, first_token_s = 6, total_s = 15 }}\n"
    )
}
