//! A clock of its own for one process: libfaketime in front of its libc. Only the time of day jumps, as it does when a
//! clock is set; what measures spans goes on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::apt;
use crate::report::Report;
use crate::workspace::Workspace;

#[derive(Debug)]
pub struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// Unpacks Debian's package where it was not yet.
    pub fn create(workspace: &Workspace, report: &Report, place: &Path) -> Result<Self> {
        let folder = workspace.notes().join("libfaketime");
        let found = find(&folder);
        let library = match found {
            Some(library) => library,
            None => {
                report.step("fetching libfaketime from Debian", || {
                    apt::unpack("libfaketime", &folder)
                })?;
                find(&folder).context("the package libfaketime has no library")?
            }
        };
        let clock = Self { library, file: place.join("clock") };
        clock.set(0)?;
        Ok(clock)
    }

    /// Variables of the process that goes by it.
    pub fn settings(&self) -> Vec<(String, String)> {
        let pairs = [
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            // Seconds until the file is read again.
            ("FAKETIME_CACHE_DURATION", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// So many seconds ahead of the machine's.
    pub fn set(&self, ahead_s: i64) -> Result<()> {
        // Put in place as a whole, for it is read at any time.
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{ahead_s:+}\n"))?;
        fs::rename(&new, &self.file).context("the clock cannot be set")
    }
}

fn find(folder: &Path) -> Option<PathBuf> {
    let libraries = fs::read_dir(folder.join("usr/lib")).ok()?.flatten();
    libraries
        .map(|architecture| architecture.path().join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.is_file())
}
