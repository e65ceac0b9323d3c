//! One `souk serve` of the fleet.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::process::{Run, tail};

/// Until a server answers, or has ended. In the dev profile, beside others that start.
const PATIENCE: Duration = Duration::from_secs(90);

/// The researcher of a trial.
pub const EMAIL: &str = "ada@example.org";
pub const PASSWORD: &str = "a password of the trial";

/// What all servers have in common.
#[derive(Debug, Clone)]
pub struct Program {
    pub souk: PathBuf,
    pub site: PathBuf,
    /// None: a private one.
    pub database: Option<String>,
    /// The folder for data and logs.
    pub place: PathBuf,
    /// Seconds between a polite end and the last answer.
    pub drain_s: u32,
    /// Where it listens.
    pub host: String,
    /// The network namespace that it runs in; none: that of this program.
    pub namespace: Option<String>,
    /// Further variables, and others in place of those that all have.
    pub settings: Vec<(String, String)>,
}

impl Program {
    /// A command of the program, in its network and with its settings, on its database.
    pub fn command(&self, words: &[&str]) -> Run {
        let run = match &self.namespace {
            Some(name) => Run::new("ip").args(["netns", "exec", name]).arg(&self.souk),
            None => Run::new(&self.souk),
        };
        let run = words.iter().fold(run, |run, word| run.arg(word));
        let run = match &self.database {
            Some(url) => run.env("DATABASE_URL", url),
            None => run.without("DATABASE_URL"),
        };
        let run = run
            // Servers of one database sign cookies by one key.
            .env("SOUK_DATA", self.place.join("data"))
            .env("SOUK_SITE", &self.site)
            .env("SOUK_MODELS", "none")
            .env("SOUK_WORKER", "none")
            .env("SOUK_DRAIN_S", self.drain_s.to_string())
            // All of the crowd come from one address.
            .env("SOUK_NEW_SESSIONS_PER_MINUTE", "1000000")
            .env("SOUK_LOG_FORMAT", "text");
        self.settings.iter().fold(run, |run, (name, value)| run.env(name, value))
    }

    /// Makes the trial's researcher, or gives it its password again.
    pub fn set_password(&self) -> Result<()> {
        let mut command = self.command(&["admin", "password", EMAIL]).into_command();
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().context("cannot start souk")?;
        let mut stdin = process.stdin.take().context("its input is ours")?;
        writeln!(stdin, "{PASSWORD}")?;
        drop(stdin);
        ensure!(process.wait()?.success(), "`souk admin password` failed");
        Ok(())
    }
}

/// Killed when dropped.
#[derive(Debug)]
pub struct Server {
    program: Program,
    pub port: u16,
    process: Option<Child>,
}

impl Server {
    /// Starts a server at a port; it answers a while later.
    pub fn start(program: &Program, port: u16) -> Result<Self> {
        let mut server = Self { program: program.clone(), port, process: None };
        server.start_again()?;
        Ok(server)
    }

    /// Starts it where it has ended.
    pub fn start_again(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let serve = self.program.command(&["serve"]).env("SOUK_ADDR", self.address());
        let mut command = serve.into_command();
        command.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
        self.process = Some(command.spawn().context("cannot start souk")?);
        Ok(())
    }

    /// Waits until it wants work.
    pub fn await_ready(&mut self) -> Result<Duration> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if self.is_ready() {
                return Ok(started.elapsed());
            }
            let process = self.process.as_mut().context("it was not started")?;
            if let Some(status) = process.try_wait()? {
                bail!("a server ended ({status}):\n{}", self.said());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("a server is not ready after {} s:\n{}", PATIENCE.as_secs(), self.said())
    }

    /// Whether it answers and wants work: what a balancer asks.
    pub fn is_ready(&self) -> bool {
        ready(&self.address()).unwrap_or(false)
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> Result<bool> {
        let process = self.process.as_mut().context("it was not started")?;
        Ok(process.try_wait()?.is_some())
    }

    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Its process, while it runs.
    pub fn process(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// For the proxy in front.
    pub fn address(&self) -> String {
        format!("{}:{}", self.program.host, self.port)
    }

    /// Its process goes on or stands still by signals.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let process = self.process.as_ref().context("it was not started")?;
        kill(Pid::from_raw(process.id().cast_signed()), signal)?;
        Ok(())
    }

    /// Ends it without a word.
    pub fn kill(&mut self) -> Result<()> {
        let mut process = self.process.take().context("it was not started")?;
        process.kill()?;
        process.wait()?;
        Ok(())
    }

    /// Tells it to end.
    pub fn tell_to_end(&self) -> Result<()> {
        self.signal(Signal::SIGTERM)
    }

    /// Waits until it has ended well.
    pub fn await_end(&mut self) -> Result<()> {
        let mut process = self.process.take().context("it was not started")?;
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = process.try_wait()? {
                if !status.success() {
                    bail!("a server that was told to end failed ({status}):\n{}", self.said());
                }
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = process.kill();
        bail!("a server that was told to end runs on:\n{}", self.said())
    }

    fn log(&self) -> PathBuf {
        self.program.place.join(format!("souk-{}.log", self.port))
    }

    fn said(&self) -> String {
        tail(&fs::read_to_string(self.log()).unwrap_or_default(), 20)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.process.is_some() {
            let _ = self.kill();
        }
    }
}

fn ready(address: &str) -> std::io::Result<bool> {
    let address = address.parse().map_err(std::io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.split(' ').nth(1) == Some("200"))
}

/// Ports that are free now.
pub fn free_ports(count: usize) -> Result<Vec<u16>> {
    let held: std::io::Result<Vec<TcpListener>> =
        (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect();
    held?.iter().map(|held| Ok(held.local_addr()?.port())).collect()
}

/// Resident memory of the servers' processes together, in megabytes.
pub fn resident_mb(servers: &[Server]) -> u64 {
    let of = |server: &Server| {
        let id = server.process.as_ref()?.id();
        let status = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status"));
        let line = status.ok()?.lines().find(|line| line.starts_with("VmRSS:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    servers.iter().filter_map(of).sum::<u64>() / 1000
}
