//! Checks by programs from the registry, pinned and kept in the target folder.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::process::Run;
use crate::report::Report;
use crate::workspace::Workspace;

/// A program of the registry.
pub struct Tool {
    name: &'static str,
    version: &'static str,
    features: &'static str,
    /// Crates of it without whose optimisation it runs for long.
    optimised: &'static [&'static str],
}

const MACHETE: Tool =
    Tool { name: "cargo-machete", version: "0.9.2", features: "", optimised: &[] };

const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", features: "", optimised: &[] };

/// Finds the texts of licences.
pub const ABOUT: Tool = Tool {
    name: "cargo-about",
    version: "0.9.3",
    features: "cli",
    optimised: &["regex", "regex-automata", "regex-syntax", "spdx", "unicode-normalization"],
};

/// Writes bills of materials.
pub const CYCLONEDX: Tool =
    Tool { name: "cargo-cyclonedx", version: "0.5.9", features: "", optimised: &[] };

impl Tool {
    /// Compiles the program once, unoptimised but for some crates: it runs for seconds, and
    /// optimising all of it would take minutes.
    pub fn ensure(&self, workspace: &Workspace, report: &Report) -> Result<PathBuf> {
        let root = workspace.notes().join(format!("{}-{}", self.name, self.version));
        let program = root.join("bin").join(self.name);
        if program.is_file() {
            return Ok(program);
        }
        report.step(&format!("compiling {} {}", self.name, self.version), || {
            let optimise = |name: &&str| {
                ["--config".to_owned(), format!("profile.dev.package.{name}.opt-level=3")]
            };
            Run::new("cargo")
                .args(["install", "--quiet", "--locked", "--debug", "--root"])
                .arg(&root)
                .args(["--version", self.version, "--features", self.features])
                .args(self.optimised.iter().flat_map(optimise))
                .arg(self.name)
                .env("CARGO_TARGET_DIR", root.join("build"))
                .env("CARGO_PROFILE_DEV_DEBUG", "0")
                .show()
                .with_context(|| {
                    format!("{} did not install: is the registry reachable?", self.name)
                })
        })?;
        // Only the program is of use from here on.
        let _ = std::fs::remove_dir_all(root.join("build"));
        Ok(program)
    }
}

/// Dependencies that no source names.
pub fn unused(workspace: &Workspace, report: &Report) -> Result<()> {
    let machete = MACHETE.ensure(workspace, report)?;
    let members = workspace.members()?;
    Run::new(machete)
        .args(members)
        .dir(&workspace.root)
        .quiet()
        .context("remove what is not used from the Cargo.toml named, or list it there under package.metadata.cargo-machete")
}

/// Licences, sources and duplicates by `deny.toml`; known weaknesses where
/// their database can be had.
pub fn licences(workspace: &Workspace, report: &Report) -> Result<()> {
    let deny = DENY.ensure(workspace, report)?;
    let run = |check: &[&str]| {
        Run::new(&deny)
            .args(["--workspace", "check", "--hide-inclusion-graph"])
            .args(check.iter().map(|name| (*name).to_owned()))
            .dir(&workspace.root)
    };
    run(&["licenses", "bans", "sources"])
        .quiet()
        .context("cargo-deny objects; deny.toml says what is allowed and why")?;
    let fetched = Run::new(&deny)
        .args(["fetch", "db"])
        .dir(&workspace.root)
        .succeeds_within(std::time::Duration::from_secs(60));
    if !fetched {
        report.say("NOT CHECKED: known weaknesses, because the advisory database cannot be reached from here");
        return Ok(());
    }
    match run(&["advisories"]).quiet() {
        Ok(()) => Ok(()),
        Err(error) => bail!(
            "a dependency has a known weakness: update it, or justify it in deny.toml\n{error:#}"
        ),
    }
}
