//! `cargo xtask serve`: set up, build, start, and stop with it.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::process::Run;
use crate::report::{Report, clock};
use crate::setup;
use crate::workspace::Workspace;

/// Builds both halves and becomes the server, so that a Ctrl-C reaches it
/// directly; it prints its address itself.
pub fn serve(workspace: &Workspace, report: &Report, arguments: &[String]) -> Result<()> {
    setup::machine(workspace, report)?;
    let manifest = setup::build(workspace, report)?;
    report.say(&format!(
        "ready after {}: the page is {} kB on the wire; starting the server",
        clock(report.elapsed()),
        manifest.brotli().div_ceil(1_000)
    ));
    let mut serving =
        Run::new(workspace.souk()).arg("serve").args(arguments).env("SOUK_SITE", workspace.site());
    // The program looks beside itself, and the target folder may lie elsewhere.
    if std::env::var_os("SOUK_MODELS").is_none() {
        serving = serving.env("SOUK_MODELS", workspace.root.join("models/models.toml"));
    }
    let error = serving.into_command().exec();
    Err(error).with_context(|| format!("cannot start {}", workspace.souk().display()))
}
