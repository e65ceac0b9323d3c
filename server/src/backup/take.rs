//! A backup is made: in a draft beside its place, which gets its name when it is whole.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use store::{Backup, OpenRun, Store, StoredObject, StoredWeights};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::verify::{Verified, verify};
use super::{
    ARCHIVE, ArchivePlace, COOKIE_KEY, DUMP, FILES, FORMAT, Filed, MANIFEST, Manifest, SUMS, Tell,
    files,
};
use crate::config::Config;
use crate::eval::code_version;

/// Between two words on how large the database's file is.
const LOOK: Duration = Duration::from_millis(500);

/// Which weights of training runs go along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// Those that play: a restored Souk has all its negotiators.
    #[default]
    Published,
    /// All that runs kept, and the state of runs that are not over, which then go on where they were.
    All,
    /// None: published checkpoints do not play until their folders are put back.
    None,
}

/// What shall be made.
#[derive(Clone, Debug)]
pub struct Order {
    /// A folder that is not there yet.
    pub folder: PathBuf,
    pub weights: Weights,
    /// Whether it is restored aside, and everything worked out anew there.
    pub verify: bool,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Taken {
    pub manifest: Manifest,
    /// `None`: it was not asked for.
    pub verified: Option<Verified>,
}

/// The folder that a backup is made in; dropped, it is gone.
struct Draft(PathBuf);

impl Draft {
    fn beside(folder: &Path) -> Result<Draft> {
        let name = folder.file_name().context("the backup's folder needs a name")?;
        let name = format!(".{}.{}", name.to_string_lossy(), Uuid::new_v4().simple());
        let draft = folder.parent().unwrap_or(Path::new("")).join(name);
        files::make_folder(&draft)?;
        Ok(Draft(draft))
    }

    /// Gives it its name.
    fn keep(self, folder: &Path) -> Result<()> {
        refuse_existing(folder)?;
        std::fs::rename(&self.0, folder)
            .with_context(|| format!("cannot name the backup {}", folder.display()))?;
        files::sync(folder.parent().context("the folder has a name")?)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(folder = %self.0.display(), %error, "an unfinished backup stays");
        }
    }
}

fn refuse_existing(folder: &Path) -> Result<()> {
    let there = std::fs::symlink_metadata(folder).is_ok();
    ensure!(!there, "{} is there already: name a new folder", folder.display());
    Ok(())
}

/// Makes a backup while servers run.
///
/// # Errors
/// Nothing is left at its place then. Not an error is what verifying found: see [`Verified::is_same`].
pub async fn take(store: &Store, config: &Config, order: &Order, tell: Tell) -> Result<Taken> {
    let folder = std::path::absolute(&order.folder)?;
    refuse_existing(&folder)?;
    let draft = Draft::beside(&folder)?;
    let manifest = write(store, config, order.weights, &draft.0, &tell).await?;
    let verified = match order.verify {
        true => Some(verify(&draft.0, &tell).await?),
        false => None,
    };
    draft.keep(&folder)?;
    Ok(Taken { manifest, verified })
}

async fn write(
    store: &Store,
    config: &Config,
    weights: Weights,
    draft: &Path,
    tell: &Tell,
) -> Result<Manifest> {
    let mut backup = store.backup().await.context("the database cannot be backed up")?;
    tell("counting rows".to_owned());
    let rows = backup.counts().await?;
    let named = Named {
        data: config.data.clone(),
        weights: backup.weights().await?,
        runs: backup.open_runs().await?,
        objects: backup.objects().await?,
        archive: config.archive.clone(),
        wanted: weights,
        stop: CancellationToken::new(),
    };
    // Whoever stops waiting removes the draft.
    let _stops = named.stop.clone().drop_guard();
    dump(&backup, &draft.join(DUMP), tell).await?;
    let to = draft.to_owned();
    let told = tell.clone();
    let copied = tokio::task::spawn_blocking(move || copy(&named, &to, &told)).await??;
    let mut manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        code_version: code_version(),
        schema: backup.schema,
        postgres: backup.server,
        taken: backup.at.to_rfc3339(),
        taken_ms: backup.at.timestamp_millis(),
        rows,
        weights,
        left_out: copied.left_out,
        archive: copied.archive,
        files: copied.files,
    };
    manifest.files.insert(0, files::look(draft, DUMP)?);
    let text = serde_json::to_vec_pretty(&manifest)?;
    let own =
        Filed { name: MANIFEST.to_owned(), bytes: text.len() as u64, sha256: files::sha256(&text) };
    files::write(&draft.join(MANIFEST), &text)?;
    let sums = files::sums(&[own]) + &files::sums(&manifest.files);
    files::write(&draft.join(SUMS), sums.as_bytes())?;
    files::sync(draft)?;
    Ok(manifest)
}

async fn dump(backup: &Backup, file: &Path, tell: &Tell) -> Result<()> {
    // Its mode from the beginning on.
    files::make_file(file)?;
    let dumping = backup.dump(file);
    tokio::pin!(dumping);
    let mut every = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            done = &mut dumping => {
                done.context("the database was not backed up")?;
                return files::sync(file);
            }
            _ = every.tick() => {
                let bytes = std::fs::metadata(file).map_or(0, |file| file.len());
                tell(format!("database: {:.1} MB", bytes as f64 / 1e6));
            }
        }
    }
}

/// What the snapshot's rows name, and where it lies.
struct Named {
    data: PathBuf,
    weights: Vec<StoredWeights>,
    runs: Vec<OpenRun>,
    objects: Vec<StoredObject>,
    archive: String,
    wanted: Weights,
    stop: CancellationToken,
}

