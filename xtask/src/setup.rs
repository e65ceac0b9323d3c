//! What both commands need before they build.

use anyhow::Result;

use crate::node;
use crate::page;
use crate::postgres;
use crate::process::Run;
use crate::report::Report;
use crate::site::Manifest;
use crate::wasm_std;
use crate::workspace::Workspace;

/// Sets up what is missing on the machine.
pub fn machine(workspace: &Workspace, report: &Report) -> Result<()> {
    node::check()?;
    // Someone else's database needs no programs of ours.
    if std::env::var_os("DATABASE_URL").is_none() {
        postgres::ensure(report)?;
    }
    wasm_std::ensure(workspace, report)
}

/// The server's half, compiled as `cargo test` compiles it. The selection
/// holds one small test, because cargo then counts the features that tests ask
/// of shared dependencies; without it `cargo xtask test` would compile axum
/// and all above it a second time.
pub fn server(workspace: &Workspace, report: &Report) -> Result<()> {
    report.step("compiling the server", || {
        Run::new("cargo")
            .args(["build", "--workspace", "--exclude=frontend", "--lib", "--bins"])
            .arg("--test=boundaries")
            .dir(&workspace.root)
            .show()
    })
}

/// The program as it is given away, and a crowd as fast: optimised throughout, which takes longer to compile than tests
/// gain by it.
pub fn release(workspace: &Workspace, report: &Report) -> Result<()> {
    report.step("compiling the server for release", || {
        Run::new("cargo")
            .args(["build", "--release", "--package=server", "--package=crowd"])
            .args(["--bin=souk", "--bin=crowd"])
            .dir(&workspace.root)
            .show()
    })
}

/// A crowd of people, to try servers with.
pub fn crowd(workspace: &Workspace, report: &Report) -> Result<()> {
    report.step("compiling the crowd", || {
        Run::new("cargo")
            .args(["build", "--workspace", "--exclude=frontend", "--bin=crowd"])
            // As above.
            .arg("--test=boundaries")
            .dir(&workspace.root)
            .show()
    })
}

/// Both halves; the page's manifest.
pub fn build(workspace: &Workspace, report: &Report) -> Result<Manifest> {
    server(workspace, report)?;
    page::build(workspace, report)
}
