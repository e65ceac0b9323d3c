//! Which release it is: version, target, commit and the time that everything in it has.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process::Run;
use crate::workspace::Workspace;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// As the program says it: of `Cargo.toml`.
    pub version: String,
    /// The triple that it was compiled for.
    pub target: String,
    /// With ` and changes` where the checkout differs from it.
    pub commit: String,
    /// Seconds since the Unix epoch: `SOURCE_DATE_EPOCH`, else the commit's.
    pub epoch: i64,
    /// Of the compiler, e.g. `1.95.0`.
    pub rust: String,
}

impl Release {
    /// Asks the program, git and the compiler.
    pub fn of(workspace: &Workspace, program: &Path) -> Result<Release> {
        let said = Run::new(program).arg("-V").output()?;
        let compiler = Run::new("rustc").arg("-vV").output()?;
        let git = |arguments: &[&str]| {
            Run::new("git").args(arguments.iter().map(|a| (*a).to_owned())).dir(&workspace.root)
        };
        let head = git(&["log", "-1", "--format=%h %ct"])
            .output()
            .context("a release is made of a git checkout")?;
        let (commit, committed) = head.trim().split_once(' ').context("git told no commit")?;
        let changed = !git(&["status", "--porcelain"]).output()?.trim().is_empty();
        let epoch = std::env::var("SOURCE_DATE_EPOCH").unwrap_or_else(|_| committed.to_owned());
        Ok(Release {
            version: version(&said)?,
            target: line(&compiler, "host: ")?,
            commit: format!("{commit}{}", if changed { " and changes" } else { "" }),
            epoch: epoch.parse().context("SOURCE_DATE_EPOCH is not a number of seconds")?,
            rust: line(&compiler, "release: ")?,
        })
    }

    /// Of the folder and the archive.
    pub fn name(&self) -> String {
        format!("souk-{}-{}", self.version, self.target)
    }
}

#[cfg(test)]
pub fn sample() -> Release {
    Release {
        version: "1.2.3".to_owned(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
        commit: "abc".to_owned(),
        epoch: 1_000_000_000,
        rust: "1.95.0".to_owned(),
    }
}

/// Reads `souk 0.1.0`.
fn version(said: &str) -> Result<String> {
    match said.trim().strip_prefix("souk ") {
        Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            Ok(version.to_owned())
        }
        _ => bail!("the program does not tell its version, but `{}`", said.trim()),
    }
}

fn line(said: &str, key: &str) -> Result<String> {
    let found = said.lines().find_map(|line| line.strip_prefix(key));
    found.map(str::to_owned).with_context(|| format!("rustc tells no `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_say_is_read() {
        assert_eq!(version("souk 0.1.0\n").unwrap(), "0.1.0");
        assert!(version("another 0.1.0").is_err());
        assert!(version("souk unknown").is_err());
        let rustc = "rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";
        assert_eq!(line(rustc, "host: ").unwrap(), "x86_64-unknown-linux-gnu");
        assert!(line(rustc, "nothing: ").is_err());
    }
}
