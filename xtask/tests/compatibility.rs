//! docs/COMPATIBILITY.md, CHANGELOG.md and the released migrations, held against the sources.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root").to_path_buf()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The second column of the table of versions.
fn told(what: &str) -> String {
    let page = read("docs/COMPATIBILITY.md");
    let row = page.lines().find(|line| line.starts_with(&format!("| {what} |")));
    let row = row.unwrap_or_else(|| panic!("the page has no row `{what}`"));
    row.split('|').nth(2).unwrap_or_default().trim().to_owned()
}

/// What stands between two texts in a file.
fn between(path: &str, from: &str, to: &str) -> String {
    let text = read(path);
    let rest = text.split(from).nth(1).unwrap_or_else(|| panic!("{path} has no `{from}`"));
    rest.split(to).next().unwrap_or_default().to_owned()
}

/// File names and numbers of the migrations.
fn migrations() -> Vec<(u32, String)> {
    let entries = std::fs::read_dir(root().join("migrations")).expect("there are migrations");
    let mut found: Vec<(u32, String)> = entries
        .map(|entry| entry.expect("is readable").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".sql"))
        .map(|name| (name[..4].parse().expect("a migration begins with its number"), name))
        .collect();
    found.sort();
    found
}

#[test]
fn the_page_tells_the_versions_of_the_sources() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(told("product"), version);
    let newest = migrations().pop().expect("there are migrations").0;
    assert_eq!(told("database schema"), newest.to_string());
    let exports = between("server/src/export/mod.rs", "const SCHEMA: u32 = ", ";");
    assert_eq!(told("exported tables"), exports);
    let backups = between("server/src/backup/mod.rs", "const FORMAT: u32 = ", ";");
    assert_eq!(told("backups"), backups);
}

#[test]
fn the_oldest_postgresql_is_one_number() {
    let of_the_store = between("crates/store/src/cluster/programs.rs", "const OLDEST: u32 = ", ";");
    assert_eq!(between("xtask/src/postgres.rs", "const OLDEST: u32 = ", ";"), of_the_store);
    assert_eq!(between("docs/COMPATIBILITY.md", "- **PostgreSQL** ", " or later"), of_the_store);
    assert_eq!(between("xtask/src/dist/README.md", "PostgreSQL ", "\nor later"), of_the_store);
}

#[test]
fn the_changelog_has_what_comes_and_this_version() {
    let text = read("CHANGELOG.md");
    let heads: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## [")).collect();
    assert_eq!(heads.first(), Some(&"Unreleased]"));
    let newest = heads.get(1).and_then(|head| head.split(']').next());
    assert_eq!(newest, Some(env!("CARGO_PKG_VERSION")));
}

#[test]
fn released_migrations_never_change() {
    let status = Command::new("sha256sum")
        .args(["--check", "--quiet", "--strict", "xtask/tests/migrations.sha256"])
        .current_dir(root())
        .status()
        .expect("coreutils are there");
    assert!(status.success(), "a migration that is in a release was changed: write a new one");
    let sums = read("xtask/tests/migrations.sha256");
    let (numbers, names): (Vec<u32>, Vec<String>) = migrations().into_iter().unzip();
    assert_eq!(numbers, (1..).take(numbers.len()).collect::<Vec<_>>(), "numbers have no gaps");
    let listed = names.iter().filter(|name| sums.contains(name.as_str())).count();
    assert_eq!(listed, sums.lines().count());
    // Numbers are given once: what is new comes after all that was released.
    assert!(names.iter().take(listed).all(|name| sums.contains(name.as_str())), "{names:?}");
}
