//! Python, for tests against programs that exist in it alone. Souk itself needs none.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::build_id::hash_paths;
use crate::process::{Run, on_path};
use crate::report::Report;
use crate::stamp::Stamp;
use crate::workspace::Workspace;

/// Packages that one kind of test needs, in a virtual environment of the target folder.
pub struct Environment {
    /// Of the folder.
    name: &'static str,
    /// The folder whose `requirements.txt` names them.
    tests: &'static str,
    /// The variable by which the server's tests find the interpreter.
    pub variable: &'static str,
    /// What cannot be checked without.
    what: &'static str,
}

pub const ENVIRONMENTS: [Environment; 7] = [
    Environment {
        name: "openai-client",
        tests: "server/tests/openai",
        variable: "OPENAI_PYTHON",
        what: "the server under OpenAI's own client",
    },
    Environment {
        name: "export-reader",
        tests: "server/tests/export",
        variable: "EXPORT_PYTHON",
        what: "exports under another program, and the notebook",
    },
    Environment {
        name: "souk-client",
        tests: "clients/python/tests",
        variable: "CLIENT_PYTHON",
        what: "the Python client of the environment",
    },
    Environment {
        name: "ray",
        tests: "server/tests/ray",
        variable: "RAY_PYTHON",
        what: "training jobs on Ray",
    },
    Environment {
        name: "verifiers",
        tests: "clients/python/tests/verifiers",
        variable: "VERIFIERS_PYTHON",
        what: "the environment for verifiers",
    },
    Environment {
        name: "s3",
        tests: "crates/store/tests/s3",
        variable: "S3_PYTHON",
        what: "the archive of old events in a bucket",
    },
    Environment {
        name: "schemathesis",
        tests: "server/tests/schemathesis",
        variable: "SCHEMATHESIS_PYTHON",
        what: "the API against its own description",
    },
];

/// Six gigabytes: for those who ask for it (`cargo xtask test ray-trl`).
pub const TRL: Environment = Environment {
    name: "trl",
    tests: "trainers/ray",
    variable: "RAY_TRL_PYTHON",
    what: "training jobs by TRL",
};

/// A bill of materials is checked by it.
pub const SBOM: Environment = Environment {
    name: "sbom",
    tests: "xtask/tests/sbom",
    variable: "SBOM_PYTHON",
    what: "the bill of materials under CycloneDX's schema",
};

impl Environment {
    /// The interpreter; `None`, and a word about it, where there is no Python or its packages cannot be had.
    pub fn interpreter(&self, workspace: &Workspace, report: &Report) -> Option<PathBuf> {
        match self.installed(workspace, report) {
            Ok(python) => Some(python),
            Err(error) => {
                report.say(&format!("NOT CHECKED: {}, because {error:#}", self.what));
                None
            }
        }
    }

    fn installed(&self, workspace: &Workspace, report: &Report) -> Result<PathBuf> {
        let requirements = format!("{}/requirements.txt", self.tests);
        let inputs = hash_paths(&workspace.root, &[&requirements])?;
        let folder = workspace.notes().join(self.name);
        let python = folder.join("bin/python");
        let stamp = Stamp::new(&folder, "installed", inputs);
        if stamp.is_fresh(&[&python]) {
            return Ok(python);
        }
        if !on_path("python3") {
            bail!("there is no python3 here");
        }
        report.step(&format!("installing {} for Python", self.name), || {
            Run::new("python3").args(["-m", "venv", "--clear"]).arg(&folder).quiet()?;
            Run::new(&python)
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--no-deps",
                    "--disable-pip-version-check",
                ])
                .args(["--timeout", "20", "--retries", "1", "--requirement"])
                .arg(workspace.root.join(&requirements))
                .quiet()?;
            stamp.write()
        })?;
        Ok(python)
    }
}
