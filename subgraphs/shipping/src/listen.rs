//! What shipping hears of orders: whose they are.

use async_trait::async_trait;
use kit::messaging::{Message, MessageHandler};
use kit::{Owner, Result};
use serde::Deserialize;
use vocab::OrderId;

use crate::store::Store;

pub const ORDER_EVENTS: &str = "orders.events";

const CLAIMED: &str = "order.claimed.v1";

/// Hears which orders have changed hands: their parcels go with them.
pub struct OrderEvents(pub Store);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claimed {
    order_id: OrderId,
    owner: Owner,
    owner_version: i32,
}

#[async_trait]
impl MessageHandler for OrderEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.kind != CLAIMED {
            return Ok(());
        }
        let Claimed { order_id, owner, owner_version } = message.read()?;
        self.0.hear_of_owner(&order_id, &owner, owner_version).await
    }
}
