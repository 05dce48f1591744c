//! Takes over what the catalog tells.

use async_trait::async_trait;
use contracts::Family;
use contracts::catalog::CatalogEvent;
use kit::Result;
use kit::messaging::{Message, MessageHandler};

use crate::index::Index;
use crate::latest::Latest;
use crate::product::Product;

/// Handles `catalog.events`, and the whole catalogue where it was asked for. Returns when the products of the message are
/// on disk, so that they are acknowledged then.
pub struct Changes {
    index: Index,
    /// The group in which every change is heard.
    group: String,
    /// Where it is noted, before a message is acknowledged, which commit holds it.
    latest: Option<Latest>,
}

impl Changes {
    pub fn new(index: Index, group: impl Into<String>) -> Self {
        Self { index, group: group.into(), latest: None }
    }

    pub fn noting(self, latest: Latest) -> Self {
        Self { latest: Some(latest), ..self }
    }
}

#[async_trait]
impl MessageHandler for Changes {
    async fn handle(&self, message: &Message) -> Result<()> {
        let Some(CatalogEvent::ProductsChanged(changed)) = CatalogEvent::decode(message)? else { return Ok(()) };
        let products = changed.products.into_iter().map(Product::from).collect();
        self.index.take_over(products, changed.resend).await?;
        if let Some(latest) = &self.latest {
            latest.note(self.index.commits()).await?;
        }
        Ok(())
    }

    /// Whatever was sent while there was no group has gone by.
    async fn group_created(&self) -> Result<()> {
        self.index.fill(&self.group).await
    }
}
