//! A small disk: a file with a file system on it, which holds the data of PostgreSQL and of Souk.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::Run;

/// Unmounted when dropped.
#[derive(Debug)]
pub struct Disk {
    pub folder: PathBuf,
}

impl Disk {
    /// Needs root, and a loop device.
    pub fn create(place: &Path, megabytes: u64) -> Result<Self> {
        let (image, folder) = (place.join("disk.img"), place.join("disk"));
        File::create(&image)?.set_len(megabytes << 20)?;
        // Nothing is kept back for root, who would else write on.
        Run::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image).quiet()?;
        fs::create_dir(&folder)?;
        Run::new("mount").args(["-o", "loop"]).arg(&image).arg(&folder).quiet()?;
        let disk = Self { folder };
        fs::set_permissions(&disk.folder, fs::Permissions::from_mode(0o755))?;
        Ok(disk)
    }

    /// Until not a byte is free.
    pub fn fill(&self) -> Result<()> {
        let free = Run::new("df").args(["--output=avail", "-B1"]).arg(&self.folder).output()?;
        let free = free.lines().last().context("df says nothing")?.trim().to_owned();
        // What is taken between the two does not matter: the rest is written.
        let _ = Run::new("fallocate").args(["-l", &free]).arg(self.ballast()).quiet();
        let mut rest = File::create(self.folder.join("ballast-rest"))?;
        for size in [1 << 20, 1 << 12, 1] {
            let block = vec![0; size];
            while rest.write_all(&block).is_ok() {}
        }
        Ok(())
    }

    pub fn free(&self) -> Result<()> {
        fs::remove_file(self.folder.join("ballast-rest"))?;
        fs::remove_file(self.ballast()).or_else(|why| match why.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(why),
        })?;
        Ok(())
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Somebody may still be on the way out of it.
        let _ = Run::new("umount").arg("--lazy").arg(&self.folder).quiet();
    }
}
