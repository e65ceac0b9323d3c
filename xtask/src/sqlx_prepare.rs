//! `.sqlx`: what the database answered about each query, so that the store
//! compiles without a database. Same effect as `cargo sqlx prepare`, without
//! installing it, against a throwaway cluster.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::postgres::{self, Throwaway};
use crate::process::Run;
use crate::report::Report;
use crate::workspace::Workspace;

/// Rewrites `.sqlx` from the migrations and the store's queries.
pub fn prepare(workspace: &Workspace, report: &Report) -> Result<()> {
    let fresh = generate(workspace, report)?;
    let kept = workspace.root.join(".sqlx");
    let changes = differences(&read_queries(&kept)?, &read_queries(&fresh)?);
    if !changes.is_empty() {
        replace(&kept, &fresh)?;
    }
    report.say(&format!(
        ".sqlx is up to date: {} queries, {} changed",
        read_queries(&kept)?.len(),
        changes.len()
    ));
    Ok(())
}

/// Fails when `.sqlx` is not what `prepare` would write.
pub fn check(workspace: &Workspace, report: &Report) -> Result<()> {
    let fresh = generate(workspace, report)?;
    let kept = workspace.root.join(".sqlx");
    let changes = differences(&read_queries(&kept)?, &read_queries(&fresh)?);
    if changes.is_empty() {
        return Ok(());
    }
    bail!(
        ".sqlx is stale ({} of its files differ, first {}): run `cargo xtask sqlx-prepare` and commit .sqlx",
        changes.len(),
        changes[0]
    )
}

/// Compiles the store against a migrated throwaway database; sqlx's macros
/// write what they learn into the returned folder.
fn generate(workspace: &Workspace, report: &Report) -> Result<PathBuf> {
    let bin = postgres::ensure(report)?;
    let cluster = Throwaway::start(&bin)?;
    for file in migrations(&workspace.root.join("migrations"))? {
        cluster.apply(&file)?;
    }
    let fresh = workspace.notes().join("sqlx");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).with_context(|| format!("cannot clear {}", fresh.display()))?;
    }
    fs::create_dir_all(&fresh).with_context(|| format!("cannot make {}", fresh.display()))?;
    // A flag that no code reads, different each time: the macros only write
    // when they expand, and cargo would skip an unchanged crate.
    let again = format!("sqlx_prepare_{}", std::process::id());
    Run::new("cargo")
        .args(["rustc", "--quiet", "--package=store", "--lib", "--profile=check", "--"])
        .args(["--cfg", &again])
        .dir(&workspace.root)
        .env("DATABASE_URL", cluster.url())
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &fresh)
        .show()
        .context("the store does not compile against its migrated database")?;
    Ok(fresh)
}

/// The migrations in the order in which they apply: by the number in front.
fn migrations(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| is_forward_migration(file));
    files.sort_by_key(|file| number(file));
    Ok(files)
}

fn is_forward_migration(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".sql") && !name.ends_with(".down.sql") && number(file).is_some()
}

fn number(file: &Path) -> Option<u64> {
    let name = file.file_name()?.to_str()?;
    name.split('_').next()?.parse().ok()
}

/// File name to content of every query in a folder; an absent folder is empty.
fn read_queries(folder: &Path) -> Result<BTreeMap<String, String>> {
    if !folder.exists() {
        return Ok(BTreeMap::new());
    }
    let mut queries = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("query-") && name.ends_with(".json") {
            queries.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(queries)
}

/// Names that only one side has, or whose contents differ.
fn differences(kept: &BTreeMap<String, String>, fresh: &BTreeMap<String, String>) -> Vec<String> {
    let gone = kept.keys().filter(|name| !fresh.contains_key(*name));
    let new = fresh
        .iter()
        .filter(|(name, content)| kept.get(*name) != Some(content))
        .map(|(name, _)| name);
    gone.chain(new).cloned().collect()
}

fn replace(kept: &Path, fresh: &Path) -> Result<()> {
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(kept)?;
        for entry in fs::read_dir(kept)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("query-") {
                fs::remove_file(entry.path())?;
            }
        }
        for entry in fs::read_dir(fresh)? {
            let entry = entry?;
            fs::copy(entry.path(), kept.join(entry.file_name()))?;
        }
        Ok(())
    };
    write().with_context(|| format!("cannot rewrite {}", kept.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queries(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())).collect()
    }

    #[test]
    fn a_gone_a_new_and_a_changed_query_are_differences() {
        let kept = queries(&[("gone", "1"), ("same", "2"), ("changed", "3")]);
        let fresh = queries(&[("same", "2"), ("changed", "4"), ("new", "5")]);
        assert_eq!(differences(&kept, &fresh), ["gone", "changed", "new"]);
        assert!(differences(&kept, &kept).is_empty());
    }

    #[test]
    fn migrations_are_numbered_sql_files() {
        assert!(is_forward_migration(Path::new("m/0001_spine.sql")));
        assert!(is_forward_migration(Path::new("m/20261123_users.up.sql")));
        assert!(!is_forward_migration(Path::new("m/20261123_users.down.sql")));
        assert!(!is_forward_migration(Path::new("m/README.md")));
        assert!(number(Path::new("m/2_b.sql")) < number(Path::new("m/10_a.sql")));
    }
}
