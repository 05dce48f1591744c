//! Which variants a product has, as the catalog says.

use async_trait::async_trait;
use contracts::Family;
use contracts::catalog::CatalogEvent;
use kit::Result;
use kit::messaging::{Message, MessageHandler};

use crate::Store;

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
        let Some(CatalogEvent::ProductsChanged(changed)) = CatalogEvent::decode(message)? else { return Ok(()) };
        let txn = self.store.db().begin().await?;
        if txn.first_delivery("inventory", message).await? {
            self.store.assign_variants(&txn, &changed.products).await?;
        }
        Ok(txn.commit().await?)
    }
}
