//! What reviews hears of other subgraphs.

use async_trait::async_trait;
use contracts::Family;
use contracts::catalog::CatalogEvent;
use contracts::orders::{OrderClaimed, OrderConfirmed, OrderEvent, OrderedUnits};
use kit::messaging::{Message, MessageHandler};
use kit::{Owner, Result};
use vocab::{OrderId, UserId};

use crate::store::Store;

pub use contracts::stream::{CATALOG_EVENTS, CATALOG_RESENT_REVIEWS as CATALOG_RESENT, ORDER_EVENTS};

/// Hears which products there are.
pub struct CatalogEvents(pub Store);

const HEARD: &[&str] = &[OrderEvent::CONFIRMED, OrderEvent::CLAIMED, OrderEvent::CANCELLED];

/// Hears who bought what.
pub struct OrderEvents(pub Store);

#[async_trait]
impl MessageHandler for CatalogEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        let Some(CatalogEvent::ProductsChanged(changed)) = CatalogEvent::decode(message)? else { return Ok(()) };
        self.0.hear_of_products(message, changed.products).await
    }
}

#[async_trait]
impl MessageHandler for OrderEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        match OrderEvent::decode_only(message, HEARD)? {
            Some(OrderEvent::Confirmed(OrderConfirmed { order_id, owner, lines, .. })) => {
                self.hear_of_purchase(message, &order_id, &owner, lines).await
            }
            // One that is not confirmed yet is told of when it is.
            Some(OrderEvent::Claimed(OrderClaimed { order_id, owner, stands: true, lines, .. })) => {
                self.hear_of_purchase(message, &order_id, &owner, lines).await
            }
            Some(OrderEvent::Cancelled(cancelled)) => self.0.hear_of_cancellation(message, &cancelled.order_id).await,
            _ => Ok(()),
        }
    }
}

impl OrderEvents {
    async fn hear_of_purchase(
        &self,
        message: &Message,
        order_id: &OrderId,
        owner: &Owner,
        lines: Vec<OrderedUnits>,
    ) -> Result<()> {
        // A guest has no account to review from.
        let Some(user_id) = owner.user_id() else { return Ok(()) };
        let products = lines.into_iter().map(|line| line.product_id).collect();
        self.0.hear_of_purchase(message, &UserId::parse(user_id)?, order_id, products).await
    }
}
