//! What the catalog tells of products, and how all of them are asked for.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocab::{CategoryId, Money, ProductId, VariantId};

use crate::family::family;

family! {
    /// On `catalog.events`, and on `catalog.resent.ROLE` for a role that has asked.
    CatalogEvent {
        ProductsChanged(ProductsChanged) = PRODUCTS_CHANGED "catalog.products_changed.v1",
    }
}

family! {
    /// On `catalog.commands`.
    CatalogCommand {
        /// Send the whole catalogue again.
        ResendProducts(ResendProducts) = RESEND_PRODUCTS "catalog.resend_products.v1",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductsChanged {
    pub products: Vec<Product>,
    /// None of products that have changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resend: Option<ResendPart>,
}

/// Which part of the whole catalogue a message is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResendPart {
    /// Tells the parts of one answer from those of another.
    pub run: String,
    /// Whose requests it answers.
    pub requests: Vec<String>,
    /// From nought on.
    pub part: u32,
    pub last: bool,
    /// How many products there were when it began.
    pub total: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    pub id: ProductId,
    pub slug: String,
    pub title: String,
    pub brand: String,
    pub description: String,
    pub category_id: CategoryId,
    /// From the root to the leaf.
    pub category_path: Vec<Category>,
    pub released_at: Option<NaiveDate>,
    pub attributes: Vec<Attribute>,
    pub media_url: Option<String>,
    /// Grows with each change.
    pub version: i64,
    pub removed: bool,
    pub variants: Vec<Variant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Category {
    pub id: CategoryId,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    pub name: String,
    /// A text, a number, or yes or no.
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variant {
    pub id: VariantId,
    pub sku: String,
    pub gtin: Option<String>,
    pub title: String,
    /// The choice that it settles: `Size` is `S`.
    pub options: BTreeMap<String, String>,
    pub price: Money,
    pub compare_at: Option<Money>,
    pub weight_grams: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResendProducts {
    /// The role that asks, which hears the answer on a stream of its own. None of a release that did not say: it hears it
    /// among the changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// In whose name. Asked twice in one, it is answered once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}
