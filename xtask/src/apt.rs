//! Debian's package manager: what may be installed, and where its mirror is.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::unistd::Uid;

use crate::process::{Run, on_path};

/// Installs packages from the machine's own sources, as root or through a
/// sudo that asks for no password.
pub fn install(packages: &[&str]) -> Result<()> {
    install_after("true", packages)
}

/// Installs packages once a shell script has run as root.
pub fn install_after(script: &str, packages: &[&str]) -> Result<()> {
    let by_hand = format!("run `sudo apt-get install {}` once", packages.join(" "));
    if !on_path("apt-get") {
        bail!("this machine has no apt-get: install {} yourself", packages.join(", "));
    }
    if !may_install() {
        bail!("{} missing, and this user may not install it: {by_hand}", packages.join(", "));
    }
    as_root().args(["sh", "-c", script]).quiet()?;
    // A fresh machine has no lists yet; a failed update shows in the install.
    let _ = as_root().args(["apt-get", "update", "-qq"]).quiet();
    as_root()
        .args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install"])
        .args(["-y", "-qq", "--no-install-recommends"])
        .args(packages.iter().map(|package| (*package).to_owned()))
        .quiet()
        .with_context(|| format!("apt could not install it: {by_hand}"))
}

/// Unpacks a package into a new folder, and installs nothing.
pub fn unpack(package: &str, folder: &Path) -> Result<()> {
    if !on_path("apt-get") {
        bail!("this machine has no apt-get");
    }
    fs::create_dir_all(folder)?;
    Run::new("apt-get").args(["-qq", "download", package]).dir(folder).quiet()?;
    let packages = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let package = packages
        .into_iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .with_context(|| format!("apt downloaded no {package}"))?;
    Run::new("dpkg").arg("-x").arg(&package).arg(folder).quiet()
}

fn may_install() -> bool {
    Uid::effective().is_root() || Run::new("sudo").args(["-n", "true"]).succeeds()
}

/// A command line that runs its arguments as root.
fn as_root() -> Run {
    if Uid::effective().is_root() { Run::new("env") } else { Run::new("sudo").arg("-n") }
}

/// The mirror that the machine's own sources name for Debian proper.
pub fn mirror() -> Result<String> {
    let targets = Run::new("apt-get")
        .args(["indextargets", "--format", "$(RELEASE) $(REPO_URI)"])
        .arg("Created-By: Packages")
        .output()
        .context("apt cannot list its sources")?;
    main_mirror(&targets).context(
        "apt's sources name no Debian release, so there is no mirror to fetch rust-src from",
    )
}

/// The address of the first plain release (`bookworm`, not `bookworm-security`).
fn main_mirror(targets: &str) -> Option<String> {
    targets
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(release, uri)| {
            !release.contains(['-', '/']) && uri.trim_end_matches('/').ends_with("/debian")
        })
        .map(|(_, uri)| uri.trim_end_matches('/').to_owned())
}

/// Package lists in a folder of their own: another suite can be read without
/// root and without a trace in the machine's configuration.
#[derive(Debug)]
pub struct PrivateLists {
    folder: PathBuf,
}

impl PrivateLists {
    /// Lists for one line of `sources.list`, kept in `folder`.
    pub fn create(folder: &Path, source: &str) -> Result<Self> {
        let make = || -> std::io::Result<()> {
            fs::create_dir_all(folder.join("lists/partial"))?;
            fs::create_dir_all(folder.join("cache/archives/partial"))?;
            fs::write(folder.join("status"), "")?;
            fs::write(folder.join("sources.list"), source)
        };
        make().with_context(|| format!("cannot write package lists to {}", folder.display()))?;
        Ok(Self { folder: folder.to_path_buf() })
    }

    /// Reads the suite from its mirror.
    pub fn update(&self) -> Result<()> {
        self.configured("apt-get").args(["-qq", "-o", "Acquire::Retries=3", "update"]).quiet()
    }

    /// The versions of a package that the suite holds.
    pub fn versions(&self, package: &str) -> Result<Vec<String>> {
        let said = self.configured("apt-cache").args(["madison", package]).output()?;
        Ok(listed_versions(&said))
    }

    /// Downloads one version of a package into `into`.
    pub fn download(&self, package: &str, version: &str, into: &Path) -> Result<PathBuf> {
        self.configured("apt-get")
            .args(["-qq", "download", &format!("{package}={version}")])
            .dir(into)
            .quiet()?;
        fs::read_dir(into)?
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
            .with_context(|| format!("apt downloaded no {package} {version}"))
    }

    fn configured(&self, program: &str) -> Run {
        let at = |name: &str| self.folder.join(name).display().to_string();
        let options = [
            format!("Dir::Etc::sourcelist={}", at("sources.list")),
            "Dir::Etc::sourceparts=/dev/null".to_owned(),
            format!("Dir::State::lists={}", at("lists")),
            format!("Dir::State::status={}", at("status")),
            format!("Dir::Cache={}", at("cache")),
            "Debug::NoLocking=true".to_owned(),
            // As root apt would download as a user that cannot read this folder.
            "APT::Sandbox::User=".to_owned(),
            "APT::Update::Post-Invoke-Success=".to_owned(),
        ];
        options.into_iter().fold(Run::new(program), |run, option| run.arg("-o").arg(option))
    }
}

/// The second column of `apt-cache madison`.
fn listed_versions(said: &str) -> Vec<String> {
    said.lines()
        .filter_map(|line| line.split('|').nth(1))
        .map(|version| version.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_that_of_the_plain_release() {
        let targets = "bookworm-security http://mirror.example/debian-security/\n\
                       nodistro https://node.example/node_20.x/\n\
                       bookworm-updates http://mirror.example/debian/\n\
                       bookworm http://mirror.example/debian/\n";
        assert_eq!(main_mirror(targets).as_deref(), Some("http://mirror.example/debian"));
        assert_eq!(main_mirror("nodistro https://node.example/node_20.x/\n"), None);
        assert_eq!(main_mirror(""), None);
    }

    #[test]
    fn madisons_table_is_read() {
        let said = "  rust-src | 1.96.0+dfsg1-1 | http://mirror.example/debian trixie-backports/main amd64 Packages\n\
                    rust-src | 1.95.0+dfsg1-2 | http://mirror.example/debian trixie-backports/main amd64 Packages\n";
        assert_eq!(listed_versions(said), ["1.96.0+dfsg1-1", "1.95.0+dfsg1-2"]);
        assert!(listed_versions("").is_empty());
    }
}
