#![doc = include_str!("../README.md")]

mod family;

pub mod catalog;
pub mod mail;
pub mod orders;
pub mod payments;
pub mod shipping;
pub mod stock;
pub mod stream;

use serde::{Deserialize, Serialize};
use vocab::OrderId;

pub use family::{Family, decoded, encode, encode_once, name};

/// The body of a message that says no more than which order it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRef {
    pub order_id: OrderId,
}

impl From<OrderId> for OrderRef {
    fn from(order_id: OrderId) -> Self {
        Self { order_id }
    }
}

#[cfg(test)]
mod examples;
