//! The products that reviews has heard of, and how it asks the catalog for all of them.

use serde::Deserialize;
use vocab::ProductId;

pub const CATALOG_COMMANDS: &str = "catalog.commands";
pub const RESEND_PRODUCTS: &str = "catalog.resend_products.v1";

/// What the catalog says of a product that matters here.
#[derive(Clone, Deserialize)]
pub(crate) struct ProductChanged {
    pub id: ProductId,
    pub version: i64,
    #[serde(default)]
    pub removed: bool,
}
