//! Handles changes of the catalogue.

use async_trait::async_trait;
use contracts::Family;
use contracts::catalog::CatalogEvent;
use kit::Result;
use kit::messaging::{Message, MessageHandler};

use crate::index::Index;
use crate::latest::Latest;
use crate::product::Product;

/// Handles `catalog.events`, and the resent catalogue. Returns once the products of a message are on disk, so that messages are
/// acknowledged only then.
pub struct Changes {
    index: Index,
    /// The consumer group that gets every change.
    group: String,
    /// Records, before a message is acknowledged, which commit of the index holds it.
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

    /// Messages sent while there was no group are missed, so the index is filled anew.
    async fn group_created(&self) -> Result<()> {
        self.index.fill(&self.group).await
    }
}
