//! The checkout saga as a pure function: state and event in, state and effects out. No I/O, no clock. Its rules are a table,
//! [`table::TRANSITIONS`].
//!
//! Forward: reserve stock, authorize the payment, create the shipment, capture the payment. The capture is the pivot: before
//! it everything can be compensated, after it the order stands. A refusal, or no reply after the last attempt, starts the
//! compensation: steps that may have taken effect are undone in reverse, and the reply to each is waited for.

mod cancellation;
mod order_process;
mod reply;
pub mod simulation;
pub mod table;
#[cfg(test)]
mod tests;
mod transition_builder;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

pub use crate::step::{Holding, Step};
pub use cancellation::{CancellationSaga, Progress, RequestedBy, TRANSITIONS as CANCELLING};
pub use order_process::{NotRefundable, OrderProcess, Parcel, TooLate};
pub use reply::{Failure, Reply, Shortage};

use crate::order::OrderEvent;

/// The state of a checkout saga: all that is needed to go on with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub course: Phase,
    /// The step whose reply is waited for. `None` when there is nothing left to do.
    pub awaiting: Option<Awaited>,
    /// Why it is compensated.
    pub failure: Option<Failure>,
    /// Every step that it took, in order.
    pub timeline: Vec<StepRecord>,
    pub reserved_until: DateTime<Utc>,
    holdings: Holdings,
    patience: RetryPolicy,
    #[serde(default)]
    pub parcel: Parcel,
}

/// The phase of a checkout. `Back` is the compensating one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    Forward,
    Back,
    Confirmed,
    Cancelled,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Awaited {
    pub step: Step,
    pub attempt: u32,
    pub deadline: DateTime<Utc>,
}

/// A step that was taken, and how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepRecord {
    pub step: Step,
    pub outcome: StepOutcome,
    pub attempt: u32,
    /// When it last changed.
    pub at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepOutcome {
    Started,
    Done,
    Failed,
    Compensated,
}

/// How long to wait for a reply, and how often to send a command. Fixed when the checkout starts, so that a replay decides
/// the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryPolicy {
    pub step_timeout_ms: u32,
    pub attempts: u32,
}

/// What the other subgraphs may hold for this order: units, an authorized amount, a booked parcel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Holdings {
    stock: HoldingState,
    payment: HoldingState,
    shipment: HoldingState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum HoldingState {
    /// Never asked for.
    #[default]
    Untouched,
    /// The command was sent: it may be held or not.
    Asked,
    Held,
    Refused,
    Undoing,
    Undone,
}

/// An event, and when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventAt {
    pub at: DateTime<Utc>,
    pub event: Event,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Replied(Reply),
    DeadlinePassed,
    /// The buyer, staff or the shop itself wants the order cancelled.
    CancelRequested(RequestedBy),
    /// Staff wants the money given back for an order whose parcel has arrived.
    RefundRequested,
    ShipmentDispatched,
    ShipmentDelivered,
    /// The parcel was called back, and is here again.
    ShipmentReturned,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send the step's command, under the id that it always has.
    Send(Step),
    /// Record an event of the order. Being confirmed and cancelled are such events.
    Record(OrderEvent),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub state: State,
    pub effects: Vec<Effect>,
}

/// Applies an event. One that comes again, too late or out of turn changes nothing.
pub fn step(state: &State, event: EventAt) -> Transition {
    let mut builder = transition_builder::TransitionBuilder::new(state.clone(), event.at);
    builder.take(event.event);
    builder.finish()
}

impl Event {
    /// The event of the order that it causes.
    fn logged(&self) -> Option<OrderEvent> {
        match self {
            Self::Replied(reply) => reply.logged(),
            _ => None,
        }
    }

    /// Why a checkout fails by this event.
    fn failure(self) -> Option<Failure> {
        match self {
            Self::Replied(reply) => reply.failure(),
            Self::CancelRequested(by) => Some(Failure::Cancelled { by }),
            _ => None,
        }
    }
}

impl State {
    /// A new checkout, with its first command to be sent.
    pub fn begin(at: DateTime<Utc>, reserved_until: DateTime<Utc>, patience: RetryPolicy) -> Transition {
        let state = Self {
            course: Phase::Forward,
            awaiting: None,
            failure: None,
            timeline: Vec::new(),
            reserved_until,
            holdings: Holdings::default(),
            patience,
            parcel: Parcel::default(),
        };
        let mut builder = transition_builder::TransitionBuilder::new(state, at);
        builder.send(Step::ReserveStock);
        builder.finish()
    }

    /// Whether the units have left the stock: from then on the other subgraphs know of the order.
    pub fn units_have_left(&self) -> bool {
        self.timeline.iter().any(|tried| tried.step == Step::SettleStock && tried.outcome == StepOutcome::Done)
    }

    /// Whether the payment may still have to be authorized, for the first time or again.
    pub fn may_authorize(&self) -> bool {
        let step = self.awaiting.as_ref().map(|awaited| awaited.step);
        matches!(step, Some(Step::ReserveStock | Step::AuthorizePayment))
    }

    /// Until when the stock is reserved. `None` when it is not any more.
    pub fn held_until(&self) -> Option<DateTime<Utc>> {
        let running = matches!(self.course, Phase::Forward | Phase::Back);
        let held = matches!(self.holdings.stock, HoldingState::Asked | HoldingState::Held | HoldingState::Undoing);
        (running && held).then_some(self.reserved_until)
    }

    pub fn deadline(&self) -> Option<DateTime<Utc>> {
        self.awaiting.as_ref().map(|awaited| awaited.deadline)
    }
}

impl RetryPolicy {
    const LONGEST: TimeDelta = TimeDelta::minutes(5);

    /// Doubles with each attempt, up to five minutes.
    fn wait(self, attempt: u32) -> TimeDelta {
        let doublings = attempt.saturating_sub(1).min(20);
        TimeDelta::milliseconds(i64::from(self.step_timeout_ms) << doublings).min(Self::LONGEST)
    }
}

impl Holdings {
    fn of(&self, holding: Holding) -> HoldingState {
        match holding {
            Holding::Stock => self.stock,
            Holding::Payment => self.payment,
            Holding::Shipment => self.shipment,
        }
    }

    fn set(&mut self, holding: Holding, state: HoldingState) {
        match holding {
            Holding::Stock => self.stock = state,
            Holding::Payment => self.payment = state,
            Holding::Shipment => self.shipment = state,
        }
    }

    /// The holding to undo next: the last one acquired that is not being undone.
    fn next_to_undo(&self) -> Option<Holding> {
        [Holding::Shipment, Holding::Payment, Holding::Stock]
            .into_iter()
            .find(|&holding| matches!(self.of(holding), HoldingState::Asked | HoldingState::Held))
    }
}
