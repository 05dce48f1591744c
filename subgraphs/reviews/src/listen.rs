//! What reviews hears of other subgraphs.

use async_trait::async_trait;
use kit::message::{Consume, Message};
use kit::{Owner, Result};
use serde::Deserialize;
use vocab::{OrderId, ProductId, UserId};

use crate::store::Store;

pub const CATALOG_EVENTS: &str = "catalog.events";
pub const ORDER_EVENTS: &str = "orders.events";
pub const CATALOG_COMMANDS: &str = "catalog.commands";

const PRODUCTS_CHANGED: &str = "catalog.products_changed.v1";
const ORDER_CONFIRMED: &str = "order.confirmed.v1";
const ORDER_CANCELLED: &str = "order.cancelled.v1";
pub const RESEND_PRODUCTS: &str = "catalog.resend_products.v1";

/// Hears which products there are.
pub struct CatalogEvents(pub Store);

/// Hears who bought what.
pub struct OrderEvents(pub Store);

#[derive(Deserialize)]
struct ProductsChanged {
    products: Vec<ProductChanged>,
}

/// What the catalog says of a product that matters here.
#[derive(Clone, Deserialize)]
pub(crate) struct ProductChanged {
    pub id: ProductId,
    pub version: i64,
    #[serde(default)]
    pub removed: bool,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderCancelled {
    order_id: OrderId,
}

#[async_trait]
impl Consume for CatalogEvents {
    async fn consume(&self, message: &Message) -> Result<()> {
        if message.kind != PRODUCTS_CHANGED {
            return Ok(());
        }
        let changed: ProductsChanged = message.read()?;
        self.0.hear_of_products(message, changed.products).await
    }
}

#[async_trait]
impl Consume for OrderEvents {
    async fn consume(&self, message: &Message) -> Result<()> {
        match message.kind.as_str() {
            ORDER_CONFIRMED => {
                let confirmed: OrderConfirmed = message.read()?;
                // A guest has no account to review from.
                let Some(user_id) = confirmed.owner.user_id() else { return Ok(()) };
                let products = confirmed.lines.into_iter().map(|line| line.product_id).collect();
                self.0.hear_of_purchase(message, &UserId::parse(user_id)?, &confirmed.order_id, products).await
            }
            ORDER_CANCELLED => {
                let cancelled: OrderCancelled = message.read()?;
                self.0.hear_of_cancellation(message, &cancelled.order_id).await
            }
            _ => Ok(()),
        }
    }
}
