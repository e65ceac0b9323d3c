//! PostgreSQL's programs: finding them, installing them, a throwaway cluster.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, User, chown};

use crate::apt;
use crate::process::{Run, on_path};
use crate::report::Report;

/// The oldest major version that Souk runs on.
const OLDEST: u32 = 14;

/// Finds PostgreSQL's programs, installs Debian's package where they are
/// missing and that is allowed, and returns their folder.
pub fn ensure(report: &Report) -> Result<PathBuf> {
    if let Some(bin) = find() {
        return Ok(bin);
    }
    report.step("installing PostgreSQL with apt", || {
        apt::install_after(NO_MAIN_CLUSTER, &["postgresql"])
    })?;
    find().with_context(|| {
        format!("PostgreSQL was installed, but no initdb of version {OLDEST} or later was found")
    })
}

/// The folder of the newest PostgreSQL that is new enough.
pub fn find() -> Option<PathBuf> {
    candidates()
        .into_iter()
        .filter(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .filter_map(|bin| version(&bin).map(|major| (major, bin)))
        .filter(|(major, _)| *major >= OLDEST)
        .max_by_key(|(major, _)| *major)
        .map(|(_, bin)| bin)
}

fn candidates() -> Vec<PathBuf> {
    let packaged = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Of equal versions the last wins: a package is complete, PATH may hold links to a part of it.
    std::env::split_paths(&path).chain(packaged).collect()
}

fn version(bin: &Path) -> Option<u32> {
    let said = Run::new(bin.join("postgres")).arg("--version").output().ok()?;
    major_version(&said)
}

/// Reads `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` as 15.
fn major_version(said: &str) -> Option<u32> {
    let number = said.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Debian's package would create and start a cluster named `main`, which Souk
/// has no use for. Where the administrator has said nothing, say no.
const NO_MAIN_CLUSTER: &str = "f=/etc/postgresql-common/createcluster.conf
test -e $f || { mkdir -p ${f%/*} && echo 'create_main_cluster = false' > $f; }";

/// A cluster for one errand: a unix socket only, no syncing, gone when dropped.
#[derive(Debug)]
pub struct Throwaway {
    folder: PathBuf,
    bin: PathBuf,
    server: Option<Child>,
}

impl Throwaway {
    /// Creates and starts the cluster with an empty database `souk`.
    pub fn start(bin: &Path) -> Result<Self> {
        let user = unprivileged()?;
        let folder = std::env::temp_dir().join(format!("souk-throwaway-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut cluster = Self { folder, bin: bin.to_path_buf(), server: None };
        if let Some((uid, gid)) = user {
            chown(&cluster.folder, Some(uid.into()), Some(gid.into()))
                .context("cannot hand the throwaway cluster's folder to its user")?;
        }
        cluster.initialise(user)?;
        cluster.launch(user)?;
        Ok(cluster)
    }

    /// The address for sqlx and psql.
    pub fn url(&self) -> String {
        format!("postgres:///postgres?host={}&user=souk", self.folder.display())
    }

    /// Runs a file of SQL in one transaction; the first error stops it.
    pub fn apply(&self, file: &Path) -> Result<()> {
        Run::new(psql(&self.bin))
            .args(["--no-psqlrc", "--quiet", "--single-transaction"])
            .args(["--set", "ON_ERROR_STOP=1", "--dbname"])
            .arg(self.url())
            .arg("--file")
            .arg(file)
            .quiet()
            .with_context(|| format!("{} does not apply", file.display()))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn initialise(&self, user: Option<(u32, u32)>) -> Result<()> {
        Run::new(self.bin.join("initdb"))
            .args(["--username=souk", "--auth=trust", "--no-sync"])
            .args(["--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(self.data())
            .dir(&self.folder)
            .user(user)
            .quiet()
    }

    fn launch(&mut self, user: Option<(u32, u32)>) -> Result<()> {
        // Into a file: a server that keeps our pipes open would hang whoever reads them.
        let log = fs::File::create(self.folder.join("log")).context("cannot write a log")?;
        let mut command = Run::new(self.bin.join("postgres"))
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
            .arg(&self.folder)
            .arg("-D")
            .arg(self.data())
            .dir(&self.folder)
            .user(user)
            .into_command();
        command.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
        self.server = Some(command.spawn().context("cannot start postgres")?);
        self.await_ready()
    }

    fn await_ready(&self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(30) {
            let ready = Run::new(self.bin.join("pg_isready"))
                .args(["--username=souk", "--dbname=postgres", "--host"])
                .arg(&self.folder)
                .succeeds();
            if ready {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        bail!("the throwaway PostgreSQL did not start:\n{log}")
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // Nothing in it is worth a clean shutdown.
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The client of these programs, which some packages keep elsewhere.
pub fn psql(bin: &Path) -> PathBuf {
    let own = bin.join("psql");
    if own.is_file() || !on_path("psql") {
        return own;
    }
    PathBuf::from("psql")
}

/// The user for `initdb` and `postgres`, which refuse to run as root.
pub fn unprivileged() -> Result<Option<(u32, u32)>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some((user.uid.as_raw(), user.gid.as_raw())));
        }
    }
    bail!(
        "neither a user `postgres` nor `nobody` exists to run PostgreSQL as; create one or do not run as root"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_several_packagers_are_read() {
        let table = [
            ("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 17beta2\n", Some(17)),
            ("postgres (PostgreSQL) 9.6.24\n", Some(9)),
            ("something else 15\n", None),
        ];
        for (said, expected) in table {
            assert_eq!(major_version(said), expected, "{said}");
        }
    }
}
