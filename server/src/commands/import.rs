//! Importing products: a source is replaced wholly or not at all.

use std::path::PathBuf;

use anyhow::{Context, Result};
use catalogue::{Counts, Item, Manifest, SEED, own_catalogue, own_manifest};
use serde_json::json;
use store::{NewProduct, Store};

use super::database::with_store;
use crate::config::Config;

/// The sources' names: the first part of a product's id.
const OWN: &str = "souk";
const AMAZON_HISTORY_PRICE: &str = "amazon-history-price";

pub async fn amazon_history_price(config: &Config, dir: PathBuf) -> Result<()> {
    // Read and checked before the database is touched.
    let import = tokio::task::spawn_blocking(move || catalogue::amazon_history_price::read(&dir))
        .await?
        .context("nothing was imported")?;
    with_store(config, |store| async move {
        replace(&store, AMAZON_HISTORY_PRICE, import.items, &import.manifest, import.counts).await
    })
    .await
}

pub async fn catalogue(config: &Config) -> Result<()> {
    with_store(config, |store| async move { own(&store).await }).await
}

/// Imports the own catalogue.
pub async fn own(store: &Store) -> Result<()> {
    let items = tokio::task::spawn_blocking(|| own_catalogue(SEED)).await?;
    let manifest = own_manifest(SEED, &items);
    let counts = Counts::of(&items);
    replace(store, OWN, items, &manifest, counts).await
}

async fn replace(
    store: &Store,
    source: &str,
    items: Vec<Item>,
    manifest: &Manifest,
    counts: Counts,
) -> Result<()> {
    let record = json!({ "manifest": manifest, "counts": counts });
    let products: Vec<NewProduct> = items.into_iter().map(product).collect();
    let imported =
        store.products_replace(source, &products, &record).await.context("nothing was imported")?;
    eprintln!("souk: imported {source}: {counts}");
    if imported.retired > 0 {
        eprintln!(
            "souk: {} products of {source} are gone from the market and kept for their episodes",
            imported.retired
        );
    }
    Ok(())
}

fn product(item: Item) -> NewProduct {
    NewProduct {
        product: item.product,
        persona: item.persona,
        budget: item.budget,
        cost: item.cost,
        split: match item.split {
            catalogue::Split::Train => store::Split::Train,
            catalogue::Split::Test => store::Split::Test,
        },
        history: item
            .history
            .into_iter()
            .map(|point| wire::PricePoint { day: point.day, price: point.price })
            .collect(),
        picture: item.picture,
    }
}
