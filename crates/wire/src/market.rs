//! The market: products and negotiators.

use rules::{Mills, Role};
use serde::{Deserialize, Serialize};

use crate::id::{NegotiatorName, ProductId};

/// A stall's card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProductCard {
    pub id: ProductId,
    pub codename: String,
    pub category: String,
    pub title: String,
    pub list_price: Mills,
    /// The persona of the stall's seller, e.g. `begging`.
    pub persona: String,
    /// Path of the picture on this server.
    pub picture: String,
    /// Finished negotiations over this product.
    pub negotiations: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProductDetail {
    pub card: ProductCard,
    pub description: String,
    pub features: Vec<String>,
    /// Public price history, oldest first. It may not tell the lowest price, which is the seller's
    /// cost: the store clips it to the public part.
    pub history: Vec<PricePoint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PricePoint {
    /// Days before the listing, negative or zero.
    pub day: i32,
    pub price: Mills,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProductSort {
    #[default]
    Featured,
    PriceUp,
    PriceDown,
    Title,
}

/// A page of the market. All filters are optional and combine by "and".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct ProductQuery {
    /// Words looked for in title, description and features.
    pub search: Option<String>,
    pub category: Option<String>,
    pub min_price: Option<Mills>,
    pub max_price: Option<Mills>,
    pub sort: ProductSort,
    /// From 0.
    pub page: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProductPage {
    pub items: Vec<ProductCard>,
    /// Products that match, over all pages.
    pub total: i64,
    pub page: u32,
    pub page_size: u32,
    /// Every category with its count under the other filters.
    pub categories: Vec<CategoryCount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CategoryCount {
    pub category: String,
    pub count: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NegotiatorKind {
    Scripted,
    /// A scripted family that is never trained against.
    HeldOut,
    /// A language model.
    Model,
}

/// A negotiator that can be seated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NegotiatorCard {
    pub name: NegotiatorName,
    pub title: String,
    /// One sentence.
    pub summary: String,
    pub kind: NegotiatorKind,
    /// The seats that it can take.
    pub roles: Vec<Role>,
}
