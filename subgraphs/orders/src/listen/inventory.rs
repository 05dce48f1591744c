//! `inventory.events`: what is running out.

use async_trait::async_trait;
use kit::Result;
use kit::messaging::{Message, MessageHandler};
use serde::Deserialize;

use crate::free_units::FreeUnits;
use crate::store::Store;

pub struct StockEvents {
    store: Store,
}

impl StockEvents {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[derive(Deserialize)]
struct StockChanged {
    levels: Vec<FreeUnits>,
}

#[async_trait]
impl MessageHandler for StockEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.kind != "stock.changed.v1" {
            return Ok(());
        }
        let changed: StockChanged = message.read()?;
        self.store.take_free_units(message, changed.levels).await
    }
}
