//! The Postgres process: made, started, adopted, waited for, stopped.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::error::{ClusterError, explain};
use super::folder::Folder;
use super::programs::Programs;
use super::{Durability, USER};

/// How often a process that is not our child is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How often a starting Postgres is asked whether it is ready.
const ASK: Duration = Duration::from_millis(20);
/// Recovery after a crash replays at most about a gigabyte of log.
const START_TIMEOUT: Duration = Duration::from_secs(180);
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// A running postmaster.
#[derive(Debug)]
pub(super) struct Postmaster {
    pub pid: Pid,
    /// `None`: started by an earlier or another Souk.
    child: Option<Child>,
}

impl Postmaster {
    /// Returns when the process has ended.
    pub async fn ended(&mut self) {
        match &mut self.child {
            Some(child) => {
                if let Err(error) = child.wait().await {
                    tracing::warn!(%error, "cannot wait for Postgres");
                }
            }
            None => {
                while is_alive(self.pid) {
                    sleep(LOOK).await;
                }
            }
        }
    }

    /// Fast shutdown: open transactions are rolled back, a checkpoint is written. Where that takes
    /// too long, at once: the next start recovers from the log.
    pub async fn stop(mut self) {
        for (signal, patience) in [
            (Signal::SIGINT, STOP_TIMEOUT),
            (Signal::SIGQUIT, STOP_TIMEOUT),
            (Signal::SIGKILL, Duration::MAX),
        ] {
            match kill(self.pid, signal) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => tracing::warn!(%error, "cannot signal Postgres"),
            }
            if tokio::time::timeout(patience, self.ended()).await.is_ok() {
                return;
            }
        }
    }
}

/// Makes PGDATA.
pub(super) async fn initialise(
    folder: &Folder,
    programs: &Programs,
    durability: Durability,
) -> Result<(), ClusterError> {
    let unfinished = folder.unfinished();
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(ClusterError::io("clear", &unfinished))?;
    }
    let mut command = as_servant(folder, &programs.initdb());
    command
        .arg("--pgdata")
        .arg(&unfinished)
        .args(["--username", USER, "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"])
        // Only who may enter the socket's folder reaches it, and that is closed to others.
        .args(["--auth-local=trust", "--auth-host=reject"]);
    if durability == Durability::Test {
        command.arg("--no-sync");
    }
    let done = command
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(ClusterError::io("run", programs.initdb()))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        return Err(explain("make its data folder", &said, &folder.data(), &folder.log()));
    }
    fs::rename(&unfinished, folder.data()).map_err(ClusterError::io("finish", &unfinished))
}

/// Starts Postgres, or adopts the one that runs here already, and waits until it answers.
pub(super) async fn start_or_adopt(
    folder: &Folder,
    programs: &Programs,
    durability: Durability,
) -> Result<Postmaster, ClusterError> {
    if let Some(pid) = running(folder) {
        let mut postmaster = Postmaster { pid, child: None };
        if await_ready(folder, &mut postmaster, 0).await.is_ok() {
            return Ok(postmaster);
        }
        // It was on its way out.
        postmaster.ended().await;
    }
    clear_stale_locks(folder)?;
    let (log, length) = folder.open_log()?;
    let mut postmaster = spawn(folder, programs, durability, log)?;
    await_ready(folder, &mut postmaster, length).await?;
    Ok(postmaster)
}

fn spawn(
    folder: &Folder,
    programs: &Programs,
    durability: Durability,
    log: fs::File,
) -> Result<Postmaster, ClusterError> {
    let copy = log.try_clone().map_err(ClusterError::io("write the log", folder.log()))?;
    let mut command = as_servant(folder, &programs.postgres());
    command.arg("-D").arg(folder.data());
    for setting in settings(folder, durability) {
        command.arg("-c").arg(setting);
    }
    // A file, not our own output: whoever waits for the end of that would wait for Postgres.
    command.stdin(Stdio::null()).stdout(log).stderr(copy);
    // A group of its own: an interrupt at the terminal reaches Souk, which then stops it in order.
    command.process_group(0);
    let child = command.spawn().map_err(ClusterError::io("run", programs.postgres()))?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).expect("it was not waited for yet");
    Ok(Postmaster { pid: Pid::from_raw(pid), child: Some(child) })
}

