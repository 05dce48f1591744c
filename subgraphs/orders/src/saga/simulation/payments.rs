//! Payments, and the gateway behind it: one answer for each step of the order, which may be lost on its way back.

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::SmallRng;

use crate::saga::{Reply, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Authorize,
    Capture,
    Void,
    Refund,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unknown,
    Authorizing,
    Authorized,
    Declined,
    Capturing,
    Captured,
    Voiding,
    Voided,
    Refunding,
    Refunded,
}

pub struct Payments {
    state: State,
    authorized: bool,
    pub gateway: Gateway,
}

/// What somebody else has in his books: each call under a key made of order and step.
pub struct Gateway {
    answers: BTreeMap<Call, bool>,
    pub authorized: u32,
    pub captured: u32,
    pub voided: u32,
    pub refunded: u32,
    /// Whether it takes a call that comes again for a new one, as no gateway should.
    pub forgets: bool,
    declines: f64,
    loses: f64,
}

impl Payments {
    pub fn new(declines: f64, loses: f64) -> Self {
        let gateway = Gateway {
            answers: BTreeMap::new(),
            authorized: 0,
            captured: 0,
            voided: 0,
            refunded: 0,
            forgets: false,
            declines,
            loses,
        };
        Self { state: State::Unknown, authorized: false, gateway }
    }

    /// None when the gateway's answer was lost: what it did is done, and nobody here knows.
    pub fn follow(&mut self, command: Step, rng: &mut SmallRng) -> Option<Reply> {
        loop {
            let (call, approved, declined) = match (self.state, command) {
                (State::Unknown, Step::AuthorizePayment) => {
                    self.state = State::Authorizing;
                    continue;
                }
                (State::Unknown, Step::VoidPayment) => {
                    self.state = State::Voided;
                    return Some(Reply::PaymentVoided);
                }
                (State::Unknown, _) => return Some(declined()),
                (State::Authorizing, _) => (Call::Authorize, State::Authorized, State::Declined),
                (_, Step::AuthorizePayment) if self.authorized => return Some(Reply::PaymentAuthorized),
                (_, Step::AuthorizePayment) => return Some(declined()),
                (State::Capturing, _) => (Call::Capture, State::Captured, State::Declined),
                (State::Authorized, Step::CapturePayment) => {
                    self.state = State::Capturing;
                    continue;
                }
                (State::Captured | State::Refunding | State::Refunded, Step::CapturePayment) => {
                    return Some(Reply::PaymentCaptured);
                }
                (_, Step::CapturePayment) => return Some(declined()),
                (State::Authorized, _) => {
                    self.state = State::Voiding;
                    continue;
                }
                (State::Captured, _) => {
                    self.state = State::Refunding;
                    continue;
                }
                (State::Voiding, _) => (Call::Void, State::Voided, State::Voided),
                (State::Refunding, _) => (Call::Refund, State::Refunded, State::Refunded),
                (State::Voided | State::Refunded | State::Declined, _) => return Some(Reply::PaymentVoided),
            };
            let outcome = self.gateway.call(call, rng)?;
            self.authorized |= call == Call::Authorize && outcome;
            self.state = if outcome { approved } else { declined };
        }
    }
}

impl Gateway {
    fn call(&mut self, call: Call, rng: &mut SmallRng) -> Option<bool> {
        let approved = match self.answers.get(&call).filter(|_| !self.forgets) {
            Some(&approved) => approved,
            None => {
                let may_decline = matches!(call, Call::Authorize | Call::Capture);
                let approved = !(may_decline && rng.random_bool(self.declines));
                self.answers.insert(call, approved);
                let count = match call {
                    Call::Authorize => &mut self.authorized,
                    Call::Capture => &mut self.captured,
                    Call::Void => &mut self.voided,
                    Call::Refund => &mut self.refunded,
                };
                *count += u32::from(approved);
                approved
            }
        };
        (!rng.random_bool(self.loses)).then_some(approved)
    }

    /// An authorization that was declined at its capture is gone by itself.
    pub fn lapsed(&self) -> bool {
        self.answers.get(&Call::Capture) == Some(&false)
    }
}

fn declined() -> Reply {
    Reply::PaymentDeclined { reason: "card_declined".into(), message: String::new() }
}
