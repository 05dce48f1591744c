//! What shipping is asked to do for an order, what it answers, and what it tells of parcels and rates.

use kit::Owner;
use serde::{Deserialize, Serialize};
use vocab::{Address, Money, OrderId, OrderLineId, ShipmentId, VariantId};

use crate::OrderRef;
use crate::family::family;

family! {
    /// On `shipping.commands`.
    ShippingCommand {
        /// Have the carrier book a parcel.
        Create(Box<CreateShipment>) = CREATE "shipment.create.v1",
        /// Call the parcel off, or back.
        Cancel(OrderRef) = CANCEL "shipment.cancel.v1",
    }
}

family! {
    /// On `orders.replies`.
    ShippingReply {
        Created(ShipmentLabelled) = CREATED "shipment.created.v1",
        /// The carrier does not take the parcel.
        Refused(ShipmentRefused) = REFUSED "shipment.refused.v1",
        Cancelled(ShipmentCancelled) = CANCELLED "shipment.cancelled.v1",
        /// The parcel cannot be called back any more.
        CancelRefused(ShipmentRefused) = CANCEL_REFUSED "shipment.cancel_refused.v1",
    }
}

family! {
    /// On `shipping.events`.
    ShippingEvent {
        Dispatched(ShipmentLabelled) = DISPATCHED "shipment.dispatched.v1",
        Delivered(ShipmentMoved) = DELIVERED "shipment.delivered.v1",
        /// The parcel was called back, and is here again.
        Returned(ShipmentMoved) = RETURNED "shipment.returned.v1",
        /// The whole table of rates.
        RatesChanged(RatesChanged) = RATES_CHANGED "shipping.rates_changed.v1",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateShipment {
    pub order_id: OrderId,
    pub owner: Owner,
    pub method: String,
    pub address: PostalAddress,
    pub lines: Vec<ShipmentLine>,
}

/// An address in a message, named in camel case as everything there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostalAddress {
    pub name: String,
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    pub region: Option<String>,
    pub postal_code: Option<String>,
    pub country: String,
}

impl From<Address> for PostalAddress {
    fn from(address: Address) -> Self {
        let Address { name, line1, line2, city, region, postal_code, country } = address;
        Self { name, line1, line2, city, region, postal_code, country }
    }
}

impl From<PostalAddress> for Address {
    fn from(address: PostalAddress) -> Self {
        let PostalAddress { name, line1, line2, city, region, postal_code, country } = address;
        Self { name, line1, line2, city, region, postal_code, country }
    }
}

/// A line of the order, and how much of it is in the parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentLine {
    pub order_line_id: OrderLineId,
    pub variant_id: VariantId,
    pub quantity: u32,
    /// Of one unit.
    pub weight_grams: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentLabelled {
    pub order_id: OrderId,
    pub shipment_id: ShipmentId,
    pub tracking_number: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentRefused {
    pub order_id: OrderId,
    /// In words for the shopper.
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentCancelled {
    pub order_id: OrderId,
    /// Whether the parcel was on its way: then its units are not here until `shipment.returned.v1` says so. Not said by
    /// older senders.
    #[serde(default)]
    pub recalled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentMoved {
    pub order_id: OrderId,
    pub shipment_id: ShipmentId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatesChanged {
    /// Of two tables the newer has the greater.
    pub version: i64,
    pub rates: Vec<DeliveryRate>,
}

/// What a parcel of up to a weight costs to a country by a method, and how long it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryRate {
    pub method: String,
    pub name: String,
    pub country: String,
    pub max_weight_grams: u32,
    pub price: Money,
    pub min_days: u32,
    pub max_days: u32,
}
