//! Taking in an export of this Souk or another one: hashes are compared, every episode is replayed and its rewards
//! are computed anew.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rules::reward::{RewardSpec, score};
use rules::{Episode, Event, PerRole, Role, Scenario};
use sha2::{Digest, Sha256};
use store::{ExportedProduct, ImportedEpisode, Sitter, Store, same_reward};
use tables::{Cell, EPISODES, EVENTS, PRODUCTS, Row, Table};
use tokio::runtime::Handle;
use uuid::Uuid;
use wire::{EpisodeId, NegotiatorName, ProductId, VisitorId};

use super::{Format, Manifest, SCHEMA};

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Replayed, with the rewards that the export says.
    pub checked: u64,
    /// Of these, new here.
    pub stored: u64,
    /// Kept for their episodes.
    pub products: u64,
}

/// Reads an export from its folder. Without a store it is only checked.
///
/// # Errors
/// Where a file is not what the manifest says, an episode is none by the rules, or a reward comes out otherwise.
/// What was stored before stays: ids tell what is there, so the same import goes on.
pub async fn import(
    store: Option<Store>,
    folder: PathBuf,
    mut tell: impl FnMut(u64) + Send + 'static,
) -> Result<Imported> {
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || take_in(store.as_ref(), &folder, &handle, &mut tell))
        .await?
}

fn take_in(
    store: Option<&Store>,
    folder: &Path,
    handle: &Handle,
    tell: &mut dyn FnMut(u64),
) -> Result<Imported> {
    let path = folder.join("manifest.json");
    let text = std::fs::read(&path)
        .with_context(|| format!("there is no {}: name the folder of an export", path.display()))?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .with_context(|| format!("{} is not a manifest of Souk's", path.display()))?;
    ensure!(
        manifest.schema == SCHEMA,
        "this export has version {} of the tables; this program reads version {SCHEMA}",
        manifest.schema
    );
    check_files(folder, &manifest)?;
    let from = hex::encode(Sha256::digest(&text));
    let mut imported = Imported::default();
    if let Some(store) = store {
        let products: Vec<ExportedProduct> =
            rows(folder, &manifest, &PRODUCTS)?.map(|row| product(&row?)).collect::<Result<_>>()?;
        let record = serde_json::to_value(&manifest)?;
        imported.products = handle.block_on(store.products_keep(&products, &record))?;
    }
    let mut events = rows(folder, &manifest, &EVENTS)?.peekable();
    for row in rows(folder, &manifest, &EPISODES)? {
        let row = row?;
        let id: Uuid = row.text("episode_id")?.parse().context("an episode's id")?;
        let mut log = Vec::new();
        while let Some(next) = events.next_if(|next| match next {
            Ok(next) => next
                .text("episode_id")
                .is_ok_and(|of| of == row.text("episode_id").unwrap_or_default()),
            Err(_) => true,
        }) {
            log.push(next?.event()?);
        }
        let episode = checked(&row, &log).with_context(|| format!("episode {id}"))?;
        imported.checked += 1;
        if let Some(store) = store {
            let new = ImportedEpisode {
                id: EpisodeId(id),
                product: ProductId(row.text("product_id")?.to_owned()),
                scenario: scenario(&log)?,
                seats: PerRole {
                    buyer: sitter(&row, Role::Buyer)?,
                    seller: sitter(&row, Role::Seller)?,
                },
                events: log,
                code_version: row.text("code_version")?.to_owned(),
                from_visitor: VisitorId(named(&from)),
                from: from.clone(),
            };
            debug_assert_eq!(new.scenario.budget, episode.budget);
            imported.stored += u64::from(handle.block_on(store.episode_import(&new))?);
        }
        if imported.checked.is_multiple_of(500) {
            tell(imported.checked);
        }
    }
    ensure!(events.next().is_none(), "there are events of episodes that are not in the export");
    Ok(imported)
}

fn check_files(folder: &Path, manifest: &Manifest) -> Result<()> {
    for file in &manifest.files {
        let path = folder.join(&file.name);
        let mut reader = File::open(&path).with_context(|| {
            format!("the manifest names {}, which is not there", path.display())
        })?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
        loop {
            match reader.read(&mut buffer)? {
                0 => break,
                n => hash.update(&buffer[..n]),
            }
        }
        ensure!(
            hex::encode(hash.finalize()) == file.sha256,
            "{} is not the file that was exported: its hash is another than in the manifest",
            path.display()
        );
    }
    Ok(())
}

