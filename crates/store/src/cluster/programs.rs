//! PostgreSQL's programs on this machine.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::error::ClusterError;

/// The oldest major version that Souk runs on.
pub(super) const OLDEST: u32 = 14;

/// Where one version's `initdb` and `postgres` are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs {
    pub major: u32,
    folder: PathBuf,
}

impl Programs {
    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }
}

/// PostgreSQL's own programs that write and read dumps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dumpers {
    pub major: u32,
    folder: PathBuf,
}

impl Dumpers {
    pub fn pg_dump(&self) -> PathBuf {
        self.folder.join("pg_dump")
    }

    pub fn pg_restore(&self) -> PathBuf {
        self.folder.join("pg_restore")
    }
}

/// Those of a server's major version, else of the next later one: an earlier pg_dump refuses a later server.
pub(crate) async fn find_dumpers(server: u32) -> Result<Dumpers, ClusterError> {
    let named = std::env::var_os("SOUK_PG_BIN").map(|folder| vec![PathBuf::from(folder)]);
    let mut found: Vec<Dumpers> = Vec::new();
    for folder in named.unwrap_or_else(candidates) {
        if folder.join("pg_restore").is_file()
            && let Some(major) = version_of(&folder.join("pg_dump")).await
        {
            found.push(Dumpers { major, folder });
        }
    }
    nearest(found, server).ok_or(ClusterError::NoDumpers { server })
}

/// Of equal ones the first.
fn nearest(found: Vec<Dumpers>, server: u32) -> Option<Dumpers> {
    found.into_iter().filter(|dumpers| dumpers.major >= server).min_by_key(|dumpers| dumpers.major)
}

/// The newest programs, or those that fit existing data.
pub(super) async fn find(data: &Path) -> Result<Programs, ClusterError> {
    let installed = installed(std::env::var_os("SOUK_PG_BIN").map(PathBuf::from)).await?;
    let Ok(version) = std::fs::read_to_string(data.join("PG_VERSION")) else {
        return installed
            .into_iter()
            .max_by_key(|programs| programs.major)
            .ok_or(ClusterError::NoPrograms { oldest: OLDEST });
    };
    fitting(installed, version.trim(), data)
}

/// A data folder can be used by the major version that made it, and by no other.
fn fitting(installed: Vec<Programs>, version: &str, data: &Path) -> Result<Programs, ClusterError> {
    let majors: Vec<String> = installed.iter().map(|found| found.major.to_string()).collect();
    if majors.is_empty() {
        return Err(ClusterError::NoPrograms { oldest: OLDEST });
    }
    installed.into_iter().find(|found| found.major.to_string() == version).ok_or_else(|| {
        ClusterError::WrongVersion {
            folder: data.to_owned(),
            data: version.to_owned(),
            found: majors.join(" and "),
        }
    })
}

async fn installed(named: Option<PathBuf>) -> Result<Vec<Programs>, ClusterError> {
    if let Some(folder) = named {
        let found = look_into(&folder).await;
        return found
            .map(|programs| vec![programs])
            .ok_or(ClusterError::BadProgramFolder { folder, oldest: OLDEST });
    }
    let mut found: Vec<Programs> = Vec::new();
    for folder in candidates() {
        if let Some(programs) = look_into(&folder).await
            && found.iter().all(|earlier| earlier.major != programs.major)
        {
            found.push(programs);
        }
    }
    Ok(found)
}

/// Packages first: PATH may hold links to a part of one.
fn candidates() -> Vec<PathBuf> {
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let path = std::env::var_os("PATH").unwrap_or_default();
    packaged.map(|entry| entry.path().join("bin")).chain(std::env::split_paths(&path)).collect()
}

async fn look_into(folder: &Path) -> Option<Programs> {
    if !folder.join("initdb").is_file() || !folder.join("postgres").is_file() {
        return None;
    }
    let major = version_of(&folder.join("postgres")).await?;
    (major >= OLDEST).then(|| Programs { major, folder: folder.to_owned() })
}

async fn version_of(program: &Path) -> Option<u32> {
    let said = Command::new(program).arg("--version").output().await.ok()?;
    major_version(&String::from_utf8_lossy(&said.stdout))
}

/// Reads `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` as 15.
fn major_version(said: &str) -> Option<u32> {
    let number = said.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_several_packagers_are_read() {
        let table = [
            ("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta1\n", Some(18)),
            ("postgres (PostgreSQL) 9.6.24\n", Some(9)),
            ("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(15)),
            ("mysqld 8\n", None),
        ];
        for (said, expected) in table {
            assert_eq!(major_version(said), expected, "{said}");
        }
    }

    #[test]
    fn data_wants_the_version_that_made_it() {
        let of = |major| Programs { major, folder: PathBuf::from("/bin") };
        let data = Path::new("/d");
        assert_eq!(fitting(vec![of(15), of(17)], "15", data).expect("is there").major, 15);
        let refused = fitting(vec![of(15), of(17)], "14", data).expect_err("is not there");
        assert!(refused.to_string().contains("made by PostgreSQL 14"), "{refused}");
        assert!(refused.to_string().contains("15 and 17"), "{refused}");
        let refused = fitting(Vec::new(), "15", data).expect_err("nothing is there");
        assert!(matches!(refused, ClusterError::NoPrograms { .. }));
    }

    #[test]
    fn a_dump_is_made_by_the_servers_version_or_a_later_one() {
        let of = |major| Dumpers { major, folder: PathBuf::from("/bin") };
        let table = [(14, Some(15)), (15, Some(15)), (16, Some(17)), (18, None)];
        for (server, expected) in table {
            let found = nearest(vec![of(17), of(15)], server).map(|dumpers| dumpers.major);
            assert_eq!(found, expected, "{server}");
        }
        let refused = ClusterError::NoDumpers { server: 18 }.to_string();
        assert!(refused.contains("apt install postgresql-client-18"), "{refused}");
    }

    #[tokio::test]
    async fn a_named_folder_without_programs_is_an_error() {
        let refused = installed(Some(PathBuf::from("/nowhere"))).await.expect_err("empty");
        assert!(refused.to_string().contains("SOUK_PG_BIN names /nowhere"), "{refused}");
    }
}
