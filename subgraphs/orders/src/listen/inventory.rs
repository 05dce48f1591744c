//! `inventory.events`: what is running out.

use async_trait::async_trait;
use contracts::Family;
use contracts::stock::StockEvent;
use kit::Result;
use kit::messaging::{Message, MessageHandler};

use crate::store::Store;

pub struct StockEvents {
    store: Store,
}

impl StockEvents {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl MessageHandler for StockEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        let Some(StockEvent::Changed(changed)) = StockEvent::decode(message)? else { return Ok(()) };
        self.store.take_free_units(message, changed.levels).await
    }
}
