//! Handles the events of orders: whose they are.

use async_trait::async_trait;
use contracts::Family;
use contracts::orders::OrderEvent;
use kit::Result;
use kit::messaging::{Message, MessageHandler};

use crate::store::Store;

pub use contracts::stream::ORDER_EVENTS;

/// Handles `orders.events`: a parcel belongs to the owner of its order.
pub struct OrderEvents(pub Store);

#[async_trait]
impl MessageHandler for OrderEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        let Some(OrderEvent::Claimed(claimed)) = OrderEvent::decode_only(message, &[OrderEvent::CLAIMED])? else {
            return Ok(());
        };
        self.0.hear_of_owner(&claimed.order_id, &claimed.owner, claimed.owner_version).await
    }
}
