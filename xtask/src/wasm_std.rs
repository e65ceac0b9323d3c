//! The standard library for wasm32-unknown-unknown: from rustup where its
//! server answers, else built from Debian's `rust-src` of the same version.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::process::{Run, on_path};
use crate::report::Report;
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-unknown-unknown";

/// The Debian suite that holds `rust-src` of recent versions. Its package is
/// unpacked into the target folder; nothing is installed from it.
const SUITE: &str = "trixie-backports";

/// How long rustup may take before Debian is asked.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// Makes sure that the compiler can build for the browser.
pub fn ensure(workspace: &Workspace, report: &Report) -> Result<()> {
    let sysroot = PathBuf::from(
        Run::new("rustc").args(["--print", "sysroot"]).dir(&workspace.root).output()?.trim(),
    );
    let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    if has_std(&libraries) {
        return Ok(());
    }
    let added = report.step("rustup target add wasm32-unknown-unknown", || {
        Ok(on_path("rustup")
            && Run::new("rustup")
                .args(["target", "add", TARGET])
                .dir(&workspace.root)
                .succeeds_within(RUSTUP_LIMIT))
    })?;
    if !(added && has_std(&libraries)) {
        report
            .say("rustup could not add it; building it from Debian's rust-src (about two minutes)");
        build(workspace, report, &libraries)?;
    }
    report.step("trying the wasm target on a tiny crate", || verify(workspace))
}

fn has_std(libraries: &Path) -> bool {
    fs::read_dir(libraries).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            // rustup's carries a hash, the one built here does not.
            name == "libstd.rlib" || (name.starts_with("libstd-") && name.ends_with(".rlib"))
        })
    })
}

/// Builds the library with the installed compiler and puts it beside the host's.
fn build(workspace: &Workspace, report: &Report, libraries: &Path) -> Result<()> {
    let said = Run::new("rustc").arg("--version").dir(&workspace.root).output()?;
    let version = rustc_version(&said).with_context(|| {
        format!(
            "`rustc --version` says `{}`: only a stable release has its source in Debian",
            said.trim()
        )
    })?;
    let work = workspace.notes().join(format!("wasm-std-{version}"));
    fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
    let library = report.step(&format!("fetching rust-src {version} from {SUITE}"), || {
        fetch_source(&work, &version)
    })?;
    let built = work.join("build");
    report.step("compiling the wasm standard library", || {
        Run::new("cargo")
            .args(["build", "--release", "--target", TARGET, "--package=sysroot"])
            .dir(&library)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("CARGO_TARGET_DIR", &built)
            .show()
    })?;
    install(&built.join(TARGET).join("release/deps"), libraries)?;
    fs::remove_dir_all(&work).with_context(|| format!("cannot clear {}", work.display()))
}

/// Reads `rustc 1.95.0 (59807616e 2026-04-14)` as `1.95.0`; betas and nightlies are `None`.
fn rustc_version(said: &str) -> Option<String> {
    let version = said.strip_prefix("rustc ")?.split_whitespace().next()?;
    let numbers = version
        .split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()));
    (numbers && version.split('.').count() == 3).then(|| version.to_owned())
}

/// Downloads and unpacks the package with private lists; needs no root.
/// Returns the source's `library` folder.
fn fetch_source(work: &Path, version: &str) -> Result<PathBuf> {
    let mirror = apt::mirror()?;
    let private = apt::PrivateLists::create(
        &work.join("apt"),
        &format!(
            "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {SUITE} main\n"
        ),
    )?;
    private.update().with_context(|| format!("{SUITE} could not be read from {mirror}"))?;
    let listed = private.versions("rust-src")?;
    let wanted = matching_version(&listed, version).with_context(|| {
        format!(
            "{SUITE} has no rust-src {version} (it has {}): make rustup's server reachable, or use a Rust of one of these versions",
            listed.join(", ")
        )
    })?;
    let package = private.download("rust-src", wanted, work)?;
    let unpacked = work.join("source");
    Run::new("dpkg").arg("-x").arg(&package).arg(&unpacked).quiet()?;
    let library = unpacked.join(format!("usr/src/rustc-{version}/library"));
    if !library.join("sysroot/Cargo.toml").is_file() {
        bail!("rust-src {wanted} holds no {}", library.display());
    }
    Ok(library)
}

/// The Debian version of an upstream release: `1.95.0+dfsg1-1~bpo13+1` for `1.95.0`.
fn matching_version<'a>(listed: &'a [String], upstream: &str) -> Option<&'a str> {
    listed.iter().map(String::as_str).find(|version| {
        version.strip_prefix(upstream).is_some_and(|rest| rest.starts_with(['+', '-', '~']))
    })
}

fn install(built: &Path, libraries: &Path) -> Result<()> {
    let advice =
        || format!("cannot write to {}: is the toolchain's folder yours?", libraries.display());
    fs::create_dir_all(libraries).with_context(advice)?;
    let entries =
        fs::read_dir(built).with_context(|| format!("cargo left no {}", built.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libsysroot") {
            fs::copy(entry.path(), libraries.join(&name)).with_context(advice)?;
        }
    }
    if !has_std(libraries) {
        bail!("the build left no libstd in {}", built.display());
    }
    Ok(())
}

/// Compiles and links a tiny library that uses the standard library.
fn verify(workspace: &Workspace) -> Result<()> {
    let work = workspace.notes().join("wasm-trial");
    fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
    let source = work.join("trial.rs");
    let text = "#[unsafe(no_mangle)] pub extern \"C\" fn words(n: usize) -> usize {\n    vec![String::from(\"souk\"); n].concat().len()\n}\n";
    fs::write(&source, text).with_context(|| format!("cannot write {}", source.display()))?;
    Run::new("rustc")
        .args(["--edition=2024", "--crate-type=cdylib", "--target", TARGET, "-O", "-o"])
        .arg(work.join("trial.wasm"))
        .arg(&source)
        .dir(&workspace.root)
        .quiet()
        .context("the wasm target does not work; `rustup target remove wasm32-unknown-unknown`, then run this again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stable_compilers_have_a_debian_source() {
        assert_eq!(rustc_version("rustc 1.95.0 (59807616e 2026-04-14)").as_deref(), Some("1.95.0"));
        assert_eq!(rustc_version("rustc 1.97.0-nightly (0123 2026-05-01)"), None);
        assert_eq!(rustc_version("rustc 1.96.0-beta.2 (0123 2026-05-01)"), None);
        assert_eq!(rustc_version("clang 19"), None);
    }

    #[test]
    fn the_source_matches_the_compiler_exactly() {
        let listed =
            ["1.96.0+dfsg1-1~bpo13+1", "1.95.01+x", "1.95.0+dfsg1-2~bpo13+1"].map(str::to_owned);
        assert_eq!(matching_version(&listed, "1.95.0"), Some("1.95.0+dfsg1-2~bpo13+1"));
        assert_eq!(matching_version(&listed, "1.94.0"), None);
    }
}
