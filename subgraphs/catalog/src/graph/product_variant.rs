//! `ProductVariant`.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use kit::{Failure, Result};

use super::ask;
use super::price::Price;
use super::product::Product;
use crate::product;
use crate::store::ProductById;

/// A choice that a variant settles.
#[derive(SimpleObject)]
pub struct SelectedOption {
    /// What is chosen: `Size`.
    pub name: String,
    /// What it is: `M`.
    pub value: String,
}

pub struct ProductVariant(pub Arc<product::Variant>);

/// A product in one size, colour or other make: what a shopper puts into the cart.
#[Object]
impl ProductVariant {
    /// Stays the same for good. Starts with `var_`.
    async fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// The stock keeping unit, as it stands on the shelf and on the invoice.
    async fn sku(&self) -> &str {
        &self.0.sku
    }

    /// The Global Trade Item Number, as it stands under the barcode; null when there is none.
    async fn gtin(&self) -> Option<&str> {
        self.0.gtin.as_deref()
    }

    /// The variant's name, for people.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The choices that lead to this variant. Empty when the product has only one.
    async fn options(&self) -> Vec<SelectedOption> {
        let options = self.0.options.iter();
        options.map(|(name, value)| SelectedOption { name: name.clone(), value: value.clone() }).collect()
    }

    /// What the variant costs.
    async fn price(&self) -> Price {
        Price { current: self.0.price, compare_at: self.0.compare_at, tax_included: true }
    }

    /// What one unit weighs with its box, in grams; null when nobody weighed it.
    async fn weight_grams(&self) -> Option<i32> {
        self.0.weight_grams
    }

    /// The product of which this is a variant.
    async fn product(&self, context: &Context<'_>) -> Result<Product> {
        let product = ask(context, ProductById(self.0.product.clone())).await?;
        let orphan = || Failure::fault(anyhow::anyhow!("the variant {} has no product", self.0.id));
        product.map(Product).ok_or_else(orphan)
    }
}
