//! Where our network ends: somebody else moves the parcel.

mod sandbox;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use vocab::{Address, OrderId};

pub use crate::shipment::{Label, Step};
pub use sandbox::{Pace, Sandbox};

/// A company that moves parcels. Every call carries a key: the same key brings the same answer, so a call whose answer was
/// lost is made again. But keys are forgotten some day. So what is booked already is looked up by our reference wherever
/// that is in doubt, see [`Carrier::find`].
#[async_trait]
pub trait Carrier: Send + Sync + 'static {
    /// The parcel that was booked under our reference, cancelled or not. None when there is none: what was refused is none.
    /// What was done before any call was answered is in it.
    async fn find(&self, order_id: &OrderId) -> Result<Option<Found>, CarrierError>;

    /// Books a parcel, or refuses it for good.
    async fn book(&self, key: &IdempotencyKey, booking: &Booking) -> Result<Outcome, CarrierError>;

    /// Cancels a parcel that was booked, or calls it back from its way.
    async fn cancel(&self, key: &IdempotencyKey, tracking_number: &str) -> Result<Cancellation, CarrierError>;

    /// Tells where a parcel is. Changes nothing, so it needs no key.
    async fn track(&self, tracking_number: &str) -> Result<Tracking, CarrierError>;
}

/// What came of a cancellation. Either is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Cancellation {
    /// It had not left the shop, and never will.
    Cancelled,
    /// It was on its way, and comes back: tracking tells when it has.
    Recalled,
    /// Too late: it was delivered.
    Delivered,
}

/// A parcel on the carrier's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub label: Label,
    /// What came of its cancellation; None when it was not cancelled.
    pub cancellation: Option<Cancellation>,
}

/// How far a parcel has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The carrier waits for it.
    Booked,
    /// The carrier has it.
    Dispatched,
    Delivered,
    /// It was called back, and the carrier has it still.
    Returning,
    /// It was called back, and the shop has it.
    Returned,
}

/// Where a parcel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracking {
    pub stage: Stage,
    /// When the carrier expects it to come further. None when it does not tell.
    pub next_change: Option<DateTime<Utc>>,
}

/// What a booking asks for.
#[derive(Clone, Debug)]
pub struct Booking {
    /// Our order, for the carrier's own books.
    pub reference: OrderId,
    pub method: String,
    pub address: Address,
    pub weight_grams: i64,
}

/// A decision of the carrier's. Either is final.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    Booked(Label),
    Refused { message: String },
}

/// One step of one order has one key, whoever asks and however often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    pub fn of(order_id: &OrderId, step: Step) -> Self {
        let step = match step {
            Step::Book => "book",
            Step::Cancel => "cancel",
        };
        Self(format!("{order_id}:{step}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// No decision: nothing is known, or we asked for what makes no sense. The command comes again.
#[derive(Debug, thiserror::Error)]
pub enum CarrierError {
    #[error("the carrier did not answer")]
    NoAnswer(#[source] kit::Transient),
    #[error("the carrier has seen the key `{0}` with other parameters")]
    KeyReused(String),
    #[error("the carrier knows no parcel `{0}`")]
    UnknownParcel(String),
}
