//! The cancellation saga as a pure function, like the checkout: no I/O, no clock.
//!
//! It waits until the order's checkout has ended. If the checkout was compensated, there is nothing left to do. If it was
//! completed, the shipment is cancelled, the payment refunded, the stock returned, and then the order is cancelled. The units
//! of a parcel that was on its way return when the parcel does; the order is cancelled before that.
//!
//! If the shipment cannot be stopped any more, the cancellation ends at its first step with nothing undone: the buyer has the
//! goods. Staff may still refund the payment. If there were no units to leave the stock, the buyer has nothing and is refunded
//! whatever the carrier says.

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::table::{Action, EventKind, Rule, When};
use super::{Awaited, Effect, Event, EventAt, Reply, RetryPolicy, Step, StepOutcome, StepRecord};
use crate::order::OrderEvent;

/// The state of a cancellation saga: all that is needed to go on with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancellationSaga {
    pub progress: Progress,
    pub by: RequestedBy,
    pub awaiting: Option<Awaited>,
    pub timeline: Vec<StepRecord>,
    /// Why the carrier does not take the parcel back.
    pub refusal: Option<String>,
    /// Whether units have left the stock that have to return.
    sold: bool,
    /// Whether only the payment is refunded, because the parcel has arrived.
    #[serde(default)]
    refund: bool,
    #[serde(default)]
    units: Units,
    patience: RetryPolicy,
}

/// Where the units of a recalled parcel are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Units {
    /// No parcel was called back.
    #[default]
    NotRecalled,
    /// In the parcel.
    OnTheWayBack,
    /// Here: the command to return them was sent.
    Back,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Progress {
    /// Waits for the end of the checkout.
    Waiting,
    Running,
    Completed,
    Refused,
}

/// Who requested it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestedBy {
    Customer,
    Staff,
    /// The shop itself: the units were gone when they should have left the stock.
    Shop,
}

/// How a checkout ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutEnd {
    /// Everything was undone.
    Cancelled,
    /// The order stands, and its units have left the stock.
    Sold,
    /// The order stands, and there were no units for it.
    Unstocked,
}

const fn on(step: Step, event: EventKind, action: Action) -> Rule {
    Rule { when: When::Awaiting(step), event, action }
}

/// The rules, once the checkout has ended.
pub const TRANSITIONS: &[Rule] = &[
    on(Step::CancelShipment, EventKind::ShipmentCancelled, Action::Advance(Step::VoidPayment)),
    on(Step::CancelShipment, EventKind::ShipmentRecalled, Action::ParcelRecalled(Step::VoidPayment)),
    on(Step::CancelShipment, EventKind::ShipmentCancelRefused, Action::CancellationRefused),
    on(Step::CancelShipment, EventKind::DeadlinePassed, Action::Retry),
    on(Step::VoidPayment, EventKind::PaymentVoided, Action::Advance(Step::ReturnStock)),
    on(Step::VoidPayment, EventKind::DeadlinePassed, Action::Retry),
    on(Step::ReturnStock, EventKind::StockReturned, Action::Compensated),
    on(Step::ReturnStock, EventKind::DeadlinePassed, Action::Retry),
];

impl RequestedBy {
    /// The reason in a word, as `order.cancelled.v1` says it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Customer => "customer_request",
            Self::Staff => "staff_request",
            Self::Shop => "insufficient_stock",
        }
    }
}

impl CancellationSaga {
    /// A new cancellation, which waits for the checkout.
    pub fn requested(by: RequestedBy, patience: RetryPolicy) -> Self {
        Self {
            progress: Progress::Waiting,
            by,
            awaiting: None,
            timeline: Vec::new(),
            refusal: None,
            sold: false,
            refund: false,
            units: Units::default(),
            patience,
        }
    }

    /// A refund without a cancellation of the shipment.
    pub(super) fn refund(patience: RetryPolicy) -> Self {
        Self { refund: true, ..Self::requested(RequestedBy::Staff, patience) }
    }

    /// Refunds an order whose parcel could not be stopped.
    pub(super) fn refund_after_all(&mut self, at: DateTime<Utc>) -> Effect {
        self.refund = true;
        self.by = RequestedBy::Staff;
        self.progress = Progress::Running;
        self.send(Step::VoidPayment, at)
    }

    /// Whether only the payment is refunded.
    pub fn is_refund(&self) -> bool {
        self.refund
    }

    /// Returns the units of a recalled parcel to the stock, once it `is_back` and the order is cancelled.
    pub(super) fn restock(&mut self, is_back: bool, at: DateTime<Utc>) -> Option<Effect> {
        let due = is_back && self.progress == Progress::Completed && self.units == Units::OnTheWayBack;
        due.then(|| {
            self.units = Units::Back;
            self.send(Step::ReturnStock, at)
        })
    }

    pub fn deadline(&self) -> Option<DateTime<Utc>> {
        self.awaiting.as_ref().map(|awaited| awaited.deadline)
    }