impl Named {
    fn go_on(&self) -> Result<()> {
        ensure!(!self.stop.is_cancelled(), "the backup was stopped");
        Ok(())
    }
}

#[derive(Default)]
struct Copied {
    files: Vec<Filed>,
    left_out: Vec<String>,
    archive: ArchivePlace,
}

fn copy(named: &Named, draft: &Path, tell: &Tell) -> Result<Copied> {
    let mut copied = Copied::default();
    let name = format!("{FILES}/{COOKIE_KEY}");
    copied.files.extend(files::copy(&named.data.join(COOKIE_KEY), &draft.join(&name), name)?);
    for weights in &named.weights {
        copy_weights(named, weights, draft, &mut copied, tell)?;
    }
    if named.wanted == Weights::All {
        for run in &named.runs {
            copy_state(named, run, draft, &mut copied, tell)?;
        }
    }
    copy_archive(named, draft, &mut copied, tell)?;
    Ok(copied)
}

fn copy_weights(
    named: &Named,
    weights: &StoredWeights,
    draft: &Path,
    copied: &mut Copied,
    tell: &Tell,
) -> Result<()> {
    let folder = &weights.folder;
    let wanted = match named.wanted {
        Weights::Published => weights.published.is_some(),
        Weights::All => true,
        Weights::None => false,
    };
    if !wanted {
        copied.left_out.push(folder.clone());
        return Ok(());
    }
    tell(format!("weights: {folder}"));
    ensure!(files::stays_below(folder), "the weights in {folder} do not lie in the data folder");
    let from = named.data.join(folder);
    let files = copy_folder(named, &from, &format!("{FILES}/{folder}"), draft)?;
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    if bytes != weights.bytes.cast_unsigned() {
        let who = weights.published.as_deref().unwrap_or("a checkpoint");
        bail!(
            "the weights of {who} are not whole in {}: {bytes} bytes of {}. Make the backup where runs keep \
             them (SOUK_DATA), or leave weights out with `--weights none`",
            from.display(),
            weights.bytes
        );
    }
    copied.files.extend(files);
    Ok(())
}

/// Of the states that a run has, the last one whose iterations are all in the snapshot. The run may throw a state
/// away meanwhile: without one it begins again, and comes to the same rows.
fn copy_state(
    named: &Named,
    run: &OpenRun,
    draft: &Path,
    copied: &mut Copied,
    tell: &Tell,
) -> Result<()> {
    let home = format!("runs/{}", run.id);
    for step in (1..=run.iteration).rev() {
        let folder = format!("{home}/step-{step}");
        let from = named.data.join(&folder);
        if !from.is_dir() {
            continue;
        }
        tell(format!("weights: {folder}"));
        let name = format!("{FILES}/{folder}");
        let files = copy_folder(named, &from, &name, draft)?;
        // Had it gone meanwhile, some of its files would be missing.
        if from.is_dir() {
            copied.files.extend(files);
            return Ok(());
        }
        std::fs::remove_dir_all(draft.join(name))?;
    }
    if run.iteration > 0 {
        copied.left_out.push(format!("{home}/step-{}", run.iteration));
    }
    Ok(())
}

/// Files that are gone are left out; whoever asked knows how many there must be.
fn copy_folder(named: &Named, from: &Path, name: &str, draft: &Path) -> Result<Vec<Filed>> {
    let found = match files::below(from) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", from.display())),
    };
    let mut copied = Vec::new();
    for file in found {
        named.go_on()?;
        let name = format!("{name}/{}", file.to_str().context("a file's name is no text")?);
        copied.extend(files::copy(&from.join(&file), &draft.join(&name), name)?);
    }
    Ok(copied)
}

fn copy_archive(named: &Named, draft: &Path, copied: &mut Copied, tell: &Tell) -> Result<()> {
    if named.objects.is_empty() {
        return Ok(());
    }
    let count = named.objects.len();
    let from = match inside(&named.archive, &named.data) {
        Some(folder) => folder,
        None => {
            copied.archive = ArchivePlace::At { place: named.archive.clone(), files: count as u64 };
            return Ok(());
        }
    };
    for (n, object) in named.objects.iter().enumerate() {
        named.go_on()?;
        tell(format!("archive: {n} of {count} files"));
        let name = format!("{FILES}/{ARCHIVE}/{}", object.object);
        ensure!(
            files::stays_below(&object.object),
            "{} lies outside of the archive",
            object.object
        );
        let file = files::copy(&from.join(&object.object), &draft.join(&name), name)?;
        let whole = file.filter(|file| {
            file.sha256 == object.sha256 && file.bytes == object.bytes.cast_unsigned()
        });
        copied.files.push(whole.with_context(|| {
            format!(
                "{} of the archive in {} is missing or another file than was archived",
                object.object,
                from.display()
            )
        })?);
    }
    copied.archive = ArchivePlace::Here;
    Ok(())
}

/// The archive's folder, where it is one in the data folder.
fn inside(archive: &str, data: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(archive).ok().filter(|_| !archive.contains("://"))?;
    folder.starts_with(std::path::absolute(data).ok()?).then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_elsewhere_is_not_copied() {
        let data = Path::new("/var/lib/souk");
        let table = [
            ("/var/lib/souk/archive", true),
            ("/var/lib/souk/old/events", true),
            ("/srv/archive", false),
            ("/var/lib/souk-archive", false),
            ("s3://lab/souk", false),
        ];
        for (place, expected) in table {
            assert_eq!(inside(place, data).is_some(), expected, "{place}");
        }
    }
}
