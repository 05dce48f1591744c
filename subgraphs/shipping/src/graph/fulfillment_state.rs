use async_graphql::Enum;

use crate::shipment::{Shipment, State};

/// How much of an order is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum FulfillmentState {
    /// No carrier brings the order: it is being booked, or the carrier refused it, or it was cancelled or called back.
    Unfulfilled,
    /// Every line of the order is booked with a carrier, who does not have it yet.
    InProgress,
    /// The carrier has every line of the order.
    Dispatched,
    /// Every line of the order was delivered.
    Delivered,
}

impl FulfillmentState {
    pub fn of(shipment: &Shipment) -> Self {
        match shipment.state {
            State::Delivered => Self::Delivered,
            State::Dispatched | State::Cancelling if shipment.dispatched_at.is_some() => Self::Dispatched,
            State::Booked | State::Dispatched | State::Cancelling => Self::InProgress,
            State::Booking | State::Refused | State::Cancelled | State::Returning | State::Returned => {
                Self::Unfulfilled
            }
        }
    }
}
