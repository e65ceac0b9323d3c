//! Products: importing, finding.

use rules::{Mills, Product};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::types::Json;
use wire::{PricePoint, ProductCard, ProductDetail, ProductId};

use crate::connection::Store;
use crate::error::StoreError;

/// Which products a negotiator may be trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    Train,
    Test,
}

impl Split {
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Test => "test",
        }
    }

    fn named(name: &str) -> Result<Split, StoreError> {
        match name {
            "train" => Ok(Split::Train),
            "test" => Ok(Split::Test),
            other => Err(StoreError::corrupt("split", other)),
        }
    }
}

/// A product to be imported.
#[derive(Clone, Debug, PartialEq)]
pub struct NewProduct {
    pub product: Product,
    pub persona: String,
    pub budget: Mills,
    pub cost: Mills,
    pub split: Split,
    /// Oldest first. Private: its lowest price may be the cost.
    pub history: Vec<PricePoint>,
    /// SVG.
    pub picture: String,
}

/// What an import did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Products that the source has now.
    pub products: i64,
    /// Products that it had before and has no more: not listed, kept for their episodes.
    pub retired: i64,
}

/// A product with both limits: mind who reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductRow {
    /// What everybody may see, with the public part of the price history.
    pub detail: ProductDetail,
    pub budget: Mills,
    pub cost: Mills,
    pub split: Split,
    pub retired: bool,
}

impl ProductRow {
    /// The product as the rules want it.
    pub fn product(&self) -> Product {
        let ProductDetail { card, description, features, .. } = &self.detail;
        Product {
            codename: card.codename.clone(),
            category: card.category.clone(),
            title: card.title.clone(),
            description: description.clone(),
            features: features.clone(),
            list_price: card.list_price,
        }
    }
}

/// Where the server shows a product's picture ([`Store::product_picture`]).
pub fn picture_path(id: &ProductId) -> String {
    format!("/pictures/{id}.svg")
}

/// The part of a price history that gives neither limit away: prices between 85% of the list price
/// and the list price, and above the cost. A lower bound that depended on the cost alone would tell
/// it; 85% of a public figure does not. Prices above the list price would tell a budget that is
/// computed from the highest price.
fn public_history(history: &[PricePoint], list_price: Mills, cost: Mills) -> Vec<PricePoint> {
    let floor = list_price.scale(85, 100);
    let public = |p: &&PricePoint| p.price >= floor && p.price <= list_price && p.price > cost;
    history.iter().filter(public).copied().collect()
}