/// The episode, where its log is one by the rules and gives the rewards that the row says.
fn checked(row: &Row, log: &[(i64, Event)]) -> Result<Episode> {
    let episode =
        Episode::replay(log.iter().map(|(_, event)| event)).context("its events are no episode")?;
    let Some(name) = row.get("reward_name") else { return Ok(episode) };
    let Cell::Text(name) = name else { bail!("the name of its reward is no text") };
    let version = row.int("reward_version")?.and_then(|version| u32::try_from(version).ok());
    let spec = RewardSpec::registered(name, version.unwrap_or(0)).with_context(|| {
        format!("its reward is {name}, version {version:?}, which this program does not have")
    })?;
    for (role, column) in [(Role::Buyer, "buyer_reward"), (Role::Seller, "seller_reward")] {
        let (said, is) = (row.float(column)?, score(&episode, role, &spec));
        // Text does not keep the last bit of a number in every reader.
        ensure!(
            same_reward(said, is),
            "the export says {said:?} for the {}'s reward; it is {is:?}",
            role.name()
        );
    }
    Ok(episode)
}

/// What was fixed before the first move, from the log.
fn scenario(log: &[(i64, Event)]) -> Result<Scenario> {
    let find = |what: &str, found: &dyn Fn(&Event) -> bool| {
        let event = log.iter().map(|(_, event)| event).find(|event| found(event));
        event.cloned().with_context(|| format!("its log has no {what}"))
    };
    let Event::Opened(opening) = find("opening", &|e| matches!(e, Event::Opened(_)))? else {
        bail!("no opening")
    };
    let limit_of = |wanted: Role| -> Result<rules::Mills> {
        match find("limit", &|e| matches!(e, Event::LimitSet { role, .. } if *role == wanted))? {
            Event::LimitSet { limit, .. } => Ok(limit),
            _ => bail!("no limit"),
        }
    };
    let Event::RulesSet { regulation, over_limit, reveal, seed } =
        find("rules", &|e| matches!(e, Event::RulesSet { .. }))?
    else {
        bail!("no rules")
    };
    Ok(Scenario {
        listing: opening.listing,
        budget: limit_of(Role::Buyer)?,
        cost: limit_of(Role::Seller)?,
        regulation,
        over_limit,
        reveal,
        seed,
    })
}

fn sitter(row: &Row, role: Role) -> Result<Sitter> {
    let name = row.text(role.name())?;
    Ok(match row.get(&format!("{}_participant", role.name())) {
        Some(Cell::Text(pseudonym)) => {
            Sitter::Person { visitor: VisitorId(named(pseudonym)), user: None }
        }
        _ => Sitter::Negotiator { name: NegotiatorName(name.to_owned()), title: name.to_owned() },
    })
}

/// An id that a name always gives.
fn named(name: &str) -> Uuid {
    let hash = Sha256::digest(name);
    uuid::Builder::from_custom_bytes(hash[..16].try_into().expect("there are 32 bytes")).into_uuid()
}

fn product(row: &Row) -> Result<ExportedProduct> {
    let text = |name: &str| row.text(name).map(str::to_owned);
    let money = |name: &str| row.int(name)?.with_context(|| format!("a product without {name}"));
    Ok(ExportedProduct {
        id: text("product_id")?,
        source: text("source")?,
        codename: text("codename")?,
        category: text("category")?,
        title: text("title")?,
        description: text("description")?,
        features: serde_json::from_str(row.text("features")?)?,
        list_price_mills: money("list_price_mills")?,
        budget_mills: money("budget_mills")?,
        cost_mills: money("cost_mills")?,
        persona: text("persona")?,
        split: text("split")?,
    })
}

/// The rows of one table.
fn rows(folder: &Path, manifest: &Manifest, table: &'static Table) -> Result<tables::ReadRows> {
    let name = format!("{}.{}", table.name, manifest.format.extension());
    ensure!(
        manifest.files.iter().any(|file| file.name == name),
        "the export has no table `{}`: an import needs products, episodes and events",
        table.name
    );
    let file = File::open(folder.join(&name)).with_context(|| name.clone())?;
    match manifest.format {
        Format::Parquet => tables::from_parquet(file, table).context(name),
        Format::Jsonl => Ok(tables::from_jsonl(BufReader::new(file), table)),
        Format::Csv => Ok(tables::from_csv(file, table)),
    }
}