fn settings(folder: &Folder, durability: Durability) -> Vec<String> {
    let on = match durability {
        Durability::Full => "on",
        Durability::Test => "off",
    };
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories=\"{}\"", folder.socket().display()),
        "unix_socket_permissions=0700".to_owned(),
        "max_connections=200".to_owned(),
        "shared_buffers=128MB".to_owned(),
        // Containers give 64 MB of it.
        "dynamic_shared_memory_type=mmap".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "log_checkpoints=off".to_owned(),
    ];
    // In either case a commit is with the system before it is acknowledged: a Postgres that is
    // killed loses nothing.
    settings.push("synchronous_commit=on".to_owned());
    settings.extend(["fsync", "full_page_writes"].map(|setting| format!("{setting}={on}")));
    settings
}

fn as_servant(folder: &Folder, program: &Path) -> Command {
    let mut command = Command::new(program);
    // The folder that Souk was started in may be closed to the servant.
    command.current_dir("/").env("LC_MESSAGES", "C").env_remove("PGDATA");
    if let Some(servant) = &folder.servant {
        command.uid(servant.uid).gid(servant.gid);
    }
    command
}

/// How to reach a database of this cluster.
pub(super) fn options(folder: &Folder, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(folder.socket())
        .port(5432)
        .username(USER)
        .database(database)
}

/// Waits until Postgres answers, or gives its own reason why it does not.
async fn await_ready(
    folder: &Folder,
    postmaster: &mut Postmaster,
    log_before: u64,
) -> Result<(), ClusterError> {
    let until = Instant::now() + START_TIMEOUT;
    let maintenance = options(folder, "postgres");
    loop {
        let asked = match maintenance.connect().await {
            Ok(connection) => return connection.close().await.map_err(ClusterError::Answer),
            Err(error) => error,
        };
        if tokio::time::timeout(ASK, postmaster.ended()).await.is_ok() {
            let said = said_since(&folder.log(), log_before);
            return Err(explain("start", &said, &folder.data(), &folder.log()));
        }
        if Instant::now() > until {
            return Err(ClusterError::Answer(asked));
        }
    }
}

/// What the log gained; errors of reading it shall not hide why Postgres did not start.
fn said_since(log: &Path, before: u64) -> String {
    let whole = fs::read(log).unwrap_or_default();
    let from = usize::try_from(before).unwrap_or(usize::MAX).min(whole.len());
    String::from_utf8_lossy(&whole[from..]).into_owned()
}

/// The process that `postmaster.pid` names, where it is a Postgres on this very folder.
fn running(folder: &Folder) -> Option<Pid> {
    let pid = recorded(folder)?;
    (is_alive(pid) && works_in(pid, &folder.data())).then_some(pid)
}

pub(super) fn recorded(folder: &Folder) -> Option<Pid> {
    let text = fs::read_to_string(folder.data().join("postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok().map(Pid::from_raw)
}

/// After a kill -9, and more so after a container's restart, the recorded number may be another
/// process by now. Postgres would refuse to start for fear of it, so the stale locks go first.
/// Where the number is nobody's, Postgres sees that itself.
fn clear_stale_locks(folder: &Folder) -> Result<(), ClusterError> {
    if recorded(folder).is_some_and(is_alive) {
        for stale in [folder.data().join("postmaster.pid"), folder.socket_lock()] {
            if stale.exists() {
                fs::remove_file(&stale).map_err(ClusterError::io("clear the stale", &stale))?;
            }
        }
    }
    Ok(())
}

fn is_alive(pid: Pid) -> bool {
    match kill(pid, None) {
        Ok(()) => !is_zombie(pid),
        Err(errno) => errno == Errno::EPERM,
    }
}

/// Ended, and not yet waited for by its parent.
fn is_zombie(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// A postmaster's working directory is its data folder. Where there is no /proc to ask, the socket
/// is asked next.
fn works_in(pid: Pid, data: &Path) -> bool {
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(cwd) => cwd == data,
        Err(error) => {
            error.kind() == std::io::ErrorKind::NotFound && !Path::new("/proc/self").exists()
        }
    }
}
