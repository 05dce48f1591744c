use async_graphql::{ID, Object};

use super::payment::Payment;
use super::payment_state::PaymentState;
use crate::payment;

/// An order, as far as its payment goes.
pub struct Order(pub payment::Payment);

/// What somebody has bought, as it was when they did.
#[Object]
impl Order {
    /// Stays the same for good. Starts with `ord_`.
    async fn id(&self) -> ID {
        ID(self.0.order_id.to_string())
    }

    /// Where the money for this order stands. Null while no payment has been asked for.
    async fn payment_state(&self) -> Option<PaymentState> {
        Some(PaymentState::of(&self.0))
    }

    /// What has been authorized or paid for this order. Declined attempts are not listed. Null while no payment has
    /// been asked for.
    async fn payments(&self) -> Option<Vec<Payment>> {
        Some(Payment::of(self.0.clone()).into_iter().collect())
    }
}
