//! `catalog.events`: what is for sale, and at which price.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kit::Result;
use kit::messaging::{Message, MessageHandler};
use serde::Deserialize;
use vocab::{Money, ProductId, VariantId};

use crate::offer::{Offer, Offering};
use crate::store::Store;

pub struct CatalogEvents {
    store: Store,
}

impl CatalogEvents {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

/// Of what the catalog tells, what a cart needs.
#[derive(Deserialize)]
struct ProductsChanged {
    products: Vec<Product>,
}

#[derive(Deserialize)]
struct Product {
    id: ProductId,
    title: String,
    version: i64,
    removed: bool,
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variant {
    id: VariantId,
    sku: String,
    options: BTreeMap<String, String>,
    price: Money,
    weight_grams: Option<u32>,
}

impl Product {
    fn offering(self) -> Offering {
        let Self { id: product_id, title, version, removed, variants } = self;
        let offer = |variant: Variant| Offer {
            variant_id: variant.id,
            product_id: product_id.clone(),
            sku: variant.sku,
            title: title.clone(),
            options: in_words(&variant.options),
            price: variant.price,
            weight_grams: variant.weight_grams,
            version,
            removed: false,
        };
        let offers = if removed { Vec::new() } else { variants.into_iter().map(offer).collect() };
        Offering { product_id, version, offers }
    }
}

fn in_words(options: &BTreeMap<String, String>) -> Option<String> {
    let words: Vec<String> = options.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[async_trait]
impl MessageHandler for CatalogEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.kind != "catalog.products_changed.v1" {
            return Ok(());
        }
        let changed: ProductsChanged = message.read()?;
        let offerings = changed.products.into_iter().map(Product::offering).collect();
        self.store.take_offerings(message, offerings).await
    }
}
