//! Node.js and the packages that lockfiles name.

use anyhow::{Context, Result, bail};

use crate::build_id::hash_paths;
use crate::process::{Run, on_path};
use crate::report::Report;
use crate::stamp::Stamp;
use crate::workspace::Workspace;

/// The oldest Node.js that the packages run on.
const OLDEST_NODE: u32 = 20;

/// Checks that Node.js and npm are there and new enough.
pub fn check() -> Result<()> {
    if !on_path("node") || !on_path("npm") {
        bail!(
            "Node.js is missing: install Node {OLDEST_NODE} or later with npm, then run this again"
        );
    }
    let said = Run::new("node").arg("--version").output()?;
    match node_major(&said) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!(
            "Node.js {} is too old: Souk's page is built with Node {OLDEST_NODE} or later",
            said.trim()
        ),
    }
}

/// Reads `v20.20.2` as 20.
fn node_major(said: &str) -> Option<u32> {
    said.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs the packages that a folder's lockfile names, unless they are there.
pub fn install_packages(workspace: &Workspace, report: &Report, folder: &str) -> Result<()> {
    check()?;
    let at = workspace.root.join(folder);
    let inputs = hash_paths(
        &workspace.root,
        &[&format!("{folder}/package.json"), &format!("{folder}/package-lock.json")],
    )?;
    // Inside node_modules: who deletes that folder deletes the stamp with it.
    let installed = at.join("node_modules");
    let stamp = Stamp::new(&installed, ".souk", inputs);
    if stamp.is_fresh(&[]) {
        return Ok(());
    }
    report.step(&format!("npm ci in {folder}/"), || {
        Run::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .dir(&at)
            .quiet()
            .with_context(|| {
                format!("the packages of {folder}/ did not install: is npm's registry reachable?")
            })?;
        stamp.write()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_version_is_read() {
        assert_eq!(node_major("v20.20.2\n"), Some(20));
        assert_eq!(node_major("v8.0.0"), Some(8));
        assert_eq!(node_major("20"), None);
    }
}
