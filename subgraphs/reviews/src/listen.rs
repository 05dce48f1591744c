//! What reviews hears of other subgraphs.

use async_trait::async_trait;
use kit::messaging::{Message, MessageHandler};
use kit::{Owner, Result};
use serde::Deserialize;
use vocab::{OrderId, ProductId, UserId};

use crate::known_product::ProductChanged;
use crate::store::Store;

pub const CATALOG_EVENTS: &str = "catalog.events";
/// What was asked for on `catalog.commands`.
pub const CATALOG_RESENT: &str = "catalog.resent.reviews";
pub const ORDER_EVENTS: &str = "orders.events";

const PRODUCTS_CHANGED: &str = "catalog.products_changed.v1";
const ORDER_CONFIRMED: &str = "order.confirmed.v1";
const ORDER_CLAIMED: &str = "order.claimed.v1";
const ORDER_CANCELLED: &str = "order.cancelled.v1";

/// Hears which products there are.
pub struct CatalogEvents(pub Store);

/// Hears who bought what.
pub struct OrderEvents(pub Store);

#[derive(Deserialize)]
struct ProductsChanged {
    products: Vec<ProductChanged>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderConfirmed {
    order_id: OrderId,
    owner: Owner,
    lines: Vec<OrderLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderLine {
    product_id: ProductId,
}

/// An order that was made as a guest is in somebody's account now.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderClaimed {
    order_id: OrderId,
    owner: Owner,
    /// Whether it is confirmed, and not cancelled.
    stands: bool,
    lines: Vec<OrderLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderCancelled {
    order_id: OrderId,
}

#[async_trait]
impl MessageHandler for CatalogEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.kind != PRODUCTS_CHANGED {
            return Ok(());
        }
        let changed: ProductsChanged = message.read()?;
        self.0.hear_of_products(message, changed.products).await
    }
}

#[async_trait]
impl MessageHandler for OrderEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        match message.kind.as_str() {
            ORDER_CONFIRMED => {
                let OrderConfirmed { order_id, owner, lines } = message.read()?;
                self.hear_of_purchase(message, &order_id, &owner, lines).await
            }
            // One that is not confirmed yet is told of when it is.
            ORDER_CLAIMED => match message.read()? {
                OrderClaimed { stands: false, .. } => Ok(()),
                OrderClaimed { order_id, owner, lines, .. } => {
                    self.hear_of_purchase(message, &order_id, &owner, lines).await
                }
            },
            ORDER_CANCELLED => {
                let cancelled: OrderCancelled = message.read()?;
                self.0.hear_of_cancellation(message, &cancelled.order_id).await
            }
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
        lines: Vec<OrderLine>,
    ) -> Result<()> {
        // A guest has no account to review from.
        let Some(user_id) = owner.user_id() else { return Ok(()) };
        let products = lines.into_iter().map(|line| line.product_id).collect();
        self.0.hear_of_purchase(message, &UserId::parse(user_id)?, order_id, products).await
    }
}
