//! Backups: one moment of the database in a file, what lies in the data folder beside it, and a manifest with hashes
//! of all. Made while servers run, and taken in again by a restore into a data folder with nothing in it.
//!
//! Weights and archived events are files that are there before the row that names them and never change, so what
//! the snapshot's rows name is copied after it began.

mod files;
mod restore;
mod take;
mod verify;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

pub use restore::{Ready, Restored, restore};
pub use take::{Order, Taken, Weights, take};
pub use verify::{Verified, verify};

/// What tells how far it is; a sentence each time.
pub type Tell = Arc<dyn Fn(String) + Send + Sync>;

/// Of the manifest and of how a backup lies in its folder.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
/// As `sha256sum -c` reads it: all files, the manifest among them.
const SUMS: &str = "SHA256SUMS";
/// In pg_dump's own format.
const DUMP: &str = "database.dump";
/// What goes into the data folder.
const FILES: &str = "files";
/// Within it and within the data folder: the archive where no setting says otherwise.
const ARCHIVE: &str = "archive";
const COOKIE_KEY: &str = "cookie.key";

/// `manifest.json`: what a backup has, from when it is and what reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Of the program that made it.
    pub version: String,
    pub code_version: String,
    /// The database's last migration.
    pub schema: i64,
    /// PostgreSQL's major version.
    pub postgres: u32,
    /// When the database was as it is here: what was erased, paid or revoked since then is not in it.
    pub taken: String,
    /// The same, in milliseconds since the Unix epoch.
    pub taken_ms: i64,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    pub weights: Weights,
    /// Folders below the data folder that rows name and that are not here.
    pub left_out: Vec<String>,
    pub archive: ArchivePlace,
    pub files: Vec<Filed>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// Within the backup.
    pub name: String,
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
}

/// Where the events of archived episodes are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum ArchivePlace {
    /// Nothing is archived.
    #[default]
    Nowhere,
    Here,
    /// Not in the backup: a bucket, or a folder outside of the data folder.
    At {
        place: String,
        files: u64,
    },
}

impl Manifest {
    /// Reads a backup's manifest and compares the hashes of all that is in its folder.
    ///
    /// # Errors
    /// Names the file that is missing or another than was written.
    pub fn checked(folder: &Path, tell: &Tell) -> Result<Manifest> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read(&path).with_context(|| {
            format!("{} is no backup: there is no {MANIFEST} that can be read", folder.display())
        })?;
        let sums = folder.join(SUMS);
        let sums = std::fs::read_to_string(&sums)
            .with_context(|| format!("the backup has no {} that can be read", sums.display()))?;
        let sums = files::read_sums(&sums)?;
        let told =
            sums.iter().find(|(name, _)| name == MANIFEST).map(|(_, sha256)| sha256.as_str());
        ensure!(told == Some(files::sha256(&text).as_str()), files::changed(&path));
        let manifest: Manifest = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not a manifest of Souk's", path.display()))?;
        ensure!(
            manifest.format == FORMAT,
            "this backup has the form {}; this program reads form {FORMAT}",
            manifest.format
        );
        let listed = manifest.files.iter().map(|file| (file.name.as_str(), file.sha256.as_str()));
        let summed = sums.iter().filter(|(name, _)| name != MANIFEST);
        if !listed.eq(summed.map(|(name, sha256)| (name.as_str(), sha256.as_str()))) {
            bail!("{SUMS} and {MANIFEST} of the backup name other files or hashes");
        }
        files::check(folder, &manifest.files, tell)?;
        Ok(manifest)
    }

    /// Of a table, at the moment of the backup; 0 where there was none.
    pub fn rows_of(&self, table: &str) -> i64 {
        self.rows.get(table).copied().unwrap_or(0)
    }

    /// Whether browsers that come back are known again.
    pub fn has_cookie_key(&self) -> bool {
        self.files.iter().any(|file| file.name == format!("{FILES}/{COOKIE_KEY}"))
    }

    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}
