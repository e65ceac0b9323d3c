//! Running other programs: one builder, errors that name the command.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A command under construction. Its text is kept for error messages.
#[derive(Debug)]
pub struct Run {
    command: Command,
    text: String,
}

impl Run {
    /// Starts with the program's name or path.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let text = program.as_ref().to_string_lossy().into_owned();
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| speaks_of_xtask(name)) {
            command.env_remove(name);
        }
        Self { command, text }
    }

    /// Adds one argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.text.push(' ');
        self.text.push_str(&argument.as_ref().to_string_lossy());
        self.command.arg(argument);
        self
    }

    /// Adds several arguments.
    pub fn args<I, S>(self, arguments: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<OsString>,
    {
        arguments.into_iter().fold(self, |run, argument| run.arg(argument.into()))
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes an environment variable away.
    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Sets the folder to run in.
    pub fn dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs as another user; the caller must be root.
    pub fn user(mut self, user: Option<(u32, u32)>) -> Self {
        if let Some((uid, gid)) = user {
            self.command.uid(uid).gid(gid);
        }
        self
    }

    /// Runs to the end with its output shown; an exit status but 0 is an error.
    pub fn show(mut self) -> Result<()> {
        let status = self.command.status().with_context(|| self.absent())?;
        if !status.success() {
            bail!("`{}` failed ({status})", self.text);
        }
        Ok(())
    }

    /// Runs to the end, keeps the output back and shows its tail in the error.
    pub fn quiet(self) -> Result<()> {
        self.output().map(drop)
    }

    /// Runs to the end and returns the standard output.
    pub fn output(mut self) -> Result<String> {
        let output = self.command.output().with_context(|| self.absent())?;
        if !output.status.success() {
            // Programs do not agree on which of the two carries the reason.
            let said: Vec<String> = [&output.stdout, &output.stderr]
                .into_iter()
                .map(|stream| tail(&String::from_utf8_lossy(stream), 40))
                .filter(|text| !text.is_empty())
                .collect();
            bail!("`{}` failed ({}):\n{}", self.text, output.status, said.join("\n"));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether the command runs and succeeds; its output is dropped.
    pub fn succeeds(mut self) -> bool {
        self.command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Whether the command succeeds within `limit`; later it is killed.
    pub fn succeeds_within(mut self, limit: Duration) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut child) = self.command.spawn() else {
            return false;
        };
        let started = Instant::now();
        while started.elapsed() < limit {
            match child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) => std::thread::sleep(Duration::from_millis(50)),
                Err(_) => return false,
            }
        }
        // It may have ended meanwhile; then there is nothing to kill.
        let _ = child.kill();
        let _ = child.wait();
        false
    }

    /// Hands the command over to code that starts it itself.
    pub fn into_command(self) -> Command {
        self.command
    }

    fn absent(&self) -> String {
        let program = self.command.get_program().to_string_lossy();
        format!("cannot start `{}`: is `{program}` installed?", self.text)
    }
}

/// Whether `cargo run` set this variable to describe xtask. ring's build script
/// watches some of them: passed on, they would make every change between
/// `cargo xtask` and plain cargo compile ring and all above it again.
fn speaks_of_xtask(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|prefix| name.starts_with(prefix))
        || ["CARGO", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"]
            .contains(&name.as_ref())
}

/// The last `lines` lines of a text.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Where a program of this name is on PATH.
pub fn find_on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Whether a program of this name is on PATH.
pub fn on_path(program: &str) -> bool {
    find_on_path(program).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_its_last_words() {
        let error = Run::new("sh")
            .args(["-c", "echo first >&2; echo last >&2; exit 3"])
            .quiet()
            .expect_err("exit 3 is a failure");
        let text = format!("{error:#}");
        assert!(text.contains("exit 3"), "{text}");
        assert!(text.ends_with("first\nlast"), "{text}");
    }

    #[test]
    fn an_absent_program_is_named() {
        let error = Run::new("no-such-program-here").quiet().expect_err("there is none");
        assert!(format!("{error:#}").contains("is `no-such-program-here` installed?"));
    }

    #[test]
    fn a_command_over_its_limit_is_killed() {
        let started = Instant::now();
        assert!(!Run::new("sleep").arg("30").succeeds_within(Duration::from_millis(100)));
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn tail_keeps_the_end() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("a", 5), "a");
    }

    #[test]
    fn what_describes_xtask_is_not_passed_on() {
        for name in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO"] {
            assert!(speaks_of_xtask(OsStr::new(name)), "{name}");
        }
        for name in ["CARGO_TARGET_DIR", "CARGO_HOME", "PATH", "CARGO_BUILD_JOBS"] {
            assert!(!speaks_of_xtask(OsStr::new(name)), "{name}");
        }
        let seen = Run::new("sh").args(["-c", "echo ${CARGO_PKG_NAME:-none}"]).output().unwrap();
        assert_eq!(seen.trim(), "none");
    }
}
