//! One turn of a saga: the state it works on, and the effects that gather meanwhile.

use chrono::{DateTime, Utc};

use super::{Awaited, Course, Effect, Failure, Mark, Outcome, Reply, State, Step, Transition, Tried};
use crate::order::OrderEvent;

pub(super) struct Turn {
    state: State,
    at: DateTime<Utc>,
    effects: Vec<Effect>,
}

impl Turn {
    pub(super) fn new(state: State, at: DateTime<Utc>) -> Self {
        Self { state, at, effects: Vec::new() }
    }

    pub(super) fn finish(self) -> Transition {
        Transition { state: self.state, effects: self.effects }
    }

    pub(super) fn hear(&mut self, reply: Reply) {
        match reply {
            Reply::StockReserved => self.succeeded(Step::ReserveStock, OrderEvent::StockReserved),
            Reply::StockRefused { shortages } => {
                self.refused(Step::ReserveStock, Failure::InsufficientStock { shortages });
            }
            Reply::PaymentAuthorized => self.succeeded(Step::AuthorizePayment, OrderEvent::PaymentAuthorized),
            Reply::PaymentDeclined { reason, message } => {
                let capturing = self.awaits(Step::CapturePayment);
                let step = if capturing { Step::CapturePayment } else { Step::AuthorizePayment };
                self.refused(step, Failure::PaymentDeclined { reason, message });
            }
            Reply::ShipmentCreated => self.succeeded(Step::CreateShipment, OrderEvent::ShipmentCreated),
            Reply::ShipmentRefused { message } => {
                self.refused(Step::CreateShipment, Failure::ShippingRefused { message });
            }
            Reply::PaymentCaptured => self.succeeded(Step::CapturePayment, OrderEvent::PaymentCaptured),
            Reply::StockSettled => self.settled(),
            Reply::ShipmentCancelled => self.undone(Step::CancelShipment, OrderEvent::ShipmentCancelled),
            Reply::PaymentVoided => self.undone(Step::VoidPayment, OrderEvent::PaymentVoided),
            Reply::StockReleased => self.undone(Step::ReleaseStock, OrderEvent::StockReleased),
        }
    }

    /// Asks again, or gives up what may be given up. A deadline that has moved meanwhile has not passed.
    pub(super) fn run_out_of_time(&mut self) {
        let Some(awaited) = self.state.awaiting.clone().filter(|awaited| awaited.deadline <= self.at) else { return };
        let step = awaited.step;
        if step.may_be_given_up() && awaited.attempt >= self.state.patience.attempts {
            self.conclude(step, Outcome::Failed);
            self.record(OrderEvent::StepUnanswered { step });
            self.turn_back(Failure::Unanswered { step });
        } else {
            self.ask(step, awaited.attempt + 1);
        }
    }

    pub(super) fn send(&mut self, step: Step) {
        if let Some(holding) = step.acquires() {
            self.state.holdings.mark(holding, Mark::Asked);
        }
        self.state.timeline.push(Tried { step, outcome: Outcome::Started, attempt: 1, at: self.at });
        self.ask(step, 1);
    }

    fn ask(&mut self, step: Step, attempt: u32) {
        let deadline = self.at + self.state.patience.wait(attempt);
        self.state.awaiting = Some(Awaited { step, attempt, deadline });
        if let Some(tried) = self.last_try(step) {
            tried.attempt = attempt;
        }
        self.effects.push(Effect::Send(step));
    }

    fn awaits(&self, step: Step) -> bool {
        self.state.awaiting.as_ref().is_some_and(|awaited| awaited.step == step)
    }

    fn succeeded(&mut self, step: Step, event: OrderEvent) {
        if self.awaits(step) {
            self.conclude(step, Outcome::Done);
            if let Some(holding) = step.acquires() {
                self.state.holdings.mark(holding, Mark::Held);
            }
            self.record(event);
            self.go_on(step);
        } else {
            self.held_after_all(step, event);
        }
    }

    /// Success after a refusal that we believed: nothing has undone it yet, so undo it now, once.
    fn held_after_all(&mut self, step: Step, event: OrderEvent) {
        let turned = matches!(self.state.course, Course::Back | Course::Cancelled);
        let Some(holding) = step.acquires().filter(|_| turned) else { return };
        if self.state.holdings.of(holding) == Mark::Refused {
            self.state.holdings.mark(holding, Mark::Held);
            self.record(event);
            if self.state.awaiting.is_none() {
                self.undo_next();
            }
        }
    }

    fn go_on(&mut self, done: Step) {
        match done {
            Step::ReserveStock => self.send(Step::AuthorizePayment),
            Step::AuthorizePayment => self.send(Step::CreateShipment),
            Step::CreateShipment if self.at >= self.state.reserved_until => {
                self.turn_back(Failure::ReservationExpired);
            }
            Step::CreateShipment => self.send(Step::CapturePayment),
            Step::CapturePayment => self.confirm(),
            _ => {}
        }
    }

    fn confirm(&mut self) {
        self.state.course = Course::Confirmed;
        let confirmed = Tried { step: Step::ConfirmOrder, outcome: Outcome::Done, attempt: 1, at: self.at };
        self.state.timeline.push(confirmed);
        self.record(OrderEvent::Confirmed);
        self.send(Step::SettleStock);
    }

    fn settled(&mut self) {
        if self.awaits(Step::SettleStock) {
            self.conclude(Step::SettleStock, Outcome::Done);
            self.record(OrderEvent::StockSettled);
            self.state.awaiting = None;
        }
    }

    fn refused(&mut self, step: Step, failure: Failure) {
        if !self.awaits(step) {
            return;
        }
        self.conclude(step, Outcome::Failed);
        if let Some(holding) = step.acquires() {
            self.state.holdings.mark(holding, Mark::Refused);
        }
        self.record(OrderEvent::StepRefused { step, reason: failure.reason().to_owned() });
        self.turn_back(failure);
    }

    fn turn_back(&mut self, failure: Failure) {
        self.state.course = Course::Back;
        self.state.failure = Some(failure);
        self.undo_next();
    }

    fn undo_next(&mut self) {
        if let Some(holding) = self.state.holdings.next_to_undo() {
            self.state.holdings.mark(holding, Mark::Undoing);
            self.send(holding.undone_by());
            return;
        }
        self.state.awaiting = None;
        if self.state.course == Course::Back {
            self.state.course = Course::Cancelled;
            let reason = self.state.failure.as_ref().map_or("unknown", Failure::reason).to_owned();
            self.record(OrderEvent::Cancelled { reason });
        }
    }

    fn undone(&mut self, step: Step, event: OrderEvent) {
        let Some(holding) = step.undoes().filter(|&holding| self.state.holdings.of(holding) == Mark::Undoing) else {
            return;
        };
        self.state.holdings.mark(holding, Mark::Undone);
        self.conclude(step, Outcome::Done);
        self.conclude(holding.acquired_by(), Outcome::Compensated);
        self.record(event);
        self.undo_next();
    }

    fn conclude(&mut self, step: Step, outcome: Outcome) {
        let at = self.at;
        if let Some(tried) = self.last_try(step) {
            tried.outcome = outcome;
            tried.at = at;
        }
    }

    fn last_try(&mut self, step: Step) -> Option<&mut Tried> {
        self.state.timeline.iter_mut().rev().find(|tried| tried.step == step)
    }

    fn record(&mut self, event: OrderEvent) {
        self.effects.push(Effect::Record(event));
    }
}
