//! What orders tells of orders.

use kit::Owner;
use serde::{Deserialize, Serialize};
use vocab::{Money, OrderId, ProductId, VariantId};

use crate::OrderRef;
use crate::family::family;

family! {
    /// On `orders.events`.
    OrderEvent {
        /// A checkout was submitted.
        Placed(OrderPlaced) = PLACED "order.placed.v1",
        /// It is paid for, and its units have left the stock.
        Confirmed(OrderConfirmed) = CONFIRMED "order.confirmed.v1",
        /// It is somebody else's now.
        Claimed(OrderClaimed) = CLAIMED "order.claimed.v1",
        /// It was never paid for, or is paid back.
        Cancelled(OrderCancelled) = CANCELLED "order.cancelled.v1",
        /// All of it has arrived.
        Completed(OrderRef) = COMPLETED "order.completed.v1",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    pub order_id: OrderId,
    pub number: String,
    pub owner: Owner,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderConfirmed {
    pub order_id: OrderId,
    pub number: String,
    pub owner: Owner,
    /// Not said by older senders.
    #[serde(default)]
    pub total: Option<Money>,
    pub lines: Vec<OrderedUnits>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderedUnits {
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub quantity: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderClaimed {
    pub order_id: OrderId,
    pub owner: Owner,
    /// How often it has changed hands. Of two such messages the one with the higher counts.
    pub owner_version: i32,
    /// Whether it is confirmed, and not cancelled.
    pub stands: bool,
    pub lines: Vec<OrderedUnits>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled {
    pub order_id: OrderId,
    /// In a word: `payment_declined`.
    pub reason: String,
}
