//! Python, for tests against clients that exist in it alone. Souk itself needs none.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::build_id::hash_paths;
use crate::process::{Run, on_path};
use crate::report::Report;
use crate::stamp::Stamp;
use crate::workspace::Workspace;

/// The folder whose `requirements.txt` names OpenAI's client.
const OPENAI: &str = "server/tests/openai";

/// The variable by which the server's tests find the interpreter.
pub const OPENAI_PYTHON: &str = "OPENAI_PYTHON";

/// An interpreter with OpenAI's client, in a virtual environment of the target folder; `None`, and a
/// word about it, where there is no Python or its packages cannot be had.
pub fn openai(workspace: &Workspace, report: &Report) -> Option<PathBuf> {
    match environment(workspace, report) {
        Ok(python) => Some(python),
        Err(error) => {
            report.say(&format!(
                "NOT CHECKED: the server under OpenAI's own client, because {error:#}"
            ));
            None
        }
    }
}

fn environment(workspace: &Workspace, report: &Report) -> Result<PathBuf> {
    let requirements = format!("{OPENAI}/requirements.txt");
    let inputs = hash_paths(&workspace.root, &[&requirements])?;
    let folder = workspace.notes().join("openai-client");
    let python = folder.join("bin/python");
    let stamp = Stamp::new(&folder, "installed", inputs);
    if stamp.is_fresh(&[&python]) {
        return Ok(python);
    }
    if !on_path("python3") {
        bail!("there is no python3 here");
    }
    report.step("installing OpenAI's client for Python", || {
        Run::new("python3").args(["-m", "venv", "--clear"]).arg(&folder).quiet()?;
        Run::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"])
            .args(["--timeout", "20", "--retries", "1", "--requirement"])
            .arg(workspace.root.join(&requirements))
            .quiet()?;
        stamp.write()
    })?;
    Ok(python)
}
