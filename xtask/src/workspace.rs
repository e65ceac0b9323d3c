//! Where things lie: the checkout and cargo's target folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process::Run;

/// The folders that every step reads from and writes to.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The checkout, where `Cargo.toml` of the workspace lies.
    pub root: PathBuf,
    /// Cargo's target folder: `CARGO_TARGET_DIR` or cargo's own answer.
    pub target: PathBuf,
    packages: Vec<Package>,
}

/// A crate of the workspace.
#[derive(Debug, Clone, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
    packages: Vec<Package>,
}

impl Workspace {
    /// Asks cargo, so that its configuration files and variables count.
    pub fn locate() -> Result<Self> {
        // What cargo runs now, not what it compiled: two checkouts may share a target folder.
        let own = std::env::var("CARGO_MANIFEST_DIR");
        let own = own.unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let manifest = Path::new(&own)
            .parent()
            .context("xtask lies in the workspace's root")?
            .join("Cargo.toml");
        let answer = Run::new("cargo")
            .args(["metadata", "--no-deps", "--format-version=1"])
            .arg("--manifest-path")
            .arg(&manifest)
            .output()?;
        let found: Metadata =
            serde_json::from_str(&answer).context("cargo metadata's answer is not understood")?;
        Ok(Self {
            root: found.workspace_root,
            target: found.target_directory,
            packages: found.packages,
        })
    }

    /// The crates whose tests run on the host: all but the browser's entry.
    pub fn tested_crates(&self) -> Vec<String> {
        let names = self.packages.iter().map(|package| package.name.clone());
        names.filter(|name| name != "frontend").collect()
    }

    /// The folders of all crates.
    pub fn members(&self) -> Result<Vec<PathBuf>> {
        let folder = |package: &Package| package.manifest_path.parent().map(Path::to_path_buf);
        let folders: Option<Vec<PathBuf>> = self.packages.iter().map(folder).collect();
        folders.context("cargo named a manifest without a folder")
    }

    /// The page's finished assets and their manifest.
    pub fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// What the steps remember between runs: stamps, tools, downloads.
    pub fn notes(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// The server's program, built in the dev profile.
    pub fn souk(&self) -> PathBuf {
        self.target.join("debug").join("souk")
    }

    /// A program in the release profile.
    pub fn released(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }
}
