//! A backup is taken in again, by a data folder and a database with nothing in them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use store::{Store, StoreError};

use super::verify::{Verified, read_in, work_out};
use super::{ARCHIVE, ArchivePlace, COOKIE_KEY, FILES, Manifest, Tell, files};
use crate::config::Config;

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    pub manifest: Manifest,
    pub verified: Verified,
}

/// What is checked before a database is opened, or made.
pub struct Ready {
    folder: PathBuf,
    manifest: Manifest,
}

impl Ready {
    /// Checks the backup and the data folder, and touches neither.
    ///
    /// # Errors
    /// Where the backup is damaged or of a newer schema, or there is data already.
    pub async fn check(folder: &Path, config: &Config, tell: &Tell) -> Result<Ready> {
        refuse_data(config)?;
        let (at, told) = (folder.to_owned(), tell.clone());
        let manifest = tokio::task::spawn_blocking(move || Manifest::checked(&at, &told)).await??;
        let program = store::newest_schema();
        if manifest.schema > program {
            return Err(StoreError::NewerDatabase { database: manifest.schema, program }.into());
        }
        archive_folder(&manifest, config)?;
        Ok(Ready { folder: folder.to_owned(), manifest })
    }

    /// Restores into a blank database, whose schema nobody has made, and puts the files back.
    ///
    /// # Errors
    /// Before the database is read in, nothing was changed.
    pub async fn restore(self, store: &Store, config: &Config, tell: Tell) -> Result<Restored> {
        let Ready { folder, manifest } = self;
        ensure!(
            store.is_blank().await?,
            "there is a database already: restore into an empty data folder (SOUK_DATA) or an empty database \
             (DATABASE_URL), or move the old one away first"
        );
        tell("reading the database in".to_owned());
        read_in(store, &folder, &manifest).await?;
        let (from, to, told) = (manifest.clone(), config.clone(), tell.clone());
        let put = move || put_back(&folder, &from, &to, &told);
        tokio::task::spawn_blocking(put).await?.context("files were not put back")?;
        let verified = work_out(store, &manifest, false, &tell).await?;
        Ok(Restored { manifest, verified })
    }
}

/// [`Ready::check`] and [`Ready::restore`] in one.
pub async fn restore(
    store: &Store,
    folder: &Path,
    config: &Config,
    tell: Tell,
) -> Result<Restored> {
    Ready::check(folder, config, &tell).await?.restore(store, config, tell).await
}

fn refuse_data(config: &Config) -> Result<()> {
    for name in [COOKIE_KEY, "runs", ARCHIVE] {
        let path = config.data.join(name);
        let there = std::fs::symlink_metadata(&path).is_ok();
        ensure!(
            !there,
            "there is data already: {}. Restore into an empty data folder (SOUK_DATA), or move the old one away first",
            path.display()
        );
    }
    Ok(())
}

fn put_back(folder: &Path, manifest: &Manifest, config: &Config, tell: &Tell) -> Result<()> {
    let archive = archive_folder(manifest, config)?;
    for file in &manifest.files {
        let Some(name) = file.name.strip_prefix(FILES).and_then(|name| name.strip_prefix('/'))
        else {
            continue;
        };
        tell(format!("putting back {name}"));
        let to =
            match (name.strip_prefix(ARCHIVE).and_then(|name| name.strip_prefix('/')), &archive) {
                (Some(object), Some(archive)) => archive.join(object),
                _ => config.data.join(name),
            };
        let put = files::copy(&folder.join(&file.name), &to, file.name.clone())?;
        ensure!(put.as_ref() == Some(file), files::changed(&folder.join(&file.name)));
    }
    Ok(())
}

/// Where archived events go, where the backup has some.
fn archive_folder(manifest: &Manifest, config: &Config) -> Result<Option<PathBuf>> {
    if manifest.archive != ArchivePlace::Here {
        return Ok(None);
    }
    if config.archive.contains("://") {
        bail!(
            "the backup has archived events as files, and SOUK_ARCHIVE={} is no folder: restore without that \
             setting, or put the files of {FILES}/{ARCHIVE} there yourself",
            config.archive
        );
    }
    Ok(Some(PathBuf::from(&config.archive)))
}
