//! The cancellation of an order: who wanted it, and how far it is.

use chrono::{DateTime, Utc};
use vocab::{CancellationId, OrderId, UserErrorCode};

use crate::saga::{CancellationSaga, NotRefundable, TooLate};
use crate::shopper_error::ShopperError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    pub order_id: OrderId,
    /// In the words of who wanted it. Not in the order's log, which forgets nothing.
    pub reason: Option<String>,
    pub saga: CancellationSaga,
    /// Fences the row: who decides on an older version starts over.
    pub version: i32,
    pub started_at: DateTime<Utc>,
}

impl Cancellation {
    /// An order has one cancellation at most, so the order's key is the cancellation's too.
    pub fn id(&self) -> CancellationId {
        let order = self.order_id.as_str();
        CancellationId::of_key(order.split_once('_').map_or(order, |(_, key)| key))
    }
}

impl From<TooLate> for ShopperError {
    fn from(late: TooLate) -> Self {
        let message = match late {
            TooLate::Dispatched => "The parcel is on its way: it is too late to cancel the order.",
            TooLate::Completed => "The order has arrived: it is too late to cancel it.",
            TooLate::Cancelled => "The order is cancelled already.",
            TooLate::Refused => "The carrier does not take the parcel back, so the order cannot be cancelled.",
        };
        Self::coded(UserErrorCode::NotCancellable, message, &["orderId"])
    }
}

impl From<NotRefundable> for ShopperError {
    fn from(refused: NotRefundable) -> Self {
        let message = match refused {
            NotRefundable::NotPaid => "The order is not paid for: there is nothing to refund.",
            NotRefundable::NotArrived => "The parcel has not arrived: cancel the order, and it is refunded.",
            NotRefundable::BeingCancelled => "The order is being cancelled, and is refunded with that.",
            NotRefundable::Cancelled => "The order is cancelled already: there is nothing left to refund.",
        };
        Self::coded(UserErrorCode::NotRefundable, message, &["orderId"])
    }
}
