//! What payments is asked to do for an order, and what it answers.

use std::fmt;

use kit::Owner;
use serde::{Deserialize, Serialize};
use vocab::{Money, OrderId, PaymentId};

use crate::OrderRef;
use crate::family::family;

family! {
    /// On `payments.commands`.
    PaymentCommand {
        /// Reserve an amount on the shopper's card.
        Authorize(AuthorizePayment) = AUTHORIZE "payment.authorize.v1",
        /// Take what was reserved.
        Capture(OrderRef) = CAPTURE "payment.capture.v1",
        /// Let go of what was reserved, or give back what was taken.
        Void(OrderRef) = VOID "payment.void.v1",
    }
}

family! {
    /// On `orders.replies`.
    PaymentReply {
        Authorized(PaymentAuthorized) = AUTHORIZED "payment.authorized.v1",
        /// No money was taken.
        Declined(PaymentDeclined) = DECLINED "payment.declined.v1",
        Captured(OrderRef) = CAPTURED "payment.captured.v1",
        Voided(OrderRef) = VOIDED "payment.voided.v1",
    }
}

/// Never printed whole: the token may be a card's number by mistake.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizePayment {
    pub order_id: OrderId,
    pub owner: Owner,
    pub amount: Money,
    pub payment_method_token: String,
}

impl fmt::Debug for AuthorizePayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizePayment").field("order_id", &self.order_id).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentAuthorized {
    pub order_id: OrderId,
    pub payment_id: PaymentId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDeclined {
    pub order_id: OrderId,
    /// In a word, as the gateway has it: `card_declined`.
    pub reason: String,
    /// In words for the shopper.
    pub message: String,
}
