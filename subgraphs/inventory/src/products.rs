//! Which variants a product has, as the catalog says.

use async_trait::async_trait;
use kit::Result;
use kit::messaging::{Message, MessageHandler};
use serde::Deserialize;
use vocab::{ProductId, VariantId};

use crate::Store;

#[derive(Deserialize)]
struct ProductsChanged {
    products: Vec<ChangedProduct>,
}

/// The part of a changed product that matters to the stock.
#[derive(Deserialize)]
pub struct ChangedProduct {
    pub id: ProductId,
    pub version: i64,
    pub removed: bool,
    pub variants: Vec<ChangedVariant>,
}

#[derive(Deserialize)]
pub struct ChangedVariant {
    pub id: VariantId,
}

/// Handles what comes on `catalog.events`.
pub struct Products {
    store: Store,
}

impl Products {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl MessageHandler for Products {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.kind != "catalog.products_changed.v1" {
            return Ok(());
        }
        let ProductsChanged { products } = message.read()?;
        let txn = self.store.db().begin().await?;
        if txn.first_delivery("inventory", message).await? {
            self.store.assign_variants(&txn, &products).await?;
        }
        Ok(txn.commit().await?)
    }
}
