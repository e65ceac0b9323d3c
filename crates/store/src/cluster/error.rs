//! Why the private Postgres does not run: sentences that say what to do.

use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error(
        "no PostgreSQL of version {oldest} or later was found: install it (Debian: `apt install \
         postgresql`), name the folder of its programs in SOUK_PG_BIN, or give a database in \
         DATABASE_URL"
    )]
    NoPrograms { oldest: u32 },
    #[error(
        "SOUK_PG_BIN names {}, but there is no PostgreSQL of version {oldest} or later in it: \
         initdb and postgres are needed", .folder.display()
    )]
    BadProgramFolder { folder: PathBuf, oldest: u32 },
    #[error(
        "pg_dump and pg_restore of PostgreSQL {server} or later were not found, which backups are written and \
         read with: install them (Debian: `apt install postgresql-client-{server}`), or name their folder in \
         SOUK_PG_BIN"
    )]
    NoDumpers { server: u32 },
    #[error(
        "the data in {} was made by PostgreSQL {data}, but of that only version {found} is \
         installed: install postgresql-{data}, or move that folder away to start with an empty \
         database", .folder.display()
    )]
    WrongVersion { folder: PathBuf, data: String, found: String },
    #[error(
        "PostgreSQL refuses to run as root, and there is no user `postgres` to run it as: create one \
         (Debian: `adduser --system --group postgres`), or start Souk as another user"
    )]
    NoUser,
    #[error(
        "PostgreSQL runs as the user `{user}`, who may not enter {} (mode {mode:o}): choose another \
         data folder with SOUK_DATA, such as /var/lib/souk, or open that one with `chmod o+x`",
        .folder.display()
    )]
    Unreachable { user: String, folder: PathBuf, mode: u32 },
    #[error(
        "the folder {} belongs to somebody else or can be read by others: remove it, or choose \
         another data folder with SOUK_DATA", .folder.display()
    )]
    ForeignFolder { folder: PathBuf },
    #[error(
        "there is neither SOUK_DATA nor HOME to say where the data shall be kept: set SOUK_DATA"
    )]
    NoHome,
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error("the disk that holds {} is full: free some space and start again", .folder.display())]
    DiskFull { folder: PathBuf },
    #[error(
        "another PostgreSQL already works in {}: stop it, or choose another data folder with \
         SOUK_DATA", .folder.display()
    )]
    InUse { folder: PathBuf },
    #[error(
        "PostgreSQL may not use {}: the folder must belong to the user who runs it, with mode 700",
        .folder.display()
    )]
    Permission { folder: PathBuf },
    #[error("PostgreSQL did not {doing}; its log {} ends with:\n{tail}", .log.display())]
    Refused { doing: &'static str, log: PathBuf, tail: String },
    #[error("PostgreSQL answers, but not to us: {0}")]
    Answer(#[source] sqlx::Error),
}

impl ClusterError {
    pub(super) fn io(
        doing: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(std::io::Error) -> ClusterError {
        let path = path.as_ref().to_owned();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull => ClusterError::DiskFull { folder: path },
            _ => ClusterError::Io { doing, path, source },
        }
    }
}

/// Turns what PostgreSQL wrote before it gave up into a sentence.
pub(super) fn explain(doing: &'static str, said: &str, data: &Path, log: &Path) -> ClusterError {
    let folder = data.to_owned();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["No space left on device", "Disk quota exceeded"]) {
        ClusterError::DiskFull { folder }
    } else if says(&["\"postmaster.pid\" already exists", "pre-existing shared memory block"])
        || says(&["Address already in use", "is another postmaster"])
    {
        ClusterError::InUse { folder }
    } else if says(&["Permission denied", "has wrong ownership", "has invalid permissions"]) {
        ClusterError::Permission { folder }
    } else {
        ClusterError::Refused { doing, log: log.to_owned(), tail: tail(said) }
    }
}

fn tail(said: &str) -> String {
    const LINES: usize = 12;
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(said: &str) -> String {
        explain("start", said, Path::new("/d"), Path::new("/d/log")).to_string()
    }

    #[test]
    fn each_cause_has_a_sentence_that_helps() {
        let table = [
            ("FATAL:  could not write file: No space left on device", "disk that holds /d is full"),
            ("FATAL:  lock file \"postmaster.pid\" already exists", "another PostgreSQL already"),
            ("FATAL:  pre-existing shared memory block (key 1) is still in use", "already works"),
            ("FATAL:  data directory \"/d\" has wrong ownership", "must belong to the user"),
            ("FATAL:  invalid value for parameter", "log /d/log ends with:\nFATAL:  invalid value"),
        ];
        for (said, expected) in table {
            assert!(sentence(said).contains(expected), "{said}: {}", sentence(said));
        }
    }

    #[test]
    fn only_the_end_of_a_long_log_is_shown() {
        let said: Vec<String> = (0..40).map(|line| format!("line {line}.")).collect();
        let shown = sentence(&said.join("\n"));
        assert!(
            !shown.contains("line 27.") && shown.contains("line 28.") && shown.contains("line 39.")
        );
    }
}
