//! The checkout saga as a function: what has happened goes in, what to do about it comes out. No I/O, no clock. Its
//! rules are a table, [`table::TRANSITIONS`].
//!
//! Forward: reserve stock, authorize the payment, create the shipment, capture the payment. Capturing is the pivot: up
//! to it everything can be taken back, from it on the order stands. A refusal, or silence after the last attempt,
//! turns the saga around: what may have taken effect is undone in reverse, and each undoing is waited for.

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

/// Where a checkout stands: all that is needed to go on with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub course: Phase,
    /// The command whose answer is waited for. None when there is nothing left to do.
    pub awaiting: Option<Awaited>,
    /// Why it turned around.
    pub failure: Option<Failure>,
    /// Everything it tried, in order.
    pub timeline: Vec<StepRecord>,
    pub reserved_until: DateTime<Utc>,
    holdings: Holdings,
    patience: RetryPolicy,
    #[serde(default)]
    pub parcel: Parcel,
}

/// Which way a checkout goes.
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

/// How long to wait for an answer, and how often to ask. Fixed when the checkout starts, so that a replay decides the
/// same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryPolicy {
    pub step_timeout_ms: u32,
    pub attempts: u32,
}

/// What each other subgraph may hold for this order.
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
    /// Asked for: it may be held or not.
    Asked,
    Held,
    Refused,
    Undoing,
    Undone,
}

/// Something that a checkout has to react to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventAt {
    pub at: DateTime<Utc>,
    pub event: Event,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Replied(Reply),
    DeadlinePassed,
    /// Somebody wants the order cancelled.
    CancelRequested(RequestedBy),
    /// Staff wants the money given back for an order whose parcel has arrived.
    RefundRequested,
    ShipmentDispatched,
    ShipmentDelivered,
    /// The parcel was called back, and is here again.
    ShipmentReturned,
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send the step's command, under the id that it always has.
    Send(Step),
    /// Write it into the order's log. Confirming and cancelling are events of the order, too.
    Record(OrderEvent),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub state: State,
    pub effects: Vec<Effect>,
}

/// What `event` leads to. An event that comes again, too late or out of turn changes nothing.
pub fn step(state: &State, event: EventAt) -> Transition {
    let mut builder = transition_builder::TransitionBuilder::new(state.clone(), event.at);
    builder.take(event.event);
    builder.finish()
}

impl Event {
    /// What the order's log says of it.
    fn logged(&self) -> Option<OrderEvent> {
        match self {
            Self::Replied(reply) => reply.logged(),
            _ => None,
        }
    }

    /// Why a checkout that hears this fails.
    fn failure(self) -> Option<Failure> {
        match self {
            Self::Replied(reply) => reply.failure(),
            Self::CancelRequested(by) => Some(Failure::Cancelled { by }),
            _ => None,
        }
    }
}

impl State {
    /// A checkout that begins: its first command is to be sent.
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

    /// Whether what was bought has left the stock, so that everybody was told of the order.
    pub fn units_have_left(&self) -> bool {
        self.timeline.iter().any(|tried| tried.step == Step::SettleStock && tried.outcome == StepOutcome::Done)
    }

    /// Whether the payment may still have to be authorized, for the first time or again.
    pub fn may_authorize(&self) -> bool {
        let step = self.awaiting.as_ref().map(|awaited| awaited.step);
        matches!(step, Some(Step::ReserveStock | Step::AuthorizePayment))
    }

    /// Until when the stock is held for it. None once it is not held any more.
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

    /// The last thing that may be held and is not being undone.
    fn next_to_undo(&self) -> Option<Holding> {
        [Holding::Shipment, Holding::Payment, Holding::Stock]
            .into_iter()
            .find(|&holding| matches!(self.of(holding), HoldingState::Asked | HoldingState::Held))
    }
}
