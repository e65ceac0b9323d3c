//! Debian's package manager: what may be installed, and where its mirror is.

use anyhow::{Context, Result, bail};
use nix::unistd::Uid;

use crate::process::{Run, on_path};

/// Installs packages from the machine's own sources, as root or through a
/// sudo that asks for no password.
pub fn install(packages: &[&str]) -> Result<()> {
    let by_hand = format!("run `sudo apt-get install {}` once", packages.join(" "));
    if !on_path("apt-get") {
        bail!("this machine has no apt-get: install {} yourself", packages.join(", "));
    }
    if !may_install() {
        bail!("{} missing, and this user may not install it: {by_hand}", packages.join(", "));
    }
    // A fresh machine has no lists yet; a failed update shows in the install.
    let _ = as_root().args(["apt-get", "update", "-qq"]).quiet();
    as_root()
        .args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install"])
        .args(["-y", "-qq", "--no-install-recommends"])
        .args(packages.iter().map(|package| (*package).to_owned()))
        .quiet()
        .with_context(|| format!("apt could not install it: {by_hand}"))
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
}
