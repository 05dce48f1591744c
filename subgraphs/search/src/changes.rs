//! Takes over what the catalog tells.

use async_trait::async_trait;
use kit::Result;
use kit::message::{Consume, Message};

use crate::index::Index;
use crate::product::ProductsChanged;

const PRODUCTS_CHANGED: &str = "catalog.products_changed.v1";

/// Handles `catalog.events`. Returns when the products of the message are on disk, so that they are acknowledged then.
pub struct Changes {
    index: Index,
}

impl Changes {
    pub fn new(index: Index) -> Self {
        Self { index }
    }
}

#[async_trait]
impl Consume for Changes {
    async fn consume(&self, message: &Message) -> Result<()> {
        if message.kind != PRODUCTS_CHANGED {
            return Ok(());
        }
        let changed: ProductsChanged = message.read()?;
        self.index.take_over(changed.products).await
    }
}
