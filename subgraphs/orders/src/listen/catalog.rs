//! `catalog.events`: what is for sale, and at which price.

use std::collections::BTreeMap;

use async_trait::async_trait;
use contracts::Family;
use contracts::catalog::{CatalogEvent, Product, Variant};
use kit::Result;
use kit::messaging::{Message, MessageHandler};

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

/// Of what the catalog tells of a product, what a cart needs.
fn offering(product: Product) -> Offering {
    let Product { id: product_id, title, version, removed, variants, .. } = product;
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

fn in_words(options: &BTreeMap<String, String>) -> Option<String> {
    let words: Vec<String> = options.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[async_trait]
impl MessageHandler for CatalogEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        let Some(CatalogEvent::ProductsChanged(changed)) = CatalogEvent::decode(message)? else { return Ok(()) };
        let offerings = changed.products.into_iter().map(offering).collect();
        self.store.take_offerings(message, offerings).await
    }
}
