//! Where our network ends: somebody else moves the money.

mod sandbox;

use async_trait::async_trait;
use vocab::{CurrencyCode, Money, OrderId};

pub use crate::payment::{Charge, Decline, Step};
pub use crate::token::PaymentToken;
pub use sandbox::Sandbox;

/// A company that moves money. Every call carries a key: the same key brings the same answer, however often it is
/// asked, so a call whose answer was lost is made again.
#[async_trait]
pub trait Gateway: Send + Sync + 'static {
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
    async fn books(&self, _after: &str, _most: u64) -> Result<Option<Vec<Booked>>, GatewayError> {
        Ok(None)
    }

    /// What the gateway's own books say of an order. None when it does not open them, or there is nothing in them.
    async fn booked(&self, _order_id: &OrderId) -> Result<Option<Booked>, GatewayError> {
        Ok(None)
    }
}

/// What the gateway has done for an order, over all its charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    pub order_id: OrderId,
    pub captured: Money,
    pub refunded: Money,
    /// How many charges were captured.
    pub charges: i64,
}

impl Booked {
    pub fn nothing(order_id: OrderId, currency: CurrencyCode) -> Self {
        let nothing = Money::zero(currency);
        Self { order_id, captured: nothing, refunded: nothing, charges: 0 }
    }
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

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// No decision: nothing is known, or we asked for what makes no sense. The command comes again.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("the gateway did not answer")]
    NoAnswer(#[source] kit::Passing),
    #[error("the gateway has seen the key `{0}` with other parameters")]
    KeyReused(String),
    #[error("the gateway knows no charge `{0}`")]
    UnknownCharge(String),
    #[error("the gateway does not {asked} the charge `{charge}`, which is {state}")]
    WrongState { asked: &'static str, charge: String, state: String },
}
