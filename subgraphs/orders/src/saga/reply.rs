//! How a step went, as the subgraph that carried it out says it; and why a checkout failed.

use serde::{Deserialize, Serialize};
use vocab::VariantId;

use super::{RequestedBy, Step};
use crate::order::OrderEvent;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    StockReserved,
    /// Too little of something is left, or the buyer holds as much as one buyer may: then `limited`.
    StockRefused {
        shortages: Vec<Shortage>,
        limited: bool,
    },
    StockReleased,
    StockSettled,
    PaymentAuthorized,
    PaymentDeclined {
        reason: String,
        message: String,
    },
    PaymentCaptured,
    PaymentVoided,
    ShipmentCreated,
    ShipmentRefused {
        message: String,
    },
    ShipmentCancelled,
    /// It was on its way, and comes back.
    ShipmentRecalled,
    ShipmentCancelRefused {
        message: String,
    },
    StockReturned,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    pub variant_id: VariantId,
    pub requested: u32,
    pub available: u32,
}

/// Why a checkout failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Failure {
    InsufficientStock {
        shortages: Vec<Shortage>,
    },
    /// The buyer holds as many units as one buyer may; `available` is what is left of that.
    HoldLimit {
        shortages: Vec<Shortage>,
    },
    PaymentDeclined {
        reason: String,
        message: String,
    },
    ShippingRefused {
        message: String,
    },
    /// Nobody answered the step's command, however often it was sent.
    Unanswered {
        step: Step,
    },
    /// The stock was held too short a time to capture anything for it.
    ReservationExpired,
    /// Somebody did not want it any more.
    Cancelled {
        by: RequestedBy,
    },
}

impl Reply {
    /// What the order's log says of a success.
    pub(super) fn logged(&self) -> Option<OrderEvent> {
        match self {
            Self::StockReserved => Some(OrderEvent::StockReserved),
            Self::StockReleased => Some(OrderEvent::StockReleased),
            Self::StockSettled => Some(OrderEvent::StockSettled),
            Self::PaymentAuthorized => Some(OrderEvent::PaymentAuthorized),
            Self::PaymentCaptured => Some(OrderEvent::PaymentCaptured),
            Self::PaymentVoided => Some(OrderEvent::PaymentVoided),
            Self::ShipmentCreated => Some(OrderEvent::ShipmentCreated),
            Self::ShipmentCancelled => Some(OrderEvent::ShipmentCancelled),
            Self::ShipmentRecalled => Some(OrderEvent::ShipmentRecalled),
            Self::StockReturned => Some(OrderEvent::StockReturned),
            Self::StockRefused { .. }
            | Self::PaymentDeclined { .. }
            | Self::ShipmentRefused { .. }
            | Self::ShipmentCancelRefused { .. } => None,
        }
    }

    /// Why a checkout fails that hears a refusal.
    pub(super) fn failure(self) -> Option<Failure> {
        match self {
            Self::StockRefused { shortages, limited: true } => Some(Failure::HoldLimit { shortages }),
            Self::StockRefused { shortages, limited: false } => Some(Failure::InsufficientStock { shortages }),
            Self::PaymentDeclined { reason, message } => Some(Failure::PaymentDeclined { reason, message }),
            Self::ShipmentRefused { message } => Some(Failure::ShippingRefused { message }),
            _ => None,
        }
    }
}

impl Failure {
    /// The reason in a word, as `order.cancelled.v1` says it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InsufficientStock { .. } => "insufficient_stock",
            Self::PaymentDeclined { .. } => "payment_declined",
            Self::ShippingRefused { .. } => "shipping_refused",
            Self::Unanswered { .. } => "unanswered",
            Self::ReservationExpired => "reservation_expired",
            Self::HoldLimit { .. } => "hold_limit",
            Self::Cancelled { by } => by.reason(),
        }
    }
}
