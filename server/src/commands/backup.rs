//! `souk backup` and `souk restore`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail};
use clap::Args;

use super::database::{Opened, with_opened};
use super::progress::Progress;
use super::serve::told_to_stop;
use crate::backup::{ArchivePlace, Manifest, Order, Ready, Taken, Tell, Verified, Weights, take};
use crate::config::Config;

/// For `souk backup --help`.
pub const BACKUP: &str = "\
Write all data into a new folder, while servers run.

One moment of the database, by PostgreSQL's pg_dump (of the server's version or a later one), and of the data folder the \
cookie key, published weights and archived events; manifest.json says from when it is, of which schema, how many rows \
each table had and the SHA-256 of each file, SHA256SUMS the same for `sha256sum -c`. The database's schema stays as it \
is. Nothing is overwritten, and the folder has its name once it is whole.

Then the backup is restored aside, in the temporary folder (TMPDIR), and compared: hashes, rows of each table, and \
everything that follows from logs, worked out anew: every episode with its rewards, markets, participants and their pay. \
Where something is stored otherwise than it follows, the backup is kept as a true copy of that, and the exit code is 1.

A backup holds what the database holds: private limits, names of accounts, and identities of participants. It is \
readable for its owner alone (modes 700 and 600); keep it so. Whoever erases identities erases them from backups by \
deleting those from before: none should be kept for longer than participants were promised.";

/// For `souk restore --help`.
pub const RESTORE: &str = "\
Take a backup in again, where there is no data yet.

The data folder (SOUK_DATA) and the database (DATABASE_URL, or the private one) must be empty. Hashes are compared first; \
then the database is read in, all of it or nothing, its schema is brought up to date, everything that follows from logs \
is worked out anew and compared, and files are put back. A backup of a newer schema is refused.

What happened since the backup is not in it. What matters to people must be done again: erasing identities (of persons, \
and of studies; what a study erases in time, it erases again by itself), marking lines of the ledger that platforms have \
paid since, revoking keys, disabling accounts. A server that still runs on the old data must be stopped first, or two go \
on with the same studies.";

#[derive(Args, Clone, Debug)]
pub struct Backup {
    /// A new folder.
    folder: PathBuf,
    /// Which weights of training runs go along.
    #[arg(long, value_enum, default_value_t)]
    weights: Weights,
    /// Do not restore it aside: nobody knows then whether it can be restored.
    #[arg(long)]
    no_verify: bool,
}

impl Backup {
    pub async fn run(self, config: &Config) -> Result<()> {
        let Backup { folder, weights, no_verify } = self;
        let order = Order { folder: folder.clone(), weights, verify: !no_verify };
        let opened = Opened::open_as_it_is(config).await?;
        let stop = told_to_stop()?;
        let taken = with_opened(opened, |store| async move {
            tokio::select! {
                taken = take(&store, config, &order, tell()) => taken,
                () = stop => bail!("stopped: no backup was made"),
            }
        });
        let Taken { manifest, verified } = taken.await?;
        println!("{}", told(&manifest));
        if let Some(verified) = &verified {
            println!("{verified}");
        }
        println!("{}", folder.display());
        match verified.as_ref().is_none_or(Verified::is_same) {
            true => Ok(()),
            false => bail!(
                "the backup is a true copy, but what is stored does not follow from the logs: see the differences above"
            ),
        }
    }
}

#[derive(Args, Clone, Debug)]
pub struct Restore {
    /// That `souk backup` wrote.
    backup: PathBuf,
}

impl Restore {
    pub async fn run(self, config: &Config) -> Result<()> {
        let tell = tell();
        let ready = Ready::check(&self.backup, config, &tell).await?;
        let opened = Opened::open_as_it_is(config).await?;
        let stop = told_to_stop()?;
        let restored = with_opened(opened, |store| async move {
            tokio::select! {
                restored = ready.restore(&store, config, tell) => restored,
                () = stop => bail!(
                    "stopped: what lies in {} now is unfinished, remove it before another try",
                    config.data.display()
                ),
            }
        });
        let restored = restored.await?;
        println!("{}\n{}", told(&restored.manifest), restored.verified);
        println!("{}", to_do(&restored.manifest, config));
        match restored.verified.is_same() {
            true => Ok(()),
            false => bail!(
                "the backup was restored, but what is stored does not follow from the logs: see the differences above"
            ),
        }
    }
}

fn tell() -> Tell {
    let progress = Mutex::new(Progress::new());
    Arc::new(move |line: String| {
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.tell(false, || line);
    })
}

/// What a backup is, in some lines.
fn told(manifest: &Manifest) -> String {
    let rows = |table: &str| manifest.rows_of(table);
    let mut text = format!(
        "Backup of {}, schema {}: {} episodes, {} events, {} participants; {} files, {:.1} MB",
        manifest.taken,
        manifest.schema,
        rows("episodes"),
        rows("events"),
        rows("participants"),
        manifest.files.len(),
        manifest.bytes() as f64 / 1e6,
    );
    if !manifest.has_cookie_key() {
        text += "\nWithout cookie.key, which the data folder does not have: browsers that come back are strangers";
    }
    if !manifest.left_out.is_empty() {
        let folders = manifest.left_out.len();
        text += &format!("\nWithout {folders} folders of weights, which manifest.json names");
    }
    if let ArchivePlace::At { place, files } = &manifest.archive {
        text += &format!(
            "\nWithout {files} files of archived events, which lie in {place}: back them up there"
        );
    }
    text
}

/// What is left to do after a restore.
fn to_do(manifest: &Manifest, config: &Config) -> String {
    let taken = &manifest.taken;
    let mut text = format!("What happened since {taken} is not here.");
    let (identities, guests) =
        (manifest.rows_of("participant_identities"), manifest.rows_of("study_guests"));
    if identities + guests > 0 {
        text += &format!(
            "\nIdentities of {identities} participants and {guests} guests are as they were: whoever was erased \
             since then must be erased again, and the old backups with them."
        );
    }
    if manifest.rows_of("payments") > 0 {
        text += "\nLines of the ledger that platforms were told since then count as untold: compare before you make \
                 another payment file.";
    }
    if manifest.rows_of("users") + manifest.rows_of("api_keys") > 0 {
        text += "\nPasswords, sessions and keys are those of then: revoke again what was revoked since.";
    }
    if let ArchivePlace::At { place, .. } = &manifest.archive
        && *place != config.archive
    {
        text += &format!("\nArchived events lie in {place}: start with SOUK_ARCHIVE={place}");
    }
    let database = match config.database_url {
        Some(_) => " and the same DATABASE_URL",
        None => "",
    };
    text + &format!("\nStart with: SOUK_DATA={}{database} souk serve", config.data.display())
}
