//! The orchestrator with its row: what it decides is kept with the version that it decided on, or not at all.

use chrono::{DateTime, TimeDelta, Utc};

use super::network::Millis;
use crate::order::{Lifecycle, OrderEvent};
use crate::saga::{Effect, Event, EventAt, OrderProcess, Phase, Progress, RetryPolicy, State, Step};

pub struct Orchestrator {
    pub process: OrderProcess,
    pub version: u32,
    /// The answers that were heard, by the command that each answers.
    heard: Vec<Step>,
    pub lifecycle: Lifecycle,
    pub logged: Vec<&'static str>,
    /// Whether a decision is kept whatever has been decided meanwhile, as none should be.
    pub unfenced: bool,
}

/// A decision, on the version that it was made on.
pub struct Decision {
    pub on: u32,
    process: OrderProcess,
    pub effects: Vec<Effect>,
    answer_to: Option<Step>,
}

impl Orchestrator {
    pub fn begin(reserved: Millis, patience: RetryPolicy) -> (Self, Vec<Effect>) {
        let begun = State::begin(moment(0), moment(reserved), patience);
        let one = Self {
            process: OrderProcess { checkout: begun.state, cancelling: None },
            version: 1,
            heard: Vec::new(),
            lifecycle: Lifecycle::Placed,
            logged: vec!["placed"],
            unfenced: false,
        };
        (one, begun.effects)
    }

    /// What it would do. None for an answer that it has heard before.
    pub fn decide(&self, now: Millis, what: Event, answer_to: Option<Step>) -> Option<Decision> {
        if answer_to.is_some_and(|command| self.heard.contains(&command)) {
            return None;
        }
        let (process, effects) = self.process.advance(&EventAt { at: moment(now), event: what });
        Some(Decision { on: self.version, process, effects, answer_to })
    }

    /// Keeps a decision. False when it was overtaken.
    pub fn keep(&mut self, decision: &Decision) -> Result<bool, String> {
        if decision.on != self.version && !self.unfenced {
            return Ok(false);
        }
        let (before, after) = (&self.process, &decision.process);
        if !before.checkout.course.may_become(after.checkout.course) {
            return Err(format!("went from {:?} to {:?}", before.checkout.course, after.checkout.course));
        }
        let progress = |process: &OrderProcess| process.cancelling.as_ref().map(|one| one.progress);
        if let (Some(from), to) = (progress(before), progress(after))
            && to.is_none_or(|to| !from.may_become(to))
        {
            return Err(format!("a cancelling went from {from:?} to {to:?}"));
        }
        for effect in &decision.effects {
            let Effect::Record(event) = effect else { continue };
            self.lifecycle = Lifecycle::after(Some(self.lifecycle), event).map_err(|no_way| no_way.to_string())?;
            if !matches!(event, OrderEvent::StepRefused { .. }) && self.logged.contains(&event.kind()) {
                return Err(format!("{} was logged twice", event.kind()));
            }
            self.logged.push(event.kind());
        }
        self.heard.extend(decision.answer_to);
        // A row that stays as it is keeps its version.
        if self.process != decision.process {
            self.process = decision.process.clone();
            self.version += 1;
        }
        Ok(true)
    }

    /// The deadlines that are to be looked at.
    pub fn deadlines(&self) -> impl Iterator<Item = Millis> {
        let of_cancelling = self.process.cancelling.as_ref().and_then(|one| one.deadline());
        self.process.checkout.deadline().into_iter().chain(of_cancelling).map(|at| (at - moment(0)).num_milliseconds())
    }

    pub fn at_rest(&self) -> bool {
        let checkout = &self.process.checkout;
        checkout.awaiting.is_none()
            && matches!(checkout.course, Phase::Confirmed | Phase::Cancelled)
            && self.process.cancelling.as_ref().is_none_or(|one| one.ended() && one.awaiting.is_none())
    }

    /// Whether a refund is on its way.
    pub fn gives_money_back(&self) -> bool {
        let awaited = self.process.cancelling.as_ref().and_then(|one| one.awaiting.as_ref());
        self.confirmed_once() && awaited.is_some_and(|awaited| awaited.step == Step::VoidPayment)
    }

    pub fn confirmed_once(&self) -> bool {
        self.logged.contains(&"confirmed")
    }
}

impl Progress {
    fn may_become(self, to: Self) -> bool {
        match self {
            Self::Waiting => true,
            Self::Running => to != Self::Waiting,
            // Staff may have it refunded after all.
            Self::Refused => matches!(to, Self::Refused | Self::Running),
            ended => ended == to,
        }
    }
}

fn moment(millis: Millis) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(millis)
}
