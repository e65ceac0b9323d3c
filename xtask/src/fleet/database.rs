//! A PostgreSQL of the fleet's own, with its usual durability, that is restarted in the middle.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, chown};

use crate::postgres::{psql, unprivileged};
use crate::process::Run;

/// For so many connections, all by the socket in its folder.
pub fn settings(connections: u32) -> String {
    format!("listen_addresses = ''\nmax_connections = {connections}\n")
}

/// Stopped when dropped; the folder is its owner's.
#[derive(Debug)]
pub struct Database {
    bin: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
}

impl Database {
    /// Makes and starts it in a new folder in `place`.
    pub fn start(bin: &Path, place: &Path, connections: u32) -> Result<Self> {
        Self::start_with(bin, place, &settings(connections), "")
    }

    /// The same with lines for its settings, and for who may connect.
    pub fn start_with(bin: &Path, place: &Path, settings: &str, hosts: &str) -> Result<Self> {
        let user = unprivileged()?;
        let folder = place.join("postgres");
        std::fs::create_dir(&folder)?;
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid.into()), Some(gid.into()))
                .context("cannot hand the folder of PostgreSQL to its user")?;
        }
        let database = Self { bin: bin.to_path_buf(), folder, user };
        database
            .run("initdb")
            .args(["--username=souk", "--auth=trust", "--no-sync"])
            .args(["--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(database.data())
            .quiet()?;
        let settings =
            format!("{settings}unix_socket_directories = '{}'\n", database.folder.display());
        let file = database.data().join("postgresql.auto.conf");
        std::fs::write(&file, settings).context("PostgreSQL's settings cannot be written")?;
        std::fs::File::options()
            .append(true)
            .open(database.data().join("pg_hba.conf"))
            .and_then(|mut file| file.write_all(hosts.as_bytes()))
            .context("who may connect cannot be written")?;
        database.control(&["start", "-l", "log"])?;
        Ok(database)
    }

    /// The address for the servers and psql.
    pub fn url(&self) -> String {
        format!("postgres:///postgres?host={}&user=souk", self.folder.display())
    }

    /// Drops all connections without a word, as a machine that fails, and comes back by recovery.
    pub fn fail_over(&self) -> Result<()> {
        self.control(&["restart", "-m", "immediate", "-l", "log"])
    }

    /// Ends it as one that has no time to say goodbye.
    pub fn stop_at_once(&self) -> Result<()> {
        self.control(&["stop", "-m", "immediate"])
    }

    /// Its first process, the parent of all others.
    pub fn process(&self) -> Result<i32> {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid"))?;
        let id = file.lines().next().context("postmaster.pid is empty")?;
        Ok(id.trim().parse()?)
    }

    /// Kills its first process; the others see that and go.
    pub fn kill(&self) -> Result<()> {
        kill(Pid::from_raw(self.process()?), Signal::SIGKILL)?;
        Ok(())
    }

    /// Kills a process that serves one of the connections: PostgreSQL drops all others with it and recovers.
    pub fn kill_backend(&self) -> Result<()> {
        let id = self.query(
            "select pid from pg_stat_activity
             where backend_type = 'client backend' and pid <> pg_backend_pid()
             order by backend_start limit 1",
        )?;
        let id = id.trim().parse().context("nobody is connected")?;
        kill(Pid::from_raw(id), Signal::SIGKILL)?;
        Ok(())
    }

    /// Whether it takes connections.
    pub fn is_up(&self) -> bool {
        self.query("select 1").is_ok()
    }

    /// Starts it where it does not run, and waits until it takes connections.
    pub fn revive(&self, patience: Duration) -> Result<()> {
        let started = Instant::now();
        while !self.is_up() {
            // What a killed one left may still be on its way out.
            let failed = self.control(&["start", "-l", "log"]).err();
            if started.elapsed() > patience {
                return Err(failed.unwrap_or_else(|| anyhow::anyhow!("it does not answer")))
                    .context("PostgreSQL does not come back");
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        Ok(())
    }

    /// The lines that a query answers with.
    pub fn query(&self, sql: &str) -> Result<String> {
        Run::new(psql(&self.bin))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--dbname"])
            .arg(self.url())
            .args(["--command", sql])
            .output()
    }

    fn control(&self, command: &[&str]) -> Result<()> {
        // Into a file, not our pipes: a server that keeps them open would hang whoever reads them.
        let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let started = self.run("pg_ctl").args(["-w", "-s", "-D"]).arg(self.data()).args(command);
        let mut command = started.into_command();
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let status = command.status().context("cannot start pg_ctl")?;
        if !status.success() {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            bail!("pg_ctl failed ({status}):\n{}", crate::process::tail(&log, 20));
        }
        Ok(())
    }

    fn run(&self, program: &str) -> Run {
        Run::new(self.bin.join(program)).dir(&self.folder).user(self.user)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What is wrong with it shows elsewhere; nothing in it is worth more.
        let _ = self.control(&["stop", "-m", "immediate"]);
    }
}
