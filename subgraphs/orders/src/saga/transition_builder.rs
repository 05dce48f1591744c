//! Builds one transition of the checkout saga: changes the state by the table, and collects the effects.

use chrono::{DateTime, Utc};

use super::table::{self, Action, When};
use super::{Awaited, Effect, Event, Failure, HoldingState, Phase, State, Step, StepOutcome, StepRecord, Transition};
use crate::order::OrderEvent;

pub(super) struct TransitionBuilder {
    state: State,
    at: DateTime<Utc>,
    effects: Vec<Effect>,
}

impl TransitionBuilder {
    pub(super) fn new(state: State, at: DateTime<Utc>) -> Self {
        Self { state, at, effects: Vec::new() }
    }

    pub(super) fn finish(self) -> Transition {
        Transition { state: self.state, effects: self.effects }
    }

    /// Applies an event by the table. What it does not list changes nothing.
    pub(super) fn take(&mut self, what: Event) {
        let awaited = self.state.awaiting.as_ref().map(|awaited| awaited.step);
        let heard = what.kind();
        let Some(rule) = table::rule(awaited, self.state.course, heard) else { return };
        let step = match rule.when {
            When::Awaiting(step) => step,
            When::Compensating => heard.answers()[0],
        };
        match rule.action {
            Action::Advance(next) => {
                self.done(step, &what);
                self.send(next);
            }
            Action::ApproachPivot => {
                self.done(step, &what);
                self.approach_the_pivot();
            }
            Action::Confirm => {
                self.done(step, &what);
                self.confirm();
            }
            Action::Complete => {
                self.done(step, &what);
                self.state.awaiting = None;
            }
            Action::Compensate => self.failed(step, what),
            Action::OutOfStock => {
                self.refusal(step, &what.failure());
                self.state.awaiting = None;
            }
            Action::CompensateOnRequest => {
                if let Some(failure) = what.failure() {
                    self.turn_back(failure);
                }
            }
            Action::Compensated => {
                self.done(step, &what);
                self.undone(step);
            }
            Action::CompensationImpossible => {
                self.conclude(step, StepOutcome::Failed);
                self.record(OrderEvent::CancelRefused);
                if let Some(holding) = step.undoes() {
                    self.state.holdings.set(holding, HoldingState::Undone);
                }
                self.undo_next();
            }
            Action::Retry => self.again(),
            Action::LateSuccess => self.held_after_all(step, &what),
            Action::CancellationRefused | Action::ParcelRecalled(_) => {}
        }
    }

    /// Sends the command again, or gives the step up if it may be. A deadline that was moved meanwhile has not passed.
    fn again(&mut self) {
        let Some(awaited) = self.state.awaiting.clone().filter(|awaited| awaited.deadline <= self.at) else { return };
        let step = awaited.step;
        if step.may_be_given_up() && awaited.attempt >= self.state.patience.attempts {
            self.conclude(step, StepOutcome::Failed);
            self.record(OrderEvent::StepUnanswered { step });
            self.turn_back(Failure::Unanswered { step });
        } else {
            self.ask(step, awaited.attempt + 1);
        }
    }

    pub(super) fn send(&mut self, step: Step) {
        if let Some(holding) = step.acquires() {
            self.state.holdings.set(holding, HoldingState::Asked);
        }
        self.state.timeline.push(StepRecord { step, outcome: StepOutcome::Started, attempt: 1, at: self.at });
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

    fn done(&mut self, step: Step, what: &Event) {
        self.conclude(step, StepOutcome::Done);
        if let Some(holding) = step.acquires() {
            self.state.holdings.set(holding, HoldingState::Held);
        }
        self.effects.extend(what.logged().map(Effect::Record));
    }

    /// A success after the step was taken for refused: nothing has undone it, so it is undone now, once.
    fn held_after_all(&mut self, step: Step, what: &Event) {
        let Some(holding) = step.acquires() else { return };
        if self.state.holdings.of(holding) == HoldingState::Refused {
            self.state.holdings.set(holding, HoldingState::Held);
            self.effects.extend(what.logged().map(Effect::Record));
            if self.state.awaiting.is_none() {
                self.undo_next();
            }
        }
    }

    fn approach_the_pivot(&mut self) {
        if self.at >= self.state.reserved_until {
            self.turn_back(Failure::ReservationExpired);
        } else {
            self.send(Step::CapturePayment);
        }
    }

    fn confirm(&mut self) {
        self.state.course = Phase::Confirmed;
        let confirmed = StepRecord { step: Step::ConfirmOrder, outcome: StepOutcome::Done, attempt: 1, at: self.at };
        self.state.timeline.push(confirmed);
        self.record(OrderEvent::Confirmed);
        self.send(Step::SettleStock);
    }

    fn failed(&mut self, step: Step, what: Event) {
        let failure = what.failure();
        self.refusal(step, &failure);
        if let Some(holding) = step.acquires() {
            self.state.holdings.set(holding, HoldingState::Refused);
        }
        if let Some(failure) = failure {
            self.turn_back(failure);
        }
    }

    fn refusal(&mut self, step: Step, failure: &Option<Failure>) {
        self.conclude(step, StepOutcome::Failed);
        let reason = failure.as_ref().map_or("unknown", Failure::reason).to_owned();
        self.record(OrderEvent::StepRefused { step, reason });
    }

    fn turn_back(&mut self, failure: Failure) {
        self.state.course = Phase::Back;
        self.state.failure = Some(failure);
        self.undo_next();
    }

    fn undo_next(&mut self) {
        if let Some(holding) = self.state.holdings.next_to_undo() {
            self.state.holdings.set(holding, HoldingState::Undoing);
            self.send(holding.undone_by());
            return;
        }
        self.state.awaiting = None;
        if self.state.course == Phase::Back {
            self.state.course = Phase::Cancelled;
            let reason = self.state.failure.as_ref().map_or("unknown", Failure::reason).to_owned();
            self.record(OrderEvent::Cancelled { reason });
        }
    }

    fn undone(&mut self, step: Step) {
        if let Some(holding) = step.undoes() {
            self.state.holdings.set(holding, HoldingState::Undone);
            self.conclude(holding.acquired_by(), StepOutcome::Compensated);
        }
        self.undo_next();
    }

    fn conclude(&mut self, step: Step, outcome: StepOutcome) {
        let at = self.at;
        if let Some(tried) = self.last_try(step) {
            tried.outcome = outcome;
            tried.at = at;
        }
    }

    fn last_try(&mut self, step: Step) -> Option<&mut StepRecord> {
        self.state.timeline.iter_mut().rev().find(|tried| tried.step == step)
    }

    fn record(&mut self, event: OrderEvent) {
        self.effects.push(Effect::Record(event));
    }
}
