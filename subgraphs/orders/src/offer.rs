//! What can be bought at which price, as the catalog last said.

use vocab::{Money, ProductId, VariantId};

/// A variant on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub variant_id: VariantId,
    pub product_id: ProductId,
    pub sku: String,
    pub title: String,
    /// The chosen options in words, `Size: S`; None when the product has none.
    pub options: Option<String>,
    pub price: Money,
    pub weight_grams: Option<u32>,
    /// Of the product, when the catalog said so.
    pub version: i64,
    /// It is not sold any more.
    pub removed: bool,
}

/// A product as the catalog tells of it: all that it offers now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offering {
    pub product_id: ProductId,
    pub version: i64,
    /// Empty when the product is removed.
    pub offers: Vec<Offer>,
}