    /// Whether there is nothing left to wait for.
    pub fn ended(&self) -> bool {
        matches!(self.progress, Progress::Completed | Progress::Refused)
    }

    /// When a client should poll again: soon at first, then less and less often. `None` when it has ended.
    pub fn next_poll_ms(&self) -> Option<u32> {
        let attempt = self.awaiting.as_ref().map_or(1, |awaited| awaited.attempt);
        (!self.ended()).then(|| (400 << (attempt - 1).min(4)).min(5_000))
    }

    /// Starts, now that the checkout has ended.
    pub(super) fn begin(&mut self, rest: CheckoutEnd, at: DateTime<Utc>) -> Vec<Effect> {
        if self.progress != Progress::Waiting {
            return Vec::new();
        }
        if rest == CheckoutEnd::Cancelled {
            self.progress = Progress::Completed;
            return Vec::new();
        }
        self.progress = Progress::Running;
        self.sold = rest == CheckoutEnd::Sold;
        let first = if self.refund && self.sold { Step::VoidPayment } else { Step::CancelShipment };
        vec![self.send(first, at)]
    }

    /// Applies an event by the table. What it does not list changes nothing.
    pub(super) fn take(&mut self, event: &EventAt) -> Vec<Effect> {
        let Some(awaited) = self.awaiting.clone() else { return Vec::new() };
        let (step, at) = (awaited.step, event.at);
        let listed = |rule: &&Rule| rule.when == When::Awaiting(step) && rule.event == event.event.kind();
        let Some(rule) = TRANSITIONS.iter().find(listed) else { return Vec::new() };
        match rule.action {
            Action::Retry if awaited.deadline > at => Vec::new(),
            Action::Retry => vec![self.ask(step, awaited.attempt + 1, at)],
            Action::Advance(next) => {
                let mut effects = self.done(step, event);
                if next == Step::ReturnStock && !self.units_are_here() {
                    effects.push(self.complete());
                } else {
                    effects.push(self.send(next, at));
                }
                effects
            }
            Action::ParcelRecalled(next) => {
                let mut effects = self.done(step, event);
                if self.sold {
                    self.units = Units::OnTheWayBack;
                }
                effects.push(self.send(next, at));
                effects
            }
            Action::Compensated => {
                let mut effects = self.done(step, event);
                self.awaiting = None;
                // Of a parcel that has come back the order was cancelled before.
                if self.progress == Progress::Running {
                    effects.push(self.complete());
                }
                effects
            }
            Action::CancellationRefused => {
                self.conclude(step, StepOutcome::Failed, at);
                if let Event::Replied(Reply::ShipmentCancelRefused { message }) = &event.event {
                    self.refusal = Some(message.clone());
                }
                let mut effects = vec![Effect::Record(OrderEvent::CancelRefused)];
                if self.sold {
                    self.awaiting = None;
                    self.progress = Progress::Refused;
                } else {
                    effects.push(self.send(Step::VoidPayment, at));
                }
                effects
            }
            _ => Vec::new(),
        }
    }

    /// What its next steps depend on beside its progress and what it waits for.
    #[cfg(test)]
    pub(super) fn bearings(&self) -> (RequestedBy, bool, bool, Units) {
        (self.by, self.sold, self.refund, self.units)
    }

    fn complete(&mut self) -> Effect {
        self.awaiting = None;
        self.progress = Progress::Completed;
        Effect::Record(match self.refund {
            true => OrderEvent::Refunded,
            false => OrderEvent::Cancelled { reason: self.by.reason().to_owned() },
        })
    }

    /// Whether units have left the stock that are here to return to it.
    fn units_are_here(&self) -> bool {
        self.sold && !self.refund && self.units == Units::NotRecalled
    }

    fn done(&mut self, step: Step, event: &EventAt) -> Vec<Effect> {
        self.conclude(step, StepOutcome::Done, event.at);
        event.event.logged().map(Effect::Record).into_iter().collect()
    }

    fn send(&mut self, step: Step, at: DateTime<Utc>) -> Effect {
        self.timeline.push(StepRecord { step, outcome: StepOutcome::Started, attempt: 1, at });
        self.ask(step, 1, at)
    }

    /// Sends the command of a step. A cancellation retries until there is a reply.
    fn ask(&mut self, step: Step, attempt: u32, at: DateTime<Utc>) -> Effect {
        self.awaiting = Some(Awaited { step, attempt, deadline: at + self.patience.wait(attempt) });
        if let Some(tried) = self.timeline.last_mut() {
            tried.attempt = attempt;
        }
        Effect::Send(step)
    }

    fn conclude(&mut self, step: Step, outcome: StepOutcome, at: DateTime<Utc>) {
        if let Some(tried) = self.timeline.iter_mut().rev().find(|tried| tried.step == step) {
            tried.outcome = outcome;
            tried.at = at;
        }
    }
}
