use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};
use vocab::Money;

use crate::payment::{self, Charge, Terms};

/// Money that a card has been authorized or charged for.
pub struct Payment {
    payment: payment::Payment,
    terms: Terms,
    charge: Charge,
}

impl Payment {
    /// What the gateway has authorized; what it has not is no payment to be shown.
    pub fn of(payment: payment::Payment) -> Option<Self> {
        let (terms, charge) = (payment.terms.clone()?, payment.charge.clone()?);
        Some(Self { payment, terms, charge })
    }
}

/// Money that a card has been authorized or charged for.
#[Object]
impl Payment {
    /// The payment's id.
    async fn id(&self) -> ID {
        ID(self.payment.id.to_string())
    }

    /// The amount authorized, and captured once the order is paid.
    async fn amount(&self) -> Money {
        self.terms.amount
    }

    /// How much of the amount has been given back. Zero when nothing was.
    async fn refunded(&self) -> Money {
        Money::new(self.payment.refunded_minor(), self.terms.amount.currency)
    }

    /// Who moves the money.
    async fn provider(&self) -> &str {
        &self.charge.provider
    }

    /// The brand of the card, such as `visa`. Null when the provider does not tell.
    async fn brand(&self) -> Option<&str> {
        Some(&self.charge.brand)
    }

    /// The last four digits of the card. Null when the provider does not tell.
    async fn last4(&self) -> Option<&str> {
        Some(&self.charge.last4)
    }

    /// When the payment was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.payment.created_at
    }
}
