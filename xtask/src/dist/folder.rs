//! What lies in the folder, its sums, and the archive.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Built;
use super::needs::Needs;
use super::release::Release;
use crate::process::Run;
use crate::workspace::Workspace;

const README: &str = include_str!("README.md");

/// Sums of all other files, for `sha256sum -c`.
pub const SUMS: &str = "SHA256SUMS";

/// Folders of the checkout that go along, as far as git has them.
const TAKEN: [&str; 3] = ["models", "deploy", "trainers/ray"];
const LEFT: [&str; 3] = ["deploy/check.py", "deploy/requirements.txt", "trainers/ray/tests/"];

/// Files of the checkout, and their names in the folder.
const TEXTS: [(&str, &str); 4] = [
    ("LICENSE", "LICENSE"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("docs/COMPATIBILITY.md", "COMPATIBILITY.md"),
    ("docs/SCALE.md", "docs/SCALE.md"),
];

/// Program, page, models and texts.
pub fn lay_out(
    workspace: &Workspace,
    built: &Built,
    release: &Release,
    folder: &Path,
) -> Result<()> {
    let program = folder.join("bin/souk");
    copy(&built.souk, &program)?;
    // Names of functions are for debuggers; what a panic says has file and line without them.
    Run::new("strip").arg(&program).quiet()?;
    for file in files_below(&built.site)? {
        copy(&built.site.join(&file), &folder.join("site").join(&file))?;
    }
    for file in tracked(workspace)? {
        copy(&workspace.root.join(&file), &folder.join(&file))?;
    }
    for (from, to) in TEXTS {
        copy(&workspace.root.join(from), &folder.join(to))?;
    }
    let text = readme(README, release, &Needs::of(&program)?);
    fs::write(folder.join("README.md"), text)?;
    Ok(())
}

fn tracked(workspace: &Workspace) -> Result<Vec<String>> {
    // Also what is new and not yet committed, but nothing that git ignores.
    let listed = Run::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z", "--"])
        .args(TAKEN)
        .dir(&workspace.root)
        .output()?;
    let files = listed.split('\0').filter(|file| goes_along(file));
    Ok(files.filter(|file| workspace.root.join(file).is_file()).map(str::to_owned).collect())
}

fn goes_along(file: &str) -> bool {
    !file.is_empty() && !LEFT.iter().any(|left| file.starts_with(left))
}

fn readme(template: &str, release: &Release, needs: &Needs) -> String {
    template
        .replace("{version}", &release.version)
        .replace("{target}", &release.target)
        .replace("{commit}", &release.commit)
        .replace("{glibc}", &needs.glibc)
        .replace("{libraries}", &needs.libraries.join(", "))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let parent = to.parent().context("a file lies in a folder")?;
    fs::create_dir_all(parent)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

/// Paths of all files below a folder, relative to it, in order.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let entries = fs::read_dir(&next);
        for entry in entries.with_context(|| format!("cannot read {}", next.display()))? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => open.push(entry.path()),
                false => found.push(entry.path().strip_prefix(folder)?.to_path_buf()),
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Gives everything the same modes wherever it is made, and writes the sums.
pub fn seal(folder: &Path) -> Result<()> {
    for file in files_below(folder)? {
        let mode = if file.starts_with("bin") { 0o755 } else { 0o644 };
        fs::set_permissions(folder.join(&file), fs::Permissions::from_mode(mode))?;
    }
    let files = files_below(folder)?;
    let sums = Run::new("sha256sum").arg("--").args(files).dir(folder).output()?;
    fs::write(folder.join(SUMS), sums)?;
    fs::set_permissions(folder.join(SUMS), fs::Permissions::from_mode(0o644))?;
    Ok(())
}

/// The same bytes for the same files: in order, of one time, of nobody.
pub fn pack(release: &Release, folder: &Path, archive: &Path) -> Result<()> {
    let plain = archive.with_extension("");
    let parent = folder.parent().context("the folder lies in another")?;
    Run::new("tar")
        .args(["--create", "--format=ustar", "--sort=name", "--owner=0", "--group=0"])
        .args(["--numeric-owner", "--mode=u+rwX,go+rX,go-w"])
        .arg(format!("--mtime=@{}", release.epoch))
        .arg("--file")
        .arg(&plain)
        .arg("--directory")
        .arg(parent)
        .arg(release.name())
        .quiet()?;
    Run::new("gzip").args(["--no-name", "--force"]).arg(&plain).quiet()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::release::sample as release;

    fn place(name: &str) -> PathBuf {
        let place = std::env::temp_dir().join(format!("souk-{name}-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        place
    }

    #[test]
    fn an_archive_depends_on_names_and_contents_alone() {
        let place = place("pack");
        let made = |at: &str, order: [&str; 2]| {
            let folder = place.join(at).join(release().name());
            fs::create_dir_all(folder.join("bin")).unwrap();
            for file in order {
                fs::write(folder.join(file), file).unwrap();
            }
            seal(&folder).unwrap();
            let archive = place.join(at).join("a.tar.gz");
            pack(&release(), &folder, &archive).unwrap();
            fs::read(archive).unwrap()
        };
        let first = made("one", ["bin/souk", "LICENSE"]);
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        assert!(first == made("two", ["LICENSE", "bin/souk"]));
        assert!(first != made("three", ["LICENSE", "README.md"]));
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn sums_notice_a_changed_file() {
        let place = place("sums");
        fs::write(place.join("LICENSE"), "free").unwrap();
        seal(&place).unwrap();
        let check = || Run::new("sha256sum").args(["--check", SUMS]).dir(&place).quiet();
        check().unwrap();
        fs::write(place.join("LICENSE"), "not free").unwrap();
        check().unwrap_err();
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn checks_and_tests_stay_behind() {
        assert!(goes_along("deploy/compose.yaml"));
        assert!(goes_along("trainers/ray/plan.py"));
        assert!(!goes_along("deploy/check.py"));
        assert!(!goes_along("trainers/ray/tests/stand_in.py"));
        assert!(!goes_along(""));
    }

    #[test]
    fn the_readme_leaves_nothing_open() {
        let needs = Needs { libraries: vec!["libc.so.6".to_owned()], glibc: "2.35".to_owned() };
        let text = readme(README, &release(), &needs);
        assert!(text.contains("souk-1.2.3-x86_64-unknown-linux-gnu"), "{text}");
        assert!(text.contains("2.35") && text.contains("libc.so.6"), "{text}");
        assert!(!text.contains('{'), "{text}");
    }
}
