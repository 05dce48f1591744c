//! One turn of a saga: the state it works on, and the effects that gather meanwhile.

use chrono::{DateTime, Utc};

use super::table::{self, Leads, When};
use super::{Awaited, Course, Effect, Failure, Mark, Outcome, State, Step, Transition, Tried, What};
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

    /// Does what the table says. What it does not list changes nothing.
    pub(super) fn take(&mut self, what: What) {
        let awaited = self.state.awaiting.as_ref().map(|awaited| awaited.step);
        let heard = what.kind();
        let Some(rule) = table::rule(awaited, self.state.course, heard) else { return };
        let step = match rule.when {
            When::Awaiting(step) => step,
            When::Turned => heard.answers()[0],
        };
        match rule.leads {
            Leads::On(next) => {
                self.done(step, &what);
                self.send(next);
            }
            Leads::ToThePivot => {
                self.done(step, &what);
                self.approach_the_pivot();
            }
            Leads::Confirmed => {
                self.done(step, &what);
                self.confirm();
            }
            Leads::Sold => {
                self.done(step, &what);
                self.state.awaiting = None;
            }
            Leads::Back => self.failed(step, what),
            Leads::Unstocked => {
                self.refusal(step, &what.failure());
                self.state.awaiting = None;
            }
            Leads::TurnedRound => {
                if let Some(failure) = what.failure() {
                    self.turn_back(failure);
                }
            }
            Leads::Undone => {
                self.done(step, &what);
                self.undone(step);
            }
            Leads::Lost => {
                self.conclude(step, Outcome::Failed);
                self.record(OrderEvent::CancelRefused);
                if let Some(holding) = step.undoes() {
                    self.state.holdings.mark(holding, Mark::Undone);
                }
                self.undo_next();
            }
            Leads::Again => self.again(),
            Leads::HeldAfterAll => self.held_after_all(step, &what),
            Leads::Refused | Leads::Recalled(_) => {}
        }
    }

    /// Asks again, or gives up what may be given up. A deadline that has moved meanwhile has not passed.
    fn again(&mut self) {
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

    fn done(&mut self, step: Step, what: &What) {
        self.conclude(step, Outcome::Done);
        if let Some(holding) = step.acquires() {
            self.state.holdings.mark(holding, Mark::Held);
        }
        self.effects.extend(what.logged().map(Effect::Record));
    }

    /// Success after a refusal that we believed: nothing has undone it yet, so undo it now, once.
    fn held_after_all(&mut self, step: Step, what: &What) {
        let Some(holding) = step.acquires() else { return };
        if self.state.holdings.of(holding) == Mark::Refused {
            self.state.holdings.mark(holding, Mark::Held);
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
        self.state.course = Course::Confirmed;
        let confirmed = Tried { step: Step::ConfirmOrder, outcome: Outcome::Done, attempt: 1, at: self.at };
        self.state.timeline.push(confirmed);
        self.record(OrderEvent::Confirmed);
        self.send(Step::SettleStock);
    }

    fn failed(&mut self, step: Step, what: What) {
        let failure = what.failure();
        self.refusal(step, &failure);
        if let Some(holding) = step.acquires() {
            self.state.holdings.mark(holding, Mark::Refused);
        }
        if let Some(failure) = failure {
            self.turn_back(failure);
        }
    }

    fn refusal(&mut self, step: Step, failure: &Option<Failure>) {
        self.conclude(step, Outcome::Failed);
        let reason = failure.as_ref().map_or("unknown", Failure::reason).to_owned();
        self.record(OrderEvent::StepRefused { step, reason });
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

    fn undone(&mut self, step: Step) {
        if let Some(holding) = step.undoes() {
            self.state.holdings.mark(holding, Mark::Undone);
            self.conclude(holding.acquired_by(), Outcome::Compensated);
        }
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
