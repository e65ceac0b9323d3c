//! Whether a backup is whole: it is restored into a database of its own, aside, and everything that follows from logs
//! is worked out anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use store::cluster::Throwaway;
use store::{Archive, Recomputed, Stage, Store};

use super::{ARCHIVE, ArchivePlace, DUMP, FILES, Manifest, Tell};

/// Differences that are told in words; of the others their number.
const TOLD: usize = 20;

/// What was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Tables with as many rows as the manifest says.
    pub tables: usize,
    pub rows: i64,
    pub recomputed: Recomputed,
}

impl Verified {
    /// Whether everything that is stored follows from the logs.
    pub fn is_same(&self) -> bool {
        self.recomputed.differences.is_empty()
    }
}

impl Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recomputed {
            episodes,
            events,
            rewards,
            rollouts,
            archived,
            markets,
            participants,
            payments,
            differences,
        } = &self.recomputed;
        writeln!(f, "{:>9} rows in {} tables, as counted in the backup", self.rows, self.tables)?;
        writeln!(f, "{episodes:>9} episodes replayed, of {events} events")?;
        writeln!(f, "{rewards:>9} rewards of seats and {rollouts} of rollouts recomputed")?;
        writeln!(f, "{markets:>9} markets and {participants} participants replayed")?;
        writeln!(f, "{payments:>9} lines of the ledger recomputed")?;
        if *archived > 0 {
            writeln!(
                f,
                "{archived:>9} archived episodes not replayed; their files have their hashes"
            )?;
        }
        write!(f, "{:>9} differences", differences.len())?;
        for difference in differences.iter().take(TOLD) {
            write!(f, "\n          {}: {}", difference.what, difference.why)?;
        }
        Ok(())
    }
}

/// Restores a backup aside, and compares.
///
/// # Errors
/// Where a hash or a count is another, or the dump cannot be read. What is stored otherwise than it follows from
/// the logs is in [`Verified`]: then the backup is a true copy of that.
pub async fn verify(folder: &Path, tell: &Tell) -> Result<Verified> {
    let (at, told) = (folder.to_owned(), tell.clone());
    let manifest = tokio::task::spawn_blocking(move || Manifest::checked(&at, &told)).await??;
    tell("restoring aside".to_owned());
    let aside =
        Throwaway::start().await.context("there is no PostgreSQL to verify the backup in")?;
    let store = Store::connect(aside.cluster().options(), 4).await;
    let verified = match store {
        Ok(store) => {
            let archive = match &manifest.archive {
                ArchivePlace::At { place, .. } => place.clone(),
                _ => folder.join(FILES).join(ARCHIVE).to_string_lossy().into_owned(),
            };
            let store = store.with_archive(Archive::at(archive));
            let verified = match read_in(&store, folder, &manifest).await {
                Ok(()) => work_out(&store, &manifest, true, tell).await,
                Err(error) => Err(error),
            };
            store.close().await;
            verified
        }
        Err(error) => Err(error.into()),
    };
    let stopped = aside.stop().await.context("the PostgreSQL aside does not stop");
    let verified = verified?;
    stopped.map(|()| verified)
}

/// Reads a backup's database into a blank one, and compares the numbers of rows.
pub async fn read_in(store: &Store, folder: &Path, manifest: &Manifest) -> Result<()> {
    let (server, wanted) = (store.server_major().await?, manifest.postgres);
    ensure!(
        server >= wanted,
        "the backup is of PostgreSQL {wanted} and here is PostgreSQL {server}: install postgresql-{wanted}"
    );
    store.restore(&folder.join(DUMP)).await.context("the database was not restored")?;
    compare_counts(&manifest.rows, &store.table_counts().await?)
}

/// Brings what was read in up to date, and works everything out anew. `recall`: from archived events, too.
pub async fn work_out(
    store: &Store,
    manifest: &Manifest,
    recall: bool,
    tell: &Tell,
) -> Result<Verified> {
    store.migrate().await.context("the restored database cannot be brought up to date")?;
    store.partitions_make().await.context("the database gets no room for new months")?;
    let recomputed = recompute(store, recall, tell).await?;
    Ok(Verified { tables: manifest.rows.len(), rows: manifest.rows.values().sum(), recomputed })
}

async fn recompute(store: &Store, recall: bool, tell: &Tell) -> Result<Recomputed> {
    let progress = |stage: Stage| {
        let Stage { episodes, markets, participants } = stage;
        tell(format!(
            "replayed: {episodes} episodes, {markets} markets, {participants} participants"
        ));
    };
    store.recompute(recall, progress).await.context("what was restored cannot be replayed")
}

fn compare_counts(told: &BTreeMap<String, i64>, found: &BTreeMap<String, i64>) -> Result<()> {
    let names: BTreeSet<&String> = told.keys().chain(found.keys()).collect();
    let other: Vec<String> = names
        .into_iter()
        .filter(|name| told.get(*name) != found.get(*name))
        .map(|name| format!("{name} {:?} instead of {:?}", found.get(name), told.get(name)))
        .collect();
    ensure!(
        other.is_empty(),
        "tables have other numbers of rows than in the backup: {}",
        other.join(", ")
    );
    Ok(())
}
