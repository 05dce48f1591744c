//! Where our network ends: somebody else moves the money.

mod sandbox;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use vocab::{CurrencyCode, Money, OrderId};

pub use crate::payment::{Charge, Decline, Step};
pub use crate::token::PaymentToken;
pub use sandbox::Sandbox;

/// How many of the gateway's orders are asked for at once.
pub const PAGE: usize = 1_000;

/// A company that moves money. Every call carries a key: the same key brings the same answer, so a call whose answer was
/// lost is made again. But keys are forgotten, by Stripe after a day, and somebody may move the money in the gateway's own
/// dashboard. So what is there already is looked up by our reference wherever that is in doubt, see [`Gateway::find`].
#[async_trait]
pub trait Gateway: Send + Sync + 'static {
    /// The charge that was made under our reference, whatever has become of it since. None when there is none that holds
    /// money or ever did: what was declined is none. What was done before any call was answered is in it.
    async fn find(&self, order_id: &OrderId) -> Result<Option<Found>, GatewayError>;

    /// Reserves the amount on the shopper's card.
    async fn authorize(&self, key: &IdempotencyKey, ask: &Authorization) -> Result<Outcome<Charge>, GatewayError>;

    /// Takes what was reserved.
    async fn capture(&self, key: &IdempotencyKey, charge: &str, amount: Money) -> Result<Outcome<()>, GatewayError>;

    /// Lets go of what was reserved.
    async fn void(&self, key: &IdempotencyKey, charge: &str) -> Result<(), GatewayError>;

    /// Gives back what was taken.
    async fn refund(&self, key: &IdempotencyKey, charge: &str, amount: Money) -> Result<(), GatewayError>;

    /// What the gateway's own books say of the orders behind `after`, by ascending reference, `most` at once. None when
    /// it does not open them.
    async fn books(&self, _after: &str, _most: u64) -> Result<Option<Vec<GatewayBalance>>, GatewayError> {
        Ok(None)
    }

    /// The same of the orders whose money has moved after `since`, by the gateway's own clock.
    async fn books_since(
        &self,
        _since: DateTime<Utc>,
        _after: &str,
        _most: u64,
    ) -> Result<Option<Vec<GatewayBalance>>, GatewayError> {
        Ok(None)
    }

    /// The same of these orders, which are [`PAGE`] at most. One of which there is nothing in the books is missing.
    async fn books_of(&self, _orders: &[OrderId]) -> Result<Option<Vec<GatewayBalance>>, GatewayError> {
        Ok(None)
    }

    /// What the gateway's own books say of an order. None when it does not open them, or there is nothing in them.
    async fn booked(&self, _order_id: &OrderId) -> Result<Option<GatewayBalance>, GatewayError> {
        Ok(None)
    }
}

/// What the gateway has done for an order, over all its charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayBalance {
    pub order_id: OrderId,
    pub captured: Money,
    pub refunded: Money,
    /// How many charges were captured.
    pub charges: i64,
}

impl GatewayBalance {
    pub fn nothing(order_id: OrderId, currency: CurrencyCode) -> Self {
        let nothing = Money::zero(currency);
        Self { order_id, captured: nothing, refunded: nothing, charges: 0 }
    }
}

/// A charge on the gateway's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub charge: Charge,
    /// What was authorized.
    pub amount: Money,
    pub status: ChargeStatus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeStatus {
    /// The amount is reserved.
    Authorized,
    /// Nothing is reserved any more, and nothing was taken: it was voided, or has lapsed.
    Released,
    Captured {
        captured: Money,
        refunded: Money,
    },
}

/// What an authorization asks for.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// Our order, for the gateway's own books.
    pub reference: OrderId,
    pub amount: Money,
    pub token: PaymentToken,
}

/// A decision of the gateway's. Either is final.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Outcome<T> {
    Approved(T),
    Declined(Decline),
}

/// One step of one order has one key, whoever asks and however often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    pub fn of(order_id: &OrderId, step: Step) -> Self {
        let step = match step {
            Step::Authorize => "authorize",
            Step::Capture => "capture",
            Step::Void => "void",
            Step::Refund => "refund",
        };
        Self(format!("{order_id}:{step}"))
    }

    /// The key of a refund of what somebody else has left of a capture. It asks for another amount than the step's own.
    pub fn of_rest(order_id: &OrderId, rest: Money) -> Self {
        Self(format!("{order_id}:refund:{}", rest.minor))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// No decision: nothing is known, or we asked for what makes no sense. The command comes again.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("the gateway did not answer")]
    NoAnswer(#[source] kit::Transient),
    #[error("the gateway has seen the key `{0}` with other parameters")]
    KeyReused(String),
    #[error("the gateway knows no charge `{0}`")]
    UnknownCharge(String),
    #[error("the gateway does not {asked} the charge `{charge}`, which is {state}")]
    WrongState { asked: &'static str, charge: String, state: String },
    #[error("the gateway cannot be asked: {0}")]
    Incomplete(String),
    #[error("the gateway has a charge of {found} for {order_id}, which asks for {asked}")]
    OtherAmount { order_id: OrderId, found: Money, asked: Money },
}

impl GatewayError {
    /// Whether the charge is not as we believe: somebody else may have moved it.
    pub fn is_about_the_charge(&self) -> bool {
        matches!(self, Self::UnknownCharge(_) | Self::WrongState { .. })
    }
}
