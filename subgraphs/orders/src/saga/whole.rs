//! All that is under way for one order: its checkout, the wish to cancel it, and where its parcel is. One event may move
//! each of them, and what one comes to may set off another, so they are decided together.

use serde::{Deserialize, Serialize};

use super::cancelling::{By, Cancelling, Progress, Rest};
use super::{Course, Effect, Event, State, Step, Transition, What, step};
use crate::order::OrderEvent;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    pub checkout: State,
    pub cancelling: Option<Cancelling>,
}

/// What is known of the parcel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parcel {
    pub dispatched: bool,
    pub delivered: bool,
    /// Whether the order is completed by it.
    pub completed: bool,
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

impl Whole {
    /// What `event` leads to. An event that comes again, too late or out of turn changes nothing.
    pub fn advance(&self, event: &Event) -> (Self, Vec<Effect>) {
        let mut effects = Vec::new();
        let mut cancelling = self.cancelling.clone();
        if let What::CancelWished(by) = event.what
            && cancelling.is_none()
        {
            if self.may_cancel(by).is_err() {
                return (self.clone(), effects);
            }
            cancelling = Some(Cancelling::wished(by, self.checkout.patience));
            effects.push(Effect::Record(OrderEvent::CancelRequested));
        }
        let Transition { state: mut checkout, effects: decided } = step(&self.checkout, event.clone());
        effects.extend(decided);
        effects.extend(checkout.parcel.take(&event.what));
        if let Some(cancelling) = &mut cancelling {
            effects.extend(cancelling.take(event));
        }
        match (checkout.rest(), &mut cancelling) {
            (Some(rest), Some(cancelling)) => effects.extend(cancelling.begin(rest, event.at)),
            (Some(Rest::Unstocked), None) => {
                let mut own = Cancelling::wished(By::Shop, checkout.patience);
                effects.extend(own.begin(Rest::Unstocked, event.at));
                cancelling = Some(own);
            }
            _ => {}
        }
        let stands = cancelling.as_ref().is_none_or(|cancelling| cancelling.progress == Progress::Refused);
        if checkout.course == Course::Confirmed && checkout.parcel.delivered && !checkout.parcel.completed && stands {
            checkout.parcel.completed = true;
            effects.push(Effect::Record(OrderEvent::Completed));
        }
        (Self { checkout, cancelling }, effects)
    }

    /// Whether a wish to cancel comes in time. A wish that comes again is no new one.
    pub fn may_cancel(&self, by: By) -> Result<(), TooLate> {
        match self.cancelling.as_ref().map(|cancelling| cancelling.progress) {
            Some(Progress::Refused) => return Err(TooLate::Refused),
            Some(Progress::Completed) => return Err(TooLate::Cancelled),
            Some(Progress::Waiting | Progress::Running) => return Ok(()),
            None => {}
        }
        let Parcel { dispatched, delivered, completed } = self.checkout.parcel;
        if self.checkout.course == Course::Cancelled {
            return Err(TooLate::Cancelled);
        }
        if delivered || completed {
            return Err(TooLate::Completed);
        }
        if dispatched && by == By::Customer { Err(TooLate::Dispatched) } else { Ok(()) }
    }
}

impl Parcel {
    /// Takes in where it is, once each.
    fn take(&mut self, what: &What) -> Option<Effect> {
        let (mark, event) = match what {
            What::ShipmentDispatched => (&mut self.dispatched, OrderEvent::ShipmentDispatched),
            What::ShipmentDelivered => (&mut self.delivered, OrderEvent::ShipmentDelivered),
            _ => return None,
        };
        (!std::mem::replace(mark, true)).then_some(Effect::Record(event))
    }
}

impl State {
    /// How it has come to rest; None while it has not.
    fn rest(&self) -> Option<Rest> {
        match (self.course, &self.awaiting) {
            (Course::Cancelled, _) => Some(Rest::Cancelled),
            (Course::Confirmed, None) => {
                let unstocked = self.outcome_of(Step::SettleStock) == Some(super::Outcome::Failed);
                Some(if unstocked { Rest::Unstocked } else { Rest::Sold })
            }
            _ => None,
        }
    }

    fn outcome_of(&self, step: Step) -> Option<super::Outcome> {
        self.timeline.iter().rev().find(|tried| tried.step == step).map(|tried| tried.outcome)
    }
}
