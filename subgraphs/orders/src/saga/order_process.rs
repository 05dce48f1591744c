//! The process of one order: its checkout, its cancellation, and where its parcel is. One event may move each of them, and
//! the end of one may start another, so they are decided together.

use serde::{Deserialize, Serialize};

use super::cancellation::{CancellationSaga, CheckoutEnd, Progress, RequestedBy};
use super::{Effect, Event, EventAt, Phase, State, Step, Transition, step};
use crate::order::OrderEvent;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderProcess {
    pub checkout: State,
    pub cancelling: Option<CancellationSaga>,
}

/// What is known of the parcel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parcel {
    pub dispatched: bool,
    pub delivered: bool,
    /// Whether the order is completed by it.
    pub completed: bool,
    /// Whether it was called back and is here again.
    #[serde(default)]
    pub returned: bool,
}

/// Why an order cannot be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLate {
    Dispatched,
    Completed,
    Cancelled,
    /// It was tried, and the carrier does not take the parcel back.
    Refused,
}

/// Why the payment of an order cannot be given back by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRefundable {
    /// It is not paid for: its checkout runs, or failed.
    NotPaid,
    /// Its parcel may still be stopped: it can be cancelled.
    NotArrived,
    /// It is being cancelled.
    BeingCancelled,
    Cancelled,
}

impl OrderProcess {
    /// Applies an event. One that comes again, too late or out of turn changes nothing.
    pub fn advance(&self, event: &EventAt) -> (Self, Vec<Effect>) {
        let mut effects = Vec::new();
        let mut cancelling = self.cancelling.clone();
        if let Event::CancelRequested(by) = event.event
            && cancelling.is_none()
        {
            if self.may_cancel(by).is_err() {
                return (self.clone(), effects);
            }
            cancelling = Some(CancellationSaga::requested(by, self.checkout.patience));
            effects.push(Effect::Record(OrderEvent::CancelRequested));
        }
        if event.event == Event::RefundRequested {
            if self.may_refund().is_err() || self.is_being_refunded() {
                return (self.clone(), effects);
            }
            effects.push(Effect::Record(OrderEvent::RefundRequested));
            match &mut cancelling {
                Some(refused) => effects.push(refused.refund_after_all(event.at)),
                None => cancelling = Some(CancellationSaga::refund(self.checkout.patience)),
            }
        }
        let Transition { state: mut checkout, effects: decided } = step(&self.checkout, event.clone());
        effects.extend(decided);
        effects.extend(checkout.parcel.take(&event.event));
        if let Some(cancelling) = &mut cancelling {
            effects.extend(cancelling.take(event));
        }
        match (checkout.end(), &mut cancelling) {
            (Some(rest), Some(cancelling)) => effects.extend(cancelling.begin(rest, event.at)),
            (Some(CheckoutEnd::Unstocked), None) => {
                let mut own = CancellationSaga::requested(RequestedBy::Shop, checkout.patience);
                effects.extend(own.begin(CheckoutEnd::Unstocked, event.at));
                cancelling = Some(own);
            }
            _ => {}
        }
        if let Some(cancelling) = &mut cancelling {
            effects.extend(cancelling.restock(checkout.parcel.returned, event.at));
        }
        let stands = cancelling.as_ref().is_none_or(|cancelling| cancelling.progress == Progress::Refused);
        let sold = checkout.end() == Some(CheckoutEnd::Sold);
        if sold && checkout.parcel.delivered && !checkout.parcel.completed && stands {
            checkout.parcel.completed = true;
            effects.push(Effect::Record(OrderEvent::Completed));
        }
        (Self { checkout, cancelling }, effects)
    }

    /// Whether the order may be cancelled. A request that comes again is allowed and changes nothing.
    pub fn may_cancel(&self, by: RequestedBy) -> Result<(), TooLate> {
        match self.cancelling.as_ref().map(|cancelling| cancelling.progress) {
            Some(Progress::Refused) => return Err(TooLate::Refused),
            Some(Progress::Completed) => return Err(TooLate::Cancelled),
            Some(Progress::Waiting | Progress::Running) => return Ok(()),
            None => {}
        }
        let Parcel { dispatched, delivered, completed, .. } = self.checkout.parcel;
        if self.checkout.course == Phase::Cancelled {
            return Err(TooLate::Cancelled);
        }
        if delivered || completed {
            return Err(TooLate::Completed);
        }
        if dispatched && by == RequestedBy::Customer { Err(TooLate::Dispatched) } else { Ok(()) }
    }

    /// Whether staff may refund the payment although the parcel has arrived. A request that comes again is allowed and changes
    /// nothing.
    pub fn may_refund(&self) -> Result<(), NotRefundable> {
        match self.cancelling.as_ref().map(|cancelling| cancelling.progress) {
            Some(Progress::Completed) => return Err(NotRefundable::Cancelled),
            Some(Progress::Waiting | Progress::Running) if !self.is_being_refunded() => {
                return Err(NotRefundable::BeingCancelled);
            }
            Some(_) => return Ok(()),
            None => {}
        }
        match self.checkout.course {
            Phase::Cancelled => Err(NotRefundable::Cancelled),
            Phase::Forward | Phase::Back => Err(NotRefundable::NotPaid),
            Phase::Confirmed if !self.checkout.parcel.delivered => Err(NotRefundable::NotArrived),
            Phase::Confirmed => Ok(()),
        }
    }

    fn is_being_refunded(&self) -> bool {
        self.cancelling.as_ref().is_some_and(|cancelling| cancelling.is_refund() && !cancelling.ended())
    }
}

impl Parcel {
    /// Applies where the parcel is, once for each place.
    fn take(&mut self, what: &Event) -> Option<Effect> {
        let (mark, event) = match what {
            Event::ShipmentDispatched => (&mut self.dispatched, OrderEvent::ShipmentDispatched),
            Event::ShipmentDelivered => (&mut self.delivered, OrderEvent::ShipmentDelivered),
            Event::ShipmentReturned => (&mut self.returned, OrderEvent::ShipmentReturned),
            _ => return None,
        };
        (!std::mem::replace(mark, true)).then_some(Effect::Record(event))
    }
}

impl State {
    /// How the checkout ended; `None` while it runs.
    fn end(&self) -> Option<CheckoutEnd> {
        match (self.course, &self.awaiting) {
            (Phase::Cancelled, _) => Some(CheckoutEnd::Cancelled),
            (Phase::Confirmed, None) => {
                let unstocked = self.outcome_of(Step::SettleStock) == Some(super::StepOutcome::Failed);
                Some(if unstocked { CheckoutEnd::Unstocked } else { CheckoutEnd::Sold })
            }
            _ => None,
        }
    }

    fn outcome_of(&self, step: Step) -> Option<super::StepOutcome> {
        self.timeline.iter().rev().find(|tried| tried.step == step).map(|tried| tried.outcome)
    }
}
