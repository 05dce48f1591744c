//! What the inventory is asked to do for an order, what it answers, and what it tells of free units.

use chrono::{DateTime, Utc};
use kit::Owner;
use serde::{Deserialize, Serialize};
use vocab::{OrderId, VariantId};

use crate::OrderRef;
use crate::family::family;

family! {
    /// On `inventory.commands`.
    StockCommand {
        /// Hold units for an order until a time: all of them or none.
        Reserve(ReserveStock) = RESERVE "stock.reserve.v1",
        /// Let them go.
        Release(OrderRef) = RELEASE "stock.release.v1",
        /// They leave the stock: the order is paid for.
        Settle(OrderRef) = SETTLE "stock.settle.v1",
        /// They come back.
        Return(OrderRef) = RETURN "stock.return.v1",
    }
}

family! {
    /// On `orders.replies`.
    StockReply {
        Reserved(OrderRef) = RESERVED "stock.reserved.v1",
        /// There is too little of something, or the buyer holds too much.
        Refused(StockRefused) = REFUSED "stock.refused.v1",
        Released(OrderRef) = RELEASED "stock.released.v1",
        Settled(OrderRef) = SETTLED "stock.settled.v1",
        Returned(OrderRef) = RETURNED "stock.returned.v1",
    }
}

family! {
    /// On `inventory.events`.
    StockEvent {
        /// So many units of these variants are free now.
        Changed(StockChanged) = CHANGED "stock.changed.v1",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveStock {
    pub order_id: OrderId,
    pub owner: Owner,
    pub lines: Vec<StockLine>,
    pub expires_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockLine {
    pub variant_id: VariantId,
    pub quantity: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockRefused {
    pub order_id: OrderId,
    pub shortages: Vec<Shortage>,
    /// Why, where it is not that too little is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefusalReason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The buyer holds as many units as one buyer may; `available` is what is left of that.
    HoldLimit,
    /// One of a newer release.
    #[serde(other)]
    Unknown,
}

/// More of a variant was asked for than there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    pub variant_id: VariantId,
    pub requested: u32,
    pub available: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockChanged {
    pub levels: Vec<FreeUnits>,
}

/// How many units of a variant anybody could take, over all locations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FreeUnits {
    pub variant_id: VariantId,
    pub free: i64,
    /// Of two the newer has the greater.
    pub version: i64,
}
