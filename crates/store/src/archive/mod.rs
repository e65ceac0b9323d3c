//! Events of old months, moved out of the database into Parquet: an archive in a folder or a bucket, what is
//! moved there, and what comes back because somebody reads it.
//!
//! Statements read `events` alone: before one that may meet archived episodes, [`Store::recall`] puts their
//! events there again. They stay for a day and leave with the next archiving.

mod file;
mod moving;
mod recall;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload};
use parquet::errors::ParquetError;
use uuid::Uuid;

use crate::error::StoreError;
pub(crate) use file::Row;
use file::{FOOTER, Parts};
pub use moving::{Archived, Partition};
pub(crate) use recall::still_partitions;

/// Where archived events lie: a folder, or a bucket that speaks S3. Opened when it is needed first.
#[derive(Clone)]
pub struct Archive {
    place: String,
    variables: Vec<(String, String)>,
    opened: Arc<OnceLock<(Box<dyn ObjectStore>, Path)>>,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Archive").field(&self.place).finish()
    }
}

impl Archive {
    /// A folder, made where it is not there, or `s3://bucket/prefix`: keys, region and endpoint of a bucket are the
    /// variables `AWS_*` that other programs read, too.
    pub fn at(place: impl Into<String>) -> Archive {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Archive::with(place, variables)
    }

    /// The same, with these variables in place of the process's.
    pub fn with(
        place: impl Into<String>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Archive {
        let variables = variables.into_iter().filter(|(name, _)| name.starts_with("AWS_"));
        let variables = variables.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        Archive { place: place.into(), variables, opened: Arc::default() }
    }

    fn objects(&self) -> Result<&(Box<dyn ObjectStore>, Path), StoreError> {
        if self.opened.get().is_none() {
            let why = |why: String| StoreError::Archive { place: self.place.clone(), why };
            // Two at once make two, of which one is kept.
            let _ = self.opened.set(open(&self.place, &self.variables).map_err(why)?);
        }
        Ok(self.opened.get().expect("it is set"))
    }

    fn failed(&self, object: &str, why: impl fmt::Display) -> StoreError {
        StoreError::Archive { place: self.place.clone(), why: format!("{object}: {why}") }
    }

    async fn put(&self, object: &str, bytes: Bytes) -> Result<(), StoreError> {
        let (objects, prefix) = self.objects()?;
        let put = objects.put(&prefix.clone().join(object), PutPayload::from(bytes)).await;
        put.map(drop).map_err(|why| self.failed(object, why))
    }

    async fn get(&self, object: &str) -> Result<Bytes, StoreError> {
        let (objects, prefix) = self.objects()?;
        let found = objects.get(&prefix.clone().join(object)).await;
        let bytes = match found {
            Ok(found) => found.bytes().await,
            Err(why) => Err(why),
        };
        bytes.map_err(|why| self.failed(object, why))
    }

    /// The rows of some episodes, whose ids ascend: of the object only its end and the row groups that have them are
    /// fetched.
    async fn rows(&self, object: &str, ids: Vec<Uuid>) -> Result<Vec<Row>, StoreError> {
        let (mut end, length) = self.end(object, FOOTER).await?;
        let metadata = loop {
            match file::metadata(&end, length) {
                Err(ParquetError::NeedMoreData(more)) => {
                    end = self.end(object, more as u64).await?.0;
                }
                read => break read.map_err(|why| self.failed(object, why))?,
            }
        };
        let ranges: Vec<Range<u64>> = file::ranges(&metadata, &ids);
        let (objects, prefix) = self.objects()?;
        let fetched = objects.get_ranges(&prefix.clone().join(object), &ranges).await;
        let fetched = fetched.map_err(|why| self.failed(object, why))?;
        let mut parts = vec![(length - end.len() as u64, end)];
        parts.extend(ranges.iter().map(|range| range.start).zip(fetched));
        let read = move || file::rows(Parts { length, parts }, Some(&ids));
        let read = tokio::task::spawn_blocking(read).await.expect("reading does not panic");
        read.map_err(|why| self.failed(object, why))
    }

    /// The last bytes of an object, and its length.
    async fn end(&self, object: &str, bytes: u64) -> Result<(Bytes, u64), StoreError> {
        let options = GetOptions { range: Some(GetRange::Suffix(bytes)), ..GetOptions::default() };
        let (objects, prefix) = self.objects()?;
        let found = objects.get_opts(&prefix.clone().join(object), options).await;
        let found = found.map_err(|why| self.failed(object, why))?;
        let length = found.meta.size;
        Ok((found.bytes().await.map_err(|why| self.failed(object, why))?, length))
    }
}

fn open(
    place: &str,
    variables: &[(String, String)],
) -> Result<(Box<dyn ObjectStore>, Path), String> {
    if !place.contains("://") {
        std::fs::create_dir_all(place).map_err(|why| why.to_string())?;
        let folder = LocalFileSystem::new_with_prefix(place).map_err(|why| why.to_string())?;
        return Ok((Box::new(folder.with_fsync(true)), Path::default()));
    }
    let address = url::Url::parse(place).map_err(|why| why.to_string())?;
    let variables = variables.iter().map(|(name, value)| (name, value.as_str()));
    object_store::parse_url_opts(&address, variables).map_err(|why| why.to_string())
}
