//! The style sheet, by Tailwind's own command in style/.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::build_id::hash_paths;
use crate::process::Run;
use crate::report::Report;
use crate::stamp::Stamp;
use crate::workspace::Workspace;

/// What decides the style sheet: its sources, and the components, since
/// Tailwind writes only the classes that they name.
const INPUTS: [&str; 5] = [
    "app/src",
    "style/souk.css",
    "style/theme.css",
    "style/components.css",
    "style/package-lock.json",
];

/// A program of the packages in style/.
pub fn program(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.root.join("style/node_modules/.bin").join(name)
}

/// Compiles the style sheet into `output`, minified.
pub fn compile(workspace: &Workspace, report: &Report, output: &Path) -> Result<()> {
    let inputs = hash_paths(&workspace.root, &INPUTS)?;
    let stamp = Stamp::new(&workspace.notes(), "style", inputs);
    if stamp.is_fresh(&[output]) {
        return Ok(());
    }
    report.step("style sheet", || {
        Run::new(program(workspace, "tailwindcss"))
            .args(["--input", "souk.css", "--minify", "--output"])
            .arg(output)
            .dir(workspace.root.join("style"))
            .quiet()
            .context("Tailwind refused style/souk.css")?;
        let size = fs::metadata(output).map_or(0, |file| file.len());
        if size == 0 {
            bail!("Tailwind wrote no style sheet to {}", output.display());
        }
        stamp.write()
    })
}
