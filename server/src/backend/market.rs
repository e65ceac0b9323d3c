//! The market: products, pictures, ways of speaking.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::{Problem, ProductDetail, ProductId, ProductPage, ProductQuery};

use super::{Souk, refusal};

/// A way of speaking that a negotiator can be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonaCard {
    pub name: String,
    pub title: String,
    /// One sentence.
    pub summary: String,
}

impl Souk {
    pub(crate) async fn product_page(&self, query: ProductQuery) -> Result<ProductPage, Problem> {
        self.health.check()?;
        self.store.product_list(&query).await.map_err(refusal)
    }

    pub(crate) async fn product_detail(&self, id: &ProductId) -> Result<ProductDetail, Problem> {
        self.health.check()?;
        Ok(self.store.product_find(id).await.map_err(refusal)?.detail)
    }

    pub(crate) async fn picture(&self, id: &ProductId) -> Result<String, Problem> {
        self.health.check()?;
        self.store.product_picture(id).await.map_err(refusal)
    }
}

impl PersonaCard {
    /// All that there are, the neutral one first.
    pub fn all() -> Vec<PersonaCard> {
        policy::personas()
            .iter()
            .map(|entry| PersonaCard {
                name: entry.name.to_owned(),
                title: entry.title.to_owned(),
                summary: entry.summary.to_owned(),
            })
            .collect()
    }
}