impl Store {
    /// Replaces all products of a source, wholly or not at all.
    ///
    /// # Errors
    /// Constraints named `product_*`.
    pub async fn products_replace(
        &self,
        source: &str,
        products: &[NewProduct],
        manifest: &serde_json::Value,
    ) -> Result<Imported, StoreError> {
        let rows = serde_json::Value::Array(import_rows(source, products));
        let count = i32::try_from(products.len())
            .map_err(|why| StoreError::corrupt("number of products", why))?;
        let mut transaction = self.begin().await?;
        let import = sqlx::query_scalar!(
            "insert into imports (source, manifest, manifest_sha256, products)
             values ($1, $2, $3, $4) returning id",
            source,
            manifest,
            hex::encode(Sha256::digest(manifest.to_string())),
            count
        )
        .fetch_one(&mut *transaction)
        .await?;
        sqlx::query!(
            r#"insert into products (id, source, codename, import_id, category, title, description,
                 features, list_price_mills, budget_mills, cost_mills, persona, split, history,
                 picture, place)
             select p.id, $2, p.codename, $3, p.category, p.title, p.description, p.features,
                 p.list_price_mills, p.budget_mills, p.cost_mills, p.persona, p.split, p.history,
                 p.picture, p.place
             from jsonb_to_recordset($1) as p (id text, codename text, category text, title text,
                 description text, features text[], list_price_mills bigint, budget_mills bigint,
                 cost_mills bigint, persona text, split text, history jsonb, picture text,
                 place integer)
             on conflict (id) do update set
                 import_id = excluded.import_id, category = excluded.category,
                 title = excluded.title, description = excluded.description,
                 features = excluded.features, list_price_mills = excluded.list_price_mills,
                 budget_mills = excluded.budget_mills, cost_mills = excluded.cost_mills,
                 persona = excluded.persona, split = excluded.split, history = excluded.history,
                 picture = excluded.picture, place = excluded.place, retired_at = null"#,
            rows,
            source,
            import
        )
        .execute(&mut *transaction)
        .await?;
        let retired = sqlx::query!(
            "update products set retired_at = now()
             where source = $1 and import_id <> $2 and retired_at is null",
            source,
            import
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Imported {
            products: i64::from(count),
            retired: i64::try_from(retired.rows_affected()).unwrap_or(i64::MAX),
        })
    }

    /// The SHA-256 (hexadecimal) of a source's last manifest, to see whether an import is needed.
    pub async fn import_last(&self, source: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar!(
            "select manifest_sha256 from imports where source = $1 order by id desc limit 1",
            source
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Some product that is listed; the same one as long as the list is.
    pub async fn product_any(&self) -> Result<Option<ProductId>, StoreError> {
        let id = sqlx::query_scalar!(
            "select id from products where retired_at is null order by id limit 1"
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(id.map(ProductId))
    }

    /// A product with both limits; also a retired one, for its episodes' sake.
    pub async fn product_find(&self, id: &ProductId) -> Result<ProductRow, StoreError> {
        let row = sqlx::query!(
            r#"select codename, category, title, description, features, list_price_mills,
                 budget_mills, cost_mills, persona, split, retired_at,
                 history as "history: Json<Vec<PricePoint>>",
                 (select count(*) from episodes e where e.product_id = p.id and e.status = 'over'
                     and e.training_run_id is null and e.market_id is null) as "negotiations!"
             from products p where id = $1"#,
            id.0
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or(StoreError::NotFound("product"))?;
        let (list_price, cost) = (Mills(row.list_price_mills), Mills(row.cost_mills));
        let card = ProductCard {
            id: id.clone(),
            codename: row.codename,
            category: row.category,
            title: row.title,
            list_price,
            persona: row.persona,
            picture: picture_path(id),
            negotiations: row.negotiations,
        };
        Ok(ProductRow {
            detail: ProductDetail {
                card,
                description: row.description,
                features: row.features,
                history: public_history(&row.history, list_price, cost),
            },
            budget: Mills(row.budget_mills),
            cost,
            split: Split::named(&row.split)?,
            retired: row.retired_at.is_some(),
        })
    }

    /// The SVG of a product.
    pub async fn product_picture(&self, id: &ProductId) -> Result<String, StoreError> {
        sqlx::query_scalar!("select picture from products where id = $1", id.0)
            .fetch_optional(&self.pool)
            .await?
            .ok_or(StoreError::NotFound("product"))
    }
}

fn import_rows(source: &str, products: &[NewProduct]) -> Vec<serde_json::Value> {
    let mut places = std::collections::HashMap::new();
    products
        .iter()
        .map(|new| {
            let product = &new.product;
            let place: &mut i32 = places.entry(product.category.as_str()).or_default();
            *place += 1;
            serde_json::json!({
                "id": format!("{source}.{}", product.codename),
                "codename": product.codename,
                "category": product.category,
                "title": product.title,
                "description": product.description,
                "features": product.features,
                "list_price_mills": product.list_price,
                "budget_mills": new.budget,
                "cost_mills": new.cost,
                "persona": new.persona,
                "split": new.split,
                "history": new.history,
                "picture": new.picture,
                "place": *place - 1,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_history_gives_neither_limit_away() {
        let at = |day, dollars| PricePoint { day, price: Mills::from_dollars(dollars) };
        let history = [at(-3, 60), at(-2, 100), at(-1, 130), at(0, 90)];
        let list = Mills::from_dollars(100);
        let shown = public_history(&history, list, Mills::from_dollars(60));
        assert_eq!(shown, [at(-2, 100), at(0, 90)]);
        // A conflicting-interest product: the lowest price is near the list price.
        let shown = public_history(&history, list, Mills::from_dollars(90));
        assert_eq!(shown, [at(-2, 100)]);
    }
}
