//! `souk archive`.

use anyhow::Result;
use clap::Args;
use store::Archived;

use super::database::with_store;
use super::progress::Progress;
use crate::config::Config;
use crate::eval::code_version;

#[derive(Args, Clone, Debug)]
pub struct Archive {
    /// Only months that ended so many days ago, or before.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(i32).range(0..))]
    older_than: i32,
    /// Say what would be moved, and move nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Archive {
    /// Servers may run meanwhile: play waits for a moment at the end of each month's part.
    pub async fn run(self, config: &Config) -> Result<()> {
        let Archive { older_than, dry_run } = self;
        let place = store::Archive::at(&config.archive);
        let shown = config.archive.clone();
        with_store(config, |store| async move {
            let partitions = store.partitions_older_than(older_than).await?;
            if partitions.is_empty() {
                println!("There is nothing to archive: no month that ended {older_than} days ago has events here.");
                return Ok(());
            }
            for partition in partitions {
                let (name, events) = (&partition.name, partition.events);
                let stay = match partition.kept {
                    0 => String::new(),
                    kept => format!("; {kept} more stay, for they have not ended, or their study or run"),
                };
                if dry_run {
                    let episodes = partition.episodes;
                    println!("{name}: {events} events of {episodes} episodes would move to {shown}{stay}");
                    continue;
                }
                let mut progress = Progress::new();
                let tell = |moved| progress.tell(false, || format!("{name}: {moved} of {events} events"));
                let archived = store.partition_archive(&place, &partition, &code_version(), tell).await?;
                drop(progress);
                println!("{name}: {}{stay}", told(&archived));
            }
            Ok(())
        })
        .await
    }
}

fn told(archived: &Archived) -> String {
    let Archived { objects, episodes, events, bytes, freed } = archived;
    let freed = match freed {
        true => "",
        false => {
            "; the database keeps them until the next archiving, for an export reads there, or much stays"
        }
    };
    format!("{events} events of {episodes} episodes moved, {bytes} bytes in {objects} files{freed}")
}
