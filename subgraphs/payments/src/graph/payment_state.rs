use async_graphql::Enum;

use crate::payment::{Payment, State};

/// Where the money for an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum PaymentState {
    /// The gateway is being asked. Nothing is reserved or charged as far as we know.
    Pending,
    /// The amount is reserved on the card and not charged yet.
    Authorized,
    /// The amount is charged.
    Paid,
    /// The amount was charged, and all of it given back.
    Refunded,
    /// The reservation was released before anything was charged.
    Voided,
    /// The card was declined, or the reservation lapsed. Nothing is charged.
    Failed,
}

impl PaymentState {
    pub fn of(payment: &Payment) -> Self {
        match payment.state {
            State::Authorizing => Self::Pending,
            State::Authorized | State::Capturing | State::Voiding => Self::Authorized,
            State::Captured | State::Refunding => Self::Paid,
            State::Refunded => Self::Refunded,
            State::Voided => Self::Voided,
            State::Declined => Self::Failed,
        }
    }
}
