//! The browser tests in end2end/, in a real Chromium against the built server.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::apt;
use crate::node;
use crate::process::{Run, find_on_path};
use crate::report::Report;
use crate::workspace::Workspace;

/// Names under which distributions install it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Runs Playwright. Its configuration starts `SOUK_BIN` itself.
pub fn test(workspace: &Workspace, report: &Report) -> Result<()> {
    let chromium = ensure_chromium(report)?;
    node::install_packages(workspace, report, "end2end")?;
    let folder = workspace.root.join("end2end");
    Run::new("npm")
        .args(["run", "--silent", "check"])
        .dir(&folder)
        .quiet()
        .context("the browser tests do not type-check")?;
    Run::new("npm")
        .args(["run", "--silent", "test"])
        .dir(&folder)
        .env("SOUK_BIN", workspace.souk())
        .env("SOUK_SITE", workspace.site())
        .env("SOUK_CHROMIUM", chromium)
        .show()
        .context("a browser test failed; its trace and screenshots are in end2end/artefacts")
}

fn ensure_chromium(report: &Report) -> Result<PathBuf> {
    if let Some(found) = find_chromium() {
        return Ok(found);
    }
    report
        .step("installing Chromium with apt", || apt::install(&["chromium", "fonts-liberation"]))?;
    find_chromium().context("Chromium was installed but is not on PATH; set SOUK_CHROMIUM to it")
}

fn find_chromium() -> Option<PathBuf> {
    let named = std::env::var_os("SOUK_CHROMIUM").map(PathBuf::from);
    named.or_else(|| NAMES.iter().find_map(|name| find_on_path(name)))
}
